//! `leastwise catalog`: what AWS defines, as this program knows it.

use super::Exit;
use super::args::{Format, Global};
use super::tell;
use super::write::{write_json, write_to};
use crate::catalog::{ActionRef, Catalog, Missing};
use crate::render::catalog::{self as render, CatalogAnswer, Found};
use anyhow::Context;
use clap::Args;
use std::fs;
use std::path::Path;

/// Arguments of `leastwise catalog`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("question").required(true))]
pub(super) struct CatalogArgs {
    /// Actions: `s3:GetObject`, `s3:Get*Tagging`, `*:Tag*`
    #[arg(group = "question")]
    pattern: Option<String>,
    /// Everything about one service, by its action prefix
    #[arg(long, group = "question", value_name = "PREFIX")]
    service: Option<String>,
    /// The resource types an ARN fits, and the actions that take them
    #[arg(long, group = "question", value_name = "ARN")]
    resource: Option<String>,
    /// The day the catalog is of
    #[arg(long, group = "question")]
    date: bool,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Answers a question about the catalog. Exit 1 where nothing matches.
pub(super) fn run(args: &CatalogArgs) -> anyhow::Result<Exit> {
    let catalog = crate::catalog::get();
    let found = ask(catalog, args);
    write_to(Path::new("-"), |out| match args.format {
        Format::Json => write_json(out, &CatalogAnswer::new(catalog, &found)),
        Format::Text if args.date => writeln!(out, "{}", catalog.date()),
        Format::Text => render::write_text(&found, out),
    })?;
    let nothing = found.service.is_none() && found.types.is_empty() && found.actions.is_empty();
    if args.date || !nothing {
        return Ok(Exit::Clean);
    }
    // an answer too, but not one for a pipe
    tell::line(&missing(catalog, args));
    Ok(Exit::Findings)
}

impl Global {
    /// Puts the catalog of `--catalog DIR` in place of the embedded one, for
    /// every question of the run.
    pub(super) fn install_catalog(&self) -> anyhow::Result<()> {
        let Some(folder) = &self.catalog else {
            return Ok(());
        };
        let catalog = read_folder(folder)
            .with_context(|| format!("cannot read the catalog in `{}`", folder.display()))?;
        crate::catalog::install(catalog)
            .map_err(|_| anyhow::anyhow!("`--catalog`: another catalog is in use already"))
    }
}

fn read_folder(folder: &Path) -> anyhow::Result<Catalog> {
    let mut files = vec![(
        "catalog.lock".to_owned(),
        fs::read(folder.join("catalog.lock"))?,
    )];
    for (within, prefix) in [
        (folder.to_path_buf(), ""),
        (folder.join("services"), "services/"),
    ] {
        for entry in fs::read_dir(&within)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                files.push((format!("{prefix}{name}"), fs::read(&path)?));
            }
        }
    }
    Ok(Catalog::from_files(&files)?)
}

fn ask(catalog: &'static Catalog, args: &CatalogArgs) -> Found {
    let mut found = Found::default();
    if let Some(pattern) = &args.pattern {
        found.actions = catalog.expand(pattern);
    } else if let Some(service) = args.service.as_deref().and_then(|s| catalog.service(s)) {
        found.service = Some(service);
        found.types = service.resources.iter().map(|t| (service, t)).collect();
        found.actions = service.actions().collect();
    } else if let Some(arn) = &args.resource {
        found.types = catalog.resource_types_matching(arn);
        for &(service, kind) in &found.types {
            let takes = |action: &ActionRef| {
                action
                    .resource_types()
                    .any(|(own, _)| own.name == kind.name)
            };
            let new = service.actions().filter(takes);
            let new: Vec<_> = new.filter(|a| !found.actions.contains(a)).collect();
            found.actions.extend(new);
        }
        found.actions.sort_by_key(ActionRef::name);
    }
    found
}

/// Why nothing was found.
fn missing(catalog: &Catalog, args: &CatalogArgs) -> String {
    let date = catalog.date();
    if let Some(arn) = &args.resource {
        return format!("no resource type of the catalog of {date} has an ARN like `{arn}`");
    }
    let name = args.pattern.as_deref().or(args.service.as_deref());
    let name = name.unwrap_or_default();
    if name.contains(['*', '?']) {
        return format!("no action of the catalog of {date} matches `{name}`");
    }
    let unknown = format!("`{name}` is unknown to the catalog of {date}");
    match catalog.why_missing(name) {
        Missing::Typo { nearest } => format!("{unknown}: did you mean `{nearest}`?"),
        Missing::Operation { authorised_by } => format!(
            "{unknown}: it is an operation, authorised by `{}`",
            authorised_by.join("`, `")
        ),
        Missing::Retired => {
            format!("`{name}` is retired: only lists older than that of {date} have it")
        }
        Missing::UnknownService { nearest } => {
            let hint = nearest.map(|near| format!(": did you mean `{near}`?"));
            let service = name.split(':').next().unwrap_or_default();
            let unknown = format!("service `{service}` is unknown to the catalog of {date}");
            format!("{unknown}{}", hint.unwrap_or_default())
        }
        Missing::Unknown => unknown,
    }
}

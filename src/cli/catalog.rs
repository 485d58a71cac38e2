//! `leastwise catalog`: what AWS defines, as this program knows it.

use super::Exit;
use super::args::Global;
use super::tell;
use crate::catalog::{
    AccessLevel, ActionRef, Catalog, ConditionKey, KeyType, Missing, Observability, ResourceType,
    Scope, Service,
};
use anyhow::Context;
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;
use std::fs;
use std::io::{self, BufWriter, Write};
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people: one action a line
    #[default]
    Text,
    /// All facts
    Json,
}

/// The answer of `leastwise catalog --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CatalogAnswer {
    /// `leastwise/catalog/1`.
    schema: &'static str,
    /// The catalog behind the answer.
    catalog: CatalogStamp,
    /// The service that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<ServiceFacts>,
    /// Resource types: of the service, or those that the ARN fits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_types: Vec<ResourceTypeFacts>,
    /// Actions, sorted by service and name.
    actions: Vec<ActionFacts>,
}

/// Which catalog answered.
#[derive(Debug, Serialize, JsonSchema)]
struct CatalogStamp {
    /// The day it is of.
    date: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ServiceFacts {
    /// The action prefix.
    prefix: &'static str,
    /// AWS's name.
    name: &'static str,
    /// Whether resource control policies reach it, as of the catalog's date.
    resource_control_policies: bool,
    /// Service directories of the SDK.
    sdk: Vec<&'static str>,
    /// All condition keys the service lists.
    condition_keys: Vec<KeyFacts>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ResourceTypeFacts {
    /// The service that lists it.
    service: &'static str,
    /// Its name.
    name: &'static str,
    /// The forms of its ARN.
    arns: Vec<&'static str>,
    /// The condition keys of the type.
    condition_keys: Vec<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ActionFacts {
    /// `s3:GetObject`.
    name: String,
    /// AWS's access level.
    access: AccessLevel,
    /// How `Resource` may be narrowed.
    scope: Scope,
    /// The resource types it takes.
    resource_types: Vec<LinkFacts>,
    /// Condition keys of the action and its types; the global ones apply too.
    condition_keys: Vec<KeyFacts>,
    /// Actions that may be needed beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<&'static str>,
    /// Operations of another name that it authorises.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operations: Vec<&'static str>,
    /// No operation has its name.
    no_operation: bool,
    /// Whether CloudTrail can show its use.
    #[schemars(with = "serde_json::Value")]
    observability: Observability<'static>,
    /// How it moves privilege, in our judgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    privilege: Option<&'static str>,
    /// What data it hands out, in our judgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_read: Option<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LinkFacts {
    /// Name of the type.
    name: &'static str,
    /// Whether AWS marks it as required.
    required: bool,
    /// The forms of its ARN.
    arns: Vec<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct KeyFacts {
    /// Its name; `${…}` and `<…>` stand for any tag key.
    name: &'static str,
    /// The type of one value.
    #[serde(rename = "type")]
    kind: KeyType,
    /// Whether a request can carry several values.
    multi: bool,
}

/// Answers a question about the catalog. Exit 1 where nothing matches.
pub(super) fn run(args: &CatalogArgs) -> anyhow::Result<Exit> {
    let catalog = crate::catalog::get();
    let mut out = BufWriter::new(io::stdout().lock());
    let found = Found::ask(catalog, args);
    match args.format {
        Format::Json => found.write_json(catalog, &mut out)?,
        Format::Text if args.date => writeln!(out, "{}", catalog.date())?,
        Format::Text => found.write_text(&mut out)?,
    }
    out.flush()?;
    if args.date || !found.is_empty() {
        return Ok(Exit::Clean);
    }
    // an answer too, but not one for a pipe
    tell::line(&found.missing(catalog, args));
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

/// What a question found.
#[derive(Default)]
struct Found {
    service: Option<&'static Service>,
    types: Vec<(&'static Service, &'static ResourceType)>,
    actions: Vec<ActionRef<'static>>,
}

impl Found {
    fn ask(catalog: &'static Catalog, args: &CatalogArgs) -> Self {
        let mut found = Self::default();
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

    fn is_empty(&self) -> bool {
        self.service.is_none() && self.types.is_empty() && self.actions.is_empty()
    }

    /// Why nothing was found.
    fn missing(&self, catalog: &Catalog, args: &CatalogArgs) -> String {
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

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(service) = self.service {
            writeln!(out, "{} ({})", service.name, service.prefix)?;
            writeln!(out)?;
        }
        let width = |names: &mut dyn Iterator<Item = usize>| names.max().unwrap_or(0);
        let wide = width(&mut self.types.iter().map(|(_, kind)| kind.name.len()));
        for (service, kind) in &self.types {
            if self.service.is_none() {
                write!(out, "{}  ", service.prefix)?;
            }
            let arns: Vec<_> = kind.arns.iter().map(|format| format.text()).collect();
            writeln!(out, "{:wide$}  {}", kind.name, arns.join("  "))?;
        }
        if !self.types.is_empty() && !self.actions.is_empty() {
            writeln!(out)?;
        }
        let wide = width(&mut self.actions.iter().map(|action| action.name().len()));
        for action in &self.actions {
            let types: Vec<_> = action
                .resource_types()
                .map(|(kind, required)| format!("{}{}", kind.name, if required { "*" } else { "" }))
                .collect();
            let line = format!(
                "{:wide$}  {:11}  {}",
                action.name(),
                action.access().as_str(),
                types.join(", ")
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        let Some(service) = self.service else {
            return Ok(());
        };
        writeln!(out)?;
        let wide = width(&mut service.keys.iter().map(|key| key.name.len()));
        for key in &service.keys {
            let of = if key.multi { "ArrayOf" } else { "" };
            writeln!(out, "{:wide$}  {of}{}", key.name, key.kind)?;
        }
        Ok(())
    }

    fn write_json(&self, catalog: &'static Catalog, out: &mut impl Write) -> anyhow::Result<()> {
        let answer = CatalogAnswer {
            schema: "leastwise/catalog/1",
            catalog: CatalogStamp {
                date: catalog.date(),
            },
            service: self.service.map(service_facts),
            resource_types: self.types.iter().map(|&(s, t)| type_facts(s, t)).collect(),
            actions: self
                .actions
                .iter()
                .map(|&a| action_facts(catalog, a))
                .collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &answer).map_err(io::Error::from)?;
        writeln!(out)?;
        Ok(())
    }
}

fn service_facts(service: &'static Service) -> ServiceFacts {
    ServiceFacts {
        prefix: service.prefix,
        name: service.name,
        resource_control_policies: service.rcp,
        sdk: service.sdk.clone(),
        condition_keys: service.keys.iter().map(key_facts).collect(),
    }
}

fn type_facts(service: &'static Service, kind: &'static ResourceType) -> ResourceTypeFacts {
    ResourceTypeFacts {
        service: service.prefix,
        name: kind.name,
        arns: kind.arns.iter().map(|format| format.text()).collect(),
        condition_keys: service.keys_of(kind).map(|key| key.name).collect(),
    }
}

fn action_facts(catalog: &'static Catalog, action: ActionRef<'static>) -> ActionFacts {
    let link = |(kind, required): (&'static ResourceType, bool)| LinkFacts {
        name: kind.name,
        required,
        arns: kind.arns.iter().map(|format| format.text()).collect(),
    };
    ActionFacts {
        name: action.name(),
        access: action.access(),
        scope: action.scope(),
        resource_types: action.resource_types().map(link).collect(),
        condition_keys: action.keys_for(None).into_iter().map(key_facts).collect(),
        needs: action.needs().to_vec(),
        operations: action.operations().to_vec(),
        no_operation: action.action.no_operation,
        observability: catalog.observability(action),
        privilege: catalog.privilege(&action.name()),
        data_read: catalog.data_read(&action.name()),
    }
}

fn key_facts(key: &ConditionKey) -> KeyFacts {
    KeyFacts {
        name: key.name,
        kind: key.kind,
        multi: key.multi,
    }
}

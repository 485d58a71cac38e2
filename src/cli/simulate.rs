//! `leastwise simulate`: one request, or a batch of them.

use super::Exit;
use super::args::{Format, Global, key_value, policy_type};
use super::lines::{self, Batch, Line};
use super::tell;
use crate::policy::{self, PolicyType};
use crate::render::simulation::{self, SimulateOutput};
use crate::semantics::evaluate::{
    self, Answer, BatchError, CompiledPolicy, Decision, Level, Question, Refused, Unknown,
};
use crate::semantics::{Context, Credential, FillContext, Request, Setting, Settings};
use crate::syntax::embedded;
use crate::text::{MAX_SOURCE_BYTES, Source};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The account of a request that names none.
const NO_ACCOUNT: &str = "000000000000";

/// The level of an organization's policy that names none.
const ACCOUNT: &str = "account";

/// What `simulate` was told.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Policies with a principal are read as the resource's policy, those without as the \
caller's. Without --principal the caller is some role of the account that owns the \
resource.

Exit codes: 0 answered as expected, 1 an expectation failed, 2 bad input.")]
pub(super) struct SimulateArgs {
    /// Policy files; or one file with a request in the batch format
    #[arg(value_name = "POLICY|REQUEST.json")]
    paths: Vec<PathBuf>,
    /// The action, such as `s3:GetObject`
    #[arg(
        long,
        value_name = "ACTION",
        requires = "resource",
        conflicts_with = "batch"
    )]
    action: Option<String>,
    /// The resource: an ARN, or `*` for an action without resource types
    #[arg(long, value_name = "ARN", requires = "action")]
    resource: Option<String>,
    /// The caller: an ARN, an account, a service, or `anonymous`
    #[arg(long, value_name = "PRINCIPAL", requires = "action")]
    principal: Option<String>,
    /// The account that owns the resource; S3 ARNs do not name it
    #[arg(long, value_name = "ACCOUNT", requires = "action")]
    resource_account: Option<String>,
    /// A condition key and its value; the same key again adds a value
    #[arg(long, value_name = "KEY=VALUE", requires = "action", value_parser = key_value)]
    context: Vec<(String, String)>,
    /// The kind of credential: long-term, session or federation
    #[arg(long, value_name = "KIND", requires = "action", value_parser = credential)]
    credential: Option<Credential>,
    /// Read the policy files as policies of this type
    #[arg(long, value_name = "TYPE", requires = "action", value_parser = policy_type)]
    policy_type: Option<PolicyType>,
    /// A permissions boundary; each one given must allow
    #[arg(long, value_name = "FILE", requires = "action")]
    boundary: Vec<PathBuf>,
    /// A session policy; several form a union
    #[arg(long, value_name = "FILE", requires = "action")]
    session_policy: Vec<PathBuf>,
    /// A service control policy of the caller's account; give those of the
    /// root first. Those of one level form a union, each level must allow;
    /// without LEVEL it is the account's
    #[arg(long, value_name = "[LEVEL=]FILE", requires = "action", value_parser = level)]
    scp: Vec<(String, PathBuf)>,
    /// A resource control policy of the resource's account, likewise
    #[arg(long, value_name = "[LEVEL=]FILE", requires = "action", value_parser = level)]
    rcp: Vec<(String, PathBuf)>,
    /// The policy of the VPC endpoint that the request passes
    #[arg(long, value_name = "FILE", requires = "action")]
    vpc_endpoint_policy: Vec<PathBuf>,
    /// Answer each line of a file, or of standard input for `-`
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    batch: Option<PathBuf>,
    /// Exit with 1 on any other decision
    #[arg(long, value_name = "DECISION", conflicts_with = "batch")]
    expect: Option<Expect>,
    /// Leave a condition key open, and say when the request is allowed
    #[arg(long, value_name = "KEY", conflicts_with = "batch")]
    unknown: Vec<String>,
    /// Leave every condition key open that the context lacks
    #[arg(long, conflicts_with = "batch")]
    unknown_missing: bool,
    /// Say why: every layer, statement and condition
    #[arg(long)]
    explain: bool,
    /// How to read what AWS leaves open
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// How to write the answer; a batch is always JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// What the user expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum Expect {
    Allowed,
    ImplicitlyDenied,
    ExplicitlyDenied,
    /// Either denial
    Denied,
}

impl Expect {
    fn is_met_by(self, decision: Decision) -> bool {
        match self {
            Self::Allowed => decision == Decision::Allowed,
            Self::ImplicitlyDenied => decision == Decision::ImplicitlyDenied,
            Self::ExplicitlyDenied => decision == Decision::ExplicitlyDenied,
            Self::Denied => decision != Decision::Allowed,
        }
    }
}

fn credential(text: &str) -> Result<Credential, String> {
    Credential::parse(text).ok_or_else(|| "expected long-term, session or federation".to_owned())
}

/// A policy file and the level of the organization it is attached to.
fn level(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        None => Ok((ACCOUNT.to_owned(), PathBuf::from(text))),
        Some((level, file)) if !level.is_empty() && !file.is_empty() => {
            Ok((level.to_owned(), PathBuf::from(file)))
        }
        Some(_) => Err(format!("`{text}` is not of the form `LEVEL=FILE`")),
    }
}

/// Runs the command.
pub(super) fn run(args: &SimulateArgs, global: &Global) -> anyhow::Result<Exit> {
    let mut settings = Settings::default();
    for (name, value) in &args.set {
        settings.set(name, value)?;
    }
    if let Some(path) = &args.batch {
        let requests = Requests {
            settings: &settings,
            explain: args.explain,
        };
        return lines::answer_all(path, &requests);
    }
    let out = BufWriter::new(io::stdout().lock());
    let mut asked = match (&args.action, args.paths.as_slice()) {
        (Some(action), _) => Asked::flags(action, args, settings)?,
        (None, [path]) => Asked::file(path, &settings)?,
        (None, _) => {
            bail!("say what to decide: `--action` and `--resource`, a request file, or `--batch`")
        }
    };
    asked.question.unknown = Unknown {
        keys: args.unknown.clone(),
        missing: args.unknown_missing,
    };
    asked.answer(args, global, out)
}

/// A question, and the texts its policies came from.
struct Asked {
    question: Question,
    sources: Vec<Source>,
    /// What was read otherwise than it may seem.
    notes: Vec<String>,
}

fn read(path: &Path) -> anyhow::Result<Source> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let limit = MAX_SOURCE_BYTES as u64 + 1;
    if name == "-" {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("cannot read `{name}`"))?;
        let read = file.take(limit).read_to_end(&mut bytes);
        read.with_context(|| format!("cannot read `{name}`"))?;
    }
    let source = Source::from_bytes(&name, bytes);
    source.with_context(|| format!("cannot read `{name}`"))
}

/// The first mistake, with its place.
fn place(source: &Source, diagnostic: &crate::text::Diagnostic) -> String {
    let at = source.position(diagnostic.primary.span.start);
    format!(
        "{}:{}:{}: {}",
        source.name(),
        at.line,
        at.column,
        diagnostic.message
    )
}

fn parse(source: &Source) -> anyhow::Result<crate::syntax::Node> {
    let parsed = embedded::parse_text(source.text());
    if let Some(wrong) = parsed.diagnostics.iter().find(|d| d.code == "syntax-error") {
        bail!("{}", place(source, wrong));
    }
    let root = parsed.root;
    root.with_context(|| format!("{}: no JSON value", source.name()))
}

impl Asked {
    /// A request file in the batch format.
    fn file(path: &Path, settings: &Settings) -> anyhow::Result<Self> {
        let source = read(path)?;
        let root = parse(&source)?;
        if policy::looks_like_policy(&root) {
            bail!(
                "`{}` is a policy: say what to decide with `--action` and `--resource`",
                source.name()
            );
        }
        let question = evaluate::question(&root, settings).map_err(|error| {
            let at = if error.path.is_empty() {
                String::new()
            } else {
                format!("`{}`: ", error.path)
            };
            anyhow::anyhow!("{}: {at}{}", source.name(), error.message)
        })?;
        Ok(Self {
            question,
            sources: vec![source],
            notes: Vec::new(),
        })
    }

    /// A request typed as flags.
    fn flags(action: &str, args: &SimulateArgs, mut settings: Settings) -> anyhow::Result<Self> {
        let resource = args.resource.clone().unwrap_or_default();
        let mut context = Context::default();
        for (key, value) in &args.context {
            let mut values = context.get(key).map(<[_]>::to_vec).unwrap_or_default();
            values.push(value.clone());
            context.insert(key.as_str(), values)?;
        }
        let mut request = Request {
            principal: String::new(),
            action: action.to_owned(),
            resource_account: args.resource_account.clone(),
            wildcard_only_action: None,
            credential: args.credential,
            resource,
            context,
        };
        let mut notes = Vec::new();
        match &args.principal {
            Some(principal) => {
                request.principal.clone_from(principal);
                // What follows from a caller who was named; `--set` still wins.
                let is_set = args
                    .set
                    .iter()
                    .any(|(name, _)| name == Setting::FillContext.name());
                if !is_set {
                    settings.fill_context = FillContext::Implied;
                }
            }
            None => {
                let named = policy::Arn::parse(&request.resource).map(|arn| arn.account);
                let account = request.resource_account.clone().or(named);
                let account = account
                    .filter(|a| !a.is_empty())
                    .unwrap_or_else(|| NO_ACCOUNT.to_owned());
                request.principal = format!("arn:aws:iam::{account}:role/any");
                notes.push("no --principal: some role of the resource's account".to_owned());
                request.resource_account = Some(account);
            }
        }
        let mut asked = Self {
            question: Question {
                request,
                settings,
                ..Question::default()
            },
            sources: Vec::new(),
            notes,
        };
        for path in &args.paths {
            asked.add(path, args.policy_type, ACCOUNT)?;
        }
        for path in &args.boundary {
            asked.add(path, Some(PolicyType::Boundary), ACCOUNT)?;
        }
        for path in &args.session_policy {
            asked.add(path, Some(PolicyType::Session), ACCOUNT)?;
        }
        for path in &args.vpc_endpoint_policy {
            asked.add(path, Some(PolicyType::VpcEndpoint), ACCOUNT)?;
        }
        for (level, path) in &args.scp {
            asked.add(path, Some(PolicyType::Scp), level)?;
        }
        for (level, path) in &args.rcp {
            asked.add(path, Some(PolicyType::Rcp), level)?;
        }
        Ok(asked)
    }

    /// Reads a policy file and puts it into its layer; `level` counts in those
    /// that have levels.
    fn add(
        &mut self,
        path: &Path,
        policy_type: Option<PolicyType>,
        level: &str,
    ) -> anyhow::Result<()> {
        let source = read(path)?;
        let root = parse(&source)?;
        if !policy::looks_like_policy(&root) {
            bail!(
                "{}: no policy: an object with `Statement` is expected",
                source.name()
            );
        }
        if let Some(token) = evaluate::template(&root) {
            bail!(
                "{}: `{token}` is not known yet: no decision with it",
                source.name()
            );
        }
        let reading = policy::parse(&root, policy_type);
        let compiled = CompiledPolicy::from_reading(&reading)
            .map_err(|wrong| anyhow::anyhow!("{}", place(&source, &wrong)))?
            .named(source.name());
        let notes = compiled.diagnostics().iter();
        self.notes.extend(notes.map(|note| place(&source, note)));
        let policies = &mut self.question.policies;
        match reading.policy_type {
            PolicyType::Boundary => policies.boundaries.get_or_insert_default().push(compiled),
            PolicyType::Session => policies.sessions.get_or_insert_default().push(compiled),
            PolicyType::Resource | PolicyType::Trust => {
                if policies.resource.is_some() {
                    bail!("{}: a second policy of the resource", source.name());
                }
                policies.resource = Some(compiled);
            }
            PolicyType::Identity => policies.identity.push(compiled),
            PolicyType::Scp => attach(&mut policies.scps, level, compiled),
            PolicyType::Rcp => attach(&mut policies.rcps, level, compiled),
            PolicyType::VpcEndpoint => policies.endpoints.get_or_insert_default().push(compiled),
        }
        self.sources.push(source);
        Ok(())
    }

    fn answer(
        &self,
        args: &SimulateArgs,
        global: &Global,
        mut out: impl Write,
    ) -> anyhow::Result<Exit> {
        let answered = self
            .question
            .answer(args.explain || args.format == Format::Text)?;
        if !global.quiet {
            for note in &self.notes {
                tell::line(&format!("note: {note}"));
            }
        }
        match args.format {
            Format::Json => {
                let answer = SimulateOutput::new(&answered);
                serde_json::to_writer(&mut out, &answer).map_err(io::Error::from)?;
                writeln!(out)?;
            }
            Format::Text => {
                simulation::write(
                    &mut out,
                    &self.question,
                    &answered,
                    &self.sources,
                    args.explain,
                )?;
            }
        }
        out.flush()?;
        let decision = answered.answer.verdict().decision;
        let failed = answered.matches == Some(false)
            || args
                .expect
                .is_some_and(|expected| !expected.is_met_by(decision));
        Ok(if failed { Exit::Findings } else { Exit::Clean })
    }
}

/// Puts a policy into its level; levels stand in the order they are first
/// named in.
fn attach(levels: &mut Vec<Level>, name: &str, policy: CompiledPolicy) {
    match levels.iter_mut().find(|level| level.name == name) {
        Some(level) => level.policies.push(policy),
        None => levels.push(Level {
            name: name.to_owned(),
            policies: vec![policy],
        }),
    }
}

/// Requests, one a line.
struct Requests<'a> {
    settings: &'a Settings,
    explain: bool,
}

impl Batch for Requests<'_> {
    type Answer = Answer;

    fn answer(&self, line: &Line) -> (Exit, Answer) {
        let answer = match line {
            Ok(text) => evaluate::answer(text, self.settings, self.explain),
            Err(message) => Answer::unreadable(message.clone()),
        };
        let exit = match &answer {
            Answer::Error(_) => Exit::Failure,
            Answer::Result(answered) if answered.matches == Some(false) => Exit::Findings,
            Answer::Result(_) => Exit::Clean,
        };
        (exit, answer)
    }

    fn failed(&self, line: &Line) -> Answer {
        Answer::Error(Refused {
            id: lines::id(line),
            error: BatchError {
                kind: "internal",
                message: "a defect of leastwise: please report this line".to_owned(),
                path: String::new(),
            },
        })
    }
}

//! A check of documents: read them, ask the engine, say where the answer
//! stands.

use super::super::Exit;
use super::super::tell;
use crate::policy::{self, Policy, PolicyType};
use crate::render::check::{
    Asked, CheckKind, CheckResult, PolicyInfo, ResultInfo, StatementInfo, Verdict, WitnessInfo,
};
use crate::semantics::compare::checks::{self, Access, Checked, Outcome};
use crate::semantics::compare::trusted::ResourceType;
use crate::semantics::compare::{Options, Place, ProofStats, Witness, batch};
use crate::sources::{self, Completeness, Coverage, Document, Form, Inventory, ReadOptions};
use anyhow::bail;
use rayon::prelude::*;
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// A check as it is asked for.
#[derive(Debug)]
pub(in crate::cli) struct Job {
    /// What the configuration calls it.
    pub(in crate::cli) name: Option<String>,
    pub(in crate::cli) question: Question,
    /// How every document is read, whatever its place and shape tell.
    pub(in crate::cli) policy_type: Option<PolicyType>,
    /// Whether what is not decided passes.
    pub(in crate::cli) undecided_passes: bool,
}

#[derive(Debug)]
pub(in crate::cli) enum Question {
    NoNewAccess {
        old: PathBuf,
        new: PathBuf,
    },
    NotGranted {
        policies: Vec<PathBuf>,
        access: Access,
    },
    Granted {
        policies: Vec<PathBuf>,
        access: Access,
    },
    NoPublic {
        policies: Vec<PathBuf>,
        resource_type: Option<&'static ResourceType>,
    },
}

impl Job {
    /// Asks. What could not be read is told; the rest is answered. `None`
    /// where nothing is left to ask about.
    pub(in crate::cli) fn ask(
        &self,
        options: &Options,
        quiet: bool,
    ) -> anyhow::Result<(Option<CheckResult>, Exit)> {
        let mut exit = Exit::Clean;
        let mut coverage = Coverage::default();
        let mut read = |paths: &[PathBuf], policy_type| {
            let options = ReadOptions {
                policy_type,
                ..ReadOptions::default()
            };
            let inventory = sources::read(paths, Some(&mut io::stdin().lock()), &options);
            exit = exit.and(tell::unread(&inventory, quiet));
            coverage = std::mem::take(&mut coverage).and(inventory.coverage());
            inventory
        };
        let mut asked = None;
        let mut resource_type = None;
        let mut notes = Vec::new();
        let (kind, results) = match &self.question {
            Question::NoNewAccess { old, new } => {
                let mut side = |path: &PathBuf| read(std::slice::from_ref(path), self.policy_type);
                let (old_side, new_side) = (side(old), side(new));
                let sides = (one(&old_side, old)?, one(&new_side, new)?);
                let (Some(old), Some(new)) = sides else {
                    return Ok((None, exit.and(Exit::Failure)));
                };
                let pair = (View::new(&old_side, old), View::new(&new_side, new));
                let results = pair.1.no_new_access(&pair.0, options);
                (CheckKind::NoNewAccess, vec![results])
            }
            Question::NotGranted { policies, access } => {
                asked = Some(asked_of(access));
                notes.extend(unknown_actions(access));
                let inventory = read(policies, self.policy_type);
                let grants = |kind| self.policy_type.is_some() || grants(kind);
                let (views, left) = views(&inventory, grants, &mut exit);
                notes.extend(left);
                let ask = |view: &View| {
                    let kind = view.kind();
                    view.alone(options, |policy: &Policy, options: &Options| {
                        checks::not_granted((kind, policy), access, options)
                    })
                };
                (CheckKind::NotGranted, views.par_iter().map(ask).collect())
            }
            Question::Granted { policies, access } => {
                asked = Some(asked_of(access));
                notes.extend(unknown_actions(access));
                let inventory = read(policies, self.policy_type);
                let grants = |kind| self.policy_type.is_some() || grants(kind);
                let (views, left) = views(&inventory, grants, &mut exit);
                notes.extend(left);
                let (pairs, left_out) = access.pairs();
                notes.extend(left_out.iter().map(|pair| {
                    let pair = asked_of(pair);
                    format!("{pair}: left out, the action does not work on such a resource")
                }));
                let results = together(&views, &pairs, options)?;
                (CheckKind::Granted, results)
            }
            Question::NoPublic {
                policies,
                resource_type: kind,
            } => {
                resource_type = kind.map(|kind| kind.name);
                let declared = self.policy_type.or(kind.map(|kind| kind.policy_type));
                let inventory = read(policies, declared);
                let names_principals =
                    |kind| matches!(kind, PolicyType::Resource | PolicyType::Trust);
                let (views, left) = views(&inventory, names_principals, &mut exit);
                notes.extend(left);
                let resource = *kind;
                let ask = |view: &View| {
                    let kind = view.kind();
                    view.alone(options, |policy: &Policy, options: &Options| {
                        checks::no_public((kind, policy), resource, options)
                    })
                };
                (CheckKind::NoPublic, views.par_iter().map(ask).collect())
            }
        };
        let Some(verdict) = results.iter().map(|result| result.verdict).max() else {
            if !quiet {
                let name = self.name.as_deref().map(|name| format!("{name}: "));
                let name = name.unwrap_or_default();
                for note in &notes {
                    tell::line(&format!("note: {name}{note}"));
                }
                tell::line(&format!("note: {name}nothing to check"));
            }
            return Ok((None, exit));
        };
        let exit = exit.and(match verdict {
            Verdict::Pass => Exit::Clean,
            Verdict::Undecided if self.undecided_passes => Exit::Clean,
            Verdict::Undecided => Exit::Undecided,
            Verdict::Fail => Exit::Findings,
        });
        let result = CheckResult {
            check: kind,
            name: self.name.clone(),
            verdict,
            asked,
            resource_type,
            notes,
            results,
            coverage,
        };
        Ok((Some(result), exit))
    }
}

/// Whether policies of this type allow anything by themselves.
fn grants(kind: PolicyType) -> bool {
    matches!(
        kind,
        PolicyType::Identity | PolicyType::Resource | PolicyType::Trust
    )
}

fn asked_of(access: &Access) -> Asked {
    Asked {
        actions: access.actions().to_vec(),
        resources: access.resources().to_vec(),
        principal: access.principal().map(str::to_owned),
        context: access.context().iter().cloned().collect(),
    }
}

fn unknown_actions(access: &Access) -> Vec<String> {
    let date = crate::catalog::get().date();
    let unknown = access.unknown_actions().into_iter();
    unknown
        .map(|action| format!("no action of the catalog of {date} is `{action}`"))
        .collect()
}

/// The one document of a side; `None` where there is none that can be read.
fn one<'a>(inventory: &'a Inventory, path: &Path) -> anyhow::Result<Option<&'a Document>> {
    match inventory.documents.as_slice() {
        [] => {
            // What could not be read was told already.
            if inventory.failures.is_empty() && inventory.empty.is_empty() {
                bail!("`{}` holds no policy", path.display());
            }
            Ok(None)
        }
        [document] => Ok(refused(inventory, document).is_none().then_some(document)),
        more => bail!(
            "`{}` holds {} policies: `check no-new-access` holds one policy against one",
            path.display(),
            more.len()
        ),
    }
}

/// Tells why a document cannot be looked at at all, where that is so.
fn refused(inventory: &Inventory, document: &Document) -> Option<Exit> {
    let source = inventory.source(document.source);
    let told = |at, message: &str| {
        let at = source.position(at);
        let (name, line, column) = (source.name(), at.line, at.column);
        tell::line(&format!("error: {name}:{line}:{column}: {message}"));
        Some(Exit::Failure)
    };
    if let Some(wrong) = document.diagnostics.iter().find(|d| policy::is_fatal(d)) {
        return told(wrong.primary.span.start, &wrong.message);
    }
    // A reference that nothing resolves is no mistake: what it grants is unknown.
    let refers = !matches!(
        document.form,
        Form::Json | Form::Yaml | Form::Account | Form::Organization
    );
    if document.policy.is_none() && !refers {
        let reason = document.reason.as_deref().unwrap_or("no policy");
        return told(document.span.start, reason);
    }
    None
}

/// The documents that the check is about, and how many of other types were
/// left out. Those that cannot be looked at are told.
fn views<'a>(
    inventory: &'a Inventory,
    takes: impl Fn(PolicyType) -> bool,
    exit: &mut Exit,
) -> (Vec<View<'a>>, Option<String>) {
    let (mut views, mut left_out) = (Vec::new(), 0_usize);
    for document in &inventory.documents {
        if let Some(told) = refused(inventory, document) {
            *exit = exit.and(told);
        } else if takes(document.policy_type) {
            views.push(View::new(inventory, document));
        } else {
            left_out += 1;
        }
    }
    let note = (left_out > 0).then(|| {
        let left_out = crate::render::count(left_out, "policy");
        format!("{left_out} of other types left out")
    });
    (views, note)
}

/// A document that can be looked at.
struct View<'a> {
    inventory: &'a Inventory,
    document: &'a Document,
}

impl<'a> View<'a> {
    fn new(inventory: &'a Inventory, document: &'a Document) -> Self {
        Self {
            inventory,
            document,
        }
    }

    fn kind(&self) -> PolicyType {
        self.document.policy_type
    }

    /// The reading by last occurrences of repeated keys, or by first ones
    /// (R49).
    fn policy(&self, first: bool) -> Option<&'a Policy> {
        let other = self.document.first.as_ref().filter(|_| first);
        other.or(self.document.policy.as_ref())
    }

    /// The same, where the other document stands on the other side: with what
    /// only this one says of a symbol, and of when it exists.
    fn beside(&self, other: &Self, first: bool) -> Option<Cow<'a, Policy>> {
        let mut policy = Cow::Borrowed(self.policy(first)?);
        let (document, other) = (self.document, other.document);
        let given = policy::given_apart(&document.symbols, &other.symbols);
        if !given.is_empty() {
            let value = |address: &str| given.get(address).map(String::as_str);
            policy = Cow::Owned(policy.filled(&value));
        }
        if document.guards != other.guards {
            policy = Cow::Owned(policy.guarded(&document.guards));
        }
        Some(policy)
    }

    fn info(&self) -> PolicyInfo {
        PolicyInfo {
            file: self
                .inventory
                .source(self.document.source)
                .name()
                .to_owned(),
            address: self.document.address.clone(),
            policy_type: self.document.policy_type,
        }
    }

    /// Why nothing can be said of it: a value is missing that decides.
    fn unknown(&self) -> Option<String> {
        match self.document.completeness {
            Completeness::Full | Completeness::Symbolic => None,
            Completeness::Partial | Completeness::Opaque => Some("opaque-document".to_owned()),
        }
    }

    /// Asks about this document by itself, in both readings.
    fn alone(&self, options: &Options, ask: impl Fn(&Policy, &Options) -> Checked) -> ResultInfo {
        answered(
            std::slice::from_ref(self),
            None,
            options,
            |first, options| self.policy(first).map(|policy| ask(policy, options)),
        )
    }

    fn no_new_access(&self, old: &Self, options: &Options) -> ResultInfo {
        // A side without principals says nothing against the other's (R50).
        let kinds = [self.kind(), old.kind()];
        let kind = kinds.into_iter().find(|kind| kind.has_principal());
        let kind = kind.unwrap_or(self.kind());
        answered(
            std::slice::from_ref(self),
            Some(old),
            options,
            |first, options| {
                let (old, new) = (old.beside(self, first)?, self.beside(old, first)?);
                let (old, new) = (&*old, &*new);
                Some(checks::no_new_access((kind, old), (kind, new), options))
            },
        )
    }

    fn statement(&self, index: usize, first: bool) -> Option<StatementInfo> {
        let statement = self.policy(first)?.statements.get(index)?;
        let source = self.inventory.source(self.document.source);
        Some(StatementInfo {
            file: source.name().to_owned(),
            address: self.document.address.clone(),
            start: source.position(statement.span.start),
            sid: statement.sid.as_ref().map(|sid| sid.value.clone()),
            index,
        })
    }
}

/// Asks of policies together whether they grant each of the pairs.
fn together(
    views: &[View],
    pairs: &[Access],
    options: &Options,
) -> anyhow::Result<Vec<ResultInfo>> {
    let Some(kind) = views.first().map(View::kind) else {
        return Ok(Vec::new());
    };
    if let Some(other) = views.iter().find(|view| view.kind() != kind) {
        bail!(
            "{} is a policy of type `{}`, {} of type `{}`: `check granted` takes policies of one \
             type, which stand together",
            views
                .first()
                .map(|view| view.info().file)
                .unwrap_or_default(),
            kind.name(),
            other.info().file,
            other.kind().name()
        );
    }
    let ask = |pair: &Access| {
        let mut result = answered(views, None, options, |first, options| {
            let policies: Vec<&Policy> = views.iter().filter_map(|v| v.policy(first)).collect();
            Some(checks::granted(kind, &policies, pair, options))
        });
        result.asked = Some(asked_of(pair));
        // What allows the request is the question itself.
        if let Some(witness) = &mut result.witness {
            witness.allowed_by.clear();
        }
        result
    };
    Ok(pairs.par_iter().map(ask).collect())
}

/// Asks, in both readings of repeated keys where there are two (R49).
fn answered(
    views: &[View],
    old: Option<&View>,
    options: &Options,
    ask: impl Fn(bool, &Options) -> Option<Checked>,
) -> ResultInfo {
    let everyone = || views.iter().chain(old);
    let options = options.with_symbols(everyone().flat_map(|view| &view.document.symbols));
    let mut result = ResultInfo {
        policies: views.iter().map(View::info).collect(),
        old: old.map(View::info),
        asked: None,
        verdict: Verdict::Undecided,
        reasons: everyone().filter_map(View::unknown).collect(),
        notes: Vec::new(),
        witness: None,
        proof: ProofStats::default(),
    };
    if !result.reasons.is_empty() {
        return result;
    }
    let Some(last) = ask(false, &options) else {
        result.reasons.push("opaque-document".to_owned());
        return result;
    };
    let two = everyone().any(|view| view.document.first.is_some());
    let (checked, first) = match two.then(|| ask(true, &options)).flatten() {
        Some(other) => last.under_either(other),
        None => (last, false),
    };
    result.notes.extend(checked.notes);
    result.proof = checked.proof;
    match checked.outcome {
        Outcome::Pass => result.verdict = Verdict::Pass,
        Outcome::Undecided(reasons) => result.reasons = reasons,
        Outcome::Fail(witness) => {
            result.verdict = Verdict::Fail;
            result.witness = Some(shown(&witness, views, old, first));
        }
    }
    result
}

/// The witness with its statements where they stand. Layers behind the first
/// one are the question's own.
fn shown(witness: &Witness, views: &[View], old: Option<&View>, first: bool) -> WitnessInfo {
    let statement = |views: &[View], place: &Place| {
        let view = views.get(place.policy).filter(|_| place.layer == 0)?;
        view.statement(place.statement, first)
    };
    let of_old = |place: &Place| match old {
        Some(old) => statement(std::slice::from_ref(old), place),
        None => statement(views, place),
    };
    let has_principal = views.iter().chain(old).any(|v| v.kind().has_principal());
    WitnessInfo {
        request: batch::request_json(&witness.request, has_principal),
        realistic: witness.realistic,
        allowed_by: witness
            .allowed_by
            .iter()
            .filter_map(|place| statement(views, place))
            .collect(),
        denied_by: witness.denied_by.as_ref().and_then(of_old),
    }
}

//! The answers of `leastwise check`, for people and for programs.

use super::catalog::CatalogFacts;
use super::{clean, count, coverage};
use crate::catalog;
use crate::policy::PolicyType;
use crate::semantics::compare::ProofStats;
use crate::semantics::{Setting, Settings};
use crate::sources::Coverage;
use crate::text::Position;
use serde::Serialize;
use std::fmt::Write as _;

/// What `leastwise check --format json` writes.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct CheckReport {
    /// `leastwise/check/1`.
    schema: &'static str,
    /// The catalog that was asked.
    catalog: CatalogFacts<'static>,
    /// The requests that were looked at.
    universe: Universe,
    /// How AWS's open rules were read.
    settings: Settings,
    /// The worst of all checks; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    /// In the order they were asked.
    checks: Vec<CheckResult>,
}

/// The requests that a verdict speaks of (`comparison.md` 2).
#[derive(Clone, Copy, Debug, Serialize, schemars::JsonSchema)]
pub struct Universe {
    /// `open`: any action, also one that the catalog does not know yet.
    actions: &'static str,
    /// `well-formed`: ARNs of six fields, and `*`.
    arns: &'static str,
    /// `off`: any action may meet any resource.
    shapes: &'static str,
    /// `any`: any request may carry any condition key.
    keys: &'static str,
}

const UNIVERSE: Universe = Universe {
    actions: "open",
    arns: "well-formed",
    shapes: "off",
    keys: "any",
};

/// What a check came to. Ordered: the worst is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Proved.
    Pass,
    /// Neither proved nor refuted.
    Undecided,
    /// Refuted by a request.
    Fail,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Undecided => "UNDECIDED",
            Self::Fail => "FAIL",
        }
    }
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// The new policy allows nothing that the old one does not.
    NoNewAccess,
    /// Nothing of what is asked about is allowed.
    NotGranted,
    /// All of what is asked about is allowed.
    Granted,
    /// No stranger is allowed anything.
    NoPublic,
}

/// One check.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct CheckResult {
    /// What is checked.
    pub check: CheckKind,
    /// What the configuration calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The worst of its results.
    pub verdict: Verdict,
    /// What was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// The type of resource whose policies these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<&'static str>,
    /// What was left out, and what else there is to say of the question.
    pub notes: Vec<String>,
    /// One for each policy; of `granted` one for each pair of an action and a
    /// resource.
    pub results: Vec<ResultInfo>,
    /// What was read, and what was not.
    pub coverage: Coverage,
}

/// What is asked about.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Asked {
    /// Patterns of actions; empty for any action.
    pub actions: Vec<String>,
    /// Patterns of resources; empty for any resource.
    pub resources: Vec<String>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Condition keys with their values.
    pub context: std::collections::BTreeMap<String, Vec<String>>,
}

/// The result for one policy, or for several together.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ResultInfo {
    /// The policies.
    pub policies: Vec<PolicyInfo>,
    /// What the policy is held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<PolicyInfo>,
    /// The pair, of `granted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// What it came to.
    pub verdict: Verdict,
    /// Why it is not decided.
    pub reasons: Vec<String>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// The request that refutes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<WitnessInfo>,
    /// The work behind it.
    pub proof: ProofStats,
}

/// A policy, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PolicyInfo {
    /// Its file, or `-`.
    pub file: String,
    /// Where in the file, if it is not the whole of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How it was read.
    pub policy_type: PolicyType,
}

/// A request that refutes a check. The simulator agrees.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct WitnessInfo {
    /// As `simulate` reads it.
    pub request: serde_json::Value,
    /// Whether the catalog knows the action, and it works on the resource.
    pub realistic: bool,
    /// The statements that allow it; none of `granted`, where nothing does.
    pub allowed_by: Vec<StatementInfo>,
    /// The statement that denies it, where that is what decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_by: Option<StatementInfo>,
}

/// A statement, and where it stands.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct StatementInfo {
    /// The file.
    pub file: String,
    /// Where in the file its policy is, if that is not the whole of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its first character.
    pub start: Position,
    /// Its `Sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Its place in the policy, from 0.
    pub index: usize,
}

impl CheckReport {
    /// The report on some checks, all under the same settings.
    #[must_use]
    pub fn new(checks: Vec<CheckResult>, settings: Settings) -> Self {
        Self {
            schema: "leastwise/check/1",
            catalog: CatalogFacts {
                date: catalog::get().date(),
            },
            universe: UNIVERSE,
            settings,
            verdict: checks.iter().map(|check| check.verdict).max(),
            checks,
        }
    }

    /// For people: the verdict first. `usual` are the settings that are not
    /// worth a word.
    #[must_use]
    pub fn text(&self, usual: &Settings, quiet: bool) -> String {
        let mut out = String::new();
        for check in &self.checks {
            check.write(&mut out, quiet);
        }
        if !quiet {
            self.ground(&mut out, usual);
        }
        out
    }

    /// What the passes rest on, if there are any.
    fn ground(&self, out: &mut String, usual: &Settings) {
        let results = self.checks.iter().flat_map(|check| &check.results);
        let passes = results.filter(|result| result.verdict == Verdict::Pass);
        let proofs: Vec<ProofStats> = passes.map(|result| result.proof).collect();
        if !proofs.is_empty() {
            let nodes: u64 = proofs.iter().map(|proof| proof.nodes).sum();
            let states: u64 = proofs.iter().map(|proof| proof.states).sum();
            let _ = writeln!(
                out,
                "{} over every action, known or not, every well-formed ARN and any condition keys \
                 ({}, {})",
                match self.verdict {
                    Some(Verdict::Pass) => "proved",
                    _ => "what passes is proved",
                },
                count(nodes, "case"),
                count(states, "state"),
            );
        }
        for &setting in Setting::ALL {
            let value = self.settings.get(setting);
            if value != usual.get(setting) {
                let _ = writeln!(out, "setting: {} = {value}", setting.name());
            }
        }
    }
}

impl CheckResult {
    fn write(&self, out: &mut String, quiet: bool) {
        let name = self
            .name
            .as_deref()
            .map(|name| format!("{}: ", clean(name)));
        let _ = writeln!(
            out,
            "{}  {}{}",
            self.verdict.word(),
            name.unwrap_or_default(),
            self.headline()
        );
        for result in &self.results {
            result.write(self.check, out);
        }
        if quiet {
            return;
        }
        let own = self.results.iter().flat_map(|result| &result.notes);
        let mut told = Vec::new();
        for note in self.notes.iter().chain(own) {
            if !told.contains(&note) {
                let _ = writeln!(out, "  note: {}", clean(in_words(note)));
                told.push(note);
            }
        }
        for line in coverage::lines(&self.coverage, coverage::REASONS) {
            let _ = writeln!(out, "  {line}");
        }
    }

    /// How many say so, and what was asked.
    fn headline(&self) -> String {
        let with = |verdict| self.results.iter().filter(|r| r.verdict == verdict).count();
        let all = self.results.len();
        let asked = self.asked.as_ref().map(|asked| format!(": {asked}"));
        let asked = asked.unwrap_or_default();
        let policies = |number: usize| match number {
            1 => "1 policy".to_owned(),
            number => count(number as u64, "policy"),
        };
        let (fails, open) = (with(Verdict::Fail), with(Verdict::Undecided));
        match (self.check, self.verdict) {
            (CheckKind::NoNewAccess, verdict) => {
                let pair = self.results.first();
                let new = pair.and_then(|pair| pair.policies.first());
                let old = pair.and_then(|pair| pair.old.as_ref());
                let (new, old) = (named(new), named(old));
                match verdict {
                    Verdict::Pass => format!("{new} allows nothing that {old} does not"),
                    Verdict::Fail => format!("{new} allows what {old} does not"),
                    Verdict::Undecided => format!("{new} may allow what {old} does not"),
                }
            }
            (CheckKind::NotGranted, Verdict::Pass) => {
                format!("granted by none of {}{asked}", policies(all))
            }
            (CheckKind::NotGranted, Verdict::Fail) => {
                format!("granted by {fails} of {}{asked}", policies(all))
            }
            (CheckKind::NotGranted, Verdict::Undecided) => {
                format!("perhaps granted by {open} of {}{asked}", policies(all))
            }
            (CheckKind::Granted, Verdict::Pass) => format!("granted{asked}"),
            (CheckKind::Granted, Verdict::Fail) => format!("not granted{asked}"),
            (CheckKind::Granted, Verdict::Undecided) => format!("perhaps not granted{asked}"),
            (CheckKind::NoPublic, Verdict::Pass) => format!("none of {} is public", policies(all)),
            (CheckKind::NoPublic, Verdict::Fail) => {
                format!("{fails} of {} is public", policies(all))
            }
            (CheckKind::NoPublic, Verdict::Undecided) => {
                format!("{open} of {} may be public", policies(all))
            }
        }
    }
}

/// A note that is a bare word of `comparison.md` 8, for people.
fn in_words(note: &str) -> &str {
    match note {
        "only-inconsistent-keys" => {
            "no request was found whose action, resource and keys fit together"
        }
        "setting:duplicate-keys" => {
            "a JSON key is repeated, and its first value gives another answer"
        }
        note => note,
    }
}

fn named(policy: Option<&PolicyInfo>) -> String {
    policy.map(PolicyInfo::text).unwrap_or_default()
}

impl PolicyInfo {
    fn text(&self) -> String {
        match &self.address {
            None => clean(&self.file),
            Some(address) => format!("{} ({})", clean(&self.file), clean(address)),
        }
    }
}

impl ResultInfo {
    fn write(&self, check: CheckKind, out: &mut String) {
        let place = match check {
            CheckKind::Granted => self.asked.as_ref().map(Asked::to_string),
            _ => self.policies.first().map(PolicyInfo::text),
        };
        let place = place.unwrap_or_default();
        match (self.verdict, &self.witness) {
            (Verdict::Undecided, _) => {
                let reasons: Vec<_> = self.reasons.iter().map(|reason| clean(reason)).collect();
                let _ = writeln!(out, "  {place}: undecided: {}", reasons.join(", "));
            }
            (Verdict::Fail, Some(witness)) => {
                let request = request(&witness.request);
                match (check, witness.allowed_by.first()) {
                    (CheckKind::Granted, _) => {
                        let _ = writeln!(out, "  not allowed: {request}");
                        let by = witness.denied_by.as_ref();
                        let _ = match by {
                            Some(by) => writeln!(out, "    denied by {}", by.text()),
                            None => writeln!(out, "    no statement allows it"),
                        };
                    }
                    (_, Some(by)) => {
                        let _ = writeln!(out, "  {} allows\n    {request}", by.text());
                    }
                    (_, None) => {
                        let _ = writeln!(out, "  {place} allows\n    {request}");
                    }
                }
                if let (CheckKind::NoNewAccess, Some(old)) = (check, &self.old) {
                    let _ = match &witness.denied_by {
                        Some(by) => writeln!(out, "  {} denies it", by.text()),
                        None => writeln!(out, "  no statement of {} allows it", old.text()),
                    };
                }
            }
            (Verdict::Fail | Verdict::Pass, _) => {}
        }
    }
}

impl StatementInfo {
    fn text(&self) -> String {
        let mut text = format!("{}:{}", clean(&self.file), self.start.line);
        match (&self.sid, &self.address) {
            (Some(sid), _) => {
                let _ = write!(text, " {}", clean(sid));
            }
            (None, Some(address)) => {
                let _ = write!(text, " {}", clean(address));
            }
            (None, None) => {}
        }
        text
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |all: &[String], any: &str| match all {
            [] => any.to_owned(),
            all => clean(&all.join(", ")),
        };
        let actions = list(&self.actions, "any action");
        let resources = list(&self.resources, "any resource");
        write!(f, "{actions} on {resources}")?;
        if let Some(principal) = &self.principal {
            write!(f, " by {}", clean(principal))?;
        }
        let keys: Vec<String> = self
            .context
            .iter()
            .map(|(key, values)| format!("{} = {}", clean(key), clean(&values.join(", "))))
            .collect();
        if !keys.is_empty() {
            write!(f, " with {}", keys.join(", "))?;
        }
        Ok(())
    }
}

/// A request in one line.
fn request(request: &serde_json::Value) -> String {
    let text = |name: &str| {
        let value = request.get(name).and_then(serde_json::Value::as_str);
        value.map(str::to_owned)
    };
    let context = request
        .get("context")
        .and_then(serde_json::Value::as_object);
    let values = |value: &serde_json::Value| match value {
        serde_json::Value::String(one) => vec![one.clone()],
        serde_json::Value::Array(all) => all
            .iter()
            .filter_map(serde_json::Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    Asked {
        actions: text("action").into_iter().collect(),
        resources: text("resource").into_iter().collect(),
        principal: text("principal"),
        context: context
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), values(value)))
            .collect(),
    }
    .to_string()
}

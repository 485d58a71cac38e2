//! Compares each pair of documents, and all of them together.

use super::blame::{Edit, Edits, How};
use super::pair::{Pair, pairs};
use super::report::{
    Access, Cause, Change, DocumentAt, EditAt, Other, Otherwise, OverSymbols, Report, StatementAt,
    Text, Verdict,
};
use super::unchanged::identical;
use super::{Root, Side};
use crate::policy::{self, Effect, Occurrence, Policy, PolicyType};
use crate::semantics::Request;
use crate::semantics::compare::batch::{by_occurrence, request_json};
use crate::semantics::compare::{
    self as engine, AccessSet, Alternative, Comparison, Direction, Options, Place, Relation, Stack,
    Witness,
};
use crate::sources::{Completeness, Coverage, Document, Failure, Form, Inventory, Reason};
use crate::syntax::json;
use crate::text::digest;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The name of the scheme of fingerprints.
const SCHEME: &str = "leastwise/diff/v1";

/// Compares what stands at the same places. What was added is compared with
/// nothing allowed, and so is what was removed; a policy that only limits
/// (a boundary, an SCP) with nothing forbidden.
#[must_use]
pub fn compare(old: &Side, new: &Side, options: &Options) -> Report {
    let pairs = pairs(old, new);
    let judged: Vec<(&Pair, Option<Judged>)> = pairs
        .par_iter()
        .map(|pair| {
            let documents = [pair.old, pair.new].into_iter().flatten();
            let symbols = documents.flat_map(|document| &document.symbols);
            let judge = Judge {
                old,
                new,
                pair,
                options: &options.with_symbols(symbols),
            };
            (pair, (!judge.is_same_text()).then(|| judge.judge()))
        })
        .collect();
    let mut coverage = coverage(old, new, &pairs);
    let unchanged = judged.iter().filter(|(_, judged)| judged.is_none()).count();
    let mut both = (Known::None, Known::None);
    let mut changes = Vec::new();
    let mut assumptions = BTreeSet::new();
    let mut refused = Vec::new();
    let mut notes = Vec::new();
    for (pair, judged) in judged {
        let Some(judged) = judged else { continue };
        both = (both.0.and(judged.gained), both.1.and(judged.lost));
        assumptions.extend(judged.assumptions);
        notes.extend(judged.notes);
        for (side, document) in [(old, pair.old), (new, pair.new)] {
            let failure = document.and_then(|document| refusal(&side.inventory, document));
            refused.extend(failure);
        }
        changes.push(judged.change);
    }
    let attached = attached(&old.inventory, &new.inventory);
    if !attached.is_empty() {
        both = (both.0.and(Known::Open), both.1.and(Known::Open));
    }
    notes.extend(attached);
    if pairs.len() > 1 {
        assumptions.insert("each document is compared by itself".to_owned());
    }
    coverage.reasons.extend(refused.iter().map(Reason::from));
    let relation = relation(both.0, both.1);
    Report {
        refused,
        verdict: relation.into(),
        relation,
        changes,
        unchanged,
        coverage,
        assumptions: assumptions.into_iter().collect(),
        notes,
    }
}

/// The mistake for which AWS would not take a document, with its place.
fn refusal(inventory: &Inventory, document: &Document) -> Option<Failure> {
    let wrong = document.diagnostics.iter().find(|d| policy::is_fatal(d))?;
    let source = inventory.source(document.source);
    let at = source.position(wrong.primary.span.start);
    Some(Failure {
        path: format!("{}:{}:{}", source.name(), at.line, at.column),
        message: wrong.message.clone(),
    })
}

/// What was compared; what stands in the way of either side.
fn coverage(old: &Side, new: &Side, pairs: &[Pair]) -> Coverage {
    let mut coverage = Coverage {
        documents: pairs.len(),
        ..Coverage::default()
    };
    let mut files = BTreeSet::new();
    for pair in pairs {
        let documents = [(old, pair.old), (new, pair.new)];
        let documents = documents.map(|(side, document)| Some((side, document?)));
        for (side, document) in documents.iter().flatten() {
            let name = side.inventory.source(document.source).name();
            files.insert(side.root.key(name));
        }
        let worst = documents
            .iter()
            .flatten()
            .map(|(_, d)| d.completeness)
            .max();
        *match worst.unwrap_or(Completeness::Opaque) {
            Completeness::Full => &mut coverage.full,
            Completeness::Symbolic => &mut coverage.symbolic,
            Completeness::Partial => &mut coverage.partial,
            Completeness::Opaque => &mut coverage.opaque,
        } += 1;
    }
    coverage.files = files.len();
    let mut seen = BTreeSet::new();
    for side in [old, new] {
        let reasons = side.inventory.coverage().reasons;
        let fresh = reasons
            .into_iter()
            .filter(|reason| seen.insert(reason.clone()));
        coverage.reasons.extend(fresh);
    }
    coverage
}

/// Principals of an account export to which something else is attached: the
/// policies are compared, their attachments are not.
fn attached(old: &Inventory, new: &Inventory) -> Vec<String> {
    fn of(inventory: &Inventory) -> BTreeMap<&str, BTreeSet<String>> {
        let entities = inventory.entities.iter().map(|entity| {
            let documents = entity.policies.iter().map(|id| {
                let document = inventory.document(*id);
                format!("{:?} {:?}", document.arn, document.address)
            });
            let boundary = entity
                .boundary
                .iter()
                .map(|b| format!("boundary {}", b.arn));
            let groups = entity.groups.iter().map(|group| format!("group {group}"));
            let all = documents.chain(entity.unresolved.iter().cloned());
            (
                entity.arn.as_str(),
                all.chain(boundary).chain(groups).collect(),
            )
        });
        entities.collect()
    }
    let (old, new) = (of(old), of(new));
    let arns: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let differs = |arn: &&str| old.get(arn) != new.get(arn);
    arns.into_iter()
        .filter(differs)
        .map(|arn| format!("what is attached to `{arn}` is not the same, and is not compared yet"))
        .collect()
}

/// What is known of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    None,
    Open,
    Some,
}

impl Known {
    /// Of two documents together: what one gains is gained.
    fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<&Direction> for Known {
    fn from(direction: &Direction) -> Self {
        match direction {
            Direction::None => Self::None,
            Direction::Some(_) => Self::Some,
            Direction::Unknown(_) => Self::Open,
        }
    }
}

fn relation(gained: Known, lost: Known) -> Relation {
    match (gained, lost) {
        (Known::Open, _) | (_, Known::Open) => Relation::Unknown,
        (Known::None, Known::None) => Relation::Equivalent,
        (Known::Some, Known::None) => Relation::Wider,
        (Known::None, Known::Some) => Relation::Narrower,
        (Known::Some, Known::Some) => Relation::Incomparable,
    }
}

struct Judged {
    change: Change,
    gained: Known,
    lost: Known,
    assumptions: Vec<String>,
    notes: Vec<String>,
}

/// A Deny, and a request that it decides.
type Denied = (StatementAt, Request);

struct Judge<'a> {
    old: &'a Side,
    new: &'a Side,
    pair: &'a Pair<'a>,
    options: &'a Options,
}

/// A policy of one side in its two readings, or what stands for one that is
/// not there.
struct Read<'a> {
    last: Cow<'a, Policy>,
    first: Option<&'a Policy>,
}

impl Read<'_> {
    fn reading(&self, occurrence: Occurrence) -> &Policy {
        match (self.first, occurrence) {
            (Some(first), Occurrence::First) => first,
            _ => &self.last,
        }
    }
}

impl<'a> Judge<'a> {
    /// Whether both sides have the same text and mean the same by it. Policy
    /// JSON says all there is, whatever it is; in other forms the same text may
    /// refer to what was changed elsewhere.
    fn is_same_text(&self) -> bool {
        let (Some(old), Some(new)) = (self.pair.old, self.pair.new) else {
            return false;
        };
        let is_same = || {
            let text = self.text();
            text.old == text.new
        };
        let says_all =
            |d: &Document| matches!(d.form, Form::Json | Form::Account | Form::Organization);
        let without_spans = |policy: &Option<Policy>| policy.as_ref().map(Policy::without_spans);
        old.policy_type == new.policy_type
            && is_same()
            && (says_all(old) && says_all(new)
                || [old, new].map(|d| d.completeness <= Completeness::Symbolic) == [true; 2]
                    && without_spans(&old.policy) == without_spans(&new.policy)
                    && without_spans(&old.first) == without_spans(&new.first)
                    && old.symbols == new.symbols
                    && old.guards == new.guards)
    }

    fn text(&self) -> Text {
        let of = |side: &Side, document: Option<&Document>| {
            let text = document.map(|d| side.inventory.source(d.source).slice(d.span));
            text.unwrap_or_default().to_owned()
        };
        Text {
            old: of(self.old, self.pair.old),
            new: of(self.new, self.pair.new),
        }
    }

    /// The type of both: what is certain wins; then a principal on either side
    /// (R50).
    fn policy_type(&self) -> PolicyType {
        let documents = [self.pair.new, self.pair.old].into_iter().flatten();
        let (certain, guessed): (Vec<_>, Vec<_>) = documents.partition(|d| d.certain);
        let types = certain.iter().chain(&guessed).map(|d| d.policy_type);
        let mut principal = types.clone().filter(|kind| kind.has_principal());
        let certain = certain.first().map(|d| d.policy_type);
        certain
            .or_else(|| principal.next())
            .or_else(|| types.clone().next())
            .unwrap_or(PolicyType::Identity)
    }

    fn judge(&self) -> Judged {
        let policy_type = self.policy_type();
        let (old, new) = match self.read(policy_type) {
            Ok(sides) => sides,
            Err(reasons) => return self.open(policy_type, reasons),
        };
        if old.first == new.first && old.last.without_spans() == new.last.without_spans() {
            let mut judged = self.open(policy_type, BTreeSet::new());
            self.decide(&mut judged, (Known::None, Known::None));
            judged.change.identical = identical(&old.last, &new.last, policy_type, self.options);
            return judged;
        }
        let repeats = old.first.is_some() || new.first.is_some();
        let comparison = by_occurrence(repeats, |occurrence| {
            let (old, new) = (old.reading(occurrence), new.reading(occurrence));
            let (old, new) = (Stack::of(policy_type, old), Stack::of(policy_type, new));
            engine::compare(&old, &new, self.options)
        });
        let (old_stack, new_stack) = (
            Stack::of(policy_type, &old.last),
            Stack::of(policy_type, &new.last),
        );
        let explanation = engine::explain(&old_stack, &new_stack, &comparison, self.options);
        let mut judged = self.open(policy_type, comparison.reasons().into_iter().collect());
        let change = &mut judged.change;
        let accesses = |sets: &[AccessSet], gained| -> Vec<Access> {
            let (first, second) = match gained {
                true => (&old.last, &new.last),
                false => (&new.last, &old.last),
            };
            let both = self.pair.old.is_some() && self.pair.new.is_some() && !sets.is_empty();
            let edits = both.then(|| Edits::new(first, second, policy_type));
            let told = sets.iter().map(|set| {
                let mut access = self.access(set, policy_type, gained);
                let request = access.request.as_ref();
                let cause = request.zip(edits.as_ref());
                access.caused_by =
                    cause.and_then(|(request, edits)| self.cause(edits, request, gained));
                access
            });
            told.collect()
        };
        change.gained = accesses(&explanation.gained, true);
        change.lost = accesses(&explanation.lost, false);
        change.more_gained = explanation.more_gained;
        change.more_lost = explanation.more_lost;
        change.uncertain = comparison
            .uncertain
            .iter()
            .map(|alternative| other(alternative, policy_type))
            .collect();
        change.symbols = over_symbols(&comparison, policy_type);
        let mut gained = Known::from(&comparison.gained);
        let lost = Known::from(&comparison.lost);
        match (self.pair.old, self.pair.new) {
            (Some(_), Some(_)) => {
                change.identical = identical(&old.last, &new.last, policy_type, self.options);
            }
            _ => {
                if limits(policy_type) {
                    judged.assumptions.push(format!(
                        "where there is no {}, it limits nothing",
                        policy_type.name()
                    ));
                }
            }
        }
        let (gone, fresh) = self.denies(policy_type, &old.last, &new.last);
        // Where the whole document is gone, so is all it denied to others.
        if gone.is_some() && self.pair.new.is_none() && gained == Known::None {
            gained = Known::Open;
            judged.change.reasons.push("removed-deny".to_owned());
            judged.change.reasons.sort_unstable();
        }
        for (denied, sets, verb) in [
            (gone, &judged.change.gained, "no longer denies"),
            (fresh, &judged.change.lost, "now denies"),
        ] {
            let Some((by, request)) = denied else {
                continue;
            };
            let mut shown = sets.iter().map(|access| access.denied_by.as_ref());
            if !shown.any(|denied_by| denied_by == Some(&by)) {
                let name = by.sid.clone().unwrap_or_else(|| format!("#{}", by.number));
                judged.notes.push(format!(
                    "`{name}` ({}:{}) {verb} what other policies may allow, such as {} on {}",
                    by.file, by.line, request.action, request.resource
                ));
            }
        }
        self.decide(&mut judged, (gained, lost));
        judged
    }

    fn decide(&self, judged: &mut Judged, (gained, lost): (Known, Known)) {
        (judged.gained, judged.lost) = (gained, lost);
        judged.change.relation = relation(gained, lost);
        judged.change.verdict = Verdict::from(judged.change.relation);
    }

    /// What there is to tell before anything is compared.
    fn open(&self, policy_type: PolicyType, reasons: BTreeSet<String>) -> Judged {
        let at = |side: &Side, document: Option<&Document>| {
            let document = document?;
            let source = side.inventory.source(document.source);
            Some(DocumentAt {
                file: source.name().to_owned(),
                address: document.address.clone(),
                line: source.position(document.span.start).line,
                completeness: document.completeness,
            })
        };
        let mut assumptions = Vec::new();
        if policy_type == PolicyType::Identity {
            assumptions.push(
                "identity policies alone: SCPs, permissions boundaries, session policies and \
                 resource policies were not given"
                    .to_owned(),
            );
        }
        Judged {
            change: Change {
                old: at(self.old, self.pair.old),
                new: at(self.new, self.pair.new),
                policy_type,
                verdict: Verdict::Undecided,
                relation: Relation::Unknown,
                reasons: reasons.into_iter().collect(),
                gained: Vec::new(),
                lost: Vec::new(),
                more_gained: false,
                more_lost: false,
                uncertain: Vec::new(),
                symbols: None,
                identical: Vec::new(),
                text: self.text(),
            },
            gained: Known::Open,
            lost: Known::Open,
            assumptions,
            notes: Vec::new(),
        }
    }

    /// Both sides, or why they cannot be compared.
    fn read(&self, policy_type: PolicyType) -> Result<(Read<'a>, Read<'a>), BTreeSet<String>> {
        let opaque = || BTreeSet::from(["opaque-document".to_owned()]);
        if self.pair.unread {
            return Err(opaque());
        }
        let guards = [self.pair.old, self.pair.new].map(|d| d.map(|d| &d.guards));
        let is_guarded = matches!(guards, [Some(old), Some(new)] if old != new);
        let read = |document: Option<&'a Document>,
                    other: Option<&'a Document>|
         -> Result<Read<'a>, BTreeSet<String>> {
            let Some(document) = document else {
                let last = if limits(policy_type) {
                    anything(policy_type)
                } else {
                    nothing()
                };
                return Ok(Read {
                    last: Cow::Owned(last),
                    first: None,
                });
            };
            let whole = document.completeness <= Completeness::Symbolic
                && !document.diagnostics.iter().any(policy::is_fatal);
            let policy = document.policy.as_ref().filter(|_| whole);
            let mut last = Cow::Borrowed(policy.ok_or_else(opaque)?);
            if let Some(other) = other {
                let given = policy::given_apart(&document.symbols, &other.symbols);
                if !given.is_empty() {
                    let value = |address: &str| given.get(address).map(String::as_str);
                    last = Cow::Owned(last.filled(&value));
                }
            }
            if is_guarded {
                last = Cow::Owned(last.guarded(&document.guards));
            }
            Ok(Read {
                last,
                first: document.first.as_ref(),
            })
        };
        Ok((
            read(self.pair.old, self.pair.new)?,
            read(self.pair.new, self.pair.old)?,
        ))
    }

    /// The Deny that no longer denies, and the one that now denies, what other
    /// policies may allow; and such a request. The documents alone do not show
    /// it where they allow nothing there.
    fn denies(
        &self,
        policy_type: PolicyType,
        old: &Policy,
        new: &Policy,
    ) -> (Option<Denied>, Option<Denied>) {
        let denies = |policy: &Policy| {
            let mut effects = policy.statements.iter().filter_map(|s| s.effect.as_ref());
            effects.any(|effect| effect.value == Effect::Deny)
        };
        if limits(policy_type) || !(denies(old) || denies(new)) {
            return (None, None);
        }
        let all = anything(policy_type);
        let beside = |policy| Stack::default().with(policy_type, [&all, policy]);
        let (before, after) = (beside(old), beside(new));
        let comparison = engine::compare(&before, &after, self.options);
        let denied = |direction: Direction, on_new| {
            let Direction::Some(witness) = direction else {
                return None;
            };
            let by = witness.denied_by.filter(|place| place.policy == 1)?;
            Some((self.statement(by, on_new)?, witness.request))
        };
        (
            denied(comparison.gained, false),
            denied(comparison.lost, true),
        )
    }

    fn statement(&self, place: Place, on_new: bool) -> Option<StatementAt> {
        let (side, document) = if on_new {
            (self.new, self.pair.new?)
        } else {
            (self.old, self.pair.old?)
        };
        let source = side.inventory.source(document.source);
        let statement = document.policy.as_ref()?.statements.get(place.statement)?;
        Some(StatementAt {
            file: source.name().to_owned(),
            line: source.position(statement.span.start).line,
            sid: statement.sid.as_ref().map(|sid| sid.value.clone()),
            number: place.statement + 1,
        })
    }

    fn access(&self, set: &AccessSet, policy_type: PolicyType, gained: bool) -> Access {
        let allowed_by: Vec<StatementAt> = set
            .allowed_by
            .iter()
            .filter_map(|place| self.statement(*place, gained))
            .collect();
        let denied_by = set
            .denied_by
            .and_then(|place| self.statement(place, !gained));
        let request = set.witness.as_ref().map(|witness| &witness.request);
        let sid = |at: &StatementAt| at.sid.clone().unwrap_or_default();
        let lists = [
            &set.actions,
            &set.principals,
            &set.resources,
            &set.except,
            &set.conditions,
        ];
        let mut parts = vec![
            SCHEME.to_owned(),
            if gained { "gained" } else { "lost" }.to_owned(),
            self.host(),
            allowed_by.iter().map(sid).collect(),
            denied_by.as_ref().map(sid).unwrap_or_default(),
        ];
        for list in lists {
            let sorted: BTreeSet<&str> = list.iter().map(String::as_str).collect();
            parts.push(sorted.len().to_string());
            parts.extend(sorted.into_iter().map(str::to_owned));
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Access {
            fingerprint: digest(&parts),
            actions: set.actions.clone(),
            known_actions: set.known_actions,
            worst: set.worst,
            principals: set.principals.clone(),
            resources: set.resources.clone(),
            except: set.except.clone(),
            conditions: set.conditions.clone(),
            allowed_by,
            denied_by,
            caused_by: None,
            witness: request.map(|r| request_json(r, policy_type.has_principal())),
            request: request.cloned(),
        }
    }

    /// The edits that let a request in, or took it away.
    fn cause(&self, edits: &Edits, request: &Request, gained: bool) -> Option<Cause> {
        let (how, edits) = edits.of(request, &self.options.settings)?;
        // Seen from the other side: each edit without which it would be there
        // takes it away by itself.
        let how = match (how, gained) {
            (How::Together, false) => How::Each,
            (How::Each, false) => How::Together,
            (how, true) => how,
        };
        let at = |edit: &Edit| {
            let (old, new) = match gained {
                true => (edit.first, edit.second),
                false => (edit.second, edit.first),
            };
            let at = |statement: Option<usize>, on_new| {
                let place = Place {
                    layer: 0,
                    policy: 0,
                    statement: statement?,
                };
                self.statement(place, on_new)
            };
            let statement = at(new, true).or_else(|| at(old, false))?;
            Some(EditAt {
                words: edit.words(&statement.name(), gained),
                statement,
            })
        };
        let edits: Vec<EditAt> = edits.into_iter().filter_map(at).collect();
        (!edits.is_empty()).then_some(Cause { how, edits })
    }

    /// What holds the document: the ARN, else the file and the place in it.
    fn host(&self) -> String {
        let sides = [(self.new, self.pair.new), (self.old, self.pair.old)];
        let host = sides.into_iter().find_map(|(side, document)| {
            let document = document?;
            let address = document.address.as_deref().unwrap_or_default();
            let name = side.inventory.source(document.source).name();
            let file = match side.root {
                Root::File => name.to_owned(),
                _ => side.root.key(name),
            };
            Some(format!(
                "{} {address}",
                document.arn.as_deref().unwrap_or(&file)
            ))
        });
        host.unwrap_or_default()
    }
}

fn other(alternative: &Alternative, policy_type: PolicyType) -> Other {
    let json = |witness: &Option<Witness>| {
        let request = witness.as_ref().map(|witness| &witness.request);
        request.map(|request| request_json(request, policy_type.has_principal()))
    };
    Other {
        setting: alternative.setting,
        value: alternative.value,
        relation: alternative.relation,
        witness_new: json(&alternative.gained),
        witness_lost: json(&alternative.lost),
    }
}

fn over_symbols(comparison: &Comparison, policy_type: PolicyType) -> Option<OverSymbols> {
    let rests = &comparison.rests;
    let json = |witness: &Option<Witness>| {
        let request = witness.as_ref().map(|witness| &witness.request);
        request.map(|request| request_json(request, policy_type.has_principal()))
    };
    let otherwise = rests.otherwise.iter().map(|valued| Otherwise {
        values: valued.values.clone(),
        words: valued.words(),
        relation: valued.relation,
        witness_new: json(&valued.gained),
        witness_lost: json(&valued.lost),
    });
    let is_any = !rests.symbols.is_empty() || !rests.chosen.is_empty();
    is_any.then(|| OverSymbols {
        open: rests.symbols.clone(),
        reach: rests.reach,
        words: rests.words(comparison.relation()),
        chosen: rests.chosen.clone(),
        otherwise: otherwise.collect(),
    })
}

/// Whether policies of this type grant nothing and only limit: without one,
/// everything is as it would be.
fn limits(policy_type: PolicyType) -> bool {
    match policy_type {
        PolicyType::Identity | PolicyType::Resource | PolicyType::Trust => false,
        PolicyType::Scp
        | PolicyType::Rcp
        | PolicyType::Boundary
        | PolicyType::Session
        | PolicyType::VpcEndpoint => true,
    }
}

fn nothing() -> Policy {
    Policy {
        span: crate::text::Span::default(),
        version: None,
        id: None,
        statements: Vec::new(),
    }
}

/// A policy of this type that allows everything.
fn anything(policy_type: PolicyType) -> Policy {
    let principal = if policy_type.has_principal() {
        r#","Principal":"*""#
    } else {
        ""
    };
    let resource = if policy_type == PolicyType::Trust {
        ""
    } else {
        r#","Resource":"*""#
    };
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*"{principal}{resource}}}}}"#
    );
    let root = json::parse(&text).root;
    root.map_or_else(nothing, |root| {
        policy::parse(&root, Some(policy_type)).policy
    })
}

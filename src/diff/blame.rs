//! Which edit let access in (`comparison.md` 10.5): each edit is put back by
//! itself, and the simulator asked again whether a request is still allowed.

use crate::policy::{Condition, Effect, Element, Policy, PolicyType, Statement};
use crate::semantics::evaluate::{CompiledPolicy, permits};
use crate::semantics::{Request, Settings};
use crate::text::Spanned;

/// Edits of one document that are tried. Beyond it nothing is named.
const EDITS: usize = 64;

/// What an edit did, seen from the side that does not allow to the one that
/// does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A Deny of the first side is not on the second.
    DenyGone,
    /// An Allow of the second side is not on the first.
    AllowNew,
    /// Entries of an element were replaced: those of the first side that the
    /// second does not have, and the other way round.
    Element(&'static str, Vec<String>, Vec<String>),
    /// A condition of the first side is not on the second.
    ConditionGone(String),
    /// A condition of the second side is not on the first.
    ConditionNew(String),
    /// The values or the operator of a condition changed.
    Condition(String, Vec<String>, Vec<String>),
}

/// One edit; statements by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) what: What,
    /// The statement on the side that does not allow.
    pub(super) first: Option<usize>,
    /// The statement on the side that does.
    pub(super) second: Option<usize>,
}

impl Edit {
    /// In words, for a statement of this name; `gained` where the side that
    /// allows is the new one.
    pub(super) fn words(&self, name: &str, gained: bool) -> String {
        let is = if gained {
            ["gone", "new"]
        } else {
            ["new", "gone"]
        };
        let of = |is: &str| if is == "gone" { "gone from" } else { "new in" };
        let turned = |gone: &[String], new: &[String]| match gained {
            true => (list(gone), list(new)),
            false => (list(new), list(gone)),
        };
        let replaced = |element: &str, (before, after): (String, String)| match (
            before.is_empty(),
            after.is_empty(),
        ) {
            (false, false) => format!("{after} replaces {before} in {element} of `{name}`"),
            (true, false) => format!("{after} is new in {element} of `{name}`"),
            (false, true) => format!("{before} is gone from {element} of `{name}`"),
            (true, true) => format!("{element} of `{name}` changed"),
        };
        match &self.what {
            What::DenyGone => format!("the Deny `{name}` is {}", is[0]),
            What::AllowNew => format!("the Allow `{name}` is {}", is[1]),
            What::Element(element, gone, new) => {
                replaced(&format!("`{element}`"), turned(gone, new))
            }
            What::ConditionGone(key) => {
                format!("the condition `{key}` is {} `{name}`", of(is[0]))
            }
            What::ConditionNew(key) => {
                format!("the condition `{key}` is {} `{name}`", of(is[1]))
            }
            What::Condition(key, gone, new) => {
                replaced(&format!("the condition `{key}`"), turned(gone, new))
            }
        }
    }
}

/// Entries of a list that are written out.
const SHOWN: usize = 3;

fn list(texts: &[String]) -> String {
    let shown: Vec<String> = texts
        .iter()
        .take(SHOWN)
        .map(|text| format!("`{text}`"))
        .collect();
    match texts.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// How the edits that let something in hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Without any one of them, nothing would have changed for the request.
    Together,
    /// Each of them is enough by itself.
    Each,
}

/// The edits between two readings of a document, ready to be tried.
pub(super) struct Edits {
    first: Policy,
    second: Policy,
    policy_type: PolicyType,
    /// Both as they are.
    whole: (CompiledPolicy, CompiledPolicy),
    tried: Vec<Tried>,
}

struct Tried {
    edit: Edit,
    /// The second side without the edit.
    without: CompiledPolicy,
    /// The first side with it.
    with: CompiledPolicy,
}

impl Edits {
    /// Those from a side that does not allow something to one that does.
    pub(super) fn new(first: &Policy, second: &Policy, policy_type: PolicyType) -> Self {
        let (first, second) = (first.without_spans(), second.without_spans());
        let mut edits = Self {
            whole: (
                CompiledPolicy::new(&first, policy_type),
                CompiledPolicy::new(&second, policy_type),
            ),
            first,
            second,
            policy_type,
            tried: Vec::new(),
        };
        let found = edits.found();
        if found.len() <= EDITS {
            edits.tried = found;
        }
        edits
    }

    /// The edits that let a request in; `None` where no few of them did.
    pub(super) fn of(&self, request: &Request, settings: &Settings) -> Option<(How, Vec<&Edit>)> {
        let allows = |policy: &CompiledPolicy| permits(policy, request, settings).ok();
        if allows(&self.whole.0)? || !allows(&self.whole.1)? {
            return None;
        }
        let (mut needed, mut enough) = (Vec::new(), Vec::new());
        for tried in &self.tried {
            if !allows(&tried.without)? {
                needed.push(&tried.edit);
            }
            if allows(&tried.with)? {
                enough.push(&tried.edit);
            }
        }
        match (needed.is_empty(), enough.is_empty()) {
            (false, _) => Some((How::Together, needed)),
            (true, false) => Some((How::Each, enough)),
            (true, true) => None,
        }
    }

    fn found(&self) -> Vec<Tried> {
        let mut found = Vec::new();
        let pairs = pairs(&self.first, &self.second);
        let is_paired = |side: fn(&(usize, usize)) -> usize, at: usize| {
            pairs.iter().any(|pair| side(pair) == at)
        };
        for (at, statement) in self.first.statements.iter().enumerate() {
            if effect(statement) == Some(Effect::Deny) && !is_paired(|pair| pair.0, at) {
                found.push(self.tried(
                    Edit {
                        what: What::DenyGone,
                        first: Some(at),
                        second: None,
                    },
                    &added(&self.second, statement),
                    &removed(&self.first, at),
                ));
            }
        }
        for (at, statement) in self.second.statements.iter().enumerate() {
            if effect(statement) == Some(Effect::Allow) && !is_paired(|pair| pair.1, at) {
                found.push(self.tried(
                    Edit {
                        what: What::AllowNew,
                        first: None,
                        second: Some(at),
                    },
                    &removed(&self.second, at),
                    &added(&self.first, statement),
                ));
            }
        }
        for (first, second) in pairs {
            if found.len() > EDITS {
                break;
            }
            let both = (
                self.first.statements.get(first),
                self.second.statements.get(second),
            );
            let (Some(one), Some(other)) = both else {
                continue;
            };
            for (what, back, forth) in within(one, other) {
                let edit = Edit {
                    what,
                    first: Some(first),
                    second: Some(second),
                };
                found.push(self.tried(
                    edit,
                    &replaced(&self.second, second, back),
                    &replaced(&self.first, first, forth),
                ));
            }
        }
        found
    }

    fn tried(&self, edit: Edit, without: &Policy, with: &Policy) -> Tried {
        Tried {
            edit,
            without: CompiledPolicy::new(without, self.policy_type),
            with: CompiledPolicy::new(with, self.policy_type),
        }
    }
}

fn effect(statement: &Statement) -> Option<Effect> {
    statement.effect.as_ref().map(|effect| effect.value)
}

fn added(policy: &Policy, statement: &Statement) -> Policy {
    let mut policy = policy.clone();
    policy.statements.push(statement.clone());
    policy
}

fn removed(policy: &Policy, at: usize) -> Policy {
    let mut policy = policy.clone();
    policy.statements.remove(at);
    policy
}

fn replaced(policy: &Policy, at: usize, statement: Statement) -> Policy {
    let mut policy = policy.clone();
    if let Some(place) = policy.statements.get_mut(at) {
        *place = statement;
    }
    policy
}

/// Statements of one effect that are the same, have one Sid, or have most in
/// common.
fn pairs(first: &Policy, second: &Policy) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut take = |fits: &dyn Fn(&Statement, &Statement) -> bool| {
        for (at, one) in first.statements.iter().enumerate() {
            if pairs.iter().any(|pair| pair.0 == at) {
                continue;
            }
            let free = second.statements.iter().enumerate();
            let mut free = free.filter(|(at, _)| pairs.iter().all(|pair| pair.1 != *at));
            let twin = free.find(|(_, other)| effect(one) == effect(other) && fits(one, other));
            if let Some((twin, _)) = twin {
                pairs.push((at, twin));
            }
        }
    };
    take(&|one, other| one == other);
    take(&|one, other| one.sid.is_some() && one.sid == other.sid);
    take(&|one, other| alike(one, other) >= 2);
    pairs
}

/// How many of the parts of two statements without different Sids are the same.
fn alike(one: &Statement, other: &Statement) -> usize {
    if let (Some(one), Some(other)) = (&one.sid, &other.sid)
        && one != other
    {
        return 0;
    }
    usize::from(one.action == other.action)
        + usize::from(one.resource == other.resource)
        + usize::from(one.principal == other.principal && one.principal.is_some())
        + usize::from(one.conditions == other.conditions)
}

/// The edits between two statements, each with the second as it would be
/// without it, and the first as it would be with it.
fn within(first: &Statement, second: &Statement) -> Vec<(What, Statement, Statement)> {
    let mut edits = Vec::new();
    let mut edit = |what: What, change: &dyn Fn(&mut Statement, &Statement)| {
        let (mut back, mut forth) = (second.clone(), first.clone());
        change(&mut back, first);
        change(&mut forth, second);
        edits.push((what, back, forth));
    };
    let action = |statement: &Statement| texts(statement.action.as_ref(), |entry| &entry.text);
    let resource = |statement: &Statement| texts(statement.resource.as_ref(), |e| &e.text);
    let principal = |statement: &Statement| {
        let element = statement.principal.as_ref();
        element.map(|element| {
            let entries = element.entries.iter();
            let texts = entries.map(|entry| entry.value.text.clone()).collect();
            (element.negated, texts)
        })
    };
    type Put = fn(&mut Statement, &Statement);
    let elements: [(_, _, [&'static str; 2], Put); 3] = [
        (
            action(first),
            action(second),
            ["Action", "NotAction"],
            |to, from| {
                to.action.clone_from(&from.action);
            },
        ),
        (
            resource(first),
            resource(second),
            ["Resource", "NotResource"],
            |to, from| to.resource.clone_from(&from.resource),
        ),
        (
            principal(first),
            principal(second),
            ["Principal", "NotPrincipal"],
            |to, from| to.principal.clone_from(&from.principal),
        ),
    ];
    for (one, other, [name, negated], put) in elements {
        if one != other {
            let is_negated = |element: &Option<(bool, Vec<String>)>| {
                element.as_ref().is_some_and(|(negated, _)| *negated)
            };
            let both = is_negated(&one) == is_negated(&other);
            let name = if is_negated(&other) { negated } else { name };
            let list = |element: Option<(bool, Vec<String>)>| {
                element.map(|(_, texts)| texts).unwrap_or_default()
            };
            let (gone, new) = differing(list(one), list(other), both);
            edit(What::Element(name, gone, new), &put);
        }
    }
    conditions(first, second, &mut edit);
    edits
}

/// What is tried: an edit, and how a statement takes it over from another.
type Try<'t> = dyn FnMut(What, &dyn Fn(&mut Statement, &Statement)) + 't;

fn conditions(first: &Statement, second: &Statement, edit: &mut Try<'_>) {
    let (one, other) = (&first.conditions, &second.conditions);
    let key = |condition: &Condition| condition.key.value.to_ascii_lowercase();
    let texts = |conditions: &[&Condition]| -> Vec<String> {
        let values = conditions.iter().flat_map(|condition| &condition.values);
        values.map(|value| value.value.text.clone()).collect()
    };
    let mut keys: Vec<String> = one.iter().chain(other).map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    for folded in keys {
        fn of<'c>(conditions: &'c [Condition], folded: &str) -> Vec<&'c Condition> {
            let conditions = conditions.iter();
            conditions
                .filter(|condition| condition.key.value.eq_ignore_ascii_case(folded))
                .collect()
        }
        let (one, other) = (of(one, &folded), of(other, &folded));
        if one == other {
            continue;
        }
        let written = one.first().or(other.first());
        let key = written.map_or_else(String::new, |condition| condition.key.value.clone());
        let what = match (one.is_empty(), other.is_empty()) {
            (_, true) => What::ConditionGone(key),
            (true, _) => What::ConditionNew(key),
            _ => {
                let (gone, new) = differing(texts(&one), texts(&other), true);
                What::Condition(key, gone, new)
            }
        };
        edit(what, &|to, from| {
            let is_it = |condition: &Condition| condition.key.value.eq_ignore_ascii_case(&folded);
            to.conditions.retain(|condition| !is_it(condition));
            to.conditions
                .extend(from.conditions.iter().filter(|c| is_it(c)).cloned());
        });
    }
}

fn texts<T>(
    element: Option<&Element<T>>,
    text: impl Fn(&T) -> &String,
) -> Option<(bool, Vec<String>)> {
    let element = element?;
    let texts = |entry: &Spanned<T>| text(&entry.value).clone();
    Some((element.negated, element.entries.iter().map(texts).collect()))
}

/// What stands in one list only; all of both where the lists mean different
/// things.
fn differing(one: Vec<String>, other: Vec<String>, same: bool) -> (Vec<String>, Vec<String>) {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let these = these.iter();
        these
            .filter(|text| !same || !those.contains(text))
            .cloned()
            .collect()
    };
    (only(&one, &other), only(&other, &one))
}

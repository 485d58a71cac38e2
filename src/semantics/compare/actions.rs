//! Actions, cut into groups that no statement of the comparison tells apart
//! (`comparison.md` 3).

use super::budget::{Budget, Stop};
use super::glob::{Glob, Token};
use super::language::{self, Query};
use crate::catalog::{self, ActionRef, Service};
use crate::policy::{ActionKind, ActionPattern, Effect, Element};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The actions of a statement, in lower case (R51).
#[derive(Clone, Debug, Default)]
pub(super) struct Actions {
    negated: bool,
    any: bool,
    /// By service, so that those of one stand together.
    entries: Vec<Entry>,
}

/// `service:name`, the name with wildcards.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Entry {
    text: String,
    /// Where the colon stands.
    colon: usize,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let own = (self.service(), self.name());
        own.cmp(&(other.service(), other.name()))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Entry {
    fn service(&self) -> &str {
        self.text.get(..self.colon).unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.text.get(self.colon + 1..).unwrap_or_default()
    }

    fn is_text(&self) -> bool {
        !self.name().contains(['*', '?'])
    }

    fn glob(&self) -> Glob {
        Glob::new(self.name().chars().map(|c| match c {
            '*' => Token::Any { bound: false },
            '?' => Token::One { bound: false },
            c => Token::Char(c),
        }))
    }
}

impl Actions {
    pub(super) fn new(element: &Element<ActionPattern>) -> Self {
        let mut actions = Self {
            negated: element.negated,
            ..Self::default()
        };
        for entry in &element.entries {
            match &entry.value.kind {
                ActionKind::Any => actions.any = true,
                ActionKind::Named { .. } => actions.entries.extend(self::entry(&entry.value)),
                ActionKind::Malformed => {}
            }
        }
        actions.entries.sort_unstable();
        actions.entries.dedup();
        actions
    }

    /// What it lists of a service.
    fn of(&self, service: &str) -> &[Entry] {
        let start = self
            .entries
            .partition_point(|entry| entry.service() < service);
        let behind = self.entries.get(start..).unwrap_or_default();
        let end = behind.partition_point(|entry| entry.service() == service);
        behind.get(..end).unwrap_or_default()
    }

    /// Whether it holds the names that it does not list.
    fn holds_unlisted(&self) -> bool {
        self.any != self.negated
    }

    /// Whether it holds an action of a service of which it lists these entries.
    fn hold_by(&self, entries: &[Entry], name: &str) -> bool {
        let lists = |entry: &Entry| matches(entry.name(), name);
        (self.any || entries.iter().any(lists)) != self.negated
    }
}

/// An entry of `Action` that names a service; a wildcard in the prefix matches
/// nothing (R53).
fn entry(pattern: &ActionPattern) -> Option<Entry> {
    let colon = pattern.text.find(':')?;
    let service = pattern.text.get(..colon)?;
    (!service.contains(['*', '?'])).then(|| Entry {
        text: pattern.text.to_ascii_lowercase(),
        colon,
    })
}

/// Whether a name, in any case, matches a pattern of `*` and `?` in lower case:
/// when it fails, the last `*` reads one more (R52).
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut read) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last = Some((at + 1, read));
                at += 1;
            }
            Some(b'?') => (at, read) = (at + 1, read + 1),
            Some(c)
                if name
                    .get(read)
                    .is_some_and(|read| read.to_ascii_lowercase() == *c) =>
            {
                (at, read) = (at + 1, read + 1)
            }
            _ => match last {
                Some((behind, from)) => {
                    (at, read) = (behind, from + 1);
                    last = Some((behind, from + 1));
                }
                None => return false,
            },
        }
    }
    let rest = pattern.get(at..).unwrap_or_default();
    rest.iter().all(|c| *c == b'*')
}

/// What a statement says beside its actions, to tell whether the same is said
/// on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Says {
    pub(super) is_new: bool,
    pub(super) effect: Effect,
    pub(super) layer: usize,
    pub(super) shape: usize,
}

/// Actions that the same statements hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The statements that hold them, by their places, sorted.
    pub(super) statements: Vec<usize>,
    /// One of them, in lower case; `None` for a service that no statement
    /// names.
    pub(super) service: Option<String>,
    pub(super) name: String,
}

/// The groups of all actions but those that no statement holds, and those of
/// services of which both sides say the same; these as well where `all`.
pub(super) fn groups(
    statements: &[Actions],
    says: &[Says],
    all: bool,
    budget: &mut Budget,
) -> Result<Vec<Group>, Stop> {
    let mut services: BTreeSet<&str> = BTreeSet::new();
    for actions in statements {
        services.extend(actions.entries.iter().map(|entry| entry.service()));
    }
    let mut groups: Vec<Group> = Vec::new();
    for service in services.into_iter().map(Some).chain([None]) {
        if all || !is_same_on_both_sides(statements, says, service) {
            of_service(statements, service, budget, &mut groups)?;
        }
    }
    Ok(groups)
}

/// Whether each side lists the same of a service in statements that say the
/// same.
fn is_same_on_both_sides(statements: &[Actions], says: &[Says], service: Option<&str>) -> bool {
    let side = |is_new: bool| {
        let mut said: Vec<_> = statements
            .iter()
            .zip(says)
            .filter(|(_, says)| says.is_new == is_new)
            .map(|(actions, says)| {
                let listed = service.map_or(&[][..], |service| actions.of(service));
                (
                    says.effect,
                    says.layer,
                    says.shape,
                    actions.negated,
                    actions.any,
                    listed,
                )
            })
            .filter(|(.., negated, any, listed)| !listed.is_empty() || negated != any)
            .collect();
        said.sort_unstable();
        said.dedup();
        said
    };
    side(false) == side(true)
}

fn of_service(
    statements: &[Actions],
    service: Option<&str>,
    budget: &mut Budget,
    groups: &mut Vec<Group>,
) -> Result<(), Stop> {
    let mut seen: HashSet<Vec<usize>> = HashSet::new();
    let mut add = |statements: Vec<usize>, name: String| {
        if !statements.is_empty() && seen.insert(statements.clone()) {
            groups.push(Group {
                statements,
                service: service.map(str::to_owned),
                name,
            });
        }
    };
    let unlisted = statements
        .iter()
        .enumerate()
        .filter(|(_, actions)| actions.holds_unlisted());
    let unlisted: Vec<usize> = unlisted.map(|(at, _)| at).collect();
    let Some(service) = service else {
        add(unlisted, String::new());
        return Ok(());
    };
    let mut texts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut patterns: BTreeMap<&Entry, Vec<usize>> = BTreeMap::new();
    for (at, actions) in statements.iter().enumerate() {
        // Under `*` it does not matter what else is listed.
        let listed = actions.of(service).iter().filter(|_| !actions.any);
        for entry in listed {
            if entry.is_text() {
                texts.entry(entry.name()).or_default().push(at);
            } else {
                patterns.entry(entry).or_default().push(at);
            }
        }
    }
    // Patterns of the same statements are one set.
    let mut sets: BTreeMap<Vec<usize>, Vec<&Entry>> = BTreeMap::new();
    for (entry, statements) in patterns {
        sets.entry(statements).or_default().push(entry);
    }
    let holding = |name: &str, budget: &mut Budget| -> Result<Vec<usize>, Stop> {
        let mut listed: Vec<usize> = texts.get(name).cloned().unwrap_or_default();
        for (statements, entries) in &sets {
            budget.look((name.len() * entries.len() + 1) as u64)?;
            if entries.iter().any(|entry| matches(entry.name(), name)) {
                listed.extend(statements);
            }
        }
        Ok(self::holding(&unlisted, &listed))
    };
    for name in texts.keys() {
        add(holding(name, budget)?, (*name).to_owned());
    }
    let globs: Vec<Vec<Glob>> = sets
        .values()
        .map(|entries| entries.iter().map(|entry| entry.glob()).collect())
        .collect();
    for name in unlisted_names(&globs, &texts, budget)? {
        add(holding(&name, budget)?, name);
    }
    Ok(())
}

/// The statements that hold a name: those that hold whatever they do not
/// list, with the ones that list it changed round.
fn holding(unlisted: &[usize], listed: &[usize]) -> Vec<usize> {
    let listed: HashSet<usize> = listed.iter().copied().collect();
    let others = unlisted.iter().copied().filter(|at| !listed.contains(at));
    let turned = listed.iter().copied().filter(|at| !unlisted.contains(at));
    let mut all: Vec<usize> = others.chain(turned).collect();
    all.sort_unstable();
    all
}

/// One name for each way in which names that are not listed as texts lie in
/// the sets of patterns.
fn unlisted_names(
    sets: &[Vec<Glob>],
    texts: &BTreeMap<&str, Vec<usize>>,
    budget: &mut Budget,
) -> Result<Vec<String>, Stop> {
    let sets: Vec<Vec<&Glob>> = sets.iter().map(|set| set.iter().collect()).collect();
    let mut names = Vec::new();
    for (within, name) in language::classes(&sets, budget)? {
        if !texts.contains_key(name.as_str()) {
            names.push(name);
            continue;
        }
        // Another name of the same class, if it has one.
        let of = |wanted: bool| {
            let pairs = sets.iter().zip(&within);
            pairs
                .filter(move |(_, within)| **within == wanted)
                .map(|(set, _)| set)
        };
        // No action has the empty name: it must not be the one that is found.
        let taken = texts.keys().copied().chain([""]);
        let listed: Vec<Glob> = taken.map(Glob::literal).collect();
        let query = Query {
            all: of(true).cloned().collect(),
            none: of(false).flatten().copied().chain(&listed).collect(),
        };
        names.extend(language::find(&query, budget)?);
    }
    Ok(names)
}

/// Whether an entry of `Action` holds a group's actions.
pub(super) fn holds(pattern: &ActionPattern, group: &Group) -> bool {
    match (&pattern.kind, &group.service) {
        (ActionKind::Any, _) => true,
        (ActionKind::Named { .. }, Some(own)) => entry(pattern)
            .is_some_and(|entry| entry.service() == own && matches(entry.name(), &group.name)),
        (ActionKind::Named { .. }, None) | (ActionKind::Malformed, _) => false,
    }
}

/// Real actions of a group, its example first if it is one.
pub(super) fn real<'a>(
    group: &'a Group,
    statements: &'a [Actions],
) -> impl Iterator<Item = ActionRef<'static>> + 'a {
    const USUAL: &[&str] = &[
        "s3", "dynamodb", "sqs", "lambda", "ec2", "iam", "kms", "sns", "logs", "glue",
    ];
    let catalog = catalog::get();
    let of_service = move |service: &'static Service| {
        let entries = statements.iter().map(|actions| actions.of(service.prefix));
        let entries: Vec<&[Entry]> = entries.collect();
        let belongs = move |action: &ActionRef| {
            let name = &action.action.name;
            let both = statements.iter().zip(&entries).enumerate();
            let holding = both.filter(|(_, (actions, entries))| actions.hold_by(entries, name));
            holding
                .map(|(at, _)| at)
                .eq(group.statements.iter().copied())
        };
        service.actions().filter(belongs)
    };
    let own = group.service.as_deref();
    let example = own.and_then(|service| catalog.service(service)?.action(&group.name));
    let services = own
        .into_iter()
        .chain(USUAL.iter().copied().filter(move |_| own.is_none()));
    let all = services
        .filter_map(|prefix| catalog.service(prefix))
        .flat_map(of_service);
    example.into_iter().chain(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Span, Spanned};

    fn actions(negated: bool, texts: &[&str]) -> Actions {
        let entries = texts.iter().map(|text| Spanned {
            value: ActionPattern::parse(text),
            span: Span::default(),
        });
        Actions::new(&Element {
            negated,
            key_span: Span::default(),
            span: Span::default(),
            entries: entries.collect(),
        })
    }

    fn cut(statements: &[Actions]) -> Vec<String> {
        let says: Vec<Says> = (0..statements.len())
            .map(|shape| Says {
                is_new: true,
                effect: Effect::Allow,
                layer: 0,
                shape,
            })
            .collect();
        let groups = groups(statements, &says, true, &mut Budget::default()).unwrap();
        let shown = groups.iter().map(|group| {
            let service = group.service.as_deref().unwrap_or("…");
            for (at, actions) in statements.iter().enumerate() {
                if group.service.is_some() {
                    assert_eq!(
                        actions.hold_by(actions.of(service), &group.name),
                        group.statements.contains(&at),
                        "{group:?}"
                    );
                }
            }
            format!("{service}:{} {:?}", group.name, group.statements)
        });
        shown.collect()
    }

    #[test]
    fn groups_are_what_statements_tell_apart() {
        let all = [
            actions(false, &["s3:Get*", "s3:PutObject"]),
            actions(false, &["S3:GETOBJECT", "s3:*Object"]),
            actions(true, &["iam:*"]),
            actions(false, &["*"]),
        ];
        assert_eq!(
            cut(&all),
            [
                "iam:x [3]",
                "s3:getobject [0, 1, 2, 3]",
                "s3:g [2, 3]",
                "s3:get [0, 2, 3]",
                "s3:object [1, 2, 3]",
                "…: [2, 3]",
            ]
        );
    }

    #[test]
    fn r53_what_never_matches_holds_nothing() {
        assert_eq!(
            cut(&[actions(false, &["s*:Get", "s3", "a:b,c:d"])]),
            Vec::<String>::new()
        );
        let not = actions(true, &["s*:Get"]);
        assert_eq!(cut(&[not]), ["…: [0]"]);
    }

    #[test]
    fn listed_names_do_not_stand_for_the_rest_of_their_class() {
        let all = [
            actions(false, &["s3:x", "s3:a?"]),
            actions(false, &["s3:*"]),
        ];
        assert_eq!(cut(&all), ["s3:x [0, 1]", "s3:a [1]"]);
        let all = [actions(false, &["s3:x"]), actions(false, &["s3:*"])];
        assert_eq!(cut(&all), ["s3:x [0, 1]", "s3:xx [1]"]);
    }
}

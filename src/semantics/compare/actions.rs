//! Actions, cut into groups that no statement of the comparison tells apart
//! (`comparison.md` 3).

use super::budget::{Budget, Stop};
use super::glob::{Glob, Token};
use super::language::{self, Query};
use crate::catalog::{self, ActionRef};
use crate::policy::{ActionKind, ActionPattern, Element, Pattern, Token as Written};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The actions of a statement, in lower case (R51).
#[derive(Clone, Debug, Default)]
pub(super) struct Actions {
    negated: bool,
    any: bool,
    /// Service prefix → patterns of names.
    named: BTreeMap<String, Vec<Glob>>,
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
                // A wildcard in the prefix matches nothing (R53).
                ActionKind::Named { service, .. } if service.contains(['*', '?']) => {}
                ActionKind::Named { service, name } => {
                    let names = actions.named.entry(service.to_ascii_lowercase());
                    names.or_default().push(lower(name));
                }
                ActionKind::Malformed => {}
            }
        }
        actions
    }

    /// Whether it holds an action, in lower case.
    pub(super) fn hold(&self, service: &str, name: &str) -> bool {
        let listed = self.any
            || self
                .named
                .get(service)
                .is_some_and(|globs| globs.iter().any(|glob| glob.matches(name)));
        listed != self.negated
    }
}

fn lower(name: &Pattern) -> Glob {
    Glob::new(name.tokens.iter().flat_map(|token| match token {
        Written::Literal(text) => {
            let lower = text.chars().map(|c| Token::Char(c.to_ascii_lowercase()));
            lower.collect::<Vec<_>>()
        }
        Written::Any => vec![Token::Any { bound: false }],
        Written::One => vec![Token::One { bound: false }],
        // Action patterns have no variables.
        Written::Variable { .. } => Vec::new(),
    }))
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

/// The groups of all actions, those that no statement holds left out.
pub(super) fn groups(statements: &[Actions], budget: &mut Budget) -> Result<Vec<Group>, Stop> {
    let mut groups: Vec<Group> = Vec::new();
    let mut seen: HashSet<Vec<usize>> = HashSet::new();
    let mut add = |statements: Vec<usize>, service: Option<&str>, name: String| {
        if !statements.is_empty() && seen.insert(statements.clone()) {
            let service = service.map(str::to_owned);
            groups.push(Group {
                statements,
                service,
                name,
            });
        }
    };
    let mut services: BTreeMap<&str, Vec<(usize, &[Glob])>> = BTreeMap::new();
    for (at, actions) in statements.iter().enumerate() {
        for (service, globs) in &actions.named {
            services.entry(service).or_default().push((at, globs));
        }
    }
    // What each statement says of a name that it does not list.
    let unlisted: Vec<usize> = statements
        .iter()
        .enumerate()
        .filter(|(_, actions)| actions.any != actions.negated)
        .map(|(at, _)| at)
        .collect();
    for (service, listing) in services {
        let mut texts: HashMap<String, Vec<usize>> = HashMap::new();
        let mut globs: HashMap<&Glob, Vec<usize>> = HashMap::new();
        for (at, patterns) in listing {
            // Under `*` it does not matter what else is listed.
            if statements.get(at).is_some_and(|actions| actions.any) {
                continue;
            }
            for pattern in patterns {
                match pattern.as_literal() {
                    Some(text) => texts.entry(text).or_default().push(at),
                    None => globs.entry(pattern).or_default().push(at),
                }
            }
        }
        // Patterns of the same statements are one set.
        let mut sets: BTreeMap<Vec<usize>, Vec<&Glob>> = BTreeMap::new();
        for (glob, statements) in globs {
            sets.entry(statements).or_default().push(glob);
        }
        sets.values_mut().for_each(|set| set.sort());
        let of_name = |name: &str, budget: &mut Budget| -> Result<Vec<usize>, Stop> {
            let mut listed: Vec<usize> = texts.get(name).cloned().unwrap_or_default();
            for (statements, globs) in &sets {
                budget.look((name.len() * globs.len() + 1) as u64)?;
                if globs.iter().any(|glob| glob.matches(name)) {
                    listed.extend(statements);
                }
            }
            Ok(holding(&unlisted, &listed))
        };
        let mut names: Vec<&String> = texts.keys().collect();
        names.sort();
        for name in names {
            add(of_name(name, budget)?, Some(service), name.clone());
        }
        let patterns: Vec<Vec<&Glob>> = sets.values().cloned().collect();
        for name in unlisted_names(&patterns, &texts, budget)? {
            add(of_name(&name, budget)?, Some(service), name);
        }
    }
    add(unlisted, None, String::new());
    Ok(groups)
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
    sets: &[Vec<&Glob>],
    texts: &HashMap<String, Vec<usize>>,
    budget: &mut Budget,
) -> Result<Vec<String>, Stop> {
    let mut names = Vec::new();
    for (within, name) in language::classes(sets, budget)? {
        if !texts.contains_key(&name) {
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
        let listed: Vec<Glob> = texts.keys().map(|text| Glob::literal(text)).collect();
        let query = Query {
            all: of(true).cloned().collect(),
            none: of(false).flatten().copied().chain(&listed).collect(),
        };
        names.extend(language::find(&query, budget)?.filter(|name| !name.is_empty()));
    }
    Ok(names)
}

/// Whether an entry of `Action` holds a group's actions.
pub(super) fn holds(pattern: &ActionPattern, group: &Group) -> bool {
    match (&pattern.kind, &group.service) {
        (ActionKind::Any, _) => true,
        (ActionKind::Named { service, name }, Some(own)) => {
            service.eq_ignore_ascii_case(own) && lower(name).matches(&group.name)
        }
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
    let belongs = |action: &ActionRef| {
        let name = action.action.name.to_ascii_lowercase();
        let service = &action.service.prefix;
        let holds = |(at, actions): (usize, &Actions)| actions.hold(service, &name).then_some(at);
        let holding = statements.iter().enumerate().filter_map(holds);
        holding.eq(group.statements.iter().copied())
    };
    let own = group.service.as_deref();
    let example = own.and_then(|service| catalog.service(service)?.action(&group.name));
    let services = own
        .into_iter()
        .chain(USUAL.iter().copied().filter(move |_| own.is_none()));
    let all = services
        .filter_map(|prefix| catalog.service(prefix))
        .flat_map(|service| service.actions())
        .filter(belongs);
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
        let groups = groups(statements, &mut Budget::default()).unwrap();
        let shown = groups.iter().map(|group| {
            let service = group.service.as_deref().unwrap_or("…");
            for (at, actions) in statements.iter().enumerate() {
                if group.service.is_some() {
                    assert_eq!(
                        actions.hold(service, &group.name),
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
    }
}

//! The graph's views for people: verdict first, then what it rests on.

use super::coverage;
use super::fold::{FEW, common_folder};
use super::{clean, count};
use crate::graph::{
    Actions, Graph, Need, Node, RoleUser, SharedRole, Sharing, UsedAction, Verdict, Wildcard,
    Window, resource_part,
};
use crate::sources::Coverage;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Coverage below this many days calls for caution (`cloudtrail.md` section 5).
const ENOUGH_DAYS: u32 = 90;
/// So many names stand in one line; the rest is counted.
const NAMES: usize = 6;

/// `graph shared-roles`.
#[must_use]
pub fn shared_roles(
    graph: &Graph,
    found: &[SharedRole],
    window: Option<&Window>,
    coverage: &Coverage,
) -> String {
    let mut out = String::new();
    let shared: Vec<_> = found
        .iter()
        .filter(|r| r.sharing == Sharing::Shared)
        .collect();
    let shareable: Vec<_> = found
        .iter()
        .filter(|r| r.sharing == Sharing::Shareable)
        .collect();
    let users = || shared.iter().flat_map(|role| &role.users);
    let verdict = match shared.len() {
        0 if graph.roles().next().is_none() => NO_ROLE.to_owned(),
        0 => "NOT SHARED  no role was seen with more than one user".to_owned(),
        1 => format!("SHARED  1 role runs {}", who(users())),
        n => format!("SHARED  {n} roles run {}", who(users())),
    };
    line(&mut out, format_args!("{verdict}; {}", seen(window)));
    for role in &shared {
        line(&mut out, "");
        shared_role(&mut out, role);
    }
    if !shareable.is_empty() {
        line(&mut out, "");
        line(
            &mut out,
            "shareable by design: no two users seen, but several services let in",
        );
        for role in shareable {
            let name = clean(resource_part(&role.role));
            let services = clean(&role.trusted_services.join(", "));
            line(&mut out, format_args!("  {name}  {services}"));
        }
    }
    footer(&mut out, window, coverage);
    out
}

/// `4 workloads and 1 person`.
fn who<'a>(users: impl Iterator<Item = &'a RoleUser>) -> String {
    let (people, workloads): (Vec<_>, Vec<_>) = users.partition(|user| user.is_person());
    let workloads = count(workloads.len(), "workload");
    match people.len() {
        0 => workloads,
        1 => format!("{workloads} and 1 person"),
        n => format!("{workloads} and {n} people"),
    }
}

fn shared_role(out: &mut String, role: &SharedRole) {
    let risk = role.risk.name();
    let name = clean(resource_part(&role.role));
    let users = who(role.users.iter());
    let possible = match role.verdict {
        Verdict::Proved => "",
        Verdict::Possible => ", possibly the same",
    };
    line(out, format_args!("{risk}  {name}  {users}{possible}"));
    for reason in &role.reasons {
        line(out, format_args!("  - {}", clean(reason)));
    }
    let together = count(role.actions, "action");
    line(
        out,
        format_args!("  each may do what all need together: {together}"),
    );
    for user in &role.users {
        line(out, "");
        role_user(out, role, user);
    }
}

fn role_user(out: &mut String, role: &SharedRole, user: &RoleUser) {
    let own = match user.own_actions.len() {
        0 => "none of its own".to_owned(),
        n if n == user.actions => "all its own".to_owned(),
        n => format!("{n} its own"),
    };
    let of = format!("uses {} of {} actions, {own}", user.actions, role.actions);
    let (name, kind) = (clean(&user.name), clean(&user.kind));
    line(
        out,
        format_args!("  {name}  {kind}  {of}  {}", count(user.records, "record")),
    );
    needs(out, "    ", &user.needs, account(&role.role));
    if !user.denied.is_empty() {
        line(out, "    was denied (no need, and no part of the above):");
        needs(out, "      ", &user.denied, account(&role.role));
    }
}

/// One line for actions of one service on the same resources.
fn needs(out: &mut String, indent: &str, needs: &[Need], home: &str) {
    #[derive(Default)]
    struct Row<'a> {
        names: BTreeSet<&'a str>,
        resources: Vec<&'a str>,
        records: u64,
    }
    let mut by_resource: BTreeMap<(&str, &str), Row> = BTreeMap::new();
    for need in needs {
        let (service, name) = need.action.split_once(':').unwrap_or(("", &need.action));
        let row = by_resource.entry((service, &need.resource)).or_default();
        row.names.insert(name);
        row.records = row.records.saturating_add(need.count);
    }
    let mut by_actions: BTreeMap<String, Row> = BTreeMap::new();
    for ((service, resource), one) in by_resource {
        let names: Vec<_> = one.names.into_iter().collect();
        let row = by_actions
            .entry(format!("{service}:{}", names.join(", ")))
            .or_default();
        row.resources.push(resource);
        row.records = row.records.saturating_add(one.records);
    }
    let rows: Vec<[String; 3]> = by_actions
        .into_iter()
        .map(|(actions, row)| {
            [
                clean(&actions),
                clean(&fold(&row.resources, home)),
                row.records.to_string(),
            ]
        })
        .collect();
    table(out, indent, &rows);
}

/// Columns as wide as their widest cell; the last one stands right.
fn table(out: &mut String, indent: &str, rows: &[[String; 3]]) {
    let width = |cell: fn(&[String; 3]) -> &String| {
        rows.iter()
            .map(|row| cell(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second, third) = (width(|r| &r[0]), width(|r| &r[1]), width(|r| &r[2]));
    for [a, b, c] in rows {
        line(
            out,
            format_args!("{indent}{a:first$}  {b:second$}  {c:>third$}"),
        );
    }
}

/// Few resources by name; more by what they have in common.
fn fold(resources: &[&str], home: &str) -> String {
    let short: Vec<&str> = resources.iter().map(|arn| short(arn, home)).collect();
    let (some, more) = short.split_at(short.len().min(FEW));
    match common_folder(&short) {
        Some(folder) => format!("{folder}* ({})", short.len()),
        None if more.is_empty() => some.join(", "),
        None => format!("{} and {} more", some.join(", "), more.len()),
    }
}

/// An ARN of the role's own account, or without an account, by its sixth
/// field; others whole.
fn short<'a>(arn: &'a str, home: &str) -> &'a str {
    let owner = account(arn);
    if owner.is_empty() || owner == home {
        resource_part(arn)
    } else {
        arn
    }
}

fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// What is said where there was nothing to ask.
const NO_ROLE: &str = "UNDECIDED  no role in the input";

/// `graph wildcards`.
#[must_use]
pub fn wildcards(
    graph: &Graph,
    found: &[Wildcard],
    window: Option<&Window>,
    coverage: &Coverage,
) -> String {
    let mut out = String::new();
    let roles: BTreeSet<_> = found.iter().map(|w| &w.role).collect();
    let verdict = match found.len() {
        0 if graph.roles().next().is_none() => NO_ROLE.to_owned(),
        0 => "NO WILDCARDS  no role has an Allow with a wildcard".to_owned(),
        n => format!(
            "WILDCARDS  {} in {}",
            count(n, "statement"),
            count(roles.len(), "role")
        ),
    };
    line(&mut out, format_args!("{verdict}; {}", seen(window)));
    for wildcard in found {
        line(&mut out, "");
        statement(&mut out, wildcard);
    }
    footer(&mut out, window, coverage);
    out
}

fn statement(out: &mut String, wildcard: &Wildcard) {
    let risk = wildcard.risk.name();
    let role = clean(resource_part(&wildcard.role));
    let policy = clean(resource_part(&wildcard.policy));
    let which = match &wildcard.sid {
        Some(sid) if !sid.is_empty() => clean(sid),
        _ => format!("statement {}", wildcard.statement + 1),
    };
    line(out, format_args!("{risk}  {role}  {policy}  {which}"));
    let place = format!("{}:{}", clean(&wildcard.file), wildcard.start.line);
    let (action, resource) = (wildcard.action.join(", "), wildcard.resource.join(", "));
    line(
        out,
        format_args!("  {place}  {} on {}", clean(&action), clean(&resource)),
    );
    if wildcard.verdict == Verdict::Possible {
        let unknown = clean(&wildcard.unknown.join("; "));
        line(out, format_args!("  possible at most: {unknown}"));
    }
    actions(out, "reaches", &wildcard.reach, &levels(&wildcard.reach));
    let listed = [
        ("denied", &wildcard.denied),
        ("partly denied", &wildcard.partly_denied),
        ("undecided", &wildcard.undecided),
    ];
    for (word, set) in listed.into_iter().filter(|(_, set)| set.count > 0) {
        actions(out, word, set, &names(set));
    }
    let Some(unseen) = &wildcard.unseen else {
        return;
    };
    used(out, &wildcard.used, account(&wildcard.role));
    let groups = [
        ("not seen", &unseen.not_seen),
        ("not seen where recorded", &unseen.not_seen_where_recorded),
        ("not observable", &unseen.not_observable),
    ];
    for (word, set) in groups.into_iter().filter(|(_, set)| set.count > 0) {
        actions(out, word, set, &levels(set));
        line(out, format_args!("{:33}{}", "", names(set)));
    }
}

fn actions(out: &mut String, word: &str, set: &Actions, rest: &str) {
    let colon = if rest.is_empty() { "" } else { ": " };
    line(
        out,
        format_args!("  {word:23} {:>5}{colon}{rest}", set.count),
    );
}

fn levels(set: &Actions) -> String {
    let levels = set.by_access.iter();
    levels
        .map(|(level, n)| format!("{n} {}", level))
        .collect::<Vec<_>>()
        .join(", ")
}

fn names(set: &Actions) -> String {
    let mut names: Vec<_> = set.names.iter().take(NAMES).cloned().collect();
    if set.names.len() > NAMES {
        names.push("…".to_owned());
    }
    clean(&names.join(", "))
}

fn used(out: &mut String, used: &[UsedAction], home: &str) {
    line(out, format_args!("  {:23} {:>5}", "used", used.len()));
    let rows: Vec<[String; 3]> = used
        .iter()
        .map(|seen| {
            let resources: Vec<_> = seen.resources.iter().map(String::as_str).collect();
            [
                clean(&seen.action),
                clean(&fold(&resources, home)),
                clean(&names_of(&seen.workloads)),
            ]
        })
        .collect();
    let width = |cell: fn(&[String; 3]) -> &String| {
        rows.iter()
            .map(|row| cell(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second) = (width(|r| &r[0]), width(|r| &r[1]));
    for [action, resources, who] in &rows {
        line(
            out,
            format_args!("    {action:first$}  {resources:second$}  {who}"),
        );
    }
}

/// Workloads without their kind, people with it.
fn names_of(workloads: &[String]) -> String {
    let name = |label: &String| match label.split_once('/') {
        Some(("console", name)) => format!("{name} (console)"),
        Some((_, name)) => name.to_owned(),
        None => label.clone(),
    };
    workloads.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// `graph show`.
#[must_use]
pub fn show(graph: &Graph, window: Option<&Window>, coverage: &Coverage) -> String {
    let mut out = String::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for node in graph.nodes() {
        *kinds.entry(node.kind()).or_default() += 1;
    }
    let kinds: Vec<_> = [
        "role", "user", "group", "policy", "workload", "resource", "unknown",
    ]
    .into_iter()
    .filter_map(|kind| Some(count(*kinds.get(kind)?, kind)))
    .collect();
    line(
        &mut out,
        format_args!("GRAPH  {}; {}", kinds.join(", "), seen(window)),
    );
    for role in graph.roles() {
        line(&mut out, "");
        line(&mut out, clean(resource_part(role.arn)));
        if role.entity.is_none() {
            line(&mut out, "  not in the export: only its records are known");
        }
        let trusted = graph.trusted_by(role.arn);
        property(&mut out, "trusts", trusted.into_iter().map(Node::label));
        let policies = graph.policies_of(role.arn);
        property(
            &mut out,
            "allowed by",
            policies.iter().map(|p| p.key.to_string()),
        );
        let boundary = role.entity.and_then(|entity| entity.boundary.as_ref());
        property(
            &mut out,
            "bounded by",
            boundary.map(|b| resource_part(&b.arn).to_owned()),
        );
        let unknown = graph.unknown_of(role.arn);
        property(&mut out, "not read", unknown.into_iter().map(str::to_owned));
        for workload in graph.workloads_of(role.arn) {
            let (name, kind) = (clean(&workload.name), clean(&workload.kind));
            line(&mut out, format_args!("  {:11} {name}  {kind}", "runs"));
            needs(
                &mut out,
                "    ",
                &graph.needs_of(workload),
                account(role.arn),
            );
        }
    }
    footer(&mut out, window, coverage);
    out
}

fn property(out: &mut String, word: &str, values: impl IntoIterator<Item = String>) {
    let values: Vec<_> = values.into_iter().collect();
    if !values.is_empty() {
        line(
            out,
            format_args!("  {word:11} {}", clean(&values.join(", "))),
        );
    }
}

/// What was watched, in a few words.
fn seen(window: Option<&Window>) -> String {
    let Some(window) = window else {
        return "no use observed (no --usage)".to_owned();
    };
    let day = |time: &str| clean(time.get(..10).unwrap_or(time));
    let days = window.days.map_or_else(
        || "an unknown number of days".to_owned(),
        |days| count(days as usize, "day"),
    );
    format!(
        "{days} observed, {} to {}",
        day(&window.first),
        day(&window.last)
    )
}

/// What the reader must know to trust the above.
fn footer(out: &mut String, window: Option<&Window>, coverage: &Coverage) {
    line(out, "");
    if let Some(days) = window
        .and_then(|w| w.days)
        .filter(|days| *days < ENOUGH_DAYS)
    {
        line(
            out,
            format_args!(
                "short window: {days} of {ENOUGH_DAYS} days; what runs seldom may be missing"
            ),
        );
    }
    line(
        out,
        "SCPs, RCPs and resource policies were not asked: taken as allowing",
    );
    for text in coverage::lines(coverage, usize::MAX) {
        line(out, text);
    }
}

fn line(out: &mut String, text: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

//! What `generate` proposed, for people: verdict first for each old role, then
//! what it rests on and what to look at.

use super::{clean, count, thousands};
use crate::generate::{
    Answer, Decision, KEPT, Report, Review, ReviewKind, Role, Size, Subset, Totals,
};
use crate::graph::shorten;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Write as _};

/// So many lines of one kind are shown; the rest is in `report.json`.
const LINES: usize = 8;
/// So many names stand in one line; the rest is counted.
const NAMES: usize = 4;

/// The summary of a report.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = Out::default();
    let mut old: BTreeMap<&str, Vec<&Role>> = BTreeMap::new();
    for role in &report.roles {
        old.entry(&role.source_role).or_default().push(role);
    }
    // What is shared most comes first.
    let mut old: Vec<(&str, Vec<&Role>)> = old.into_iter().collect();
    old.sort_by_key(|(_, roles)| Reverse(roles.len()));
    for (source, roles) in &old {
        source_role(&mut out, source, roles);
        out.line("");
    }
    if old.is_empty() {
        out.line("nothing to propose: no record shows a role or user at work");
    }
    for skipped in &report.skipped {
        out.line(format_args!(
            "{}: {}",
            clean(name_of(&skipped.principal)),
            clean(&skipped.reason)
        ));
    }
    if !report.not_seen.is_empty() {
        let names: Vec<String> = report
            .not_seen
            .iter()
            .map(|arn| name_of(arn).to_owned())
            .collect();
        out.line(format_args!(
            "not seen at work: {} ({})",
            count(names.len(), "role"),
            clean(&some(&names))
        ));
    }
    if !report.unmapped.is_empty() {
        let names: Vec<String> = report
            .unmapped
            .iter()
            .map(|event| format!("{} {}", event.source, event.event))
            .collect();
        out.line(format_args!(
            "not mapped: no action is known for {}, and the new roles may lose what they do ({})",
            count(names.len(), "event"),
            clean(&some(&names))
        ));
    }
    let notes = report.roles.iter().flat_map(|role| &role.review);
    let windows: BTreeSet<&str> = notes
        .filter(|note| note.kind == ReviewKind::Window)
        .map(|note| note.message.as_str())
        .collect();
    for window in windows {
        out.line(clean(window));
    }
    out.line(totals(&report.totals));
    out.text
}

/// `411 records: 380 used, …`.
fn totals(totals: &Totals) -> String {
    let dropped: u64 = totals.dropped.values().sum();
    let mut line = format!(
        "{}: {} used, {} denied, {} inconclusive, {} unmapped, {} dropped",
        count(totals.records, "record"),
        thousands(totals.used),
        thousands(totals.denied),
        thousands(totals.inconclusive),
        thousands(totals.unmapped),
        thousands(dropped),
    );
    let reasons: Vec<String> = totals
        .dropped
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(reason, count)| format!("{} {reason}", thousands(*count)))
        .collect();
    if !reasons.is_empty() {
        let _ = write!(line, " ({})", clean(&reasons.join(", ")));
    }
    line
}

fn source_role(out: &mut Out, source: &str, roles: &[&Role]) {
    out.line(format_args!(
        "{}: {}",
        clean(name_of(source)),
        verdict(roles)
    ));
    sizes(out, source, roles);
    if let Some(line) = removed(roles) {
        out.line(format_args!("  {line}"));
    }
    proof(out, roles);
    not_covered(out, roles);
    denied(out, roles);
    review(out, roles);
    let kept = match roles.len() {
        1 => format!("{KEPT} (--drop-unobservable leaves it out)"),
        _ => format!(
            "{KEPT} (in each proposal: no rule tells who needs it; --drop-unobservable leaves it out)"
        ),
    };
    not_judged(out, roles, Decision::Kept, &kept);
    not_judged(out, roles, Decision::LeftOut, "not judged, and left out");
}

fn verdict(roles: &[&Role]) -> String {
    let made = roles.iter().filter(|role| role.role_name.is_some()).count();
    let becomes = match made {
        0 if roles.len() == 1 => "1 policy".to_owned(),
        0 => format!("{} policies", roles.len()),
        n => count(n, "role"),
    };
    let people = roles
        .iter()
        .filter(|role| role.workload.kind == "console")
        .count();
    match (roles.len() - people, people) {
        (0, _) => format!("used by people in the console -> {becomes}"),
        (1, 0) if made == 0 => format!("-> {becomes}"),
        (1, 0) => format!("one workload -> {becomes}"),
        (n, 0) => format!("shared by {n} workloads -> {becomes}"),
        (n, _) => format!(
            "shared by {} and people in the console -> {becomes}",
            count(n, "workload")
        ),
    }
}

/// One line for each proposal, and one for what there is today.
fn sizes(out: &mut Out, source: &str, roles: &[&Role]) {
    let row = |mark: &str, name: &str, kind: &str, size: &Size| {
        [
            format!("{mark} {}", clean(name)),
            clean(kind),
            count(size.actions, "action"),
            count(size.statements, "statement"),
            count(size.characters, "character"),
        ]
    };
    let mut rows: Vec<[String; 5]> = roles
        .iter()
        .map(|role| row("->", label(role), &role.workload.kind, &role.after))
        .collect();
    if let Some(before) = roles.iter().find_map(|role| role.before.as_ref()) {
        rows.push(row("was", name_of(source), "", before));
    }
    out.table("  ", &rows);
}

fn removed(roles: &[&Role]) -> Option<String> {
    let before = roles.iter().find_map(|role| role.before)?.actions;
    let most = roles.iter().map(|role| role.after.actions).max()?;
    let gone = before.checked_sub(most).filter(|gone| *gone > 0)?;
    let of = format!(
        "{} of {} allowed actions",
        thousands(gone),
        thousands(before)
    );
    Some(match roles.len() {
        1 => format!("removes {of}"),
        _ => format!("removes at least {of} from each workload"),
    })
}

fn proof(out: &mut Out, roles: &[&Role]) {
    let sum = |of: fn(&Role) -> u64| roles.iter().map(|role| of(role)).sum::<u64>();
    let (observed, covered) = (sum(|role| role.observed), sum(|role| role.covered));
    let denied = sum(|role| role.denied.iter().map(|denied| denied.count).sum());
    let answers: BTreeSet<Answer> = roles
        .iter()
        .flat_map(|role| role.not_covered.iter().map(|request| request.answer))
        .collect();
    let answer = if answers.contains(&Answer::Refused) {
        "NO"
    } else if observed == 0 {
        "nothing was authorised"
    } else if answers.is_empty() {
        "yes"
    } else {
        "undecided"
    };
    let mut facts = format!("{} of {} replayed", thousands(covered), thousands(observed));
    if denied > 0 {
        let are = if denied == 1 { "is" } else { "are" };
        let _ = write!(
            facts,
            "; {} {are} no evidence",
            count(denied, "denied record")
        );
    }
    out.head(
        "proof",
        format_args!("every observed request is allowed   {answer} ({facts})"),
    );
    let within = |subset| roles.iter().filter(|role| role.subset == subset).count();
    let answer = if within(Subset::Refuted) > 0 {
        "NO"
    } else if within(Subset::Unknown) > 0 {
        "undecided"
    } else if within(Subset::Proved) == roles.len() {
        "yes (proved)"
    } else {
        "not checked: it takes the account (--account)"
    };
    out.head(
        "",
        format_args!("generated \u{2286} current                 {answer}"),
    );
    for (role, beyond) in roles
        .iter()
        .filter_map(|role| Some((role, role.beyond.as_ref()?)))
    {
        let name = &role.workload.name;
        let what = match (&beyond.action, &beyond.resource) {
            (Some(action), Some(resource)) => {
                format!("may {action} on {resource}, which the old policies do not allow")
            }
            _ => beyond.reasons.join(", "),
        };
        out.head("", format_args!("        {name}: {what}"));
    }
}

fn not_covered(out: &mut Out, roles: &[&Role]) {
    let mut lines = Vec::new();
    for role in roles {
        lines.extend(role.not_covered.iter().map(|request| {
            let what = request_line(&request.action, &shorten(&request.resource), request.count);
            format!("{}{what}: {}", prefix(role, roles), request.reason)
        }));
    }
    out.block("missing", &lines);
}

/// (action, whether the old role may) → resources and records.
type Refusals<'r> = BTreeMap<(&'r str, Option<bool>), (Vec<String>, u64)>;

/// One line for each action of each role.
fn denied(out: &mut Out, roles: &[&Role]) {
    let mut lines = Vec::new();
    for role in roles {
        let mut actions = Refusals::new();
        for denied in &role.denied {
            let key = (denied.action.as_str(), denied.old_role_allows);
            let (resources, records) = actions.entry(key).or_default();
            resources.push(shorten(&denied.resource));
            *records = records.saturating_add(denied.count);
        }
        for ((action, allowed), (resources, records)) in actions {
            let what = request_line(action, &some(&resources), records);
            let why = match allowed {
                Some(true) => "; the old role may, something else refuses",
                _ => "",
            };
            lines.push(format!("{}{what}: not granted{why}", prefix(role, roles)));
        }
    }
    out.block("denied", &lines);
}

fn request_line(action: &str, resource: &str, records: u64) -> String {
    format!(
        "{action} on {} ({})",
        shorten(resource),
        count(records, "record")
    )
}

/// Review notes; one that concerns every role of the group stands once.
fn review(out: &mut Out, roles: &[&Role]) {
    let mut enumerated = 0;
    let mut who: BTreeMap<&Review, Vec<&Role>> = BTreeMap::new();
    for role in roles {
        let notes = role.review.iter();
        for note in notes {
            match note.kind {
                // The first stands below, the other in a block of its own.
                ReviewKind::Window => continue,
                ReviewKind::Unseen if note.message.starts_with(KEPT) => continue,
                ReviewKind::Enumerated => {
                    enumerated += 1;
                    continue;
                }
                _ => {}
            }
            who.entry(note).or_default().push(role);
        }
    }
    let mut lines: Vec<String> = who
        .into_iter()
        .flat_map(|(note, which)| {
            if which.len() == roles.len() {
                vec![note.message.clone()]
            } else {
                which
                    .iter()
                    .map(|role| format!("{}{}", prefix(role, roles), note.message))
                    .collect()
            }
        })
        .collect();
    if enumerated > 0 {
        lines.push(format!(
            "{} past keys, parameters or log streams only: new ones will be denied, use --scope prefix",
            match enumerated {
                1 => "1 grant names".to_owned(),
                n => format!("{n} grants name"),
            }
        ));
    }
    out.block("review", &lines);
}

/// Service → names of actions.
type Services<'r> = BTreeMap<&'r str, BTreeSet<&'r str>>;

/// By class and service: what the trail could not have shown.
fn not_judged(out: &mut Out, roles: &[&Role], decision: Decision, head: &str) {
    // What no trail shows comes first: it is the most likely to be missed.
    let rank = |class: &str| {
        ["never", "unknown", "management"]
            .iter()
            .position(|c| *c == class)
            .unwrap_or(3)
    };
    let mut classes: BTreeMap<(usize, &str), Services> = BTreeMap::new();
    let rows = roles.iter().flat_map(|role| &role.not_judged);
    for row in rows.filter(|row| row.decision == decision) {
        let (service, name) = row.action.split_once(':').unwrap_or((&row.action, ""));
        classes
            .entry((rank(&row.class), &row.reason))
            .or_default()
            .entry(service)
            .or_default()
            .insert(name);
    }
    let lines: Vec<String> = classes
        .into_iter()
        .map(|((_, reason), services)| {
            let names: Vec<String> = services
                .into_iter()
                .map(|(service, names)| match names.len() {
                    n if n > 2 => format!("{n} of {service}"),
                    _ => names
                        .iter()
                        .map(|name| format!("{service}:{name}"))
                        .collect::<Vec<_>>()
                        .join(", "),
                })
                .collect();
            format!("{}: {reason}", some(&names))
        })
        .collect();
    out.block(head, &lines);
}

/// What a proposal is called.
fn label(role: &Role) -> &str {
    role.role_name
        .as_deref()
        .or_else(|| role.policy_files.first().map(String::as_str))
        .unwrap_or(&role.workload.name)
}

/// `name: ` where there are several proposals to tell apart.
fn prefix(role: &Role, roles: &[&Role]) -> String {
    if roles.len() > 1 {
        format!("{}: ", role.workload.name)
    } else {
        String::new()
    }
}

fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The first names, and how many more.
fn some(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMES).cloned().collect();
    if names.len() > NAMES {
        shown.push(format!("{} more", names.len() - NAMES));
    }
    shown.join(", ")
}

#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    fn line(&mut self, line: impl Display) {
        let line = line.to_string();
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A line under a word in the left column.
    fn head(&mut self, word: &str, line: impl Display) {
        self.line(format_args!("  {word:<8}{line}"));
    }

    fn block(&mut self, word: &str, lines: &[String]) {
        // A long word stands alone, so that the columns stay.
        let mut word = word;
        if word.len() > 7 && !lines.is_empty() {
            self.head(word, "");
            word = "";
        }
        for line in lines.iter().take(LINES) {
            self.head(word, clean(line));
            word = "";
        }
        if lines.len() > LINES {
            let more = lines.len() - LINES;
            self.head("", format_args!("and {more} more in report.json"));
        }
    }

    /// Columns as wide as their widest cell, numbers to the right.
    fn table<const N: usize>(&mut self, indent: &str, rows: &[[String; N]]) {
        let mut widths = [0; N];
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in rows {
            let mut line = String::from(indent);
            for (place, (width, cell)) in widths.iter().zip(row).enumerate() {
                let width = *width;
                let _: fmt::Result = if place < 2 {
                    write!(line, "{cell:<width$}   ")
                } else {
                    write!(line, "{cell:>width$}   ")
                };
            }
            self.line(line);
        }
    }
}

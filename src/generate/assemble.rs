//! All steps in a row: from the graph to the report and its files.

use super::current::Current;
use super::evidence::evidence;
use super::generalise::{ScopeLimit, generalise};
use super::grant::Scope;
use super::group::{self, Draft};
use super::judged;
use super::minimise::{self, ATTACHED, ATTACHED_RAISED, MANAGED_POLICY};
use super::names::{NameParts, role_names};
use super::partition::{Share, USER, partition};
use super::propose::{Proposal, propose};
use super::replay::replay;
use super::report::{KEPT, Report, Review, ReviewKind, Role, SCHEMA, Skipped, Totals, Unmapped};
use super::subset::subset;
use super::trust::trust;
use super::unseen::Unseen;
use super::write;
use crate::catalog;
use crate::cloudtrail::Mapped;
use crate::graph::{Graph, ObservedRequest, Outcome};
use crate::policy::{self, Policy, Statement, Version};
use std::collections::BTreeSet;

/// What to propose for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// ARNs or names of roles and users; empty: all that were seen.
    pub principals: Vec<String>,
    /// Names of workloads; empty: all.
    pub workloads: Vec<String>,
    /// How far a grant may go beyond the resources that were seen.
    pub scope: ScopeLimit,
    /// Leave out what the old role may and the trail could not have shown.
    pub drop_unobservable: bool,
}

impl Options {
    fn takes_principal(&self, arn: &str) -> bool {
        self.principals.is_empty()
            || self
                .principals
                .iter()
                .any(|wanted| wanted == arn || wanted == name_of(arn))
    }

    fn takes_workload(&self, name: &str) -> bool {
        self.workloads.is_empty() || self.workloads.iter().any(|wanted| wanted == name)
    }
}

/// The report and the documents it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What becomes `report.json`.
    pub report: Report,
    /// Policy and trust documents.
    pub files: Vec<File>,
}

/// A document to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the output folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Proposes one role for each workload of each role that was seen. Equal input
/// in another order gives equal output.
#[must_use]
pub fn generate(graph: &Graph, mapped: &Mapped, options: &Options) -> Output {
    let shares = partition(uses(graph));
    // Names are given before anything is filtered out: a role is called the
    // same whichever others are asked for.
    let names = role_names(&shares.iter().map(name_parts).collect::<Vec<_>>());
    let mut output = Output {
        report: Report {
            schema: SCHEMA.to_owned(),
            catalog: catalog::get().date().to_owned(),
            totals: totals(mapped),
            unmapped: unmapped(mapped),
            roles: Vec::new(),
            skipped: Vec::new(),
            not_seen: not_seen(graph, options),
        },
        files: Vec::new(),
    };
    let mut skipped = BTreeSet::new();
    let mut last: Option<(&str, Option<Today>)> = None;
    for (share, name) in shares.iter().zip(names) {
        if !options.takes_principal(share.principal) {
            continue;
        }
        if let Some(reason) = uneditable(share.principal) {
            skipped.insert(Skipped {
                principal: share.principal.to_owned(),
                reason: reason.to_owned(),
            });
            continue;
        }
        if !options.takes_workload(&share.workload.name) {
            continue;
        }
        // Shares are sorted by principal.
        if last
            .as_ref()
            .is_none_or(|(known, _)| *known != share.principal)
        {
            last = Some((share.principal, Today::of(graph, share.principal)));
        }
        let today = last.as_ref().and_then(|(_, today)| today.as_ref());
        let (role, files) = role(share, &name, today, mapped, options);
        output.report.roles.push(role);
        output.files.extend(files);
    }
    output.report.skipped = skipped.into_iter().collect();
    output
}

/// What a principal may do today, read once for all of its workloads.
struct Today<'a> {
    current: Current<'a>,
    actions: BTreeSet<String>,
}

impl<'a> Today<'a> {
    fn of(graph: &Graph<'a>, principal: &str) -> Option<Self> {
        let current = Current::of(graph.inventory(), principal)?;
        let actions = judged::actions(current.policies.iter().copied());
        Some(Self { current, actions })
    }
}

/// Everything seen, by the graph's own order.
fn uses<'a>(graph: &Graph<'a>) -> impl Iterator<Item = &'a ObservedRequest> {
    let roles = graph.roles().map(|role| role.arn.to_owned());
    let principals: Vec<String> = roles
        .chain(graph.users().map(|user| user.arn.to_owned()))
        .collect();
    let workloads: Vec<_> = principals
        .iter()
        .flat_map(|principal| graph.workloads_of(principal).cloned().collect::<Vec<_>>())
        .collect();
    workloads
        .into_iter()
        .flat_map(|workload| graph.uses_of(&workload).collect::<Vec<_>>())
}

fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn name_parts(share: &Share) -> NameParts {
    let is_user = share.workload.kind == USER;
    NameParts {
        source: share.principal.to_owned(),
        old: if is_user {
            USER
        } else {
            name_of(share.principal)
        }
        .to_owned(),
        kind: share.workload.kind.clone(),
        workload: share.workload.name.clone(),
    }
}

/// The ARN of the proposed role: beside the old one.
fn renamed(arn: &str, name: &str) -> String {
    let head = arn.strip_suffix(name_of(arn)).unwrap_or(arn);
    format!("{head}{name}")
}

/// Whether a document tests tags of the principal, which a new role must have
/// as well.
fn tests_tags(policies: &[Policy]) -> bool {
    policies.iter().any(|policy| {
        policy::print(policy)
            .to_ascii_lowercase()
            .contains("aws:principaltag/")
    })
}

fn uneditable(principal: &str) -> Option<&'static str> {
    principal
        .contains(":role/aws-service-role/")
        .then_some("a service-linked role: AWS writes its policies")
}

fn is_permission_set(principal: &str) -> bool {
    principal.contains(":role/aws-reserved/sso.amazonaws.com/")
}

fn totals(mapped: &Mapped) -> Totals {
    let totals = &mapped.totals;
    Totals {
        records: totals.records,
        used: totals.used,
        denied: totals.denied,
        inconclusive: totals.inconclusive,
        unmapped: totals.unmapped,
        dropped: totals
            .dropped
            .iter()
            .map(|(reason, count)| (reason.name().to_owned(), *count))
            .collect(),
    }
}

fn unmapped(mapped: &Mapped) -> Vec<Unmapped> {
    let events = mapped.unmapped.iter();
    events
        .map(|event| Unmapped {
            source: event.source.clone(),
            event: event.event.clone(),
            count: event.count,
        })
        .collect()
}

fn not_seen(graph: &Graph, options: &Options) -> Vec<String> {
    let mut arns: Vec<String> = graph
        .roles()
        .filter(|role| role.entity.is_some())
        .filter(|role| options.takes_principal(role.arn) && uneditable(role.arn).is_none())
        .filter(|role| graph.workloads_of(role.arn).next().is_none())
        .map(|role| role.arn.to_owned())
        .collect();
    arns.sort();
    arns
}

/// One role, from proposal to replay.
fn role(
    share: &Share,
    name: &str,
    today: Option<&Today>,
    mapped: &Mapped,
    options: &Options,
) -> (Role, Vec<File>) {
    let current = today.map(|today| &today.current);
    let is_user = share.workload.kind == USER;
    let is_permission_set = is_permission_set(share.principal);
    let mut proposal = propose(share, current);
    generalise(&mut proposal, current, options.scope);
    let Proposal {
        grants,
        claims,
        denied,
        mut review,
    } = proposal;

    let kept = kept_denies(current);
    let mut sids = kept
        .iter()
        .filter_map(|(statement, _)| Some(statement.sid.as_ref()?.value.clone()))
        .collect();
    let mut drafts = group::group(grants, &sids);
    let account = share.principal.split(':').nth(4).unwrap_or_default();
    let mut unseen = Unseen::default();
    if let Some(today) = today {
        let granted = drafts.iter().flat_map(|draft| &draft.actions);
        let granted = granted.map(String::as_str).collect();
        unseen = Unseen::of(&today.actions, &granted, mapped, account);
        unseen.leave_denied_by_name(&today.current);
        let records = mapped.requests.iter();
        let services = records
            .filter(|request| request.principal == share.principal)
            .filter_map(|request| request.action.split_once(':'))
            .map(|(service, _)| service)
            .collect();
        unseen.leave_unnamed(&today.current, &services);
        // Where nothing was authorised there is no policy to keep it in.
        if !drafts.is_empty() && !options.drop_unobservable {
            sids.extend(drafts.iter().map(|draft| draft.sid.clone()));
            drafts.extend(unseen.drafts(&today.current, &mut sids));
        }
    }
    let drafts = minimise::fit(drafts, MANAGED_POLICY);
    let policies = if drafts.is_empty() {
        note(
            &mut review,
            ReviewKind::Role,
            "nothing was authorised: no policy is proposed",
        );
        Vec::new()
    } else {
        if !kept.is_empty() {
            let message = format!(
                "kept from the old role: {}",
                count(kept.len(), "Deny statement")
            );
            note(&mut review, ReviewKind::Kept, message);
        }
        let allows = drafts
            .iter()
            .map(|draft| (write::statement(draft), Version::V2012));
        minimise::pack(allows.chain(kept).collect(), MANAGED_POLICY)
    };
    note_unseen(share, current, &drafts, &mut review);
    let has_kept = drafts.iter().any(|draft| draft.kept);
    check_quotas(&policies, has_kept, &mut review);
    if tests_tags(&policies) {
        note(
            &mut review,
            ReviewKind::Kept,
            "conditions test tags of the principal: give the new role those of the old one",
        );
    }

    let boundary = current.and_then(|current| current.boundary);
    if let Some((arn, _)) = boundary {
        note(
            &mut review,
            ReviewKind::Kept,
            format!("keep the permissions boundary `{arn}` on the new role"),
        );
    }
    for account in other_accounts(share, &drafts) {
        note(
            &mut review,
            ReviewKind::OtherSide,
            format!(
                "policies of resources in account {account} have to allow the new role as well"
            ),
        );
    }
    let trust = if is_user {
        note(
            &mut review,
            ReviewKind::Role,
            "an IAM user: a policy is proposed, no role",
        );
        None
    } else if is_permission_set {
        note(
            &mut review,
            ReviewKind::Role,
            "made by IAM Identity Center: put the policy into its permission set",
        );
        None
    } else {
        let (policy, notes) = trust(share, current);
        review.extend(notes);
        policy
    };

    let days = days(mapped, account);
    if days < ENOUGH_DAYS {
        let days = count(days, "day");
        note(
            &mut review,
            ReviewKind::Window,
            format!("seen over {days} of records: what runs less often is not in here"),
        );
    }
    let principal = if is_user || is_permission_set {
        share.principal.to_owned()
    } else {
        renamed(share.principal, name)
    };
    let replay = replay(&claims, &principal, &policies, boundary);
    let (subset, beyond) = subset(&policies, current);
    let granted = judged::actions(&policies);
    let mut files = Vec::new();
    let many = policies.len() > 1;
    for (index, policy) in policies.iter().enumerate() {
        let file = if many {
            format!("{name}/policy-{}.json", index + 1)
        } else {
            format!("{name}/policy.json")
        };
        files.push(File {
            path: file,
            text: policy::print(policy),
        });
    }
    let policy_files = files.iter().map(|file| file.path.clone()).collect();
    let trust_file = trust.as_ref().map(|_| format!("{name}/trust.json"));
    if let (Some(path), Some(policy)) = (&trust_file, &trust) {
        files.push(File {
            path: path.clone(),
            text: policy::print(policy),
        });
    }
    let role = Role {
        source_role: share.principal.to_owned(),
        workload: share.workload.clone(),
        role_name: (!is_user && !is_permission_set).then(|| name.to_owned()),
        policy_files,
        trust_file,
        boundary: boundary.map(|(arn, _)| arn.to_owned()),
        observed: replay.observed,
        covered: replay.covered,
        subset,
        beyond,
        before: today
            .map(|today| judged::size(today.current.policies.iter().copied(), today.actions.len())),
        after: judged::size(&policies, granted.len()),
        evidence: evidence(&drafts),
        denied,
        not_covered: replay.not_covered,
        not_judged: unseen.rows(&drafts),
        review: review.into_iter().collect(),
    };
    (role, files)
}

fn note(review: &mut BTreeSet<Review>, kind: ReviewKind, message: impl Into<String>) {
    review.insert(Review {
        kind,
        message: message.into(),
    });
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The old denies, each once, word for word but for a `Sid` that another of
/// them has already.
fn kept_denies(current: Option<&Current>) -> Vec<(Statement, Version)> {
    let mut kept: Vec<(Statement, Version)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut sids = BTreeSet::new();
    for (statement, version) in current.into_iter().flat_map(Current::denies) {
        let text = policy::print(&write::document(vec![statement.clone()], version));
        if !seen.insert(text) {
            continue;
        }
        let mut statement = statement.clone();
        if let Some(sid) = &mut statement.sid {
            sid.value = group::free_sid(&sid.value, &mut sids);
        }
        // Only where a text could be read as a variable does the version count.
        let plain =
            !policy::print(&write::document(vec![statement.clone()], version)).contains("${");
        kept.push((statement, if plain { Version::V2012 } else { version }));
    }
    kept
}

/// What a person has to decide about permissions that no record can speak for.
fn note_unseen(
    share: &Share,
    current: Option<&Current>,
    drafts: &[Draft],
    review: &mut BTreeSet<Review>,
) {
    let Some(current) = current else {
        let message = format!(
            "what `{}` may and no trail shows, such as `logs:PutLogEvents`, is not known without its policies (--account), and not kept",
            name_of(share.principal)
        );
        note(review, ReviewKind::Unseen, message);
        return;
    };
    let sids: Vec<String> = drafts
        .iter()
        .filter(|draft| draft.kept)
        .map(|draft| format!("`{}`", draft.sid))
        .collect();
    if !sids.is_empty() {
        let message = format!("{KEPT}: decide on {}", sids.join(", "));
        note(review, ReviewKind::Unseen, message);
    }
    if !current.unread.is_empty() && !drafts.is_empty() {
        let message = format!(
            "{} could not be read: what it allows and no trail shows is not kept",
            current.unread.join(", ")
        );
        note(review, ReviewKind::Unseen, message);
    }
}

fn check_quotas(policies: &[Policy], has_kept: bool, review: &mut BTreeSet<Review>) {
    let fewer = if has_kept {
        "--scope prefix or --drop-unobservable"
    } else {
        "--scope prefix"
    };
    if policies.len() > ATTACHED {
        note(
            review,
            ReviewKind::Size,
            format!(
                "{} managed policies: a role takes {ATTACHED}, or up to {ATTACHED_RAISED} when AWS raises the quota ({fewer} makes fewer)",
                policies.len()
            ),
        );
    }
    for policy in policies {
        let size = minimise::characters(policy);
        if size > MANAGED_POLICY {
            note(
                review,
                ReviewKind::Size,
                format!(
                    "a policy of {size} characters: IAM takes {MANAGED_POLICY}, and its one statement cannot be split"
                ),
            );
        }
    }
}

/// A trail of fewer days misses what runs each quarter (`cloudtrail.md` 5).
const ENOUGH_DAYS: usize = 90;

/// Days with management events of an account, in whatever Region.
fn days(mapped: &Mapped, account: &str) -> usize {
    let places = mapped.coverage.iter();
    let days: BTreeSet<i64> = places
        .filter(|(known, ..)| *known == account)
        .flat_map(|(_, _, seen)| seen.days.iter().copied())
        .collect();
    days.len()
}

/// Accounts of granted resources other than the principal's own.
fn other_accounts(share: &Share, drafts: &[Draft]) -> BTreeSet<String> {
    let own = share.principal.split(':').nth(4).unwrap_or_default();
    let mut accounts: BTreeSet<String> = share
        .requests
        .iter()
        .filter(|request| request.outcome != Outcome::Denied)
        .filter(|request| !request.account.is_empty() && request.account != own)
        .map(|request| request.account.clone())
        .collect();
    for draft in drafts {
        for scope in &draft.scopes {
            if let Scope::Resource(text) = scope
                && let Some(account) = text.split(':').nth(4)
                && account != own
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
            {
                accounts.insert(account.to_owned());
            }
        }
    }
    accounts
}

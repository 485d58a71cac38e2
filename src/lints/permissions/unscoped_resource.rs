//! An action that could be limited to named resources is allowed on all.
//!
//! ## What it finds
//! An Allow under which an action reaches every resource of its type, after
//! every Deny; it does not matter whether all is spelled `*`, `arn:aws:*:*:*:*`
//! or by `NotResource`. The finding is `proved` where that is so for every
//! resource and, with the condition keys of the witness, whatever else the
//! request holds; where a Deny or a `NotResource` spares some, the message says
//! "nearly all". Everyone is told where such an action
//! manages permissions, moves privilege (`lambda:UpdateFunctionCode`) or reads
//! data or secrets; other writes and tagging are for the pedantic, lists and
//! plain reads for auditors. A service wildcard such as `sqs:*` nearly always
//! manages permissions. Actions that take no resource are never mentioned, nor
//! is a statement whose condition narrows the resource (`aws:ResourceTag`, a key
//! of the service). One finding for a statement.
//!
//! Measured on the 1,594 managed policies of AWS, which cannot name anybody's
//! resources: 22.1 % of them have a finding for everyone, 58.4 % one for the
//! pedantic, 81.1 % one for auditors.
//!
//! ## Why it matters
//! A leaked credential, or a mistake, does its work on everything of the kind
//! instead of the few resources that the policy was written for.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": ["secretsmanager:GetSecretValue", "secretsmanager:ListSecrets"],
//!         "Resource": "*"
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": [
//!         {
//!             "Effect": "Allow",
//!             "Action": "secretsmanager:GetSecretValue",
//!             "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:orders-??????"
//!         },
//!         {
//!             "Effect": "Allow",
//!             "Action": "secretsmanager:ListSecrets",
//!             "Resource": "*"
//!         }
//!     ]
//! }
//! ```
//!
//! ## References
//! - Service Authorization Reference, actions, resources, and condition keys
//! - IAM User Guide, security best practices: apply least-privilege permissions

use crate::catalog::{AccessLevel, ActionRef, ResourceType};
use crate::lints::access::{self, Access};
use crate::lints::choose::choose;
use crate::lints::exact::{self, Exact, Exactly};
use crate::lints::instances::{Instance, instances, partitions, pattern};
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, Risk};
use crate::policy::{ActionKind, Element, PolicyType, ResourceKind, ResourcePattern, Statement};
use crate::semantics::compare::checks;
use crate::semantics::{self, Request};
use crate::text::{Severity, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unscoped-resource",
    family: Family::Permissions,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("boogy", &["wildcard_resource"]),
        ("cdk_nag", &["AwsSolutions-IAM5"]),
        ("cfn_lint", &["I3510"]),
        ("cfn_nag", &["W11", "W12", "W13"]),
        (
            "checkov",
            &["CKV_AWS_111", "CKV_AWS_290", "CKV_AWS_355", "CKV_AWS_356"],
        ),
        ("cloudsplaining", &["InfrastructureModification"]),
        (
            "parliament",
            &["RESOURCE_EFFECTIVELY_STAR", "RESOURCE_STAR"],
        ),
        ("trivy", &["AWS-0057"]),
    ],
    source: include_str!("unscoped_resource.rs"),
    check: Check::Statement(check),
};

/// `pass-role-wildcard` tells about it.
const PASS_ROLE: &str = "iam:PassRole";

/// Requests asked for one statement before it is judged by what was found.
const BUDGET: usize = 2000;

/// Actions and types that a message names; the others are counted.
const NAMED: usize = 3;

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    if context.policy_type() != PolicyType::Identity
        || !access::is_allow(statement)
        || !is_broad(statement)
    {
        return;
    }
    let mut asker = Asker::new(context, statement);
    let (actions, all) = candidates(context, statement);
    let (mut writes, mut reads) = (Found::default(), Found::default());
    for action in actions {
        if action.name() == PASS_ROLE {
            continue;
        }
        let found = if matters(context, action) {
            &mut writes
        } else {
            &mut reads
        };
        found.add(action, &mut asker);
    }
    let whole = all && asker.asked < BUDGET;
    let is_found = writes.witness.is_some() || reads.witness.is_some();
    let everything = is_found && asker.everything(statement);
    if let Some(draft) = writes.draft(statement, whole, everything, &asker) {
        let risk = writes.risk(context);
        // A list of chosen writes on `*` is often all that a policy for many
        // accounts can say; what hands out access, code or data is worth asking.
        let persona = if risk >= Risk::High {
            Persona::Regular
        } else {
            Persona::Pedantic
        };
        report.push(
            draft
                .risk(risk)
                .persona(persona)
                .assumes(context.catalog_date()),
        );
    }
    if let Some(draft) = reads.draft(statement, whole, everything, &asker) {
        report.push(
            draft
                .risk(Risk::Low)
                .persona(Persona::Auditor)
                .severity(Severity::Info)
                .assumes(context.catalog_date()),
        );
    }
}

/// Whether the action changes something or hands out data: rule (a).
fn matters(context: &Context<'_>, action: ActionRef<'static>) -> bool {
    matches!(
        action.access(),
        AccessLevel::Write | AccessLevel::Tagging | AccessLevel::Permissions
    ) || context.catalog.data_read(&action.name()).is_some()
}

/// A resource list without a wildcard is not worth a question.
fn is_broad(statement: &Statement) -> bool {
    statement.resource.as_ref().is_some_and(|resource| {
        resource.negated
            || resource
                .entries
                .iter()
                .any(|entry| match &entry.value.kind {
                    ResourceKind::Any => true,
                    ResourceKind::Arn(fields) => {
                        fields.len() < 6 || fields.iter().any(crate::policy::Pattern::has_wildcard)
                    }
                    ResourceKind::Malformed(_) => false,
                })
    })
}

/// The actions the statement covers, and whether that is all of them: of a
/// statement that covers nearly everything, only those that matter most.
fn candidates(context: &Context<'_>, statement: &Statement) -> (Vec<ActionRef<'static>>, bool) {
    let Some(element) = &statement.action else {
        return (Vec::new(), true);
    };
    let any = |entry: &crate::text::Spanned<crate::policy::ActionPattern>| {
        entry.value.kind == ActionKind::Any
    };
    if element.negated || element.entries.iter().any(any) {
        let catalog = context.catalog;
        let sensitive = catalog.sensitive_actions();
        let covered = sensitive.filter(|name| access::covers_action(statement, name));
        return (
            covered.filter_map(|name| catalog.action(name)).collect(),
            false,
        );
    }
    let mut actions = BTreeMap::new();
    for entry in &element.entries {
        let meant = context.catalog.expand(&entry.value.text);
        if !context.budget.spend(meant.len() + 1) {
            break;
        }
        actions.extend(meant.into_iter().map(|action| (action.name(), action)));
    }
    (actions.into_values().collect(), true)
}

/// Asks whether actions reach all resources of their types.
struct Asker<'a> {
    access: Access<'a>,
    exactly: Exactly<'a>,
    keys: semantics::Context,
    partitions: BTreeSet<String>,
    /// Answers by ARN format, where no Deny makes them depend on the action.
    by_format: Option<HashMap<&'static str, bool>>,
    asked: usize,
}

impl<'a> Asker<'a> {
    fn new(context: &'a Context<'_>, statement: &Statement) -> Self {
        let mut keys = semantics::Context::default();
        choose(&mut keys, statement, context.denies(), is_free);
        Self {
            access: Access::identity(context, statement),
            exactly: Exactly::allowed(context, &asked(context, statement), PolicyType::Identity),
            keys,
            partitions: partitions(statement),
            by_format: context.denies().next().is_none().then(HashMap::new),
            asked: 0,
        }
    }

    /// The types of the action that are reached as a whole: all that are
    /// required; where none is, any.
    fn reached(&mut self, action: ActionRef<'static>) -> Vec<&'static ResourceType> {
        let types: Vec<_> = action.resource_types().collect();
        let required: Vec<_> = types.iter().filter(|(_, required)| *required).collect();
        if required.is_empty() {
            let reached = types.iter().filter(|(kind, _)| self.reaches(action, kind));
            reached.map(|(kind, _)| *kind).collect()
        } else if required.iter().all(|(kind, _)| self.reaches(action, kind)) {
            required.iter().map(|(kind, _)| *kind).collect()
        } else {
            Vec::new()
        }
    }

    fn reaches(&mut self, action: ActionRef<'static>, kind: &'static ResourceType) -> bool {
        kind.arns.iter().any(|format| {
            let format = format.text();
            let known = self.by_format.as_ref().and_then(|known| known.get(format));
            if let Some(known) = known {
                return *known;
            }
            let reaches = self.partitions.clone().iter().any(|partition| {
                let mut instances = instances(format, partition).into_iter();
                instances.all(|instance| {
                    self.asked += 1;
                    self.asked <= BUDGET && self.access.allows(&self.request(action, &instance))
                })
            });
            if let Some(known) = &mut self.by_format {
                known.insert(format, reaches);
            }
            reaches
        })
    }

    /// Whether requests with these keys are allowed for all the actions of the
    /// statement on any resource whatever, whatever else they hold: the short
    /// question, which most statements on `*` answer.
    fn everything(&self, statement: &Statement) -> bool {
        let resource = statement.resource.as_ref();
        let any = resource.is_some_and(|element| {
            let mut entries = element.entries.iter();
            !element.negated && entries.any(|entry| entry.value.kind == ResourceKind::Any)
        });
        any && self.whether(&self.own_actions(statement), &["*".to_owned()]) == Exact::Proved
    }

    /// The same for all that was found on every resource of the types it was
    /// found on.
    fn all(&self, statement: &Statement, found: &Found) -> Exact {
        let formats = found.types.values().flat_map(|kind| &kind.arns);
        let Some(partition) = self.partitions.first() else {
            return Exact::Unknown;
        };
        let resources: BTreeSet<_> = formats.map(|format| pattern(*format, partition)).collect();
        let resources: Vec<_> = resources.into_iter().collect();
        // Patterns make a shorter question than the names they stand for; it
        // says more, so that only "yes" is an answer.
        let own = self.own_actions(statement);
        if !own.is_empty() {
            let answer = self.whether(&own, &resources);
            if answer == Exact::Proved || self.by_format.is_some() {
                return answer;
            }
        }
        let names: Vec<_> = found.actions.iter().map(ActionRef::name).collect();
        self.whether(&names, &resources)
    }

    /// The actions of the statement as it writes them; none under `NotAction`.
    /// Where nothing is denied, one of them stands for all.
    fn own_actions(&self, statement: &Statement) -> Vec<String> {
        let elements = statement.action.iter().filter(|element| !element.negated);
        let entries = elements.flat_map(|element| &element.entries);
        let one = if self.by_format.is_some() {
            1
        } else {
            usize::MAX
        };
        entries
            .map(|entry| entry.value.text.clone())
            .take(one)
            .collect()
    }

    fn whether(&self, actions: &[String], resources: &[String]) -> Exact {
        // A key of the resource does not say which resources there are.
        let mut keys = exact::keys(&self.keys);
        keys.retain(|(key, _)| !key.to_ascii_lowercase().starts_with("aws:resource"));
        match checks::Access::new(actions, resources, None, &keys) {
            Ok(access) if !actions.is_empty() => self.exactly.all(&access),
            _ => Exact::Unknown,
        }
    }

    /// Whether a request is allowed once it holds the keys.
    fn allows_with_keys(&self, request: &Request) -> bool {
        self.access.allows(&Request {
            context: self.keys.clone(),
            ..request.clone()
        })
    }

    fn request(&self, action: ActionRef<'static>, instance: &Instance) -> Request {
        Request {
            principal: format!("arn:aws:iam::{}:user/any", instance.account),
            action: action.name(),
            resource: instance.arn.clone(),
            resource_account: Some(instance.account.to_owned()),
            context: self.keys.clone(),
            ..Request::default()
        }
    }
}

/// The statement as the engine is asked about it. Its actions, resources and
/// conditions are independent of one another: where nothing is denied, what
/// holds of one action holds of all.
fn asked(context: &Context<'_>, statement: &Statement) -> Statement {
    let mut asked = statement.clone();
    if let Some(action) = &mut asked.action
        && !action.negated
        && context.denies().next().is_none()
    {
        action.entries.truncate(1);
    }
    asked
}

/// Keys that do not narrow the resource: rule (c).
fn is_free(key: &str) -> bool {
    key.starts_with("aws:") && !key.starts_with("aws:resourcetag/")
}

/// Actions that reach everything, with the types they reach.
#[derive(Default)]
struct Found {
    actions: Vec<ActionRef<'static>>,
    types: BTreeMap<(&'static str, &'static str), &'static ResourceType>,
    witness: Option<Request>,
}

impl Found {
    fn add(&mut self, action: ActionRef<'static>, asker: &mut Asker<'_>) {
        let reached = asker.reached(action);
        let Some(first) = reached.first() else { return };
        if self.witness.is_none() {
            let partition = asker.partitions.first().map_or("aws", String::as_str);
            let format = first.arns.first().map(|format| format.text());
            let made = instances(format.unwrap_or_default(), partition);
            let request = made.first().map(|instance| asker.request(action, instance));
            self.witness = request.filter(|request| asker.access.allows(request));
        }
        let service = action.service.prefix;
        self.types
            .extend(reached.iter().map(|kind| ((service, kind.name), *kind)));
        self.actions.push(action);
    }

    /// What the worst of the actions does.
    fn risk(&self, context: &Context<'_>) -> Risk {
        let risk = |action: &ActionRef<'static>| match action.access() {
            AccessLevel::Permissions => Risk::High,
            _ if context.catalog.privilege(&action.name()).is_some() => Risk::High,
            AccessLevel::Write => Risk::Medium,
            _ if context.catalog.data_read(&action.name()).is_some() => Risk::High,
            _ => Risk::Low,
        };
        self.actions.iter().map(risk).max().unwrap_or(Risk::Low)
    }

    fn draft(
        &self,
        statement: &Statement,
        whole: bool,
        everything: bool,
        asker: &Asker<'_>,
    ) -> Option<Draft> {
        let resource = statement.resource.as_ref()?;
        let witness = self.witness.clone()?;
        let names = self
            .actions
            .iter()
            .map(|action| format!("`{}`", action.name()));
        let names = enumerate(names, self.actions.len(), whole);
        let formats = self.types.values().map(|kind| {
            let arns: Vec<_> = kind
                .arns
                .iter()
                .map(|arn| format!("`{}`", arn.text()))
                .collect();
            format!("{} {}", kind.name, arns.join(" or "))
        });
        let formats = enumerate(formats, self.types.len(), true);
        let answer = if everything {
            Exact::Proved
        } else {
            asker.all(statement, self)
        };
        let spared = match &answer {
            Exact::Refuted(request) if !asker.allows_with_keys(request) => Some(&request.resource),
            _ => None,
        };
        let confidence = match answer {
            Exact::Proved => Confidence::Proved,
            Exact::Refuted(_) | Exact::Unknown => Confidence::Likely,
        };
        let is_are = if self.actions.len() == 1 && whole {
            "is"
        } else {
            "are"
        };
        let draft = Draft::new(
            place(resource),
            if whole { "actions" } else { "most actions" },
            format!(
                "{names} could be limited to named resources, but {is_are} allowed on {}",
                if spared.is_some() {
                    "nearly all"
                } else {
                    "all"
                }
            ),
        )
        .label(match spared {
            None => "reaches resources of every account, region and name".to_owned(),
            Some(arn) => format!(
                "reaches resources of every account, region and name, but not such as `{arn}`"
            ),
        })
        .help(format!("name the resources: {formats}"))
        .confidence(confidence)
        .witness(witness);
        Some(match &statement.action {
            Some(action) => draft.related(action.key_span, "these actions"),
            None => draft,
        })
    }
}

/// `a, b and 3 more`; `a, b and others` where they were not counted.
fn enumerate(items: impl Iterator<Item = String>, count: usize, counted: bool) -> String {
    let named: Vec<_> = items.take(NAMED).collect();
    let rest = count.saturating_sub(named.len());
    match (counted, rest, named.split_last()) {
        (false, ..) => format!("{} and others", named.join(", ")),
        (true, 0, Some((last, []))) => last.clone(),
        (true, 0, Some((last, before))) => format!("{} and {last}", before.join(", ")),
        _ => format!("{} and {rest} more", named.join(", ")),
    }
}

/// The widest entry; the key of a `NotResource`.
fn place(resource: &Element<ResourcePattern>) -> Span {
    if resource.negated {
        return resource.key_span;
    }
    let any = resource
        .entries
        .iter()
        .find(|entry| entry.value.kind == ResourceKind::Any);
    match (any, resource.entries.as_slice()) {
        (Some(entry), _) | (None, [entry]) => entry.span,
        _ => resource.span,
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{confidences, fails, passes, with_persona};
    use crate::policy::PolicyType::{Boundary, Identity};

    const LINT: &str = "unscoped-resource";
    const SEND: &str =
        "`sqs:SendMessage` could be limited to named resources, but is allowed on all";

    fn policy(body: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{body}}}]}}"#)
    }

    #[test]
    fn the_spelling_of_everything_does_not_matter() {
        for (resource, place) in [
            (r#""Resource":"*""#, r#""*""#),
            (r#""Resource":"**""#, r#""**""#),
            (r#""Resource":"arn:aws:*:*:*:*""#, r#""arn:aws:*:*:*:*""#),
            (
                r#""Resource":"arn:aws:sqs:*:*:*""#,
                r#""arn:aws:sqs:*:*:*""#,
            ),
            (r#""NotResource":"arn:aws:s3:::b""#, r#""NotResource""#),
        ] {
            let text = policy(&format!(r#""Action":"sqs:SendMessage",{resource}"#));
            fails(LINT, Identity, &text, &[(place, "warning", SEND)]);
            assert_eq!(with_persona(LINT, Identity, &text), ["pedantic"]);
        }
    }

    #[test]
    fn the_spelling_of_the_actions_does_not_matter() {
        let wild = policy(r#""Action":"sqs:Send*","Resource":"*""#);
        fails(LINT, Identity, &wild, &[(r#""*""#, "warning", SEND)]);
        for actions in [r#""Action":"*""#, r#""NotAction":"iam:*""#] {
            let text = policy(&format!(r#"{actions},"Resource":"*""#));
            assert!(
                with_persona(LINT, Identity, &text).contains(&"regular".to_owned()),
                "{actions}"
            );
        }
    }

    #[test]
    fn narrow_statements_and_actions_without_resources_pass() {
        for body in [
            r#""Action":"sqs:SendMessage","Resource":"arn:aws:sqs:*:111122223333:*""#,
            r#""Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:*:orders""#,
            r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::reports/*""#,
            r#""Action":["ec2:DescribeInstances","sqs:ListQueues"],"Resource":"*""#,
            r#""Action":"sqs:SendMessage","Resource":"arn:aws:sqs:*:*:${aws:username}""#,
            r#""Action":"ec2:TerminateInstances","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}"#,
            r#""Action":"ec2:TerminateInstances","Resource":"*","Condition":{"StringEquals":{"ec2:ResourceTag/team":"a"}}"#,
        ] {
            passes(LINT, Identity, &policy(body));
        }
        passes(
            LINT,
            Boundary,
            &policy(r#""Action":"sqs:SendMessage","Resource":"*""#),
        );
    }

    #[test]
    fn conditions_that_leave_every_resource() {
        for (condition, confidence) in [
            (
                r#""StringEquals":{"aws:ResourceAccount":"111122223333"}"#,
                "likely",
            ),
            (r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, "proved"),
            (
                r#""StringEqualsIfExists":{"aws:ResourceTag/team":"a"}"#,
                "likely",
            ),
        ] {
            let text = policy(&format!(
                r#""Action":"sqs:SendMessage","Resource":"*","Condition":{{{condition}}}"#
            ));
            fails(LINT, Identity, &text, &[(r#""*""#, "warning", SEND)]);
            assert_eq!(
                confidences(LINT, Identity, &text),
                [confidence],
                "{condition}"
            );
        }
    }

    #[test]
    fn what_a_deny_leaves() {
        let with = |deny: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}},
                {{"Effect":"Deny","Action":"sqs:*",{deny}}}]}}"#
            )
        };
        passes(
            LINT,
            Identity,
            &with(r#""NotResource":"arn:aws:sqs:*:111122223333:orders""#),
        );
        passes(LINT, Identity, &with(r#""Resource":"*""#));
        let some = with(r#""Resource":"arn:aws:sqs:*:111122223333:orders""#);
        let nearly = SEND.replace(" on all", " on nearly all");
        fails(LINT, Identity, &some, &[(r#""*""#, "warning", &nearly)]);
        assert_eq!(confidences(LINT, Identity, &some), ["likely"]);
    }

    #[test]
    fn everyone_is_told_where_access_or_data_is_handed_out() {
        let text = policy(r#""Action":"sqs:GetQueueAttributes","Resource":"*""#);
        assert_eq!(with_persona(LINT, Identity, &text), ["auditor"]);
        let text = policy(r#""Action":"secretsmanager:GetSecretValue","Resource":"*""#);
        assert_eq!(with_persona(LINT, Identity, &text), ["regular"]);
        for (actions, personas) in [
            (r#""sqs:AddPermission""#, vec!["regular"]),
            (
                r#"["sqs:SendMessage","sqs:AddPermission"]"#,
                vec!["regular"],
            ),
            (r#""sqs:*""#, vec!["regular", "auditor"]),
            (r#""lambda:UpdateFunctionCode""#, vec!["regular"]),
            (r#""sqs:TagQueue""#, vec!["pedantic"]),
        ] {
            let text = policy(&format!(r#""Action":{actions},"Resource":"*""#));
            assert_eq!(with_persona(LINT, Identity, &text), personas, "{actions}");
        }
    }
}

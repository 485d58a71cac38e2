//! A role's trust policy lets anybody assume the role.
//!
//! ## What it finds
//! An Allow of a trust policy under which strangers may assume the role, after
//! every Deny and with none of the conditions that pin them down: an account,
//! an organization, a network, a source (the table of `leastwise check
//! no-public`). The finding is `proved` where a stranger may whatever else the
//! request holds. A condition on something the caller brings along
//! (`sts:ExternalId`, a session name, a tag of its own) is no pin, but where it
//! takes one to get in the finding is `likely`. Web identity and SAML providers
//! have lints of their own.
//!
//! ## Why it matters
//! Anybody with an AWS account of their own gets everything the role may do.
//!
//! ## Example
//! ```json trust
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Principal": {"AWS": "*"},
//!         "Action": "sts:AssumeRole"
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json trust
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Principal": {"AWS": "*"},
//!         "Action": "sts:AssumeRole",
//!         "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, AWS JSON policy elements: Principal
//! - IAM User Guide, the confused deputy problem

use crate::lints::access::{self, Access};
use crate::lints::exact::{self, Exact, Exactly};
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, Risk};
use crate::policy::{PolicyType, Principal, PrincipalKind, PrincipalValue, Principals, Statement};
use crate::semantics::compare::checks;
use crate::semantics::{self, Request};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "public-trust",
    family: Family::Trust,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: true,
    since: "0.1.0",
    aliases: &[
        ("checkov", &["CKV_AWS_60"]),
        ("cloudsplaining", &["AssumableByAnyPrincipal"]),
    ],
    source: include_str!("public_trust.rs"),
    check: Check::Statement(check),
};

const ACTION: &str = "sts:AssumeRole";

/// An account that no policy is likely to name.
const STRANGER: &str = "104729104729";

/// Where it calls from: an address for each kind.
const ADDRESSES: &[&str] = &["8.8.4.4", "2001:4860:4860::8844"];

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    let Some(principals) = &statement.principal else {
        return;
    };
    if context.policy_type() != PolicyType::Trust
        || !access::is_allow(statement)
        || !access::covers_action(statement, ACTION)
        || !is_open(principals)
    {
        return;
    }
    let role = context
        .document
        .arn
        .as_deref()
        .unwrap_or("arn:aws:iam::123456789012:role/this");
    let policy = Exactly::allowed(context, statement, PolicyType::Trust);
    let Exact::Refuted(stranger) = whether(&|access| policy.none_to_strangers(access), None) else {
        return;
    };
    let mut requests = ADDRESSES.iter().map(|address| Request {
        principal: format!("arn:aws:iam::{STRANGER}:user/anybody"),
        action: ACTION.to_owned(),
        context: own_keys(address),
        ..Request::default()
    });
    let every = |request: &Request| whether(&|access| policy.all(access), Some(request));
    let (confidence, mut witness) = match requests.find(|one| every(one) == Exact::Proved) {
        Some(request) => (Confidence::Proved, request),
        None => (Confidence::Likely, *stranger),
    };
    witness.resource = role.to_owned();
    witness.resource_account = role.split(':').nth(4).map(str::to_owned);
    if !Access::trust(context, statement).allows(&witness) {
        return;
    }
    let mut draft = Draft::new(principals.span, "*", "anybody with an AWS account can assume this role")
        .label("admits principals of every account")
        .help("name the accounts or roles that may assume it, or pin them with a condition such as `aws:PrincipalOrgID`")
        .confidence(confidence)
        .risk(Risk::Critical)
        .witness(witness);
    for condition in &statement.conditions {
        draft = draft.related(condition.key.span, "does not pin the caller down");
    }
    report.push(draft);
}

/// An exact answer about assuming the role, by the caller of a request with the
/// keys of it.
fn whether(ask: &dyn Fn(&checks::Access) -> Exact, request: Option<&Request>) -> Exact {
    let principal = request.map(|request| request.principal.as_str());
    let keys = request.map_or_else(Vec::new, |request| exact::keys(&request.context));
    checks::Access::new(&[ACTION.to_owned()], &[], principal, &keys)
        .map_or(Exact::Unknown, |access| ask(&access))
}

/// Whether the element admits every AWS principal, or all but some: nothing
/// else can let strangers in.
fn is_open(principals: &Principals) -> bool {
    let any =
        |entry: &Principal| entry.kind == PrincipalKind::Aws && entry.value == PrincipalValue::Any;
    principals.negated || principals.entries.iter().any(|entry| any(&entry.value))
}

/// The condition keys of every request by a stranger.
fn own_keys(address: &str) -> semantics::Context {
    let mut keys = semantics::Context::default();
    let own = [
        ("aws:PrincipalAccount", STRANGER.to_owned()),
        (
            "aws:PrincipalArn",
            format!("arn:aws:iam::{STRANGER}:user/anybody"),
        ),
        ("aws:PrincipalIsAWSService", "false".to_owned()),
        ("aws:PrincipalType", "User".to_owned()),
        ("aws:SourceIp", address.to_owned()),
        ("aws:userid", "AIDAQ7X2ZK9ANYBODY00A".to_owned()),
        ("aws:username", "anybody".to_owned()),
    ];
    for (key, value) in own {
        let _ = keys.insert(key, [value]);
    }
    keys
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{confidences, fails, passes};
    use crate::policy::PolicyType::{Resource, Trust};

    const LINT: &str = "public-trust";
    const MESSAGE: &str = "anybody with an AWS account can assume this role";

    fn trust(principal: &str, condition: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal},"Condition":{{{condition}}}}}]}}"#
        )
    }

    #[test]
    fn anybody_in_every_spelling() {
        for principal in [
            r#""*""#,
            r#"{"AWS":"*"}"#,
            r#"{"AWS":["111122223333","*"]}"#,
        ] {
            fails(
                LINT,
                Trust,
                &trust(principal, ""),
                &[(principal, "error", MESSAGE)],
            );
        }
    }

    #[test]
    fn conditions_that_do_not_pin() {
        for (condition, confidence) in [
            (r#""StringEquals":{"sts:ExternalId":"42"}"#, "likely"),
            (
                r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}"#,
                "proved",
            ),
            (r#""IpAddress":{"aws:SourceIp":"0.0.0.0/0"}"#, "proved"),
            (
                r#""IpAddress":{"aws:SourceIp":["0.0.0.0/1","::/0"]}"#,
                "proved",
            ),
            (r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#, "likely"),
            (
                r#""StringNotEquals":{"aws:PrincipalAccount":"111122223333"}"#,
                "proved",
            ),
            (
                r#""StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}"#,
                "likely",
            ),
            (
                r#""ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-a/r-b/"}"#,
                "likely",
            ),
        ] {
            let text = trust(r#""*""#, condition);
            fails(LINT, Trust, &text, &[("\"*\"", "error", MESSAGE)]);
            assert_eq!(confidences(LINT, Trust, &text), [confidence], "{condition}");
        }
    }

    #[test]
    fn pinned_and_named_callers_pass() {
        for condition in [
            r#""StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}"#,
            r#""StringEquals":{"aws:PrincipalAccount":["111122223333"]}"#,
            r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}"#,
            r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#,
            r#""StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}"#,
        ] {
            passes(LINT, Trust, &trust(r#""*""#, condition));
        }
        for principal in [
            r#"{"AWS":"arn:aws:iam::111122223333:root"}"#,
            r#"{"Service":"ec2.amazonaws.com"}"#,
            r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/idp"}"#,
        ] {
            passes(LINT, Trust, &trust(principal, ""));
        }
        passes(LINT, Resource, &trust(r#""*""#, ""));
        let text = trust(r#""*""#, "").replace("sts:AssumeRole", "sts:AssumeRoleWithSAML");
        passes(LINT, Trust, &text);
    }

    #[test]
    fn a_deny_for_outsiders_is_respected() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},
            {"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole",
             "Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}"#;
        passes(LINT, Trust, text);
    }
}

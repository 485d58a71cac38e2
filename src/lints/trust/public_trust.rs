//! A role's trust policy lets anybody assume the role.
//!
//! ## What it finds
//! An Allow of a trust policy under which principals of unrelated accounts may
//! assume the role, with none of the conditions that pin them down: an account,
//! an organization, a network, a source. A condition on something the caller
//! brings along (`sts:ExternalId`, a session name, a tag of its own) is no pin;
//! where one is in play the finding is `likely`. Web identity and SAML
//! providers have lints of their own.
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

use crate::lints::access::{self, Access, Answer};
use crate::lints::choose::choose;
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, Risk};
use crate::policy::{PolicyType, Statement};
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

/// Accounts without anything in common; whom all of them can be, is anybody.
const STRANGERS: &[&str] = &["104729104729", "611953611953"];

/// Addresses from all over: whoever admits all of one kind admits that kind.
const ADDRESSES: &[&[&str]] = &[
    &["8.8.4.4", "101.97.55.31", "185.60.216.35"],
    &["2001:4860:4860::8844", "2a03:2880:f12f:83::5"],
];

/// Keys that a stranger cannot choose (`lints.md` section 4).
const PINS: &[&str] = &[
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:federatedprovider",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:principaltype",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
];

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    let Some(principals) = &statement.principal else {
        return;
    };
    if context.policy_type() != PolicyType::Trust
        || !access::is_allow(statement)
        || !access::covers_action(statement, ACTION)
    {
        return;
    }
    let role = context
        .document
        .arn
        .as_deref()
        .unwrap_or("arn:aws:iam::123456789012:role/this");
    let access = Access::trust(context, statement);
    let ask = |account: &str, address: &str| {
        let request = Request {
            principal: format!("arn:aws:iam::{account}:user/anybody"),
            action: ACTION.to_owned(),
            resource: role.to_owned(),
            resource_account: role.split(':').nth(4).map(str::to_owned),
            context: stranger(account, address, statement, context.denies()),
            ..Request::default()
        };
        (access.ask(&request), request)
    };
    let open = ADDRESSES.iter().find(|addresses| {
        addresses.iter().all(|address| {
            STRANGERS
                .iter()
                .all(|account| matches!(ask(account, address).0, Answer::Allowed { .. }))
        })
    });
    let (Some([address, ..]), Some(account)) = (open, STRANGERS.first()) else {
        return;
    };
    let (answer, witness) = ask(account, address);
    let conditional = !statement.conditions.is_empty() || context.has_conditional_deny(ACTION);
    let sure = !conditional && answer == Answer::Allowed { certain: true };
    let mut draft = Draft::new(principals.span, "*", "anybody with an AWS account can assume this role")
        .label("admits principals of every account")
        .help("name the accounts or roles that may assume it, or pin them with a condition such as `aws:PrincipalOrgID`")
        .confidence(if sure { Confidence::Proved } else { Confidence::Likely })
        .risk(Risk::Critical)
        .witness(witness);
    for condition in &statement.conditions {
        draft = draft.related(condition.key.span, "does not pin the caller down");
    }
    report.push(draft);
}

/// The condition keys of a request by somebody from nowhere in particular, who
/// brings along whatever the statement asks for.
fn stranger<'a>(
    account: &str,
    address: &str,
    statement: &Statement,
    denies: impl Iterator<Item = &'a Statement>,
) -> semantics::Context {
    let mut keys = semantics::Context::default();
    choose(&mut keys, statement, denies, |key| {
        PINS.binary_search(&key).is_err()
    });
    let own = [
        ("aws:PrincipalAccount", account.to_owned()),
        (
            "aws:PrincipalArn",
            format!("arn:aws:iam::{account}:user/anybody"),
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
    use super::PINS;
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
        for condition in [
            r#""StringEquals":{"sts:ExternalId":"42"}"#,
            r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}"#,
            r#""IpAddress":{"aws:SourceIp":"0.0.0.0/0"}"#,
            r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#,
            r#""StringNotEquals":{"aws:PrincipalAccount":"111122223333"}"#,
            r#""StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}"#,
            r#""ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-a/r-b/"}"#,
        ] {
            let text = trust(r#""*""#, condition);
            fails(LINT, Trust, &text, &[("\"*\"", "error", MESSAGE)]);
            assert_eq!(confidences(LINT, Trust, &text), ["likely"]);
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

    #[test]
    fn the_pins_are_sorted() {
        assert!(PINS.is_sorted());
    }
}

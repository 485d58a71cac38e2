//! What makes access not public: conditions that pin the caller down to
//! somebody in particular (`comparison.md` 1). Each line of the tables says
//! why it is there. AWS's own definition for S3's Block Public Access is the
//! model: fixed values, no wildcards, no broad ranges.

use super::synthetic;
use crate::policy::{
    BaseOperator, Condition, ConditionValue, Effect, Policy, PolicyType, Principal, PrincipalKind,
    PrincipalValue, Token,
};
use core::net::IpAddr;
use std::collections::BTreeSet;

/// A condition key that can pin the caller down.
#[derive(Clone, Copy, Debug)]
pub struct Trusted {
    /// The key.
    pub key: &'static str,
    /// Which of its values do.
    pub fixed: Fixed,
    /// Why.
    pub why: &'static str,
}

/// Which values of a key pin the caller down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixed {
    /// A value without wildcards; or a key of the resource's own account or
    /// organization.
    Text,
    /// An ARN without wildcards, or with its account spelt out.
    Arn,
    /// A path that spells out its organization.
    OrgPath,
    /// Ranges of at least 8 bits (IPv4) or 32 bits (IPv6).
    Address,
    /// `true`.
    Truth,
    /// A text that spells out what stands between this and the next of these
    /// characters: `repo:ORG/…`.
    After(&'static str, &'static [char]),
}

impl Fixed {
    /// In words.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Text => "no wildcard".to_owned(),
            Self::Arn => "no wildcard, or the account spelt out".to_owned(),
            Self::OrgPath => "the organization spelt out".to_owned(),
            Self::Address => "`/8` or narrower, IPv6 `/32` or narrower".to_owned(),
            Self::Truth => "`true`".to_owned(),
            Self::After(start, _) => format!("spelt out behind `{start}`"),
        }
    }
}

const fn trusted(key: &'static str, fixed: Fixed, why: &'static str) -> Trusted {
    Trusted { key, fixed, why }
}

/// The keys that pin the caller down, by name. What a caller brings along or
/// chooses (`aws:Referer`, `aws:UserAgent`, `sts:ExternalId`, tags of its own)
/// is none of them, nor is a private address alone (`aws:VpcSourceIp`: every
/// network has those) or a service in between (`kms:ViaService`: everybody
/// passes it).
pub const TRUSTED: &[Trusted] = &[
    trusted(
        "aws:PrincipalAccount",
        Fixed::Text,
        "one account's principals",
    ),
    trusted(
        "aws:PrincipalArn",
        Fixed::Arn,
        "one principal, or those of one account",
    ),
    trusted(
        "aws:PrincipalOrgID",
        Fixed::Text,
        "the accounts of one organization",
    ),
    trusted(
        "aws:PrincipalOrgPaths",
        Fixed::OrgPath,
        "accounts of one organization",
    ),
    trusted(
        "aws:SourceAccount",
        Fixed::Text,
        "a service that acts for one account",
    ),
    trusted(
        "aws:SourceArn",
        Fixed::Arn,
        "a service that acts for one resource, or for one account's",
    ),
    trusted(
        "aws:SourceIp",
        Fixed::Address,
        "a network that somebody owns",
    ),
    trusted(
        "aws:SourceOrgID",
        Fixed::Text,
        "a service that acts for one organization",
    ),
    trusted(
        "aws:SourceOrgPaths",
        Fixed::OrgPath,
        "a service that acts for one organization",
    ),
    trusted(
        "aws:SourceOwner",
        Fixed::Text,
        "a service that acts for one account, as older policies say it",
    ),
    trusted("aws:SourceVpc", Fixed::Text, "one VPC"),
    trusted("aws:SourceVpce", Fixed::Text, "one VPC endpoint"),
    trusted(
        "aws:VpceAccount",
        Fixed::Text,
        "the VPC endpoints of one account",
    ),
    trusted(
        "aws:VpceOrgID",
        Fixed::Text,
        "the VPC endpoints of one organization",
    ),
    trusted(
        "aws:VpceOrgPaths",
        Fixed::OrgPath,
        "VPC endpoints of one organization",
    ),
    trusted(
        "aws:userid",
        Fixed::Text,
        "one user, or one session of a role",
    ),
    trusted(
        "elasticfilesystem:AccessPointArn",
        Fixed::Arn,
        "who may use one access point",
    ),
    trusted(
        "elasticfilesystem:AccessedViaMountTarget",
        Fixed::Truth,
        "a mount target is reached from its network only",
    ),
    trusted("kms:CallerAccount", Fixed::Text, "one account's principals"),
    trusted(
        "s3:DataAccessPointAccount",
        Fixed::Text,
        "access points of one account, whose policies decide",
    ),
    trusted(
        "s3:DataAccessPointArn",
        Fixed::Arn,
        "one access point, or one account's, whose policies decide",
    ),
];

/// An identity provider that anybody can have an identity of.
#[derive(Clone, Copy, Debug)]
pub struct OpenProvider {
    /// As a policy names it, or behind `oidc-provider/` of an ARN.
    pub host: &'static str,
    /// The claims that say which identity it must be.
    pub claims: &'static [(&'static str, Fixed)],
    /// Why it pins nobody down by itself.
    pub why: &'static str,
}

/// Naming one of these as a principal pins nobody down; one of the claims does.
pub const OPEN_PROVIDERS: &[OpenProvider] = &[
    OpenProvider {
        host: "accounts.google.com",
        claims: &[
            ("aud", Fixed::Text),
            ("oaud", Fixed::Text),
            ("sub", Fixed::Text),
        ],
        why: "everybody has an account",
    },
    OpenProvider {
        host: "app.terraform.io",
        claims: &[("sub", Fixed::After("organization:", &[':']))],
        why: "every organization has runs",
    },
    OpenProvider {
        host: "cognito-identity.amazonaws.com",
        claims: &[("aud", Fixed::Text), ("sub", Fixed::Text)],
        why: "every account has identity pools",
    },
    OpenProvider {
        host: "gitlab.com",
        claims: &[("sub", Fixed::After("project_path:", &['/', ':']))],
        why: "everybody has projects",
    },
    OpenProvider {
        host: "graph.facebook.com",
        claims: &[("app_id", Fixed::Text), ("id", Fixed::Text)],
        why: "everybody has an account",
    },
    OpenProvider {
        host: "token.actions.githubusercontent.com",
        claims: &[("sub", Fixed::After("repo:", &['/']))],
        why: "everybody has repositories",
    },
    OpenProvider {
        host: "www.amazon.com",
        claims: &[("app_id", Fixed::Text), ("user_id", Fixed::Text)],
        why: "everybody has an account",
    },
];

/// A type of resource, as AWS names those whose policies it checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// `AWS::S3::Bucket`.
    pub name: &'static str,
    /// The services whose actions its policy decides about.
    services: &'static [&'static str],
    /// How its policy is read.
    pub policy_type: PolicyType,
}

const fn resource(name: &'static str, services: &'static [&'static str]) -> ResourceType {
    ResourceType {
        name,
        services,
        policy_type: PolicyType::Resource,
    }
}

/// The types that AWS's own check takes.
pub const RESOURCE_TYPES: &[ResourceType] = &[
    resource("AWS::ApiGateway::RestApi", &["execute-api"]),
    resource("AWS::Backup::BackupVault", &["backup"]),
    resource("AWS::CloudTrail::Dashboard", &["cloudtrail"]),
    resource("AWS::CloudTrail::EventDataStore", &["cloudtrail"]),
    resource("AWS::CodeArtifact::Domain", &["codeartifact"]),
    resource("AWS::DynamoDB::Stream", &["dynamodb"]),
    resource("AWS::DynamoDB::Table", &["dynamodb"]),
    resource("AWS::EFS::FileSystem", &["elasticfilesystem"]),
    ResourceType {
        name: "AWS::IAM::AssumeRolePolicyDocument",
        services: &["sts"],
        policy_type: PolicyType::Trust,
    },
    resource("AWS::KMS::Key", &["kms"]),
    resource("AWS::Kinesis::Stream", &["kinesis"]),
    resource("AWS::Kinesis::StreamConsumer", &["kinesis"]),
    resource("AWS::Lambda::Function", &["lambda"]),
    resource("AWS::OpenSearchService::Domain", &["es"]),
    resource("AWS::S3::AccessPoint", &["s3"]),
    resource("AWS::S3::Bucket", &["s3"]),
    resource("AWS::S3::Glacier", &["glacier"]),
    resource("AWS::S3Express::AccessPoint", &["s3express"]),
    resource("AWS::S3Express::DirectoryBucket", &["s3express"]),
    resource("AWS::S3Outposts::AccessPoint", &["s3-outposts"]),
    resource("AWS::S3Outposts::Bucket", &["s3-outposts"]),
    resource("AWS::S3Tables::Table", &["s3tables"]),
    resource("AWS::S3Tables::TableBucket", &["s3tables"]),
    resource("AWS::SNS::Topic", &["sns"]),
    resource("AWS::SQS::Queue", &["sqs"]),
    resource("AWS::SecretsManager::Secret", &["secretsmanager"]),
];

/// The type of this name.
#[must_use]
pub fn resource_type(name: &str) -> Option<&'static ResourceType> {
    RESOURCE_TYPES.iter().find(|one| one.name == name)
}

/// What is not trusted, as a layer beside a policy: it allows every request
/// but those by principals that the policy names, and those that carry a
/// fixed value of a trusted key. Fixed values are those that stand anywhere in
/// the policy: whichever they are, they are finitely many, chosen by whoever
/// wrote it.
pub(super) fn complement(policy: &Policy, resource_type: Option<&ResourceType>) -> Policy {
    let mut allow = synthetic::statement(Effect::Allow);
    if let Some(kind) = resource_type {
        let services = kind.services.iter().map(|service| format!("{service}:*"));
        allow.action = Some(synthetic::actions(&services.collect::<Vec<_>>()));
    }
    let mut statements = vec![allow];
    let named: Vec<Principal> = named(policy);
    let open = open_providers(policy);
    if !named.is_empty() {
        let mut deny = synthetic::statement(Effect::Deny);
        deny.principal = Some(synthetic::principals(false, named));
        statements.push(deny);
    }
    let conditions = policy.statements.iter().flat_map(|s| &s.conditions);
    for condition in conditions {
        if let Some(pinned) = pinned(condition, &open) {
            let mut deny = synthetic::statement(Effect::Deny);
            deny.conditions.push(pinned);
            statements.push(deny);
        }
    }
    synthetic::policy(statements)
}

/// The principals that the policy spells out.
fn named(policy: &Policy) -> Vec<Principal> {
    let elements = policy
        .statements
        .iter()
        .filter_map(|s| s.principal.as_ref());
    let entries = elements.flat_map(|element| element.entries.iter().map(|e| &e.value));
    let mut seen = BTreeSet::new();
    entries
        .filter(|entry| !matches!(entry.value, PrincipalValue::Any | PrincipalValue::Malformed))
        .filter(|entry| open_provider(entry).is_none())
        .filter(|entry| seen.insert((entry.kind.clone(), entry.text.as_str())))
        .cloned()
        .collect()
}

fn open_provider(principal: &Principal) -> Option<&'static OpenProvider> {
    if principal.kind != PrincipalKind::Federated {
        return None;
    }
    let text = principal.text.as_str();
    let host = text
        .split_once(":oidc-provider/")
        .map_or(text, |(_, host)| host);
    OPEN_PROVIDERS
        .iter()
        .find(|provider| provider.host.eq_ignore_ascii_case(host))
}

fn open_providers(policy: &Policy) -> Vec<&'static OpenProvider> {
    let elements = policy
        .statements
        .iter()
        .filter_map(|s| s.principal.as_ref());
    let entries = elements.flat_map(|element| &element.entries);
    entries
        .filter_map(|entry| open_provider(&entry.value))
        .collect()
}

/// The values of a condition that pin the caller down, under the operator that
/// asks for one of them.
fn pinned(condition: &Condition, open: &[&OpenProvider]) -> Option<Condition> {
    let key = condition.key.value.as_str();
    let operator = &condition.operator.value;
    let base = positive(operator.base?)?;
    let listed = TRUSTED
        .iter()
        .find(|trusted| trusted.key.eq_ignore_ascii_case(key))
        .map(|trusted| trusted.fixed);
    let claimed = || {
        let (host, claim) = key.split_once(':')?;
        let provider = open.iter().find(|p| p.host.eq_ignore_ascii_case(host))?;
        let mut claims = provider.claims.iter();
        let (_, fixed) = claims.find(|(name, _)| name.eq_ignore_ascii_case(claim))?;
        Some(*fixed)
    };
    let fixed = listed.or_else(claimed)?;
    let values: Vec<ConditionValue> = condition
        .values
        .iter()
        .map(|value| &value.value)
        .filter(|value| is_fixed(fixed, base, value))
        .cloned()
        .collect();
    let operator = match operator.qualifier {
        Some(_) => format!("ForAnyValue:{}", base.name()),
        None => base.name().to_owned(),
    };
    (!values.is_empty()).then(|| synthetic::condition(&operator, key, values))
}

/// The operator that asks for one of the values; `None` where there is no such
/// thing.
fn positive(base: BaseOperator) -> Option<BaseOperator> {
    use BaseOperator as Op;
    Some(match base {
        Op::StringEquals | Op::StringNotEquals => Op::StringEquals,
        Op::StringEqualsIgnoreCase | Op::StringNotEqualsIgnoreCase => Op::StringEqualsIgnoreCase,
        Op::StringLike | Op::StringNotLike => Op::StringLike,
        Op::ArnEquals | Op::ArnNotEquals => Op::ArnEquals,
        Op::ArnLike | Op::ArnNotLike => Op::ArnLike,
        Op::NumericEquals | Op::NumericNotEquals => Op::NumericEquals,
        Op::IpAddress | Op::NotIpAddress => Op::IpAddress,
        Op::Bool => Op::Bool,
        _ => return None,
    })
}

/// Variables that stand for something of the resource's owner.
const OWN: &[&str] = &["aws:ResourceAccount", "aws:ResourceOrgID"];

fn is_fixed(fixed: Fixed, base: BaseOperator, value: &ConditionValue) -> bool {
    let tokens = value.pattern.tokens.as_slice();
    if let [Token::Variable { key, default: None }] = tokens {
        return fixed == Fixed::Text && OWN.iter().any(|own| own.eq_ignore_ascii_case(key));
    }
    let start = match tokens.first() {
        Some(Token::Literal(text)) => text.as_str(),
        _ => return false,
    };
    let whole = tokens.len() == 1;
    let has_variable = tokens.iter().any(|t| matches!(t, Token::Variable { .. }));
    match fixed {
        Fixed::Text => whole,
        Fixed::Truth => whole && start.eq_ignore_ascii_case("true"),
        Fixed::Address => whole && is_narrow(start),
        Fixed::OrgPath => {
            let organization = start
                .strip_prefix("o-")
                .and_then(|rest| rest.split_once('/'));
            organization.is_some_and(|(id, _)| !id.is_empty())
        }
        Fixed::After(prefix, ends) => {
            let rest = start.strip_prefix(prefix);
            rest.and_then(|rest| rest.split_once(ends))
                .is_some_and(|(name, _)| !name.is_empty())
        }
        Fixed::Arn if whole => start.splitn(6, ':').count() == 6,
        Fixed::Arn if has_variable => false,
        Fixed::Arn => {
            // The fields of an ARN operator stand for themselves; a wildcard of
            // another one reaches over colons (R85).
            let text = match base {
                BaseOperator::ArnEquals | BaseOperator::ArnLike => value.text.as_str(),
                _ => start,
            };
            let fields: Vec<&str> = text.splitn(6, ':').collect();
            let account = fields.get(4).filter(|_| fields.len() == 6);
            account.is_some_and(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

/// Whether a range is not so broad that it pins nobody down.
fn is_narrow(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, length.parse::<u8>().ok()),
        None => (text, Some(u8::MAX)),
    };
    match (address.parse::<IpAddr>(), length) {
        (Ok(IpAddr::V4(_)), Some(length)) => length >= 8,
        (Ok(IpAddr::V6(_)), Some(length)) => length >= 32,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Operator, ValueKind, Version};

    fn fixed(fixed: Fixed, operator: &str, text: &str) -> bool {
        let operator = Operator::parse(operator);
        let value = ConditionValue::parse(text, ValueKind::String, &operator, Version::V2012);
        is_fixed(fixed, operator.base.unwrap(), &value)
    }

    #[test]
    fn a_table_line_is_found_once_and_by_name() {
        let keys: Vec<_> = TRUSTED.iter().map(|t| t.key).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        let hosts: Vec<_> = OPEN_PROVIDERS.iter().map(|p| p.host).collect();
        assert!(hosts.is_sorted(), "{hosts:?}");
        let types: Vec<_> = RESOURCE_TYPES.iter().map(|t| t.name).collect();
        assert!(types.is_sorted(), "{types:?}");
    }

    #[test]
    fn every_service_of_a_resource_type_is_in_the_catalog() {
        let catalog = crate::catalog::get();
        for service in RESOURCE_TYPES.iter().flat_map(|kind| kind.services) {
            assert!(catalog.service(service).is_some(), "{service}");
        }
    }

    #[test]
    fn values_pin_somebody_down_or_do_not() {
        for (rule, operator, text, expected) in [
            (Fixed::Text, "StringEquals", "o-a1", true),
            (Fixed::Text, "StringEquals", "o-*", true),
            (Fixed::Text, "StringLike", "o-*", false),
            (Fixed::Text, "StringEquals", "", false),
            (Fixed::Text, "StringEquals", "${aws:ResourceOrgID}", true),
            (Fixed::Text, "StringEquals", "${aws:PrincipalOrgID}", false),
            (
                Fixed::Text,
                "StringEquals",
                "${aws:ResourceOrgID, 'x'}",
                false,
            ),
            (Fixed::Arn, "ArnLike", "arn:aws:sns:*:111122223333:*", true),
            (
                Fixed::Arn,
                "StringLike",
                "arn:aws:sns:*:111122223333:*",
                false,
            ),
            (
                Fixed::Arn,
                "StringLike",
                "arn:aws:iam::111122223333:role/*",
                true,
            ),
            (Fixed::Arn, "ArnLike", "arn:aws:s3:::logs", true),
            (Fixed::Arn, "ArnLike", "arn:aws:s3:::logs*", false),
            (Fixed::Arn, "ArnLike", "arn:aws:sns:*:*:t", false),
            (Fixed::Arn, "ArnLike", "arn:aws:sns:*:11112222333?:t", false),
            (Fixed::OrgPath, "StringLike", "o-a1/*", true),
            (Fixed::OrgPath, "StringLike", "o-a1*", false),
            (Fixed::OrgPath, "StringLike", "o-*/r-1/*", false),
            (Fixed::Address, "IpAddress", "10.0.0.0/8", true),
            (Fixed::Address, "IpAddress", "0.0.0.0/7", false),
            (Fixed::Address, "IpAddress", "203.0.113.7", true),
            (Fixed::Address, "IpAddress", "2001:db8::/32", true),
            (Fixed::Address, "IpAddress", "::/0", false),
            (Fixed::Address, "IpAddress", "x", false),
            (Fixed::Truth, "Bool", "True", true),
            (Fixed::Truth, "Bool", "false", false),
            (
                Fixed::After("repo:", &['/']),
                "StringLike",
                "repo:acme/*",
                true,
            ),
            (
                Fixed::After("repo:", &['/']),
                "StringLike",
                "repo:acme*",
                false,
            ),
            (Fixed::After("repo:", &['/']), "StringLike", "*", false),
        ] {
            assert_eq!(fixed(rule, operator, text), expected, "{operator} {text}");
        }
    }
}

//! The resources of an observed request: what the record says, in the order of
//! `cloudtrail.md` section 4, and never a guess.

use super::parameters::{
    Filling, Parameters, RESPONSE, Value, escape, fillings, owners, qualified,
};
use crate::catalog::{AccessLevel, ActionRef, ResourceType};
use crate::graph::Precision;
use std::collections::BTreeSet;

/// Combinations of parameters that one format is filled with at most; beyond,
/// `*` stands for the last of them.
const MOST: usize = 256;

/// Where and as what a request was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// `aws`, `aws-cn`, …: from the region.
    pub(super) partition: &'a str,
    /// `awsRegion`.
    pub(super) region: &'a str,
    /// `recipientAccountId`.
    pub(super) account: &'a str,
    /// `eventName`, without a version.
    pub(super) event: &'a str,
}

/// One entry of a record's `resources[]` (C22).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Named {
    /// `ARN`, or `ARNPrefix` where `is_prefix`.
    pub(super) arn: String,
    /// Its `accountId`: the owner.
    pub(super) account: Option<String>,
    /// Whether it is an `ARNPrefix`.
    pub(super) is_prefix: bool,
}

/// One resource of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Resource {
    /// The ARN as text where `precision` is exact, otherwise a pattern of the
    /// policy language.
    pub(super) arn: String,
    /// How well it is known.
    pub(super) precision: Precision,
}

/// The resources of `action` in a request, sorted. Each type that the action
/// accepts is answered by the first of: an ARN of `resources[]`; an ARN among
/// the parameters; an ARN in the response whose name the request gave; the
/// catalog's format filled from the parameters. A required type that none of
/// them answers gives the format with `*` for what the record does not tell; so
/// does an optional one of which it tells a part. An action without resource
/// types has the resource `*` (R46), and so has, imprecisely, one that can do
/// without them and whose record names none.
#[must_use]
pub(super) fn resources(
    action: &ActionRef,
    place: &Place<'_>,
    named: &[Named],
    parameters: &Parameters,
) -> Vec<Resource> {
    let name = action.name();
    let mut found = BTreeSet::new();
    let mut partial: Vec<(usize, Resource)> = Vec::new();
    let mut types = 0;
    for (kind, required) in action.resource_types() {
        types += 1;
        let mut of_kind = named_in_record(kind, place, named);
        if of_kind.is_empty() {
            of_kind = arns_in_parameters(kind, place, parameters);
        }
        if of_kind.is_empty() {
            of_kind = arns_in_response(kind, parameters);
        }
        if !of_kind.is_empty() {
            found.extend(of_kind);
            continue;
        }
        let mut best: Vec<(usize, Resource)> = Vec::new();
        for format in &kind.arns {
            let filled = fill(format.text(), &name, place, parameters);
            if filled.unknown == 0 {
                of_kind.extend(filled.resources);
            } else {
                best.extend(filled.resources.into_iter().map(|r| (filled.known, r)));
            }
        }
        if !of_kind.is_empty() {
            found.extend(of_kind);
        } else if required {
            found.extend(keep_best(best));
        } else {
            partial.extend(best);
        }
    }
    if types == 0 {
        return vec![Resource {
            arn: "*".to_owned(),
            precision: Precision::Exact,
        }];
    }
    if found.is_empty() && partial.iter().any(|(known, _)| *known > 0) {
        found.extend(keep_best(partial));
    } else if found.is_empty() {
        // All types are optional and the record names none: AWS may have asked
        // for `*`, and a type's format would be too narrow then.
        found.insert(Resource {
            arn: "*".to_owned(),
            precision: Precision::Imprecise,
        });
    }
    let mut found: Vec<_> = found.into_iter().collect();
    if is_silent(action, named, parameters)
        && found.iter().all(|of| of.precision == Precision::Imprecise)
    {
        for resource in &mut found {
            resource.precision = Precision::Unknown;
        }
    }
    found
}

/// Whether a record says nothing where the call must have said something: its
/// parameters are null, left out for their size or masked (C23). A call that
/// lists may honestly have none.
fn is_silent(action: &ActionRef, named: &[Named], parameters: &Parameters) -> bool {
    action.action.access != AccessLevel::List
        && named.is_empty()
        && parameters.values().all(Vec::is_empty)
}

/// Of partly filled formats, those that the record tells most about.
fn keep_best(candidates: Vec<(usize, Resource)>) -> impl Iterator<Item = Resource> {
    let most = candidates.iter().map(|(known, _)| *known).max();
    candidates
        .into_iter()
        .filter(move |(known, _)| Some(*known) == most)
        .map(|(_, resource)| resource)
}

fn exact(arn: &str) -> Resource {
    Resource {
        arn: arn.to_owned(),
        precision: Precision::Exact,
    }
}

fn fits(kind: &ResourceType, arn: &str) -> bool {
    kind.arns.iter().any(|format| format.matches(arn))
}

/// C22: entries of a type the action accepts. One whose partition or account
/// contradicts the record is left out, unless its `accountId` explains it.
fn named_in_record(kind: &ResourceType, place: &Place<'_>, named: &[Named]) -> Vec<Resource> {
    let agrees = |entry: &&Named| {
        let mut fields = entry.arn.splitn(6, ':').skip(1);
        let partition = fields.next().unwrap_or_default();
        let account = fields.nth(2).unwrap_or_default();
        partition == place.partition
            && (account.is_empty()
                || account == place.account
                || account == "aws"
                || entry.account.as_deref() == Some(account))
    };
    let mut found = Vec::new();
    for entry in named.iter().filter(agrees) {
        if !entry.is_prefix && fits(kind, &entry.arn) {
            found.push(exact(&entry.arn));
        } else if entry.is_prefix {
            found.extend(prefixed(kind, &entry.arn));
        }
    }
    found
}

/// All ARNs of a type that start with a text.
fn prefixed(kind: &ResourceType, start: &str) -> Option<Resource> {
    fits(kind, &format!("{start}x")).then(|| Resource {
        arn: format!("{}*", escape(start)),
        precision: Precision::Folded,
    })
}

/// An ARN that the caller wrote is the resource it asked for, whoever owns it.
fn arns_in_parameters(
    kind: &ResourceType,
    place: &Place<'_>,
    parameters: &Parameters,
) -> Vec<Resource> {
    let prefix = format!("arn:{}:", place.partition);
    parameters
        .iter()
        .filter(|(path, _)| !path.starts_with(RESPONSE))
        .flat_map(|(_, values)| values)
        .filter(|value| value.text.starts_with(&prefix))
        .flat_map(|value| match value.folded {
            true => prefixed(kind, &value.text).into_iter().collect(),
            false if fits(kind, &value.text) => completed(&value.text, parameters),
            false => Vec::new(),
        })
        .collect()
}

/// The resources that an ARN written by the caller stands for (C24): a function
/// with the qualifier that was given beside it; a secret with the six random
/// characters that an ARN may leave out.
fn completed(arn: &str, parameters: &Parameters) -> Vec<Resource> {
    if arn.split(':').nth(2) == Some("secretsmanager") {
        let partial = || Resource {
            arn: format!("{}-??????", escape(arn)),
            precision: Precision::Imprecise,
        };
        let ending = arn.rsplit_once('-').map_or("", |(_, ending)| ending);
        let may_be_whole = ending.len() == 6 && ending.bytes().all(|b| b.is_ascii_alphanumeric());
        // A word of small letters may be the last of the secret's own name.
        return match may_be_whole {
            true if ending.bytes().all(|b| b.is_ascii_lowercase()) => vec![exact(arn), partial()],
            true => vec![exact(arn)],
            false => vec![partial()],
        };
    }
    vec![exact(
        &qualified(arn, parameters).unwrap_or_else(|| arn.to_owned()),
    )]
}

/// C25: an ARN of the response, if its last part is a name the request gave.
/// What AWS named itself did not exist when the request was authorised.
fn arns_in_response(kind: &ResourceType, parameters: &Parameters) -> Vec<Resource> {
    let asked: BTreeSet<&str> = parameters
        .iter()
        .filter(|(path, _)| !path.starts_with(RESPONSE))
        .flat_map(|(_, values)| values.iter().map(|value| value.text.as_str()))
        .collect();
    let responses = parameters
        .range(RESPONSE.to_owned()..)
        .take_while(|(path, _)| path.starts_with(RESPONSE));
    responses
        .flat_map(|(_, values)| values)
        .filter(|value: &&Value| !value.folded && fits(kind, &value.text))
        .map(|value| value.text.as_str())
        .filter(|arn| {
            let name = arn.rsplit(['/', ':']).next().unwrap_or(arn);
            asked.contains(name)
        })
        .map(exact)
        .collect()
}

/// A format with its placeholders filled.
struct Filled {
    resources: Vec<Resource>,
    /// Placeholders beyond partition, region and account that the record told.
    known: usize,
    /// Those that it did not.
    unknown: usize,
}

/// Fills an ARN format: `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
fn fill(format: &str, action: &str, place: &Place<'_>, parameters: &Parameters) -> Filled {
    let mut texts = vec![Text::default()];
    let (mut known, mut unknown) = (0, 0);
    let owners = owners(action, parameters);
    for piece in pieces(format) {
        let options: Vec<Filling> = match piece {
            Piece::Text(text) => vec![Filling {
                is_pattern: text.contains('*'),
                text: text.to_owned(),
                folded: false,
            }],
            Piece::Placeholder("Partition") => literal(place.partition),
            Piece::Placeholder("Region") if place.region.is_empty() => {
                unknown += 1;
                anything()
            }
            Piece::Placeholder("Region") => literal(place.region),
            Piece::Placeholder("Account") if !owners.is_empty() => {
                owners.iter().flat_map(|owner| literal(owner)).collect()
            }
            Piece::Placeholder("Account") if place.account.is_empty() => {
                unknown += 1;
                anything()
            }
            Piece::Placeholder("Account") => literal(place.account),
            Piece::Placeholder(name) => {
                let mut told = fillings(action, place.event, name, parameters);
                told.sort();
                told.dedup();
                if told.is_empty() || texts.len().saturating_mul(told.len()) > MOST {
                    unknown += 1;
                    anything()
                } else {
                    known += 1;
                    told
                }
            }
        };
        let mut longer = Vec::with_capacity(texts.len().saturating_mul(options.len()));
        for text in &texts {
            longer.extend(options.iter().map(|option| text.and(option)));
        }
        texts = longer;
    }
    let suffix = suffix(format);
    let resources = texts
        .into_iter()
        .map(|text| match text.precision {
            Precision::Exact => {
                let arn = format!("{}{suffix}", text.literal);
                exact(&qualified(&arn, parameters).unwrap_or(arn))
            }
            precision => Resource {
                arn: format!("{}{suffix}", text.pattern),
                precision,
            },
        })
        .collect();
    Filled {
        resources,
        known,
        unknown,
    }
}

/// An ARN as far as it is filled: literal, and in the policy language.
struct Text {
    literal: String,
    pattern: String,
    precision: Precision,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            literal: String::new(),
            pattern: String::new(),
            precision: Precision::Exact,
        }
    }
}

impl Text {
    fn and(&self, option: &Filling) -> Self {
        let (pattern, precision) = match option {
            Filling {
                is_pattern: false,
                text,
                ..
            } => (escape(text), Precision::Exact),
            Filling {
                folded: true, text, ..
            } => (text.clone(), Precision::Folded),
            Filling { text, .. } => (text.clone(), Precision::Imprecise),
        };
        Self {
            literal: format!("{}{}", self.literal, option.text),
            pattern: format!("{}{pattern}", self.pattern),
            precision: self.precision.max(precision),
        }
    }
}

/// Requests on a log group are authorised on its ARN with `:*` behind (C24).
fn suffix(format: &str) -> &'static str {
    if format.ends_with(":log-group:${LogGroupName}") {
        ":*"
    } else {
        ""
    }
}

fn literal(text: &str) -> Vec<Filling> {
    vec![Filling {
        text: text.to_owned(),
        is_pattern: false,
        folded: false,
    }]
}

fn anything() -> Vec<Filling> {
    vec![Filling {
        text: "*".to_owned(),
        is_pattern: true,
        folded: false,
    }]
}

enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

fn pieces(format: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((text, behind)) = rest.split_once("${") {
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let Some((name, behind)) = behind.split_once('}') else {
            break;
        };
        pieces.push(Piece::Placeholder(name));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    const PLACE: Place<'_> = Place {
        partition: "aws",
        region: "eu-west-1",
        account: "111122223333",
        event: "",
    };

    fn parameters(members: &[(&str, &str)]) -> Parameters {
        let mut parameters = Parameters::new();
        for (path, value) in members {
            let values = parameters.entry((*path).to_owned()).or_default();
            values.push(Value {
                text: (*value).to_owned(),
                folded: false,
            });
        }
        parameters
    }

    fn told(action: &str, named: &[Named], members: &[(&str, &str)]) -> Vec<String> {
        let action = catalog::get().action(action).unwrap();
        resources(&action, &PLACE, named, &parameters(members))
            .into_iter()
            .map(|r| match r.precision {
                Precision::Exact => r.arn,
                Precision::Folded => format!("folded {}", r.arn),
                Precision::Imprecise => format!("imprecise {}", r.arn),
                Precision::Unknown => format!("unknown {}", r.arn),
            })
            .collect()
    }

    fn named(arn: &str, is_prefix: bool) -> Named {
        Named {
            arn: arn.to_owned(),
            account: Some("111122223333".to_owned()),
            is_prefix,
        }
    }

    #[test]
    fn parameters_become_arns() {
        for (action, members, expected) in [
            (
                "dynamodb:GetItem",
                &[("tableName", "orders")][..],
                &["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"][..],
            ),
            (
                "dynamodb:GetItem",
                &[(
                    "tableName",
                    "arn:aws:dynamodb:us-east-1:444455556666:table/t",
                )],
                &["arn:aws:dynamodb:us-east-1:444455556666:table/t"],
            ),
            (
                "sqs:SendMessage",
                &[(
                    "queueUrl",
                    "https://sqs.eu-west-1.amazonaws.com/111122223333/q",
                )],
                &["arn:aws:sqs:eu-west-1:111122223333:q"],
            ),
            (
                "s3:GetObject",
                &[("bucketName", "b"), ("key", "a/*.txt")],
                &["arn:aws:s3:::b/a/*.txt"],
            ),
            (
                "s3:GetObject",
                &[("bucketName", "b")],
                &["imprecise arn:aws:s3:::b/*"],
            ),
            ("s3:ListBucket", &[("bucketName", "b")], &["arn:aws:s3:::b"]),
            (
                "ssm:GetParameter",
                &[("name", "/shop/url")],
                &["arn:aws:ssm:eu-west-1:111122223333:parameter/shop/url"],
            ),
            (
                "secretsmanager:GetSecretValue",
                &[("secretId", "db")],
                &["imprecise arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-??????"],
            ),
            (
                "logs:PutRetentionPolicy",
                &[("logGroupName", "/app")],
                &["arn:aws:logs:eu-west-1:111122223333:log-group:/app:*"],
            ),
            (
                "iam:GetRole",
                &[("roleName", "r")],
                &["imprecise arn:aws:iam::111122223333:role/*r"],
            ),
            (
                "iam:CreateRole",
                &[
                    ("roleName", "r"),
                    ("response.role.arn", "arn:aws:iam::111122223333:role/app/r"),
                ],
                &["arn:aws:iam::111122223333:role/app/r"],
            ),
            (
                "cloudformation:DescribeStackEvents",
                &[("stackName", "web")],
                &["imprecise arn:aws:cloudformation:eu-west-1:111122223333:stack/web/*"],
            ),
            (
                "kms:Decrypt",
                &[("keyId", "alias/a")],
                &["imprecise arn:aws:kms:eu-west-1:111122223333:key/*"],
            ),
            ("ec2:DescribeInstances", &[], &["*"]),
        ] {
            assert_eq!(told(action, &[], members), expected, "{action} {members:?}");
        }
    }

    #[test]
    fn the_records_own_list_comes_first_and_is_filtered_by_type() {
        let put = [
            named("arn:aws:s3:::b", false),
            named("arn:aws:s3:::b/k", false),
        ];
        assert_eq!(told("s3:PutObject", &put, &[]), ["arn:aws:s3:::b/k"]);
        let list = [
            named("arn:aws:s3:::b/", true),
            named("arn:aws:s3:::b", false),
        ];
        assert_eq!(told("s3:ListBucket", &list, &[]), ["arn:aws:s3:::b"]);
        assert_eq!(
            told("s3:DeleteObject", &list, &[]),
            ["folded arn:aws:s3:::b/*"]
        );
    }

    #[test]
    fn an_arn_that_contradicts_the_record_is_left_out() {
        let mut foreign = named("arn:aws:kms:eu-west-1:999999999999:key/k", false);
        assert_eq!(
            told("kms:Decrypt", std::slice::from_ref(&foreign), &[]),
            ["imprecise arn:aws:kms:eu-west-1:111122223333:key/*"]
        );
        foreign.account = Some("999999999999".to_owned());
        assert_eq!(
            told("kms:Decrypt", std::slice::from_ref(&foreign), &[]),
            [foreign.arn.clone()]
        );
    }

    #[test]
    fn an_instance_to_be_made_has_no_id_yet() {
        let found = told(
            "ec2:RunInstances",
            &[],
            &[
                ("instancesSet.items.imageId", "ami-1"),
                ("subnetId", "subnet-1"),
                ("response.instancesSet.items.instanceId", "i-1"),
            ],
        );
        for arn in [
            "arn:aws:ec2:eu-west-1::image/ami-1",
            "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1",
            "imprecise arn:aws:ec2:eu-west-1:111122223333:instance/*",
        ] {
            assert!(found.iter().any(|f| f == arn), "{arn} in {found:#?}");
        }
        assert!(found.iter().all(|f| !f.ends_with("/i-1")));
    }

    #[test]
    fn many_names_are_many_resources_up_to_a_bound() {
        let names: Vec<_> = (0..1_000).map(|i| format!("/p/{i}")).collect();
        let members: Vec<_> = names.iter().map(|n| ("names", n.as_str())).collect();
        assert_eq!(told("ssm:GetParameters", &[], &members[..3]).len(), 3);
        assert_eq!(
            told("ssm:GetParameters", &[], &members),
            ["imprecise arn:aws:ssm:eu-west-1:111122223333:parameter/*"]
        );
    }

    #[test]
    fn a_partial_arn_of_a_secret_is_completed() {
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
        let of = |name: &str| {
            let found = told(
                "secretsmanager:GetSecretValue",
                &[],
                &[("secretId", &format!("{secret}{name}"))],
            );
            found
                .into_iter()
                .map(|f| f.replace(secret, ""))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("db"), ["imprecise db-??????"]);
        assert_eq!(of("db-Ab3dEf"), ["db-Ab3dEf"]);
        assert_eq!(of("my-secret"), ["my-secret", "imprecise my-secret-??????"]);
    }

    #[test]
    fn a_qualifier_beside_the_function_counts() {
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:f";
        for name in ["f", function, "111122223333:function:f"] {
            let members = [("functionName", name), ("qualifier", "prod")];
            assert_eq!(
                told("lambda:InvokeFunction", &[], &members),
                [format!("{function}:prod")]
            );
        }
        let members = [("functionName", "f:live"), ("qualifier", "prod")];
        assert_eq!(
            told("lambda:InvokeFunction", &[], &members),
            [format!("{function}:live")]
        );
    }

    #[test]
    fn a_default_is_taken_only_where_nothing_was_named() {
        let service = "arn:aws:ecs:eu-west-1:111122223333:service/";
        let of = |members: &[(&str, &str)]| {
            let found = told("ecs:UpdateService", &[], members);
            found
                .into_iter()
                .map(|f| f.replace(service, ""))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&[("service", "api")]), ["default/api"]);
        let cluster = ("cluster", "arn:aws:ecs:eu-west-1:111122223333:cluster/prod");
        assert_eq!(of(&[("service", "api"), cluster]), ["prod/api"]);
        assert_eq!(
            of(&[("service", "api"), ("cluster", "***")]),
            ["imprecise */api"]
        );
        assert_eq!(of(&[("omitted", "")]), ["imprecise */*"]);
    }

    #[test]
    fn the_owner_that_the_request_names_counts() {
        for (action, members, expected) in [
            (
                "sqs:SendMessage",
                [(
                    "queueUrl",
                    "https://sqs.eu-west-1.amazonaws.com/444455556666/q",
                )],
                "arn:aws:sqs:eu-west-1:444455556666:q",
            ),
            (
                "lambda:InvokeFunction",
                [("functionName", "444455556666:function:f")],
                "arn:aws:lambda:eu-west-1:444455556666:function:f",
            ),
        ] {
            assert_eq!(told(action, &[], &members), [expected]);
        }
        let members = [("registryId", "444455556666"), ("repositoryName", "r")];
        let expected = "arn:aws:ecr:eu-west-1:444455556666:repository/r";
        assert_eq!(told("ecr:BatchGetImage", &[], &members), [expected]);
    }
}

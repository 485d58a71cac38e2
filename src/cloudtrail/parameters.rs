//! Which members of a request name resources, and which placeholder of the
//! catalog's ARN formats each one fills (C23, C24).
//!
//! Members are given by flattened path: `tableName`,
//! `instancesSet.items.instanceId` (array indices dropped), the keys of an
//! object that maps names to values as `requestItems{}`, and members of
//! `responseElements` behind `response.`.

use super::queue_url;
use std::collections::{BTreeMap, BTreeSet};

/// Last segments, in lower case, that name a resource without ending in one of
/// [`ENDINGS`].
const NAMES: &[&str] = &[
    "bucket",
    "cluster",
    "deliverystream",
    "family",
    "key",
    "path",
    "prefix",
    "qualifier",
    "requestitems{}",
    "resource",
    "resources",
    "role",
    "rule",
    "service",
    "services",
    "stream",
    "table",
    "target",
    "task",
    "taskdefinition",
    "tasks",
    "topic",
    "workgroup",
    "x-amz-copy-source",
];

/// Endings of last segments, in lower case, that name a resource.
const ENDINGS: &[&str] = &[
    "arn",
    "arns",
    "id",
    "identifier",
    "identifiers",
    "idlist",
    "ids",
    "name",
    "names",
    "queueurl",
    "serialnumber",
    "uuid",
];

/// Members that end like a name but change with every call, or name something
/// that no policy can.
const NOISE: &[&str] = &[
    "accesskeyid",
    "attributename",
    "clientid",
    "clientrequestid",
    "clientrequesttoken",
    "commandid",
    "correlationid",
    "displayname",
    "eventid",
    "executionname",
    "externalid",
    "hostid",
    "invocationid",
    "messageid",
    "metricname",
    "ownerid",
    "queryexecutionid",
    "queryid",
    "requestid",
    "rolesessionname",
    "sequencenumber",
    "sessionname",
    "transactionid",
    "uploadid",
    "versionid",
];

/// Whether the member at `path` is kept in a usage row: it may name a resource
/// or a role that is passed on (C27).
#[must_use]
pub(super) fn is_resource_parameter(path: &str) -> bool {
    let last = last_segment(path).to_ascii_lowercase();
    !NOISE.contains(&last.as_str())
        && (NAMES.contains(&last.as_str())
            || ENDINGS.iter().any(|ending| last.ends_with(ending))
            || last.ends_with("role"))
}

pub(super) fn last_segment(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// How a member's value becomes the text of a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it stands.
    Plain,
    /// A name without the folder that precedes it in the ARN (IAM paths):
    /// any folder may stand before it.
    AnyFolder,
    /// The address of a queue: its name.
    QueueUrl,
    /// A secret's name, to which Secrets Manager adds six random characters.
    Secret,
    /// A parameter's name without its leading slash.
    NoLeadingSlash,
    /// `alias/x`: the part behind the slash.
    Alias,
    /// A value that is no alias: a key id.
    NotAlias,
    /// `name:qualifier`, `account:name`, `account:function:name`: the name with
    /// its qualifier.
    Function,
    /// `family:revision`: the family.
    Family,
    /// `family:revision`: the revision.
    Revision,
    /// A value that starts with these characters.
    Prefixed(&'static str),
    /// `bucket/key` or `/bucket/key`: the bucket.
    CopiedBucket,
    /// `bucket/key` or `/bucket/key`: the key.
    CopiedKey,
}

/// A value a placeholder takes, and whether it is a pattern of the policy
/// language rather than literal text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Filling {
    pub(super) text: String,
    pub(super) is_pattern: bool,
    /// It is a pattern only because the row was folded.
    pub(super) folded: bool,
}

/// One way to fill a placeholder.
struct Row {
    service: &'static str,
    placeholder: &'static str,
    /// Last segments of paths, or whole paths where they hold a dot.
    members: &'static [&'static str],
    shape: Shape,
    /// What the service takes where no member is there.
    default: Option<&'static str>,
}

const fn row(
    service: &'static str,
    placeholder: &'static str,
    members: &'static [&'static str],
    shape: Shape,
) -> Row {
    Row {
        service,
        placeholder,
        members,
        shape,
        default: None,
    }
}

const fn or(row: Row, default: &'static str) -> Row {
    Row {
        default: Some(default),
        ..row
    }
}

/// C24. What a service's own names do not tell by the general rule.
const ROWS: &[Row] = &[
    row("athena", "WorkGroupName", &["workGroup"], Shape::Plain),
    row("cloudformation", "StackName", &["stackName"], Shape::Plain),
    row(
        "cloudtrail",
        "TrailName",
        &["name", "trailName", "trailNameList"],
        Shape::Plain,
    ),
    row(
        "dynamodb",
        "TableName",
        &["tableName", "requestItems{}"],
        Shape::Plain,
    ),
    row("ecr", "RepositoryName", &["repositoryName"], Shape::Plain),
    or(
        row(
            "ecs",
            "ClusterName",
            &["cluster", "clusterName"],
            Shape::Plain,
        ),
        "default",
    ),
    row(
        "ecs",
        "ServiceName",
        &["service", "services", "serviceName"],
        Shape::Plain,
    ),
    row("ecs", "TaskId", &["task", "tasks"], Shape::Plain),
    row(
        "ecs",
        "TaskDefinitionFamilyName",
        &["taskDefinition", "family"],
        Shape::Family,
    ),
    row(
        "ecs",
        "TaskDefinitionRevisionNumber",
        &["taskDefinition"],
        Shape::Revision,
    ),
    or(
        row(
            "events",
            "EventBusName",
            &["eventBusName", "entries.eventBusName"],
            Shape::Plain,
        ),
        "default",
    ),
    row("events", "RuleName", &["rule", "name"], Shape::Plain),
    row(
        "glue",
        "DatabaseName",
        &["databaseName", "database", "databaseInput.name"],
        Shape::Plain,
    ),
    row(
        "glue",
        "TableName",
        &["tableName", "table", "tableInput.name"],
        Shape::Plain,
    ),
    row("iam", "GroupNameWithPath", &["groupName"], Shape::AnyFolder),
    row(
        "iam",
        "InstanceProfileNameWithPath",
        &["instanceProfileName"],
        Shape::AnyFolder,
    ),
    row(
        "iam",
        "PolicyNameWithPath",
        &["policyName"],
        Shape::AnyFolder,
    ),
    row("iam", "RoleNameWithPath", &["roleName"], Shape::AnyFolder),
    row("iam", "UserNameWithPath", &["userName"], Shape::AnyFolder),
    row("kinesis", "StreamName", &["streamName"], Shape::Plain),
    row("kms", "Alias", &["aliasName"], Shape::Alias),
    row("kms", "KeyId", &["keyId", "targetKeyId"], Shape::NotAlias),
    row("lambda", "FunctionName", &["functionName"], Shape::Function),
    row(
        "logs",
        "LogGroupName",
        &["logGroupName", "logGroupNames", "logGroupIdentifier"],
        Shape::Plain,
    ),
    row(
        "logs",
        "LogStreamName",
        &["logStreamName", "logStreamNames"],
        Shape::Plain,
    ),
    row("s3", "BucketName", &["bucketName", "bucket"], Shape::Plain),
    row("s3", "ObjectName", &["key"], Shape::Plain),
    row(
        "secretsmanager",
        "SecretId",
        &["secretId", "secretIdList", "name"],
        Shape::Secret,
    ),
    row("sns", "TopicName", &["name"], Shape::Plain),
    row("sqs", "QueueName", &["queueUrl"], Shape::QueueUrl),
    row("sqs", "QueueName", &["queueName"], Shape::Plain),
    row(
        "ssm",
        "DocumentName",
        &["documentName", "name"],
        Shape::Plain,
    ),
    row(
        "ssm",
        "ParameterNameWithoutLeadingSlash",
        &["name", "names", "path"],
        Shape::NoLeadingSlash,
    ),
    row("states", "StateMachineName", &["name"], Shape::Plain),
];

/// EC2 ids say what they are by their first letters.
const EC2_PREFIXES: &[(&str, &str)] = &[
    ("AllocationId", "eipalloc-"),
    ("CustomerGatewayId", "cgw-"),
    ("DhcpOptionsId", "dopt-"),
    ("FleetId", "fleet-"),
    ("ImageId", "ami-"),
    ("InstanceId", "i-"),
    ("InternetGatewayId", "igw-"),
    ("LaunchTemplateId", "lt-"),
    ("NaclId", "acl-"),
    ("NatGatewayId", "nat-"),
    ("NetworkInterfaceId", "eni-"),
    ("PrefixListId", "pl-"),
    ("RouteTableId", "rtb-"),
    ("SecurityGroupId", "sg-"),
    ("SecurityGroupRuleId", "sgr-"),
    ("SnapshotId", "snap-"),
    ("SubnetId", "subnet-"),
    ("TransitGatewayAttachmentId", "tgw-attach-"),
    ("TransitGatewayId", "tgw-"),
    ("TransitGatewayRouteTableId", "tgw-rtb-"),
    ("VolumeId", "vol-"),
    ("VpcEndpointId", "vpce-"),
    ("VpcFlowLogId", "fl-"),
    ("VpcId", "vpc-"),
    ("VpcPeeringConnectionId", "pcx-"),
];

/// Members of a request: flattened path → values.
pub(super) type Parameters = BTreeMap<String, Vec<Value>>;

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Value {
    /// The value, or what all the values that it stands for start with.
    pub(super) text: String,
    /// It stands for many, as folding left them.
    pub(super) folded: bool,
}

/// What the request says for `placeholder` of an ARN format that belongs to
/// `action` (`s3:GetObject`). Values that are whole ARNs are left to the
/// caller; an empty answer means the record does not tell.
pub(super) fn fillings(
    action: &str,
    event: &str,
    placeholder: &str,
    parameters: &Parameters,
) -> Vec<Filling> {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    // CopyObject is two requests: this one is for the object it reads.
    if event == "CopyObject" && action == "s3:GetObject" {
        let shape = match placeholder {
            "BucketName" => Shape::CopiedBucket,
            "ObjectName" => Shape::CopiedKey,
            _ => return Vec::new(),
        };
        return collect(&["x-amz-copy-source"], shape, parameters);
    }
    if matches!(service, "ec2" | "ec2-instance-connect" | "ssm")
        && let Some((_, prefix)) = EC2_PREFIXES.iter().find(|(id, _)| *id == placeholder)
    {
        let ids = parameters
            .iter()
            .filter(|(path, _)| !path.starts_with(RESPONSE));
        return ids
            .flat_map(|(_, values)| values)
            .filter_map(|value| shaped(Shape::Prefixed(prefix), value))
            .collect();
    }
    let mut rows = ROWS
        .iter()
        .filter(|row| row.service == service && row.placeholder == placeholder)
        .peekable();
    if rows.peek().is_none() {
        return by_name(name, placeholder, parameters);
    }
    let mut found = Vec::new();
    let mut default = None;
    for row in rows {
        found.extend(collect(row.members, row.shape, parameters));
        default = default.or(row.default);
    }
    if !found.is_empty() {
        return found;
    }
    // A default holds only where the record shows that nothing was named: not
    // where a name is masked, and not where the parameters were left out.
    let members = ROWS
        .iter()
        .filter(|row| row.service == service && row.placeholder == placeholder)
        .flat_map(|row| row.members);
    let named = members.fold(Vec::new(), |mut named, member| {
        named.extend(values_of(member, parameters));
        named
    });
    match default {
        Some(default) if named.is_empty() && !parameters.contains_key(OMITTED) => {
            vec![Filling::text(default)]
        }
        // A cluster or a bus named by its ARN ends in its name.
        Some(_) => named
            .into_iter()
            .filter(|value| value.text.starts_with("arn:") && !value.folded)
            .filter_map(|value| value.text.rsplit('/').next())
            .map(Filling::text)
            .collect(),
        None => found,
    }
}

/// Stands among the members where CloudTrail left the parameters out for their
/// size (C23).
pub(super) const OMITTED: &str = "omitted";

/// The values of a member, given by its path or its last segment.
fn values_of<'a>(member: &str, parameters: &'a Parameters) -> impl Iterator<Item = &'a Value> {
    parameters
        .iter()
        .filter(|(path, _)| !path.starts_with(RESPONSE))
        .filter(move |(path, _)| *path == member || last_segment(path) == member)
        .flat_map(|(_, values)| values)
}

/// Behind this stand members of `responseElements`.
pub(super) const RESPONSE: &str = "response.";

/// The values of the first of `members` that has any.
fn collect(members: &[&str], shape: Shape, parameters: &Parameters) -> Vec<Filling> {
    for member in members {
        let values = values_of(member, parameters);
        let found: Vec<_> = values.filter_map(|value| shaped(shape, value)).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The general rule of C24: a member whose name is the placeholder's, apart
/// from case, number and a closing "name" or "id"; or the member `name` where
/// the action names the thing (`CreateWidget`, `WidgetName`).
fn by_name(action: &str, placeholder: &str, parameters: &Parameters) -> Vec<Filling> {
    let wanted = stem(placeholder);
    if wanted.is_empty() || wanted == "resource" {
        return Vec::new();
    }
    let found: Vec<_> = parameters
        .iter()
        .filter(|(path, _)| !path.starts_with(RESPONSE) && stem(last_segment(path)) == wanted)
        .flat_map(|(_, values)| values)
        .filter_map(|value| shaped(Shape::Plain, value))
        .collect();
    if !found.is_empty() || !action.to_ascii_lowercase().contains(&wanted) {
        return found;
    }
    let names = parameters.get("name").into_iter().flatten();
    names
        .filter_map(|value| shaped(Shape::Plain, value))
        .collect()
}

/// `AlarmName`, `alarmNames` and `alarm` have the stem `alarm`.
fn stem(name: &str) -> String {
    let mut stem: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    for ending in ["s", "name", "identifier", "id", "arn"] {
        if let Some(rest) = stem.strip_suffix(ending) {
            stem.truncate(rest.len());
        }
    }
    stem
}

/// Values that CloudTrail puts in place of what it hides (C23).
fn is_masked(value: &str) -> bool {
    value == "HIDDEN_DUE_TO_SECURITY_REASONS" || value.bytes().all(|b| b == b'*')
}

/// The value in its shape. What a folded value stands for starts with its text,
/// so the shape of the text, open at its end, holds all of it.
fn shaped(shape: Shape, value: &Value) -> Option<Filling> {
    if !value.folded {
        return shaped_text(shape, &value.text);
    }
    let shape = if shape == Shape::Secret {
        Shape::Plain
    } else {
        shape
    };
    let filling = shaped_text(shape, &value.text)?;
    let text = match filling.is_pattern {
        true => filling.text,
        false => escape(&filling.text),
    };
    Some(Filling {
        text: format!("{text}*"),
        is_pattern: true,
        folded: !filling.is_pattern,
    })
}

fn shaped_text(shape: Shape, value: &str) -> Option<Filling> {
    if is_masked(value) || value.starts_with("arn:") {
        return None;
    }
    let text = match shape {
        Shape::Plain => Some(value),
        Shape::AnyFolder => {
            return Some(Filling {
                text: format!("*{}", escape(value)),
                is_pattern: true,
                folded: false,
            });
        }
        Shape::Secret => {
            return Some(Filling {
                text: format!("{}-??????", escape(value)),
                is_pattern: true,
                folded: false,
            });
        }
        Shape::QueueUrl => queue_url::name(value),
        Shape::NoLeadingSlash => Some(value.strip_prefix('/').unwrap_or(value)),
        Shape::Alias => value.strip_prefix("alias/"),
        Shape::NotAlias => (!value.starts_with("alias/")).then_some(value),
        Shape::Function => Some(function_name(value)),
        Shape::Family => value.split(':').next(),
        Shape::Revision => value.split_once(':').map(|(_, revision)| revision),
        Shape::Prefixed(prefix) => value.starts_with(prefix).then_some(value),
        Shape::CopiedBucket => copied(value).map(|(bucket, _)| bucket),
        Shape::CopiedKey => copied(value).map(|(_, key)| key),
    };
    text.filter(|text| !text.is_empty()).map(Filling::text)
}

/// A function's ARN with the version or alias that the request gives beside it:
/// that is what AWS asks permission for.
pub(super) fn qualified(arn: &str, parameters: &Parameters) -> Option<String> {
    let name = arn.split_once(":function:")?.1;
    let qualifier = only(parameters.get("qualifier")?)?;
    (!name.contains(':')).then(|| format!("{arn}:{qualifier}"))
}

fn only(values: &[Value]) -> Option<&str> {
    match values {
        [value] if !value.folded && !is_masked(&value.text) => Some(&value.text),
        _ => None,
    }
}

/// `name`, `name:qualifier`, `123456789012:function:name[:qualifier]`.
fn function_name(value: &str) -> &str {
    value
        .split_once(":function:")
        .map_or(value, |(_, name)| name)
}

/// The accounts that the request itself names as owners of what it is about:
/// in a queue's address, before a function's name, as a registry. None: the
/// record's own account.
pub(super) fn owners(action: &str, parameters: &Parameters) -> BTreeSet<String> {
    let (member, account): (_, fn(&str) -> Option<&str>) = match action.split(':').next() {
        Some("sqs") => ("queueUrl", queue_url::owner),
        Some("lambda") => ("functionName", |name| {
            Some(name.split_once(":function:")?.0)
        }),
        Some("ecr") => ("registryId", |id| Some(id)),
        _ => return BTreeSet::new(),
    };
    let values = parameters.get(member).into_iter().flatten();
    values
        .filter_map(|value| account(&value.text))
        .filter(|text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

fn copied(value: &str) -> Option<(&str, &str)> {
    let value = value.strip_prefix('/').unwrap_or(value);
    let value = value.split("?versionId=").next().unwrap_or(value);
    value.split_once('/')
}

/// Literal text in the policy language, where `*`, `?` and `$` are special
/// (R89).
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' => escaped.push_str("${*}"),
            '?' => escaped.push_str("${?}"),
            '$' => escaped.push_str("${$}"),
            c => escaped.push(c),
        }
    }
    escaped
}

impl Value {
    /// A value of a row; in a folded row one that ends in `*` was cut there.
    pub(super) fn of_row(text: &str, folded: bool) -> Self {
        let cut = text.strip_suffix('*').filter(|_| folded);
        Self {
            text: cut.unwrap_or(text).to_owned(),
            folded: cut.is_some(),
        }
    }
}

impl Filling {
    fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            is_pattern: false,
            folded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(action: &str, event: &str, placeholder: &str, members: &[(&str, &str)]) -> Vec<String> {
        let mut parameters = Parameters::new();
        for (path, value) in members {
            let values = parameters.entry((*path).to_owned()).or_default();
            let (text, folded) = match value.strip_suffix("**") {
                Some(text) => (text, true),
                None => (*value, false),
            };
            let text = text.to_owned();
            values.push(Value { text, folded });
        }
        let found = fillings(action, event, placeholder, &parameters);
        found.into_iter().map(|f| f.text).collect()
    }

    #[test]
    fn services_spell_their_names_in_their_own_ways() {
        for (action, placeholder, member, value, expected) in [
            (
                "sqs:SendMessage",
                "QueueName",
                "queueUrl",
                "https://sqs.eu-west-1.amazonaws.com/111122223333/q",
                "q",
            ),
            (
                "ssm:GetParameter",
                "ParameterNameWithoutLeadingSlash",
                "name",
                "/a/b",
                "a/b",
            ),
            (
                "secretsmanager:GetSecretValue",
                "SecretId",
                "secretId",
                "db*",
                "db${*}-??????",
            ),
            ("iam:GetRole", "RoleNameWithPath", "roleName", "r", "*r"),
            (
                "lambda:InvokeFunction",
                "FunctionName",
                "functionName",
                "1:function:f:live",
                "f:live",
            ),
            (
                "ecs:RunTask",
                "TaskDefinitionFamilyName",
                "taskDefinition",
                "web:3",
                "web",
            ),
            (
                "ecs:RunTask",
                "TaskDefinitionRevisionNumber",
                "taskDefinition",
                "web:3",
                "3",
            ),
            (
                "dynamodb:BatchGetItem",
                "TableName",
                "requestItems{}",
                "t",
                "t",
            ),
            (
                "ec2:StartInstances",
                "InstanceId",
                "instancesSet.items.instanceId",
                "i-1",
                "i-1",
            ),
            ("kms:CreateAlias", "Alias", "aliasName", "alias/app", "app"),
            (
                "cloudwatch:DeleteAlarms",
                "AlarmName",
                "alarmNames",
                "a",
                "a",
            ),
            ("backup:CreateBackupPlan", "PlanName", "planName", "p", "p"),
            (
                "rds:StopDBInstance",
                "DbInstanceName",
                "dBInstanceIdentifier",
                "d",
                "d",
            ),
        ] {
            assert_eq!(
                told(action, "", placeholder, &[(member, value)]),
                [expected],
                "{action}"
            );
        }
    }

    #[test]
    fn folded_values_stay_open_at_their_end() {
        for (action, placeholder, member, value, expected) in [
            ("s3:GetObject", "ObjectName", "key", "a?/**", "a${?}/*"),
            (
                "sqs:SendMessage",
                "QueueName",
                "queueUrl",
                "https://sqs.eu-west-1.amazonaws.com/111122223333/**",
                "*",
            ),
            (
                "ssm:GetParameter",
                "ParameterNameWithoutLeadingSlash",
                "name",
                "/a/**",
                "a/*",
            ),
            (
                "secretsmanager:GetSecretValue",
                "SecretId",
                "secretId",
                "db/**",
                "db/*",
            ),
        ] {
            let found = told(action, "", placeholder, &[(member, value)]);
            assert!(
                found == [expected] || found.is_empty() && expected == "*",
                "{action} {found:?}"
            );
        }
    }

    #[test]
    fn what_is_not_told_is_not_made_up() {
        assert!(told("kms:Decrypt", "Decrypt", "KeyId", &[("keyId", "alias/app")]).is_empty());
        assert!(
            told(
                "s3:GetObject",
                "GetObject",
                "ObjectName",
                &[("bucketName", "b")]
            )
            .is_empty()
        );
        assert!(told("s3:PutObject", "PutObject", "ObjectName", &[("key", "***")]).is_empty());
        assert!(
            told(
                "ec2:StopInstances",
                "",
                "InstanceId",
                &[("response.x.instanceId", "i-1")]
            )
            .is_empty()
        );
        assert!(
            told(
                "sqs:SendMessage",
                "",
                "QueueName",
                &[("queueUrl", "https://x/1/q")]
            )
            .is_empty()
        );
        assert_eq!(
            told("ecs:ListTasks", "ListTasks", "ClusterName", &[]),
            ["default"]
        );
    }

    #[test]
    fn a_copy_reads_one_object_and_writes_another() {
        let members = [
            ("bucketName", "to"),
            ("key", "k"),
            ("x-amz-copy-source", "/from/a/b?versionId=3"),
        ];
        for (action, bucket, key) in [("s3:GetObject", "from", "a/b"), ("s3:PutObject", "to", "k")]
        {
            assert_eq!(told(action, "CopyObject", "BucketName", &members), [bucket]);
            assert_eq!(told(action, "CopyObject", "ObjectName", &members), [key]);
        }
    }

    #[test]
    fn members_that_name_resources_are_kept() {
        for path in [
            "tableName",
            "requestItems{}",
            "a.b.roleArn",
            "key",
            "queueUrl",
            "iamInstanceProfile.arn",
            "dBInstanceIdentifier",
        ] {
            assert!(is_resource_parameter(path), "{path}");
        }
        for path in [
            "uploadId",
            "requestId",
            "maxResults",
            "policyDocument",
            "roleSessionName",
            "x-amz-acl",
        ] {
            assert!(!is_resource_parameter(path), "{path}");
        }
    }
}

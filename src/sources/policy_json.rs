//! Where policies stand in a JSON tree: the document itself, the responses of
//! AWS commands that wrap one, and documents embedded anywhere else.

use super::plan::State;
use super::reading::{Place, Reading};
use super::{Form, Host, account, change_set, cloudformation, organization, pulumi, serverless};
use crate::policy::PolicyType;
use crate::syntax::{Node, Value};

/// A member of a response that holds a policy (`inputs.md` section 5.12).
struct Wrapper {
    key: &'static str,
    /// Members that stand beside it.
    beside: &'static [&'static str],
    /// Whether nothing else stands beside it: for keys too common to be
    /// evidence alone.
    alone: bool,
    policy_type: PolicyType,
    host: Host,
    /// The member beside it that names what the policy belongs to.
    arn: Option<&'static str>,
}

const fn wrapper(
    key: &'static str,
    beside: &'static [&'static str],
    policy_type: PolicyType,
    host: Host,
) -> Wrapper {
    Wrapper {
        key,
        beside,
        alone: false,
        policy_type,
        host,
        arn: None,
    }
}

impl Wrapper {
    const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    const fn arn(mut self, key: &'static str) -> Self {
        self.arn = Some(key);
        self
    }

    fn fits(&self, key: &str, object: &Node) -> bool {
        key == self.key
            && self.beside.iter().all(|name| object.get(name).is_some())
            && !(self.alone
                && object.as_object().into_iter().flatten().any(|member| {
                    let name = member.key.name.as_str();
                    name != self.key && !self.beside.contains(&name)
                }))
    }
}

/// The first that fits tells type and host.
const WRAPPERS: &[Wrapper] = &[
    // iam get-role, list-roles
    wrapper(
        "AssumeRolePolicyDocument",
        &[],
        PolicyType::Trust,
        Host::RoleTrust,
    )
    .arn("Arn"),
    // iam get-role-policy, get-user-policy, get-group-policy
    wrapper(
        "PolicyDocument",
        &["RoleName"],
        PolicyType::Identity,
        Host::Role,
    ),
    wrapper(
        "PolicyDocument",
        &["UserName"],
        PolicyType::Identity,
        Host::User,
    ),
    wrapper(
        "PolicyDocument",
        &["GroupName"],
        PolicyType::Identity,
        Host::Group,
    ),
    // iam get-policy-version
    wrapper(
        "Document",
        &["VersionId"],
        PolicyType::Identity,
        Host::ManagedPolicy,
    ),
    // ec2 describe-vpc-endpoints
    wrapper(
        "PolicyDocument",
        &["VpcEndpointId"],
        PolicyType::VpcEndpoint,
        Host::Resource(Some("ec2")),
    ),
    // sqs get-queue-attributes, sns get-topic-attributes
    resource("Policy", &["QueueArn"], Some("sqs")).arn("QueueArn"),
    resource("Policy", &["TopicArn"], Some("sns")).arn("TopicArn"),
    // backup get-backup-vault-access-policy
    resource("Policy", &["BackupVaultArn"], Some("backup")).arn("BackupVaultArn"),
    // efs describe-file-system-policy
    resource("Policy", &["FileSystemId"], Some("elasticfilesystem")),
    // events describe-event-bus
    resource("Policy", &["Arn", "Name"], Some("events")).arn("Arn"),
    // kms get-key-policy
    resource("Policy", &["PolicyName"], Some("kms")).alone(),
    // lambda get-policy, dynamodb get-resource-policy
    resource("Policy", &["RevisionId"], None).alone(),
    // s3api get-bucket-policy, sqs get-queue-attributes --attribute-names Policy
    resource("Policy", &[], None).alone(),
    // secretsmanager get-resource-policy
    resource("ResourcePolicy", &["ARN"], Some("secretsmanager")).arn("ARN"),
    // ecr get-repository-policy
    resource("policyText", &[], Some("ecr")),
    // logs describe-resource-policies
    resource("policyDocument", &["lastUpdatedTime"], Some("logs")),
    // opensearch describe-domain
    resource("AccessPolicies", &[], Some("es")).arn("ARN"),
    // glue get-resource-policy, get-resource-policies
    resource("PolicyInJson", &["PolicyHash"], Some("glue")),
    // iot get-policy
    wrapper(
        "policyDocument",
        &["policyName", "policyArn"],
        PolicyType::Identity,
        Host::Resource(Some("iot")),
    )
    .arn("policyArn"),
    // codeartifact get-domain-permissions-policy, get-repository-permissions-policy
    resource(
        "document",
        &["resourceArn", "revision"],
        Some("codeartifact"),
    )
    .arn("resourceArn"),
    // logs describe-destinations
    resource("accessPolicy", &["destinationName", "arn"], Some("logs")).arn("arn"),
    // network-firewall, redshift and others: get-resource-policy
    resource("Policy", &["ResourceArn"], None).arn("ResourceArn"),
    // kafka get-cluster-policy
    resource("Policy", &["CurrentVersion"], Some("kafka")).alone(),
    // vpc-lattice get-auth-policy
    resource(
        "policy",
        &["state", "createdAt", "lastUpdatedAt"],
        Some("vpc-lattice"),
    ),
    // organizations describe-resource-policy
    resource("Content", &["ResourcePolicySummary"], Some("organizations")),
    // sso-admin get-inline-policy-for-permission-set
    wrapper(
        "InlinePolicy",
        &[],
        PolicyType::Identity,
        Host::PermissionSet,
    ),
];

const fn resource(
    key: &'static str,
    beside: &'static [&'static str],
    service: Option<&'static str>,
) -> Wrapper {
    wrapper(key, beside, PolicyType::Resource, Host::Resource(service))
}

/// Reads every policy of a text's documents.
pub(super) fn read(roots: &[Node], reading: &mut Reading<'_>) {
    for (page, root) in roots.iter().enumerate() {
        let pointer = match roots {
            [_] => String::new(),
            _ => format!("/{page}"),
        };
        if account::is_export(root) {
            account::read(root, reading);
        } else if organization::is_organization(root) {
            organization::read(root, reading);
        } else if change_set::is_change_set(root) {
            change_set::read(root, State::After, reading);
        } else if pulumi::is_pulumi(root) {
            pulumi::read(root, State::After, reading);
        } else if is_policy(root) || root.as_str().is_some_and(holds_policy) {
            add(root, &pointer, NOTHING, reading);
        } else if serverless::is_service(root) {
            serverless::read(root, reading);
        } else if cloudformation::is_template(root) {
            cloudformation::read(root, reading);
        } else if other_form(root).is_none() {
            descend(root, &pointer, reading);
        }
    }
}

/// What the place of a document tells.
struct Told {
    policy_type: Option<PolicyType>,
    host: Host,
    arn: Option<String>,
}

const NOTHING: Told = Told {
    policy_type: None,
    host: Host::Unstated,
    arn: None,
};

fn add(node: &Node, pointer: &str, told: Told, reading: &mut Reading<'_>) {
    let form = match told.host {
        Host::Organization => Form::Organization,
        _ => reading.plain_form(),
    };
    reading.add(Place {
        address: (!pointer.is_empty()).then(|| pointer.to_owned()),
        host: told.host,
        arn: told.arn,
        policy_type: told.policy_type,
        ..Place::new(node, form)
    });
}

fn descend(node: &Node, pointer: &str, reading: &mut Reading<'_>) {
    match &node.value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                visit(element, &pointer, None, reading);
            }
        }
        Value::Object(members) if !is_trail_record(node) => {
            for member in members {
                let key = &member.key.name;
                let pointer = format!("{pointer}/{}", escape(key));
                if account::is_export(&member.value) {
                    account::read(&member.value, reading);
                } else {
                    visit(&member.value, &pointer, Some((key, node)), reading);
                }
            }
        }
        _ => {}
    }
}

/// Reads `node`, which stands under a key of an object or in an array.
fn visit(node: &Node, pointer: &str, under: Option<(&str, &Node)>, reading: &mut Reading<'_>) {
    if under.is_some_and(|(key, object)| is_no_access_policy(key, object)) {
        return;
    }
    let told = under.and_then(|(key, object)| told(key, object));
    let is_document = match &node.value {
        Value::Object(_) if told.is_some() => is_policy(node),
        Value::Object(_) => is_surely_policy(node),
        Value::String(text) => holds_policy(&text.value),
        _ => false,
    };
    if is_document {
        add(node, pointer, told.unwrap_or(NOTHING), reading);
    } else {
        descend(node, pointer, reading);
    }
}

/// Whether it is an organization's tag, backup or chat policy, or the like.
fn is_no_access_policy(key: &str, object: &Node) -> bool {
    key == "Content"
        && object.get("PolicySummary").is_some()
        && organization_policy(object).is_none()
}

/// The type of an organization's policy.
fn organization_policy(object: &Node) -> Option<PolicyType> {
    match object.get("PolicySummary")?.get("Type")?.as_str()? {
        "SERVICE_CONTROL_POLICY" => Some(PolicyType::Scp),
        "RESOURCE_CONTROL_POLICY" => Some(PolicyType::Rcp),
        _ => None,
    }
}

fn told(key: &str, object: &Node) -> Option<Told> {
    let text = |node: Option<&Node>| node.and_then(Node::as_str).map(str::to_owned);
    if let ("Content", Some(policy_type)) = (key, organization_policy(object)) {
        return Some(Told {
            policy_type: Some(policy_type),
            host: Host::Organization,
            arn: text(object.get("PolicySummary").and_then(|of| of.get("Arn"))),
        });
    }
    let wrapper = WRAPPERS.iter().find(|row| row.fits(key, object))?;
    Some(Told {
        policy_type: Some(wrapper.policy_type),
        host: wrapper.host,
        arn: wrapper.arn.and_then(|key| text(object.get(key))),
    })
}

/// Whether an object that stands where a policy may stand is one.
fn is_policy(node: &Node) -> bool {
    crate::policy::looks_like_policy(node) || has_version(node)
}

/// Whether an object is a policy wherever it stands: its statements say so.
pub(super) fn is_surely_policy(node: &Node) -> bool {
    let is_statement = |node: &Node| {
        node.get("Effect").is_some()
            && (node.get("Action").is_some() || node.get("NotAction").is_some())
    };
    node.get("Statement").is_some_and(|statements| {
        has_version(node)
            || is_statement(statements)
            || statements
                .as_array()
                .is_some_and(|list| list.iter().any(is_statement))
    })
}

/// Whether it names a version of the policy language (R48).
fn has_version(node: &Node) -> bool {
    matches!(
        node.get("Version").and_then(Node::as_str),
        Some("2012-10-17" | "2008-10-17")
    )
}

/// Whether a string is policy JSON, as it stands or URL-encoded.
pub(super) fn holds_policy(text: &str) -> bool {
    let text = text.trim_start();
    (text.starts_with('{') || text.starts_with("%7B") || text.starts_with("%7b"))
        && text.contains("Statement")
}

/// A CloudTrail record quotes the policies of past calls: no policy in force.
fn is_trail_record(node: &Node) -> bool {
    node.get("eventVersion").is_some() && node.get("eventSource").is_some()
}

/// A key as a token of a JSON pointer (RFC 6901).
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A form whose policies are written with references, which plain policy JSON
/// does not have: read as such, they would all look broken.
pub(super) fn other_form(root: &Node) -> Option<&'static str> {
    let version = root.get("version").and_then(Node::as_str);
    if version.is_some_and(|version| version.starts_with("tree-")) && root.get("tree").is_some() {
        return Some("a CDK construct tree");
    }
    let is_summary =
        |policy: &Node| policy.get("AwsManaged").is_some() && policy.get("Type").is_some();
    let policies = root.get("Policies").and_then(Node::as_array);
    if policies.is_some_and(|all| all.first().is_some_and(is_summary)) {
        return Some("a list of names: `aws organizations describe-policy` prints a policy");
    }
    None
}

//! Which attributes of which resources hold a policy, and what kind it is
//! (`inputs.md` section 4). An attribute that is merely called so is not here.

use crate::policy::PolicyType;
use crate::sources::Host;

/// An attribute that holds the JSON of a policy.
pub(in crate::sources) struct HostRow {
    pub(in crate::sources) type_name: &'static str,
    /// Blocks on the way, and the attribute.
    pub(in crate::sources) path: &'static [&'static str],
    pub(in crate::sources) policy_type: PolicyType,
    pub(in crate::sources) host: Host,
}

/// The rows of a type.
pub(in crate::sources) fn rows(type_name: &str) -> impl Iterator<Item = &'static HostRow> {
    ROWS.iter().filter(move |row| row.type_name == type_name)
}

const fn row(
    type_name: &'static str,
    path: &'static [&'static str],
    policy_type: PolicyType,
    host: Host,
) -> HostRow {
    HostRow {
        type_name,
        path,
        policy_type,
        host,
    }
}

/// A resource policy in the attribute `policy`.
const fn resource(type_name: &'static str, service: &'static str) -> HostRow {
    at(type_name, &["policy"], service)
}

const fn at(
    type_name: &'static str,
    path: &'static [&'static str],
    service: &'static str,
) -> HostRow {
    row(
        type_name,
        path,
        PolicyType::Resource,
        Host::Resource(Some(service)),
    )
}

const POLICY: &[&str] = &["policy"];

const ROWS: &[HostRow] = &[
    row(
        "aws_iam_policy",
        POLICY,
        PolicyType::Identity,
        Host::ManagedPolicy,
    ),
    row(
        "aws_iam_role_policy",
        POLICY,
        PolicyType::Identity,
        Host::Role,
    ),
    row(
        "aws_iam_user_policy",
        POLICY,
        PolicyType::Identity,
        Host::User,
    ),
    row(
        "aws_iam_group_policy",
        POLICY,
        PolicyType::Identity,
        Host::Group,
    ),
    row(
        "aws_iam_role",
        &["assume_role_policy"],
        PolicyType::Trust,
        Host::RoleTrust,
    ),
    row(
        "aws_iam_role",
        &["inline_policy", "policy"],
        PolicyType::Identity,
        Host::Role,
    ),
    row(
        "aws_ssoadmin_permission_set_inline_policy",
        &["inline_policy"],
        PolicyType::Identity,
        Host::PermissionSet,
    ),
    row(
        "aws_vpc_endpoint",
        POLICY,
        PolicyType::VpcEndpoint,
        Host::Resource(Some("ec2")),
    ),
    row(
        "aws_vpc_endpoint_policy",
        POLICY,
        PolicyType::VpcEndpoint,
        Host::Resource(Some("ec2")),
    ),
    resource("aws_api_gateway_rest_api", "execute-api"),
    resource("aws_api_gateway_rest_api_policy", "execute-api"),
    resource("aws_backup_vault_policy", "backup"),
    resource("aws_bedrock_resource_policy", "bedrock"),
    at(
        "aws_cloudsearch_domain_service_access_policy",
        &["access_policy"],
        "cloudsearch",
    ),
    resource("aws_cloudwatch_event_bus_policy", "events"),
    at(
        "aws_cloudwatch_log_destination_policy",
        &["access_policy"],
        "logs",
    ),
    at(
        "aws_cloudwatch_log_resource_policy",
        &["policy_document"],
        "logs",
    ),
    at(
        "aws_cloudwatch_log_delivery_destination_policy",
        &["delivery_destination_policy"],
        "logs",
    ),
    at(
        "aws_codeartifact_domain_permissions_policy",
        &["policy_document"],
        "codeartifact",
    ),
    at(
        "aws_codeartifact_repository_permissions_policy",
        &["policy_document"],
        "codeartifact",
    ),
    resource("aws_codebuild_resource_policy", "codebuild"),
    at("aws_dynamodb_resource_policy", POLICY, "dynamodb"),
    resource("aws_ecr_registry_policy", "ecr"),
    resource("aws_ecr_repository_policy", "ecr"),
    at(
        "aws_ecr_repository_creation_template",
        &["repository_policy"],
        "ecr",
    ),
    resource("aws_ecrpublic_repository_policy", "ecr-public"),
    resource("aws_efs_file_system_policy", "elasticfilesystem"),
    at("aws_elasticsearch_domain", &["access_policies"], "es"),
    at(
        "aws_elasticsearch_domain_policy",
        &["access_policies"],
        "es",
    ),
    at("aws_glacier_vault", &["access_policy"], "glacier"),
    at("aws_glacier_vault_lock", POLICY, "glacier"),
    resource("aws_glue_resource_policy", "glue"),
    row(
        "aws_iot_policy",
        POLICY,
        PolicyType::Identity,
        Host::Resource(Some("iot")),
    ),
    resource("aws_kinesis_resource_policy", "kinesis"),
    resource("aws_kms_external_key", "kms"),
    resource("aws_kms_key", "kms"),
    resource("aws_kms_key_policy", "kms"),
    resource("aws_kms_replica_external_key", "kms"),
    resource("aws_kms_replica_key", "kms"),
    resource("aws_media_store_container_policy", "mediastore"),
    resource("aws_msk_cluster_policy", "kafka"),
    resource("aws_networkfirewall_resource_policy", "network-firewall"),
    at("aws_opensearch_domain", &["access_policies"], "es"),
    at("aws_opensearch_domain_policy", &["access_policies"], "es"),
    at(
        "aws_organizations_resource_policy",
        &["content"],
        "organizations",
    ),
    at("aws_redshift_resource_policy", POLICY, "redshift"),
    resource("aws_s3_access_point", "s3"),
    resource("aws_s3_bucket", "s3"),
    resource("aws_s3_bucket_policy", "s3"),
    at("aws_s3_directory_access_point", POLICY, "s3express"),
    resource("aws_s3control_access_point_policy", "s3"),
    resource("aws_s3control_bucket_policy", "s3-outposts"),
    at(
        "aws_s3control_multi_region_access_point_policy",
        &["details", "policy"],
        "s3",
    ),
    resource(
        "aws_s3control_object_lambda_access_point_policy",
        "s3-object-lambda",
    ),
    at(
        "aws_s3tables_table_bucket_policy",
        &["resource_policy"],
        "s3tables",
    ),
    at(
        "aws_s3tables_table_policy",
        &["resource_policy"],
        "s3tables",
    ),
    at("aws_s3vectors_vector_bucket_policy", POLICY, "s3vectors"),
    at(
        "aws_sagemaker_model_package_group_policy",
        &["resource_policy"],
        "sagemaker",
    ),
    resource("aws_schemas_registry_policy", "schemas"),
    resource("aws_secretsmanager_secret", "secretsmanager"),
    resource("aws_secretsmanager_secret_policy", "secretsmanager"),
    resource("aws_ses_identity_policy", "ses"),
    resource("aws_sesv2_email_identity_policy", "ses"),
    resource("aws_sns_topic", "sns"),
    resource("aws_sns_topic_policy", "sns"),
    resource("aws_sqs_queue", "sqs"),
    resource("aws_sqs_queue_policy", "sqs"),
    row(
        "aws_transfer_access",
        POLICY,
        PolicyType::Session,
        Host::Unstated,
    ),
    row(
        "aws_transfer_user",
        POLICY,
        PolicyType::Session,
        Host::Unstated,
    ),
    at("aws_vpclattice_auth_policy", POLICY, "vpc-lattice"),
    at("aws_vpclattice_resource_policy", POLICY, "vpc-lattice"),
];

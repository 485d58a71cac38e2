//! What attributes of resources hold that only AWS gives: names, and ARNs with
//! the name in its place. Derived from the ARN formats that AWS documents for
//! each service; a type that is not here gives symbols.

/// What a resource is called, and its ARN.
pub(super) struct Shape {
    type_name: &'static str,
    /// The attribute that gives it its name; it may be left out.
    pub(super) name: Option<&'static str>,
    /// The attributes that hold the name.
    names: &'static [&'static str],
    /// Attributes that hold an ARN, or another text made from the name:
    /// `{partition}`, `{region}`, `{account}`, `{suffix}`, `{path}`, `{name}`,
    /// and other attributes in braces.
    arns: &'static [(&'static str, &'static str)],
    /// Whether the name is only what stands behind the last slash of what is
    /// written.
    pub(super) last_part: bool,
}

impl Shape {
    pub(super) fn gives_name(&self, attribute: &str) -> bool {
        self.names.contains(&attribute)
    }

    pub(super) fn arn(&self, attribute: &str) -> Option<&'static str> {
        let found = self.arns.iter().find(|(name, _)| *name == attribute)?;
        Some(found.1)
    }
}

/// The shape of a type of resources or data sources.
pub(super) fn shape(type_name: &str) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| shape.type_name == type_name)
}

const fn named(
    type_name: &'static str,
    name: &'static str,
    names: &'static [&'static str],
    arns: &'static [(&'static str, &'static str)],
) -> Shape {
    Shape {
        type_name,
        name: Some(name),
        names,
        arns,
        last_part: false,
    }
}

/// One whose name AWS gives.
const fn unnamed(
    type_name: &'static str,
    names: &'static [&'static str],
    arns: &'static [(&'static str, &'static str)],
) -> Shape {
    Shape {
        type_name,
        name: None,
        names,
        arns,
        last_part: false,
    }
}

const SHAPES: &[Shape] = &[
    // Identity.
    named(
        "aws_iam_role",
        "name",
        &["name", "id"],
        &[("arn", "arn:{partition}:iam::{account}:role{path}{name}")],
    ),
    named(
        "aws_iam_user",
        "name",
        &["name", "id"],
        &[("arn", "arn:{partition}:iam::{account}:user{path}{name}")],
    ),
    named(
        "aws_iam_group",
        "name",
        &["name", "id"],
        &[("arn", "arn:{partition}:iam::{account}:group{path}{name}")],
    ),
    named(
        "aws_iam_policy",
        "name",
        &["name"],
        &[
            ("arn", "arn:{partition}:iam::{account}:policy{path}{name}"),
            ("id", "arn:{partition}:iam::{account}:policy{path}{name}"),
        ],
    ),
    named(
        "aws_iam_instance_profile",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:iam::{account}:instance-profile{path}{name}",
        )],
    ),
    named(
        "aws_iam_saml_provider",
        "name",
        &["name"],
        &[
            ("arn", "arn:{partition}:iam::{account}:saml-provider/{name}"),
            ("id", "arn:{partition}:iam::{account}:saml-provider/{name}"),
        ],
    ),
    unnamed(
        "aws_cloudfront_origin_access_identity",
        &["id"],
        &[(
            "iam_arn",
            "arn:{partition}:iam::cloudfront:user/CloudFront Origin Access Identity {name}",
        )],
    ),
    // Storage.
    named(
        "aws_s3_bucket",
        "bucket",
        &["bucket", "id"],
        &[
            ("arn", "arn:{partition}:s3:::{name}"),
            ("bucket_domain_name", "{name}.s3.{suffix}"),
        ],
    ),
    named(
        "aws_s3_access_point",
        "name",
        &["name"],
        &[(
            "arn",
            "arn:{partition}:s3:{region}:{account}:accesspoint/{name}",
        )],
    ),
    named(
        "aws_ecr_repository",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:ecr:{region}:{account}:repository/{name}",
        )],
    ),
    unnamed(
        "aws_efs_file_system",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{name}",
        )],
    ),
    unnamed(
        "aws_efs_access_point",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:elasticfilesystem:{region}:{account}:access-point/{name}",
        )],
    ),
    named(
        "aws_backup_vault",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:backup:{region}:{account}:backup-vault:{name}",
        )],
    ),
    named(
        "aws_glacier_vault",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:glacier:{region}:{account}:vaults/{name}",
        )],
    ),
    // Keys and secrets.
    unnamed(
        "aws_kms_key",
        &["key_id", "id"],
        &[("arn", "arn:{partition}:kms:{region}:{account}:key/{name}")],
    ),
    unnamed(
        "aws_kms_external_key",
        &["id"],
        &[("arn", "arn:{partition}:kms:{region}:{account}:key/{name}")],
    ),
    unnamed(
        "aws_kms_replica_key",
        &["key_id", "id"],
        &[("arn", "arn:{partition}:kms:{region}:{account}:key/{name}")],
    ),
    named(
        "aws_kms_alias",
        "name",
        &["name", "id"],
        &[("arn", "arn:{partition}:kms:{region}:{account}:{name}")],
    ),
    Shape {
        type_name: "aws_secretsmanager_secret",
        // AWS adds six characters to the name.
        name: None,
        names: &[],
        arns: &[
            (
                "arn",
                "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}",
            ),
            (
                "id",
                "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}",
            ),
        ],
        last_part: false,
    },
    named("aws_ssm_parameter", "name", &["name", "id"], &[]),
    // Messages and events.
    named(
        "aws_sqs_queue",
        "name",
        &["name"],
        &[
            ("arn", "arn:{partition}:sqs:{region}:{account}:{name}"),
            ("id", "https://sqs.{region}.{suffix}/{account}/{name}"),
            ("url", "https://sqs.{region}.{suffix}/{account}/{name}"),
        ],
    ),
    named(
        "aws_sns_topic",
        "name",
        &["name"],
        &[
            ("arn", "arn:{partition}:sns:{region}:{account}:{name}"),
            ("id", "arn:{partition}:sns:{region}:{account}:{name}"),
        ],
    ),
    named(
        "aws_kinesis_stream",
        "name",
        &["name"],
        &[
            (
                "arn",
                "arn:{partition}:kinesis:{region}:{account}:stream/{name}",
            ),
            (
                "id",
                "arn:{partition}:kinesis:{region}:{account}:stream/{name}",
            ),
        ],
    ),
    named(
        "aws_kinesis_firehose_delivery_stream",
        "name",
        &["name"],
        &[
            (
                "arn",
                "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}",
            ),
            (
                "id",
                "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}",
            ),
        ],
    ),
    named(
        "aws_cloudwatch_event_bus",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:events:{region}:{account}:event-bus/{name}",
        )],
    ),
    Shape {
        type_name: "aws_cloudwatch_event_rule",
        name: Some("name"),
        names: &["name"],
        // On a bus of its own the ARN names that too: {name} is then both.
        arns: &[(
            "arn",
            "arn:{partition}:events:{region}:{account}:rule/{name}",
        )],
        last_part: false,
    },
    named(
        "aws_scheduler_schedule_group",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:scheduler:{region}:{account}:schedule-group/{name}",
        )],
    ),
    named(
        "aws_pipes_pipe",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:pipes:{region}:{account}:pipe/{name}",
        )],
    ),
    named("aws_mq_broker", "broker_name", &["broker_name"], &[]),
    // Computation.
    named(
        "aws_lambda_function",
        "function_name",
        &["function_name", "id"],
        &[
            (
                "arn",
                "arn:{partition}:lambda:{region}:{account}:function:{name}",
            ),
            (
                "invoke_arn",
                "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/arn:{partition}:lambda:{region}:{account}:function:{name}/invocations",
            ),
        ],
    ),
    named("aws_lambda_alias", "name", &["name"], &[]),
    named(
        "aws_sfn_state_machine",
        "name",
        &["name"],
        &[
            (
                "arn",
                "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
            ),
            (
                "id",
                "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
            ),
        ],
    ),
    named(
        "aws_sfn_activity",
        "name",
        &["name"],
        &[
            (
                "arn",
                "arn:{partition}:states:{region}:{account}:activity:{name}",
            ),
            (
                "id",
                "arn:{partition}:states:{region}:{account}:activity:{name}",
            ),
        ],
    ),
    named(
        "aws_codebuild_project",
        "name",
        &["name"],
        &[
            (
                "arn",
                "arn:{partition}:codebuild:{region}:{account}:project/{name}",
            ),
            (
                "id",
                "arn:{partition}:codebuild:{region}:{account}:project/{name}",
            ),
        ],
    ),
    named(
        "aws_codepipeline",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:codepipeline:{region}:{account}:{name}",
        )],
    ),
    named(
        "aws_codecommit_repository",
        "repository_name",
        &["repository_name", "id"],
        &[(
            "arn",
            "arn:{partition}:codecommit:{region}:{account}:{name}",
        )],
    ),
    named(
        "aws_ecs_cluster",
        "name",
        &["name"],
        &[
            (
                "arn",
                "arn:{partition}:ecs:{region}:{account}:cluster/{name}",
            ),
            (
                "id",
                "arn:{partition}:ecs:{region}:{account}:cluster/{name}",
            ),
        ],
    ),
    named(
        "aws_ecs_task_definition",
        "family",
        &["family"],
        &[
            (
                "arn",
                "arn:{partition}:ecs:{region}:{account}:task-definition/{name}:{revision}",
            ),
            (
                "arn_without_revision",
                "arn:{partition}:ecs:{region}:{account}:task-definition/{name}",
            ),
        ],
    ),
    named(
        "aws_eks_cluster",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:eks:{region}:{account}:cluster/{name}",
        )],
    ),
    named(
        "aws_batch_job_queue",
        "name",
        &["name"],
        &[(
            "arn",
            "arn:{partition}:batch:{region}:{account}:job-queue/{name}",
        )],
    ),
    unnamed(
        "aws_instance",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:ec2:{region}:{account}:instance/{name}",
        )],
    ),
    unnamed(
        "aws_vpc",
        &["id"],
        &[("arn", "arn:{partition}:ec2:{region}:{account}:vpc/{name}")],
    ),
    unnamed(
        "aws_subnet",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:ec2:{region}:{account}:subnet/{name}",
        )],
    ),
    unnamed(
        "aws_security_group",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:ec2:{region}:{account}:security-group/{name}",
        )],
    ),
    unnamed(
        "aws_vpc_endpoint",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{name}",
        )],
    ),
    unnamed(
        "aws_ebs_volume",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:ec2:{region}:{account}:volume/{name}",
        )],
    ),
    // Data.
    named(
        "aws_dynamodb_table",
        "name",
        &["name", "id"],
        &[
            (
                "arn",
                "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
            ),
            (
                "stream_arn",
                "arn:{partition}:dynamodb:{region}:{account}:table/{name}/stream/{stream_label}",
            ),
        ],
    ),
    named(
        "aws_rds_cluster",
        "cluster_identifier",
        &["cluster_identifier", "id"],
        &[(
            "arn",
            "arn:{partition}:rds:{region}:{account}:cluster:{name}",
        )],
    ),
    named(
        "aws_db_instance",
        "identifier",
        &["identifier"],
        &[("arn", "arn:{partition}:rds:{region}:{account}:db:{name}")],
    ),
    named(
        "aws_redshift_cluster",
        "cluster_identifier",
        &["cluster_identifier", "id"],
        &[],
    ),
    named(
        "aws_opensearch_domain",
        "domain_name",
        &["domain_name"],
        &[
            ("arn", "arn:{partition}:es:{region}:{account}:domain/{name}"),
            ("id", "arn:{partition}:es:{region}:{account}:domain/{name}"),
        ],
    ),
    named(
        "aws_elasticsearch_domain",
        "domain_name",
        &["domain_name"],
        &[
            ("arn", "arn:{partition}:es:{region}:{account}:domain/{name}"),
            ("id", "arn:{partition}:es:{region}:{account}:domain/{name}"),
        ],
    ),
    named(
        "aws_qldb_ledger",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:qldb:{region}:{account}:ledger/{name}",
        )],
    ),
    named(
        "aws_athena_workgroup",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:athena:{region}:{account}:workgroup/{name}",
        )],
    ),
    named(
        "aws_glue_catalog_database",
        "name",
        &["name"],
        &[(
            "arn",
            "arn:{partition}:glue:{region}:{account}:database/{name}",
        )],
    ),
    named(
        "aws_glue_job",
        "name",
        &["name", "id"],
        &[("arn", "arn:{partition}:glue:{region}:{account}:job/{name}")],
    ),
    named(
        "aws_glue_crawler",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:glue:{region}:{account}:crawler/{name}",
        )],
    ),
    named(
        "aws_timestreamwrite_database",
        "database_name",
        &["database_name", "id"],
        &[(
            "arn",
            "arn:{partition}:timestream:{region}:{account}:database/{name}",
        )],
    ),
    // Watching.
    named(
        "aws_cloudwatch_log_group",
        "name",
        &["name", "id"],
        &[(
            "arn",
            "arn:{partition}:logs:{region}:{account}:log-group:{name}",
        )],
    ),
    named(
        "aws_cloudwatch_metric_alarm",
        "alarm_name",
        &["alarm_name", "id"],
        &[(
            "arn",
            "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
        )],
    ),
    named(
        "aws_cloudtrail",
        "name",
        &["name"],
        &[(
            "arn",
            "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}",
        )],
    ),
    // The edge.
    unnamed(
        "aws_cloudfront_distribution",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:cloudfront::{account}:distribution/{name}",
        )],
    ),
    unnamed(
        "aws_route53_zone",
        &["zone_id", "id"],
        &[("arn", "arn:{partition}:route53:::hostedzone/{name}")],
    ),
    unnamed(
        "aws_acm_certificate",
        &[],
        &[
            (
                "arn",
                "arn:{partition}:acm:{region}:{account}:certificate/{name}",
            ),
            (
                "id",
                "arn:{partition}:acm:{region}:{account}:certificate/{name}",
            ),
        ],
    ),
    unnamed(
        "aws_api_gateway_rest_api",
        &["id"],
        &[
            (
                "arn",
                "arn:{partition}:apigateway:{region}::/restapis/{name}",
            ),
            (
                "execution_arn",
                "arn:{partition}:execute-api:{region}:{account}:{name}",
            ),
        ],
    ),
    unnamed(
        "aws_apigatewayv2_api",
        &["id"],
        &[
            ("arn", "arn:{partition}:apigateway:{region}::/apis/{name}"),
            (
                "execution_arn",
                "arn:{partition}:execute-api:{region}:{account}:{name}",
            ),
        ],
    ),
    unnamed(
        "aws_appsync_graphql_api",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:appsync:{region}:{account}:apis/{name}",
        )],
    ),
    unnamed(
        "aws_cognito_user_pool",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:cognito-idp:{region}:{account}:userpool/{name}",
        )],
    ),
    unnamed(
        "aws_cognito_identity_pool",
        &["id"],
        &[(
            "arn",
            "arn:{partition}:cognito-identity:{region}:{account}:identitypool/{name}",
        )],
    ),
];

#[cfg(test)]
mod tests {
    use super::SHAPES;
    use std::collections::BTreeSet;

    #[test]
    fn every_type_stands_once() {
        let types: BTreeSet<_> = SHAPES.iter().map(|shape| shape.type_name).collect();
        assert_eq!(types.len(), SHAPES.len());
    }

    #[test]
    fn every_pattern_has_a_name() {
        for shape in SHAPES {
            for (attribute, pattern) in shape.arns {
                assert!(
                    pattern.contains("{name}"),
                    "{}.{attribute}",
                    shape.type_name
                );
                assert_eq!(pattern.matches('{').count(), pattern.matches('}').count());
                assert!(
                    !shape.gives_name(attribute),
                    "{}.{attribute}",
                    shape.type_name
                );
            }
        }
    }
}

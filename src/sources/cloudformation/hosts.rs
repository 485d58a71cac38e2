//! Which property of which type holds a policy, and of what kind it is. The one
//! table behind discovery and the coverage line (`inputs.md` section 4).

use crate::policy::PolicyType;
use crate::sources::Host;

/// A place of policies. In a path, `[]` is every element of a list.
pub(super) struct Holder {
    pub(super) kind: &'static str,
    pub(super) path: &'static str,
    pub(super) policy_type: PolicyType,
    pub(super) host: Host,
}

const fn holder(
    kind: &'static str,
    path: &'static str,
    policy_type: PolicyType,
    host: Host,
) -> Holder {
    Holder {
        kind,
        path,
        policy_type,
        host,
    }
}

const fn identity(kind: &'static str, path: &'static str, host: Host) -> Holder {
    holder(kind, path, PolicyType::Identity, host)
}

const fn resource(kind: &'static str, path: &'static str, service: &'static str) -> Holder {
    holder(
        kind,
        path,
        PolicyType::Resource,
        Host::Resource(Some(service)),
    )
}

const fn trust(kind: &'static str) -> Holder {
    holder(
        kind,
        "AssumeRolePolicyDocument",
        PolicyType::Trust,
        Host::RoleTrust,
    )
}

/// The places of a type.
pub(super) fn of(kind: &str) -> impl Iterator<Item = &'static Holder> {
    HOLDERS.iter().filter(move |holder| holder.kind == kind)
}

#[rustfmt::skip]
const HOLDERS: &[Holder] = &[
    trust("AWS::IAM::Role"),
    identity("AWS::IAM::Role", "Policies[].PolicyDocument", Host::Role),
    identity("AWS::IAM::User", "Policies[].PolicyDocument", Host::User),
    identity("AWS::IAM::Group", "Policies[].PolicyDocument", Host::Group),
    identity("AWS::IAM::Policy", "PolicyDocument", Host::Role),
    identity("AWS::IAM::ManagedPolicy", "PolicyDocument", Host::ManagedPolicy),
    identity("AWS::IAM::RolePolicy", "PolicyDocument", Host::Role),
    identity("AWS::IAM::UserPolicy", "PolicyDocument", Host::User),
    identity("AWS::IAM::GroupPolicy", "PolicyDocument", Host::Group),
    identity("AWS::IoT::Policy", "PolicyDocument", Host::Unstated),
    identity("AWS::SSO::PermissionSet", "InlinePolicy", Host::PermissionSet),
    holder("AWS::EC2::VPCEndpoint", "PolicyDocument", PolicyType::VpcEndpoint, Host::Resource(Some("ec2"))),
    holder("AWS::Transfer::User", "Policy", PolicyType::Session, Host::Unstated),
    resource("AWS::ApiGateway::DomainNameV2", "Policy", "execute-api"),
    resource("AWS::ApiGateway::RestApi", "Policy", "execute-api"),
    resource("AWS::ApiGateway::RestApi", "Body.x-amazon-apigateway-policy", "execute-api"),
    resource("AWS::Backup::BackupVault", "AccessPolicy", "backup"),
    resource("AWS::Backup::LogicallyAirGappedBackupVault", "AccessPolicy", "backup"),
    resource("AWS::CloudTrail::ResourcePolicy", "ResourcePolicy", "cloudtrail"),
    resource("AWS::CodeArtifact::Domain", "PermissionsPolicyDocument", "codeartifact"),
    resource("AWS::CodeArtifact::Repository", "PermissionsPolicyDocument", "codeartifact"),
    resource("AWS::DynamoDB::Table", "ResourcePolicy.PolicyDocument", "dynamodb"),
    resource("AWS::DynamoDB::Table", "StreamSpecification.ResourcePolicy.PolicyDocument", "dynamodb"),
    resource("AWS::DynamoDB::GlobalTable", "Replicas[].ResourcePolicy.PolicyDocument", "dynamodb"),
    resource("AWS::ECR::PublicRepository", "RepositoryPolicyText", "ecr-public"),
    resource("AWS::ECR::RegistryPolicy", "PolicyText", "ecr"),
    resource("AWS::ECR::Repository", "RepositoryPolicyText", "ecr"),
    resource("AWS::ECR::RepositoryCreationTemplate", "RepositoryPolicy", "ecr"),
    resource("AWS::EFS::FileSystem", "FileSystemPolicy", "elasticfilesystem"),
    resource("AWS::Elasticsearch::Domain", "AccessPolicies", "es"),
    resource("AWS::Events::EventBus", "Policy", "events"),
    resource("AWS::EventSchemas::RegistryPolicy", "Policy", "schemas"),
    resource("AWS::KMS::Key", "KeyPolicy", "kms"),
    resource("AWS::KMS::ReplicaKey", "KeyPolicy", "kms"),
    resource("AWS::Kinesis::ResourcePolicy", "ResourcePolicy", "kinesis"),
    resource("AWS::Lex::ResourcePolicy", "Policy", "lex"),
    resource("AWS::Logs::Destination", "DestinationPolicy", "logs"),
    resource("AWS::Logs::LogGroup", "ResourcePolicyDocument", "logs"),
    resource("AWS::Logs::ResourcePolicy", "PolicyDocument", "logs"),
    resource("AWS::MediaStore::Container", "Policy", "mediastore"),
    resource("AWS::NetworkFirewall::ResourcePolicy", "PolicyDocument", "network-firewall"),
    resource("AWS::OpenSearchService::Domain", "AccessPolicies", "es"),
    resource("AWS::Organizations::ResourcePolicy", "Content", "organizations"),
    resource("AWS::RedshiftServerless::Namespace", "NamespaceResourcePolicy", "redshift-serverless"),
    resource("AWS::Redshift::Cluster", "NamespaceResourcePolicy", "redshift"),
    resource("AWS::RefactorSpaces::Environment", "ResourcePolicy", "refactor-spaces"),
    resource("AWS::S3::AccessPoint", "Policy", "s3"),
    resource("AWS::S3::BucketPolicy", "PolicyDocument", "s3"),
    resource("AWS::S3::MultiRegionAccessPointPolicy", "Policy", "s3"),
    resource("AWS::S3Express::BucketPolicy", "PolicyDocument", "s3express"),
    resource("AWS::S3Express::AccessPoint", "Policy", "s3express"),
    resource("AWS::S3ObjectLambda::AccessPointPolicy", "PolicyDocument", "s3-object-lambda"),
    resource("AWS::S3Outposts::AccessPoint", "Policy", "s3-outposts"),
    resource("AWS::S3Outposts::BucketPolicy", "PolicyDocument", "s3-outposts"),
    resource("AWS::S3Tables::TableBucketPolicy", "ResourcePolicy", "s3tables"),
    resource("AWS::S3Tables::TablePolicy", "ResourcePolicy", "s3tables"),
    resource("AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupPolicy", "sagemaker"),
    resource("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", "secretsmanager"),
    resource("AWS::SNS::TopicInlinePolicy", "PolicyDocument", "sns"),
    resource("AWS::SNS::TopicPolicy", "PolicyDocument", "sns"),
    resource("AWS::SQS::QueueInlinePolicy", "PolicyDocument", "sqs"),
    resource("AWS::SQS::QueuePolicy", "PolicyDocument", "sqs"),
    resource("AWS::SSM::ResourcePolicy", "Policy", "ssm"),
    resource("AWS::VpcLattice::AuthPolicy", "Policy", "vpc-lattice-svcs"),
    resource("AWS::VpcLattice::ResourcePolicy", "Policy", "vpc-lattice"),
    resource("AWS::XRay::ResourcePolicy", "PolicyDocument", "xray"),
];

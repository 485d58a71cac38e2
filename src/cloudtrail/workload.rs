//! Who runs behind a session: the workload's kind, decided when a table is read
//! by joining its `assume` rows (`cloudtrail.md` 8.1, C12–C15).

use super::row::{Assume, Basis, Evidence, Use};
use super::session::{is_instance_id, is_task_id};
use crate::graph::Workload;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is known of the sessions of a name, or of a source identity.
#[derive(Default)]
struct Opened<'a> {
    /// Services that assumed the role.
    services: BTreeSet<&'a str>,
    /// Identity providers that vouched for the caller.
    providers: BTreeSet<&'a str>,
    /// Tags that all of the sessions had; `None` before the first.
    tags: Option<BTreeMap<&'a str, &'a str>>,
}

/// Role → session name or source identity → what is known.
type ByRole<'a> = HashMap<&'a str, HashMap<&'a str, Opened<'a>>>;

/// The `assume` rows of a table, by role and session.
pub(super) struct Sessions<'a> {
    by_name: ByRole<'a>,
    by_source_identity: ByRole<'a>,
}

/// Service principals that assume roles for a workload, and how the workload is
/// called.
const KINDS: &[(&str, &str)] = &[
    ("cloudformation.amazonaws.com", "cloudformation"),
    ("codebuild.amazonaws.com", "codebuild"),
    ("ec2.amazonaws.com", "ec2-instance"),
    ("ecs-tasks.amazonaws.com", "ecs-task"),
    ("glue.amazonaws.com", "glue"),
    ("lambda.amazonaws.com", "lambda"),
    ("pods.eks.amazonaws.com", "eks-pod"),
    ("sagemaker.amazonaws.com", "sagemaker"),
    ("ssm.amazonaws.com", "ssm"),
    ("states.amazonaws.com", "step-functions"),
];

impl<'a> Sessions<'a> {
    pub(super) fn new(rows: &[(&'a Assume, &'a Evidence)]) -> Self {
        let mut sessions = Self {
            by_name: HashMap::new(),
            by_source_identity: HashMap::new(),
        };
        for (row, _) in rows {
            let of_role = sessions.by_name.entry(&row.role).or_default();
            of_role.entry(&row.session).or_default().add(row);
            if let Some(source) = &row.source_identity {
                let of_role = sessions.by_source_identity.entry(&row.role).or_default();
                of_role.entry(source).or_default().add(row);
            }
        }
        sessions
    }

    fn of(&self, row: &Use) -> Option<&Opened<'a>> {
        let by_role = match row.workload.basis {
            Basis::SessionName => &self.by_name,
            Basis::SourceIdentity => &self.by_source_identity,
            _ => return None,
        };
        by_role.get(&*row.principal)?.get(&*row.workload.name)
    }

    /// Tags that every session of the row's name had: `aws:PrincipalTag/…`.
    pub(super) fn tags(&self, row: &Use) -> impl Iterator<Item = (&'a str, &'a str)> {
        let tags = self.of(row).and_then(|opened| opened.tags.as_ref());
        tags.into_iter()
            .flatten()
            .map(|(key, value)| (*key, *value))
    }

    /// The workload behind a row.
    pub(super) fn workload(&self, row: &Use) -> Workload {
        if row.ptype != "AssumedRole" {
            let name = row.principal.rsplit('/').next().unwrap_or_default();
            return workload("user", name, "user", None);
        }
        let name = &*row.workload.name;
        if row.console {
            return workload("console", name, basis(row.workload.basis), None);
        }
        match row.workload.basis {
            Basis::SourceArn => of_arn(name),
            Basis::SessionName | Basis::SourceIdentity => self.of_session(row),
            Basis::InvokedBy | Basis::Vpce | Basis::None => {
                workload("session", name, basis(row.workload.basis), None)
            }
        }
    }

    fn of_session(&self, row: &Use) -> Workload {
        let name = &*row.workload.name;
        let basis = basis(row.workload.basis);
        let opened = self.of(row);
        let tag = |key| {
            let tags = opened.and_then(|opened| opened.tags.as_ref())?;
            tags.get(key).copied()
        };
        if let (Some(namespace), Some(account)) = (
            tag("kubernetes-namespace"),
            tag("kubernetes-service-account"),
        ) {
            let name = format!("{namespace}/{account}");
            return workload(
                "eks-pod",
                &name,
                "session-tags",
                Some("pods.eks.amazonaws.com"),
            );
        }
        // Two services that open sessions of one name cannot be told apart.
        let by_service = opened
            .filter(|opened| opened.services.len() == 1)
            .and_then(|opened| opened.services.first().copied());
        let by_provider = opened.and_then(|opened| opened.providers.first().copied());
        let (kind, service) = match (by_service, by_provider) {
            (Some(service), _) => (kind_of(service), Some(service)),
            (None, Some(provider)) if provider.contains("token.actions.githubusercontent.com") => {
                ("github-actions", None)
            }
            (None, Some(provider)) if provider.contains("oidc.eks.") => ("eks-irsa", None),
            _ if row.principal.contains("/aws-reserved/sso.amazonaws.com/") => {
                ("identity-center", None)
            }
            _ => of_shape(name),
        };
        // Ids change with every instance and task; without an inventory they
        // are one workload.
        if is_instance_id(name) || is_task_id(name) {
            return workload(kind, kind, basis, service);
        }
        workload(kind, name, basis, service)
    }
}

impl<'a> Opened<'a> {
    fn add(&mut self, row: &'a Assume) {
        let is_service = |service: &&str| service.contains(".amazonaws.com");
        self.services
            .extend(row.service.as_deref().filter(is_service));
        self.providers.extend(row.provider.as_deref());
        match &mut self.tags {
            Some(tags) => tags.retain(|key, value| row.tags.get(*key).is_some_and(|v| v == value)),
            None => {
                let tags = row.tags.iter().map(|(key, value)| (&**key, &**value));
                self.tags = Some(tags.collect());
            }
        }
    }
}

/// The shape of a session's name (C14).
fn of_shape(name: &str) -> (&'static str, Option<&'static str>) {
    let service = if is_instance_id(name) {
        "ec2.amazonaws.com"
    } else if is_task_id(name) {
        "ecs-tasks.amazonaws.com"
    } else if name.starts_with("AWSCodeBuild-") {
        "codebuild.amazonaws.com"
    } else if name == "GlueJobRunnerSession" {
        "glue.amazonaws.com"
    } else if name == "SageMaker" {
        "sagemaker.amazonaws.com"
    } else if name == "AWSCloudFormation" {
        "cloudformation.amazonaws.com"
    } else if name.starts_with("eks-") && name.ends_with("-<uuid>") {
        "pods.eks.amazonaws.com"
    } else if name == "GitHubActions" {
        return ("github-actions", None);
    } else {
        return ("session", None);
    };
    (kind_of(service), Some(service))
}

/// The resource that credentials were issued to (C9).
fn of_arn(arn: &str) -> Workload {
    let mut fields = arn.splitn(6, ':').skip(2);
    let owner = fields.next().unwrap_or_default();
    let resource = fields.nth(2).unwrap_or_default();
    let name = resource.rsplit(['/', ':']).next().unwrap_or_default();
    let service = match owner {
        "lambda" => "lambda.amazonaws.com",
        "ecs" => "ecs-tasks.amazonaws.com",
        "ec2" => "ec2.amazonaws.com",
        "codebuild" => "codebuild.amazonaws.com",
        "states" => "states.amazonaws.com",
        "glue" => "glue.amazonaws.com",
        "sagemaker" => "sagemaker.amazonaws.com",
        _ => return workload("session", arn, "source-arn", None),
    };
    let name = match service {
        // The qualifier behind a function's name is no other workload.
        "lambda.amazonaws.com" => resource.split(':').nth(1).unwrap_or(name),
        "ecs-tasks.amazonaws.com" | "ec2.amazonaws.com" => kind_of(service),
        _ => name,
    };
    workload(kind_of(service), name, "source-arn", Some(service))
}

fn kind_of(service: &str) -> &str {
    let known = KINDS.iter().find(|(principal, _)| *principal == service);
    match known {
        Some((_, kind)) => kind,
        None => service.split('.').next().unwrap_or(service),
    }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::None => "none",
        Basis::SourceArn => "source-arn",
        Basis::SourceIdentity => "source-identity",
        Basis::SessionName => "session-name",
        Basis::InvokedBy => "invoked-by",
        Basis::Vpce => "vpce",
    }
}

fn workload(kind: &str, name: &str, basis: &str, service: Option<&str>) -> Workload {
    Workload {
        kind: kind.to_owned(),
        name: name.to_owned(),
        basis: basis.to_owned(),
        service: service.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::super::observe::observe_stream;
    use super::*;

    /// A table of one role's records: AssumeRole calls as (who, session, more
    /// parameters), then one call by each session.
    fn table(role: &str, assumes: &[(&str, &str, &str)], sessions: &[&str]) -> Table {
        let mut records = Vec::new();
        for (who, session, more) in assumes {
            records.push(format!(
                r#"{{"eventType": "AwsApiCall", "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole",
                "userIdentity": {who}, "requestParameters": {{"roleArn": "{role}", "roleSessionName": "{session}"{more}}}}}"#
            ));
        }
        for session in sessions {
            records.push(format!(
                r#"{{"eventType": "AwsApiCall", "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets",
                "userIdentity": {{"type": "AssumedRole", "principalId": "AROA:{session}",
                "sessionContext": {{"sessionIssuer": {{"arn": "{role}"}}}}}}}}"#
            ));
        }
        observe_stream(records.join("\n").as_bytes(), "test").table
    }

    fn workloads(table: &Table) -> Vec<String> {
        let assumes = table.assumes();
        let sessions = Sessions::new(&assumes);
        let uses = table.uses();
        let rows = uses.iter().filter(|(row, _)| row.event == "ListBuckets");
        rows.map(|(row, _)| {
            let workload = sessions.workload(row);
            let service = workload.service.unwrap_or_default();
            format!(
                "{} {} {} {service}",
                workload.kind, workload.name, workload.basis
            )
        })
        .collect()
    }

    const ROLE: &str = "arn:aws:iam::111122223333:role/app";
    const LAMBDA: &str = r#"{"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}"#;
    const ECS: &str = r#"{"type": "AWSService", "invokedBy": "ecs-tasks.amazonaws.com"}"#;

    #[test]
    fn the_service_that_assumed_the_role_tells_the_kind() {
        let task = "0123456789abcdef0123456789abcdef";
        let found = table(
            ROLE,
            &[(LAMBDA, "api", ""), (ECS, task, "")],
            &["api", task],
        );
        assert_eq!(
            workloads(&found),
            [
                "ecs-task ecs-task session-name ecs-tasks.amazonaws.com",
                "lambda api session-name lambda.amazonaws.com"
            ]
        );
    }

    #[test]
    fn two_services_under_one_name_are_not_told_apart() {
        let found = table(ROLE, &[(LAMBDA, "api", ""), (ECS, "api", "")], &["api"]);
        assert_eq!(workloads(&found), ["session api session-name "]);
    }

    #[test]
    fn without_an_assume_row_the_names_shape_tells() {
        for (session, expected) in [
            (
                "i-0abc123def4567890",
                "ec2-instance ec2-instance session-name ec2.amazonaws.com",
            ),
            (
                "0123456789abcdef0123456789abcdef",
                "ecs-task ecs-task session-name ecs-tasks.amazonaws.com",
            ),
            (
                "AWSCodeBuild-8d1f5c3e-1111-2222-3333-0123456789ab",
                "codebuild AWSCodeBuild-<uuid> session-name codebuild.amazonaws.com",
            ),
            (
                "GitHubActions",
                "github-actions GitHubActions session-name ",
            ),
            (
                "botocore-session-1700000000",
                "session botocore-session-<n> session-name ",
            ),
        ] {
            assert_eq!(
                workloads(&table(ROLE, &[], &[session])),
                [expected],
                "{session}"
            );
        }
        let sso = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x";
        assert_eq!(
            workloads(&table(sso, &[], &["jane@example.com"])),
            ["identity-center jane@example.com session-name "]
        );
    }

    #[test]
    fn a_pods_tags_name_it_and_tags_that_differ_are_no_tags() {
        let tags = |account: &str| {
            format!(
                r#", "tags": [{{"key": "kubernetes-namespace", "value": "shop"}},
                {{"key": "kubernetes-service-account", "value": "{account}"}}]"#
            )
        };
        let pods = r#"{"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"}"#;
        let (one, other) = (tags("api"), tags("web"));
        let found = table(ROLE, &[(pods, "eks-x", &one)], &["eks-x"]);
        assert_eq!(
            workloads(&found),
            ["eks-pod shop/api session-tags pods.eks.amazonaws.com"]
        );
        let found = table(
            ROLE,
            &[(pods, "eks-x", &one), (pods, "eks-x", &other)],
            &["eks-x"],
        );
        assert_eq!(
            workloads(&found),
            ["eks-pod eks-x session-name pods.eks.amazonaws.com"]
        );
    }

    #[test]
    fn the_issuing_resource_comes_first() {
        for (arn, expected) in [
            (
                "arn:aws:lambda:eu-west-1:1:function:api:live",
                "lambda api source-arn",
            ),
            (
                "arn:aws:ecs:eu-west-1:1:task/shop/0123",
                "ecs-task ecs-task source-arn",
            ),
            (
                "arn:aws:other:eu-west-1:1:thing/x",
                "session arn:aws:other:eu-west-1:1:thing/x source-arn",
            ),
        ] {
            let found = of_arn(arn);
            assert_eq!(
                format!("{} {} {}", found.kind, found.name, found.basis),
                expected
            );
        }
    }
}

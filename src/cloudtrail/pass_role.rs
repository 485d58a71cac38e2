//! `iam:PassRole` is never logged: it follows from the roles that the
//! parameters of a call name (C27).

use super::parameters::{RESPONSE, Value, escape};
use super::resource::Resource;
use super::row::{RecordOutcome, Use};
use crate::catalog::Catalog;
use crate::graph::Precision;

/// Event sources whose parameters name roles that are not handed over.
const KEEPERS: [&str; 4] = ["iam", "rolesanywhere", "signin", "sts"];

/// Parameters that hand a role to another service than the one called: source,
/// last segment of the path in lower case, receiver.
const RECEIVERS: &[(&str, &str, &str)] = &[
    ("batch", "executionrolearn", "ecs-tasks.amazonaws.com"),
    ("batch", "jobrolearn", "ecs-tasks.amazonaws.com"),
    (
        "ec2",
        "deliverlogspermissionarn",
        "vpc-flow-logs.amazonaws.com",
    ),
    ("ecs", "executionrolearn", "ecs-tasks.amazonaws.com"),
    ("ecs", "taskrolearn", "ecs-tasks.amazonaws.com"),
    ("eks", "noderole", "ec2.amazonaws.com"),
    (
        "elasticmapreduce",
        "autoscalingrole",
        "application-autoscaling.amazonaws.com",
    ),
    ("elasticmapreduce", "jobflowrole", "ec2.amazonaws.com"),
    ("rds", "monitoringrolearn", "monitoring.rds.amazonaws.com"),
];

/// A role handed to a service.
pub(super) struct Passed {
    pub(super) role: Resource,
    /// `iam:PassedToService`, where the receiver is known.
    pub(super) service: Option<String>,
}

/// Verbs of calls that read, or take away: they hand over no role.
const NO_HANDOVER: [&str; 11] = [
    "Delete",
    "Deregister",
    "Describe",
    "Detach",
    "Disassociate",
    "Get",
    "Head",
    "List",
    "Remove",
    "Search",
    "Untag",
];

/// The roles that a row's call handed over. Who received one is the table's
/// word, or the service called where a principal has its name: not every event
/// source is one (`monitoring`, `appstream2`), and then it is not known.
pub(super) fn passed(row: &Use, catalog: &Catalog) -> Vec<Passed> {
    let source = row.source.split('.').next().unwrap_or_default();
    let done = matches!(row.outcome, RecordOutcome::Ok | RecordOutcome::Semantic);
    let none = NO_HANDOVER.iter().any(|verb| row.event.starts_with(verb));
    if !done || none || KEEPERS.contains(&source) {
        return Vec::new();
    }
    let called = Some(&*row.source).filter(|source| catalog.is_service_principal(source));
    let mut passed = Vec::new();
    for (path, values) in row
        .params
        .iter()
        .filter(|(path, _)| !path.starts_with(RESPONSE))
    {
        let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
        let receiver = RECEIVERS
            .iter()
            .find(|(of, name, _)| *of == source && *name == last)
            .map_or(called, |(_, _, receiver)| Some(*receiver));
        for value in values {
            let value = Value::of_row(value, row.folded);
            if let Some((role, service)) = role(path, &last, &value, receiver) {
                let service = service.map(str::to_owned);
                passed.push(Passed { role, service });
            }
        }
    }
    passed
}

fn role<'a>(
    path: &str,
    last: &str,
    value: &Value,
    receiver: Option<&'a str>,
) -> Option<(Resource, Option<&'a str>)> {
    let mut fields = value.text.splitn(6, ':').skip(1);
    let (partition, service) = (fields.next()?, fields.next()?);
    let account = fields.nth(1)?;
    let resource = fields.next()?;
    if service != "iam" {
        return None;
    }
    if resource.starts_with("role/")
        && (last.contains("role") || last == "deliverlogspermissionarn")
    {
        let (arn, precision) = match value.folded {
            true => (format!("{}*", escape(&value.text)), Precision::Folded),
            false => (value.text.clone(), Precision::Exact),
        };
        return Some((Resource { arn, precision }, receiver));
    }
    // Which role a profile holds is known to the inventory alone.
    let profile = resource.starts_with("instance-profile/")
        && path.to_ascii_lowercase().contains("instanceprofile");
    profile.then(|| {
        let arn = format!("arn:{partition}:iam::{account}:role/*");
        let precision = Precision::Imprecise;
        (Resource { arn, precision }, Some("ec2.amazonaws.com"))
    })
}

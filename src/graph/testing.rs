//! Small requests for the tests of this floor.

use super::{ObservedRequest, Outcome, Precision, Workload};

pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/app/orders";

/// An allowed request of `kind/name`, which runs as [`ROLE`].
pub(super) fn request(workload: &str, action: &str, resource: &str) -> ObservedRequest {
    let (kind, name) = workload.split_once('/').unwrap();
    let service = match kind {
        "lambda" => Some("lambda.amazonaws.com"),
        "ecs-task" => Some("ecs-tasks.amazonaws.com"),
        _ => None,
    };
    ObservedRequest {
        account: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        principal: ROLE.to_owned(),
        principal_id: "AROAEXAMPLE".to_owned(),
        workload: Workload {
            kind: kind.to_owned(),
            name: name.to_owned(),
            basis: "session-name".to_owned(),
            service: service.map(str::to_owned),
        },
        action: action.to_owned(),
        resource: resource.to_owned(),
        precision: Precision::Exact,
        outcome: Outcome::Ok,
        context: std::collections::BTreeMap::new(),
        count: 1,
        first: "2026-10-05T06:00:00Z".to_owned(),
        last: "2026-10-30T18:00:00Z".to_owned(),
        event_ids: vec!["00000000-0000-4000-a000-000000000001".to_owned()],
    }
}

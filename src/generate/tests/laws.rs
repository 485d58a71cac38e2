//! What holds of every run.

use super::*;
use crate::generate::Subset;
use proptest::prelude::*;

/// An old role with every sort of statement.
fn mixed() -> Value {
    json!([
        {"Sid": "Queues", "Effect": "Allow", "Action": "sqs:*",
            "Resource": ["arn:aws:sqs:eu-west-1:*:placed", "arn:aws:sqs:*:111122223333:ship-*"]},
        {"Effect": "Allow", "Action": ["dynamodb:*", "kms:*", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::b/secret/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}},
        {"Sid": "No", "Effect": "Deny", "Action": "dynamodb:DeleteTable", "Resource": "*"},
    ])
}

fn any_request() -> impl Strategy<Value = ObservedRequest> {
    let what = prop::sample::select(vec![
        ("sqs:SendMessage", QUEUE, Precision::Exact),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:ship-a",
            Precision::Exact,
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:else",
            Precision::Exact,
        ),
        (
            "sqs:ReceiveMessage",
            "arn:aws:sqs:eu-west-1:111122223333:*",
            Precision::Imprecise,
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:*",
            Precision::Imprecise,
        ),
        ("dynamodb:GetItem", TABLE, Precision::Exact),
        ("dynamodb:Query", TABLE, Precision::Exact),
        (
            "dynamodb:Query",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/stock",
            Precision::Exact,
        ),
        ("dynamodb:ListTables", "*", Precision::Exact),
        ("s3:GetObject", "arn:aws:s3:::b/a", Precision::Exact),
        ("s3:GetObject", "arn:aws:s3:::b/c*d", Precision::Exact),
        ("s3:GetObject", "arn:aws:s3:::b/*", Precision::Folded),
        ("s3:GetObject", "arn:aws:s3:::b/secret/x", Precision::Exact),
        ("s3:PutObject", "arn:aws:s3:::b/a", Precision::Exact),
        ("s3:PutObject", "arn:aws:s3:::b/p/*", Precision::Folded),
        (
            "kms:Decrypt",
            "arn:aws:kms:eu-west-1:111122223333:key/1",
            Precision::Exact,
        ),
        (
            "iam:PassRole",
            "arn:aws:iam::111122223333:role/task",
            Precision::Exact,
        ),
    ]);
    let outcome = prop::sample::select(vec![
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Semantic,
        Outcome::Denied,
    ]);
    let workload = prop::sample::select(vec![
        "lambda/api",
        "lambda/worker",
        "ecs-task/web",
        "session/x",
    ]);
    (what, outcome, workload, 0..3u8, 1..9u64).prop_map(
        |((action, resource, precision), outcome, workload, context, n)| {
            let mut request = seen(workload, action, resource);
            request.precision = precision;
            request.outcome = outcome;
            request.count = n;
            request.first = format!("2026-10-0{n}T00:00:00Z");
            request.event_ids = vec![format!("00000000-0000-4000-a000-00000000000{n}")];
            let value = |a: &str, b: &str| {
                if context == 1 {
                    a.to_owned()
                } else {
                    b.to_owned()
                }
            };
            let key = match action.split(':').next() {
                Some("s3") => ("aws:SourceVpce", value("vpce-1", "vpce-2")),
                Some("kms") => (
                    "kms:ViaService",
                    value("s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"),
                ),
                Some("iam") => (
                    "iam:PassedToService",
                    value("ec2.amazonaws.com", "ecs-tasks.amazonaws.com"),
                ),
                _ => return request,
            };
            if context > 0 || action == "iam:PassRole" {
                request = with(request, key.0, &key.1);
            }
            request
        },
    )
}

/// Everything the strategy's requests can be about, and more.
fn probes() -> Vec<(&'static str, String)> {
    let resources = [
        QUEUE,
        TABLE,
        "*",
        "arn:aws:s3:::b/a",
        "arn:aws:s3:::b/c*d",
        "arn:aws:s3:::b/cXd",
        "arn:aws:s3:::b/secret/x",
        "arn:aws:s3:::b/p/q",
        "arn:aws:sqs:eu-west-1:111122223333:ship-a",
        "arn:aws:sqs:eu-west-1:111122223333:else",
        "arn:aws:sqs:us-east-1:111122223333:ship-b",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/stock",
        "arn:aws:kms:eu-west-1:111122223333:key/1",
        "arn:aws:iam::111122223333:role/task",
    ];
    let actions = [
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteQueue",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:DeleteTable",
        "dynamodb:ListTables",
        "s3:GetObject",
        "s3:PutObject",
        "kms:Decrypt",
        "iam:PassRole",
    ];
    actions
        .into_iter()
        .flat_map(|action| {
            resources
                .iter()
                .map(move |resource| (action, (*resource).to_owned()))
        })
        .collect()
}

fn reaches(policies: &[Policy]) -> BTreeSet<(&'static str, String)> {
    let set = PolicySet {
        identity: policies
            .iter()
            .map(|p| CompiledPolicy::new(p, PolicyType::Identity))
            .collect(),
        ..PolicySet::default()
    };
    // With every key that a condition may ask for, so that what differs is what
    // is granted.
    let mut request = Request {
        principal: ROLE.to_owned(),
        ..Request::default()
    };
    for (key, value) in [
        ("aws:SourceVpce", "vpce-1"),
        ("kms:ViaService", "s3.eu-west-1.amazonaws.com"),
        ("iam:PassedToService", "ec2.amazonaws.com"),
    ] {
        request.context.insert(key, [value]).unwrap();
    }
    probes()
        .into_iter()
        .filter(|(action, resource)| {
            (*action).clone_into(&mut request.action);
            resource.clone_into(&mut request.resource);
            let verdict = decide_identity(&request, &set, &Settings::default()).unwrap();
            verdict.decision == Decision::Allowed
        })
        .collect()
}

fn documents(output: &Output) -> BTreeMap<String, BTreeSet<(&'static str, String)>> {
    output
        .report
        .roles
        .iter()
        .map(|role| (role.workload.name.clone(), reaches(&policies(output, role))))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn permuted_input_gives_the_same_bytes(
        drop: bool,
        (requests, shuffled) in prop::collection::vec(any_request(), 1..25)
            .prop_flat_map(|requests| (Just(requests.clone()), Just(requests).prop_shuffle()))
    ) {
        let inventory = inventory(&account(&mixed()));
        prop_assert_eq!(
            run_with(&inventory, &requests, drop),
            run_with(&inventory, &shuffled, drop)
        );
    }

    #[test]
    fn nothing_is_granted_beyond_the_old_role(drop: bool, requests in prop::collection::vec(any_request(), 1..25)) {
        let inventory = inventory(&account(&mixed()));
        let old: Vec<Policy> = inventory
            .effective(&inventory.entities[0])
            .documents
            .into_iter()
            .filter_map(|id| inventory.document(id).policy.clone())
            .collect();
        let old = reaches(&old);
        let output = run_with(&inventory, &requests, drop);
        for role in &output.report.roles {
            prop_assert_eq!(role.subset, Subset::Proved, "{:?}", role.beyond);
        }
        for (name, new) in documents(&output) {
            prop_assert!(new.is_subset(&old), "{}: {:?}", name, new.difference(&old));
        }
    }

    #[test]
    fn more_observations_never_shrink(
        requests in prop::collection::vec(any_request(), 2..25),
        cut in 1..25usize,
    ) {
        let inventory = inventory(&account(&mixed()));
        let fewer = documents(&run(&inventory, &requests[..cut.min(requests.len())]));
        let more = documents(&run(&inventory, &requests));
        for (name, few) in fewer {
            prop_assert!(few.is_subset(&more[&name]), "{}", name);
        }
    }

    #[test]
    fn generating_from_the_proposal_changes_nothing(drop: bool, requests in prop::collection::vec(any_request(), 1..25)) {
        let first = run_with(&inventory(&account(&mixed())), &requests, drop);
        for role in first.report.roles.iter().filter(|role| !role.policy_files.is_empty()) {
            let inline: Vec<Value> = role
                .policy_files
                .iter()
                .map(|path| json!({"PolicyName": path.replace('/', "-"), "PolicyDocument": file(&first, path)}))
                .collect();
            let mut proposed = account(&json!([]));
            proposed["RoleDetailList"][0]["RolePolicyList"] = json!(inline);
            proposed["RoleDetailList"][0]["AssumeRolePolicyDocument"] = file(&first, role.trust_file.as_ref().unwrap());
            let own: Vec<ObservedRequest> = requests
                .iter()
                .filter(|request| request.workload.name == role.workload.name)
                .cloned()
                .collect();
            let again = run_with(&inventory(&proposed), &own, drop);
            for path in role.policy_files.iter().chain(&role.trust_file) {
                prop_assert_eq!(file(&again, path), file(&first, path), "{}", path);
            }
        }
    }
}

//! What a grant looks like: resources, conditions, size.

use super::*;

#[test]
fn a_path_is_granted_only_where_asked_for_and_within_the_old_policy() {
    let inventory = inventory(&account(&json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/in/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": [
            "arn:aws:s3:::b/in/1", "arn:aws:s3:::b/in/2", "arn:aws:s3:::b/in/3"]},
    ])));
    let requests: Vec<_> = ["s3:GetObject", "s3:PutObject"]
        .into_iter()
        .flat_map(|action| {
            (1..4).map(move |n| seen("lambda/api", action, &format!("arn:aws:s3:::b/in/{n}")))
        })
        .collect();
    let graph = Graph::build(&inventory, &requests);
    let mapped = Mapped {
        requests: requests.clone(),
        ..Mapped::default()
    };
    let run = |scope| {
        generate(
            &graph,
            &mapped,
            &Options {
                scope,
                drop_unobservable: true,
                ..Options::default()
            },
        )
    };

    let exact = run(ScopeLimit::Exact);
    assert!(!exact.files[0].text.contains("in/*"));
    let hint = only(&exact)
        .review
        .iter()
        .find(|note| note.kind == ReviewKind::Enumerated)
        .unwrap();
    assert!(
        hint.message
            .contains("new ones will be denied, use --scope prefix to grant `arn:aws:s3:::b/in/*`"),
        "{}",
        hint.message
    );

    let prefix = run(ScopeLimit::Prefix);
    let policies = policies(&prefix, only(&prefix));
    assert!(allows(&policies, "s3:GetObject", "arn:aws:s3:::b/in/4"));
    assert!(
        !allows(&policies, "s3:PutObject", "arn:aws:s3:::b/in/4"),
        "the old role may not"
    );
    assert_eq!(only(&prefix).covered, 6);
    assert_eq!(only(&prefix).evidence.len(), 6);
}

#[test]
fn where_no_prefix_helps_that_is_told() {
    let stream = "arn:aws:logs:eu-west-1:111122223333:log-group:/app:log-stream:1";
    let mut requests = vec![seen("lambda/api", "logs:CreateLogStream", stream)];
    let object = |n: u8| seen("lambda/api", "s3:GetObject", &format!("arn:aws:s3:::b/{n}"));
    requests.extend((0..3).map(object));
    requests.push(seen("lambda/api", "s3:PutObject", "arn:aws:s3:::b/state"));
    let told = |old: &Value| -> Vec<String> {
        let output = run_on(old, &requests);
        let notes = only(&output).review.iter();
        let listed = notes.filter(|note| note.kind == ReviewKind::Listed);
        listed.map(|note| note.message.clone()).collect()
    };
    let notes = told(&everything());
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("`logs:CreateLogStream`: 1 resource is named,"));
    assert!(notes[1].starts_with("`s3:GetObject`: 3 resources are named,"));
    assert!(notes[1].contains("`arn:aws:s3:::b/*` has to be granted by hand"));

    let resources: Vec<_> = requests.iter().map(|request| &request.resource).collect();
    let same = json!([{"Effect": "Allow", "Action": "*", "Resource": resources}]);
    assert_eq!(
        told(&same),
        [""; 0],
        "the old role is denied new ones as well"
    );
}

#[test]
fn roles_are_passed_to_the_service_they_were_passed_to() {
    let role = "arn:aws:iam::111122223333:role/task";
    let pass = |service| {
        with(
            seen("lambda/api", "iam:PassRole", role),
            "iam:PassedToService",
            service,
        )
    };
    let requests = [pass("ecs-tasks.amazonaws.com"), pass("ec2.amazonaws.com")];
    let output = run_on(&everything(), &requests);
    let all = statements(&output);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["Resource"], role);
    assert_eq!(
        all[0]["Condition"],
        json!({"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}})
    );
    assert_eq!(only(&output).covered, 2);

    // Inferred, and refuted by the old policies: neither granted nor missed.
    let output = run_on(
        &json!([{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]),
        &requests,
    );
    assert_eq!(
        (only(&output).observed, only(&output).policy_files.len()),
        (0, 0)
    );
    assert!(
        only(&output)
            .review
            .iter()
            .any(|note| note.kind == ReviewKind::Inferred)
    );
}

#[test]
fn keys_are_tied_to_the_service_all_calls_came_through() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/6c1d2e0a-93b4-4c8e-8f05-2a7b4e9d1c36";
    let via = "secretsmanager.eu-west-1.amazonaws.com";
    let decrypt = with(
        seen("lambda/api", "kms:Decrypt", key),
        "kms:ViaService",
        via,
    );
    let output = run_on(&everything(), std::slice::from_ref(&decrypt));
    assert_eq!(
        statements(&output)[0]["Condition"],
        json!({"StringEquals": {"kms:ViaService": via}})
    );
    assert_eq!(only(&output).covered, 1);
    let own = seen("lambda/api", "kms:Encrypt", key);
    let output = run_on(&everything(), &[decrypt, own]);
    assert_eq!(statements(&output).len(), 1);
    assert_eq!(statements(&output)[0].get("Condition"), None);
}

#[test]
fn strange_keys_are_granted_and_nothing_else() {
    let object = "arn:aws:s3:::b/what?/${aws:username}/*.csv";
    let output = run_on(&everything(), &[seen("lambda/api", "s3:GetObject", object)]);
    assert_eq!(only(&output).covered, 1);
    let policies = policies(&output, only(&output));
    assert!(allows(&policies, "s3:GetObject", object));
    assert!(!allows(
        &policies,
        "s3:GetObject",
        "arn:aws:s3:::b/whatX/${aws:username}/*.csv"
    ));
    assert!(!allows(
        &policies,
        "s3:GetObject",
        "arn:aws:s3:::b/what?/${aws:username}/a.csv"
    ));
}

#[test]
fn more_than_one_policy_holds_is_split_never_cut() {
    let requests: Vec<_> = (0..400)
        .map(|n| {
            seen(
                "lambda/api",
                "s3:GetObject",
                &format!("arn:aws:s3:::bucket/invoices/2026/{n:06}.pdf"),
            )
        })
        .collect();
    let output = run_on(&everything(), &requests);
    let role = only(&output);
    assert!(role.policy_files.len() > 1);
    assert_eq!(role.policy_files[0], "orders-api/policy-1.json");
    for path in &role.policy_files {
        let text = &output
            .files
            .iter()
            .find(|file| file.path == *path)
            .unwrap()
            .text;
        assert!(text.chars().filter(|c| !c.is_whitespace()).count() <= 6_144);
    }
    assert_eq!((role.observed, role.covered), (400, 400));
    assert_eq!(
        role.evidence.len(),
        400,
        "one row for each, whichever part grants it"
    );
    let sids: BTreeSet<_> = statements(&output)
        .iter()
        .map(|s| s["Sid"].to_string())
        .collect();
    assert_eq!(sids.len(), statements(&output).len());
}

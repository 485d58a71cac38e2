use super::*;
use crate::policy;
use crate::syntax::json;

/// The resources of an expansion, by id and type, and their trees.
fn expanded(text: &str) -> (Expanded, Vec<String>) {
    let template = json::parse(text).root.unwrap();
    assert!(is_sam(&template), "{text}");
    let expanded = expand(&template);
    let resources = expanded.template.get("Resources").unwrap();
    let names = resources.as_object().unwrap().iter().map(|m| {
        let kind = m.value.get("Type").unwrap().as_str().unwrap();
        format!("{} {}", m.key.name, kind.rsplit("::").next().unwrap())
    });
    let names = names.collect();
    (expanded, names)
}

/// JSON with what is at a path of a resource.
fn at(expanded: &Expanded, id: &str, path: &[&str]) -> String {
    let mut node = expanded.template.get("Resources").unwrap().get(id).unwrap();
    node = node.get("Properties").unwrap();
    for step in path {
        node = match step.parse::<usize>() {
            Ok(index) => &node.as_array().unwrap()[index],
            Err(_) => node.get(step).unwrap_or_else(|| panic!("{step} of {id}")),
        };
    }
    compact(node)
}

fn compact(node: &Node) -> String {
    match &node.value {
        Value::String(text) => format!("{:?}", text.value),
        Value::Array(nodes) => {
            let nodes: Vec<_> = nodes.iter().map(compact).collect();
            format!("[{}]", nodes.join(","))
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<_> = members
                .map(|m| format!("{:?}:{}", m.key.name, compact(&m.value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => format!("{other:?}"),
    }
}

fn template(resources: &str) -> String {
    format!(r#"{{"Transform": "AWS::Serverless-2016-10-31", "Resources": {{{resources}}}}}"#)
}

#[test]
fn a_function_has_a_role_with_what_its_properties_need() {
    let (expanded, names) = expanded(&template(
        r#""F": {"Type": "AWS::Serverless::Function", "Properties": {
            "VpcConfig": {"SubnetIds": ["s"]}, "Tracing": "Active",
            "DeadLetterQueue": {"Type": "SNS", "TargetArn": {"Ref": "T"}},
            "Policies": ["AWSLambdaBasicExecutionRole", "arn:aws:iam::111122223333:policy/own",
                {"SQSPollerPolicy": {"QueueName": {"Ref": "Q"}}},
                {"Version": "2012-10-17", "Statement": []}]}}"#,
    ));
    assert_eq!(names, ["F Function", "FRole Role"]);
    let managed = at(&expanded, "FRole", &["ManagedPolicyArns"]);
    assert_eq!(managed.matches("service-role/").count(), 2, "{managed}");
    assert!(managed.contains("policy/AWSXRayDaemonWriteAccess"));
    assert!(managed.contains("\"arn:aws:iam::111122223333:policy/own\""));
    let poller = at(
        &expanded,
        "FRole",
        &[
            "Policies",
            "1",
            "PolicyDocument",
            "Statement",
            "0",
            "Resource",
        ],
    );
    assert_eq!(
        poller,
        r#"{"Fn::Sub":["arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${queueName}",{"queueName":{"Ref":"Q"}}]}"#
    );
    let letters = at(
        &expanded,
        "FRole",
        &["Policies", "0", "PolicyDocument", "Statement", "0"],
    );
    assert_eq!(
        letters,
        r#"{"Action":"sns:Publish","Resource":{"Ref":"T"},"Effect":"Allow"}"#
    );
    let own = at(&expanded, "FRole", &["Policies", "2", "PolicyName"]);
    assert_eq!(own, "\"FRolePolicy3\"");
    assert_eq!(
        at(&expanded, "F", &["Role"]),
        r#"{"Fn::GetAtt":["FRole","Arn"]}"#
    );
    assert_eq!(expanded.diagnostics, []);
    assert_eq!(expanded.gaps, []);
}

#[test]
fn what_is_generated_stands_at_its_use() {
    let text = template(
        r#""F": {"Type": "AWS::Serverless::Function", "Properties": {"Policies": [
            {"S3ReadPolicy": {"BucketName": "data"}}]}}"#,
    );
    let (expanded, _) = expanded(&text);
    let role = expanded
        .template
        .get("Resources")
        .unwrap()
        .get("FRole")
        .unwrap();
    let inline = role.get("Properties").unwrap().get("Policies").unwrap();
    let document = inline.as_array().unwrap()[0].get("PolicyDocument").unwrap();
    assert_eq!(
        &text[document.span.range()],
        r#"{"S3ReadPolicy": {"BucketName": "data"}}"#
    );
    let action = &document.get("Statement").unwrap().as_array().unwrap()[0];
    let action = &action.get("Action").unwrap().as_array().unwrap()[0];
    assert_eq!(action.span, document.span);
    let parsed = policy::parse(document, None);
    assert!(parsed.diagnostics.iter().all(|d| d.code != "syntax-error"));
}

#[test]
fn a_role_of_ones_own_ignores_policies() {
    let (expanded, names) = expanded(&template(
        r#""F": {"Type": "AWS::Serverless::Function", "Properties": {
            "Role": {"Fn::GetAtt": ["R", "Arn"]}, "Policies": ["ReadOnlyAccess"]}},
        "G": {"Type": "AWS::Serverless::Function", "Properties": {
            "Role": {"Fn::If": ["C", "arn:aws:iam::111122223333:role/r", {"Ref": "AWS::NoValue"}]},
            "Policies": "ReadOnlyAccess"}}"#,
    ));
    assert_eq!(names, ["F Function", "G Function", "GRole Role"]);
    let codes: Vec<_> = expanded.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["ignored-sam-policies"]);
    let role = expanded
        .template
        .get("Resources")
        .unwrap()
        .get("GRole")
        .unwrap();
    assert_eq!(role.get("Condition").unwrap().as_str(), Some("NOTC"));
}

#[test]
fn wrong_uses_of_policy_templates_are_told_where_they_stand() {
    for (entry, place, message) in [
        (
            r#"{"S3ReadPolcy": {"BucketName": "b"}}"#,
            "\"S3ReadPolcy\"",
            "SAM has no policy template `S3ReadPolcy`",
        ),
        (
            r#"{"S3ReadPolicy": {"Bucket": "b"}}"#,
            "\"S3ReadPolicy\"",
            "`S3ReadPolicy` lacks its parameter `BucketName`",
        ),
        (
            r#"{"S3ReadPolicy": "b"}"#,
            "\"b\"",
            "`S3ReadPolicy` takes its parameters as a map, not a string",
        ),
        (
            r#"{"S3ReadPolicy": {"BucketName": "b", "More": "c"}}"#,
            "\"More\"",
            "`S3ReadPolicy` has no parameter `More`: it is ignored",
        ),
        (
            r#"{"Statment": [], "Version": "2012-10-17"}"#,
            r#"{"Statment": [], "Version": "2012-10-17"}"#,
            "neither the name or ARN of a managed policy, nor a document with `Statement`, nor a policy template",
        ),
    ] {
        let text = template(&format!(
            r#""F": {{"Type": "AWS::Serverless::StateMachine", "Properties": {{"Policies": [{entry}]}}}}"#
        ));
        let (expanded, _) = expanded(&text);
        let [diagnostic] = expanded.diagnostics.as_slice() else {
            panic!("{entry}: {:?}", expanded.diagnostics);
        };
        assert_eq!(diagnostic.message, message);
        assert_eq!(&text[diagnostic.primary.span.range()], place);
        let inline = at(&expanded, "FRole", &["Policies"]);
        let is_read = inline.contains("\"Statement\"");
        assert_eq!(is_read, message.ends_with("ignored"), "{inline}");
    }
}

#[test]
fn choices_between_policies_stay_choices() {
    let (expanded, _) = expanded(&template(
        r#""F": {"Type": "AWS::Serverless::Function", "Properties": {"Policies": [
            {"Fn::If": ["C", {"SQSPollerPolicy": {"QueueName": "q"}}, {"Ref": "AWS::NoValue"}]},
            {"Fn::If": ["C", "ReadOnlyAccess", {"Ref": "P"}]}]}}"#,
    ));
    let choice = at(&expanded, "FRole", &["Policies", "0", "Fn::If"]);
    assert!(
        choice.starts_with(r#"["C",{"PolicyName":"FRolePolicy0","PolicyDocument":{"Statement""#)
    );
    assert!(choice.ends_with(r#",{"Ref":"AWS::NoValue"}]"#));
    let managed = at(&expanded, "FRole", &["ManagedPolicyArns", "1"]);
    assert_eq!(
        managed,
        r#"{"Fn::If":["C",{"Fn::Sub":"arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"},{"Ref":"P"}]}"#
    );
}

#[test]
fn events_bring_rights_roles_and_queues() {
    let (expanded, names) = expanded(&template(
        r#""F": {"Type": "AWS::Serverless::Function", "Properties": {"AutoPublishAlias": "live", "Events": {
            "Pull": {"Type": "SQS", "Properties": {"Queue": "arn:aws:sqs:eu-west-1:111122223333:q"}},
            "Daily": {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 day)"}},
            "Rule": {"Type": "EventBridgeRule", "Properties": {"DeadLetterConfig": {"Type": "SQS"}}},
            "Topic": {"Type": "SNS", "Properties": {"Topic": {"Ref": "T"}, "SqsSubscription": true}},
            "Get": {"Type": "Api", "Properties": {"Path": "/a/{id}", "Method": "get"}}}}},
        "M": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Events": {
            "Daily": {"Type": "Schedule", "Properties": {}}}}}"#,
    ));
    assert_eq!(
        names,
        [
            "F Function",
            "FAliaslive Alias",
            "FDailyRole Role",
            "FRule Rule",
            "FRuleQueue Queue",
            "FRuleQueuePolicy QueuePolicy",
            "FRulePermission Permission",
            "FTopicQueue Queue",
            "FTopicQueuePolicy QueuePolicy",
            "FGetPermission Permission",
            "FRole Role",
            "M StateMachine",
            "MRole Role",
            "MDaily Rule",
            "MDailyRole Role",
            "ServerlessRestApi RestApi",
        ]
    );
    let managed = at(&expanded, "FRole", &["ManagedPolicyArns"]);
    assert_eq!(managed.matches("AWSLambdaSQSQueueExecutionRole").count(), 1);
    let invoke = at(
        &expanded,
        "FDailyRole",
        &[
            "Policies",
            "0",
            "PolicyDocument",
            "Statement",
            "0",
            "Resource",
        ],
    );
    assert_eq!(invoke, r#"{"Ref":"FAliaslive"}"#);
    let arn = at(&expanded, "FGetPermission", &["SourceArn", "Fn::Sub", "0"]);
    assert_eq!(
        arn,
        "\"arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${api}/*/GET/a/*\""
    );
    let start = at(
        &expanded,
        "MDailyRole",
        &["Policies", "0", "PolicyDocument", "Statement", "0"],
    );
    assert_eq!(
        start,
        r#"{"Action":"states:StartExecution","Effect":"Allow","Resource":{"Ref":"M"}}"#
    );
}

#[test]
fn an_api_has_a_policy_for_each_path() {
    let (expanded, _) = expanded(
        r#"{"Transform": ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"],
        "Globals": {"Api": {"Auth": {"ResourcePolicy": {"IpRangeWhitelist": ["192.0.2.1"],
            "SourceVpcBlacklist": ["vpc-1", "vpce-2"], "AwsAccountWhitelist": "111122223333"}}}},
        "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {"Events": {
            "A": {"Type": "Api", "Properties": {"Path": "/a/", "Method": "any"}},
            "B": {"Type": "Api", "Properties": {"Path": "/b", "Method": "post"}}}}}}}"#,
    );
    let policy = at(
        &expanded,
        "ServerlessRestApi",
        &["Body", "x-amazon-apigateway-policy"],
    );
    assert_eq!(policy.matches("\"Deny\"").count(), 4, "{policy}");
    assert_eq!(
        policy.matches("\"Effect\":\"Allow\"").count(),
        4,
        "{policy}"
    );
    assert!(policy.contains(r#"{"Fn::Sub":["execute-api:/${stage}/*/a",{"stage":"Prod"}]}"#));
    assert!(policy.contains(r#""Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.1"]}}"#));
    assert!(
        policy.contains(
            r#"{"StringEquals":{"aws:SourceVpc":["vpc-1"],"aws:SourceVpce":["vpce-2"]}}"#
        )
    );
    let transform = expanded.template.get("Transform").unwrap();
    assert_eq!(compact(transform), r#"["AWS::LanguageExtensions"]"#);
    assert!(expanded.template.get("Globals").is_none());
}

#[test]
fn connectors_become_policies_of_what_they_connect() {
    let (expanded, names) = expanded(&template(
        r#""F": {"Type": "AWS::Serverless::Function", "Properties": {}, "Connectors": {
            "To": {"Properties": {"Destination": [{"Id": "B"}, {"Id": "T"}], "Permissions": ["Read", "Write"]}}}},
        "B": {"Type": "AWS::S3::Bucket"},
        "T": {"Type": "AWS::Serverless::SimpleTable", "Properties": {"TableName": "t"}},
        "C": {"Type": "AWS::Serverless::Connector", "Condition": "P", "Properties": {
            "Source": {"Id": "B"}, "Destination": {"Id": "F"}, "Permissions": ["Write"]}},
        "D": {"Type": "AWS::Serverless::Connector", "Properties": {
            "Source": {"Type": "AWS::Serverless::StateMachine", "RoleName": "r"},
            "Destination": {"Type": "AWS::SQS::Queue", "Arn": "arn:aws:sqs:eu-west-1:111122223333:q"},
            "Permissions": ["Write"]}},
        "E": {"Type": "AWS::Serverless::Connector", "Properties": {
            "Source": {"Id": "T"}, "Destination": {"Id": "B"}, "Permissions": ["Write"]}},
        "G": {"Type": "AWS::Serverless::Connector", "Properties": {
            "Source": {"Id": "B"}, "Destination": {"Id": "F"}, "Permissions": ["Read"]}}"#,
    ));
    assert_eq!(
        names,
        [
            "F Function",
            "FRole Role",
            "B Bucket",
            "T Table",
            "FToPolicyDestination0 ManagedPolicy",
            "FToPolicyDestination1 ManagedPolicy",
            "CWriteLambdaPermission Permission",
            "DPolicy ManagedPolicy",
        ]
    );
    assert_eq!(
        at(&expanded, "FToPolicyDestination0", &["Roles"]),
        r#"[{"Ref":"FRole"}]"#
    );
    let objects = at(
        &expanded,
        "FToPolicyDestination0",
        &["PolicyDocument", "Statement", "1", "Resource"],
    );
    assert_eq!(
        objects,
        r#"[{"Fn::GetAtt":["B","Arn"]},{"Fn::Sub":["${DestinationArn}/*",{"DestinationArn":{"Fn::GetAtt":["B","Arn"]}}]}]"#
    );
    let send = at(
        &expanded,
        "DPolicy",
        &["PolicyDocument", "Statement", "0", "Resource"],
    );
    assert_eq!(send, r#"["arn:aws:sqs:eu-west-1:111122223333:q"]"#);
    let invoke = expanded
        .template
        .get("Resources")
        .unwrap()
        .get("CWriteLambdaPermission")
        .unwrap();
    assert_eq!(invoke.get("Condition").unwrap().as_str(), Some("P"));
    let messages: Vec<_> = expanded
        .diagnostics
        .iter()
        .map(|d| d.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "this connector is refused: none leads from `AWS::DynamoDB::Table` to `AWS::S3::Bucket`",
            "this connector is refused: there is no permission `Read` for these ends",
        ]
    );
}

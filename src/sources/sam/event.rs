//! What the events of functions and state machines add: rights of the
//! function's role, roles that deliver, queues with their policies, and the
//! permission to invoke.

use super::api::{Route, method_arn};
use super::make::{
    attribute, elements, fill, fixed, is_given, list, logical_id, members, object, reference, text,
    unreadable,
};
use super::policies::Granted;
use super::role::{dead_letter_target, dead_letters, delivery, trust};
use super::{Expansion, Resource};
use crate::syntax::{Member, Node, Value};
use crate::text::Span;

const QUEUE_FROM_RULE: &str = r#"{"Version": "2012-10-17", "Statement": [{"Action": "sqs:SendMessage",
    "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Resource": "%{queue}",
    "Condition": {"ArnEquals": {"aws:SourceArn": "%{source}"}}}]}"#;
const QUEUE_FROM_TOPIC: &str = r#"{"Version": "2012-10-17", "Statement": [{"Action": "sqs:SendMessage",
    "Effect": "Allow", "Principal": "*", "Resource": "%{queue}",
    "Condition": {"ArnEquals": {"aws:SourceArn": "%{source}"}}}]}"#;
const SECRET: &str =
    r#"{"Action": ["secretsmanager:GetSecretValue"], "Effect": "Allow", "Resource": "%{uri}"}"#;
const NETWORK: &str = r#"{"Action": ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface", "ec2:DescribeVpcs", "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups"], "Effect": "Allow", "Resource": "*"}"#;
const BROKER: &str =
    r#"{"Action": ["mq:DescribeBroker"], "Effect": "Allow", "Resource": "%{broker}"}"#;
const CLUSTERS: &[&str] = &[
    r#"{"Action": ["rds:DescribeDBClusterParameters"], "Effect": "Allow",
        "Resource": "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster-pg:*"}"#,
    r#"{"Action": ["rds:DescribeDBSubnetGroups"], "Effect": "Allow",
        "Resource": "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:subgrp:*"}"#,
    r#"{"Action": ["rds:DescribeDBClusters"], "Effect": "Allow", "Resource": "%{cluster}"}"#,
];

/// One event of a resource.
struct Event<'e> {
    /// The logical id of what is made of it.
    id: String,
    span: Span,
    kind: &'e str,
    properties: &'e Node,
}

impl Event<'_> {
    fn get(&self, property: &str) -> Option<&Node> {
        self.properties.get(property)
    }
}

fn events<'e>(of: &'e Resource<'_>) -> impl Iterator<Item = Event<'e>> {
    members(of.get("Events"))
        .iter()
        .filter_map(|Member { key, value }| {
            Some(Event {
                id: format!("{}{}", of.id(), key.name),
                span: value.span,
                kind: value.get("Type")?.as_str()?,
                properties: value.get("Properties").unwrap_or(value),
            })
        })
}

/// Who invokes a function, and from where.
#[derive(Default)]
struct Invocation {
    principal: &'static str,
    arn: Option<Node>,
    account: Option<Node>,
    token: Option<Node>,
}

impl Expansion<'_> {
    pub(super) fn function_events(&mut self, function: &Resource<'_>, granted: &mut Granted) {
        let target = self.target(function);
        for event in events(function) {
            self.pulled(&event, granted);
            if let Some(failed) = event
                .get("DestinationConfig")
                .and_then(|c| c.get("OnFailure"))
            {
                let kind = failed.get("Type").and_then(Node::as_str);
                if let (Some(kind @ ("SQS" | "SNS" | "S3")), Some(to)) =
                    (kind, failed.get("Destination"))
                    && let Some(document) = delivery(kind, to)
                {
                    granted.embed(&format!("{}{kind}Policy", event.id), document);
                }
            }
            match event.kind {
                "ScheduleV2" => self.schedule(function, &event, "Lambda", &target),
                "Schedule" | "EventBridgeRule" | "CloudWatchEvent" => {
                    self.rule(function, &event);
                    let arn = attribute(event.span, &event.id, "Arn");
                    self.invocation(
                        function,
                        &event,
                        &target,
                        Invocation {
                            principal: "events.amazonaws.com",
                            arn: Some(arn),
                            ..Invocation::default()
                        },
                    );
                }
                "SNS" => self.topic(function, &event, &target, granted),
                "Api" | "HttpApi" => {
                    self.route(&event);
                    self.method(function, &event, &target);
                }
                _ => self.pushed(function, &event, &target),
            }
        }
        self.function_url(function, &target);
    }

    pub(super) fn machine_events(&mut self, machine: &Resource<'_>) {
        let target = reference(machine.span(), machine.id());
        for event in events(machine) {
            let role = format!("{}Role", event.id);
            let start = |span| {
                let target = reference(span, machine.id());
                delivery("StateMachine", &target).into_iter().collect()
            };
            match event.kind {
                "ScheduleV2" => self.schedule(machine, &event, "StateMachine", &target),
                "Schedule" | "EventBridgeRule" | "CloudWatchEvent" => {
                    self.rule(machine, &event);
                    if event.get("RoleArn").is_none() {
                        let trust = trust(event.span, "events.amazonaws.com");
                        self.event_role(machine, &role, trust, start(event.span));
                    }
                }
                "Api" => {
                    self.route(&event);
                    let trust = trust(event.span, "apigateway.amazonaws.com");
                    self.event_role(machine, &role, trust, start(event.span));
                }
                _ => {}
            }
        }
    }

    /// What events invoke: the alias of a function that has one.
    fn target(&mut self, function: &Resource<'_>) -> Node {
        let alias = function.get("AutoPublishAlias");
        let alias = alias.and_then(|alias| Some((alias.span, self.literal(alias)?)));
        match alias {
            Some((span, name)) => {
                let id = format!("{}Alias{name}", function.id());
                self.push_plain(function, &id, "AWS::Lambda::Alias");
                reference(span, &id)
            }
            None => attribute(function.span(), function.id(), "Arn"),
        }
    }

    /// What a function needs to fetch its events.
    fn pulled(&mut self, event: &Event<'_>, granted: &mut Granted) {
        let span = event.span;
        let managed = match event.kind {
            "Kinesis" => "AWSLambdaKinesisExecutionRole",
            "DynamoDB" => "AWSLambdaDynamoDBExecutionRole",
            "SQS" => "AWSLambdaSQSQueueExecutionRole",
            "MSK" => "AWSLambdaMSKExecutionRole",
            _ => "",
        };
        if !managed.is_empty() {
            granted.attach_named(span, managed);
        }
        let access = elements(event.get("SourceAccessConfigurations"));
        let uri = |kinds: &[&str]| {
            let is_kind = |config: &&Node| {
                let kind = config.get("Type").and_then(Node::as_str);
                kind.is_some_and(|kind| kinds.contains(&kind))
            };
            access
                .iter()
                .find(is_kind)
                .and_then(|config| config.get("URI"))
        };
        let filled = |text: &str, slots: &[(&str, &Node)]| {
            fill(span, text, slots).unwrap_or_else(|_| unreadable(span))
        };
        let slot = |name: &'static str, node: Option<&Node>, text: &str| match node {
            Some(node) => filled(text, &[(name, node)]),
            None => unreadable(span),
        };
        let key = event.get("SecretsManagerKmsKeyId").map(decryption);
        let (name, version, statements) = match event.kind {
            "MSK" => {
                let secret = uri(&["CLIENT_CERTIFICATE_TLS_AUTH"]);
                let secret = secret.map(|uri| filled(SECRET, &[("uri", uri)]));
                (
                    "MSKExecutionRolePolicy",
                    false,
                    secret.into_iter().collect(),
                )
            }
            "MQ" => {
                let mut statements = vec![
                    slot("uri", uri(&["BASIC_AUTH"]), SECRET),
                    slot("broker", event.get("Broker"), BROKER),
                ];
                statements.extend(key);
                ("SamAutoGeneratedAMQPolicy", false, statements)
            }
            "DocumentDB" => {
                let mut statements = vec![slot("uri", uri(&["BASIC_AUTH"]), SECRET)];
                let cluster = event.get("Cluster");
                statements.extend(CLUSTERS.iter().map(|text| slot("cluster", cluster, text)));
                statements.push(fixed(span, NETWORK));
                statements.extend(key);
                ("SamAutoGeneratedDocumentDBPolicy", false, statements)
            }
            "SelfManagedKafka" => {
                let mut statements = Vec::new();
                let of = |statements: &mut Vec<Node>, uri: Option<&Node>| {
                    statements.extend(uri.map(|uri| filled(SECRET, &[("uri", uri)])));
                };
                let kinds = [
                    "SASL_SCRAM_256_AUTH",
                    "SASL_SCRAM_512_AUTH",
                    "BASIC_AUTH",
                    "CLIENT_CERTIFICATE_TLS_AUTH",
                ];
                of(&mut statements, uri(&kinds));
                of(&mut statements, uri(&["SERVER_ROOT_CA_CERTIFICATE"]));
                if uri(&["VPC_SUBNET"]).is_some() && uri(&["VPC_SECURITY_GROUP"]).is_some() {
                    statements.push(fixed(span, NETWORK));
                }
                statements.extend(key);
                ("SelfManagedKafkaExecutionRolePolicy", true, statements)
            }
            _ => return,
        };
        if event.get("SchemaRegistryConfig").is_some() {
            let message = "the rights that `SchemaRegistryConfig` brings are not read".to_owned();
            self.gaps.push((span, message));
        }
        if !statements.is_empty() {
            let mut document = vec![("Statement", list(span, statements))];
            if version {
                document.push(("Version", text(span, "2012-10-17")));
            }
            granted.embed(name, object(span, document));
        }
    }

    /// A schedule of EventBridge Scheduler, which needs a role.
    fn schedule(&mut self, of: &Resource<'_>, event: &Event<'_>, kind: &str, target: &Node) {
        let mut documents = Vec::new();
        let target = Node {
            span: event.span,
            value: target.value.clone(),
        };
        documents.extend(delivery(kind, &target));
        if let Some(config) = dead_letters(event.properties) {
            let (arn, queue) = dead_letter_target(config, &event.id);
            documents.extend(delivery("SQS", &arn));
            if let Some(queue) = queue {
                self.push_plain(of, &queue, "AWS::SQS::Queue");
            }
        }
        if !is_given(event.get("RoleArn")) {
            let trust = trust(event.span, "scheduler.amazonaws.com");
            self.event_role(of, &format!("{}Role", event.id), trust, documents);
        }
    }

    /// A rule of EventBridge, and the queue for what it could not deliver.
    fn rule(&mut self, of: &Resource<'_>, event: &Event<'_>) {
        let name = event.get("RuleName").or_else(|| event.get("Name"));
        let name = name.map(|name| ("Name", name.clone()));
        self.push(of, &event.id, "AWS::Events::Rule", object(event.span, name));
        let Some(config) = dead_letters(event.properties) else {
            return;
        };
        if let (arn, Some(queue)) = dead_letter_target(config, &event.id) {
            self.push_plain(of, &queue, "AWS::SQS::Queue");
            let source = attribute(config.span, &event.id, "Arn");
            let slots = [("queue", &arn), ("source", &source)];
            let url = reference(config.span, &queue);
            let policy = format!("{}QueuePolicy", event.id);
            self.queue_policy(of, &policy, url, fill(config.span, QUEUE_FROM_RULE, &slots));
        }
    }

    fn queue_policy(
        &mut self,
        of: &Resource<'_>,
        id: &str,
        queue: Node,
        document: Result<Node, String>,
    ) {
        let span = queue.span;
        let document = document.unwrap_or_else(|_| unreadable(span));
        let queues = list(span, vec![queue]);
        let properties = object(span, [("PolicyDocument", document), ("Queues", queues)]);
        self.push(of, id, "AWS::SQS::QueuePolicy", properties);
    }

    /// A topic, which calls the function or fills a queue for it.
    fn topic(
        &mut self,
        of: &Resource<'_>,
        event: &Event<'_>,
        target: &Node,
        granted: &mut Granted,
    ) {
        let Some(topic) = event.get("Topic") else {
            return;
        };
        let Some(queue) = event.get("SqsSubscription").filter(|q| is_given(Some(q))) else {
            let invocation = Invocation {
                principal: "sns.amazonaws.com",
                arn: Some(topic.clone()),
                ..Invocation::default()
            };
            return self.invocation(of, event, target, invocation);
        };
        granted.attach_named(event.span, "AWSLambdaSQSQueueExecutionRole");
        let own = format!("{}Queue", event.id);
        let made = queue.as_object().is_none();
        if made {
            self.push_plain(of, &own, "AWS::SQS::Queue");
        }
        let given = |name, own: Node| match made {
            true => own,
            false => queue
                .get(name)
                .cloned()
                .unwrap_or_else(|| unreadable(queue.span)),
        };
        let arn = given("QueueArn", attribute(queue.span, &own, "Arn"));
        let url = given("QueueUrl", reference(queue.span, &own));
        let named = queue.get("QueuePolicyLogicalId").and_then(Node::as_str);
        let policy = named.map_or_else(|| format!("{}QueuePolicy", event.id), str::to_owned);
        let slots = [("queue", &arn), ("source", topic)];
        self.queue_policy(of, &policy, url, fill(event.span, QUEUE_FROM_TOPIC, &slots));
    }

    /// A method of an api, which the policy of the api names.
    fn route(&mut self, event: &Event<'_>) {
        let api = event.get("RestApiId").or_else(|| event.get("ApiId"));
        let api = match api {
            Some(api) => logical_id(api).or_else(|| api.as_str()).map(str::to_owned),
            None if event.kind == "Api" => Some("ServerlessRestApi".to_owned()),
            None => Some("ServerlessHttpApi".to_owned()),
        };
        let text = |name| event.get(name).and_then(Node::as_str).map(str::to_owned);
        if let Some(api) = api {
            self.routes.push(Route {
                api,
                path: text("Path"),
                method: text("Method"),
                policy: event
                    .get("Auth")
                    .and_then(|auth| auth.get("ResourcePolicy"))
                    .cloned(),
            });
        }
    }

    /// The permission for the api to invoke the function.
    fn method(&mut self, of: &Resource<'_>, event: &Event<'_>, target: &Node) {
        let span = event.span;
        let given = event.get("RestApiId").or_else(|| event.get("ApiId"));
        let (implicit, path, method) = match event.kind {
            "Api" => ("ServerlessRestApi", None, None),
            _ => ("ServerlessHttpApi", Some("$default"), Some("any")),
        };
        let api = given.cloned().unwrap_or_else(|| reference(span, implicit));
        let path = event.get("Path").and_then(Node::as_str).or(path);
        let method = event.get("Method").and_then(Node::as_str).or(method);
        let arn = path.zip(method);
        let invocation = Invocation {
            principal: "apigateway.amazonaws.com",
            arn: arn.and_then(|(path, method)| method_arn(span, &api, path, method)),
            ..Invocation::default()
        };
        self.invocation(of, event, target, invocation);
    }

    /// Services that call the function themselves.
    fn pushed(&mut self, of: &Resource<'_>, event: &Event<'_>, target: &Node) {
        let span = event.span;
        let account = || Some(reference(span, "AWS::AccountId"));
        let filled = |text: &str, slots: &[(&str, &Node)]| fill(span, text, slots).ok();
        let none = Invocation::default();
        let invocation = match event.kind {
            "S3" => Invocation {
                principal: "s3.amazonaws.com",
                account: account(),
                ..none
            },
            "CloudWatchLogs" => Invocation {
                principal: "logs.amazonaws.com",
                arn: event.get("LogGroupName").and_then(|group| {
                    let arn = r#""arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:%{group}:*""#;
                    filled(arn, &[("group", group)])
                }),
                ..none
            },
            "IoTRule" => Invocation {
                principal: "iot.amazonaws.com",
                arn: {
                    let rule = reference(span, &event.id);
                    let arn = r#""arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:rule/%{rule}""#;
                    filled(arn, &[("rule", &rule)])
                },
                account: account(),
                ..none
            },
            "AlexaSkill" => Invocation {
                principal: "alexa-appkit.amazon.com",
                token: event.get("SkillId").cloned(),
                ..none
            },
            "Cognito" => Invocation {
                principal: "cognito-idp.amazonaws.com",
                arn: event
                    .get("UserPool")
                    .and_then(logical_id)
                    .map(|pool| attribute(span, pool, "Arn")),
                ..none
            },
            _ => return,
        };
        self.invocation(of, event, target, invocation);
    }

    fn invocation(
        &mut self,
        of: &Resource<'_>,
        event: &Event<'_>,
        target: &Node,
        invocation: Invocation,
    ) {
        let span = event.span;
        let mut properties = vec![
            ("Action", text(span, "lambda:InvokeFunction")),
            ("FunctionName", target.clone()),
            ("Principal", text(span, invocation.principal)),
        ];
        let more = [
            ("SourceArn", invocation.arn),
            ("SourceAccount", invocation.account),
            ("EventSourceToken", invocation.token),
        ];
        properties.extend(
            more.into_iter()
                .filter_map(|(name, node)| Some((name, node?))),
        );
        let id = format!("{}Permission", event.id);
        self.push(of, &id, "AWS::Lambda::Permission", object(span, properties));
    }

    /// A function that anybody may call by its address.
    fn function_url(&mut self, of: &Resource<'_>, target: &Node) {
        let Some(url) = of.get("FunctionUrlConfig") else {
            return;
        };
        let Some(none) = url.get("AuthType").filter(|a| a.as_str() == Some("NONE")) else {
            return;
        };
        let permission = |action, name, value| {
            let properties = [
                ("Action", text(none.span, action)),
                ("FunctionName", target.clone()),
                ("Principal", text(none.span, "*")),
                (name, value),
            ];
            object(none.span, properties)
        };
        let id = format!("{}UrlPublicPermissions", of.id());
        let kind = "AWS::Lambda::Permission";
        let auth = ("FunctionUrlAuthType", none.clone());
        self.push(
            of,
            &id,
            kind,
            permission("lambda:InvokeFunctionUrl", auth.0, auth.1),
        );
        let id = format!("{}URLInvokeAllowPublicAccess", of.id());
        let only = Node {
            span: none.span,
            value: Value::Bool(true),
        };
        let properties = permission("lambda:InvokeFunction", "InvokedViaFunctionUrl", only);
        self.push(of, &id, kind, properties);
    }
}

/// The right to use the key of a secret.
fn decryption(key: &Node) -> Node {
    let statement = r#"{"Action": ["kms:Decrypt"], "Effect": "Allow",
        "Resource": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/%{key}"}"#;
    fill(key.span, statement, &[("key", key)]).unwrap_or_else(|_| unreadable(key.span))
}

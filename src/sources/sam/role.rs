//! The roles that SAM generates where none is given.

use super::make::{
    attribute, branches, choice, elements, fill, fixed, is_given, is_no_value, list, member,
    members, object, text, unreadable,
};
use super::policies::{self, Granted};
use super::{Expansion, Resource, arn_of};
use crate::syntax::{Node, Value};
use crate::text::{Diagnostic, Span};

/// `Policies` that have no effect.
const IGNORED: &str = "ignored-sam-policies";

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Action": ["sts:AssumeRole"],
    "Effect": "Allow", "Principal": {"Service": ["%{service}"]}}]}"#;

/// The trust policy for a service.
pub(super) fn trust(span: Span, service: &str) -> Node {
    fixed(span, &TRUST.replace("%{service}", service))
}

/// The document that lets something be delivered to a target of a type.
pub(super) fn delivery(kind: &str, target: &Node) -> Option<Node> {
    let document = match kind {
        "SQS" => {
            r#"{"Statement": [{"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": "%{target}"}]}"#
        }
        "SNS" => {
            r#"{"Statement": [{"Action": "sns:publish", "Effect": "Allow", "Resource": "%{target}"}]}"#
        }
        "EventBridge" => {
            r#"{"Statement": [{"Action": "events:PutEvents", "Effect": "Allow", "Resource": "%{target}"}]}"#
        }
        "Lambda" => {
            r#"{"Statement": [{"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": "%{target}"}]}"#
        }
        "StateMachine" => {
            r#"{"Statement": [{"Action": "states:StartExecution", "Effect": "Allow", "Resource": "%{target}"}]}"#
        }
        "S3" | "S3Bucket" => {
            r#"{"Statement": [
                {"Action": "s3:PutObject", "Effect": "Allow",
                 "Resource": {"Fn::Join": ["/", ["%{target}", "*"]]}},
                {"Action": "s3:ListBucket", "Effect": "Allow", "Resource": "%{target}"}]}"#
        }
        _ => return None,
    };
    fill(target.span, document, &[("target", target)]).ok()
}

/// Whether the role is there, and under which condition of its own.
enum Made {
    No,
    Always,
    Under(Node),
}

impl Expansion<'_> {
    pub(super) fn function(&mut self, function: &Resource<'_>) {
        let (id, span) = (function.id(), function.span());
        let role = format!("{id}Role");
        let (value, made) = self.role_of(function, &role);
        let mut properties = function.keep(&["FunctionName"]);
        properties.push(("Role", value));
        self.push(
            function,
            id,
            "AWS::Lambda::Function",
            object(span, properties),
        );

        let mut granted = Granted::default();
        let basic = match is_given(function.get("DurableConfig")) {
            true => "AWSLambdaBasicDurableExecutionRolePolicy",
            false => "AWSLambdaBasicExecutionRole",
        };
        granted.attach_named(span, basic);
        if let Some(tracing) = function.get("Tracing").filter(|t| is_given(Some(t)))
            && self.literal(tracing) != Some("Disabled")
        {
            granted.attach_named(tracing.span, "AWSXRayDaemonWriteAccess");
        }
        if let Some(vpc) = function.get("VpcConfig").filter(|v| is_given(Some(v))) {
            granted.attach_named(vpc.span, "AWSLambdaVPCAccessExecutionRole");
        }
        self.dead_letter_queue(function, &mut granted);
        self.destinations(function, &mut granted);
        let entries = elements(function.get("Policies"));
        self.policies(entries, &role, &made, &mut granted);
        self.function_events(function, &mut granted);
        let trust = match function.get("AssumeRolePolicyDocument") {
            Some(own) => own.clone(),
            None => trust(span, "lambda.amazonaws.com"),
        };
        self.role(function, &role, made, trust, granted);
    }

    pub(super) fn state_machine(&mut self, machine: &Resource<'_>) {
        let (id, span) = (machine.id(), machine.span());
        let role = format!("{id}Role");
        let given = machine.get("Role");
        let (value, made) = match given {
            Some(given) => (given.clone(), Made::No),
            None => (attribute(span, &role, "Arn"), Made::Always),
        };
        let mut properties = vec![("RoleArn", value)];
        if let Some(name) = machine.get("Name") {
            properties.push(("StateMachineName", name.clone()));
        }
        let kind = "AWS::StepFunctions::StateMachine";
        self.push(machine, id, kind, object(span, properties));

        let mut granted = Granted::default();
        let entries = elements(machine.get("Policies"));
        self.policies(entries, &role, &made, &mut granted);
        let tracing = machine.get("Tracing").and_then(|t| t.get("Enabled"));
        if tracing.is_some_and(|enabled| enabled.value == Value::Bool(true)) {
            granted.attach_named(span, "AWSXRayDaemonWriteAccess");
        }
        let trust = trust(span, "states.amazonaws.com");
        self.role(machine, &role, made, trust, granted);
        self.machine_events(machine);
    }

    /// The role of a capacity provider.
    pub(super) fn operator_role(&mut self, provider: &Resource<'_>) {
        let span = provider.span();
        let mut granted = Granted::default();
        granted.attach_named(span, "AWSLambdaManagedEC2ResourceOperator");
        let role = format!("{}OperatorRole", provider.id());
        let trust = trust(span, "lambda.amazonaws.com");
        self.role(provider, &role, Made::Always, trust, granted);
    }

    /// A role that delivers events, with its documents.
    pub(super) fn event_role(
        &mut self,
        of: &Resource<'_>,
        id: &str,
        trust: Node,
        documents: Vec<Node>,
    ) {
        let mut granted = Granted::default();
        for (index, document) in documents.into_iter().enumerate() {
            granted.embed(&format!("{id}Policy{index}"), document);
        }
        self.role(of, id, Made::Always, trust, granted);
    }

    /// The value of a function's role, and whether one is made for it.
    fn role_of(&mut self, function: &Resource<'_>, role: &str) -> (Node, Made) {
        let own = attribute(function.span(), role, "Arn");
        let Some(given) = function.get("Role") else {
            return (own, Made::Always);
        };
        let Some((condition, then, otherwise)) = branches(given) else {
            return (given.clone(), Made::No);
        };
        match (is_no_value(then), is_no_value(otherwise)) {
            (true, true) => (own, Made::Always),
            (true, false) => {
                let value = choice(given.span, condition, own, otherwise.clone());
                (value, Made::Under(condition.clone()))
            }
            (false, true) => {
                let value = choice(given.span, condition, then.clone(), own);
                (value, Made::Under(self.negated(condition)))
            }
            (false, false) => (given.clone(), Made::No),
        }
    }

    /// The name of the condition that holds where another does not.
    fn negated(&mut self, condition: &Node) -> Node {
        let span = condition.span;
        let name = format!("NOT{}", condition.as_str().unwrap_or_default());
        if !self.conditions.iter().any(|m| m.key.name == name) {
            let inner = object(span, [("Condition", condition.clone())]);
            let not = object(span, [("Fn::Not", list(span, vec![inner]))]);
            self.conditions.push(member(span, name.clone(), not));
        }
        text(span, name)
    }

    fn policies(&mut self, entries: &[Node], role: &str, made: &Made, granted: &mut Granted) {
        if let (Made::No, [first, ..]) = (made, entries) {
            let owner = role.strip_suffix("Role").unwrap_or(role);
            let last = entries.last().unwrap_or(first);
            let span = Span::new(first.span.start as usize, last.span.end as usize);
            let message = format!("`{owner}` has a `Role`, so its `Policies` are ignored");
            let diagnostic = Diagnostic::new(IGNORED, span, message)
                .help("attach them to the role, or remove `Role`");
            self.diagnostics.push(diagnostic);
            return;
        }
        policies::read(entries, role, granted, &mut self.diagnostics);
    }

    fn role(&mut self, of: &Resource<'_>, id: &str, made: Made, trust: Node, granted: Granted) {
        let span = of.span();
        let condition = match made {
            Made::No => return,
            Made::Always => None,
            Made::Under(condition) => Some(condition),
        };
        let mut properties = vec![("AssumeRolePolicyDocument", trust)];
        if !granted.managed.is_empty() {
            properties.push(("ManagedPolicyArns", list(span, granted.managed)));
        }
        if !granted.inline.is_empty() {
            properties.push(("Policies", list(span, granted.inline)));
        }
        let copied = [
            ("RolePath", "Path"),
            ("PermissionsBoundary", "PermissionsBoundary"),
        ];
        for (from, to) in copied {
            if let Some(value) = of.get(from) {
                properties.push((to, value.clone()));
            }
        }
        self.push(of, id, "AWS::IAM::Role", object(span, properties));
        let Some(condition) = condition else { return };
        let made = self.resources.last_mut().map(|m| &mut m.value.value);
        if let Some(Value::Object(body)) = made {
            body.retain(|m| m.key.name != "Condition");
            body.push(member(span, "Condition", condition));
        }
    }

    fn dead_letter_queue(&mut self, function: &Resource<'_>, granted: &mut Granted) {
        let Some(queue) = function.get("DeadLetterQueue") else {
            return;
        };
        let kind = queue.get("Type").and_then(|kind| self.literal(kind));
        let action = match kind {
            Some("SQS") => "sqs:SendMessage",
            Some("SNS") => "sns:Publish",
            _ => "",
        };
        let target = queue.get("TargetArn").filter(|_| !action.is_empty());
        let document = target.and_then(|target| {
            let document = r#"{"Version": "2012-10-17", "Statement": [
                {"Action": "%{action}", "Resource": "%{target}", "Effect": "Allow"}]}"#;
            let action = text(queue.span, action);
            let slots = [("action", &action), ("target", target)];
            fill(queue.span, document, &slots).ok()
        });
        let document = document.unwrap_or_else(|| unreadable(queue.span));
        granted.embed("DeadLetterQueuePolicy", document);
    }

    /// Where the outcome of an asynchronous call is sent.
    fn destinations(&mut self, function: &Resource<'_>, granted: &mut Granted) {
        let config = function.get("EventInvokeConfig");
        let config = config.and_then(|config| config.get("DestinationConfig"));
        for event in ["OnSuccess", "OnFailure"] {
            let Some(to) = config.and_then(|config| config.get(event)) else {
                continue;
            };
            let id = format!("{}EventInvokeConfig{event}", function.id());
            let kind = to.get("Type").and_then(|kind| self.literal(kind));
            let (made, made_type) = match kind {
                Some("SQS") => (Some(format!("{id}Queue")), "AWS::SQS::Queue"),
                Some("SNS") => (Some(format!("{id}Topic")), "AWS::SNS::Topic"),
                _ => (None, ""),
            };
            let own = made.as_ref().map(|made| arn_of(to.span, made, made_type));
            let target = match (to.get("Destination"), own) {
                (Some(given), own) => match (branches(given), own) {
                    (Some((condition, then, otherwise)), Some(own)) => {
                        let side = |side: &Node| match is_no_value(side) {
                            true => own.clone(),
                            false => side.clone(),
                        };
                        let (then, otherwise) = (side(then), side(otherwise));
                        Some(choice(given.span, condition, then, otherwise))
                    }
                    _ => Some(given.clone()),
                },
                (None, own) => own,
            };
            let is_used = to
                .get("Destination")
                .is_none_or(|given| branches(given).is_some());
            if let Some(made) = made.filter(|_| is_used) {
                self.push_plain(function, &made, made_type);
            }
            let target = target.as_ref();
            let document = target.and_then(|target| delivery(kind.unwrap_or_default(), target));
            let document = document.unwrap_or_else(|| unreadable(to.span));
            granted.embed(&format!("{id}Policy"), document);
        }
    }
}

/// Where an event sends what it could not deliver.
pub(super) fn dead_letters(event: &Node) -> Option<&Node> {
    let config = event.get("DeadLetterConfig")?;
    (!members(Some(config)).is_empty()).then_some(config)
}

/// The ARN of the queue of a `DeadLetterConfig`, and the id of the queue where
/// it is to be made.
pub(super) fn dead_letter_target(config: &Node, id: &str) -> (Node, Option<String>) {
    match config.get("Arn") {
        Some(arn) => (arn.clone(), None),
        None => {
            let named = config.get("QueueLogicalId").and_then(Node::as_str);
            let queue = named.map_or_else(|| format!("{id}Queue"), str::to_owned);
            (attribute(config.span, &queue, "Arn"), Some(queue))
        }
    }
}

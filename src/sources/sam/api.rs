//! Apis: the resource policy that `Auth` describes, statement by statement for
//! each method of each path; the policy of a private domain; and who may
//! invoke an authorizer.

use super::make::{
    attribute, elements, fill, filled, list, member, members, object, reference, same, text, weight,
};
use super::{BUDGET, Expansion, Resource};
use crate::syntax::{Key, Member, Node, Value};
use crate::text::Span;

const POLICY: &str = "x-amazon-apigateway-policy";

/// Lists of a `ResourcePolicy` that become statements: who, and the operator
/// under which they are denied.
const ADDRESSES: &[(&str, &str)] = &[
    ("IpRangeWhitelist", "NotIpAddress"),
    ("IpRangeBlacklist", "IpAddress"),
];
const ACCOUNTS: &[(&str, &str)] = &[
    ("AwsAccountWhitelist", "Allow"),
    ("AwsAccountBlacklist", "Deny"),
];
const NETWORKS: &[([&str; 3], &str)] = &[
    (
        [
            "SourceVpcBlacklist",
            "IntrinsicVpcBlacklist",
            "IntrinsicVpceBlacklist",
        ],
        "StringEquals",
    ),
    (
        [
            "SourceVpcWhitelist",
            "IntrinsicVpcWhitelist",
            "IntrinsicVpceWhitelist",
        ],
        "StringNotEquals",
    ),
];

/// A method that an event adds to an api.
pub(super) struct Route {
    /// The api's logical id.
    pub(super) api: String,
    pub(super) path: Option<String>,
    pub(super) method: Option<String>,
    /// `Auth.ResourcePolicy` of the event.
    pub(super) policy: Option<Node>,
}

/// The paths of an api and their methods, in order.
#[derive(Default)]
struct Paths(Vec<(String, Vec<String>)>);

impl Paths {
    fn add(&mut self, path: &str, method: &str) {
        let known = self.0.iter().position(|(known, _)| known == path);
        let at = known.unwrap_or_else(|| {
            self.0.push((path.to_owned(), Vec::new()));
            self.0.len() - 1
        });
        if let Some((_, methods)) = self.0.get_mut(at) {
            let is_any = ["any", "x-amazon-apigateway-any-method"]
                .iter()
                .any(|any| method.eq_ignore_ascii_case(any));
            let method = match is_any {
                true => "*".to_owned(),
                false => method.to_ascii_uppercase(),
            };
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
}

/// The path in an ARN: no slash at its end, and any value for a parameter.
pub(super) fn path_in_arn(path: &str) -> String {
    let path = match path.strip_suffix('/') {
        Some(short) if !short.is_empty() => short,
        _ => path,
    };
    let mut written = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((_, after)) = behind.split_once('}') else {
            break;
        };
        written.push_str(before);
        written.push('*');
        rest = after;
    }
    written.push_str(rest);
    written
}

impl<'t> Expansion<'t> {
    pub(super) fn api(&mut self, api: &Resource<'t>) {
        let (id, span) = (api.id().to_owned(), api.span());
        let mut properties = api.keep(&["Name", "Policy"]);
        if let Some(policy) = self.resource_policy(api) {
            let body = object(policy.span, [(POLICY, policy)]);
            properties.push(("Body", body));
        }
        self.push(
            api,
            &id,
            "AWS::ApiGateway::RestApi",
            object(span, properties),
        );
        self.domain(api);
        self.authorizers(api);
    }

    /// The apis that events use without naming one.
    pub(super) fn implicit_apis(&mut self) {
        let kinds = [
            ("ServerlessRestApi", "Api"),
            ("ServerlessHttpApi", "HttpApi"),
        ];
        for (id, kind) in kinds {
            let is_there = self.resources.iter().any(|m| m.key.name == id);
            if is_there || !self.routes.iter().any(|route| route.api == id) {
                continue;
            }
            let globals = self.template.get("Globals").and_then(|all| all.get(kind));
            let span = match globals {
                Some(globals) => globals.span,
                None => Span::default(),
            };
            let key = Key {
                name: id.to_owned(),
                span,
            };
            let node = object(span, []);
            let api = Resource {
                key: &key,
                properties: match self.template.get("Globals") {
                    Some(globals) => super::globals::properties(globals, kind, &node),
                    None => node.clone(),
                },
                node: &node,
            };
            self.implicit(&api, kind);
        }
    }

    fn implicit(&mut self, api: &Resource<'_>, kind: &str) {
        let span = api.span();
        if kind == "HttpApi" {
            return self.push_plain(api, api.id(), "AWS::ApiGatewayV2::Api");
        }
        let body = self
            .resource_policy(api)
            .map(|policy| ("Body", object(policy.span, [(POLICY, policy)])));
        self.push(
            api,
            api.id(),
            "AWS::ApiGateway::RestApi",
            object(span, body),
        );
        self.authorizers(api);
    }

    /// The document of the api's `Auth` and of the `Auth` of its events.
    fn resource_policy(&mut self, api: &Resource<'_>) -> Option<Node> {
        let own = api.get("Auth").and_then(|auth| auth.get("ResourcePolicy"));
        let body = api.get("DefinitionBody");
        let written = body.and_then(|body| body.get(POLICY));
        let implicit = text(api.span(), "Prod");
        let stage = api.get("StageName").unwrap_or(&implicit).clone();
        let mut paths = Paths::default();
        for Member { key, value } in members(body.and_then(|body| body.get("paths"))) {
            for method in members(Some(value)) {
                paths.add(&key.name, &method.key.name);
            }
        }
        let mut statements = Statements::default();
        for statement in elements(written.and_then(|policy| policy.get("Statement"))) {
            statements.add(statement.clone());
        }
        let mut span = written.map(|written| written.span);
        for route in self.routes.iter().filter(|route| route.api == api.id()) {
            if let (Some(path), Some(method)) = (&route.path, &route.method) {
                paths.add(path, method);
            }
            if let Some(policy) = &route.policy {
                span = span.or(Some(policy.span));
                let here = paths
                    .0
                    .iter()
                    .filter(|(path, _)| Some(path) == route.path.as_ref());
                for (path, methods) in here {
                    statements.add_for(policy, path, methods, &stage);
                }
                statements.add_custom(policy);
            }
        }
        if let Some(policy) = own {
            span = span.or(Some(policy.span));
            if api.get("Cors").is_some() {
                let known: Vec<_> = paths.0.iter().map(|(path, _)| path.clone()).collect();
                known.iter().for_each(|path| paths.add(path, "options"));
            }
            if weight(policy).saturating_mul(paths.0.len()) <= BUDGET {
                for (path, methods) in &paths.0 {
                    statements.add_for(policy, path, methods, &stage);
                }
            } else {
                let message = "this resource policy is too large to be applied to every path";
                self.gaps.push((policy.span, message.to_owned()));
            }
            statements.add_custom(policy);
            let lists = members(Some(policy)).iter();
            let needs_paths = lists.filter(|m| m.key.name != "CustomStatements").count() > 0;
            if needs_paths && paths.0.is_empty() {
                let message = "the paths that this resource policy is for are not known";
                self.gaps.push((policy.span, message.to_owned()));
            }
        }
        let span = span?;
        if statements.0.is_empty() {
            return written.cloned();
        }
        let version = match written.and_then(|policy| policy.get("Version")) {
            Some(version) if own.is_none() && !self.has_policy(api.id()) => version.clone(),
            _ => text(span, "2012-10-17"),
        };
        let members = [
            ("Version", version),
            ("Statement", list(span, statements.0)),
        ];
        Some(object(span, members))
    }

    fn has_policy(&self, api: &str) -> bool {
        let mut routes = self.routes.iter();
        routes.any(|route| route.api == api && route.policy.is_some())
    }

    /// A private domain has a policy of its own.
    fn domain(&mut self, api: &Resource<'_>) {
        let Some(domain) = api.get("Domain") else {
            return;
        };
        let endpoint = domain.get("EndpointConfiguration");
        let endpoint = endpoint.and_then(|endpoint| match &endpoint.value {
            Value::Object(_) => endpoint.get("Type").and_then(Node::as_str),
            _ => endpoint.as_str(),
        });
        if let (Some("PRIVATE"), Some(policy)) = (endpoint, domain.get("Policy")) {
            let mut properties = vec![("Policy", policy.clone())];
            if let Some(name) = domain.get("DomainName") {
                properties.push(("DomainName", name.clone()));
            }
            let id = format!("{}DomainName", api.id());
            let properties = object(domain.span, properties);
            self.push(api, &id, "AWS::ApiGateway::DomainNameV2", properties);
        }
    }

    /// An authorizer is a function that the api invokes.
    fn authorizers(&mut self, api: &Resource<'_>) {
        let authorizers = api.get("Auth").and_then(|auth| auth.get("Authorizers"));
        for Member { key, value } in members(authorizers) {
            let Some(function) = value.get("FunctionArn") else {
                continue;
            };
            let without = value.get("DisableFunctionDefaultPermissions");
            if without.is_some_and(|without| without.value == Value::Bool(true)) {
                continue;
            }
            let span = value.span;
            let source = r#""arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:%{api}/authorizers/*""#;
            let slot = reference(span, api.id());
            let Ok(source) = fill(span, source, &[("api", &slot)]) else {
                continue;
            };
            let properties = [
                ("Action", text(span, "lambda:InvokeFunction")),
                ("FunctionName", function.clone()),
                ("Principal", text(span, "apigateway.amazonaws.com")),
                ("SourceArn", source),
            ];
            let id = format!("{}{}AuthorizerPermission", api.id(), key.name);
            self.push(
                api,
                &id,
                "AWS::Lambda::Permission",
                object(span, properties),
            );
        }
    }
}

impl Expansion<'_> {
    /// The routes of a socket invoke functions.
    pub(super) fn socket_routes(&mut self, api: &Resource<'_>) {
        let default = text(api.span(), "default");
        let stage = api.get("StageName").unwrap_or(&default);
        let own = attribute(api.span(), api.id(), "ApiId");
        for Member { key, value } in members(api.get("Routes")) {
            let Some(function) = value.get("FunctionArn") else {
                continue;
            };
            let span = value.span;
            let arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:%{api}/%{stage}/";
            let arn = text(span, format!("{arn}{}", key.name));
            let slots = [("api", &own), ("stage", stage)];
            let Ok(source) = filled(span, &arn, &slots) else {
                continue;
            };
            let route = key.name.trim_start_matches('$');
            let id = format!("{}{route}Permission", api.id());
            let properties = [
                ("Action", text(span, "lambda:InvokeFunction")),
                ("FunctionName", function.clone()),
                ("Principal", text(span, "apigateway.amazonaws.com")),
                ("SourceArn", source),
            ];
            self.push(
                api,
                &id,
                "AWS::Lambda::Permission",
                object(span, properties),
            );
        }
        self.authorizer(api);
    }

    /// The one authorizer of a socket.
    fn authorizer(&mut self, api: &Resource<'_>) {
        let auth = api.get("Auth");
        let function = auth.and_then(|auth| auth.get("AuthArn"));
        let has_role = auth.is_some_and(|auth| auth.get("InvokeRole").is_some());
        if let (Some(function), false) = (function, has_role) {
            let message = "who may invoke the authorizer of this socket is not read";
            self.gaps.push((function.span, message.to_owned()));
        }
    }
}

/// Statements, each once.
#[derive(Default)]
struct Statements(Vec<Node>);

impl Statements {
    fn add(&mut self, statement: Node) {
        if !self.0.iter().any(|known| same(known, &statement)) {
            self.0.push(statement);
        }
    }

    fn add_custom(&mut self, policy: &Node) {
        for statement in elements(policy.get("CustomStatements")) {
            self.add(statement.clone());
        }
    }

    /// What a `ResourcePolicy` says of one path.
    fn add_for(&mut self, policy: &Node, path: &str, methods: &[String], stage: &Node) {
        let resources = |span: Span| {
            let path = path_in_arn(path);
            let resources = methods.iter().filter_map(|method| {
                let resource = text(span, format!("execute-api:/%{{stage}}/{method}{path}"));
                filled(span, &resource, &[("stage", stage)]).ok()
            });
            list(span, resources.collect())
        };
        let statement = |span: Span, effect: &str, principal: Node| {
            vec![
                ("Effect", text(span, effect)),
                ("Action", text(span, "execute-api:Invoke")),
                ("Resource", resources(span)),
                ("Principal", principal),
            ]
        };
        for &(name, effect) in ACCOUNTS {
            let Some(accounts) = policy.get(name) else {
                continue;
            };
            let span = accounts.span;
            let accounts = list(span, elements(Some(accounts)).to_vec());
            let principal = object(span, [("AWS", accounts)]);
            self.add(object(span, statement(span, effect, principal)));
        }
        let mut refuse = |span: Span, operator: &str, keys: Vec<Member>| {
            let everyone = text(span, "*");
            self.add(object(span, statement(span, "Allow", everyone.clone())));
            let keys = Node {
                span,
                value: Value::Object(keys),
            };
            let mut deny = statement(span, "Deny", everyone);
            deny.push(("Condition", object(span, [(operator, keys)])));
            self.add(object(span, deny));
        };
        for &(name, operator) in ADDRESSES {
            let Some(addresses) = policy.get(name) else {
                continue;
            };
            let span = addresses.span;
            let values = list(span, elements(Some(addresses)).to_vec());
            refuse(span, operator, vec![member(span, "aws:SourceIp", values)]);
        }
        for &([literal, vpcs, endpoints], operator) in NETWORKS {
            let literal = elements(policy.get(literal));
            let of = |prefix: &str, more: &str| {
                let is_one = |n: &&Node| n.as_str().is_some_and(|n| n.starts_with(prefix));
                let own = literal.iter().filter(is_one);
                own.chain(elements(policy.get(more)))
                    .cloned()
                    .collect::<Vec<_>>()
            };
            let (vpcs, endpoints) = (of("vpc-", vpcs), of("vpce-", endpoints));
            let Some(first) = vpcs.iter().chain(&endpoints).next() else {
                continue;
            };
            let span = first.span;
            let keys = [("aws:SourceVpc", vpcs), ("aws:SourceVpce", endpoints)];
            let keys = keys.into_iter().filter(|(_, values)| !values.is_empty());
            let keys = keys.map(|(key, values)| member(span, key, list(span, values)));
            refuse(span, operator, keys.collect());
        }
    }
}

/// The ARN of a method, where a function is invoked by it.
pub(super) fn method_arn(span: Span, api: &Node, path: &str, method: &str) -> Option<Node> {
    let path = match path {
        "$default" | "/$default" => String::new(),
        path => path_in_arn(path),
    };
    let method = match method.eq_ignore_ascii_case("any") {
        true => "*".to_owned(),
        false => method.to_ascii_uppercase(),
    };
    let arn = format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:%{{api}}/*/{method}{path}"
    );
    filled(span, &text(span, arn), &[("api", api)]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_in_arns_with_wildcards() {
        assert_eq!(path_in_arn("/a/{id}/b/"), "/a/*/b");
        assert_eq!(path_in_arn("/{proxy+}"), "/*");
        assert_eq!(path_in_arn("/"), "/");
        assert_eq!(path_in_arn("/a{"), "/a{");
    }
}

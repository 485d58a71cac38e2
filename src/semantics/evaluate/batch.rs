//! One line of `simulate --batch` (`evaluation.md`, section 6).

use super::compile::CompiledPolicy;
use super::decide::{self, Decision, Verdict};
use super::explain;
use super::layers::{Level, PolicySet};
use super::residual::{self, Residual, Unknown};
use super::situation::{EvaluateError, Scope};
use super::trace::Trace;
use crate::policy::{self, PolicyType};
use crate::semantics::{Context, Credential, Request, Settings};
use crate::syntax::{Member, Node, Value, json};
use serde::Serialize;
use std::collections::BTreeMap;

/// The answer to one line.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Answer {
    /// It could be answered.
    Result(Box<Answered>),
    /// It could not be read.
    Error(Refused),
}

impl Answer {
    /// The answer to a line that is no text.
    #[must_use]
    pub fn unreadable(message: String) -> Self {
        Self::Error(Refused {
            id: None,
            error: error("invalid-json", "", message),
        })
    }
}

/// A line that could be answered.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Answered {
    /// As given.
    pub id: Option<String>,
    /// The verdict, or with `--explain` everything it was made from.
    #[serde(flatten)]
    pub answer: Explained,
    /// Whether the decision is the expected one, where one was expected.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub matches: Option<bool>,
    /// When it is allowed, where keys were said to be unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<Residual>,
    /// The settings that differ from their defaults.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<&'static str, &'static str>,
}

/// A verdict alone or with its trace.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Explained {
    /// The verdict.
    Verdict(Verdict),
    /// The verdict and its explanation.
    Trace(Box<Trace>),
}

impl Explained {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        match self {
            Self::Verdict(verdict) => verdict,
            Self::Trace(trace) => &trace.verdict,
        }
    }
}

/// A line that could not be read.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Refused {
    /// As given; `null` where it could not be read either.
    pub id: Option<String>,
    /// Why.
    pub error: BatchError,
}

/// Why a line could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct BatchError {
    /// `invalid-json`, `invalid-request`, `invalid-policy`,
    /// `invalid-settings` or `unknown-owner`.
    pub kind: &'static str,
    /// What is wrong, in the user's words.
    pub message: String,
    /// The member it is about, such as `identityPolicies[0]`; empty for the
    /// whole line.
    pub path: String,
}

impl From<EvaluateError> for BatchError {
    fn from(error: EvaluateError) -> Self {
        Self {
            kind: error.kind(),
            message: error.to_string(),
            path: error.path().to_owned(),
        }
    }
}

fn error(kind: &'static str, path: impl Into<String>, message: impl Into<String>) -> BatchError {
    BatchError {
        kind,
        message: message.into(),
        path: path.into(),
    }
}

/// A line read: a request, its policies, and how to read them.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// As given.
    pub id: Option<String>,
    /// The request.
    pub request: Request,
    /// The policies around it.
    pub policies: PolicySet,
    /// The settings for this line.
    pub settings: Settings,
    /// What the line asserts.
    pub expected: Option<Decision>,
    /// The keys that are not known; the decision takes them for absent.
    pub unknown: Unknown,
}

impl Question {
    /// Answers the question; with `explain` says why.
    ///
    /// # Errors
    /// Those of [`decide`](super::decide).
    pub fn answer(&self, explain: bool) -> Result<Answered, EvaluateError> {
        let (request, policies, settings) = (&self.request, &self.policies, &self.settings);
        let answer = if explain {
            Explained::Trace(Box::new(explain::explain(request, policies, settings)?))
        } else {
            let verdict = decide::verdict(request, policies, settings, Scope::Everything)?;
            Explained::Verdict(verdict)
        };
        let decision = answer.verdict().decision;
        let residual = (!self.unknown.is_empty())
            .then(|| residual::residual(request, policies, settings, &self.unknown));
        Ok(Answered {
            residual: residual.transpose()?,
            id: self.id.clone(),
            matches: self.expected.map(|expected| expected == decision),
            settings: settings.non_default().collect(),
            answer,
        })
    }
}

/// Answers one line. `settings` are those of the command line; the line's own
/// come on top.
#[must_use]
pub fn answer(line: &str, settings: &Settings, explain: bool) -> Answer {
    let parsed = json::parse(line);
    let id = parsed.root.as_ref().and_then(id);
    let syntax = parsed.diagnostics.iter().find(|d| d.code == "syntax-error");
    let read = match (syntax, &parsed.root) {
        (Some(syntax), _) => Err(error("invalid-json", "", syntax.message.clone())),
        (None, None) => Err(error("invalid-json", "", "no JSON value")),
        (None, Some(root)) => question(root, settings),
    };
    let answered = read.and_then(|question| Ok(question.answer(explain)?));
    match answered {
        Ok(answered) => Answer::Result(Box::new(answered)),
        Err(error) => Answer::Error(Refused { id, error }),
    }
}

fn id(root: &Node) -> Option<String> {
    match &root.get("id")?.value {
        Value::String(text) => Some(text.value.clone()),
        Value::Number(text) => Some(text.clone()),
        _ => None,
    }
}

/// Reads a line's object.
///
/// # Errors
/// When a part of it is not what the format asks for.
pub fn question(root: &Node, settings: &Settings) -> Result<Question, BatchError> {
    if root.as_object().is_none() {
        let message = format!("expected an object, found {}", root.kind());
        return Err(error("invalid-request", "", message));
    }
    let request = request(root)?;
    let mut settings = settings.clone();
    if let Some(given) = given(root, "settings") {
        for member in object(given, "settings", "invalid-settings")? {
            let path = format!("settings.{}", member.key.name);
            let value = scalar(&member.value)
                .ok_or_else(|| unexpected("invalid-settings", &path, "a string", &member.value))?;
            settings
                .set(&member.key.name, &value)
                .map_err(|e| error("invalid-settings", &path, e.to_string()))?;
        }
    }
    let expected = match given(root, "expected") {
        None => None,
        Some(node) => Some(decision(node)?),
    };
    let policies = |name: &'static str, policy_type| -> Result<Option<Vec<_>>, BatchError> {
        given(root, name)
            .map(|node| documents(node, policy_type, name))
            .transpose()
    };
    let resource_type = resource_type(&request);
    let resource = given(root, "resourcePolicy")
        .map(|node| compile(node, resource_type, "resourcePolicy"))
        .transpose()?;
    Ok(Question {
        id: id(root),
        policies: PolicySet {
            identity: policies("identityPolicies", PolicyType::Identity)?.unwrap_or_default(),
            resource,
            boundaries: policies("permissionBoundaries", PolicyType::Boundary)?,
            sessions: policies("sessionPolicies", PolicyType::Session)?,
            scps: levels(root, "scps", PolicyType::Scp)?,
            rcps: levels(root, "rcps", PolicyType::Rcp)?,
            endpoints: policies("vpcEndpointPolicies", PolicyType::VpcEndpoint)?,
        },
        request,
        settings,
        expected,
        unknown: Unknown::default(),
    })
}

fn documents(
    node: &Node,
    policy_type: PolicyType,
    path: &str,
) -> Result<Vec<CompiledPolicy>, BatchError> {
    let each = array(node, path)?.iter().enumerate();
    each.map(|(i, node)| compile(node, policy_type, &format!("{path}[{i}]")))
        .collect()
}

/// The levels of an organization, the root first; absent: no organization.
fn levels(root: &Node, name: &str, policy_type: PolicyType) -> Result<Vec<Level>, BatchError> {
    const KIND: &str = "invalid-request";
    let Some(node) = given(root, name) else {
        return Ok(Vec::new());
    };
    let each = array(node, name)?.iter().enumerate();
    each.map(|(i, node)| {
        let path = format!("{name}[{i}]");
        object(node, &path, KIND)?;
        let member = |member: &str| {
            let path = format!("{path}.{member}");
            match given(node, member) {
                Some(node) => Ok((node, path)),
                None => Err(error(KIND, path, "missing")),
            }
        };
        let (level, at) = member("level")?;
        let text = scalar(level).ok_or_else(|| unexpected(KIND, &at, "a string", level))?;
        let (policies, at) = member("policies")?;
        Ok(Level {
            name: text,
            policies: documents(policies, policy_type, &at)?,
        })
    })
    .collect()
}

/// The type of the policy of a request's resource: a role has a trust policy.
#[must_use]
pub fn resource_type(request: &Request) -> PolicyType {
    let arn = policy::Arn::parse(&request.resource);
    let is_role = arn.is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    if is_role {
        PolicyType::Trust
    } else {
        PolicyType::Resource
    }
}

fn unexpected(kind: &'static str, path: &str, wanted: &str, found: &Node) -> BatchError {
    error(
        kind,
        path,
        format!("expected {wanted}, found {}", found.kind()),
    )
}

/// A member that is there and not `null`.
fn given<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    node.get(name).filter(|node| node.value != Value::Null)
}

fn object<'a>(node: &'a Node, path: &str, kind: &'static str) -> Result<&'a [Member], BatchError> {
    node.as_object()
        .ok_or_else(|| unexpected(kind, path, "an object", node))
}

fn array<'a>(node: &'a Node, path: &str) -> Result<&'a [Node], BatchError> {
    node.as_array()
        .ok_or_else(|| unexpected("invalid-request", path, "an array", node))
}

/// The text of a string, a number or a boolean (R47).
fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.value.clone()),
        Value::Number(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn decision(node: &Node) -> Result<Decision, BatchError> {
    let all = [
        Decision::Allowed,
        Decision::ExplicitlyDenied,
        Decision::ImplicitlyDenied,
    ];
    all.into_iter()
        .find(|decision| node.as_str() == Some(decision.name()))
        .ok_or_else(|| {
            let wanted = "`Allowed`, `ExplicitlyDenied` or `ImplicitlyDenied`";
            unexpected("invalid-request", "expected", wanted, node)
        })
}

fn request(root: &Node) -> Result<Request, BatchError> {
    const KIND: &str = "invalid-request";
    let Some(node) = given(root, "request") else {
        return Err(error(KIND, "request", "missing"));
    };
    object(node, "request", KIND)?;
    let optional = |name: &str| -> Result<Option<String>, BatchError> {
        let Some(value) = given(node, name) else {
            return Ok(None);
        };
        let path = format!("request.{name}");
        let text = value.as_str();
        let text = text.ok_or_else(|| unexpected(KIND, &path, "a string", value))?;
        Ok(Some(text.to_owned()))
    };
    let required = |name: &str| -> Result<String, BatchError> {
        optional(name)?.ok_or_else(|| error(KIND, format!("request.{name}"), "missing"))
    };
    let wildcard_only_action = match given(node, "wildcardOnlyAction") {
        None => None,
        Some(Node {
            value: Value::Bool(value),
            ..
        }) => Some(*value),
        Some(other) => {
            return Err(unexpected(
                KIND,
                "request.wildcardOnlyAction",
                "a boolean",
                other,
            ));
        }
    };
    let credential = match optional("credential")? {
        None => None,
        Some(text) => Some(Credential::parse(&text).ok_or_else(|| {
            let message = format!("`{text}` is not `long-term`, `session` or `federation`");
            error(KIND, "request.credential", message)
        })?),
    };
    Ok(Request {
        principal: required("principal")?,
        action: required("action")?,
        resource: required("resource")?,
        resource_account: optional("resourceAccount")?,
        context: context(node)?,
        wildcard_only_action,
        credential,
    })
}

fn context(request: &Node) -> Result<Context, BatchError> {
    const KIND: &str = "invalid-request";
    let mut context = Context::default();
    let Some(node) = given(request, "context") else {
        return Ok(context);
    };
    let mut seen = std::collections::BTreeSet::new();
    for member in object(node, "request.context", KIND)? {
        let key = &member.key.name;
        let path = format!("request.context.{key}");
        if !seen.insert(key) {
            return Err(error(
                KIND,
                path,
                format!("context key `{key}` is given twice"),
            ));
        }
        let wanted = "a string, a number, a boolean or an array of these";
        let values: Option<Vec<String>> = match &member.value.value {
            Value::Array(nodes) => nodes.iter().map(scalar).collect(),
            _ => scalar(&member.value).map(|value| vec![value]),
        };
        let values = values.ok_or_else(|| unexpected(KIND, &path, wanted, &member.value))?;
        context
            .insert(key.as_str(), values)
            .map_err(|e| error(KIND, &path, e.to_string()))?;
    }
    Ok(context)
}

/// Compiles a policy given as an object or as a JSON string. A policy with a
/// mistake of grammar is refused: AWS would not take it, so no decision is
/// made with it.
fn compile(node: &Node, policy_type: PolicyType, path: &str) -> Result<CompiledPolicy, BatchError> {
    let Some(text) = node.as_str() else {
        return compile_object(node, policy_type, path);
    };
    let parsed = json::parse(text);
    if let Some(syntax) = parsed.diagnostics.iter().find(|d| d.code == "syntax-error") {
        return Err(error("invalid-policy", path, syntax.message.clone()));
    }
    match &parsed.root {
        Some(root) => compile_object(root, policy_type, path),
        None => Err(error("invalid-policy", path, "no JSON value")),
    }
}

fn compile_object(
    node: &Node,
    policy_type: PolicyType,
    path: &str,
) -> Result<CompiledPolicy, BatchError> {
    if node.as_object().is_none() {
        return Err(unexpected("invalid-policy", path, "a policy", node));
    }
    if let Some(token) = template(node) {
        let message = format!("`{token}` is not known yet: no decision with it");
        return Err(error("invalid-policy", path, message));
    }
    let reading = policy::parse(node, Some(policy_type));
    CompiledPolicy::from_reading(&reading)
        .map_err(|wrong| error("invalid-policy", path, wrong.message))
}

/// A deployment tool's token that stands where a value belongs. What it will
/// be decides, so a policy with one cannot be evaluated.
#[must_use]
pub fn template(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Template(token) => Some(token),
        Value::Array(nodes) => nodes.iter().find_map(template),
        Value::Object(members) => members.iter().find_map(|member| template(&member.value)),
        _ => None,
    }
}

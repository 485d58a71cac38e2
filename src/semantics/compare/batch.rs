//! One line of `diff --batch` (`comparison.md`, section 11).

use super::verdict::{Comparison, Direction, Options, Relation, compare};
use super::{Stack, Witness};
use crate::policy::{self, Occurrence, PolicyType, Reading};
use crate::semantics::Request;
use crate::syntax::{Node, Value, json};
use serde::Serialize;
use serde_json::{Map, json};
use std::time::Instant;

/// The answer to one line.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Answer {
    /// It could be compared.
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

    /// The answer to a line on which the engine failed.
    #[must_use]
    pub fn internal(id: Option<String>) -> Self {
        let message = "a defect of leastwise: please report this line";
        Self::Error(Refused {
            id,
            error: error("internal", "", message),
        })
    }
}

/// A line that could be compared.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Answered {
    /// As given.
    pub id: Option<String>,
    /// How the new policy stands to the old one.
    pub relation: Relation,
    /// Why it is not decided, and what else there is to say.
    pub reasons: Vec<String>,
    /// A request that only the new policy allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_new: Option<serde_json::Value>,
    /// A request that only the old policy allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_lost: Option<serde_json::Value>,
    /// The settings that give another relation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncertain: Vec<Uncertain>,
    /// How long it took, reading included.
    pub micros: u64,
}

/// Another relation under another value of a setting.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Uncertain {
    /// The setting.
    pub setting: &'static str,
    /// Its other value.
    pub value: &'static str,
    /// The relation under it.
    pub relation: Relation,
    /// As in the line itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_new: Option<serde_json::Value>,
    /// As in the line itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_lost: Option<serde_json::Value>,
}

/// A line that could not be read.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Refused {
    /// As given; `null` where it could not be read either.
    pub id: Option<String>,
    /// Why.
    pub error: BatchError,
}

/// Why a line was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct BatchError {
    /// `invalid-json`, `invalid-policy`, `invalid-settings`, `invalid-request`,
    /// `not-built` or `internal`.
    pub kind: &'static str,
    /// What is wrong, in the user's words.
    pub message: String,
    /// The member it is about: `old`, `layers.new.scps[0]`.
    pub path: String,
}

fn error(kind: &'static str, path: impl Into<String>, message: impl Into<String>) -> BatchError {
    BatchError {
        kind,
        message: message.into(),
        path: path.into(),
    }
}

/// A request as the batch formats write it (`evaluation.md`, section 6). The
/// principal is left out where no policy names one.
#[must_use]
pub fn request_json(request: &Request, with_principal: bool) -> serde_json::Value {
    let mut object = Map::new();
    if with_principal {
        object.insert("principal".to_owned(), json!(request.principal));
    }
    object.insert("action".to_owned(), json!(request.action));
    object.insert("resource".to_owned(), json!(request.resource));
    let values = |values: &[String]| match values {
        [one] => json!(one),
        all => json!(all),
    };
    let context: Map<_, _> = request
        .context
        .iter()
        .map(|(key, all)| (key.to_owned(), values(all)))
        .collect();
    object.insert("context".to_owned(), serde_json::Value::Object(context));
    if let Some(only) = request.wildcard_only_action {
        object.insert("wildcardOnlyAction".to_owned(), json!(only));
    }
    serde_json::Value::Object(object)
}

/// Compares the two policies of a line. `options` are those of the command
/// line; the line's own settings come on top.
#[must_use]
pub fn answer(line: &str, options: &Options) -> Answer {
    let start = Instant::now();
    let parsed = json::parse(line);
    let id = parsed.root.as_ref().and_then(id);
    let syntax = parsed.diagnostics.iter().find(|d| d.code == "syntax-error");
    let answered = match (syntax, &parsed.root) {
        (Some(syntax), _) => Err(error("invalid-json", "", syntax.message.clone())),
        (None, None) => Err(error("invalid-json", "", "no JSON value")),
        (None, Some(root)) => answered(root, options),
    };
    match answered {
        Ok(mut answered) => {
            answered.id = id;
            answered.micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            Answer::Result(Box::new(answered))
        }
        Err(error) => Answer::Error(Refused { id, error }),
    }
}

fn answered(root: &Node, options: &Options) -> Result<Answered, BatchError> {
    if root.as_object().is_none() {
        let message = format!("expected an object, found {}", root.kind());
        return Err(error("invalid-request", "", message));
    }
    let options = settings(root, options)?;
    let given_type = match given(root, "policyType") {
        None => None,
        Some(node) => {
            let name = node.as_str().unwrap_or_default();
            let name = if name == "vpce" { "vpc-endpoint" } else { name };
            let known = PolicyType::named(name);
            Some(known.ok_or_else(|| {
                error(
                    "invalid-request",
                    "policyType",
                    format!("`{name}` is no policy type"),
                )
            })?)
        }
    };
    let old = read(root, "old", given_type)?;
    let new = read(root, "new", given_type)?;
    // By the presence of a principal in either (R50).
    let policy_type = given_type.unwrap_or_else(|| {
        let resource = [&old, &new]
            .into_iter()
            .find(|r| r.policy_type.has_principal());
        resource.map_or(PolicyType::Identity, |reading| reading.policy_type)
    });
    let layers = |side: &'static str| layers(root, side);
    let (old_layers, new_layers) = (layers("old")?, layers("new")?);
    let comparison = by_reading(
        (&old, &old_layers),
        (&new, &new_layers),
        policy_type,
        &options,
    );
    let principal = policy_type.has_principal();
    let shown = |witness: &Witness| request_json(&witness.request, principal);
    let witness = |direction: &Direction| match direction {
        Direction::Some(witness) => Some(shown(witness)),
        _ => None,
    };
    Ok(Answered {
        id: None,
        relation: comparison.relation(),
        reasons: comparison.reasons(),
        witness_new: witness(&comparison.gained),
        witness_lost: witness(&comparison.lost),
        uncertain: comparison
            .uncertain
            .iter()
            .map(|alternative| Uncertain {
                setting: alternative.setting,
                value: alternative.value,
                relation: alternative.relation,
                witness_new: alternative.gained.as_ref().map(shown),
                witness_lost: alternative.lost.as_ref().map(shown),
            })
            .collect(),
        micros: 0,
    })
}

/// The comparison of two documents with layers around them.
fn by_reading(
    old: (&Reading, &[LayerOf]),
    new: (&Reading, &[LayerOf]),
    policy_type: PolicyType,
    options: &Options,
) -> Comparison {
    fn stack<'a>(
        kind: PolicyType,
        (reading, layers): (&'a Reading, &'a [LayerOf]),
        occurrence: Occurrence,
    ) -> Stack<'a> {
        let policy = |reading: &'a Reading| {
            let first = reading.first.as_ref();
            let first = first.filter(|_| occurrence == Occurrence::First);
            first.unwrap_or(&reading.policy)
        };
        layers
            .iter()
            .fold(Stack::of(kind, policy(reading)), |stack, layer| {
                stack.with(layer.policy_type, layer.policies.iter().map(policy))
            })
    }
    let repeats = [old, new].iter().any(|(reading, layers)| {
        let layers = layers.iter().flat_map(|layer| &layer.policies);
        layers
            .chain([*reading])
            .any(|reading| reading.first.is_some())
    });
    by_occurrence(repeats, |occurrence| {
        let (old, new) = (
            stack(policy_type, old, occurrence),
            stack(policy_type, new, occurrence),
        );
        compare(&old, &new, options)
    })
}

/// R49: compares under both readings of repeated JSON keys, AWS having one of
/// them. Where the two relations differ, neither is the answer. `repeats` says
/// whether there is such a key at all.
pub fn by_occurrence(repeats: bool, compared: impl Fn(Occurrence) -> Comparison) -> Comparison {
    let last = compared(Occurrence::Last);
    if !repeats || compared(Occurrence::First).relation() == last.relation() {
        return last;
    }
    let why = || Direction::Unknown(vec!["setting:duplicate-keys".to_owned()]);
    Comparison {
        gained: why(),
        lost: why(),
        ..last
    }
}

/// A further layer of one side.
struct LayerOf {
    policy_type: PolicyType,
    policies: Vec<Reading>,
}

fn layers(root: &Node, side: &'static str) -> Result<Vec<LayerOf>, BatchError> {
    let Some(node) = given(root, "layers").and_then(|layers| given(layers, side)) else {
        return Ok(Vec::new());
    };
    let mut layers = Vec::new();
    for (name, policy_type) in [
        ("permissionBoundaries", PolicyType::Boundary),
        ("sessionPolicies", PolicyType::Session),
    ] {
        let Some(list) = given(node, name) else {
            continue;
        };
        let path = format!("layers.{side}.{name}");
        let policies = policies(list, policy_type, &path)?;
        // Each boundary must allow; session policies form a union (R29).
        if policy_type == PolicyType::Boundary && !policies.is_empty() {
            layers.extend(policies.into_iter().map(|reading| LayerOf {
                policy_type,
                policies: vec![reading],
            }));
        } else {
            layers.push(LayerOf {
                policy_type,
                policies,
            });
        }
    }
    if let Some(list) = given(node, "scps") {
        for (i, level) in array(list, &format!("layers.{side}.scps"))?
            .iter()
            .enumerate()
        {
            let path = format!("layers.{side}.scps[{i}].policies");
            let list = given(level, "policies")
                .ok_or_else(|| error("invalid-request", &path, "missing"))?;
            layers.push(LayerOf {
                policy_type: PolicyType::Scp,
                policies: policies(list, PolicyType::Scp, &path)?,
            });
        }
    }
    for name in [
        "identityPolicies",
        "resourcePolicy",
        "rcps",
        "vpcEndpointPolicies",
    ] {
        if given(node, name).is_some() {
            let path = format!("layers.{side}.{name}");
            return Err(error("not-built", path, "this layer is not compared yet"));
        }
    }
    Ok(layers)
}

fn policies(list: &Node, policy_type: PolicyType, path: &str) -> Result<Vec<Reading>, BatchError> {
    let each = array(list, path)?.iter().enumerate();
    each.map(|(i, node)| document(node, Some(policy_type), &format!("{path}[{i}]")))
        .collect()
}

fn array<'a>(node: &'a Node, path: &str) -> Result<&'a [Node], BatchError> {
    node.as_array().ok_or_else(|| {
        let message = format!("expected an array, found {}", node.kind());
        error("invalid-request", path, message)
    })
}

fn settings(root: &Node, options: &Options) -> Result<Options, BatchError> {
    let mut options = options.clone();
    let Some(given) = given(root, "settings") else {
        return Ok(options);
    };
    let members = given.as_object().ok_or_else(|| {
        let message = format!("expected an object, found {}", given.kind());
        error("invalid-settings", "settings", message)
    })?;
    for member in members {
        let path = format!("settings.{}", member.key.name);
        let value = member.value.as_str();
        let value = value.ok_or_else(|| error("invalid-settings", &path, "expected a string"))?;
        let set = options.settings.set(&member.key.name, value);
        set.map_err(|e| error("invalid-settings", &path, e.to_string()))?;
    }
    Ok(options)
}

/// A member that is there and not `null`.
fn given<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    node.get(name).filter(|node| node.value != Value::Null)
}

fn id(root: &Node) -> Option<String> {
    match &root.get("id")?.value {
        Value::String(text) => Some(text.value.clone()),
        Value::Number(text) => Some(text.clone()),
        _ => None,
    }
}

fn read(
    root: &Node,
    name: &'static str,
    policy_type: Option<PolicyType>,
) -> Result<Reading, BatchError> {
    let node = given(root, name).ok_or_else(|| error("invalid-request", name, "missing"))?;
    document(node, policy_type, name)
}

/// A policy as an object, or as a JSON string. One that AWS would not take is
/// refused: what it would mean is anybody's guess.
fn document(
    node: &Node,
    policy_type: Option<PolicyType>,
    path: &str,
) -> Result<Reading, BatchError> {
    let reading = match node.as_str() {
        None => policy::parse(node, policy_type),
        Some(text) => {
            let parsed = json::parse(text);
            let syntax = parsed.diagnostics.iter().find(|d| d.code == "syntax-error");
            if let Some(syntax) = syntax {
                return Err(error("invalid-policy", path, syntax.message.clone()));
            }
            let root = parsed.root.as_ref();
            let root = root.ok_or_else(|| error("invalid-policy", path, "no JSON value"))?;
            policy::parse(root, policy_type)
        }
    };
    match reading.fatal() {
        Some(wrong) => Err(error("invalid-policy", path, wrong.message.clone())),
        None => Ok(reading),
    }
}

//! `terraform show -json PLAN` (`inputs.md` 5.4): policies as they are, and as
//! they are to be, in one file.
//!
//! A value that Terraform knows after the apply only is never "no policy". It
//! is rebuilt from the policy document it comes from, as far as the plan says
//! ([`unknown`]), or is opaque. The place for a reader of the configuration
//! beside the plan is [`unknown::document`] alone.

mod layout;
mod sensitive;
mod unknown;

use super::reading::{Place, Reading};
use super::terraform::hosts::{self, HostRow};
use super::{Completeness, Failure, Form, Host, Inventory, ReadOptions};
use crate::policy::PolicyType;
use crate::syntax::{Node, Value};
use crate::text::Source;
use layout::{Change, Plan, tree};
use memchr::memmem;
use serde_json::error::Category;
use unknown::{Known, Wanted};

/// Which state of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As things are.
    Before,
    /// As they are to be.
    After,
}

/// Reads a plan; `None` where the text is none.
pub(super) fn read(
    source: &Source,
    named: bool,
    options: &ReadOptions,
    state: State,
) -> Option<Inventory> {
    let text = source.text();
    if !is_plan(text) {
        return None;
    }
    let plan: Plan<'_> = match serde_json::from_str(text) {
        Ok(plan) => plan,
        // Well-formed JSON that is laid out otherwise.
        Err(error) if error.classify() == Category::Data => return None,
        Err(error) => return Some(broken(source, &error)),
    };
    let source = sensitive::masked(source, &plan);
    drop(plan);
    let plan: Plan<'_> = serde_json::from_str(source.text()).ok()?;
    let mut reading = Reading::new(&source, options.policy_type, Vec::new());
    documents(&plan, source.text(), state, &mut reading);
    let mut inventory = reading.finish();
    gaps(&plan, source.name(), &mut inventory);
    if inventory.documents.is_empty() && !named {
        inventory.without_policy = 1;
        return Some(inventory);
    }
    if inventory.documents.is_empty() {
        inventory.empty.push(Failure {
            path: source.name().to_owned(),
            message: "no policy in this plan".to_owned(),
        });
        return Some(inventory);
    }
    inventory.sources.push(source);
    Some(inventory)
}

fn is_plan(text: &str) -> bool {
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    text.trim_start().starts_with('{')
        && has("\"format_version\"")
        && (has("\"resource_changes\"") || has("\"planned_values\""))
}

fn broken(source: &Source, error: &serde_json::Error) -> Inventory {
    let message = error.to_string();
    let (message, _) = message.split_once(" at line ").unwrap_or((&message, ""));
    Inventory {
        failures: vec![Failure {
            path: format!("{}:{}:{}", source.name(), error.line(), error.column()),
            message: format!("the plan is incomplete: {message}"),
        }],
        ..Inventory::default()
    }
}

/// What the plan itself says is missing from it.
fn gaps(plan: &Plan<'_>, name: &str, inventory: &mut Inventory) {
    let mut gap = |message: String| {
        inventory.gaps.push(Failure {
            path: name.to_owned(),
            message,
        });
    };
    let deferred = plan.deferred_changes.iter().flatten().count();
    if deferred > 0 {
        gap(format!(
            "{deferred} resources are planned in a later run: they are not read"
        ));
    }
    if plan.errored {
        gap("planning ended with an error: the plan may lack resources".to_owned());
    } else if plan.complete == Some(false) && deferred == 0 {
        gap("the plan is not the whole of what is configured".to_owned());
    }
    if !plan.format_version.starts_with("0.") && !plan.format_version.starts_with("1.") {
        gap(format!(
            "format version `{}` of the plan is newer than what is known",
            plan.format_version
        ));
    }
}

fn documents(plan: &Plan<'_>, text: &str, state: State, reading: &mut Reading<'_>) {
    let changes: Vec<Change<'_>> = plan
        .resource_changes
        .iter()
        .flatten()
        .filter_map(|raw| serde_json::from_str(raw.get()).ok())
        .collect();
    let known = Known::new(plan, &changes, text);
    for change in &changes {
        if change.is_data() {
            continue;
        }
        let rows: Vec<&HostRow> = hosts::rows(&change.type_name).collect();
        let is_organization = change.type_name == "aws_organizations_policy";
        if rows.is_empty() && !is_organization {
            continue;
        }
        let Some(resource) = Resource::new(change, text, state) else {
            continue;
        };
        for row in rows {
            let attributes = resource.attributes(row.path);
            for attribute in attributes {
                add(&resource, attribute, row.path, told(row), &known, reading);
            }
        }
        if is_organization && let Some(told) = organization(&resource.values) {
            for attribute in resource.attributes(CONTENT) {
                add(&resource, attribute, CONTENT, told, &known, reading);
            }
        }
    }
}

const CONTENT: &[&str] = &["content"];

/// What the table says of a document.
type Told = (PolicyType, Host);

fn told(row: &HostRow) -> Told {
    (row.policy_type, row.host)
}

/// A tag policy and the like says nothing of access.
fn organization(values: &Node) -> Option<Told> {
    let kind = values.get("type").and_then(Node::as_str);
    let policy_type = match kind {
        None | Some("SERVICE_CONTROL_POLICY") => PolicyType::Scp,
        Some("RESOURCE_CONTROL_POLICY") => PolicyType::Rcp,
        Some(_) => return None,
    };
    Some((policy_type, Host::Organization))
}

/// A resource in one of its states.
struct Resource<'c> {
    change: &'c Change<'c>,
    values: Node,
    unknown: Option<Node>,
    sensitive: Option<Node>,
}

/// An attribute that holds a policy.
struct Attribute<'n> {
    /// `policy`, `inline_policy[data].policy`.
    name: String,
    value: Option<&'n Node>,
    unknown: Option<&'n Node>,
    is_sensitive: bool,
}

impl<'c> Resource<'c> {
    /// `None` where there is none in this state.
    fn new(change: &'c Change<'c>, text: &str, state: State) -> Option<Self> {
        let values = &change.change;
        // What Terraform only forgets stays as it is.
        let forgets = values.actions.iter().any(|action| action == "forget");
        let (value, unknown, sensitive) = match state {
            State::After if !forgets => {
                (values.after, values.after_unknown, values.after_sensitive)
            }
            _ => (values.before, None, values.before_sensitive),
        };
        let value = tree(value, text).filter(|value| value.as_object().is_some())?;
        Some(Self {
            change,
            values: value,
            unknown: tree(unknown, text),
            sensitive: tree(sensitive, text),
        })
    }

    fn attributes(&self, path: &[&str]) -> Vec<Attribute<'_>> {
        let mut found = Vec::new();
        let marks = (self.unknown.as_ref(), self.sensitive.as_ref());
        collect(Some(&self.values), marks, path, String::new(), &mut found);
        found
    }
}

/// Follows a path through blocks, of which there may be several.
fn collect<'n>(
    value: Option<&'n Node>,
    (unknown, sensitive): (Option<&'n Node>, Option<&'n Node>),
    path: &[&str],
    name: String,
    into: &mut Vec<Attribute<'n>>,
) {
    let is_true = |node: Option<&Node>| node.is_some_and(|n| n.value == Value::Bool(true));
    if let Some(blocks) = value.and_then(Node::as_array).filter(|_| !path.is_empty()) {
        for (place, block) in blocks.iter().enumerate() {
            let label = block.get("name").and_then(Node::as_str);
            let label = label.map_or_else(|| place.to_string(), str::to_owned);
            let at = |marks: Option<&'n Node>| match marks.map(|marks| &marks.value) {
                Some(Value::Array(all)) => all.get(place),
                _ => marks.filter(|_| is_true(marks)),
            };
            let marks = (at(unknown), at(sensitive));
            let name = format!("{name}[{label}]");
            collect(Some(block), marks, path, name, into);
        }
        return;
    }
    let [step, rest @ ..] = path else {
        into.push(Attribute {
            name,
            value: value.filter(|value| value.value != Value::Null),
            unknown: unknown.filter(|_| is_true(unknown)),
            is_sensitive: is_true(sensitive),
        });
        return;
    };
    let inner = |marks: Option<&'n Node>| match is_true(marks) {
        true => marks,
        false => marks.and_then(|marks| marks.get(step)),
    };
    let name = match name.as_str() {
        "" => (*step).to_owned(),
        _ => format!("{name}.{step}"),
    };
    let value = value.and_then(|value| value.get(step));
    let marks = (inner(unknown), inner(sensitive));
    // A block that is not known as a whole is one attribute.
    let rest = if is_true(marks.0) { &[][..] } else { rest };
    collect(value, marks, rest, name, into);
}

fn add(
    resource: &Resource<'_>,
    attribute: Attribute<'_>,
    path: &[&str],
    (policy_type, host): Told,
    known: &Known<'_>,
    reading: &mut Reading<'_>,
) {
    let change = resource.change;
    let deposed = change.deposed.as_deref();
    let deposed = deposed.map(|key| format!(" (deposed {key})"));
    let name = &attribute.name;
    let address = format!("{}{}:{name}", change.address, deposed.unwrap_or_default());
    let place = |node, missing| Place {
        address: Some(address.clone()),
        host,
        policy_type: Some(policy_type),
        missing,
        ..Place::new(node, Form::TerraformPlan)
    };
    if let Some(mark) = attribute.unknown {
        let wanted = Wanted { change, path, name };
        match unknown::document(&wanted, known) {
            // The provider fills it in: no policy of the user's.
            None => {}
            Some(Ok(rebuilt)) => {
                let missing = rebuilt.missing.map(|why| (Completeness::Partial, why));
                reading.add(Place {
                    symbols: rebuilt.symbols,
                    ..place(&rebuilt.node, missing)
                });
            }
            Some(Err(why)) => {
                reading.add(place(mark, Some((Completeness::Opaque, why))));
            }
        }
        return;
    }
    let Some(value) = attribute.value else { return };
    if value.as_str().is_some_and(|text| text.trim().is_empty()) {
        return;
    }
    let secret = || (Completeness::Opaque, format!("`{name}` is sensitive"));
    reading.add(place(value, attribute.is_sensitive.then(secret)));
}

//! The property `Policies`: names, ARNs, documents, policy templates, and
//! choices between them.

use super::data;
use super::make::{
    branches, call, choice, is_no_value, list, member, object, same, text, unreadable,
};
use crate::syntax::{Node, Value};
use crate::text::{Diagnostic, Span};

/// A policy template that SAM does not take as it is written.
pub(super) const INVALID: &str = "invalid-sam-policy";

/// What a role gets from its `Policies`, and from elsewhere.
#[derive(Default)]
pub(super) struct Granted {
    /// ARNs of managed policies.
    pub(super) managed: Vec<Node>,
    /// `{PolicyName, PolicyDocument}`.
    pub(super) inline: Vec<Node>,
}

impl Granted {
    /// Adds a managed policy, once.
    pub(super) fn attach(&mut self, arn: Node) {
        if !self.managed.iter().any(|known| same(known, &arn)) {
            self.managed.push(arn);
        }
    }

    /// Adds one of AWS's managed policies by its name.
    pub(super) fn attach_named(&mut self, span: Span, name: &str) {
        self.attach(managed(span, name));
    }

    /// Adds a document, once.
    pub(super) fn embed(&mut self, name: &str, document: Node) {
        let is_known = |known: &Node| {
            let known = known.get("PolicyDocument");
            known.is_some_and(|known| same(known, &document))
        };
        if !self.inline.iter().any(is_known) {
            self.inline.push(named(name, document));
        }
    }
}

fn named(name: &str, document: Node) -> Node {
    let span = document.span;
    let name = text(span, name);
    object(span, [("PolicyName", name), ("PolicyDocument", document)])
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Managed,
    Document,
}

/// Reads the entries of `Policies`; `role` begins the names of the documents.
pub(super) fn read(
    entries: &[Node],
    role: &str,
    granted: &mut Granted,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (index, entry) in entries.iter().enumerate() {
        let name = format!("{role}Policy{index}");
        match kind(entry) {
            Some(Kind::Managed) => granted.attach(arn(entry)),
            Some(Kind::Document) => granted.inline.push(document(entry, &name, diagnostics)),
            None if is_no_value(entry) => {}
            None => {
                diagnostics.push(Diagnostic::new(
                    INVALID,
                    entry.span,
                    "the sides of `Fn::If` are policies of different kinds",
                ));
                granted.inline.push(named(&name, unreadable(entry.span)));
            }
        }
    }
}

/// `None` where there is no one answer.
fn kind(entry: &Node) -> Option<Kind> {
    if let Some((_, then, otherwise)) = branches(entry) {
        return match (is_no_value(then), is_no_value(otherwise)) {
            (true, true) => Some(Kind::Managed),
            (true, false) => kind(otherwise),
            (false, true) => kind(then),
            (false, false) => kind(then).filter(|&one| kind(otherwise) == Some(one)),
        };
    }
    match &entry.value {
        _ if is_no_value(entry) => None,
        Value::String(_) => Some(Kind::Managed),
        _ if call(entry).is_some() => Some(Kind::Managed),
        _ => Some(Kind::Document),
    }
}

/// The ARN of a managed policy that is named or written out.
fn arn(entry: &Node) -> Node {
    match (&entry.value, branches(entry)) {
        (Value::String(text), _) => match data::managed_policy_path(&text.value) {
            Some(_) => managed(entry.span, &text.value),
            None => entry.clone(),
        },
        (_, Some((condition, then, otherwise))) => {
            choice(entry.span, condition, arn(then), arn(otherwise))
        }
        _ => entry.clone(),
    }
}

fn managed(span: Span, name: &str) -> Node {
    let path = data::managed_policy_path(name).unwrap_or_default();
    let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/{path}{name}");
    object(span, [("Fn::Sub", text(span, arn))])
}

fn document(entry: &Node, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Node {
    if let Some((condition, then, otherwise)) = branches(entry) {
        let mut side = |side: &Node| match is_no_value(side) {
            true => side.clone(),
            false => document(side, name, diagnostics),
        };
        let (then, otherwise) = (side(then), side(otherwise));
        return choice(entry.span, condition, then, otherwise);
    }
    if entry.get("Statement").is_some() {
        return named(name, entry.clone());
    }
    match template(entry) {
        Ok((document, unknown)) => {
            diagnostics.extend(unknown);
            named(name, document)
        }
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            named(name, unreadable(entry.span))
        }
    }
}

/// The document of a policy template, and what is wrong with it that does not
/// count.
fn template(entry: &Node) -> Result<(Node, Option<Diagnostic>), Diagnostic> {
    let fail = |span, message: String| Diagnostic::new(INVALID, span, message);
    let one = match entry.as_object() {
        Some([one]) => one,
        _ => {
            let message = "neither the name or ARN of a managed policy, nor a document with `Statement`, nor a policy template";
            return Err(fail(entry.span, message.to_owned()));
        }
    };
    let name = one.key.name.as_str();
    let Some(template) = data::template(name) else {
        let mut failure = fail(one.key.span, format!("SAM has no policy template `{name}`"));
        if let Some(near) = nearest(name, data::template_names()) {
            failure = failure.help(format!("did you mean `{near}`?"));
        }
        return Err(failure);
    };
    let given = match &one.value.value {
        Value::Object(members) => members.as_slice(),
        Value::Null if template.parameters.is_empty() => &[],
        _ => {
            let message = format!(
                "`{name}` takes its parameters as a map, not {}",
                one.value.kind()
            );
            return Err(fail(one.value.span, message));
        }
    };
    let missing = template
        .parameters
        .iter()
        .find(|name| one.value.get(name).is_none());
    if let Some(missing) = missing {
        let mut failure = fail(
            one.key.span,
            format!("`{name}` lacks its parameter `{missing}`"),
        );
        if let Some(other) = given
            .iter()
            .find(|m| !template.parameters.contains(&m.key.name.as_str()))
        {
            failure = failure.related(other.key.span, "not a parameter of it");
        }
        return Err(failure);
    }
    let unknown = given
        .iter()
        .find(|m| !template.parameters.contains(&m.key.name.as_str()))
        .map(|m| {
            let message = format!("`{name}` has no parameter `{}`: it is ignored", m.key.name);
            fail(m.key.span, message)
        });
    let statements = filled(entry.span, template.statements, &one.value);
    Ok((object(entry.span, [("Statement", statements)]), unknown))
}

/// The statements with the values that were given.
fn filled(span: Span, node: &Node, given: &Node) -> Node {
    if let Some(("Ref", name)) = call(node)
        && let Some(value) = name.as_str().and_then(|name| given.get(name))
    {
        return value.clone();
    }
    match &node.value {
        Value::String(string) => text(span, string.value.clone()),
        Value::Array(nodes) => list(span, nodes.iter().map(|n| filled(span, n, given)).collect()),
        Value::Object(members) => Node {
            span,
            value: Value::Object(
                members
                    .iter()
                    .map(|m| member(span, m.key.name.clone(), filled(span, &m.value, given)))
                    .collect(),
            ),
        },
        value => Node {
            span,
            value: value.clone(),
        },
    }
}

/// The name that was probably meant.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|&(distance, _)| distance <= 3)
        .map(|(_, known)| known)
}

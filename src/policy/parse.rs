//! From the spanned tree to the typed policy, all mistakes at once.

mod conditions;
mod principals;

use super::detect::detect;
use super::{
    ActionKind, ActionPattern, Effect, Element, Occurrence, Policy, PolicyType, ResourceKind,
    ResourcePattern, Statement, Version,
};
use crate::syntax::{Member, Node, Value};
use crate::text::{Diagnostic, Span, Spanned};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Most diagnostics that are kept of one document.
pub const MAX_DIAGNOSTICS: usize = 1000;

/// A document read, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The reading by last occurrences of repeated keys.
    pub policy: Policy,
    /// The reading by first occurrences, where it differs (R49).
    pub first: Option<Policy>,
    /// As given or detected.
    pub policy_type: PolicyType,
    /// Whether the type was given, or its shape leaves no doubt.
    pub certain: bool,
    /// In document order. Each code is the id of a lint.
    pub diagnostics: Vec<Diagnostic>,
}

impl Reading {
    /// The first mistake of grammar for which AWS does not take a document, and
    /// behind which its meaning is anybody's guess. Behind the others it is a
    /// rule's.
    #[must_use]
    pub fn fatal(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| is_fatal(d))
    }
}

/// Whether AWS does not take a document for this mistake: see
/// [`Reading::fatal`].
#[must_use]
pub fn is_fatal(mistake: &Diagnostic) -> bool {
    FATAL.contains(&mistake.code)
}

const FATAL: &[&str] = &[
    "conflicting-elements",
    "invalid-effect",
    "missing-element",
    "syntax-error",
    "unknown-element",
    "unknown-principal-type",
    "unknown-version",
    "wrong-element-type",
];

/// The codes that [`parse`] reports; each is a lint.
pub const CODES: &[&str] = &[
    "conflicting-elements",
    "empty-condition-values",
    "empty-element",
    "invalid-effect",
    "invalid-sid",
    "malformed-action",
    "malformed-arn",
    "malformed-principal",
    "malformed-variable",
    "missing-element",
    "missing-principal",
    "partial-principal-wildcard",
    "unexpected-principal",
    "unexpected-resource",
    "unknown-condition-operator",
    "unknown-element",
    "unknown-principal-type",
    "unknown-version",
    "wrong-element-type",
];

/// Whether `node` is meant as a policy document: an object with `Statement`.
#[must_use]
pub fn looks_like_policy(node: &Node) -> bool {
    node.get("Statement").is_some()
}

/// Reads a policy document. What is missing or malformed is `None` in the
/// policy and has a diagnostic; template tokens are taken for values that are
/// not known yet and are no mistake.
#[must_use]
pub fn parse(node: &Node, policy_type: Option<PolicyType>) -> Reading {
    let (detected, certain) = detect(node);
    let mut reader = Reader {
        policy_type: policy_type.unwrap_or(detected),
        type_certain: policy_type.is_some() || certain,
        occurrence: Occurrence::Last,
        version: Version::V2008,
        repeats: false,
        diagnostics: Vec::new(),
    };
    let policy = reader.policy(node);
    let mut diagnostics = std::mem::take(&mut reader.diagnostics);
    diagnostics.sort_by_key(|d| d.primary.span);
    let mut first = None;
    if reader.repeats {
        reader.occurrence = Occurrence::First;
        let other = reader.policy(node);
        first = (other.without_spans() != policy.without_spans()).then_some(other);
    }
    Reading {
        policy,
        first,
        policy_type: reader.policy_type,
        certain: reader.type_certain,
        diagnostics,
    }
}

const DOCUMENT_ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

struct Reader {
    policy_type: PolicyType,
    type_certain: bool,
    occurrence: Occurrence,
    version: Version,
    /// Whether a key was met twice.
    repeats: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn report(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::new(code, span, message));
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn wrong_type(&mut self, what: &str, expected: &str, node: &Node) {
        // A template token stands for a value not known yet; what is invalid
        // already has its own diagnostic.
        if !matches!(
            node.value,
            Value::Template(_) | Value::Invalid | Value::Choice(_)
        ) {
            self.report(
                "wrong-element-type",
                node.span,
                format!("`{}` must be {expected}, not {}", shown(what), node.kind()),
            );
        }
    }

    /// The occurrence of `name` that counts (R49).
    fn find<'a>(&mut self, members: &'a [Member], name: &str) -> Option<&'a Member> {
        self.find_by(members, |written| written == name)
    }

    fn find_by<'a>(
        &mut self,
        members: &'a [Member],
        is_named: impl Fn(&str) -> bool,
    ) -> Option<&'a Member> {
        let mut named = members.iter().filter(|member| is_named(&member.key.name));
        let first = named.next()?;
        let Some(last) = named.next_back() else {
            return Some(first);
        };
        self.repeats = true;
        Some(match self.occurrence {
            Occurrence::First => first,
            Occurrence::Last => last,
        })
    }

    /// Of each name the occurrence that counts (R49), in the order in which
    /// the names first stand.
    fn distinct<'a>(&mut self, members: &'a [Member]) -> Vec<&'a Member> {
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(members.len());
        let mut counted = Vec::with_capacity(members.len());
        for member in members {
            match places.entry(&member.key.name) {
                Entry::Vacant(place) => {
                    place.insert(counted.len());
                    counted.push(member);
                }
                Entry::Occupied(place) => {
                    self.repeats = true;
                    if let (Occurrence::Last, Some(earlier)) =
                        (self.occurrence, counted.get_mut(*place.get()))
                    {
                        *earlier = member;
                    }
                }
            }
        }
        counted
    }

    fn unknown_elements(&mut self, members: &[Member], known: &[&str], place: &str) {
        for member in members {
            let name = member.key.name.as_str();
            if known.contains(&name) || is_template(name) {
                continue;
            }
            let mut diagnostic = Diagnostic::new(
                "unknown-element",
                member.key.span,
                format!("`{}` is no element of a {place}", shown(name)),
            );
            if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                diagnostic =
                    diagnostic.help(format!("element names are case sensitive: `{known}`"));
            } else if let Some(known) = nearest(name, known.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{known}`?"));
            }
            self.push(diagnostic);
        }
    }

    fn policy(&mut self, node: &Node) -> Policy {
        let mut policy = Policy {
            span: node.span,
            version: None,
            id: None,
            statements: Vec::new(),
        };
        let Some(members) = node.as_object() else {
            self.wrong_type("policy", "an object", node);
            return policy;
        };
        self.unknown_elements(members, DOCUMENT_ELEMENTS, "policy document");
        policy.version = self
            .find(members, "Version")
            .and_then(|m| self.version(&m.value));
        self.version = policy.effective_version();
        policy.id = self
            .find(members, "Id")
            .and_then(|m| self.string("Id", &m.value));
        match self.find(members, "Statement") {
            Some(member) => policy.statements = self.statements(&member.value),
            None => self.report(
                "missing-element",
                opening(node),
                "the document has no `Statement`",
            ),
        }
        policy
    }

    fn version(&mut self, node: &Node) -> Option<Spanned<Version>> {
        let text = self.string("Version", node)?;
        let version = match text.value.as_str() {
            "2012-10-17" => Version::V2012,
            "2008-10-17" => Version::V2008,
            other if is_template(other) => return None,
            other => {
                self.report(
                    "unknown-version",
                    text.span,
                    format!(
                        "`{}` is no version: AWS knows `2012-10-17` and `2008-10-17`",
                        shown(other)
                    ),
                );
                return None;
            }
        };
        Some(Spanned::new(version, text.span))
    }

    fn string(&mut self, what: &str, node: &Node) -> Option<Spanned<String>> {
        match node.as_str() {
            Some(text) => Some(Spanned::new(text.to_owned(), node.span)),
            None => {
                self.wrong_type(what, "a string", node);
                None
            }
        }
    }

    fn statements(&mut self, node: &Node) -> Vec<Statement> {
        let nodes = match &node.value {
            Value::Array(nodes) => nodes.as_slice(),
            Value::Object(_) => std::slice::from_ref(node),
            _ => {
                self.wrong_type("Statement", "an object or an array of objects", node);
                &[]
            }
        };
        if matches!(&node.value, Value::Array(nodes) if nodes.is_empty()) {
            self.report("empty-element", node.span, "`Statement` is empty");
        }
        let read = |node| self.statement(node);
        nodes.iter().filter_map(read).collect()
    }

    fn statement(&mut self, node: &Node) -> Option<Statement> {
        let Some(members) = node.as_object() else {
            self.wrong_type("Statement", "an object", node);
            return None;
        };
        self.unknown_elements(members, STATEMENT_ELEMENTS, "statement");
        let sid = self.find(members, "Sid").and_then(|m| self.sid(&m.value));
        let effect = match self.find(members, "Effect") {
            Some(member) => self.effect(&member.value),
            None => {
                self.missing("Effect", node);
                None
            }
        };
        let principal = self.principals(members, node);
        let action = self.actions(members, node);
        let resource = self.resources(members, node);
        let conditions = self
            .find(members, "Condition")
            .map(|m| self.conditions(&m.value))
            .unwrap_or_default();
        Some(Statement {
            span: node.span,
            sid,
            effect,
            principal,
            action,
            resource,
            conditions,
        })
    }

    fn missing(&mut self, element: &str, statement: &Node) {
        self.report(
            "missing-element",
            opening(statement),
            format!("the statement has no `{element}`"),
        );
    }

    fn sid(&mut self, node: &Node) -> Option<Spanned<String>> {
        let sid = self.string("Sid", node)?;
        let plain = sid.value.chars().all(|c| c.is_ascii_alphanumeric());
        if sid.value.is_empty() {
            self.report("empty-element", sid.span, "`Sid` is empty");
        } else if !plain && self.has_plain_sids() && !is_template(&sid.value) {
            let message = format!(
                "`{}` has characters other than letters and digits",
                shown(&sid.value)
            );
            self.report("invalid-sid", sid.span, message);
        }
        Some(sid)
    }

    /// Whether a `Sid` is letters and digits only, as IAM and Organizations
    /// have it; services with policies of their own take more.
    fn has_plain_sids(&self) -> bool {
        !self.policy_type.has_principal()
            || matches!(self.policy_type, PolicyType::Trust | PolicyType::Rcp)
    }

    fn effect(&mut self, node: &Node) -> Option<Spanned<Effect>> {
        let text = self.string("Effect", node)?;
        let effect = match text.value.as_str() {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            other if is_template(other) => return None,
            other => {
                let message = format!(
                    "`{}` is no effect: `Allow` or `Deny`, in this case",
                    shown(other)
                );
                self.report("invalid-effect", text.span, message);
                return None;
            }
        };
        Some(Spanned::new(effect, text.span))
    }

    /// The member of an element or of its `Not…` twin, both being a mistake.
    fn twin<'a>(&mut self, members: &'a [Member], name: &str) -> Option<(bool, &'a Member)> {
        let plain = self.find(members, name);
        let is_twin = |written: &str| written.strip_prefix("Not") == Some(name);
        let negated = self.find_by(members, is_twin);
        if let (Some(plain), Some(negated)) = (plain, negated) {
            let (first, second) = if plain.key.span < negated.key.span {
                (plain, negated)
            } else {
                (negated, plain)
            };
            self.push(
                Diagnostic::new(
                    "conflicting-elements",
                    second.key.span,
                    format!("`{name}` and `Not{name}` in one statement"),
                )
                .related(first.key.span, "the other one"),
            );
        }
        plain.map(|m| (false, m)).or(negated.map(|m| (true, m)))
    }

    /// The texts of an element: a string, or an array of strings (R47).
    fn texts(&mut self, what: &str, node: &Node) -> Vec<Spanned<String>> {
        match &node.value {
            Value::Array(nodes) => {
                if nodes.is_empty() {
                    self.report("empty-element", node.span, format!("`{what}` is empty"));
                }
                nodes
                    .iter()
                    .filter_map(|node| self.text(what, node))
                    .collect()
            }
            _ => self.text(what, node).into_iter().collect(),
        }
    }

    fn text(&mut self, what: &str, node: &Node) -> Option<Spanned<String>> {
        match &node.value {
            Value::Template(token) => Some(Spanned::new(token.clone(), node.span)),
            _ if node.as_str().is_some() => self.string(what, node),
            _ => {
                self.wrong_type(what, "a string or an array of strings", node);
                None
            }
        }
    }

    fn actions(&mut self, members: &[Member], statement: &Node) -> Option<Element<ActionPattern>> {
        let Some((negated, member)) = self.twin(members, "Action") else {
            self.missing("Action", statement);
            return None;
        };
        let texts = self.texts(&member.key.name, &member.value);
        let mut entries = Vec::with_capacity(texts.len());
        for text in texts {
            let action = ActionPattern::read(text.value);
            if action.kind == ActionKind::Malformed && !is_template(&action.text) {
                let message = format!(
                    "`{}` is not of the form `service:action`",
                    shown(&action.text)
                );
                self.report("malformed-action", text.span, message);
            }
            entries.push(Spanned::new(action, text.span));
        }
        Some(element(negated, member, entries))
    }

    fn resources(
        &mut self,
        members: &[Member],
        statement: &Node,
    ) -> Option<Element<ResourcePattern>> {
        let Some((negated, member)) = self.twin(members, "Resource") else {
            let optional = matches!(self.policy_type, PolicyType::Trust | PolicyType::Resource);
            if !optional {
                self.missing("Resource", statement);
            }
            return None;
        };
        if self.policy_type == PolicyType::Trust {
            self.report(
                "unexpected-resource",
                member.key.span,
                format!(
                    "a trust policy has no `{}`: the role is the resource",
                    member.key.name
                ),
            );
        }
        let texts = self.texts(&member.key.name, &member.value);
        let mut entries = Vec::with_capacity(texts.len());
        for text in texts {
            let (resource, malformed) = ResourcePattern::parse_noting(&text.value, self.version);
            if !is_template(&text.value) {
                if malformed {
                    self.malformed_variable(&text);
                }
                if matches!(resource.kind, ResourceKind::Malformed(_)) {
                    let message = format!("`{}` is neither `*` nor an ARN", shown(&text.value));
                    self.report("malformed-arn", text.span, message);
                }
            }
            entries.push(Spanned::new(resource, text.span));
        }
        Some(element(negated, member, entries))
    }

    fn malformed_variable(&mut self, text: &Spanned<String>) {
        let message = format!(
            "`{}` holds a `${{` that opens no policy variable",
            shown(&text.value)
        );
        self.push(
            Diagnostic::new("malformed-variable", text.span, message)
                .help("a variable is `${key}` or `${key, 'default'}`; a literal `$` is `${$}`"),
        );
    }
}

fn element<T>(negated: bool, member: &Member, entries: Vec<Spanned<T>>) -> Element<T> {
    Element {
        negated,
        key_span: member.key.span,
        span: member.value.span,
        entries,
    }
}

/// Where the lack of a member is shown: the opening bracket, not all the lines
/// up to the closing one.
fn opening(node: &Node) -> Span {
    Span::new(node.span.start as usize, node.span.start as usize + 1)
}

/// The user's words, cut where they are very long.
fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// The known name that `written` most likely means: at most a third of its
/// letters differ.
fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        // a name of another length is another name; this also bounds the work
        .filter(|known| known.len().abs_diff(written.len()) <= known.len() / 3)
        .map(|known| (strsim::osa_distance(known, written), known))
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min()
        .map(|(_, known)| known)
}

/// Whether a text is, or holds, a token of a deployment tool or a symbol.
fn is_template(text: &str) -> bool {
    super::deployment_token(text).is_some() || super::has_symbol(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::json;

    /// Codes and the text each points at.
    fn mistakes(text: &str, policy_type: Option<PolicyType>) -> Vec<(&'static str, String)> {
        let reading = parse(&json::parse(text).root.unwrap(), policy_type);
        for diagnostic in &reading.diagnostics {
            assert!(CODES.contains(&diagnostic.code), "{}", diagnostic.code);
        }
        let found = reading.diagnostics.into_iter();
        found
            .map(|d| (d.code, text[d.primary.span.range()].to_owned()))
            .collect()
    }

    #[test]
    fn a_whole_policy_is_read() {
        let text = r#"{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"S","Effect":"Deny",
            "NotPrincipal":{"AWS":["111122223333","*"],"Service":"ec2.amazonaws.com"},
            "NotAction":"s3:*","NotResource":["arn:aws:s3:::b/${aws:username}"],
            "Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*"]},"Null":{"a:b":true}}}]}"#;
        let reading = parse(&json::parse(text).root.unwrap(), None);
        assert_eq!(reading.diagnostics, []);
        assert_eq!(reading.policy_type, PolicyType::Resource);
        let statement = &reading.policy.statements[0];
        assert_eq!(statement.effect.as_ref().unwrap().value, Effect::Deny);
        let principal = statement.principal.as_ref().unwrap();
        assert!(principal.negated && !principal.star);
        assert_eq!(principal.entries.len(), 3);
        assert!(statement.action.as_ref().unwrap().negated);
        assert!(statement.resource.as_ref().unwrap().negated);
        assert_eq!(statement.conditions.len(), 2);
        assert_eq!(
            statement.conditions[1].values[0].value.kind,
            crate::policy::ValueKind::Bool
        );
    }

    #[test]
    fn all_mistakes_of_a_document_are_told_at_once() {
        let text = r#"{"version":"2012-10-17","Statement":[
            {"Effect":"allow","Action":"s3","Resource":"bucket"},
            {"Effect":"Allow","NotAction":"a:b","Action":[],"Principal":{"AWS":"arn:aws:iam::1:user/*","Aws":"x"},"Condition":{"StringEqual":{"a:b":[]}}},
            "x"]}"#;
        let found = mistakes(text, None);
        let expected = [
            ("unknown-element", "\"version\""),
            ("invalid-effect", "\"allow\""),
            ("malformed-action", "\"s3\""),
            ("malformed-arn", "\"bucket\""),
            ("conflicting-elements", "\"Action\""),
            ("empty-element", "[]"),
            ("partial-principal-wildcard", "\"arn:aws:iam::1:user/*\""),
            ("unknown-principal-type", "\"Aws\""),
            ("unknown-condition-operator", "\"StringEqual\""),
            ("empty-condition-values", "[]"),
            ("wrong-element-type", "\"x\""),
        ];
        let missing = [("missing-principal", "{")];
        for one in expected.iter().chain(&missing) {
            assert!(
                found.contains(&(one.0, one.1.to_owned())),
                "{one:?} in {found:#?}"
            );
        }
        assert_eq!(found.len(), expected.len() + missing.len(), "{found:#?}");
    }

    #[test]
    fn r50_the_type_decides_who_names_a_principal() {
        let identity =
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
        assert_eq!(mistakes(identity, None), []);
        assert_eq!(
            mistakes(identity, Some(PolicyType::Identity)),
            [("unexpected-principal", "\"Principal\"".to_owned())]
        );
        let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}"#;
        assert_eq!(
            mistakes(trust, Some(PolicyType::Trust)),
            [("missing-principal", "{".to_owned())]
        );
        assert_eq!(
            mistakes(trust, Some(PolicyType::Scp)),
            [("missing-element", "{".to_owned())]
        );
    }

    #[test]
    fn template_tokens_are_no_mistakes() {
        for text in [
            r#"{"Statement":${statements}}"#,
            r#"{"Statement":[${one},{"Effect":${effect},"Action":{{actions}},"Resource":["${bucket_arn}/*",{{more}}]}]}"#,
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"${AWS::StackName}"}}"#,
        ] {
            assert_eq!(mistakes(text, None), [], "{text}");
        }
    }

    #[test]
    fn r49_a_repeated_key_gives_two_readings() {
        let text =
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Action":"sqs:*","Resource":"*"}}"#;
        let reading = parse(&json::parse(text).root.unwrap(), None);
        let action = |policy: &Policy| {
            let element = policy.statements[0].action.clone().unwrap();
            element.entries[0].value.text.clone()
        };
        assert_eq!(action(&reading.policy), "sqs:*");
        assert_eq!(action(&reading.first.unwrap()), "s3:*");
    }
}

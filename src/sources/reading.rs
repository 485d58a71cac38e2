//! The reading of one text: collects its documents and entities, and gives
//! every mistake of notation to the document it belongs to.

use super::choice;
use super::{
    Completeness, Document, DocumentId, Entity, EntityId, Failure, Form, Host, Inventory,
    Organization, SourceId,
};
use crate::policy::{self, Domain, PolicyType, Symbol};
use crate::syntax::{Layered, Node, Parsed, Text, Value, Written, embedded, yaml};
use crate::text::{Diagnostic, Source, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The lint of unreadable notation, which makes a document partial.
pub(super) const SYNTAX_ERROR: &str = "syntax-error";

/// What is told although it may stand outside every document.
const OF_THE_TEXT: &[&str] = &[SYNTAX_ERROR, "ignored-sam-policies", "invalid-sam-policy"];

/// Where a document stands and what its place tells.
pub(super) struct Place<'n> {
    /// The document, or a string that holds it.
    pub(super) node: &'n Node,
    pub(super) form: Form,
    pub(super) address: Option<String>,
    pub(super) host: Host,
    pub(super) arn: Option<String>,
    pub(super) entity: Option<EntityId>,
    pub(super) policy_type: Option<PolicyType>,
    /// What the tree holds that a deployment fills in.
    pub(super) symbols: Vec<Symbol>,
    /// See [`Document::guards`].
    pub(super) guards: Vec<String>,
    /// What is known already to be missing from the tree, and why.
    pub(super) missing: Option<(Completeness, String)>,
}

impl<'n> Place<'n> {
    /// A document of which nothing is told but where it stands.
    pub(super) fn new(node: &'n Node, form: Form) -> Self {
        Self {
            node,
            form,
            address: None,
            host: Host::Unstated,
            arn: None,
            entity: None,
            policy_type: None,
            symbols: Vec::new(),
            guards: Vec::new(),
            missing: None,
        }
    }
}

/// One text being read.
pub(super) struct Reading<'s> {
    source: &'s Source,
    /// Whether it is YAML: its strings are written otherwise.
    is_yaml: bool,
    /// The type the user declares for every document.
    declared: Option<PolicyType>,
    /// What was wrong with the notation of the whole text.
    mistakes: Vec<Diagnostic>,
    inventory: Inventory,
}

impl<'s> Reading<'s> {
    /// Nothing read yet. The source is the inventory's first and only one.
    pub(super) fn new(
        source: &'s Source,
        declared: Option<PolicyType>,
        mistakes: Vec<Diagnostic>,
    ) -> Self {
        Self {
            source,
            is_yaml: false,
            declared,
            mistakes,
            inventory: Inventory::default(),
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &'s str {
        self.source.text()
    }

    /// The same, of a text in YAML.
    pub(super) fn of_yaml(self) -> Self {
        Self {
            is_yaml: true,
            ..self
        }
    }

    /// The form of a document that is written as it stands.
    pub(super) fn plain_form(&self) -> Form {
        if self.is_yaml { Form::Yaml } else { Form::Json }
    }

    /// The text of a string, with the place of each of its characters.
    pub(super) fn decoded(&self, node: &Node) -> Option<Layered> {
        if self.is_yaml {
            yaml::decode(node, self.source.text())
        } else {
            embedded::decode(node, self.source.text())
        }
    }

    /// Puts the documents into the order of the text. No entity refers to them.
    pub(super) fn sort(&mut self) {
        let documents = &mut self.inventory.documents;
        documents.sort_by_key(|document| document.span.start);
        for (i, document) in documents.iter_mut().enumerate() {
            document.id = DocumentId(i);
        }
    }

    /// Adds mistakes of notation that were found inside of a string.
    pub(super) fn mistakes(&mut self, mistakes: Vec<Diagnostic>) {
        self.mistakes.extend(mistakes);
    }

    pub(super) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Whether nothing was found yet.
    pub(super) fn is_empty(&self) -> bool {
        self.inventory.documents.is_empty()
            && self.inventory.entities.is_empty()
            && self.inventory.organizations.is_empty()
    }

    pub(super) fn add_organization(&mut self, organization: Organization) {
        self.inventory.organizations.push(organization);
    }

    /// Reads the document at a place; only notes it where it is opaque.
    pub(super) fn add(&mut self, place: Place<'_>) -> DocumentId {
        let Place { node, missing, .. } = place;
        let (settled, undecided) = choice::settle(node).unzip();
        let node = settled.as_ref().unwrap_or(node);
        let declared = self.declared.or(place.policy_type);
        let is_opaque = matches!(missing, Some((Completeness::Opaque, _)));
        let (tree, mut diagnostics) = match is_opaque {
            true => (None, Vec::new()),
            false => self.tree(node),
        };
        let mut symbols = place.symbols;
        let mut token = None;
        // Where a form has references of its own, what looks like a token of
        // another tool is text.
        let has_tokens = matches!(place.form, Form::Json | Form::Yaml | Form::Serverless);
        let tree = tree.map(|tree| match template_token(&tree).map(str::to_owned) {
            Some(first) if has_tokens => {
                token = Some(first);
                let mut tree = tree.into_owned();
                name_tokens(&mut tree, &mut symbols);
                Cow::Owned(tree)
            }
            _ => tree,
        });
        symbols.sort();
        symbols.dedup();
        let mut document = Document {
            id: DocumentId(self.inventory.documents.len()),
            source: SourceId(0),
            form: place.form,
            address: place.address,
            host: place.host,
            arn: place.arn,
            entity: place.entity,
            policy_type: declared.unwrap_or(PolicyType::Identity),
            certain: declared.is_some(),
            span: node.span,
            policy: None,
            first: None,
            unguarded: None,
            symbols,
            guards: place.guards,
            diagnostics: Vec::new(),
            completeness: Completeness::Full,
            reason: None,
        };
        if let Some((completeness, reason)) = missing {
            document.worsen(completeness, &reason);
        }
        if let Some(token) = token {
            let reason = format!("`{token}` is filled in at deployment");
            document.worsen(Completeness::Symbolic, &reason);
        }
        match tree {
            Some(tree) => {
                if let Some(reason) = undecided.flatten() {
                    document.worsen(Completeness::Partial, &reason);
                }
                let read = policy::parse(&tree, declared);
                diagnostics.extend(read.diagnostics);
                document.policy_type = read.policy_type;
                document.certain = read.certain;
                document.policy = Some(read.policy);
                document.first = read.first;
                document.note_symbols();
            }
            None if is_opaque => {}
            None => {
                let reason = format!("{} stands where a policy belongs", node.kind());
                document.worsen(Completeness::Opaque, &reason);
            }
        }
        for diagnostic in diagnostics {
            document.take(diagnostic, true);
        }
        let id = document.id;
        self.inventory.documents.push(document);
        id
    }

    /// The object of a document, out of a string where it stands in one.
    fn tree<'n>(&self, node: &'n Node) -> (Option<Cow<'n, Node>>, Vec<Diagnostic>) {
        match &node.value {
            Value::Object(_) => (Some(Cow::Borrowed(node)), Vec::new()),
            Value::String(_) => match self.decoded(node).and_then(embedded::parse_decoded) {
                Some(Parsed {
                    root,
                    mut diagnostics,
                }) => {
                    // In a string that is not closed, nothing is: that is told.
                    if self.is_torn(node) {
                        diagnostics.retain(|d| d.code != SYNTAX_ERROR);
                    }
                    let object = root.filter(|root| root.as_object().is_some());
                    (object.map(Cow::Owned), diagnostics)
                }
                None => (None, Vec::new()),
            },
            _ => (None, Vec::new()),
        }
    }

    /// Whether a mistake stands at the very beginning of a node.
    fn is_torn(&self, node: &Node) -> bool {
        self.mistakes
            .iter()
            .any(|m| m.code == SYNTAX_ERROR && m.primary.span.start == node.span.start)
    }

    pub(super) fn add_entity(
        &mut self,
        build: impl FnOnce(EntityId, SourceId) -> Entity,
    ) -> EntityId {
        let id = EntityId(self.inventory.entities.len());
        self.inventory.entities.push(build(id, SourceId(0)));
        id
    }

    pub(super) fn attach(&mut self, id: EntityId, trust: Option<DocumentId>, own: Vec<DocumentId>) {
        if let Some(entity) = self.inventory.entities.get_mut(id.0) {
            entity.trust = trust;
            entity.policies = own;
        }
    }

    /// Notes that something is missing from the input.
    pub(super) fn gap(&mut self, span: Span, message: impl Into<String>) {
        let line = self.source.position(span.start).line;
        self.inventory.gaps.push(Failure {
            path: format!("{}:{line}", self.source.name()),
            message: message.into(),
        });
    }

    /// A document of which nothing could be made out but that it is broken.
    pub(super) fn add_unreadable(&mut self) {
        let mut document = Document {
            id: DocumentId(self.inventory.documents.len()),
            source: SourceId(0),
            form: Form::Json,
            address: None,
            host: Host::Unstated,
            arn: None,
            entity: None,
            policy_type: self.declared.unwrap_or(PolicyType::Identity),
            certain: self.declared.is_some(),
            span: Span::new(0, self.source.text().len()),
            policy: None,
            first: None,
            unguarded: None,
            symbols: Vec::new(),
            guards: Vec::new(),
            diagnostics: Vec::new(),
            completeness: Completeness::Full,
            reason: None,
        };
        document.worsen(Completeness::Opaque, "no policy could be made out");
        self.inventory.documents.push(document);
    }

    /// Hands the mistakes of the whole text to the documents they stand in,
    /// and ends the reading. A syntax error outside every document goes to the
    /// one before it, so that none is lost.
    pub(super) fn finish(mut self) -> Inventory {
        let documents = &mut self.inventory.documents;
        let whole = documents.len() == 1 && documents.iter().all(|d| d.address.is_none());
        for mistake in self.mistakes {
            let at = mistake.primary.span.start;
            let before = documents.iter().rposition(|d| d.span.start <= at);
            let inside = |d: &Document| whole || (d.span.start <= at && at <= d.span.end);
            let Some(document) = documents.get_mut(before.unwrap_or(0)) else {
                continue;
            };
            let inside = inside(document);
            if inside || OF_THE_TEXT.contains(&mistake.code) {
                document.take(mistake, inside);
            }
        }
        for document in documents {
            document.settle();
        }
        self.inventory
    }
}

impl Document {
    /// Notes a mistake; one of notation inside makes the document partial.
    fn take(&mut self, mistake: Diagnostic, inside: bool) {
        if inside && mistake.code == SYNTAX_ERROR {
            self.worsen(Completeness::Partial, &mistake.message);
        }
        self.diagnostics.push(mistake);
    }

    /// Lowers the completeness for what a deployment decides. A symbol in an
    /// action or in an effect leaves open what the statement says.
    fn note_symbols(&mut self) {
        let guard = |c: &policy::Condition| c.is_guard().then(|| c.key.value.clone());
        let mut open = None;
        let mut decided = None;
        for statement in self.policy.iter().flat_map(|p| &p.statements) {
            let actions = statement.action.iter().flat_map(|a| &a.entries);
            let action = actions.map(|a| a.value.text.as_str());
            open = open.or(action
                .filter_map(policy::symbol_of)
                .next()
                .map(str::to_owned));
            decided = decided.or(statement.conditions.iter().find_map(guard));
        }
        if decided.is_some() {
            self.unguarded = self.policy.as_ref().map(policy::Policy::without_guards);
        }
        if let Some(symbol) = open {
            self.worsen(
                Completeness::Partial,
                &format!("an action holds `{symbol}`"),
            );
        }
        let symbol = self.symbols.first().map(Symbol::text);
        if let Some(what) = symbol.or(decided) {
            let reason = format!("`{what}` is known at deployment only");
            self.worsen(Completeness::Symbolic, &reason);
        }
    }

    /// Sorts the mistakes, and drops those of the language whose place holds one
    /// of notation: a statement that was torn apart lacks elements only because
    /// of it, and one mistake is told once.
    fn settle(&mut self) {
        let mut mistakes = std::mem::take(&mut self.diagnostics);
        mistakes.sort_by_key(|d| d.primary.span);
        let torn: Vec<u32> = mistakes
            .iter()
            .filter(|d| d.code == SYNTAX_ERROR)
            .map(|d| d.primary.span.start)
            .collect();
        if !torn.is_empty() {
            // What is missing from an object is told at its opening brace.
            let objects: BTreeMap<u32, Span> = self
                .policy
                .iter()
                .flat_map(|policy| {
                    policy
                        .statements
                        .iter()
                        .map(|s| s.span)
                        .chain([policy.span])
                })
                .map(|span| (span.start, span))
                .collect();
            mistakes.retain(|mistake| {
                let place = mistake.primary.span;
                let place = objects.get(&place.start).copied().unwrap_or(place);
                let first = torn.partition_point(|&at| at < place.start);
                let is_whole = torn.get(first).is_none_or(|&at| at > place.end);
                is_whole || mistake.code == SYNTAX_ERROR
            });
        }
        self.diagnostics = mistakes;
    }

    /// Lowers the completeness; the reason of the worst stays.
    fn worsen(&mut self, to: Completeness, reason: &str) {
        if to > self.completeness {
            self.completeness = to;
            self.reason = Some(reason.to_owned());
        }
    }
}

/// The first token of a deployment tool in a document: bare, or in a string.
fn template_token(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Template(text) => Some(text),
        Value::String(text) => policy::deployment_token(&text.value),
        Value::Array(elements) => elements.iter().find_map(template_token),
        Value::Object(members) => members.iter().find_map(|m| template_token(&m.value)),
        _ => None,
    }
}

/// Puts a symbol in the place of each token of a deployment tool, which may
/// become any text; keys are left as they are.
fn name_tokens(node: &mut Node, symbols: &mut Vec<Symbol>) {
    match &mut node.value {
        Value::Template(token) => {
            let symbol = Symbol::new(token_name(token), Domain::Any);
            node.value = Value::String(Text {
                value: symbol.text(),
                written: Written::Computed,
            });
            symbols.push(symbol);
        }
        Value::String(text) => {
            let mut named = String::new();
            let mut done = 0;
            for (at, token) in policy::deployment_tokens(&text.value) {
                let symbol = Symbol::new(token_name(token), Domain::Any);
                named.push_str(text.value.get(done..at).unwrap_or_default());
                named.push_str(&symbol.text());
                symbols.push(symbol);
                done = at + token.len();
            }
            if done > 0 {
                named.push_str(text.value.get(done..).unwrap_or_default());
                *text = Text {
                    value: named,
                    written: Written::Computed,
                };
            }
        }
        Value::Array(nodes) => nodes.iter_mut().for_each(|n| name_tokens(n, symbols)),
        Value::Object(members) => {
            members
                .iter_mut()
                .for_each(|m| name_tokens(&mut m.value, symbols));
        }
        _ => {}
    }
}

/// What stands between the braces of a token.
fn token_name(token: &str) -> &str {
    token.trim_matches(['$', '{', '}']).trim()
}

//! The functions of CloudFormation over the tree: what a template says becomes
//! values, with symbols for what a deployment fills in and choices for what its
//! conditions decide.

use super::shapes::Shape;
use super::template::{Outcome, Template};
use crate::policy::{Domain, Symbol, has_symbol, symbols_in};
use crate::syntax::{Choice, Node, Text, Value, Written};
use crate::text::Span;
use std::collections::BTreeSet;
use std::ops::Range;

/// Longest text that is computed. Policies are far shorter; nested functions
/// can double a text at every level.
const LONGEST: usize = 64 << 10;
/// Nodes and kilobytes of text that one document may grow to.
const BUDGET: usize = 200_000;
/// How deep names of resources lead to other resources.
const NAMES: usize = 4;
/// Guards that one function is split by.
const GUARDS: usize = 4;

/// A piece of a template string: a range of it, and what stands for it.
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) computed: Option<String>,
}

/// Evaluates the values of one document.
pub(in crate::sources) struct Evaluator<'t, 'n> {
    template: &'t Template<'n>,
    symbols: BTreeSet<Symbol>,
    budget: usize,
    names: usize,
}

impl<'t, 'n> Evaluator<'t, 'n> {
    pub(in crate::sources) fn new(template: &'t Template<'n>) -> Self {
        Self {
            template,
            symbols: BTreeSet::new(),
            budget: BUDGET,
            names: NAMES,
        }
    }

    /// The symbols that were met.
    pub(in crate::sources) fn into_symbols(self) -> Vec<Symbol> {
        self.symbols.into_iter().collect()
    }

    /// The value of a node.
    pub(in crate::sources) fn value(&mut self, node: &Node) -> Node {
        let span = node.span;
        if self.budget == 0 {
            return self.symbol(span, "too much to evaluate", Domain::Any);
        }
        self.budget -= 1;
        match &node.value {
            Value::String(text) if text.value.contains("{{resolve:") => {
                let value = self.dynamic(&text.value);
                computed(span, value)
            }
            Value::Array(nodes) => {
                let mut list = Vec::with_capacity(nodes.len());
                for node in nodes {
                    let value = self.value(node);
                    match value.value {
                        Value::Array(more) if function(node).is_some() => list.extend(more),
                        _ => list.push(value),
                    }
                }
                Node {
                    span,
                    value: Value::Array(list),
                }
            }
            Value::Object(members) => match function(node) {
                Some((name, argument)) => self.function(span, name, argument),
                None => {
                    let members = members.iter().map(|member| {
                        let mut member = member.clone();
                        member.value = self.value(&member.value);
                        member
                    });
                    Node {
                        span,
                        value: Value::Object(members.collect()),
                    }
                }
            },
            _ => node.clone(),
        }
    }

    /// The value where it is a text.
    pub(in crate::sources) fn text(&mut self, node: &Node) -> Option<String> {
        let value = self.value(node);
        text_of(&value)
    }

    fn symbol(&mut self, span: Span, address: &str, domain: Domain) -> Node {
        let text = self.mint(address, domain);
        computed(span, text)
    }

    fn mint(&mut self, address: &str, domain: Domain) -> String {
        let address = address.replace(['"', '\\', '\n'], "'");
        let symbol = Symbol::new(&address, domain);
        let text = symbol.text();
        self.symbols.insert(symbol);
        text
    }

    fn domain(&self, address: &str) -> Option<&Domain> {
        let found = self.symbols.iter().find(|s| s.address == address);
        found.map(|symbol| &symbol.domain)
    }

    /// Whether an element may stand for a list of unknown length: a symbol that
    /// may be anything.
    fn is_unknown_list(&self, node: &Node) -> bool {
        let symbol = node.as_str().and_then(crate::policy::as_symbol);
        symbol.is_some_and(|address| matches!(self.domain(address), None | Some(Domain::Any)))
    }

    fn function(&mut self, span: Span, name: &str, argument: &Node) -> Node {
        match name {
            "Ref" => match argument.as_str() {
                Some(name) => self.reference(span, name),
                None => self.unknown(span, name, argument),
            },
            "Fn::GetAtt" => match self.attribute_path(argument) {
                Some((id, attribute)) => self.attribute(span, &id, &attribute),
                None => self.unknown(span, name, argument),
            },
            "Fn::Sub" => self.sub(span, argument),
            "Fn::If" => self.choice(span, argument),
            "Fn::ImportValue" => {
                let name = self.value(argument);
                self.lift(span, vec![name], GUARDS, &mut |own, parts| {
                    let name = parts.first().and_then(text_of).unwrap_or_default();
                    own.symbol(span, &format!("import {}", bare(&name)), Domain::Any)
                })
            }
            "Fn::Join" | "Fn::Split" | "Fn::Select" | "Fn::FindInMap" | "Fn::Length" => {
                let arguments = match argument.as_array() {
                    Some(list) if name != "Fn::Length" => {
                        list.iter().map(|one| self.value(one)).collect()
                    }
                    _ => vec![self.value(argument)],
                };
                self.lift(span, arguments, GUARDS, &mut |own, parts| {
                    let value = match (name, parts.as_slice()) {
                        ("Fn::Join", [by, list]) => own.join(span, by, list),
                        ("Fn::Split", [by, text]) => own.split(span, by, text),
                        ("Fn::Select", [index, list]) => own.select(span, index, list),
                        ("Fn::FindInMap", [map, first, second, rest @ ..]) => {
                            own.find(span, [map, first, second], rest.first())
                        }
                        ("Fn::Length", [list]) => list
                            .as_array()
                            .filter(|list| !list.iter().any(|one| own.is_unknown_list(one)))
                            .map(|list| computed(span, list.len().to_string())),
                        _ => None,
                    };
                    value.unwrap_or_else(|| own.unknown(span, name, argument))
                })
            }
            _ => self.unknown(span, name, argument),
        }
    }

    /// A function that gives nothing known, or that is written wrongly.
    fn unknown(&mut self, span: Span, name: &str, argument: &Node) -> Node {
        let name = name.trim_start_matches("Fn::");
        let of = argument
            .get("Name")
            .or(Some(argument))
            .and_then(Node::as_str)
            .unwrap_or_default();
        let address = format!("{name} {of}").trim_end().to_owned();
        let address = format!("{address} at {}", span.start);
        self.symbol(span, &address, Domain::Any)
    }

    fn reference(&mut self, span: Span, name: &str) -> Node {
        if let Some(value) = self.pseudo(span, name) {
            return value;
        }
        if let Some(parameter) = self.template.parameter(name) {
            return self.parameter(span, name, parameter);
        }
        let value = self.resource(name, "Ref");
        computed(span, value)
    }

    fn pseudo(&mut self, span: Span, name: &str) -> Option<Node> {
        let (address, domain) = match name.strip_prefix("AWS::")? {
            "AccountId" => (Symbol::ACCOUNT, Domain::Account),
            "Region" => (Symbol::REGION, Domain::Region),
            "Partition" => (Symbol::PARTITION, Domain::Partition),
            "URLSuffix" => (Symbol::URL_SUFFIX, Domain::UrlSuffix),
            "StackName" => ("stack-name", Domain::Name),
            "NoValue" => {
                return Some(Node {
                    span,
                    value: Value::Absent,
                });
            }
            "StackId" => {
                let stack = "arn:${Partition}:cloudformation:${Region}:${Account}:stack/";
                let mut value = self.filled(stack, "stack", None);
                value += &self.mint("stack-name", Domain::Name);
                value.push('/');
                value += &self.mint("stack-uuid", Domain::Name);
                return Some(computed(span, value));
            }
            "NotificationARNs" => return Some(self.unknown_list(span, name)),
            _ => return None,
        };
        Some(self.symbol(span, address, domain))
    }

    fn unknown_list(&mut self, span: Span, name: &str) -> Node {
        let one = self.symbol(span, name, Domain::Any);
        Node {
            span,
            value: Value::Array(vec![one]),
        }
    }

    fn parameter(&mut self, span: Span, name: &str, parameter: &Node) -> Node {
        let kind = parameter
            .get("Type")
            .and_then(Node::as_str)
            .unwrap_or("String");
        let default = parameter.get("Default").and_then(text_of);
        let is_list =
            kind.starts_with("List<") || kind == "CommaDelimitedList" || kind.contains("<List<");
        let list = |text: &str| -> Vec<String> {
            text.split(',').map(|one| one.trim().to_owned()).collect()
        };
        if kind.starts_with("AWS::SSM::Parameter::Value<") {
            // The default names the parameter whose value is taken.
            return match is_list {
                true => self.unknown_list(span, name),
                false => self.symbol(span, name, Domain::Any),
            };
        }
        let allowed: Vec<String> = parameter
            .get("AllowedValues")
            .and_then(Node::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(text_of)
            .collect();
        match (is_list, default) {
            (true, Some(default)) => Node {
                span,
                value: Value::Array(
                    list(&default)
                        .into_iter()
                        .map(|one| computed(span, one))
                        .collect(),
                ),
            },
            (true, None) => self.unknown_list(span, name),
            (false, chosen) if !allowed.is_empty() => {
                let domain = Domain::OneOf {
                    values: allowed,
                    chosen,
                };
                self.symbol(span, name, domain)
            }
            (false, Some(default)) => computed(span, default),
            (false, None) => {
                let pattern = parameter.get("AllowedPattern").and_then(Node::as_str);
                let is_name = kind.starts_with("AWS::") || pattern.is_some_and(admits_names_only);
                let domain = if is_name { Domain::Name } else { Domain::Any };
                self.symbol(span, name, domain)
            }
        }
    }

    /// What `Ref` (attribute `Ref`) or `Fn::GetAtt` of a resource gives.
    fn resource(&mut self, id: &str, attribute: &str) -> String {
        let address = match attribute {
            "Ref" => id.to_owned(),
            _ => format!("{id}.{attribute}"),
        };
        let kind = self.template.kind(id);
        let shape = kind.and_then(Shape::of);
        let Some((kind, shape)) = kind.zip(shape) else {
            return self.mint(&address, Domain::Any);
        };
        match shape.arn(attribute) {
            Some("") => self.mint(&address, Domain::Any),
            Some(arn) => self.filled(arn, id, Some(shape)),
            None if attribute == "Ref" && kind == "AWS::SQS::Queue" => {
                let host = self.filled("https://sqs.${Region}.", id, None);
                let suffix = self.mint(Symbol::URL_SUFFIX, Domain::UrlSuffix);
                let path = self.filled("/${Account}/${QueueName}", id, Some(shape));
                format!("{host}{suffix}{path}")
            }
            None if attribute == "Ref" || shape.name.as_deref() == Some(attribute) => {
                self.name(id, shape)
            }
            None => self.mint(&address, Domain::Any),
        }
    }

    /// The name of a resource: as it is given, where it is given literally.
    fn name(&mut self, id: &str, shape: &Shape) -> String {
        let given = shape.name.as_deref().and_then(|name| {
            let resource = self.template.resource(id)?;
            let given = resource.get("Properties")?.get(name)?;
            self.names = self.names.checked_sub(1)?;
            let text = self.text(given);
            self.names += 1;
            text
        });
        let is_known = |text: &String| {
            !text.is_empty()
                && symbols_in(text).all(|symbol| {
                    [Symbol::ACCOUNT, Symbol::REGION, Symbol::PARTITION].contains(&symbol)
                })
        };
        match given.filter(is_known) {
            Some(name) => name,
            None => self.mint(id, Domain::Name),
        }
    }

    /// An ARN with its placeholders filled in.
    fn filled(&mut self, arn: &str, id: &str, shape: Option<&Shape>) -> String {
        let is_common = |name: &str| matches!(name, "Partition" | "Region" | "Account");
        let own = arn
            .split("${")
            .skip(1)
            .filter(|rest| !rest.split('}').next().is_some_and(is_common))
            .count();
        let mut value = String::new();
        let mut rest = arn;
        while let Some((before, behind)) = rest.split_once("${") {
            let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
            value += before;
            value += &match name {
                "Partition" => self.mint(Symbol::PARTITION, Domain::Partition),
                "Region" => self.mint(Symbol::REGION, Domain::Region),
                "Account" => self.mint(Symbol::ACCOUNT, Domain::Account),
                _ => match shape {
                    Some(shape) if own == 1 || shape.name.as_deref() == Some(name) => {
                        self.path_of(id, name) + &self.name(id, shape)
                    }
                    _ => self.mint(&format!("{id}.{name}"), Domain::Name),
                },
            };
            rest = after;
        }
        value + rest
    }

    /// The path that stands before the name of a user, role or policy.
    fn path_of(&mut self, id: &str, placeholder: &str) -> String {
        if !placeholder.ends_with("WithPath") {
            return String::new();
        }
        let properties = self.template.resource(id).and_then(|r| r.get("Properties"));
        let path = properties.and_then(|properties| properties.get("Path"));
        match path.map(|path| self.text(path)) {
            None => String::new(),
            Some(Some(path)) => path.trim_start_matches('/').to_owned(),
            Some(None) => self.mint(&format!("{id}.Path"), Domain::Any),
        }
    }

    fn attribute_path(&mut self, argument: &Node) -> Option<(String, String)> {
        match &argument.value {
            Value::String(text) => {
                let (id, attribute) = text.value.split_once('.')?;
                Some((id.to_owned(), attribute.to_owned()))
            }
            Value::Array(parts) => match parts.as_slice() {
                [id, attribute] => {
                    let attribute = self.text(attribute)?;
                    Some((id.as_str()?.to_owned(), attribute))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn attribute(&mut self, span: Span, id: &str, attribute: &str) -> Node {
        let value = self.resource(id, attribute);
        computed(span, value)
    }

    fn choice(&mut self, span: Span, argument: &Node) -> Node {
        let Some([condition, then, otherwise]) = argument.as_array() else {
            return self.unknown(span, "Fn::If", argument);
        };
        let Some(name) = condition_name(condition) else {
            return self.unknown(span, "Fn::If", argument);
        };
        match self.template.condition(name) {
            Outcome::Known(true) => self.value(then),
            Outcome::Known(false) => self.value(otherwise),
            Outcome::Guard(guard, holds) => {
                let (mut then, mut otherwise) = (self.value(then), self.value(otherwise));
                if !holds {
                    std::mem::swap(&mut then, &mut otherwise);
                }
                Node {
                    span,
                    value: Value::Choice(Box::new(Choice {
                        guard,
                        then,
                        otherwise,
                    })),
                }
            }
        }
    }

    fn sub(&mut self, span: Span, argument: &Node) -> Node {
        let (template, variables) = match argument.as_array() {
            Some([template, variables]) => (template, self.variables(variables)),
            Some([template]) => (template, Vec::new()),
            _ => (argument, Vec::new()),
        };
        let Some(template) = template.as_str().map(str::to_owned) else {
            return self.unknown(span, "Fn::Sub", argument);
        };
        let (names, values): (Vec<_>, Vec<_>) = variables.into_iter().unzip();
        self.lift(span, values, GUARDS, &mut |own, values| {
            let variables: Vec<_> = names.iter().cloned().zip(values).collect();
            let mut text = String::new();
            for piece in own.pieces(&template, &variables) {
                match piece.computed {
                    Some(value) => text += &value,
                    None => text += template.get(piece.range).unwrap_or_default(),
                }
            }
            own.bounded(span, text)
        })
    }

    /// The variables of `Fn::Sub` with a map.
    pub(super) fn variables(&mut self, map: &Node) -> Vec<(String, Node)> {
        let members = map.as_object().unwrap_or_default();
        members
            .iter()
            .map(|m| (m.key.name.clone(), self.value(&m.value)))
            .collect()
    }

    /// The pieces of a template string, variables resolved.
    pub(super) fn pieces(&mut self, template: &str, variables: &[(String, Node)]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        let plain = |range: Range<usize>| Piece {
            range,
            computed: None,
        };
        while let Some(open) = template.get(at..).and_then(|rest| rest.find("${")) {
            let open = at + open;
            let Some(length) = template.get(open..).and_then(|rest| rest.find('}')) else {
                break;
            };
            let end = open + length + 1;
            let name = template.get(open + 2..end - 1).unwrap_or_default();
            pieces.push(plain(at..open));
            if let Some(literal) = name.strip_prefix('!') {
                pieces.push(Piece {
                    range: open..end,
                    computed: Some(format!("${{{literal}}}")),
                });
            } else {
                match self.variable(name.trim(), variables) {
                    Some(value) => pieces.push(Piece {
                        range: open..end,
                        computed: Some(value),
                    }),
                    None => pieces.push(plain(open..end)),
                }
            }
            at = end;
        }
        pieces.push(plain(at..template.len()));
        pieces
    }

    /// `None` for what is no reference, such as `${aws:username}`: the template
    /// cannot be deployed, and the text says what was meant.
    fn variable(&mut self, name: &str, variables: &[(String, Node)]) -> Option<String> {
        let span = Span::default();
        let given = variables.iter().rev().find(|(own, _)| own == name);
        let value = match given {
            Some((_, value)) => value.clone(),
            None if name.starts_with("AWS::") => self.reference(span, name),
            None if name.is_empty() || name.contains([':', ' ', '$', '{', '*']) => return None,
            None => match name.split_once('.') {
                Some((id, attribute)) => self.attribute(span, id, attribute),
                None => self.reference(span, name),
            },
        };
        Some(match text_of(&value) {
            Some(text) => text,
            None => self.mint(name, Domain::Any),
        })
    }

    fn bounded(&mut self, span: Span, text: String) -> Node {
        self.budget = self.budget.saturating_sub(text.len() >> 10);
        if text.len() > LONGEST {
            return self.symbol(span, "a text too long to compute", Domain::Any);
        }
        computed(span, text)
    }

    fn join(&mut self, span: Span, by: &Node, list: &Node) -> Option<Node> {
        let by = text_of(by)?;
        let parts: Option<Vec<String>> = match &list.value {
            Value::Array(list) => list
                .iter()
                .filter(|one| one.value != Value::Absent)
                .map(text_of)
                .collect(),
            _ => Some(vec![text_of(list)?]),
        };
        let parts = parts?;
        Some(self.bounded(span, parts.join(&by)))
    }

    fn split(&mut self, span: Span, by: &Node, text: &Node) -> Option<Node> {
        let by = text_of(by).filter(|by| !by.is_empty())?;
        let text = text_of(text)?;
        let is_whole = symbols_in(&text).all(|symbol| match self.domain(symbol) {
            None | Some(Domain::Any) => false,
            Some(Domain::OneOf { values, .. }) => !values.iter().any(|one| one.contains(&by)),
            Some(Domain::Name) => by.contains(':'),
            Some(_) => by.contains([':', '/']),
        });
        if !is_whole {
            return Some(self.unknown_list(span, &format!("Split '{by}' {}", bare(&text))));
        }
        Some(Node {
            span,
            value: Value::Array(
                text.split(&by)
                    .map(|one| computed(span, one.to_owned()))
                    .collect(),
            ),
        })
    }

    fn select(&mut self, span: Span, index: &Node, list: &Node) -> Option<Node> {
        let index: usize = text_of(index)?.trim().parse().ok()?;
        let list = list.as_array()?;
        if let [one] = list
            && self.is_unknown_list(one)
        {
            let name = symbols_in(one.as_str()?).next()?.to_owned();
            return Some(self.symbol(span, &format!("{name}[{index}]"), Domain::Any));
        }
        if list.iter().any(|one| self.is_unknown_list(one)) {
            return None;
        }
        list.get(index).cloned().map(|value| at(value, span))
    }

    fn find(&mut self, span: Span, path: [&Node; 3], options: Option<&Node>) -> Option<Node> {
        let [name, first, second] = path;
        let (name, first, second) = (text_of(name)?, text_of(first)?, text_of(second)?);
        let map = self.template.mapping(&name)?;
        let rows = map.as_object()?;
        if let Some(value) = map.get(&first).and_then(|row| row.get(&second)) {
            return Some(at(value.clone(), span));
        }
        let default = || {
            options?
                .get("DefaultValue")
                .map(|value| at(value.clone(), span))
        };
        if !has_symbol(&first) && !has_symbol(&second) {
            return default();
        }
        let chosen = [&first, &second].map(|key| {
            let symbol = crate::policy::as_symbol(key)?;
            self.domain(symbol)?.chosen().map(str::to_owned)
        });
        let admits = |key: &str, value: &str| {
            !has_symbol(key) && key == value
                || has_symbol(key)
                    && crate::policy::as_symbol(key)
                        .and_then(|symbol| self.domain(symbol))
                        .is_none_or(|domain| domain.admits(value))
        };
        let mut values: Vec<String> = Vec::new();
        let mut is_text = true;
        let mut decided = None;
        for row in rows.iter().filter(|row| admits(&first, &row.key.name)) {
            let cells = row.value.as_object().unwrap_or_default();
            for cell in cells.iter().filter(|cell| admits(&second, &cell.key.name)) {
                let Some(text) = text_of(&cell.value) else {
                    is_text = false;
                    continue;
                };
                let is_chosen = |key: &str, chosen: &Option<String>, name: &str| {
                    key == name || chosen.as_deref() == Some(name)
                };
                let [one, two] = &chosen;
                if is_chosen(&first, one, &row.key.name) && is_chosen(&second, two, &cell.key.name)
                {
                    decided = Some(text.clone());
                }
                if !values.contains(&text) {
                    values.push(text);
                }
            }
        }
        let address = format!("{name}.{}.{}", bare(&first), bare(&second));
        if !is_text {
            return Some(self.unknown_list(span, &address));
        }
        if values.is_empty() {
            return default();
        }
        let has_default = options.is_some_and(|options| options.get("DefaultValue").is_some());
        match values.as_slice() {
            [only] if !has_default => Some(computed(span, only.clone())),
            _ if has_default => Some(self.symbol(span, &address, Domain::Any)),
            _ => {
                let domain = Domain::OneOf {
                    values,
                    chosen: decided,
                };
                Some(self.symbol(span, &address, domain))
            }
        }
    }

    /// References to secrets and parameters inside a text.
    fn dynamic(&mut self, text: &str) -> String {
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{resolve:") {
            value += before;
            let (name, after) = behind.split_once("}}").unwrap_or((behind, ""));
            let name = name.replacen(':', "/", 1);
            value += &self.mint(&format!("resolve {name}"), Domain::Any);
            rest = after;
        }
        value + rest
    }

    /// Applies a function to each outcome of the choices among its arguments.
    fn lift(
        &mut self,
        span: Span,
        parts: Vec<Node>,
        left: usize,
        apply: &mut dyn FnMut(&mut Self, Vec<Node>) -> Node,
    ) -> Node {
        let Some(guard) = parts.iter().find_map(first_guard).map(str::to_owned) else {
            return apply(self, parts);
        };
        let Some(left) = left.checked_sub(1) else {
            return self.symbol(span, &format!("depends on {guard} and others"), Domain::Any);
        };
        let mut side = |holds| {
            let parts: Vec<Node> = parts
                .iter()
                .map(|part| decided(part, &guard, holds))
                .collect();
            if parts.iter().any(|part| part.value == Value::Absent) {
                return Node {
                    span,
                    value: Value::Absent,
                };
            }
            self.lift(span, parts, left, apply)
        };
        let (then, otherwise) = (side(true), side(false));
        Node {
            span,
            value: Value::Choice(Box::new(Choice {
                guard,
                then,
                otherwise,
            })),
        }
    }
}

/// The function that an object calls, and its argument.
pub(in crate::sources) fn function(node: &Node) -> Option<(&str, &Node)> {
    let [member] = node.as_object()? else {
        return None;
    };
    let name = member.key.name.as_str();
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, &member.value))
}

/// The name of the condition of `Fn::If`.
pub(in crate::sources) fn condition_name(node: &Node) -> Option<&str> {
    node.as_str()
        .or_else(|| node.get("Condition").and_then(Node::as_str))
}

/// A computed text.
pub(in crate::sources) fn computed(span: Span, value: String) -> Node {
    Node {
        span,
        value: Value::String(Text {
            value,
            written: Written::Computed,
        }),
    }
}

/// The value as if it were computed at `span`.
pub(in crate::sources) fn at(mut node: Node, span: Span) -> Node {
    node.span = span;
    node.value = match node.value {
        Value::String(text) => Value::String(Text {
            written: Written::Computed,
            ..text
        }),
        Value::Array(nodes) => Value::Array(nodes.into_iter().map(|n| at(n, span)).collect()),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|mut member| {
                    member.key.span = span;
                    member.value = at(member.value, span);
                    member
                })
                .collect(),
        ),
        value => value,
    };
    node
}

/// A scalar as text.
pub(in crate::sources) fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.value.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A text without the brackets of symbols, to be part of an address.
fn bare(text: &str) -> String {
    text.replace(['⟨', '⟩'], "")
}

fn first_guard(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Choice(choice) => Some(&choice.guard),
        Value::Array(nodes) => nodes.iter().find_map(first_guard),
        _ => None,
    }
}

/// An argument with the choices of a guard taken.
fn decided(node: &Node, guard: &str, holds: bool) -> Node {
    match &node.value {
        Value::Choice(choice) if choice.guard == guard => {
            let side = if holds {
                &choice.then
            } else {
                &choice.otherwise
            };
            decided(side, guard, holds)
        }
        Value::Array(nodes) => {
            let nodes = nodes.iter().map(|node| decided(node, guard, holds));
            Node {
                span: node.span,
                value: Value::Array(nodes.filter(|n| n.value != Value::Absent).collect()),
            }
        }
        _ => node.clone(),
    }
}

/// Whether a pattern admits neither wildcard nor colon nor the empty text: told
/// of patterns that are made of plain characters and classes of them only.
fn admits_names_only(pattern: &str) -> bool {
    let Ok(whole) = regex::Regex::new(&format!("^(?:{pattern})$")) else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '@' | '=');
    let kind = |c: char| (c.is_ascii_digit(), c.is_ascii_lowercase());
    let characters: Vec<char> = pattern
        .trim_start_matches('^')
        .trim_end_matches('$')
        .replace("\\d", "0")
        .replace("\\w", "0")
        .replace("\\.", "@")
        .replace("\\-", "@")
        .chars()
        .collect();
    let mut in_class = false;
    let is_plain = characters.iter().enumerate().all(|(at, &c)| {
        let before = at.checked_sub(1).and_then(|at| characters.get(at).copied());
        let behind = characters.get(at + 1).copied();
        match c {
            '[' | ']' => {
                let opens = c == '[';
                std::mem::replace(&mut in_class, opens) != opens
            }
            '-' if in_class => match (before, behind) {
                (Some('['), _) | (_, Some(']')) => true,
                (Some(from), Some(to)) => {
                    from.is_ascii_alphanumeric()
                        && to.is_ascii_alphanumeric()
                        && kind(from) == kind(to)
                }
                _ => false,
            },
            '*' | '?' | '+' | '{' | '}' | ',' | '(' | ')' => !in_class,
            '.' => in_class,
            '-' => true,
            c => plain(c),
        }
    });
    is_plain && !whole.is_match("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml;

    const TEMPLATE: &str = "
Parameters:
  Free: {Type: String}
  Named: {Type: String, AllowedPattern: '^[a-z0-9-]+$'}
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Fixed: {Type: String, Default: data}
  Names: {Type: CommaDelimitedList, Default: 'a, b'}
  Open: {Type: CommaDelimitedList}
Mappings:
  Map: {dev: {k: one}, prod: {k: two}}
Conditions:
  Dev: !Not [!Condition Prod]
Resources:
  Bucket: {Type: 'AWS::S3::Bucket'}
  Given: {Type: 'AWS::S3::Bucket', Properties: {BucketName: given}}
  Queue: {Type: 'AWS::SQS::Queue'}
  Topic: {Type: 'AWS::SNS::Topic'}
  Role: {Type: 'AWS::IAM::Role', Properties: {Path: /p/}}
  Table: {Type: 'AWS::DynamoDB::Table'}
  Own: {Type: 'Custom::X'}
  Loop: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref Loop}}
";

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Array(nodes) => {
                let nodes: Vec<_> = nodes.iter().map(show).collect();
                format!("[{}]", nodes.join(", "))
            }
            Value::Choice(choice) => {
                let (then, otherwise) = (show(&choice.then), show(&choice.otherwise));
                format!("{} ? {then} : {otherwise}", choice.guard)
            }
            Value::Absent => "-".to_owned(),
            _ => text_of(node).unwrap_or_else(|| "?".to_owned()),
        }
    }

    fn value(text: &str) -> String {
        let root = yaml::parse(TEMPLATE).roots.remove(0);
        let template = Template::new(&root);
        let stream = yaml::parse(text);
        assert_eq!(stream.diagnostics, [], "{text}");
        show(&Evaluator::new(&template).value(&stream.roots[0]))
    }

    #[test]
    fn functions_give_texts_with_symbols() {
        for (text, expected) in [
            ("!Ref Free", "⟨Free⟩"),
            ("!Ref Fixed", "data"),
            ("!Ref Names", "[a, b]"),
            ("[!Ref Open]", "[⟨Open⟩]"),
            ("!Ref Bucket", "⟨Bucket⟩"),
            ("!GetAtt Bucket.Arn", "arn:⟨partition⟩:s3:::⟨Bucket⟩"),
            ("!GetAtt [Given, Arn]", "arn:⟨partition⟩:s3:::given"),
            (
                "!Ref Queue",
                "https://sqs.⟨region⟩.⟨url-suffix⟩/⟨account⟩/⟨Queue⟩",
            ),
            (
                "!Ref Topic",
                "arn:⟨partition⟩:sns:⟨region⟩:⟨account⟩:⟨Topic⟩",
            ),
            (
                "!GetAtt Role.Arn",
                "arn:⟨partition⟩:iam::⟨account⟩:role/p/⟨Role⟩",
            ),
            (
                "!GetAtt Table.StreamArn",
                "arn:⟨partition⟩:dynamodb:⟨region⟩:⟨account⟩:table/⟨Table⟩/stream/⟨Table.StreamLabel⟩",
            ),
            ("!GetAtt Own.Value", "⟨Own.Value⟩"),
            ("!Ref Loop", "⟨Loop⟩"),
            (
                "!Sub 'arn:${AWS::Partition}:s3:::${Bucket}/${!aws:username}'",
                "arn:⟨partition⟩:s3:::⟨Bucket⟩/${aws:username}",
            ),
            (
                "!Sub ['${Fixed}/${a}', {Fixed: own, a: !Ref Named}]",
                "own/⟨Named⟩",
            ),
            ("!Sub '${aws:username}'", "${aws:username}"),
            (
                "!Join ['', [!GetAtt Bucket.Arn, '/*']]",
                "arn:⟨partition⟩:s3:::⟨Bucket⟩/*",
            ),
            ("!Join [':', !Ref Names]", "a:b"),
            ("!Select [5, !Split [':', !GetAtt Bucket.Arn]]", "⟨Bucket⟩"),
            ("!Select [1, !Ref Names]", "b"),
            ("!Select [1, !Ref Open]", "⟨Open[1]⟩"),
            ("!FindInMap [Map, prod, k]", "two"),
            ("!FindInMap [Map, !Ref Env, k]", "⟨Map.Env.k⟩"),
            (
                "!FindInMap [Map, !FindInMap [Map, a, b], k]",
                "⟨Map.FindInMap at 17.k⟩",
            ),
            ("!ImportValue x", "⟨import x⟩"),
            ("'{{resolve:ssm:/a/b}}'", "⟨resolve ssm//a/b⟩"),
            ("!If [Prod, a, !Ref 'AWS::NoValue']", "Prod ? a : -"),
            ("!If [Dev, a, b]", "Prod ? b : a"),
            ("!Join ['-', [x, !If [Prod, a, b]]]", "Prod ? x-a : x-b"),
            (
                "!Join ['-', [x, !If [Prod, a, !Ref 'AWS::NoValue']]]",
                "Prod ? x-a : x",
            ),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let mut text = "x".repeat(100);
        for _ in 0..60 {
            text = format!("!Sub ['${{a}}${{a}}', {{a: {text}}}]");
        }
        assert!(value(&text).contains("too long"));
    }

    #[test]
    fn patterns_that_admit_no_wildcard() {
        for pattern in [
            "^[a-z0-9-]+$",
            "[A-Za-z0-9]{3,5}",
            "vpc-[0-9a-f]+",
            "\\d{12}",
        ] {
            assert!(admits_names_only(pattern), "{pattern}");
        }
        for pattern in [
            ".*", "[a-z]*", "[^a]+", "[+-z]+", "a|b*|", "[0-z]", "[*]", "", "a?",
        ] {
            assert!(!admits_names_only(pattern), "{pattern}");
        }
    }
}

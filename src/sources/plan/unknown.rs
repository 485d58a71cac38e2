//! A policy that is known after the apply only: one piece that is not known
//! takes the whole text away. What is left of it stands in the data source that
//! writes it, whose statements show the known pieces, and in the configuration,
//! which shows what the others refer to, though not the text around them.

use super::layout::{Change, Plan, tree};
use crate::policy::{Domain, Symbol};
use crate::syntax::{Key, Member, Node, Text, Value, Written};
use crate::text::Span;
use std::collections::HashMap;

/// The attribute that is wanted.
pub(super) struct Wanted<'w> {
    pub(super) change: &'w Change<'w>,
    /// Its path, without the places of blocks.
    pub(super) path: &'w [&'w str],
    pub(super) name: &'w str,
}

/// A document put together from what is known.
pub(super) struct Rebuilt {
    pub(super) node: Node,
    pub(super) symbols: Vec<Symbol>,
    /// What is missing from it; absent where all was known.
    pub(super) missing: Option<String>,
}

/// What the rest of the plan says.
pub(super) struct Known<'p> {
    text: &'p str,
    /// Resources and data sources by module and address in it.
    changes: HashMap<(&'p str, String), Vec<&'p Change<'p>>>,
    /// Expressions by module without its instances, and address in it.
    expressions: HashMap<(String, String), Node>,
    /// Whether the plan tells the configuration at all.
    is_configured: bool,
}

impl<'p> Known<'p> {
    pub(super) fn new(plan: &Plan<'_>, changes: &'p [Change<'p>], text: &'p str) -> Self {
        let mut by_address: HashMap<_, Vec<_>> = HashMap::new();
        for change in changes {
            let key = (change.module(), change.in_module());
            by_address.entry(key).or_default().push(change);
        }
        let mut known = Self {
            text,
            changes: by_address,
            expressions: HashMap::new(),
            is_configured: false,
        };
        if let Some(configuration) = tree(plan.configuration, text)
            && let Some(root) = configuration.get("root_module")
        {
            known.is_configured = true;
            known.module(root, String::new());
        }
        known
    }

    fn module(&mut self, module: &Node, path: String) {
        let resources = module.get("resources").and_then(Node::as_array);
        for resource in resources.into_iter().flatten() {
            let address = resource.get("address").and_then(Node::as_str);
            if let (Some(address), Some(expressions)) = (address, resource.get("expressions")) {
                let key = (path.clone(), address.to_owned());
                self.expressions.insert(key, expressions.clone());
            }
        }
        let calls = module.get("module_calls").and_then(Node::as_object);
        for call in calls.into_iter().flatten() {
            if let Some(inner) = call.value.get("module") {
                let name = &call.key.name;
                let path = match path.as_str() {
                    "" => format!("module.{name}"),
                    _ => format!("{path}.module.{name}"),
                };
                self.module(inner, path);
            }
        }
    }

    fn expressions(&self, change: &Change<'_>) -> Option<&Node> {
        let key = (without_instances(change.module()), change.in_module());
        self.expressions.get(&key)
    }
}

/// The document, or why nothing is known of it. `None` where the configuration
/// does not set the attribute: the provider computes it.
pub(super) fn document(wanted: &Wanted<'_>, known: &Known<'_>) -> Option<Result<Rebuilt, String>> {
    let name = wanted.name;
    let expression = known
        .expressions(wanted.change)
        .and_then(|expressions| follow(expressions, wanted.path));
    let Some(expression) = expression else {
        return (!known.is_configured)
            .then(|| Err(format!("`{name}` is known after the apply only")));
    };
    let mut refers = Vec::new();
    references(expression, &mut refers);
    let refers = most_specific(refers);
    let source = refers
        .iter()
        .find(|reference| reference.starts_with("data.aws_iam_policy_document."));
    Some(match source {
        Some(source) => data(wanted, source, known),
        None => Err(match refers.first() {
            Some(first) => {
                format!("`{name}` is known after the apply only: it refers to `{first}`")
            }
            None => format!("`{name}` is known after the apply only"),
        }),
    })
}

/// The expression of an attribute; blocks on the way stand in lists.
fn follow<'n>(expressions: &'n Node, path: &[&str]) -> Option<&'n Node> {
    let mut at = expressions;
    for step in path {
        if let Some(blocks) = at.as_array() {
            at = blocks.first()?;
        }
        // A dynamic block is told as a whole.
        match at.get(step) {
            Some(inner) => at = inner,
            None => return at.get("references").map(|_| at),
        }
    }
    Some(at)
}

fn references<'n>(node: &'n Node, into: &mut Vec<&'n str>) {
    match &node.value {
        Value::Object(members) => {
            for member in members {
                match member.value.as_array() {
                    Some(all) if member.key.name == "references" => {
                        into.extend(all.iter().filter_map(Node::as_str));
                    }
                    _ => references(&member.value, into),
                }
            }
        }
        Value::Array(nodes) => nodes.iter().for_each(|node| references(node, into)),
        _ => {}
    }
}

/// Without what only leads to another one: Terraform lists `aws_x.y.arn` and
/// `aws_x.y`; and without the key of the instance.
fn most_specific(all: Vec<&str>) -> Vec<&str> {
    let mut kept: Vec<&str> = Vec::new();
    for &reference in &all {
        let leads_on = |longer: &&str| {
            let rest = longer.strip_prefix(reference);
            rest.is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        let is_instance = ["each.", "count."].iter().any(|p| reference.starts_with(p));
        if !is_instance && !kept.contains(&reference) && !all.iter().any(leads_on) {
            kept.push(reference);
        }
    }
    kept
}

/// Rebuilds the document of a data source.
fn data(wanted: &Wanted<'_>, source: &str, known: &Known<'_>) -> Result<Rebuilt, String> {
    let name = wanted.name;
    let why = |what: &str| format!("`{name}` is known after the apply only: {what}");
    let address = source.strip_suffix(".json").unwrap_or(source);
    let plain = address.split('[').next().unwrap_or(address);
    let module = wanted.change.module();
    let found = known.changes.get(&(module, plain.to_owned()));
    let found = found.map(Vec::as_slice).unwrap_or_default();
    let index = |change: &Change<'_>| change.index.map(|index| index.get().to_owned());
    let change = match found {
        [] => return Err(why(&format!("`{address}` is not in the plan"))),
        [one] => *one,
        several => {
            // `NAME[KEY]` as written, or the instance of the same key.
            let written = address.strip_prefix(plain).filter(|rest| !rest.is_empty());
            let written = written.map(|rest| rest.trim_matches(['[', ']']).to_owned());
            let key = written.or_else(|| index(wanted.change));
            let same = several.iter().find(|one| index(one) == key);
            *same.ok_or_else(|| why(&format!("it is one instance of `{plain}`")))?
        }
    };
    let values = tree(change.change.after, known.text);
    let marks = tree(change.change.after_unknown, known.text);
    let statements = values.as_ref().and_then(|values| values.get("statement"));
    let Some((values, statements)) = values.as_ref().zip(statements.and_then(Node::as_array))
    else {
        return Err(why(&format!("nothing of `{address}` is known")));
    };
    let written = known.expressions(change).and_then(|e| e.get("statement"));
    let mut rebuild = Rebuild {
        known,
        module,
        address: plain,
        symbols: Vec::new(),
        missing: None,
    };
    let span = values.span;
    let marked = marks.as_ref().and_then(|marks| marks.get("statement"));
    let marked = marked.and_then(Node::as_array).unwrap_or_default();
    // Blocks that are written one by one stand in their order.
    let written = written
        .and_then(Node::as_array)
        .filter(|written| written.len() == statements.len())
        .unwrap_or_default();
    let list = statements.iter().enumerate().map(|(place, statement)| {
        let parts = (marked.get(place), written.get(place));
        rebuild.statement(place, statement, parts.0, parts.1)
    });
    let list = list.collect();
    for key in [
        "source_policy_documents",
        "override_policy_documents",
        "source_json",
        "override_json",
    ] {
        let set = values.get(key).is_some_and(|v| v.value != Value::Null);
        let open = marks.as_ref().and_then(|marks| marks.get(key)).is_some();
        if set || open {
            let reason = format!("`{plain}` has `{key}`, which the plan does not resolve");
            rebuild.missing = Some(reason);
        }
    }
    let version = values.get("version").and_then(Node::as_str);
    let node = object(
        span,
        vec![
            ("Version", text(span, version.unwrap_or("2012-10-17"))),
            ("Statement", array(span, list)),
        ],
    );
    Ok(Rebuilt {
        node,
        symbols: rebuild.symbols,
        missing: rebuild.missing,
    })
}

/// A data source being turned into a policy.
struct Rebuild<'k> {
    known: &'k Known<'k>,
    module: &'k str,
    address: &'k str,
    symbols: Vec<Symbol>,
    missing: Option<String>,
}

/// A statement's part: its value, what of it is unknown, how it was written.
type Part<'n> = (&'n Node, Option<&'n Node>, Option<&'n Node>);

impl Rebuild<'_> {
    fn statement(
        &mut self,
        place: usize,
        statement: &Node,
        marks: Option<&Node>,
        written: Option<&Node>,
    ) -> Node {
        let span = statement.span;
        let part = |key: &str| {
            let value = statement.get(key)?;
            let marks = marks.and_then(|marks| marks.get(key));
            Some((value, marks, written.and_then(|written| written.get(key))))
        };
        let mut members = Vec::new();
        let string = |key: &str| statement.get(key).and_then(Node::as_str);
        if let Some(sid) = string("sid").filter(|sid| !sid.is_empty()) {
            members.push(("Sid", text(span, sid)));
        }
        members.push(("Effect", text(span, string("effect").unwrap_or("Allow"))));
        for (key, element) in [
            ("actions", "Action"),
            ("not_actions", "NotAction"),
            ("resources", "Resource"),
            ("not_resources", "NotResource"),
        ] {
            let list = part(key).map(|part| self.list(place, key, part, element == "Resource"));
            if let Some(list) = list.filter(|list| !list.is_empty()) {
                members.push((element, array(span, list)));
            }
        }
        for (key, element) in [
            ("principals", "Principal"),
            ("not_principals", "NotPrincipal"),
        ] {
            let groups =
                part(key).map(|part| self.groups(place, key, part, &["type"], "identifiers"));
            if let Some(groups) = groups.filter(|groups| !groups.is_empty()) {
                let is_star = groups.iter().any(|(keys, _)| keys == &["*"]);
                let value = match is_star {
                    true => text(span, "*"),
                    false => nested(span, groups),
                };
                members.push((element, value));
            }
        }
        let groups = part("condition")
            .map(|part| self.groups(place, "condition", part, &["test", "variable"], "values"));
        if let Some(groups) = groups.filter(|groups| !groups.is_empty()) {
            members.push(("Condition", nested(span, groups)));
        }
        object(span, members)
    }

    /// The texts of a list, with symbols where they are not known.
    fn list(&mut self, place: usize, key: &str, part: Part<'_>, any_suffix: bool) -> Vec<Node> {
        let (value, marks, written) = part;
        let is_true = |node: &Node| node.value == Value::Bool(true);
        let whole = marks.is_some_and(is_true);
        let mut is_open = whole;
        let mut list = Vec::new();
        for (at, node) in value.as_array().unwrap_or_default().iter().enumerate() {
            let mark = marks.and_then(Node::as_array).and_then(|all| all.get(at));
            match node.as_str() {
                Some(_) => list.push(node.clone()),
                None => is_open = is_open || mark.is_some_and(is_true),
            }
        }
        if is_open {
            self.open(place, key, (value.span, written), any_suffix, &mut list);
        }
        list
    }

    /// What a list may hold that is not known: each thing it refers to, and for
    /// resources also with any text behind it, which the plan does not show.
    fn open(
        &mut self,
        place: usize,
        key: &str,
        (span, written): (Span, Option<&Node>),
        any_suffix: bool,
        into: &mut Vec<Node>,
    ) {
        let mut refers = Vec::new();
        if let Some(written) = written {
            references(written, &mut refers);
        }
        let mut texts: Vec<String> = most_specific(refers)
            .into_iter()
            .map(|reference| self.lowered(reference))
            .collect();
        if texts.is_empty() {
            let address = format!("{}{}.statement[{place}].{key}", self.prefix(), self.address);
            texts.push(self.symbol(&address, Domain::Any));
        }
        for value in texts {
            if any_suffix {
                into.push(text(span, &format!("{value}*")));
            }
            into.push(text(span, &value));
        }
        let reason = format!(
            "`{}` is known after the apply only: of `{key}` the plan shows what it refers to",
            self.address
        );
        self.missing.get_or_insert(reason);
    }

    /// Blocks of a set, grouped by the values of `keys`, in their order.
    fn groups(
        &mut self,
        place: usize,
        key: &str,
        (value, marks, written): Part<'_>,
        keys: &[&str],
        values: &str,
    ) -> Vec<(Vec<String>, Vec<Node>)> {
        let mut groups: Vec<(Vec<String>, Vec<Node>)> = Vec::new();
        for (at, block) in value.as_array().unwrap_or_default().iter().enumerate() {
            let marks = match marks.map(|marks| &marks.value) {
                Some(Value::Array(all)) => all.get(at),
                _ => marks,
            };
            let name = keys.iter().map(|key| {
                let known = block.get(key).and_then(Node::as_str);
                known.map_or_else(|| self.unnamed(place, key), str::to_owned)
            });
            let name: Vec<String> = name.collect();
            let listed = block.get(values).unwrap_or(block);
            let marks = marks.and_then(|marks| match &marks.value {
                Value::Bool(_) => Some(marks),
                _ => marks.get(values),
            });
            // Sets are sorted in the plan and not in the configuration: any
            // block may be the one.
            let list = self.list(place, key, (listed, marks, written), false);
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => known.extend(list),
                None => groups.push((name, list)),
            }
        }
        groups
    }

    /// A key that is itself not known.
    fn unnamed(&mut self, place: usize, key: &str) -> String {
        let reason = format!("`{key}` of a statement of `{}` is not known", self.address);
        self.missing.get_or_insert(reason);
        let address = format!("{}{}.statement[{place}].{key}", self.prefix(), self.address);
        self.symbol(&address, Domain::Any)
    }

    /// `module.m.`, or nothing in the root module.
    fn prefix(&self) -> String {
        match self.module {
            "" => String::new(),
            module => format!("{module}."),
        }
    }

    fn symbol(&mut self, address: &str, domain: Domain) -> String {
        let symbol = Symbol::new(address, domain);
        let text = symbol.text();
        self.symbols.push(symbol);
        text
    }

    /// A reference as text: an ARN with the name in its place where the shape
    /// is known, otherwise a symbol.
    fn lowered(&mut self, reference: &str) -> String {
        let (resource, attribute) = reference.rsplit_once('.').unwrap_or((reference, ""));
        let type_name = resource.split('.').next().unwrap_or_default();
        let shape = SHAPES.iter().find(|(name, key, ..)| {
            *name == type_name && (attribute == "arn" || attribute == *key)
        });
        let Some((_, key, template)) = shape else {
            return self.symbol(&format!("{}{reference}", self.prefix()), Domain::Any);
        };
        let name = match self.literal(resource, key) {
            Some(name) => name,
            None => self.symbol(&format!("{}{resource}", self.prefix()), Domain::Name),
        };
        if attribute != "arn" {
            return name;
        }
        let mut arn = (*template).to_owned();
        for (key, address, domain) in [
            ("{partition}", Symbol::PARTITION, Domain::Partition),
            ("{region}", Symbol::REGION, Domain::Region),
            ("{account}", Symbol::ACCOUNT, Domain::Account),
        ] {
            if arn.contains(key) {
                arn = arn.replace(key, &self.symbol(address, domain));
            }
        }
        arn.replace("{name}", &name)
    }

    /// The name that a resource is given, where the plan knows it.
    fn literal(&self, resource: &str, key: &str) -> Option<String> {
        let found = self
            .known
            .changes
            .get(&(self.module, resource.to_owned()))?;
        let [change] = found.as_slice() else {
            return None;
        };
        let values = tree(change.change.after, self.known.text)?;
        values.get(key)?.as_str().map(str::to_owned)
    }
}

/// Types whose names and ARNs are made alike: the attribute that names one, and
/// its ARN.
const SHAPES: &[(&str, &str, &str)] = &[
    ("aws_s3_bucket", "bucket", "arn:{partition}:s3:::{name}"),
    (
        "aws_sqs_queue",
        "name",
        "arn:{partition}:sqs:{region}:{account}:{name}",
    ),
    (
        "aws_sns_topic",
        "name",
        "arn:{partition}:sns:{region}:{account}:{name}",
    ),
    (
        "aws_dynamodb_table",
        "name",
        "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
    ),
    (
        "aws_lambda_function",
        "function_name",
        "arn:{partition}:lambda:{region}:{account}:function:{name}",
    ),
    (
        "aws_cloudwatch_log_group",
        "name",
        "arn:{partition}:logs:{region}:{account}:log-group:{name}",
    ),
    (
        "aws_ecr_repository",
        "name",
        "arn:{partition}:ecr:{region}:{account}:repository/{name}",
    ),
    (
        "aws_kinesis_stream",
        "name",
        "arn:{partition}:kinesis:{region}:{account}:stream/{name}",
    ),
    (
        "aws_sfn_state_machine",
        "name",
        "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
    ),
    (
        "aws_kms_key",
        "key_id",
        "arn:{partition}:kms:{region}:{account}:key/{name}",
    ),
];

/// `module.a["k"].module.b[0]` → `module.a.module.b`.
fn without_instances(module: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    let mut quoted = false;
    let mut escaped = false;
    for c in module.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            '[' if !quoted => inside = true,
            ']' if !quoted => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
}

fn text(span: Span, value: &str) -> Node {
    Node {
        span,
        value: Value::String(Text {
            value: value.to_owned(),
            written: Written::Computed,
        }),
    }
}

fn array(span: Span, nodes: Vec<Node>) -> Node {
    Node {
        span,
        value: Value::Array(nodes),
    }
}

fn object<K: Into<String>>(span: Span, members: Vec<(K, Node)>) -> Node {
    let members = members.into_iter().map(|(name, value)| Member {
        key: Key {
            name: name.into(),
            span,
        },
        value,
    });
    Node {
        span,
        value: Value::Object(members.collect()),
    }
}

/// Objects by the first key, then by the second where there is one.
fn nested(span: Span, groups: Vec<(Vec<String>, Vec<Node>)>) -> Node {
    let mut members: Vec<(String, Node)> = Vec::new();
    for (mut names, list) in groups {
        let list = array(span, list);
        let first = names.remove(0);
        let Some(second) = names.pop() else {
            members.push((first, list));
            continue;
        };
        let inner = object(span, vec![(second, list)]);
        match members.iter_mut().find(|(name, _)| *name == first) {
            Some((_, known)) => {
                if let (Value::Object(known), Value::Object(inner)) =
                    (&mut known.value, inner.value)
                {
                    known.extend(inner);
                }
            }
            None => members.push((first, inner)),
        }
    }
    object(span, members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_of_modules_are_one_configuration() {
        assert_eq!(
            without_instances(r#"module.a["x.]\"y"].module.b[0]"#),
            "module.a.module.b"
        );
        assert_eq!(without_instances(""), "");
    }

    #[test]
    fn what_leads_to_another_reference_is_left_out() {
        let all = vec![
            "aws_x.y.arn",
            "aws_x.y",
            "each.key",
            "aws_x.yz",
            "aws_x.y.arn",
        ];
        assert_eq!(most_specific(all), ["aws_x.y.arn", "aws_x.yz"]);
    }
}

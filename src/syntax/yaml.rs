//! YAML, lowered to the tree that JSON gives. Scalars are text: a version is no
//! date and `Yes` no boolean; only plain `true`, `false` and null are what they
//! are in JSON. The short tags of CloudFormation are lowered to their long form.

mod scalar;

pub use scalar::decode;

use super::json::MAX_DEPTH;
use super::{Key, Member, Node, Text, Value, Written};
use crate::text::{Diagnostic, Span};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// What aliases may add to a text, in bytes of text and [`NODE_WEIGHT`] a node.
/// Real files use a few kilobytes; a few lines can ask for terabytes.
const ALIAS_BUDGET: usize = 8 << 20;
const NODE_WEIGHT: usize = 64;

/// Quoted scalars whose lines are joined before a text counts as broken.
const REPAIRS: usize = 64;

/// Functions of CloudFormation that have a short tag.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The documents of a YAML text and everything that was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// One for each document, as far as it could be read.
    pub roots: Vec<Node>,
    /// In document order. Codes: `syntax-error`, `duplicate-json-key`.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a YAML text.
///
/// The first mistake of notation ends the reading: what stands before it is
/// kept. Order and duplicate keys are kept; aliases and `<<` are resolved, and
/// what they bring has the place where it is written.
#[must_use]
pub fn parse(text: &str) -> Stream {
    let mut repaired = Cow::Borrowed(text);
    for _ in 0..REPAIRS {
        match attempt(text, &repaired) {
            Ok(stream) => return stream,
            Err(lines) => {
                let Some(joined) = join(&repaired, lines) else {
                    break;
                };
                repaired = Cow::Owned(joined);
            }
        }
    }
    attempt(text, &repaired).unwrap_or_else(|_| {
        let span = Span::new(0, 0);
        let message = "too many quoted texts are not indented".to_owned();
        Stream {
            roots: Vec::new(),
            diagnostics: vec![Diagnostic::new("syntax-error", span, message)],
        }
    })
}

/// The text with the lines of a range joined by as many blanks as their breaks
/// have bytes, so that no place moves.
fn join(text: &str, lines: std::ops::Range<usize>) -> Option<String> {
    let (before, after) = (text.get(..lines.start)?, text.get(lines.end..)?);
    let inside = text.get(lines)?;
    inside
        .contains(['\n', '\r'])
        .then(|| format!("{before}{}{after}", inside.replace(['\n', '\r'], " ")))
}

/// Reads a text of which some lines may have been joined. Other readers, AWS's
/// too, take the lines of a quoted scalar at any indentation; where ours does
/// not, the error is the lines to join.
fn attempt(text: &str, repaired: &str) -> Result<Stream, std::ops::Range<usize>> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_unresolved_aliases: true,
    };
    let mut reader = Reader {
        text,
        stack: Vec::new(),
        anchors: HashMap::new(),
        left: ALIAS_BUDGET,
        at: 0,
        stream: Stream::default(),
    };
    for event in Parser::new_from_str_with_options(repaired, options) {
        match event {
            Ok((event, span)) => {
                if !reader.event(event, &span) {
                    break;
                }
            }
            Err(error) => {
                if let Some(lines) = unindented(&error, repaired, reader.at) {
                    return Err(lines);
                }
                reader.broken(&error);
                break;
            }
        }
    }
    while !reader.stack.is_empty() {
        reader.close(reader.at);
    }
    reader.stream.diagnostics.sort_by_key(|d| d.primary.span);
    Ok(reader.stream)
}

/// The rest of a quoted scalar whose lines are not indented, where that is what
/// is wrong. The scalar begins behind `after`.
fn unindented(error: &ScanError, text: &str, after: usize) -> Option<std::ops::Range<usize>> {
    if *error.kind() != granit_parser::ErrorKind::InvalidQuotedScalarIndent {
        return None;
    }
    let at = error.marker().byte_offset()?;
    let between = text.get(after..at)?;
    let quote = between.chars().find(|c| matches!(c, '"' | '\''))?;
    let start = after + between.rfind('\n')?.saturating_sub(1);
    let start = floor(text, start);
    let mut escaped = false;
    let behind = text.get(at..)?;
    let length = behind
        .bytes()
        .position(|byte| match byte {
            _ if escaped => {
                escaped = false;
                false
            }
            b'\\' if quote == '"' => {
                escaped = true;
                false
            }
            byte => char::from(byte) == quote,
        })
        .unwrap_or(behind.len());
    Some(start..at + length)
}

/// A collection that is still open.
struct Frame {
    start: usize,
    anchor: usize,
    function: Option<Key>,
    inside: Inside,
    /// How deep the deepest alias in it goes.
    depth: usize,
}

enum Inside {
    List(Vec<Node>),
    Map {
        members: Vec<Member>,
        key: Option<Key>,
        /// What `<<` brought.
        merged: Vec<Node>,
    },
}

/// What an anchor names.
struct Anchored {
    node: Node,
    weight: usize,
    depth: usize,
}

struct Reader<'a> {
    text: &'a str,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    /// What aliases may still add.
    left: usize,
    /// Where the last event ended.
    at: usize,
    stream: Stream,
}

impl Reader<'_> {
    /// Takes an event; tells whether to go on.
    fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) -> bool {
        let start = span.start.byte_offset().unwrap_or(self.at);
        let end = span.end.byte_offset().unwrap_or(start).max(start);
        let tag_start = span.tag_start.and_then(|mark| mark.byte_offset());
        self.at = self.at.max(end);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.as_deref();
                let function = self.function(tag, tag_start);
                let is_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
                let node = self.scalar(value, style, start, end, is_text || function.is_some());
                self.add(wrapped(function, node), anchor, 0);
            }
            Event::SequenceStart(_, anchor, tag) => {
                let inside = Inside::List(Vec::new());
                return self.open(inside, start, anchor, tag, tag_start);
            }
            Event::MappingStart(_, anchor, tag) => {
                let inside = Inside::Map {
                    members: Vec::new(),
                    key: None,
                    merged: Vec::new(),
                };
                return self.open(inside, start, anchor, tag, tag_start);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let is_flow = end > start;
                self.close(if is_flow { end } else { usize::MAX });
            }
            Event::Alias(id) => return self.alias(id, Span::new(start, end)),
            Event::UnresolvedAlias(name) => {
                let span = Span::new(start, end);
                self.report(span, format!("no anchor is named `{name}`"));
                self.add(invalid(span), 0, 0);
            }
            Event::DocumentEnd => self.anchors.clear(),
            _ => {}
        }
        true
    }

    fn report(&mut self, span: Span, message: String) {
        self.stream
            .diagnostics
            .push(Diagnostic::new("syntax-error", span, message));
    }

    fn broken(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or(self.at);
        let at = floor(self.text, at.min(self.text.len()));
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        let end = at + next.map_or(0, char::len_utf8);
        self.at = self.at.max(at);
        let message = error.info().trim_end_matches('.').to_owned();
        self.report(Span::new(at, end), message);
    }

    fn function(&self, tag: Option<&Tag>, start: Option<usize>) -> Option<Key> {
        let tag = tag.filter(|tag| tag.handle() == "!")?;
        let name = match tag.suffix() {
            plain @ ("Ref" | "Condition") => plain.to_owned(),
            name if FUNCTIONS.contains(&name) => format!("Fn::{name}"),
            _ => return None,
        };
        let start = start?;
        let span = Span::new(start, start + 1 + tag.suffix().len());
        self.text.get(span.range())?;
        Some(Key { name, span })
    }

    fn scalar(
        &self,
        value: Cow<'_, str>,
        style: ScalarStyle,
        start: usize,
        end: usize,
        is_text: bool,
    ) -> Node {
        let raw = self.text.get(start..end).unwrap_or_default();
        let is_plain = style == ScalarStyle::Plain;
        // The parser's end of a block scalar is that of the blanks behind it.
        let end = match style {
            ScalarStyle::Literal | ScalarStyle::Folded | ScalarStyle::Plain => {
                start + raw.trim_end().len()
            }
            _ => end,
        };
        let span = Span::new(start, end);
        let value = match value.as_ref() {
            "~" if is_plain && raw.is_empty() => Value::Null,
            "" | "~" | "null" if is_plain && !is_text => Value::Null,
            "true" if is_plain && !is_text => Value::Bool(true),
            "false" if is_plain && !is_text => Value::Bool(false),
            _ => {
                let inside = raw.get(1..raw.len().saturating_sub(1));
                let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                let written = if quoted && inside == Some(&value) {
                    Written::Plain
                } else {
                    Written::Escaped
                };
                Value::String(Text {
                    value: value.into_owned(),
                    written,
                })
            }
        };
        Node { span, value }
    }

    fn open(
        &mut self,
        inside: Inside,
        start: usize,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        tag_start: Option<usize>,
    ) -> bool {
        if self.stack.len() >= MAX_DEPTH {
            self.too_deep(start);
            return false;
        }
        let function = self.function(tag.as_deref(), tag_start);
        self.stack.push(Frame {
            start,
            anchor,
            function,
            inside,
            depth: 0,
        });
        true
    }

    fn too_deep(&mut self, at: usize) {
        let at = floor(self.text, at);
        let message = format!("nested deeper than {MAX_DEPTH} levels");
        self.report(Span::new(at, at), message);
    }

    /// Ends the innermost collection; without an end of its own it ends with
    /// its last value.
    fn close(&mut self, end: usize) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        let (value, last) = match frame.inside {
            Inside::List(nodes) => {
                let last = nodes.iter().map(|node| node.span.end).max();
                (Value::Array(nodes), last)
            }
            Inside::Map {
                mut members,
                key,
                merged,
            } => {
                if let Some(key) = key {
                    let at = key.span.end as usize;
                    members.push(Member {
                        key,
                        value: Node {
                            span: Span::new(at, at),
                            value: Value::Null,
                        },
                    });
                }
                // An alias has its place elsewhere: only what is behind counts.
                let ends = |m: &Member| m.key.span.end.max(m.value.span.end);
                let last = members.iter().map(ends).max();
                self.duplicates(&members);
                merge(&mut members, merged);
                (Value::Object(members), last)
            }
        };
        let end = if end == usize::MAX {
            (last.unwrap_or_default() as usize).clamp(frame.start, self.at.max(frame.start))
        } else {
            end
        };
        let node = Node {
            span: Span::new(frame.start, end.max(frame.start)),
            value,
        };
        self.add(wrapped(frame.function, node), frame.anchor, frame.depth + 1);
    }

    fn duplicates(&mut self, members: &[Member]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for Member { key, .. } in members {
            match seen.entry(&key.name) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(key.span);
                }
                std::collections::hash_map::Entry::Occupied(first) => {
                    self.stream.diagnostics.push(
                        Diagnostic::new(
                            "duplicate-json-key",
                            key.span,
                            format!("the key `{}` is repeated", key.name),
                        )
                        .related(*first.get(), "first here"),
                    );
                }
            }
        }
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, anchor: usize, depth: usize) {
        if anchor != 0 {
            let anchored = Anchored {
                weight: weight(&node),
                node: node.clone(),
                depth,
            };
            self.anchors.insert(anchor, anchored);
        }
        let Some(frame) = self.stack.last_mut() else {
            self.stream.roots.push(node);
            return;
        };
        frame.depth = frame.depth.max(depth);
        match &mut frame.inside {
            Inside::List(nodes) => nodes.push(node),
            Inside::Map {
                members,
                key,
                merged,
            } => match key.take() {
                None => *key = Some(self::key(node, self.text)),
                Some(key) if key.name == "<<" && is_merge(&node, key.span, self.text) => {
                    merged.push(node);
                }
                Some(key) => members.push(Member { key, value: node }),
            },
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> bool {
        let Some(anchored) = self.anchors.get(&id) else {
            self.report(span, "an alias stands inside of what it names".to_owned());
            self.add(invalid(span), 0, 0);
            return true;
        };
        let depth = anchored.depth;
        if self.stack.len() + depth >= MAX_DEPTH {
            self.too_deep(span.start as usize);
            return false;
        }
        let Some(left) = self.left.checked_sub(anchored.weight) else {
            self.report(span, "the aliases of this file repeat too much".to_owned());
            return false;
        };
        self.left = left;
        let node = anchored.node.clone();
        self.add(node, 0, depth);
        true
    }
}

/// `{"Fn::Sub": node}` for a tagged node.
fn wrapped(function: Option<Key>, node: Node) -> Node {
    match function {
        Some(key) => Node {
            span: key.span.to(node.span),
            value: Value::Object(vec![Member { key, value: node }]),
        },
        None => node,
    }
}

fn invalid(span: Span) -> Node {
    Node {
        span,
        value: Value::Invalid,
    }
}

/// A node that stands as a key; one that is no scalar is named as it is written.
fn key(node: Node, text: &str) -> Key {
    let name = match node.value {
        Value::String(text) => text.value,
        _ => text.get(node.span.range()).unwrap_or_default().to_owned(),
    };
    Key {
        name,
        span: node.span,
    }
}

/// Whether `<<` is the key of a merge: not quoted, and with maps behind it.
fn is_merge(value: &Node, key: Span, text: &str) -> bool {
    text.get(key.range()) == Some("<<")
        && (value.as_object().is_some()
            || value
                .as_array()
                .is_some_and(|list| list.iter().all(|one| one.as_object().is_some())))
}

/// Adds the members that are not there yet; the first map that has one wins.
fn merge(members: &mut Vec<Member>, merged: Vec<Node>) {
    if merged.is_empty() {
        return;
    }
    let mut known: std::collections::HashSet<String> =
        members.iter().map(|m| m.key.name.clone()).collect();
    let maps = merged.into_iter().flat_map(|node| match node.value {
        Value::Array(nodes) => nodes,
        _ => vec![node],
    });
    for map in maps {
        if let Value::Object(more) = map.value {
            for member in more {
                if known.insert(member.key.name.clone()) {
                    members.push(member);
                }
            }
        }
    }
}

fn weight(node: &Node) -> usize {
    NODE_WEIGHT
        + match &node.value {
            Value::String(text) => text.value.len(),
            Value::Array(nodes) => nodes.iter().map(weight).sum(),
            Value::Object(members) => members
                .iter()
                .map(|m| m.key.name.len() + weight(&m.value))
                .sum(),
            _ => 0,
        }
}

/// The character border at or before an offset.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".into(),
            Value::Bool(b) => b.to_string(),
            Value::String(t) => format!("{:?}", t.value),
            Value::Invalid => "!".into(),
            Value::Array(nodes) => {
                let nodes: Vec<_> = nodes.iter().map(show).collect();
                format!("[{}]", nodes.join(","))
            }
            Value::Object(members) => {
                let members: Vec<_> = members
                    .iter()
                    .map(|m| format!("{}:{}", m.key.name, show(&m.value)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
            _ => unreachable!("YAML has none"),
        }
    }

    fn read(text: &str) -> String {
        let stream = parse(text);
        assert_eq!(stream.diagnostics, [], "{text}");
        let roots: Vec<_> = stream.roots.iter().map(show).collect();
        roots.join(" | ")
    }

    #[test]
    fn scalars_are_text() {
        assert_eq!(
            read("[2012-10-17, 012345678901, Yes, 0o17, 1.50, true, \"true\", ~, !!str null]"),
            r#"["2012-10-17","012345678901","Yes","0o17","1.50",true,"true",null,"null"]"#
        );
        assert_eq!(read("a:\nb: ''\n"), r#"{a:null,b:""}"#);
        assert_eq!(read("--- a\n--- [b]\n"), r#""a" | ["b"]"#);
    }

    #[test]
    fn short_tags_are_long_ones() {
        assert_eq!(read("!Sub x"), r#"{Fn::Sub:"x"}"#);
        assert_eq!(read("!Ref true"), r#"{Ref:"true"}"#);
        assert_eq!(
            read("!If [A, !GetAtt B.C, {d: !Condition E}]"),
            r#"{Fn::If:["A",{Fn::GetAtt:"B.C"},{d:{Condition:"E"}}]}"#
        );
        assert_eq!(
            read("!Sub\n  - a\n  - {b: c}"),
            r#"{Fn::Sub:["a",{b:"c"}]}"#
        );
        assert_eq!(read("!custom x"), r#""x""#);
    }

    #[test]
    fn anchors_and_merges_are_resolved() {
        assert_eq!(
            read("a: &x {k: v, l: w}\nb: {<<: *x, k: own}\nc: [*x]\nd: {<<: [*x, {m: n}]}"),
            "{a:{k:\"v\",l:\"w\"},b:{k:\"own\",l:\"w\"},c:[{k:\"v\",l:\"w\"}],\
             d:{k:\"v\",l:\"w\",m:\"n\"}}"
        );
        assert_eq!(read("{'<<': {a: b}}"), r#"{<<:{a:"b"}}"#);
    }

    #[test]
    fn spans_are_those_of_the_content() {
        let text = "a:\n  - !Sub |\n    x ${y}\n     z\n\n  - 'q' # c\n  - p\n   q\nb: {c: d}\n";
        let root = &parse(text).roots[0];
        let written = |node: &Node| text[node.span.range()].to_owned();
        let list = root.get("a").unwrap();
        assert_eq!(written(list), text[5..text.find("\nb").unwrap()]);
        let list = list.as_array().unwrap();
        assert_eq!(written(&list[0]), "!Sub |\n    x ${y}\n     z");
        let sub = &list[0].as_object().unwrap()[0];
        assert_eq!(&text[sub.key.span.range()], "!Sub");
        assert_eq!(written(&sub.value), "x ${y}\n     z");
        assert_eq!(written(&list[1]), "'q'");
        assert_eq!(written(&list[2]), "p\n   q");
        assert_eq!(written(root.get("b").unwrap()), "{c: d}");
    }

    #[test]
    fn a_mistake_is_located_and_what_stands_before_it_is_read() {
        let text = "a: b\nc: [d, e}\nf: g\n";
        let stream = parse(text);
        assert_eq!(stream.diagnostics.len(), 1);
        assert!(show(&stream.roots[0]).starts_with(r#"{a:"b",c:["d"#));
        for text in ["a: *b", "a: &a [*a]", "a: 'x", "a: b: c", "{a: }}"] {
            let stream = parse(text);
            assert_eq!(stream.diagnostics.len(), 1, "{text}");
            assert_eq!(stream.diagnostics[0].code, "syntax-error");
        }
    }

    #[test]
    fn quoted_scalars_may_be_indented_anyhow() {
        let text = "a:\n  - b: '{\n  x\n}'\n    c: \"\n\\\"\n y\"\n    d: e\n";
        assert_eq!(read(text), r#"{a:[{b:"{   x }",c:" \"  y",d:"e"}]}"#);
        let node = &parse(text).roots[0];
        let item = &node.get("a").unwrap().as_array().unwrap()[0];
        let span = item.get("d").unwrap().span;
        assert_eq!(&text[span.range()], "e");
    }

    #[test]
    fn repeated_keys_are_kept_and_told() {
        let stream = parse("a: 1\na: 2\n");
        assert_eq!(show(&stream.roots[0]), r#"{a:"1",a:"2"}"#);
        assert_eq!(stream.diagnostics[0].code, "duplicate-json-key");
    }

    #[test]
    fn hostile_texts_are_bounded() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..40 {
            let list = vec![format!("*a{}", n - 1); 10].join(", ");
            bomb.push_str(&format!("a{n}: &a{n} [{list}]\n"));
        }
        let mut chain = "b0: &b0 x\n".to_owned();
        for n in 1..1000 {
            chain.push_str(&format!("b{n}: &b{n} [*b{}]\n", n - 1));
        }
        let deep = "[".repeat(100_000);
        let nested: String = (0..1000)
            .map(|n| format!("{}a:\n", " ".repeat(n)))
            .collect();
        for text in [bomb, chain, deep, nested, "- ".repeat(1000)] {
            let stream = parse(&text);
            assert_eq!(stream.diagnostics.len(), 1);
            let place = stream.diagnostics[0].primary.span;
            assert!(text.get(place.range()).is_some());
        }
    }
}

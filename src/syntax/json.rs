//! JSON, read so that one mistake costs one diagnostic and nothing else.
//!
//! Tokens come from the nom grammars of `token`; their nesting is followed by
//! an automaton with its own stack, so that depth never meets the thread's
//! stack and an unclosed bracket can be closed from a distance. Time is linear
//! in the text, whatever it holds.

mod recover;
mod report;

use super::lexer::{Lexeme, Lexer, Token};
use super::token::Bracket;
use super::{Key, Member, Node, Parsed, Value};
use crate::text::{Diagnostic, Span};
use std::collections::HashMap;

/// Deepest nesting that is read. Policies need a dozen levels, their wrappers
/// a few more.
pub const MAX_DEPTH: usize = 128;

/// Most diagnostics that are kept of one document.
pub const MAX_DIAGNOSTICS: usize = 1000;

/// Reads one JSON document.
///
/// Codes: `syntax-error`, `duplicate-json-key`. Order and duplicate keys are
/// kept, numbers as they are written. Bare template tokens (`${…}`, `{{…}}`,
/// on one line) are accepted where a value belongs. Unreadable values become
/// [`Value::Invalid`].
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let mut lexer = Lexer::new(text);
    let next = lexer.next();
    let mut reader = Reader {
        lexer,
        next,
        taken: 0,
        last_error: None,
        cut: false,
        last_span: Span::default(),
        expect: Expect::Value { after: None },
        stack: Vec::new(),
        root: None,
        diagnostics: Vec::new(),
        silenced: 0,
    };
    while reader.step() {}
    reader.finish()
}

/// What the grammar allows next.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// A value; after the comma or the opening bracket at `after`.
    Value { after: Option<Span> },
    /// A key; after the comma at `comma`, or the opening bracket.
    Key { comma: Option<Span> },
    /// The colon behind a key.
    Colon,
    /// A comma or the closing bracket.
    More,
    /// Nothing but the end.
    End,
}

/// A bracket that is still open.
#[derive(Debug)]
struct Frame {
    open: Span,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Array(Vec<Node>),
    Object {
        members: Vec<Member>,
        key: Option<Key>,
    },
}

impl Frame {
    fn bracket(&self) -> Bracket {
        match self.inside {
            Inside::Array(_) => Bracket::Square,
            Inside::Object { .. } => Bracket::Curly,
        }
    }
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    next: Lexeme<'a>,
    /// Tokens taken so far.
    taken: usize,
    /// The value of `taken` at the last error of the grammar.
    last_error: Option<usize>,
    /// Whether the document ended within a token: what is missing behind it is
    /// missing because of that.
    cut: bool,
    /// The place of the last token taken.
    last_span: Span,
    expect: Expect,
    stack: Vec<Frame>,
    root: Option<Node>,
    diagnostics: Vec<Diagnostic>,
    /// Diagnostics beyond [`MAX_DIAGNOSTICS`].
    silenced: usize,
}

impl<'a> Reader<'a> {
    /// Takes one step; false at the end.
    fn step(&mut self) -> bool {
        if self.next.token == Token::End {
            self.unclosed_at_end();
            return false;
        }
        match self.expect {
            Expect::Value { after } => self.value(after),
            Expect::Key { comma } => self.key(comma),
            Expect::Colon => self.colon(),
            Expect::More => self.more(),
            Expect::End => {
                let found = self.found();
                self.error(format!("expected the end of the document, found {found}"));
                return false;
            }
        }
        true
    }

    fn value(&mut self, after: Option<Span>) {
        match self.next.token {
            Token::Open(bracket) => return self.open(bracket),
            Token::String(_)
            | Token::Number(_)
            | Token::Template(_)
            | Token::OpenTemplate(_)
            | Token::Word("true" | "false" | "null") => {}
            _ => return self.no_value(after),
        }
        let Lexeme { token, span, .. } = self.take();
        let value = match token {
            Token::String(text) if self.next.token == Token::Colon && self.in_array_of_object() => {
                return self.array_ended_before(text.value, span);
            }
            Token::String(text) => Value::String(text),
            Token::Number(text) => Value::Number(text.to_owned()),
            Token::Template(text) => Value::Template(text.to_owned()),
            Token::OpenTemplate(_) => Value::Invalid,
            Token::Word("null") => Value::Null,
            token => Value::Bool(token == Token::Word("true")),
        };
        self.complete(Node { span, value });
    }

    fn open(&mut self, bracket: Bracket) {
        let open = self.next.span;
        if self.stack.len() >= MAX_DEPTH {
            self.error(format!(
                "nested deeper than {MAX_DEPTH} levels; the inside is not read"
            ));
            self.take();
            let mut depth = 1_usize;
            while depth > 0 && self.next.token != Token::End {
                match self.next.token {
                    Token::Open(_) => depth += 1,
                    Token::Close(_) => depth -= 1,
                    _ => {}
                }
                self.pass();
            }
            if depth > 0 {
                self.last_error = Some(self.taken);
            }
            return self.complete(Node {
                span: open.to(self.last_span),
                value: Value::Invalid,
            });
        }
        self.take();
        let (inside, expect) = match bracket {
            Bracket::Square => (Inside::Array(Vec::new()), Expect::Value { after: None }),
            Bracket::Curly => (
                Inside::Object {
                    members: Vec::new(),
                    key: None,
                },
                Expect::Key { comma: None },
            ),
        };
        self.stack.push(Frame { open, inside });
        self.expect = expect;
    }

    fn key(&mut self, comma: Option<Span>) {
        let name = match &self.next.token {
            // Moved out of the token when it is taken.
            Token::String(_) => String::new(),
            Token::Word(word) | Token::Number(word) => {
                let word = (*word).to_owned();
                self.error(format!("expected a key in double quotes, found `{word}`"));
                word
            }
            Token::Template(text) | Token::OpenTemplate(text) => (*text).to_owned(),
            Token::Close(Bracket::Curly) => {
                if let Some(comma) = comma {
                    self.error_at(comma, "expected no comma before `}`".to_owned());
                }
                return self.close_by_token();
            }
            Token::Close(Bracket::Square) => return self.mismatch(),
            Token::Comma => {
                self.error("expected a key, found `,`".to_owned());
                self.take();
                return;
            }
            Token::Open(Bracket::Curly) if comma.is_some() && self.in_object_of_array() => {
                // `{ …, {`: the object was not closed before the next one
                let open = self.next.span;
                self.unclosed(open, self.found());
                self.close(open);
                self.expect = Expect::Value { after: comma };
                return;
            }
            _ => {
                let found = self.found();
                self.error(format!("expected a key, found {found}"));
                return self.skip_member();
            }
        };
        let Lexeme { token, span, .. } = self.take();
        let name = match token {
            Token::String(text) => text.value,
            _ => name,
        };
        if let Some(Inside::Object { key, .. }) = self.stack.last_mut().map(|f| &mut f.inside) {
            *key = Some(Key { name, span });
        }
        self.expect = Expect::Colon;
    }

    fn colon(&mut self) {
        self.expect = Expect::Value { after: None };
        if self.next.token == Token::Colon {
            self.take();
            return;
        }
        let found = self.found();
        self.error(format!("expected `:`, found {found}"));
        match self.next.token {
            Token::Word("=") | Token::Stray('=') => {
                self.take();
                if let Token::Stray('>') = self.next.token {
                    self.pass();
                }
            }
            Token::Stray(_) => {
                self.take();
            }
            _ => {}
        }
    }

    fn more(&mut self) {
        let Some(bracket) = self.top() else {
            self.expect = Expect::End;
            return;
        };
        match self.next.token {
            Token::Comma => {
                let comma = self.take().span;
                return self.next_entry(Some(comma));
            }
            Token::Close(b) if b == bracket => return self.close_by_token(),
            Token::Close(_) => return self.mismatch(),
            _ => {}
        }
        let (close, found) = (bracket.close(), self.found());
        let expected = format!("expected `,` or `{close}`, found {found}");
        match self.next.token {
            // a comma was forgotten; the next entry starts here
            Token::String(_) | Token::Open(_) | Token::Template(_) | Token::Number(_)
                if bracket == Bracket::Square =>
            {
                self.error(expected);
                self.next_entry(None);
            }
            Token::String(_) => {
                self.error(expected);
                self.next_entry(None);
            }
            _ => {
                self.error(expected);
                self.skip_member();
            }
        }
    }

    fn next_entry(&mut self, comma: Option<Span>) {
        self.expect = match self.top() {
            Some(Bracket::Square) => Expect::Value { after: comma },
            Some(Bracket::Curly) => Expect::Key { comma },
            None => Expect::End,
        };
    }

    fn close_by_token(&mut self) {
        let end = self.take().span.range().end;
        self.close(Span::new(end, end));
    }

    /// Closes the innermost bracket before `at`.
    fn close(&mut self, at: Span) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        let end = self.last_span.range().end.min(at.range().start);
        let value = match frame.inside {
            Inside::Array(elements) => Value::Array(elements),
            Inside::Object { mut members, key } => {
                if let Some(key) = key {
                    let value = Node {
                        span: Span::new(key.span.range().end, key.span.range().end),
                        value: Value::Invalid,
                    };
                    members.push(Member { key, value });
                }
                self.duplicates(&members);
                Value::Object(members)
            }
        };
        self.complete(Node {
            span: Span::new(frame.open.range().start, end),
            value,
        });
    }

    fn duplicates(&mut self, members: &[Member]) {
        /// Keys that are compared one by one: objects of policies have few.
        const FEW: usize = 12;
        let mut before = members.iter().enumerate();
        let is_new = |(at, member): (usize, &Member)| {
            let mut before = members.iter().take(at);
            before.all(|other| other.key.name != member.key.name)
        };
        if members.len() <= FEW && before.all(is_new) {
            return;
        }
        let mut first: HashMap<&str, Span> = HashMap::with_capacity(members.len());
        for member in members {
            let key = &member.key;
            match first.get(key.name.as_str()) {
                None => {
                    first.insert(&key.name, key.span);
                }
                Some(&earlier) => self.push(
                    Diagnostic::new(
                        "duplicate-json-key",
                        key.span,
                        format!("key `{}` is written twice", key.name),
                    )
                    .related(earlier, "first written here"),
                ),
            }
        }
    }

    /// Puts a finished value where it belongs.
    fn complete(&mut self, node: Node) {
        self.expect = Expect::More;
        match self.stack.last_mut().map(|frame| &mut frame.inside) {
            None => {
                self.root = Some(node);
                self.expect = Expect::End;
            }
            Some(Inside::Array(elements)) => elements.push(node),
            Some(Inside::Object { members, key }) => {
                if let Some(key) = key.take() {
                    members.push(Member { key, value: node });
                }
            }
        }
    }

    fn finish(mut self) -> Parsed {
        self.diagnostics.sort_by_key(|d| d.primary.span.start);
        if self.silenced > 0 {
            self.diagnostics.push(Diagnostic::new(
                "syntax-error",
                self.last_span,
                format!("{} further mistakes are not listed", self.silenced),
            ));
        }
        Parsed {
            root: self.root,
            diagnostics: self.diagnostics,
        }
    }

    fn top(&self) -> Option<Bracket> {
        self.stack.last().map(Frame::bracket)
    }

    /// Takes the next token and reports what is wrong inside it.
    fn take(&mut self) -> Lexeme<'a> {
        let next = self.lexer.next();
        let mut lexeme = std::mem::replace(&mut self.next, next);
        for fault in std::mem::take(&mut lexeme.faults) {
            let mut diagnostic = Diagnostic::new("syntax-error", fault.span, fault.message);
            diagnostic.help = fault.help.map(str::to_owned);
            self.push(diagnostic);
        }
        self.cut |= lexeme.cut;
        self.taken += 1;
        self.last_span = lexeme.span;
        lexeme
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lexer::PASSED;
    use std::fmt::Write;

    /// The tree on one line: `!` for an unreadable value, `<…>` for a template.
    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".into(),
            Value::Bool(b) => b.to_string(),
            Value::Number(n) => n.clone(),
            Value::String(t) => format!("{:?}", t.value),
            Value::Template(t) => format!("<{t}>"),
            Value::Invalid => "!".into(),
            Value::Choice(_) | Value::Absent => unreachable!("JSON has none"),
            Value::Array(elements) => {
                let elements: Vec<_> = elements.iter().map(show).collect();
                format!("[{}]", elements.join(","))
            }
            Value::Object(members) => {
                let members = members.iter();
                let members: Vec<_> = members
                    .map(|m| format!("{}:{}", m.key.name, show(&m.value)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// The tree, then each diagnostic as `place text: message`.
    fn read(text: &str) -> (String, String) {
        let parsed = parse(text);
        let tree = parsed.root.as_ref().map(show).unwrap_or_default();
        let mut mistakes = String::new();
        for d in parsed.diagnostics {
            let place = &text[d.primary.span.range()];
            let _ = write!(
                mistakes,
                "{} `{place}`: {}",
                d.primary.span.start, d.message
            );
            for related in d.related {
                let _ = write!(mistakes, " ({} {})", related.span.start, related.text);
            }
            mistakes.push('\n');
        }
        (tree, mistakes)
    }

    #[test]
    fn clean_documents() {
        for (text, tree) in [
            ("{}", "{}"),
            (" [ ] ", "[]"),
            ("null", "null"),
            (
                "{\"a\": [1, -2.5e3, true, \"x\\ty\"]}",
                "{a:[1,-2.5e3,true,\"x\\ty\"]}",
            ),
            (
                "{\"a\": ${x}, \"b\": [{{ y }}]}",
                "{a:<${x}>,b:[<{{ y }}>]}",
            ),
        ] {
            assert_eq!(read(text), (tree.to_owned(), String::new()), "{text}");
        }
    }

    #[test]
    #[rustfmt::skip] // one mistake a line
    fn one_mistake_gives_one_diagnostic_and_costs_nothing_else() {
        for (text, tree, mistake) in [
            ("", "", "0 ``: expected a value, found the end of the document"),
            ("  \n", "", "0 ``: expected a value, found the end of the document"),
            ("{\"a\": 1 \"b\": 2}", "{a:1,b:2}", "8 `\"b\"`: expected `,` or `}`, found `\"b\"`"),
            ("[1 2]", "[1,2]", "3 `2`: expected `,` or `]`, found `2`"),
            ("[{\"a\":1} {\"b\":2}]", "[{a:1},{b:2}]", "9 `{`: expected `,` or `]`, found `{`"),
            ("[1, 2,]", "[1,2]", "5 `,`: expected no comma before `]`"),
            ("{\"a\": 1,}", "{a:1}", "7 `,`: expected no comma before `}`"),
            ("[1,, 2]", "[1,2]", "3 `,`: expected a value, found `,`"),
            ("{\"a\" 1, \"b\": 2}", "{a:1,b:2}", "5 `1`: expected `:`, found `1`"),
            ("{\"a\" = 1, \"b\": 2}", "{a:1,b:2}", "5 `=`: expected `:`, found `=`"),
            ("{\"a\", \"b\": 2}", "{a:!,b:2}", "4 `,`: expected `:`, found `,`"),
            ("{\"a\": , \"b\": 2}", "{a:!,b:2}", "6 `,`: expected a value, found `,`"),
            ("{\"a\":}", "{a:!}", "5 `}`: expected a value, found `}`"),
            ("{a: 1, \"b\": 2}", "{a:1,b:2}", "1 `a`: expected a key in double quotes, found `a`"),
            ("{\"a\": 'x', \"b\": 2}", "{a:\"x\",b:2}", "6 `'x'`: expected a string in double quotes, found `'`"),
            ("{\"a\": True, \"b\": 2}", "{a:!,b:2}", "6 `True`: expected a value, found `True`"),
            ("{\"a\": s3:Get*, \"b\": 2}", "{a:!,b:2}", "6 `s3`: expected a value, found `s3`"),
            ("{\"a\": 01, \"b\": 2}", "{a:!,b:2}", "6 `01`: expected a value, found `01`"),
            ("{\"a\": 1, // why\n\"b\": 2}", "{a:1,b:2}", "9 `// why`: JSON has no comments"),
            ("[1 /* x */]", "[1]", "3 `/* x */`: JSON has no comments"),
            ("[1\u{a0}]", "[1]", "2 `\u{a0}`: white space that is none in JSON"),
            ("{\"a\": \"x,\n\"b\": 2}", "{a:\"x\",b:2}", "6 `\"`: expected `\"` to end the string, found the end of the line"),
            ("{\"a\": \"x}", "{a:\"x\"}", "6 `\"`: expected `\"` to end the string, found the end of the document"),
            ("{\"a\": \"${x}}", "{a:\"${x}\"}", "6 `\"`: expected `\"` to end the string, found the end of the document"),
            ("{\"a\":{\"b\":\"x\",\"Acti", "{a:{b:\"x\",Acti:!}}", "14 `\"`: expected `\"` to end the string, found the end of the document"),
            ("{\"a\":[\"x}", "{a:[\"x\"]}", "6 `\"`: expected `\"` to end the string, found the end of the document"),
            ("[\"x\\", "[\"x\"]", "1 `\"`: expected `\"` to end the string, found the end of the document"),
            ("[\"x\\ud834\\u", "[\"x\u{fffd}u\"]", "1 `\"`: expected `\"` to end the string, found the end of the document"),
            ("[{\"a\": ${x", "[{a:!}]", "7 `${`: expected `}` to end the template token, found the end of the line"),
            ("[\"x\ny\"]", "[\"x\\ny\"]", "3 `\n`: line break in a string, not written as `\\n`"),
            ("[\"x\ty\"]", "[\"x\\ty\"]", "3 `\t`: control character in a string, not written as `\\u0009`"),
            ("[\"\\d\"]", "[\"d\"]", "2 `\\`: `\\d` is no escape of JSON"),
            ("[\"\\u12\"]", "[\"u12\"]", "2 `\\`: expected four hexadecimal digits behind `\\u`"),
            ("[\"\\ud800x\"]", "[\"\u{fffd}x\"]", "2 `\\ud800`: escape of half a surrogate pair"),
            ("[1] [2]", "[1]", "4 `[`: expected the end of the document, found `[`"),
            ("[1]]", "[1]", "3 `]`: expected the end of the document, found `]`"),
            ("{\"a\": [1, 2", "{a:[1,2]}", "11 ``: expected `]`, found the end of the document (6 this `[` is not closed)"),
            ("{\"a\": [1, 2}", "{a:[1,2]}", "11 `}`: expected `]`, found `}` (6 this `[` is not closed)"),
            ("{\"a\": {\"b\": 1], \"c\": 2}", "{a:{b:1},c:2}", "13 `]`: expected `}`, found `]` (6 this `{` is not closed)"),
            ("{\"a\": 1], \"c\": 2}", "{a:1,c:2}", "7 `]`: expected `}`, found `]` (0 this `{` is not closed)"),
            ("[{\"a\": [1}, \"b\": 2}]", "[{a:[1],b:2}]", "9 `}`: expected `]`, found `}` (7 this `[` is not closed)"),
            ("[{\"a\": [1}, {\"b\": 2}]", "[{a:[1]},{b:2}]", "9 `}`: expected `]`, found `}` (7 this `[` is not closed)"),
            ("[1}", "[1]", "2 `}`: expected `]`, found `}` (0 this `[` is not closed)"),
            ("{\"a\": [\"x\", \"b\": 2}", "{a:[\"x\"],b:2}", "12 `\"b\"`: expected `]`, found a key, `b` (6 this `[` is not closed)"),
            ("[{\"a\": 1, {\"b\": 2}]", "[{a:1},{b:2}]", "10 `{`: expected `}`, found `{` (1 this `{` is not closed)"),
            ("{\"a\": @, \"b\": 2}", "{a:!,b:2}", "6 `@`: expected a value, found `@`"),
            ("{\"a\": ${x, \n\"b\": 2}", "{a:!,b:2}", "6 `${`: expected `}` to end the template token, found the end of the line"),
            ("{\"a\": 1, \"b\": 2, \"a\": 3}", "{a:1,b:2,a:3}", "17 `\"a\"`: key `a` is written twice (1 first written here)"),
        ] {
            assert_eq!(
                read(text),
                (tree.to_owned(), format!("{mistake}\n")),
                "{text}"
            );
        }
    }

    #[test]
    fn two_mistakes_give_two() {
        let (tree, mistakes) = read("{\"a\": [1,], \"b\": yes, \"c\": 3,}");
        assert_eq!(tree, "{a:[1],b:!,c:3}");
        assert_eq!(mistakes.lines().count(), 3, "{mistakes}");
    }

    #[test]
    fn depth_is_bounded() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let fits = open.repeat(MAX_DEPTH) + "1" + &close.repeat(MAX_DEPTH);
            assert_eq!(parse(&fits).diagnostics, []);
            let deep = open.repeat(MAX_DEPTH + 1) + "1" + &close.repeat(MAX_DEPTH + 1);
            assert_eq!(parse(&deep).diagnostics.len(), 1);
            for text in [
                open.repeat(10_000),
                open.repeat(10_000) + &close.repeat(10_000),
            ] {
                let diagnostics = parse(&text).diagnostics;
                assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
                assert!(diagnostics[0].message.starts_with("nested deeper than 128"));
            }
        }
    }

    #[test]
    fn what_follows_a_deep_value_is_read() {
        let text = format!(
            "{{\"a\": {}1{}, \"b\": 2}}",
            "[".repeat(200),
            "]".repeat(200)
        );
        let root = parse(&text).root.unwrap();
        assert_eq!(root.get("b").unwrap().value, Value::Number("2".into()));
    }

    /// Looking ahead and giving back must not add up: however long the text, its
    /// bytes are passed over a few times each.
    #[test]
    fn hostile_texts_are_passed_over_a_few_times() {
        #[rustfmt::skip]
        let pieces = [
            "[", "]", "{", "}", ",", ":", "\"", "'", "\\", "\"\n", "\n", "${", "{{", "{{{ ",
            "${{", "/*", "//\n", "#", "é", "1", "-", "a ", "\"a\" ", "\"a\":", "{\"a\":1,",
            "[1,", "\"\\u", "\"\\ud800", "1}", "{]", "\"a\",", "'a',", "\"b\":{},",
            ",{\"a\":1",
        ];
        let mut total = 0;
        for piece in pieces {
            for prefix in ["", "{\"a\": ["] {
                let text = prefix.to_owned() + &piece.repeat((1 << 17) / piece.len());
                PASSED.set(0);
                let parsed = parse(&text);
                let passed = PASSED.get();
                assert!(parsed.root.is_some() || !parsed.diagnostics.is_empty());
                total += passed;
                assert!(
                    passed <= 5 * text.len(),
                    "{prefix:?} {piece:?}: {passed} bytes"
                );
            }
        }
        assert!(total > pieces.len() << 17, "{total} bytes were counted");
    }

    #[test]
    fn diagnostics_are_bounded() {
        let parsed = parse(&format!("[{}]", "'',".repeat(3 * MAX_DIAGNOSTICS)));
        assert_eq!(parsed.diagnostics.len(), MAX_DIAGNOSTICS + 1);
        let last = parsed.diagnostics.last().unwrap();
        assert!(last.message.ends_with("further mistakes are not listed"));
    }
}

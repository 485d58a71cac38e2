//! Cuts a file into its top-level blocks and attributes, so that one that does
//! not parse costs only itself. Braces, comments, strings and heredocs are
//! followed; where they do not balance, a line that can only begin a block of
//! its own begins one.

use std::ops::Range;

/// What begins a top-level block of Terraform, at the beginning of a line.
const OPENERS: &[&str] = &[
    "resource",
    "data",
    "module",
    "variable",
    "output",
    "locals",
    "provider",
    "terraform",
    "check",
    "import",
    "moved",
    "removed",
    "ephemeral",
    "run",
];

/// The pieces of a text, in order and without overlap.
pub(super) fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut cutter = Cutter {
        text,
        at: 0,
        inside: Vec::new(),
    };
    let mut found = Vec::new();
    let mut start = None;
    while cutter.at < text.len() {
        let line_start = cutter.at == 0 || text.as_bytes().get(cutter.at - 1) == Some(&b'\n');
        if line_start && !cutter.inside.is_empty() && !cutter.in_heredoc() && opens(cutter.rest()) {
            found.extend(start.take().map(|start| start..cutter.at));
            cutter.inside.clear();
        }
        let first = cutter.rest().chars().next().unwrap_or(' ');
        if cutter.inside.is_empty() && start.is_none() && !first.is_whitespace() {
            start = Some(cutter.at);
        }
        let ends = cutter.inside.is_empty() && first == '\n';
        if ends {
            found.extend(start.take().map(|start| start..cutter.at + 1));
        }
        cutter.step();
    }
    found.extend(start.map(|start| start..text.len()));
    found
}

/// Whether a line begins a top-level block.
fn opens(line: &str) -> bool {
    OPENERS.iter().any(|word| {
        line.strip_prefix(word).is_some_and(|behind| {
            behind.starts_with([' ', '\t', '"', '{'])
                && behind
                    .trim_start_matches([' ', '\t'])
                    .starts_with(['"', '{'])
        })
    })
}

/// What the cutter stands in.
enum Inside {
    /// Brackets, or an interpolation: up to this sign.
    Bracket(char),
    /// A string in quotes.
    Quoted,
    /// A heredoc with this delimiter.
    Heredoc(String),
}

struct Cutter<'t> {
    text: &'t str,
    at: usize,
    inside: Vec<Inside>,
}

impl<'t> Cutter<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn in_heredoc(&self) -> bool {
        self.inside.iter().any(|i| matches!(i, Inside::Heredoc(_)))
    }

    /// Passes one sign, one escape or one comment.
    fn step(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            return;
        };
        let mut length = c.len_utf8();
        match self.inside.last() {
            Some(Inside::Quoted) => match c {
                '"' => drop(self.inside.pop()),
                '\\' => length += rest.chars().nth(1).map_or(0, char::len_utf8),
                '\n' => drop(self.inside.pop()), // not closed on its line
                _ => length = self.template(rest, length),
            },
            Some(Inside::Heredoc(delimiter)) => {
                let line_start =
                    self.at == 0 || self.text.as_bytes().get(self.at - 1) == Some(&b'\n');
                let line = rest.split('\n').next().unwrap_or_default().trim();
                if line_start && line == delimiter {
                    length = rest.find(delimiter.as_str()).unwrap_or(0) + delimiter.len();
                    self.inside.pop();
                } else {
                    length = self.template(rest, length);
                }
            }
            _ => match c {
                '"' => self.inside.push(Inside::Quoted),
                '{' => self.inside.push(Inside::Bracket('}')),
                '[' => self.inside.push(Inside::Bracket(']')),
                '(' => self.inside.push(Inside::Bracket(')')),
                '}' | ']' | ')' => {
                    if matches!(self.inside.last(), Some(Inside::Bracket(close)) if *close == c) {
                        self.inside.pop();
                    }
                }
                '#' => length = line_length(rest),
                '/' if rest.starts_with("//") => length = line_length(rest),
                '/' if rest.starts_with("/*") => {
                    length = rest.find("*/").map_or(rest.len(), |end| end + 2);
                }
                '<' if rest.starts_with("<<") => {
                    if let Some((delimiter, opener)) = heredoc(rest) {
                        length = opener;
                        self.inside.push(Inside::Heredoc(delimiter));
                    }
                }
                _ => {}
            },
        }
        self.at += length;
    }

    /// The length of a sign within a template, where an interpolation may begin.
    fn template(&mut self, rest: &str, length: usize) -> usize {
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            return 3;
        }
        if rest.starts_with("${") || rest.starts_with("%{") {
            self.inside.push(Inside::Bracket('}'));
            return 2;
        }
        length
    }
}

/// Up to the line break.
fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The delimiter of a heredoc that begins here, and the length of its first line.
fn heredoc(rest: &str) -> Option<(String, usize)> {
    let line = rest.split_inclusive('\n').next()?;
    let name = line.strip_prefix("<<")?;
    let name = name.strip_prefix('-').unwrap_or(name).trim_end();
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    is_name.then(|| (name.to_owned(), line.len()))
}

#[cfg(test)]
mod tests {
    use super::pieces;

    fn cut(text: &str) -> Vec<&str> {
        pieces(text)
            .into_iter()
            .map(|r| text[r].trim_end())
            .collect()
    }

    #[test]
    fn blocks_are_pieces() {
        let text = "# }\nlocals {\n a = \"}${\"}\"}\" // }\n}\n\nx = [\n1]\n/* { */ data \"a\" \"b\" {\n p = <<-E\n }${1}{\n  E\n}";
        assert_eq!(
            cut(text),
            [
                "# }",
                "locals {\n a = \"}${\"}\"}\" // }\n}",
                "x = [\n1]",
                "/* { */ data \"a\" \"b\" {\n p = <<-E\n }${1}{\n  E\n}",
            ]
        );
    }

    #[test]
    fn an_unclosed_block_ends_before_the_next() {
        let text = "resource \"a\" \"b\" {\n x = [1\n}\nresource \"c\" \"d\" {\n}\nlocals {\n";
        assert_eq!(
            cut(text),
            [
                "resource \"a\" \"b\" {\n x = [1\n}",
                "resource \"c\" \"d\" {\n}",
                "locals {"
            ]
        );
    }

    #[test]
    fn an_unclosed_heredoc_takes_the_rest() {
        assert_eq!(cut("a = <<E\n}\nlocals {\n}\n").len(), 1);
    }
}

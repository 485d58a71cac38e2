//! A lint's documentation, read from the doc comment of its file: the only
//! prose about it. `explain`, `docs/lints.md` and SARIF help are made of it.

use crate::policy::PolicyType;

/// The doc comment of a lint's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// The first paragraph: one sentence, for lists.
    pub summary: String,
    /// Everything behind it, as Markdown with `##` headings: *What it finds*,
    /// *Why it matters*, *Example*, *Instead*, *References*.
    pub body: String,
}

/// A policy of the documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The type its code fence names (` ```json trust `), if it names one.
    pub policy_type: Option<PolicyType>,
    /// The document.
    pub text: String,
}

impl Documentation {
    pub(super) fn read(file: &str) -> Self {
        let lines: Vec<_> = file
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let text = lines.join("\n");
        let (summary, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        Self {
            summary: summary.replace('\n', " "),
            body: body.trim().to_owned(),
        }
    }

    /// The text of the section with this heading; empty if it has none.
    #[must_use]
    pub fn section(&self, heading: &str) -> &str {
        let behind = self
            .body
            .split("## ")
            .find_map(|section| section.strip_prefix(heading)?.strip_prefix('\n'));
        behind.unwrap_or_default().trim()
    }

    /// The policies in the section with this heading.
    #[must_use]
    pub fn examples(&self, heading: &str) -> Vec<Example> {
        let mut found = Vec::new();
        let mut open: Option<Example> = None;
        for line in self.section(heading).lines() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(fence), None) => {
                    open = Some(Example {
                        policy_type: fence.split_whitespace().nth(1).and_then(PolicyType::named),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => found.extend(open.take()),
                (None, Some(example)) => {
                    example.text.push_str(line);
                    example.text.push('\n');
                }
                (None, None) => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! The version\n//! is missing.\n//!\n//! ## What it finds\n//! A thing.\n//!\n//! ## Example\n//! ```json trust\n//! {\n//!   \"a\": 1\n//! }\n//! ```\n//! and\n//! ```json\n//! []\n//! ```\n\nuse x;\n//! no more\n";

    #[test]
    fn a_doc_comment_is_read_to_its_end() {
        let documentation = Documentation::read(FILE);
        assert_eq!(documentation.summary, "The version is missing.");
        assert_eq!(documentation.section("What it finds"), "A thing.");
        assert_eq!(documentation.section("Instead"), "");
        assert!(!documentation.body.contains("no more"));
        let examples = documentation.examples("Example");
        assert_eq!(examples.len(), 2);
        assert_eq!(examples[0].policy_type, Some(PolicyType::Trust));
        assert_eq!(examples[0].text, "{\n  \"a\": 1\n}\n");
        assert_eq!(examples[1].policy_type, None);
    }
}

//! Resource types and the formats of their ARNs.

use super::action::Run;
use super::template::{Piece, Template};

/// A kind of resource within a service.
#[derive(Debug)]
pub struct ResourceType {
    /// AWS's name of it: `bucket`, `function alias`.
    pub name: &'static str,
    /// The forms its ARN can take; most types have one. The ARN's service is
    /// not always the action prefix (`sts:AssumeRole` takes an `iam` role).
    pub arns: Vec<ArnFormat>,
    pub(super) keys: Run,
}

impl ResourceType {
    /// Whether an ARN can name a resource of this type, or a policy's resource
    /// pattern match one ([`ArnFormat::matches`]).
    #[must_use]
    pub fn matches(&self, arn: &str) -> bool {
        self.arns.iter().any(|format| format.matches(arn))
    }
}

/// An ARN format: `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArnFormat(pub(super) &'static str);

impl ArnFormat {
    /// As AWS writes it.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.0
    }

    /// The six fields, with their placeholders: `arn`, partition, service,
    /// region, account, resource. Missing ones are empty.
    #[must_use]
    pub fn fields(&self) -> [&'static str; 6] {
        // A colon inside a placeholder separates nothing.
        let mut fields = [""; 6];
        let (mut start, mut field, mut depth) = (0, 0, 0);
        for (at, byte) in self.0.bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b':' if depth == 0 && field < 5 => {
                    if let Some(slot) = fields.get_mut(field) {
                        *slot = self.0.get(start..at).unwrap_or_default();
                    }
                    field += 1;
                    start = at + 1;
                }
                _ => {}
            }
        }
        if let Some(slot) = fields.get_mut(field) {
            *slot = self.0.get(start..).unwrap_or_default();
        }
        fields
    }

    /// The names of the placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &'static str> {
        Template(self.0).pieces().filter_map(|piece| match piece {
            Piece::Placeholder(name) if !name.is_empty() => Some(name),
            _ => None,
        })
    }

    /// Whether a concrete ARN fits, or some ARN fits both the format and a
    /// policy's resource pattern, whose `*` and `?` cross colons and slashes.
    ///
    /// A placeholder of the first five fields stands for any run without a
    /// colon, one of the resource for any run: names hold slashes and colons,
    /// so a longer ARN can fit a shorter format too ([`ArnFormat::literals`]
    /// tells which fits better). The one exception is a bucket, whose name
    /// never holds a slash.
    #[must_use]
    pub fn matches(&self, arn: &str) -> bool {
        let is_bucket = self.fields()[5] == "${BucketName}";
        overlap(&self.glob(), arn.as_bytes()) && !(is_bucket && arn.contains('/'))
    }

    /// The format as a glob: [`FIELD`] for the placeholders of the first five
    /// fields, `*` for those of the resource.
    fn glob(&self) -> Vec<u8> {
        let (mut glob, mut colons) = (Vec::with_capacity(self.0.len()), 0);
        for piece in Template(self.0).pieces() {
            match piece {
                Piece::Literal(text) => {
                    colons += text.bytes().filter(|&byte| byte == b':').count();
                    glob.extend_from_slice(text.as_bytes());
                }
                Piece::Placeholder(_) if colons < 5 => glob.push(FIELD),
                Piece::Placeholder(_) => glob.push(b'*'),
            }
        }
        glob
    }

    /// The ARN with the three placeholders of every ARN filled and `*` for the
    /// rest: `arn:aws:sqs:eu-west-1:123456789012:*`.
    #[must_use]
    pub fn fill(&self, partition: &str, region: &str, account: &str) -> String {
        Template(self.0)
            .pieces()
            .map(|piece| match piece {
                Piece::Literal(text) => text,
                Piece::Placeholder("Partition") => partition,
                Piece::Placeholder("Region") => region,
                Piece::Placeholder("Account") => account,
                Piece::Placeholder(_) => "*",
            })
            .collect()
    }

    /// How many bytes of the format are literal: of two formats that fit an
    /// ARN, the one with more is the better.
    #[must_use]
    pub fn literals(&self) -> usize {
        Template(self.0)
            .pieces()
            .map(|piece| match piece {
                Piece::Literal(text) => text.len(),
                Piece::Placeholder(_) => 0,
            })
            .sum()
    }
}

/// In the first of two globs: any run without a colon.
const FIELD: u8 = 0;

/// Whether two globs (`*` any run, `?` any byte) match a common text. Time and
/// memory: the product of the lengths, and one row.
fn overlap(a: &[u8], b: &[u8]) -> bool {
    // row[j]: the rest of `a` seen so far and b[j..] can match a common text.
    let stars = b.iter().rev().take_while(|&&byte| byte == b'*').count();
    let mut row: Vec<bool> = (0..=b.len()).map(|j| j + stars >= b.len()).collect();
    for &x in a.iter().rev() {
        let mut next = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
            let fits = match b.get(j) {
                None => matches!(x, b'*' | FIELD) && at(&row, j),
                Some(b':') if x == FIELD => at(&row, j),
                Some(_) if matches!(x, b'*' | FIELD) => at(&row, j) || at(&next, j + 1),
                Some(b'*') => at(&next, j + 1) || at(&row, j),
                Some(&y) => (x == y || x == b'?' || y == b'?') && at(&row, j + 1),
            };
            if let Some(slot) = next.get_mut(j) {
                *slot = fits;
            }
        }
        row = next;
    }
    row.first().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: ArnFormat = ArnFormat("arn:${Partition}:sqs:${Region}:${Account}:${QueueName}");
    const BUCKET: ArnFormat = ArnFormat("arn:${Partition}:s3:::${BucketName}");
    const OBJECT: ArnFormat = ArnFormat("arn:${Partition}:s3:::${BucketName}/${ObjectName}");

    #[test]
    fn formats_match_field_by_field() {
        assert!(QUEUE.matches("arn:aws:sqs:eu-west-1:123456789012:jobs"));
        assert!(!QUEUE.matches("arn:aws:sns:eu-west-1:123456789012:jobs"));
        assert!(!QUEUE.matches("arn:aws:sqs:jobs"));
        assert!(!QUEUE.matches(""));
        assert!(BUCKET.matches("arn:aws:s3:::b") && !OBJECT.matches("arn:aws:s3:::b"));
        assert!(OBJECT.matches("arn:aws:s3:::b/k/l") && !BUCKET.matches("arn:aws:s3:::b/k"));
        assert!(!BUCKET.matches("arn:aws:S3:::b"), "ARNs have a case");
    }

    #[test]
    fn formats_overlap_patterns() {
        for (format, pattern, expected) in [
            (QUEUE, "*", true),
            (QUEUE, "arn:aws:sqs:*:*:jobs-*", true),
            (QUEUE, "arn:aws:sqs:*", true),
            (QUEUE, "arn:*:s?s:*", true),
            (QUEUE, "arn:aws:sns:*:*:jobs", false),
            (BUCKET, "arn:aws:s3:::b*", true),
            (BUCKET, "arn:aws:s3:::b/*", false),
            (OBJECT, "arn:aws:s3:::b", false),
            (OBJECT, "arn:aws:s3:::b*", true),
            (OBJECT, "arn:aws:s3:::b/*", true),
        ] {
            assert_eq!(format.matches(pattern), expected, "{format:?} {pattern}");
        }
    }

    #[test]
    fn filling_leaves_stars_for_names() {
        let filled = QUEUE.fill("aws", "eu-west-1", "123456789012");
        assert_eq!(filled, "arn:aws:sqs:eu-west-1:123456789012:*");
        assert!(QUEUE.matches(&filled));
        let stars = ArnFormat("arn:${Partition}:a:*:*:x/*");
        assert_eq!(stars.fill("aws", "r", "1"), "arn:aws:a:*:*:x/*");
    }

    #[test]
    fn fields_keep_colons_of_the_resource_and_of_placeholders() {
        let format = ArnFormat("arn:${Partition}:x:${Region}:${Account}:a:${the:odd}:b");
        assert_eq!(format.fields()[5], "a:${the:odd}:b");
        assert_eq!(format.fields()[2], "x");
        assert_eq!(ArnFormat("arn:x").fields(), ["arn", "x", "", "", "", ""]);
    }

    mod laws {
        use super::super::overlap;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn overlapping_is_symmetric_and_every_text_overlaps_itself(
                a in "[ab*?]{0,8}", b in "[ab*?]{0,8}", text in "[ab]{0,8}",
            ) {
                prop_assert_eq!(overlap(a.as_bytes(), b.as_bytes()), overlap(b.as_bytes(), a.as_bytes()));
                prop_assert!(overlap(text.as_bytes(), text.as_bytes()));
                prop_assert!(overlap(b"*", a.as_bytes()));
            }

            /// On a text without wildcards, overlapping is matching.
            #[test]
            fn against_plain_text_it_is_a_match(a in "[ab*?]{0,8}", text in "[ab]{0,8}") {
                let matched = super::super::super::names::matches(&a, &text);
                prop_assert_eq!(overlap(a.as_bytes(), text.as_bytes()), matched);
            }
        }
    }
}

//! Resource ARNs against patterns (R55–R59), and ARN conditions (R85).

use super::glob::{self, Unit};
use crate::semantics::ResourceColons;

/// A concrete ARN with the places of its fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestArn<'a> {
    pub(super) text: &'a str,
    pub(super) fields: [&'a str; 6],
    /// Where the sixth field starts, in bytes.
    pub(super) rest: usize,
}

impl<'a> RequestArn<'a> {
    /// Reads an ARN: at least six fields, the first `arn`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut fields = [""; 6];
        for field in &mut fields {
            *field = parts.next()?;
        }
        let [first, .., last] = fields;
        let rest = text.len() - last.len();
        (first == "arn").then_some(Self { text, fields, rest })
    }

    pub(super) fn partition(&self) -> &'a str {
        let [_, partition, ..] = self.fields;
        partition
    }

    pub(super) fn service(&self) -> &'a str {
        let [_, _, service, ..] = self.fields;
        service
    }

    pub(super) fn account(&self) -> &'a str {
        let [.., account, _] = self.fields;
        account
    }

    pub(super) fn resource(&self) -> &'a str {
        let [.., resource] = self.fields;
        resource
    }

    /// Whether it is a resource of this service whose name starts so.
    pub(super) fn is(&self, service: &str, start: &str) -> bool {
        self.service() == service && self.resource().starts_with(start)
    }
}

/// Whether the six fields of a pattern match field by field: no wildcard
/// crosses one of the first five colons. Letters fold in the first five.
fn by_field(pattern: &[&[Unit]; 6], arn: &RequestArn, fold: bool) -> bool {
    let fold = if fold { usize::MAX } else { 0 };
    let [head @ .., last] = pattern;
    let [fields @ .., rest] = arn.fields;
    head.iter()
        .zip(fields)
        .all(|(pattern, field)| glob::matches(pattern, field, fold))
        && glob::matches(last, rest, 0)
}

/// Matches an ARN condition's six fields (R85): case sensitive.
pub(super) fn condition_matches(pattern: &[&[Unit]; 6], arn: &RequestArn) -> bool {
    by_field(pattern, arn, false)
}

/// Cuts a pattern at its first five colons.
pub(super) fn split(pattern: &[Unit]) -> Vec<&[Unit]> {
    pattern.splitn(6, |unit| *unit == Unit::Char(':')).collect()
}

/// Whether a resource pattern of one to six fields matches as it is written
/// (R56); `fold` says whether the first five fields of the request fold.
pub(super) fn matches(
    pattern: &[&[Unit]],
    arn: &RequestArn,
    colons: ResourceColons,
    fold: bool,
) -> bool {
    let fold_until = if fold { arn.rest } else { 0 };
    match (colons, <&[&[Unit]; 6]>::try_from(pattern)) {
        (ResourceColons::Documented, Ok(six)) => {
            by_field(six, arn, fold) || crossing(pattern, arn, fold_until)
        }
        (ResourceColons::Documented, Err(_)) => crossing(pattern, arn, fold_until),
        (ResourceColons::Segmented, Ok(six)) => by_field(six, arn, fold),
        (ResourceColons::Segmented, Err(_)) | (ResourceColons::Glob, _) => {
            glob::matches(&pattern.join(&Unit::Char(':')), arn.text, fold_until)
        }
    }
}

fn ends_open(field: &[Unit]) -> bool {
    field.last() == Some(&Unit::Any)
}

/// R56: each of the pattern's first five fields starts at a colon of the text
/// and stays in front of the next, except that a field which ends in `*` may
/// run over any number of them.
fn crossing(pattern: &[&[Unit]], arn: &RequestArn, fold_until: usize) -> bool {
    let Some((last, head)) = pattern.split_last() else {
        return false;
    };
    let is_complete = head.len() == 5;
    // All colons of the text are structural, or none may be crossed: then the
    // fields stand one against the other, which was looked at before.
    if is_complete && (!arn.resource().contains(':') || !head.iter().any(|field| ends_open(field)))
    {
        return false;
    }
    let segments: Vec<(usize, &str)> = arn
        .text
        .split(':')
        .scan(0, |start, segment| {
            let here = *start;
            *start += segment.len() + 1;
            Some((here, segment))
        })
        .collect();
    let fits = |field: &[Unit], start: usize, text: &str| {
        glob::matches(field, text, fold_until.saturating_sub(start))
    };
    // The segments at which the next field of the pattern may start.
    let mut starts = vec![false; segments.len()];
    if let Some(first) = starts.first_mut() {
        *first = true;
    }
    for field in head {
        let mut next = vec![false; segments.len()];
        let candidates = starts.iter().zip(&segments).enumerate();
        for (i, (_, (start, segment))) in candidates.filter(|(_, (starts, _))| **starts) {
            if !fits(field, *start, segment) {
                continue;
            }
            if ends_open(field) {
                next.iter_mut().skip(i + 1).for_each(|start| *start = true);
                break;
            }
            if let Some(start) = next.get_mut(i + 1) {
                *start = true;
            }
        }
        starts = next;
    }
    starts
        .iter()
        .zip(&segments)
        .filter(|(starts, _)| **starts)
        .any(|(_, (start, segment))| {
            let tail = arn.text.get(*start..).unwrap_or_default();
            let is_last = tail.len() == segment.len();
            if is_complete {
                fits(last, *start, tail)
            } else {
                fits(last, *start, segment) && (is_last || ends_open(last))
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn m(pattern: &str, text: &str, colons: ResourceColons) -> bool {
        let units = glob::units(pattern);
        let arn = RequestArn::parse(text).unwrap();
        matches(&split(&units), &arn, colons, true)
    }

    /// R56 as it is written: one string, each wildcard with a flag.
    fn naive(pattern: &[(Unit, bool)], text: &[(char, bool)]) -> bool {
        let Some(((unit, may_cross), after)) = pattern.split_first() else {
            return text.is_empty();
        };
        let step = |crosses: bool| {
            text.split_first()
                .filter(|((c, _), _)| crosses || *c != ':')
                .map(|(first, rest)| (*first, rest))
        };
        match unit {
            Unit::Any => {
                naive(after, text) || step(*may_cross).is_some_and(|(_, rest)| naive(pattern, rest))
            }
            Unit::One => step(*may_cross).is_some_and(|(_, rest)| naive(after, rest)),
            Unit::Char(c) => step(true).is_some_and(|((d, fold), rest)| {
                (*c == d || fold && c.eq_ignore_ascii_case(&d)) && naive(after, rest)
            }),
        }
    }

    fn by_definition(pattern: &str, text: &str) -> bool {
        let units = glob::units(pattern);
        let mut colons = 0;
        let flagged: Vec<_> = units
            .iter()
            .enumerate()
            .map(|(i, unit)| {
                if *unit == Unit::Char(':') {
                    colons += 1;
                }
                let ends = matches!(units.get(i + 1), None | Some(Unit::Char(':')));
                (*unit, colons >= 5 || *unit == Unit::Any && ends)
            })
            .collect();
        let rest = RequestArn::parse(text).unwrap().rest;
        let chars: Vec<_> = text.char_indices().map(|(i, c)| (c, i < rest)).collect();
        naive(&flagged, &chars)
    }

    #[test]
    fn r56_crossing() {
        use ResourceColons::{Documented, Glob, Segmented};
        for (pattern, text, documented, segmented, glob) in [
            (
                "arn:aws:sqs:*:queue",
                "arn:aws:sqs:us-east-1:1:queue",
                true,
                true,
                true,
            ),
            (
                "arn:aws:sqs:us-*1:q",
                "arn:aws:sqs:us-east-1:1:q",
                false,
                true,
                true,
            ),
            (
                "arn:aws:logs:*:*:log-stream:x",
                "arn:aws:logs:us-east-1:1:log-group:g:log-stream:x",
                true,
                false,
                true,
            ),
            ("arn:aws:s3:::b*", "arn:aws:s3:::b/k", true, true, true),
            ("arn:aws:s3:::b", "arn:aws:s3:::b/k", false, false, false),
            ("arn:aws:s3:?::b", "arn:aws:s3:::b", false, false, false),
            ("arn:aws:s?:::b:c", "arn:aws:s3:::b:c", true, true, true),
            ("ARN:AWS:S3:::b", "arn:aws:s3:::b", true, true, true),
            ("arn:aws:s3:::B", "arn:aws:s3:::b", false, false, false),
            ("arn:aws:x:*:1:r", "arn:aws:x:u:2:1:r", true, false, true),
            ("arn:aws:x:u*a:1:r", "arn:aws:x:u:a:1:r", false, false, true),
            ("arn:aws:x:*", "arn:aws:x:u:1:r:s", true, true, true),
            ("arn:*", "arn:aws:x:u:1:r:s", true, true, true),
            ("arn:aws", "arn:aws:x:u:1:r:s", false, false, false),
        ] {
            assert_eq!(
                m(pattern, text, Documented),
                documented,
                "{pattern} documented"
            );
            assert_eq!(
                m(pattern, text, Segmented),
                segmented,
                "{pattern} segmented"
            );
            assert_eq!(m(pattern, text, Glob), glob, "{pattern} glob");
        }
    }

    #[test]
    fn what_moves_into_the_first_fields_folds_and_the_rest_does_not() {
        let text = "arn:aws:x:u:1:r:T";
        assert!(m("arn:aws:X:*:T", text, ResourceColons::Documented));
        assert!(!m("arn:aws:X:*:t", text, ResourceColons::Documented));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_the_definition(
            pattern in prop::collection::vec("[aB*?]{0,3}", 1..9),
            text in prop::collection::vec("[abB]{0,3}", 5..9),
        ) {
            let pattern = format!("arn:{}", pattern.join(":"));
            let text = format!("arn:{}", text.join(":"));
            prop_assert_eq!(
                m(&pattern, &text, ResourceColons::Documented),
                by_definition(&pattern, &text),
                "{} {}", pattern, text
            );
        }
    }
}

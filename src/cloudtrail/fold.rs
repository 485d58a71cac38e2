//! Folding: where one principal's one call met more than 1,000 values of the
//! same parent (the keys of a bucket), they are cut to prefixes at a segment
//! border, at the greatest depth that leaves at most 1,000. That depth depends
//! on the set of values alone, so the order of merging does not matter.

use super::row::{ResourceArn, Use};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Distinct values of one slot that stay.
pub(super) const LIMIT: usize = 1_000;

/// Parameters that hold what the other values lie in: they tell groups apart
/// and do not fold.
const HOLDERS: [&str; 2] = ["bucketName", "logGroupName"];

/// The values that fold together: those of one parameter, or the ARNs of one
/// parent, within the rows of one (principal, workload, event, holder).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SlotKey {
    /// Parameter, empty for `arns`.
    param: String,
    /// The ARN up to its varying part, empty for other values.
    parent: String,
}

/// What is known of a slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    /// Segments kept, once it had to be folded.
    pub(super) depth: Option<usize>,
    /// Hashes of the distinct values.
    pub(super) values: HashSet<u64>,
}

/// A hash that is the same in every process.
pub(super) fn hash(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The bucket or log group of a row.
pub(super) fn holder(row: &Use) -> &str {
    HOLDERS
        .iter()
        .find_map(|param| row.params.get(param)?.first())
        .map_or("", String::as_str)
}

/// Calls back for every value of a row that can fold: its slot, its varying
/// part.
pub(super) fn each_value(row: &Use, mut found: impl FnMut(SlotKey, &str)) {
    for entry in &row.arns {
        let (slot, _, rest) = slot("", text(entry));
        found(slot, rest);
    }
    for (param, values) in row.params.iter() {
        for value in values.iter().filter(|_| !HOLDERS.contains(&param)) {
            let (slot, _, rest) = slot(param, value);
            found(slot, rest);
        }
    }
}

fn slot<'a>(param: &str, value: &'a str) -> (SlotKey, &'a str, &'a str) {
    let (parent, rest) = split(value);
    let slot = SlotKey {
        param: param.to_owned(),
        parent: parent.to_owned(),
    };
    (slot, parent, rest)
}

/// The row with its values cut to the depths that `depth` gives, and whether
/// any was.
pub(super) fn cut_row(row: &Use, depth: impl Fn(&SlotKey) -> Option<usize>) -> Option<Use> {
    let mut cut_any = false;
    let mut cut_one = |param: &str, value: &str| {
        let (slot, parent, rest) = slot(param, value);
        let cut = depth(&slot).and_then(|depth| cut(rest, depth))?;
        cut_any = true;
        Some(format!("{parent}{cut}"))
    };
    let arns = row
        .arns
        .iter()
        .map(|entry| match cut_one("", text(entry)) {
            None => entry.clone(),
            cut => ResourceArn {
                arn: cut,
                prefix: None,
                ..entry.clone()
            },
        })
        .collect();
    let params = row
        .params
        .iter()
        .map(|(param, values)| {
            if HOLDERS.contains(&param) {
                return (param.to_owned(), values.clone());
            }
            let values = values
                .iter()
                .map(|value| cut_one(param, value).unwrap_or_else(|| value.clone()));
            (param.to_owned(), values.collect())
        })
        .collect();
    cut_any.then(|| Use {
        arns,
        params,
        folded: true,
        ..row.clone()
    })
}

/// The depth to which a value of a folded row was cut, if it was.
pub(super) fn depth_of_folded(rest: &str) -> Option<usize> {
    rest.ends_with('*').then(|| segments(rest).count() - 1)
}

/// The greatest depth, below `most` where one is given, that leaves at most
/// [`LIMIT`] distinct values.
pub(super) fn depth_for<'a>(values: &[&'a str], most: Option<usize>) -> usize {
    let deepest = values.iter().map(|value| segments(value).count()).max();
    let mut depth = most.unwrap_or(usize::MAX).min(deepest.unwrap_or(0));
    while depth > 0 {
        let distinct: HashSet<(&'a str, bool)> = values
            .iter()
            .map(|value| (head(value, depth), head(value, depth).len() < value.len()))
            .collect();
        if distinct.len() <= LIMIT {
            break;
        }
        depth -= 1;
    }
    depth
}

/// The first `depth` segments, with `*` for the rest; nothing where the value
/// has no more than these. Cutting twice is cutting to the smaller depth.
pub(super) fn cut(value: &str, depth: usize) -> Option<String> {
    let head = head(value, depth);
    (head.len() < value.len()).then(|| format!("{head}*"))
}

fn head(value: &str, depth: usize) -> &str {
    let length = segments(value).take(depth).map(str::len).sum();
    value.get(..length).unwrap_or(value)
}

fn segments(value: &str) -> impl Iterator<Item = &str> {
    value.split_inclusive(['/', ':'])
}

fn text(entry: &ResourceArn) -> &str {
    let text = entry.arn.as_deref().or(entry.prefix.as_deref());
    text.unwrap_or_default()
}

/// An ARN's parent and varying part: behind the bucket for S3, else behind the
/// resource's type.
pub(super) fn split(value: &str) -> (&str, &str) {
    let at = if value.starts_with("arn:") {
        let resource: usize = value.split_inclusive(':').take(5).map(str::len).sum();
        let rest = value.get(resource..).unwrap_or_default();
        resource + rest.find(['/', ':']).map_or(0, |at| at + 1)
    } else {
        0
    };
    value.split_at_checked(at).unwrap_or(("", value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parents_and_segments() {
        for (value, parent, rest) in [
            ("arn:aws:s3:::b/a/k.txt", "arn:aws:s3:::b/", "a/k.txt"),
            ("arn:aws:s3:::b", "arn:aws:s3:::", "b"),
            ("arn:aws:sqs:r:1:queue", "arn:aws:sqs:r:1:", "queue"),
            (
                "arn:aws:lambda:r:1:function:f",
                "arn:aws:lambda:r:1:function:",
                "f",
            ),
            ("a/b", "", "a/b"),
            ("arn:aws", "arn:aws", ""),
        ] {
            assert_eq!(split(value), (parent, rest));
        }
        assert_eq!(cut("a/b/c", 0).unwrap(), "*");
        assert_eq!(cut("a/b/c", 2).unwrap(), "a/b/*");
        assert_eq!(cut("a/b/c", 3), None);
        assert_eq!(cut("a/b/*", 2).unwrap(), "a/b/*");
        assert_eq!(depth_of_folded("a/b/*"), Some(2));
        assert_eq!(depth_of_folded("*"), Some(0));
    }

    proptest! {
        #[test]
        fn cutting_twice_is_cutting_to_the_smaller_depth(
            value in "[a-c/:*]{0,12}", a in 0usize..5, b in 0usize..5,
        ) {
            let once = cut(&value, a).unwrap_or_else(|| value.clone());
            let twice = cut(&once, b).unwrap_or(once);
            let least = cut(&value, a.min(b)).unwrap_or(value);
            prop_assert_eq!(twice, least);
        }
    }
}

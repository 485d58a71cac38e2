//! Resources made up from the catalog's ARN formats, to ask the simulator with.

use crate::catalog::ArnFormat;
use crate::policy::{ResourceKind, Statement};
use std::collections::BTreeSet;

/// Accounts, regions and names without anything in common: what admits a
/// resource of each admits any.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("123456789012", "eu-north-1", "q7x"),
    ("611953611953", "ap-southeast-2", "Zeta-8c1b"),
];

/// A made-up resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    /// Its ARN.
    pub(super) arn: String,
    /// The account that owns it: an ARN may not say (R43).
    pub(super) account: &'static str,
}

/// Resources of one ARN format that have nothing in common but their type.
pub(super) fn instances(format: &str, partition: &str) -> Vec<Instance> {
    ELSEWHERE
        .iter()
        .map(|&(account, region, name)| Instance {
            arn: fill(format, partition, account, region, name),
            account,
        })
        .collect()
}

/// The pattern of all resources of one ARN format. No wildcard of it ends one
/// of the first five fields, where it would reach over colons (R56): a name
/// that imitates fields is of no type.
pub(super) fn pattern(format: ArnFormat, partition: &str) -> String {
    let mut fields = format
        .fields()
        .map(|field| fill(field, partition, "*", "*", "*"));
    let (_, first) = fields
        .split_last_mut()
        .unwrap_or((&mut String::new(), &mut []));
    for field in first.iter_mut().filter(|field| field.ends_with('*')) {
        field.push('?');
    }
    fields.join(":")
}

/// The same, and where the format holds a region or an account also what says
/// none.
pub(super) fn generous(format: ArnFormat, partition: &str) -> Vec<String> {
    let mut patterns = vec![pattern(format, partition)];
    for field in [3, 4] {
        let without: Vec<String> = patterns
            .iter()
            .filter_map(|pattern| {
                let mut fields: Vec<&str> = pattern.splitn(6, ':').collect();
                let text = fields.get_mut(field).filter(|text| **text == "*?")?;
                *text = "";
                Some(fields.join(":"))
            })
            .collect();
        patterns.extend(without);
    }
    patterns
}

/// Fills the placeholders of an ARN format; its `*` stand for a name too.
fn fill(format: &str, partition: &str, account: &str, region: &str, name: &str) -> String {
    let mut arn = String::with_capacity(format.len());
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if let Some((key, behind)) = rest.strip_prefix("${").and_then(|r| r.split_once('}')) {
            arn.push_str(match key {
                "Partition" => partition,
                "Region" => region,
                "Account" => account,
                _ => name,
            });
            rest = behind;
            continue;
        }
        match c {
            '*' => arn.push_str(name),
            c => arn.push(c),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    arn
}

/// The partitions that a statement's resources name, else the usual one.
pub(super) fn partitions(statement: &Statement) -> BTreeSet<String> {
    let entries = statement.resource.iter().flat_map(|r| &r.entries);
    let mut partitions: BTreeSet<_> = entries
        .filter_map(|entry| match &entry.value.kind {
            ResourceKind::Arn(fields) => fields.get(1)?.as_literal().map(str::to_owned),
            _ => None,
        })
        .filter(|partition| !partition.is_empty())
        .collect();
    if partitions.is_empty() {
        partitions.insert("aws".to_owned());
    }
    partitions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_a_format_stays_in_its_fields() {
        let action = crate::catalog::get().action("s3:ListBucket").unwrap();
        let formats = action.resource_types().flat_map(|(kind, _)| &kind.arns);
        let patterns: Vec<_> = formats.flat_map(|format| generous(*format, "*")).collect();
        assert!(
            patterns.contains(&"arn:*?:s3:::*".to_owned())
                && patterns.contains(&"arn:*?:s3:*?:*?:accesspoint/*".to_owned())
                && patterns.contains(&"arn:*?:s3:::accesspoint/*".to_owned()),
            "{patterns:?}"
        );
    }

    #[test]
    fn placeholders_are_filled() {
        let made = instances(
            "arn:${Partition}:logs:${Region}:${Account}:log-group:${G}:*:${a…b}",
            "aws-cn",
        );
        assert_eq!(
            made[0].arn,
            "arn:aws-cn:logs:eu-north-1:123456789012:log-group:q7x:q7x:q7x"
        );
        assert_eq!(made[1].account, "611953611953");
        assert_eq!(instances("é${x", "aws")[0].arn, "é${x");
    }
}

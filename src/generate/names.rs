//! Names for the proposed roles: `<old>-<workload>`, as IAM accepts them.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Longest role name IAM accepts, in characters.
const MAX_NAME: usize = 64;
/// Hexadecimal digits of the hash that keeps two names apart.
const HASH_DIGITS: usize = 6;

/// What a role name is made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameParts {
    /// ARN of the old role; feeds the hash.
    pub source: String,
    /// Name of the old role.
    pub old: String,
    /// Kind of the workload; feeds the hash.
    pub kind: String,
    /// Name of the workload.
    pub workload: String,
}

/// One name for each of `parts`, in their order. A name that is too long is
/// cut, and cut names, and all of those that would be equal (IAM ignores case),
/// end in a short hash of where they come from: so a name depends on nobody
/// else's place in the list.
pub(super) fn role_names(parts: &[NameParts]) -> Vec<String> {
    let plain: Vec<String> = parts
        .iter()
        .map(|part| clean(&format!("{}-{}", part.old, part.workload)))
        .collect();
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for name in &plain {
        *uses.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    parts
        .iter()
        .zip(plain)
        .map(|(part, name)| {
            let shared = uses.get(&name.to_ascii_lowercase()).copied() != Some(1);
            if shared || name.len() > MAX_NAME {
                hashed(part, &name)
            } else {
                name
            }
        })
        .collect()
}

/// Only `[\w+=,.@-]`; what else there was becomes one `-`.
fn clean(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || "_+=,.@".contains(c) {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_matches('-').to_owned()
}

fn hashed(part: &NameParts, name: &str) -> String {
    let mut hash = Sha256::new();
    for field in [&part.source, &part.kind, &part.workload] {
        hash.update(field.as_bytes());
        hash.update([0]);
    }
    let digits: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .chars()
        .take(HASH_DIGITS)
        .collect();
    // `clean` leaves ASCII only, so characters are bytes.
    let head: String = name.chars().take(MAX_NAME - HASH_DIGITS - 1).collect();
    format!("{}-{digits}", head.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(old: &str, kind: &str, workload: &str) -> NameParts {
        NameParts {
            source: format!("arn:aws:iam::111122223333:role/{old}"),
            old: old.to_owned(),
            kind: kind.to_owned(),
            workload: workload.to_owned(),
        }
    }

    #[test]
    fn a_name_is_old_dash_workload() {
        let names = role_names(&[
            part("orders", "lambda", "orders-read"),
            part("orders", "session", "botocore-session-<n>"),
            part("orders", "session", "a b/ü@example.com"),
        ]);
        assert_eq!(
            names,
            [
                "orders-orders-read",
                "orders-botocore-session-n",
                "orders-a-b-@example.com"
            ]
        );
    }

    #[test]
    fn equal_names_are_told_apart_whatever_their_order() {
        let a = part("orders", "lambda", "API");
        let b = part("orders", "ecs-task", "api");
        let there = role_names(&[a.clone(), b.clone()]);
        let back = role_names(&[b, a]);
        assert_ne!(there[0].to_ascii_lowercase(), there[1].to_ascii_lowercase());
        assert_eq!(there[0], back[1]);
        assert_eq!(there[1], back[0]);
    }

    #[test]
    fn a_long_name_is_cut_and_marked() {
        let long = "w".repeat(300);
        let names = role_names(&[part("orders", "lambda", &long), part("orders", "x", &long)]);
        assert!(names.iter().all(|name| name.len() == MAX_NAME));
        assert_ne!(names[0], names[1]);
    }
}

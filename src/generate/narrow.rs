//! Patterns of resources: written, and cut down to what the old policy says.
//!
//! A record often tells only the shape of a resource. Such a shape is granted
//! no further than the old policy reaches: [`meet`] intersects the two. Where
//! the intersection is no single pattern the old pattern stands, which is
//! never wider than the old policy. The comparison engine will prove it; this
//! file only has to stay on the safe side.

use crate::policy::{Pattern, ResourceKind, ResourcePattern, Token};

/// One symbol of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Symbol {
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// A policy variable with its text: some unknown run of characters.
    Free(String),
}

/// What two patterns have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meet {
    /// Nothing.
    Disjoint,
    /// Exactly this pattern, as policy text.
    Text(String),
    /// Something, but no single pattern: use the second one.
    Second,
}

/// Writes a concrete resource so that a policy of version 2012-10-17 matches
/// it and nothing else (R89). An ARN's first five fields know no escape; a
/// record's ARN holds no wildcard there.
pub(super) fn exact(resource: &str) -> String {
    if resource == "*" {
        resource.to_owned()
    } else {
        escape(resource)
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => {
                out.push_str("${");
                out.push(c);
                out.push('}');
            }
            '$' if chars.peek() == Some(&'{') => out.push_str("${$}"),
            // IAM takes only U+0020 to U+00FF: `?` stands for one of the rest.
            c if is_writable(c) => out.push(c),
            _ => out.push('?'),
        }
    }
    out
}

/// Whether [`exact`] writes the resource without loss.
pub(super) fn is_exactly_writable(resource: &str) -> bool {
    resource.chars().all(is_writable)
}

fn is_writable(c: char) -> bool {
    matches!(c, '\u{20}'..='\u{ff}')
}

/// Writes a prefix that ends in `*`: only that last one is a wildcard.
pub(super) fn prefix(resource: &str) -> String {
    match resource.strip_suffix('*') {
        Some(head) => format!("{}*", escape(head)),
        None => exact(resource),
    }
}

/// Whether the text of a pattern may match more than one resource.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// A pattern as the resource of a request: escapes undone, wildcards left. In
/// a request they are plain characters, matched only where the pattern asked
/// matches all that they stand for. `None` where a policy variable stands.
pub(super) fn probe(pattern: &str) -> Option<String> {
    let plain = pattern
        .replace("${*}", "*")
        .replace("${?}", "?")
        .replace("${$}", "$");
    let variables = pattern
        .replace("${$}{", "")
        .replace("${*}", "")
        .replace("${?}", "");
    (!variables.contains("${")).then_some(plain)
}

/// Intersects two resource patterns of an identity policy. A short ARN is
/// completed by `*` (R58); the first five fields compare without case (R55).
pub(super) fn meet(first: &ResourcePattern, second: &ResourcePattern) -> Meet {
    if matches!(second.kind, ResourceKind::Any) {
        return Meet::Text(first.text.clone());
    }
    if matches!(first.kind, ResourceKind::Any) {
        return Meet::Text(second.text.clone());
    }
    let (Some(a), Some(b)) = (fields(first), fields(second)) else {
        return Meet::Disjoint;
    };
    let mut out = Vec::with_capacity(6);
    let mut unclear = false;
    for (index, (a, b)) in a.iter().zip(&b).enumerate() {
        let fold = index < 5;
        if contains(b, a, fold) {
            out.push(write(a, !fold));
        } else if contains(a, b, fold) {
            out.push(write(b, !fold));
        } else if overlap(a, b, fold) {
            unclear = true;
        } else {
            return Meet::Disjoint;
        }
    }
    if unclear {
        Meet::Second
    } else {
        Meet::Text(out.join(":"))
    }
}

/// Whether everything `inner` matches is matched by `outer`. A `false` may be
/// wrong, a `true` never is.
pub(super) fn covers(outer: &ResourcePattern, inner: &ResourcePattern) -> bool {
    if matches!(outer.kind, ResourceKind::Any) {
        return true;
    }
    let (Some(outer), Some(inner)) = (fields(outer), fields(inner)) else {
        return false;
    };
    outer
        .iter()
        .zip(&inner)
        .enumerate()
        .all(|(index, (outer, inner))| contains(outer, inner, index < 5))
}

/// Whether the two can match the same resource. A `true` may be wrong.
pub(super) fn may_overlap(a: &ResourcePattern, b: &ResourcePattern) -> bool {
    !matches!(meet(a, b), Meet::Disjoint)
}

/// The six fields, missing ones free. `None` for what is no ARN pattern.
fn fields(pattern: &ResourcePattern) -> Option<Vec<Vec<Symbol>>> {
    let ResourceKind::Arn(fields) = &pattern.kind else {
        return None;
    };
    let mut out: Vec<Vec<Symbol>> = fields.iter().map(symbols).collect();
    out.resize(6, vec![Symbol::Any]);
    Some(out)
}

fn symbols(pattern: &Pattern) -> Vec<Symbol> {
    let mut out = Vec::new();
    for token in &pattern.tokens {
        match token {
            Token::Literal(text) => out.extend(text.chars().map(Symbol::Char)),
            Token::One => out.push(Symbol::One),
            Token::Any => out.push(Symbol::Any),
            Token::Variable { key, default } => out.push(Symbol::Free(match default {
                None => format!("${{{key}}}"),
                Some(default) => format!("${{{key}, '{default}'}}"),
            })),
        }
    }
    out
}

fn write(symbols: &[Symbol], escapes: bool) -> String {
    let mut out = String::new();
    let mut literal = String::new();
    for symbol in symbols {
        if let Symbol::Char(c) = symbol {
            literal.push(*c);
            continue;
        }
        flush(&mut out, &mut literal, escapes);
        match symbol {
            Symbol::Char(_) => {}
            Symbol::One => out.push('?'),
            Symbol::Any => out.push('*'),
            Symbol::Free(text) => out.push_str(text),
        }
    }
    flush(&mut out, &mut literal, escapes);
    out
}

fn flush(out: &mut String, literal: &mut String, escapes: bool) {
    if escapes {
        out.push_str(&escape(literal));
    } else {
        out.push_str(literal);
    }
    literal.clear();
}

fn same(a: char, b: char, fold: bool) -> bool {
    a == b || fold && a.eq_ignore_ascii_case(&b)
}

/// Whether `outer`, read as a pattern, matches the symbols of `inner`, read as
/// a text in which `*` is matched only by `*`, and `?` by `*` and `?`.
fn contains(outer: &[Symbol], inner: &[Symbol], fold: bool) -> bool {
    let (mut o, mut i) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(text) = inner.get(i) {
        let step = match (outer.get(o), text) {
            (Some(Symbol::Any), _) => {
                retry = Some((o, i));
                o += 1;
                continue;
            }
            (Some(Symbol::One), Symbol::Char(_) | Symbol::One) => true,
            (Some(Symbol::Char(a)), Symbol::Char(b)) => same(*a, *b, fold),
            (Some(Symbol::Free(a)), Symbol::Free(b)) => a == b,
            _ => false,
        };
        if step {
            o += 1;
            i += 1;
        } else if let Some((star, from)) = retry {
            retry = Some((star, from + 1));
            o = star + 1;
            i = from + 1;
        } else {
            return false;
        }
    }
    outer
        .iter()
        .skip(o)
        .all(|symbol| matches!(symbol, Symbol::Any))
}

/// Whether some text matches both: a walk over the pairs of positions.
fn overlap(a: &[Symbol], b: &[Symbol], fold: bool) -> bool {
    let run = |s: &Symbol| matches!(s, Symbol::Any | Symbol::Free(_));
    // `row[j]`: whether the rest of `a` from here and of `b` from `j` overlap.
    let mut row = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let mut next = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            let down = |j: usize| row.get(j).copied().unwrap_or(false);
            let right = next.get(j + 1).copied().unwrap_or(false);
            let answer = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some(x), None) => run(x) && down(j),
                (None, Some(y)) => run(y) && right,
                // A run ends here, or takes one symbol of the other side.
                (Some(x), Some(y)) if run(x) || run(y) => down(j) || right,
                (Some(Symbol::Char(x)), Some(Symbol::Char(y))) => same(*x, *y, fold) && down(j + 1),
                (Some(_), Some(_)) => down(j + 1),
            };
            if let Some(cell) = next.get_mut(j) {
                *cell = answer;
            }
        }
        row = next;
    }
    row.first().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Version;
    use crate::semantics::evaluate::{CompiledPolicy, Decision, PolicySet, decide_identity};
    use crate::semantics::{Request, Settings};
    use proptest::prelude::*;

    fn read(text: &str) -> ResourcePattern {
        ResourcePattern::parse(text, Version::V2012)
    }

    /// The simulator's word on whether a pattern matches.
    fn matches(pattern: &str, resource: &str) -> bool {
        let text = serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": pattern}})
        .to_string();
        let node = crate::syntax::json::parse(&text).root.unwrap();
        let policy = crate::policy::parse(&node, Some(crate::policy::PolicyType::Identity)).policy;
        let set = PolicySet {
            identity: vec![CompiledPolicy::new(
                &policy,
                crate::policy::PolicyType::Identity,
            )],
            ..PolicySet::default()
        };
        let request = Request {
            principal: "arn:aws:iam::111122223333:role/r".to_owned(),
            action: "s3:GetObject".to_owned(),
            resource: resource.to_owned(),
            ..Request::default()
        };
        decide_identity(&request, &set, &Settings::default())
            .unwrap()
            .decision
            == Decision::Allowed
    }

    #[test]
    fn fields_are_narrowed_one_by_one() {
        let meet = |a, b| meet(&read(a), &read(b));
        let text = |text: &str| Meet::Text(text.to_owned());
        assert_eq!(
            meet("arn:aws:sqs:eu-west-1:1:*", "arn:aws:sqs:*:1:orders-*"),
            text("arn:aws:sqs:eu-west-1:1:orders-*")
        );
        assert_eq!(
            meet("arn:aws:sqs:eu-west-1:1:*", "*"),
            text("arn:aws:sqs:eu-west-1:1:*")
        );
        assert_eq!(meet("*", "arn:aws:s3:::b/*"), text("arn:aws:s3:::b/*"));
        assert_eq!(
            meet("arn:aws:sqs:eu-west-1:1:*", "arn:aws:sqs"),
            text("arn:aws:sqs:eu-west-1:1:*")
        );
        assert_eq!(meet("arn:aws:s3:::b/x*", "arn:aws:s3:::b/*y"), Meet::Second);
        assert_eq!(
            meet("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*"),
            text("arn:aws:s3:::b/${aws:username}/*")
        );
        assert_eq!(
            meet("arn:aws:s3:::b/x*", "arn:aws:s3:::b/${aws:username}/*"),
            Meet::Second
        );
        assert_eq!(
            meet("arn:aws:s3:::b/x*", "arn:aws:s3:::b/y*"),
            Meet::Disjoint
        );
        assert_eq!(
            meet(
                "arn:aws:secretsmanager:eu-west-1:1:secret:a-??????",
                "arn:aws:secretsmanager:*:*:secret:*"
            ),
            text("arn:aws:secretsmanager:eu-west-1:1:secret:a-??????")
        );
    }

    #[test]
    fn escapes_are_literal() {
        let key = "arn:aws:s3:::b/a*b?${x}$";
        assert_eq!(exact(key), "arn:aws:s3:::b/a${*}b${?}${$}{x}$");
        assert!(matches(&exact(key), key));
        assert!(!matches(&exact(key), "arn:aws:s3:::b/aXb?${x}$"));
        assert_eq!(prefix("arn:aws:s3:::b/a*b/*"), "arn:aws:s3:::b/a${*}b/*");
        let snowman = "arn:aws:s3:::b/\u{2603}";
        assert!(!is_exactly_writable(snowman));
        assert!(matches(&exact(snowman), snowman));
    }

    proptest! {
        #[test]
        fn a_meet_is_what_both_match(a in "[ab*?/]{0,5}", b in "[ab*?/]{0,5}", r in "[ab/]{0,5}") {
            let [a, b, r] = [a, b, r].map(|text| format!("arn:aws:s3:::{text}"));
            let both = matches(&a, &r) && matches(&b, &r);
            match meet(&read(&a), &read(&b)) {
                Meet::Disjoint => prop_assert!(!both),
                Meet::Text(text) => prop_assert_eq!(matches(&text, &r), both, "{}", text),
                Meet::Second => {}
            }
            if covers(&read(&a), &read(&b)) && matches(&b, &r) {
                prop_assert!(matches(&a, &r));
            }
        }

        #[test]
        fn an_exact_text_matches_itself_alone(a in "[ab*?$\\{\\}/]{0,8}", r in "[ab*?$\\{\\}/]{0,8}") {
            let [a, r] = [a, r].map(|text| format!("arn:aws:s3:::{text}"));
            prop_assert!(matches(&exact(&a), &a));
            prop_assert_eq!(matches(&exact(&a), &r), a == r);
        }
    }
}

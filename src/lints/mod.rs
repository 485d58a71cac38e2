//! Lints (floor 8): one file, one lint, and here the one list of them.

mod access;
mod check;
mod choose;
mod context;
mod documentation;
mod exact;
mod finding;
mod fingerprint;
mod instances;
mod lint;
mod names;
#[cfg(test)]
mod testing;
mod unify;

pub use crate::text::Risk;
pub use check::{Options, check};
pub use documentation::{Documentation, Example};
pub use finding::Finding;
pub use fingerprint::SCHEME;
pub use lint::{Aliases, Confidence, Family, Lint, Persona, Scope};

use context::Context;
use finding::{Draft, Report};
use lint::Check;

mod grammar {
    pub(super) mod conflicting_elements;
    pub(super) mod duplicate_json_key;
    pub(super) mod duplicate_sid;
    pub(super) mod empty_element;
    pub(super) mod invalid_effect;
    pub(super) mod invalid_sid;
    pub(super) mod malformed_variable;
    pub(super) mod missing_element;
    pub(super) mod missing_version;
    pub(super) mod opaque_document;
    pub(super) mod syntax_error;
    pub(super) mod unexpected_resource;
    pub(super) mod unknown_element;
    pub(super) mod unknown_version;
    pub(super) mod variable_in_old_version;
    pub(super) mod wrong_element_type;
}
mod principal {
    pub(super) mod malformed_principal;
    pub(super) mod missing_principal;
    pub(super) mod partial_principal_wildcard;
    pub(super) mod unexpected_principal;
    pub(super) mod unknown_principal_type;
}
mod action {
    pub(super) mod malformed_action;
    pub(super) mod retired_action;
    pub(super) mod unknown_action;
    pub(super) mod unknown_service;
}
mod arn {
    pub(super) mod malformed_arn;
}
mod condition {
    pub(super) mod empty_condition_values;
    pub(super) mod operator_type_mismatch;
    pub(super) mod unknown_condition_key;
    pub(super) mod unknown_condition_operator;
}
mod permissions {
    pub(super) mod pass_role_wildcard;
    pub(super) mod unscoped_resource;
}
mod trust {
    pub(super) mod public_trust;
}
mod reachability {
    pub(super) mod action_never_matches_resource;
}
mod size {
    pub(super) mod policy_too_long;
}
mod template {
    pub(super) mod ignored_sam_policies;
    pub(super) mod invalid_sam_policy;
}

/// Every lint, by family, then by id.
static LINTS: &[&Lint] = &[
    &grammar::conflicting_elements::LINT,
    &grammar::duplicate_json_key::LINT,
    &grammar::duplicate_sid::LINT,
    &grammar::empty_element::LINT,
    &grammar::invalid_effect::LINT,
    &grammar::invalid_sid::LINT,
    &grammar::malformed_variable::LINT,
    &grammar::missing_element::LINT,
    &grammar::missing_version::LINT,
    &grammar::opaque_document::LINT,
    &grammar::syntax_error::LINT,
    &grammar::unexpected_resource::LINT,
    &grammar::unknown_element::LINT,
    &grammar::unknown_version::LINT,
    &grammar::variable_in_old_version::LINT,
    &grammar::wrong_element_type::LINT,
    &principal::malformed_principal::LINT,
    &principal::missing_principal::LINT,
    &principal::partial_principal_wildcard::LINT,
    &principal::unexpected_principal::LINT,
    &principal::unknown_principal_type::LINT,
    &action::malformed_action::LINT,
    &action::retired_action::LINT,
    &action::unknown_action::LINT,
    &action::unknown_service::LINT,
    &arn::malformed_arn::LINT,
    &condition::empty_condition_values::LINT,
    &condition::operator_type_mismatch::LINT,
    &condition::unknown_condition_key::LINT,
    &condition::unknown_condition_operator::LINT,
    &permissions::pass_role_wildcard::LINT,
    &permissions::unscoped_resource::LINT,
    &trust::public_trust::LINT,
    &reachability::action_never_matches_resource::LINT,
    &size::policy_too_long::LINT,
    &template::ignored_sam_policies::LINT,
    &template::invalid_sam_policy::LINT,
];

/// Every lint.
pub fn all() -> impl Iterator<Item = &'static Lint> {
    LINTS.iter().copied()
}

/// The lints that a name selects: the one with this id, or all that have it as
/// an alias. Ids are exact; letter case of aliases does not matter.
#[must_use]
pub fn find(name: &str) -> Vec<&'static Lint> {
    match all().find(|lint| lint.id == name) {
        Some(lint) => vec![lint],
        None => all().filter(|lint| lint.has_alias(name)).collect(),
    }
}

/// The id closest to a name that selects nothing.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let distance = |lint: &Lint| strsim::damerau_levenshtein(lint.id, name);
    let nearest = all().min_by_key(|lint| distance(lint))?;
    (distance(nearest) <= nearest.id.len() / 3).then_some(nearest.id)
}

#[cfg(test)]
mod tests {
    use super::check::check_context;
    use super::testing::inventory;
    use super::{Context, Options, all, check, find, nearest};
    use crate::policy::PolicyType::Identity;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    /// Lints whose example would fill pages; their tests make one.
    const WITHOUT_EXAMPLE: &[&str] = &["policy-too-long"];

    fn lints_of(example: &super::Example) -> BTreeSet<&'static str> {
        let inventory = inventory(example.policy_type, &example.text);
        let findings = check(&inventory, &Options::default());
        findings.iter().map(|finding| finding.lint.id).collect()
    }

    #[test]
    fn examples_raise_their_lint_and_no_other() {
        let mut wrong = Vec::new();
        for lint in all().filter(|lint| !WITHOUT_EXAMPLE.contains(&lint.id)) {
            let documentation = lint.documentation();
            let (examples, instead) = (
                documentation.examples("Example"),
                documentation.examples("Instead"),
            );
            assert!(!examples.is_empty() && !instead.is_empty(), "{}", lint.id);
            for example in examples {
                if lints_of(&example) != BTreeSet::from([lint.id]) {
                    wrong.push((lint.id, lints_of(&example), example.text));
                }
            }
            for example in instead {
                if !lints_of(&example).is_empty() {
                    wrong.push((lint.id, lints_of(&example), example.text));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// What a reader says reaches the user through a lint that forwards it.
    #[test]
    fn every_code_of_the_readers_is_a_lint() {
        let codes = crate::policy::CODES
            .iter()
            .chain(&["syntax-error", "duplicate-json-key"]);
        for code in codes {
            assert!(all().any(|lint| lint.id == *code), "{code}");
        }
    }

    #[test]
    fn names_select_lints() {
        let ids = |name| find(name).iter().map(|lint| lint.id).collect::<Vec<_>>();
        assert_eq!(ids("missing-version"), ["missing-version"]);
        assert_eq!(ids("no_version"), ["missing-version"]);
        assert_eq!(
            ids("I3510"),
            ["unscoped-resource", "action-never-matches-resource"]
        );
        assert!(ids("nonsense").is_empty());
        assert_eq!(nearest("public-trusts"), Some("public-trust"));
        assert_eq!(nearest("zzz"), None);
    }

    /// Every witness of the examples is decided anew, against the whole
    /// document, as the finding says.
    #[test]
    fn witnesses_are_replayed() {
        use crate::semantics::evaluate::{
            CompiledPolicy, Decision, PolicySet, decide, decide_identity,
        };
        let mut replayed = BTreeSet::new();
        for example in all().flat_map(|lint| lint.documentation().examples("Example")) {
            let inventory = inventory(example.policy_type, &example.text);
            for finding in check(&inventory, &Options::default()) {
                let Some(witness) = &finding.witness else {
                    continue;
                };
                let document = inventory.document(finding.document);
                let policy = document.policy.as_ref().unwrap();
                let compiled = CompiledPolicy::new(policy, document.policy_type);
                let mut set = PolicySet::default();
                let settings = Default::default();
                let verdict = if finding.lint.id == "public-trust" {
                    let everything =
                        r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
                    let everything = crate::syntax::json::parse(everything).root.unwrap();
                    let everything = crate::policy::parse(&everything, None).policy;
                    set.identity = vec![CompiledPolicy::new(&everything, Identity)];
                    set.resource = Some(compiled);
                    decide(witness, &set, &settings)
                } else {
                    set.identity = vec![compiled];
                    decide_identity(witness, &set, &settings)
                };
                let expected = match finding.lint.id {
                    "action-never-matches-resource" => Decision::ImplicitlyDenied,
                    _ => Decision::Allowed,
                };
                assert_eq!(verdict.unwrap().decision, expected, "{}", finding.lint.id);
                replayed.insert(finding.lint.id);
            }
        }
        let expected = [
            "action-never-matches-resource",
            "pass-role-wildcard",
            "public-trust",
            "unscoped-resource",
        ];
        assert_eq!(replayed, BTreeSet::from(expected));
    }

    /// A document far beyond AWS's quotas ends when its budget is spent; without
    /// bounds it would take many minutes.
    #[test]
    fn work_is_bounded() {
        let list = |text: &str, count: usize| {
            let entries: Vec<_> = (0..count).map(|i| format!("\"{text}{i}*\"")).collect();
            format!("[{}]", entries.join(","))
        };
        let statement = |effect: &str| {
            let (actions, resources) = (list("ec2:D", 40), list("arn:aws:ec2:*:*:a*b*c*", 200));
            format!(
                r#"{{"Effect":"{effect}","Action":{actions},"Resource":{resources}}},{{"Effect":"{effect}","Action":"ec2:*","Resource":"*"}}"#
            )
        };
        let statements = [statement("Allow"), statement("Deny")].join(",");
        let statements = vec![statements; 40].join(",");
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let inventory = inventory(Some(Identity), &text);
        let context = Context::new(&inventory, &inventory.documents[0], false);
        check_context(&context);
        assert!(!context.budget.spend(1), "the document is not large enough");
    }

    /// Statements with something to find in each.
    fn statement() -> impl Strategy<Value = Value> {
        let actions = prop::sample::subsequence(
            vec![
                "iam:PassRole",
                "s3:GetObjects",
                "sqs:SendMessage",
                "ec2:RunInstances",
                "sqs:Send*",
            ],
            1..4,
        );
        let resources =
            prop::sample::subsequence(vec!["*", "arn:aws:s3:::b", "arn:aws:sqs:*:*:*"], 1..3);
        let sid = prop::option::of(prop::sample::select(vec!["A", "B"]));
        (actions, resources, sid).prop_map(|(actions, resources, sid)| {
            let mut statement =
                json!({"Effect": "Allow", "Action": actions, "Resource": resources});
            if let Some(sid) = sid {
                statement["Sid"] = json!(sid);
            }
            statement
        })
    }

    fn fingerprints(text: &str) -> BTreeSet<String> {
        let options = Options {
            persona: super::Persona::Pedantic,
            ..Options::default()
        };
        let findings = check(&inventory(None, text), &options);
        findings
            .into_iter()
            .map(|finding| finding.fingerprint)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn fingerprints_outlive_layout_and_order(
            statements in prop::collection::vec(statement(), 1..4),
        ) {
            let mut policy = json!({"Version": "2012-10-17", "Statement": statements});
            let before = policy.to_string();
            for statement in policy["Statement"].as_array_mut().unwrap() {
                for element in ["Action", "Resource"] {
                    statement[element].as_array_mut().unwrap().reverse();
                }
            }
            policy["Statement"].as_array_mut().unwrap().reverse();
            let after = serde_json::to_string_pretty(&policy).unwrap().replace("sqs:Send", "SQS:send");
            let found = fingerprints(&before);
            prop_assert!(!found.is_empty());
            prop_assert_eq!(found, fingerprints(&after));
        }
    }
}

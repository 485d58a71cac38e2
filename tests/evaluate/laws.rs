//! Laws that hold for any policies and any request.

use super::*;
use leastwise::semantics::evaluate::{Literal, Residual, Unknown};
use leastwise::syntax::json;
use proptest::prelude::*;

/// Small pools, so that statements and requests often meet.
fn statement(effect: &'static str, with_principal: bool) -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec![
        "*",
        "s3:*",
        "s3:Get*",
        "S3:GETOBJECT",
        "ec2:*",
        "s3:PutObject",
    ]);
    let resource = prop::sample::select(vec![
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::b/${k:v}",
        "arn:aws:s3:::c/*",
        "arn:aws:s3",
    ]);
    let principal = prop::sample::select(vec![
        json!("*"),
        aws(U),
        aws(R),
        aws(S),
        aws(ONE),
        aws(ROOT),
    ]);
    let condition = prop::option::of((
        prop::sample::select(vec![
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringEqualsIfExists",
            "NumericNotEquals",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringNotEquals",
            "Null",
            "NotIpAddress",
            "Wrong",
        ]),
        prop::sample::select(vec!["k:k", "K:v"]),
        prop::collection::vec(
            prop::sample::select(vec!["a", "b*", "true", "1", "${k:v}", ""]),
            1..3,
        ),
    ));
    let nots = (any::<bool>(), any::<bool>(), any::<bool>());
    (action, resource, principal, condition, nots).prop_map(
        move |(
            action,
            resource,
            principal,
            condition,
            (not_action, not_resource, not_principal),
        )| {
            let mut statement = json!({"Effect": effect});
            statement[if not_action { "NotAction" } else { "Action" }] = json!(action);
            statement[if not_resource {
                "NotResource"
            } else {
                "Resource"
            }] = json!(resource);
            if with_principal {
                let not = not_principal && effect == "Deny";
                statement[if not { "NotPrincipal" } else { "Principal" }] = principal;
            }
            if let Some((operator, key, values)) = condition {
                statement["Condition"] = json!({operator: {key: values}});
            }
            statement
        },
    )
}

fn statements(with_principal: bool) -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        2 => statement("Allow", with_principal),
        1 => statement("Deny", with_principal),
    ];
    prop::collection::vec(one, 0..4).prop_map(Value::Array)
}

/// The levels of an organization; mostly none, so that they do not hide the
/// other layers.
fn levels(with_principal: bool) -> impl Strategy<Value = Value> {
    let open = if with_principal {
        to(json!("*"), ALLOW_ALL())
    } else {
        ALLOW_ALL()
    };
    let level = prop_oneof![
        Just(json!({"level": "open", "policies": [policy(json!([open]))]})),
        prop::collection::vec(statements(with_principal), 0..3).prop_map(|all| {
            let policies: Vec<Value> = all.into_iter().map(policy).collect();
            json!({"level": "any", "policies": policies})
        }),
    ];
    prop_oneof![
        2 => Just(json!([])),
        1 => prop::collection::vec(level, 1..3).prop_map(Value::Array),
    ]
}

fn asked() -> impl Strategy<Value = Line> {
    let request = (
        prop::sample::select(vec![U, R, S, F, ROOT, "anonymous", "sns.amazonaws.com"]),
        prop::sample::select(vec![ONE, TWO]),
        prop::option::of(prop::collection::vec(
            prop::sample::select(vec!["a", "b", "", "1"]),
            0..3,
        )),
        prop::option::of(prop::sample::select(vec!["k", "*", ""])),
        prop::option::of(prop::sample::select(vec![
            ("s3.blockPublicAccess", "true"),
            ("s3.objectOwner", TWO),
            ("managementAccount", ONE),
        ])),
    );
    let policies = (
        statements(false),
        prop::option::of(statements(true)),
        prop::option::of(prop::collection::vec(statements(false), 0..3)),
        prop::option::of(prop::collection::vec(statements(false), 0..3)),
        levels(false),
        levels(true),
        prop_oneof![
            3 => Just(None),
            1 => prop::collection::vec(statements(true), 0..3).prop_map(Some),
        ],
    );
    (request, policies).prop_map(
        |(
            (principal, owner, k, v, fact),
            (identity, resource, boundary, session, scps, rcps, endpoints),
        )| {
            let mut line = get(principal).owner(owner).identity(identity);
            line = line.put("scps", scps).put("rcps", rcps);
            if let Some((name, value)) = fact {
                line = line.set(name, value);
            }
            if let Some(values) = k {
                line = line.context("k:k", json!(values));
            }
            if let Some(value) = v {
                line = line.context("k:v", value);
            }
            if let Some(statements) = resource {
                line = line.resource(statements);
            }
            let all = |several: Vec<Value>| Value::Array(several.into_iter().map(policy).collect());
            if let Some(several) = boundary {
                line = line.put("permissionBoundaries", all(several));
            }
            if let Some(several) = endpoints {
                line = line.put("vpcEndpointPolicies", all(several));
            }
            if let Some(several) = session {
                line = line.put("sessionPolicies", all(several));
            }
            line
        },
    )
}

/// Every statement of a line, changed.
fn each_statement(line: &Line, change: impl Fn(&mut Vec<Value>)) -> Line {
    let mut line = line.clone();
    let documents = [
        "identityPolicies",
        "permissionBoundaries",
        "sessionPolicies",
        "vpcEndpointPolicies",
        "resourcePolicy",
    ];
    for name in documents {
        let documents: Vec<&mut Value> = match &mut line.0[name] {
            Value::Array(several) => several.iter_mut().collect(),
            Value::Null => Vec::new(),
            one => vec![one],
        };
        for document in documents {
            change(document["Statement"].as_array_mut().unwrap());
        }
    }
    for levels in ["scps", "rcps"] {
        for level in line.0[levels].as_array_mut().unwrap() {
            for document in level["policies"].as_array_mut().unwrap() {
                change(document["Statement"].as_array_mut().unwrap());
            }
        }
    }
    line
}

fn unknown() -> impl Strategy<Value = Unknown> {
    let keys = prop::sample::subsequence(vec!["k:k", "K:v"], 0..=2);
    (keys, any::<bool>()).prop_map(|(keys, missing)| Unknown {
        keys: keys.into_iter().map(str::to_owned).collect(),
        missing,
    })
}

/// Whether a formula is true in the context of a line.
fn truth(residual: &Residual, line: &Line) -> bool {
    let literal = |literal: &Literal| {
        let statement = match literal {
            Literal::Condition {
                operator,
                key,
                values,
            } => when(ALLOW_ALL(), operator, key, json!(values)),
            Literal::Element { element, values } => {
                let mut statement = json!({"Effect": "Allow", "Action": "*"});
                statement[*element] = json!(values);
                statement
            }
        };
        let mut alone = get(U).identity(statement);
        alone.0["request"]["context"] = line.0["request"]["context"].clone();
        alone.decision() == "Allowed"
    };
    match residual {
        Residual::Plain(value) => *value,
        Residual::And { and } => and.iter().all(|part| truth(part, line)),
        Residual::Or { or } => or.iter().any(|part| truth(part, line)),
        Residual::Not { not } => !literal(not),
        Residual::Literal(one) => literal(one),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_allow_more_never_denies(line in asked(), more in statement("Allow", false)) {
        let before = line.decision();
        let after = line.identity(more).decision();
        prop_assert!(before != "Allowed" || after == "Allowed", "{before} → {after}");
    }

    #[test]
    fn a_deny_more_never_allows(line in asked(), more in statement("Deny", false)) {
        let before = line.decision();
        let after = line.clone().identity(more.clone()).decision();
        prop_assert!(after != "Allowed" || before == "Allowed", "{before} → {after}");
        let within = line.0["permissionBoundaries"].as_array().is_some_and(|all| !all.is_empty());
        if within {
            let mut bounded = line.clone();
            let statements = &mut bounded.0["permissionBoundaries"][0]["Statement"];
            statements.as_array_mut().unwrap().push(more);
            let after = bounded.decision();
            prop_assert!(after != "Allowed" || before == "Allowed", "{before} → {after}");
        }
    }

    #[test]
    fn order_sids_forms_and_case_do_not_matter(line in asked()) {
        let before = line.answer();
        let reversed = each_statement(&line, |all| all.reverse());
        let named = each_statement(&line, |all| {
            for (i, statement) in all.iter_mut().enumerate() {
                statement["Sid"] = json!(format!("S{i}"));
            }
        });
        let listed = each_statement(&line, |all| {
            for statement in all {
                for name in ["Action", "NotAction", "Resource", "NotResource"] {
                    if let Some(value) = statement.get_mut(name) {
                        *value = json!([value.clone()]);
                    }
                }
            }
        });
        let upper = each_statement(&line, |all| {
            for statement in all {
                for name in ["Action", "NotAction"] {
                    if let Some(value) = statement.get_mut(name) {
                        *value = json!(value.as_str().unwrap().to_uppercase());
                    }
                }
            }
        });
        let mut split = line.clone();
        let statements = line.0["identityPolicies"][0]["Statement"].as_array().unwrap();
        split.0["identityPolicies"] = statements.iter().map(|s| policy(s.clone())).collect();
        let asked = line.0["request"]["action"].as_str().unwrap().to_uppercase();
        let asked = line.clone().request("action", json!(asked));
        for other in [reversed, named, listed, upper, split, asked] {
            prop_assert_eq!(&other.answer(), &before);
        }
    }

    #[test]
    fn no_boundary_is_not_an_empty_one(line in asked()) {
        // Where principals are named, a boundary matters by its mere presence (R31).
        let none = line.clone().put("permissionBoundaries", Value::Null)
            .put("resourcePolicy", Value::Null).put("vpcEndpointPolicies", Value::Null);
        let empty = none.clone().put("permissionBoundaries", json!([]));
        let everything = none.clone().boundary(ALLOW_ALL());
        prop_assert_eq!(none.decision(), everything.decision());
        let root = line.0["request"]["principal"] == ROOT;
        prop_assert!(root || empty.decision() != "Allowed");
    }

    #[test]
    fn explain_agrees_with_decide(line in asked()) {
        let brief = line.answer();
        let full = evaluate::answer(&line.0.to_string(), &Settings::default(), true);
        let full = serde_json::to_value(full).unwrap();
        for (name, value) in brief.as_object().unwrap() {
            prop_assert_eq!(&full[name], value);
        }
        // The layers as shown lead to the layers that block.
        for layer in full["layers"].as_array().unwrap() {
            let denies = layer["statements"].as_array().unwrap().iter()
                .any(|s| s["matched"] == true && s["effect"] == "Deny");
            let shown = layer["result"] == "deny";
            let by_policy = layer["layer"] != "s3-bpa";
            prop_assert!(!by_policy || (denies && layer["applies"] == true) == shown);
            let blocked = brief["blocked_by"].as_array().unwrap().contains(&layer["layer"]);
            prop_assert!(!shown || blocked);
            // An allowed request passes every level it meets.
            let around = ["scp", "rcp", "vpce"].contains(&layer["layer"].as_str().unwrap());
            let open = layer["result"] == "allow" || layer["applies"] == false;
            prop_assert!(!around || open || brief["decision"] != "Allowed");
        }
    }

    #[test]
    fn what_remains_says_when_it_is_allowed(line in asked(), unknown in unknown()) {
        let root = json::parse(&line.0.to_string()).root.unwrap();
        let question = evaluate::question(&root, &Settings::default()).unwrap();
        let residual = evaluate::residual(
            &question.request, &question.policies, &question.settings, &unknown,
        ).unwrap();
        if unknown.is_empty() {
            prop_assert!(matches!(residual, Residual::Plain(_)));
        }
        let allowed = line.decision() == "Allowed";
        prop_assert_eq!(truth(&residual, &line), allowed, "{:?}", residual);
    }

    #[test]
    fn no_line_makes_it_panic(text in "[\\[\\]{}\":,a-zA-Z*$ 0-9]{0,80}") {
        let _ = evaluate::answer(&text, &Settings::default(), true);
    }
}

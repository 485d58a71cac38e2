//! The simulator against its rules: one table for each rule, named by it,
//! both directions; every trap of other engines; and laws that hold for any
//! policy.

mod combination;
mod endpoint;
mod language;
mod laws;
mod library;
mod organization;
mod principals;
mod rules;
mod s3;
mod settings;
mod traps;

use leastwise::semantics::Settings;
use leastwise::semantics::evaluate;
use serde_json::{Value, json};

pub(super) const ONE: &str = "111111111111";
pub(super) const TWO: &str = "222222222222";
pub(super) const U: &str = "arn:aws:iam::111111111111:user/bob";
pub(super) const R: &str = "arn:aws:iam::111111111111:role/r";
pub(super) const S: &str = "arn:aws:sts::111111111111:assumed-role/r/s";
pub(super) const F: &str = "arn:aws:sts::111111111111:federated-user/f";
pub(super) const ROOT: &str = "arn:aws:iam::111111111111:root";
pub(super) const OBJECT: &str = "arn:aws:s3:::b/k";
pub(super) const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/k";
pub(super) const ROLE_OF_ONE: &str = "arn:aws:iam::111111111111:role/target";

/// A batch line in the making; account 1 owns the resource.
#[derive(Clone, Debug)]
pub(super) struct Line(pub(super) Value);

pub(super) fn line(principal: &str, action: &str, resource: &str) -> Line {
    let account = if resource == "*" {
        Value::Null
    } else {
        json!(ONE)
    };
    Line(json!({
        "request": {
            "principal": principal, "action": action, "resource": resource,
            "resourceAccount": account, "context": {},
        },
        "identityPolicies": [], "resourcePolicy": null, "scps": [], "rcps": [],
        "permissionBoundaries": null, "sessionPolicies": null, "vpcEndpointPolicies": null,
        "settings": {},
    }))
}

/// `U` asks for the object of bucket `b`.
pub(super) fn get(principal: &str) -> Line {
    line(principal, "s3:GetObject", OBJECT)
}

impl Line {
    pub(super) fn put(mut self, name: &str, value: Value) -> Self {
        self.0[name] = value;
        self
    }
    pub(super) fn push(mut self, name: &str, value: Value) -> Self {
        if self.0[name].is_null() {
            self.0[name] = json!([]);
        }
        self.0[name].as_array_mut().unwrap().push(value);
        self
    }
    pub(super) fn identity(self, statement: Value) -> Self {
        self.push("identityPolicies", policy(statement))
    }
    pub(super) fn boundary(self, statement: Value) -> Self {
        self.push("permissionBoundaries", policy(statement))
    }
    pub(super) fn session(self, statement: Value) -> Self {
        self.push("sessionPolicies", policy(statement))
    }
    pub(super) fn resource(self, statement: Value) -> Self {
        self.put("resourcePolicy", policy(statement))
    }
    /// Attaches an SCP to a level, which comes last if it is new.
    pub(super) fn scp(self, level: &str, statement: Value) -> Self {
        self.attach("scps", level, policy(statement))
    }
    /// Attaches an RCP to a level; its principal is everybody.
    pub(super) fn rcp(self, level: &str, statement: Value) -> Self {
        self.attach("rcps", level, policy(to(json!("*"), statement)))
    }
    /// Adds the policy of a VPC endpoint that the request passes.
    pub(super) fn endpoint(self, statement: Value) -> Self {
        self.push("vpcEndpointPolicies", policy(statement))
    }
    fn attach(mut self, name: &str, level: &str, policy: Value) -> Self {
        let levels = self.0[name].as_array_mut().unwrap();
        match levels.iter_mut().find(|at| at["level"] == level) {
            Some(at) => at["policies"].as_array_mut().unwrap().push(policy),
            None => levels.push(json!({"level": level, "policies": [policy]})),
        }
        self
    }
    pub(super) fn explained(&self) -> Value {
        let answer = evaluate::answer(&self.0.to_string(), &Settings::default(), true);
        serde_json::to_value(answer).unwrap()
    }
    pub(super) fn owner(mut self, account: &str) -> Self {
        self.0["request"]["resourceAccount"] = json!(account);
        self
    }
    pub(super) fn request(mut self, name: &str, value: Value) -> Self {
        self.0["request"][name] = value;
        self
    }
    pub(super) fn context(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0["request"]["context"][key] = value.into();
        self
    }
    pub(super) fn set(mut self, name: &str, value: &str) -> Self {
        self.0["settings"][name] = json!(value);
        self
    }
    pub(super) fn answer(&self) -> Value {
        let answer = evaluate::answer(&self.0.to_string(), &Settings::default(), false);
        serde_json::to_value(answer).unwrap()
    }
    pub(super) fn decision(&self) -> String {
        let answer = self.answer();
        answer["decision"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }
    /// Asserts a decision by its first letter.
    #[track_caller]
    pub(super) fn is(&self, letter: char) -> Value {
        let answer = self.answer();
        let decision = answer["decision"].as_str().unwrap_or_default();
        assert!(
            decision.starts_with(letter),
            "expected {letter}: {answer}\n{}",
            self.0
        );
        // `explain` gives the same verdict as `decide`.
        let explained = self.explained();
        for (name, value) in answer.as_object().unwrap() {
            assert_eq!(&explained[name], value, "{name} of {}", self.0);
        }
        answer
    }
    /// The decision's first letter, small where it is not certain; `?` where
    /// the line is refused.
    pub(super) fn outcome(&self) -> char {
        let answer = self.answer();
        if answer["error"].is_object() {
            return '?';
        }
        let letter = answer["decision"].as_str().unwrap().chars().next().unwrap();
        let explained = self.explained();
        assert_eq!(explained["decision"], answer["decision"], "{}", self.0);
        if answer["certain"] == true {
            letter
        } else {
            letter.to_ascii_lowercase()
        }
    }
    #[track_caller]
    pub(super) fn is_error(&self, kind: &str) -> Value {
        let answer = self.answer();
        assert_eq!(answer["error"]["kind"], kind, "{answer}");
        answer["error"].clone()
    }
    /// Asserts that a setting other than the default gives another decision,
    /// and that the verdict under the default says so.
    #[track_caller]
    pub(super) fn turns(&self, setting: &str, value: &str, default: char, other: char) {
        let answer = self.is(default);
        if setting != "resource-colons" {
            assert_eq!(answer["certain"], false, "{answer}");
            let all = answer["uncertain"].as_array().unwrap();
            let one = all
                .iter()
                .find(|u| u["setting"] == setting && u["value"] == value);
            let decision = one.unwrap_or_else(|| panic!("{answer}"))["decision"].as_str();
            assert!(decision.unwrap().starts_with(other), "{answer}");
        }
        self.clone().set(setting, value).is(other);
    }
}

pub(super) fn policy(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statement})
}

pub(super) fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

pub(super) fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

pub(super) fn to(principal: Value, mut statement: Value) -> Value {
    statement["Principal"] = principal;
    statement
}

pub(super) fn aws(principal: &str) -> Value {
    json!({"AWS": principal})
}

pub(super) fn not_to(principal: Value, mut statement: Value) -> Value {
    statement["NotPrincipal"] = principal;
    statement
}

pub(super) fn when(
    mut statement: Value,
    operator: &str,
    key: &str,
    value: impl Into<Value>,
) -> Value {
    statement["Condition"] = json!({operator: {key: value.into()}});
    statement
}

/// Whether an Allow on everything under one condition is allowed.
pub(super) fn holds(
    operator: &str,
    key: &str,
    wanted: impl Into<Value>,
    found: Option<Value>,
) -> Line {
    let asked = get(U).identity(when(allow("*", "*"), operator, key, wanted));
    match found {
        Some(value) => asked.context(key, value),
        None => asked,
    }
}

pub(super) const ALLOW_ALL: fn() -> Value = || allow("*", "*");
pub(super) const EC2: fn() -> Value = || allow("ec2:*", "*");

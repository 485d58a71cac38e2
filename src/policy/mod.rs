//! The typed policy: one file for each concept of the language (floor 3).

mod action;
mod arn;
mod condition;
mod detect;
mod document;
mod fill;
mod parse;
mod pattern;
mod principal;
mod print;
mod resource;
mod statement;
mod symbol;
mod token;

pub use action::{ActionKind, ActionPattern};
pub use arn::Arn;
pub use condition::{BaseOperator, Condition, ConditionValue, Operator, Qualifier, ValueKind};
pub use document::{Occurrence, Policy, PolicyType, Version};
pub use parse::{CODES, Reading, is_fatal, looks_like_policy, parse};
pub use pattern::{Pattern, PatternSyntax, Token};
pub use principal::{Principal, PrincipalKind, PrincipalValue, Principals};
pub use print::{print, print_compact, size};
pub use resource::{ResourceKind, ResourcePattern};
pub use statement::{Effect, Element, Statement};
pub use symbol::{
    Domain, Symbol, as_symbol, given_apart, has_symbol, shown_arn, substitute, symbol_of,
    symbols_in,
};
pub use token::{deployment_token, deployment_tokens};

//! The simulator: one concrete request against one set of policies. It is the
//! reference meaning of a policy, written from the rules R1–R95; it shares no
//! matching code with any other engine.

mod action;
mod all;
mod arn;
mod base64;
mod batch;
mod compile;
mod conditions;
mod context;
mod date;
mod decide;
mod decisive;
mod env;
mod explain;
mod glob;
mod layers;
pub mod matching;
mod network;
mod number;
mod operators;
mod organization;
mod permits;
mod principals;
mod public;
mod residual;
mod resource;
mod situation;
mod special;
mod template;
mod trace;

pub use all::{Part, Together, evaluate_all};
pub use batch::{
    Answer, Answered, BatchError, Explained, Question, Refused, answer, question, template,
};
pub use compile::CompiledPolicy;
pub use decide::{Decision, Uncertainty, Verdict, decide, decide_identity};
pub use explain::explain;
pub use layers::{Layer, Level, PolicySet};
pub use permits::permits;
pub use principals::How;
pub use residual::{Literal, Residual, Unknown, residual};
pub use situation::{EvaluateError, MAX_RESOURCE_BYTES, MAX_VALUE_BYTES};
pub use trace::{
    ConditionTrace, EntryTrace, Grant, Keys, LayerResult, LayerTrace, PartTrace, Place,
    RequestValues, StatementTrace, Trace, ValueTrace,
};

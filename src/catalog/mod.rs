//! What AWS defines: actions, resource types, condition keys, operations,
//! principals, partitions, quotas (floor 4).
//!
//! The facts are `action-catalog/`, packed by `build.rs` into one blob that the
//! binary embeds. Opening it reads an index only; a service is decoded when it
//! is first asked for, a small file likewise. Names compare without case and
//! keep AWS's.
//!
//! Everything here is of the catalog's [date](Catalog::date): what it does not
//! know may still exist, so a lookup that misses says why
//! ([`Catalog::why_missing`]) and no proof rests on an absence.

mod action;
mod blob;
mod condition_key;
mod encode;
mod lookup;
mod managed;
mod names;
mod observability;
mod operation;
mod partition;
mod privilege;
mod quota;
mod resource_type;
mod service;
mod template;

pub use action::{AccessLevel, Action, ActionRef, Scope};
pub use condition_key::{ConditionKey, GlobalKey, KeyType};
pub use lookup::{Catalog, CatalogError, Missing};
pub use managed::{managed_policies_date, managed_policy};
pub use observability::Observability;
pub use operation::{Need, Operation, ResourceHint, Rule, When};
pub use partition::Partition;
pub use quota::{Confidence, Quota};
pub use resource_type::{ArnFormat, ResourceType};
pub use service::Service;

use std::sync::OnceLock;

/// The blob that `build.rs` wrote.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));

static CATALOG: OnceLock<Catalog> = OnceLock::new();

/// The catalog of this run: the one that the binary embeds, unless another was
/// [installed](install).
#[must_use]
pub fn get() -> &'static Catalog {
    CATALOG.get_or_init(Catalog::embedded)
}

/// Makes `catalog` the one that [`get`] gives. Answers of one run rest on one
/// catalog, so this works only once and before the first question; otherwise
/// the catalog comes back.
///
/// # Errors
/// The catalog, when another one is in use already.
pub fn install(catalog: Catalog) -> Result<(), Box<Catalog>> {
    CATALOG.set(catalog).map_err(Box::new)
}

//! Which actions CloudTrail can show (`cloudtrail.md` 5).

use super::action::{AccessLevel, ActionRef};
use super::lookup::Catalog;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Whether a trail can show that an action was used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Observability<'c> {
    /// Any trail shows it, unless it leaves the source out.
    Management,
    /// Only a trail that selects one of these resource types.
    Data {
        /// Values of `resources[].type`.
        types: Vec<&'c str>,
    },
    /// No record of it exists.
    Never {
        /// Why.
        why: &'c str,
    },
    /// Not known: treat like data that is not covered.
    Unknown,
}

/// `observability.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ObservabilityTable {
    management_exclusions: Vec<String>,
    data: BTreeMap<String, DataType>,
    never: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct DataType {
    prefix: String,
    actions: Option<Vec<String>>,
}

impl Catalog {
    fn observability_table(&self) -> &ObservabilityTable {
        let cell = &self.tables().observability;
        cell.get_or_init(|| self.table("observability.json"))
    }

    /// Event sources that a trail of management events may leave out.
    #[must_use]
    pub fn management_exclusions(&self) -> &[String] {
        &self.observability_table().management_exclusions
    }

    /// The action prefix behind a data event type (`AWS::S3::Object`).
    #[must_use]
    pub fn data_event_prefix(&self, resource_type: &str) -> Option<&str> {
        let found = self.observability_table().data.get(resource_type)?;
        Some(&found.prefix)
    }

    /// Whether CloudTrail can show an action.
    #[must_use]
    pub fn observability(&self, action: ActionRef<'_>) -> Observability<'_> {
        let table = self.observability_table();
        let name = action.name();
        let prefix = action.service.prefix;
        let never = table.never.get(&name);
        if let Some(why) = never.or_else(|| table.never.get(&format!("{prefix}:*"))) {
            return Observability::Never { why };
        }
        let lists = |kind: &DataType| kind.actions.as_ref().is_some_and(|all| all.contains(&name));
        let of_type = table.data.iter().filter(|(_, kind)| lists(kind));
        let types: Vec<&str> = of_type.map(|(name, _)| name.as_str()).collect();
        if !types.is_empty() {
            return Observability::Data { types };
        }
        // A service with a data event type whose actions nobody enumerated.
        let open = |kind: &DataType| kind.prefix == prefix && kind.actions.is_none();
        let settled = matches!(
            action.access(),
            AccessLevel::Permissions | AccessLevel::Tagging
        );
        let nameless = action.action.no_operation && action.operations().is_empty();
        if nameless && !self.is_curated(&name) || !settled && table.data.values().any(open) {
            return Observability::Unknown;
        }
        Observability::Management
    }
}

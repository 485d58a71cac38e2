//! Size and count quotas of policy documents.

use super::lookup::Catalog;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How sure a quota's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// An official page.
    Documented,
    /// Several independent copies of the official page.
    Corroborated,
    /// The longest value that the service's API model allows: an upper bound.
    ApiModel,
    /// Somebody else's word.
    ThirdParty,
    /// Nobody's word.
    Unverified,
}

/// A quota. Only documented and corroborated ones make an error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Quota {
    /// Its name: `iam.managed-policy`.
    #[serde(skip)]
    pub id: String,
    /// The default value.
    pub limit: u64,
    /// The value before the latest change.
    pub previous: Option<u64>,
    /// The ceiling after a quota increase, where it can be raised.
    pub max: Option<u64>,
    /// `chars`, `bytes`, `count`, ….
    pub unit: String,
    /// Whether white space counts; unknown with `None`: count it.
    pub whitespace: Option<bool>,
    /// Statements a document may have.
    pub statements: Option<u64>,
    /// Principals a document may name.
    pub principals: Option<u64>,
    /// Conditions a document may hold.
    pub conditions: Option<u64>,
    /// Actions a statement may name.
    pub actions_per_statement: Option<u64>,
    /// Resources a statement may name.
    pub resources_per_statement: Option<u64>,
    /// How sure the value is.
    pub confidence: Confidence,
}

/// `quotas.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct QuotaTable {
    quotas: BTreeMap<String, Quota>,
}

impl Catalog {
    /// All quotas, sorted by id.
    #[must_use]
    pub fn quotas(&self) -> &[Quota] {
        self.tables().quotas.get_or_init(|| {
            let table: QuotaTable = self.table("quotas.json");
            let named = |(id, quota)| Quota { id, ..quota };
            table.quotas.into_iter().map(named).collect()
        })
    }

    /// The quota of an id: `iam.managed-policy`.
    #[must_use]
    pub fn quota(&self, id: &str) -> Option<&Quota> {
        self.quotas().iter().find(|quota| quota.id == id)
    }
}

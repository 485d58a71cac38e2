//! Partitions, regions and service principals.

use super::lookup::Catalog;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A partition of AWS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Partition {
    /// `aws`, `aws-cn`, ….
    #[serde(skip)]
    pub id: String,
    /// `amazonaws.com`, ….
    pub dns_suffix: String,
    /// What its region names look like.
    pub region_regex: String,
    /// Its regions, with the pseudo-region of its global services.
    pub regions: Vec<String>,
}

/// `service-principals.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Principals {
    principals: Vec<String>,
}

impl Catalog {
    /// All partitions, sorted by id.
    #[must_use]
    pub fn partitions(&self) -> &[Partition] {
        self.tables().partitions.get_or_init(|| {
            let table: BTreeMap<String, Partition> = self.table("partitions.json");
            let named = |(id, partition)| Partition { id, ..partition };
            table.into_iter().map(named).collect()
        })
    }

    /// The partition of a name: `aws-cn`.
    #[must_use]
    pub fn partition(&self, id: &str) -> Option<&Partition> {
        self.partitions()
            .iter()
            .find(|partition| partition.id == id)
    }

    /// Whether a region is listed. One that is not may be newer: a hint at
    /// most, never an error.
    #[must_use]
    pub fn is_region(&self, name: &str) -> bool {
        let listed = |partition: &Partition| partition.regions.iter().any(|region| region == name);
        self.partitions().iter().any(listed)
    }

    /// Whether a service principal is known, also in its regional form
    /// (`logs.eu-west-1.amazonaws.com`) and those of other partitions
    /// (`ec2.amazonaws.com.cn`). The list holds the plain names only.
    #[must_use]
    pub fn is_service_principal(&self, name: &str) -> bool {
        let cell = &self.tables().principals;
        let known: &Principals = cell.get_or_init(|| self.table("service-principals.json"));
        let listed = |name: &str| known.principals.iter().any(|p| p == name);
        if listed(name) {
            return true;
        }
        let labels = self
            .partitions()
            .iter()
            .filter_map(|partition| name.strip_suffix(&partition.dns_suffix))
            .filter_map(|labels| labels.strip_suffix('.'));
        labels.into_iter().any(|labels| {
            let plain = match labels.rsplit_once('.') {
                Some((service, region)) if self.is_region(region) => service,
                _ => labels,
            };
            listed(&format!("{plain}.amazonaws.com"))
        })
    }

    /// The known service principal nearest to a name, at most two edits away.
    #[must_use]
    pub fn nearest_service_principal(&self, name: &str) -> Option<&str> {
        let cell = &self.tables().principals;
        let known: &Principals = cell.get_or_init(|| self.table("service-principals.json"));
        super::names::nearest(name, known.principals.iter().map(String::as_str))
    }
}

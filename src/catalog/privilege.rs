//! Our own judgement of actions, kept apart from AWS's facts.

use super::lookup::Catalog;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `privileges.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PrivilegeTable {
    privileges: BTreeMap<String, String>,
    data_reads: BTreeMap<String, String>,
}

impl Catalog {
    fn privilege_table(&self) -> &PrivilegeTable {
        let cell = &self.tables().privileges;
        cell.get_or_init(|| self.table("privileges.json"))
    }

    /// The actions that move privilege or hand out data or secrets.
    pub fn sensitive_actions(&self) -> impl Iterator<Item = &str> {
        let PrivilegeTable {
            privileges,
            data_reads,
        } = self.privilege_table();
        privileges
            .keys()
            .chain(data_reads.keys())
            .map(String::as_str)
    }

    /// How an action moves privilege, whatever AWS's access level says;
    /// `iam:PassRole` "lets a service act as the role".
    #[must_use]
    pub fn privilege(&self, action: &str) -> Option<&str> {
        find(&self.privilege_table().privileges, action)
    }

    /// What data or secrets a reading action hands out.
    #[must_use]
    pub fn data_read(&self, action: &str) -> Option<&str> {
        find(&self.privilege_table().data_reads, action)
    }
}

fn find<'t>(table: &'t BTreeMap<String, String>, action: &str) -> Option<&'t str> {
    let same = |(name, _): &(&String, &String)| name.eq_ignore_ascii_case(action);
    table.iter().find(same).map(|(_, reason)| reason.as_str())
}

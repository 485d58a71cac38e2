//! Operations → actions: what a call needs (`catalog.md` 4).

use super::action::ActionRef;
use super::lookup::Catalog;
use super::service::Service;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a call of an operation needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation<'c> {
    /// These actions, all whose condition holds.
    Needs {
        /// The actions.
        needs: Vec<Need<'c>>,
        /// How they were found.
        rule: Rule,
    },
    /// No identity permission at all.
    NoPermission {
        /// Why.
        reason: &'c str,
    },
    /// Nothing is known. Never guess.
    Unmapped {
        /// Whether the service model has an operation of this name.
        known: bool,
    },
}

/// One needed action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need<'c> {
    /// The action.
    pub action: ActionRef<'c>,
    /// When it is needed; always with `None`.
    pub when: Option<&'c When>,
    /// Where the request names the resource.
    pub resources: Vec<ResourceHint<'c>>,
}

/// When an action is needed, read off `requestParameters`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// One of these members is there.
    Present(Vec<String>),
    /// The member starts with the word, without case; `x[]` is each element.
    Starts(BTreeMap<String, String>),
    /// The record does not tell; the text says why.
    Maybe(String),
}

/// Where a request names the resource of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceHint<'c> {
    /// Members of `requestParameters` that together name a resource of a type;
    /// `x[]` is each element. The value may itself be an ARN.
    Members {
        /// The members: `["bucketName", "key"]`.
        members: Vec<&'c str>,
        /// The resource type of the action: `object`.
        resource_type: &'c str,
    },
    /// The request's path, with `{parameters}`: `/restapis/{restapi_id}`.
    Path(&'c str),
}

/// How the actions of an operation were found, in the order they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The action is the HTTP method (API Gateway).
    HttpMethod,
    /// A row written by hand.
    Curated,
    /// An action has the operation's name.
    SameName,
    /// AWS's page of the action documents the operation.
    Documented,
}

/// `operations.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct OperationTable {
    /// Read by the refresh only.
    #[serde(rename = "sdk_prefixes")]
    _sdk_prefixes: BTreeMap<String, String>,
    event_sources: BTreeMap<String, String>,
    operations: BTreeMap<String, BTreeMap<String, Vec<Row>>>,
    no_permission: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
struct Row {
    action: String,
    when: Option<When>,
    #[serde(default)]
    resource: BTreeMap<String, String>,
}

/// `sdk-operations.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SdkTable {
    event_sources: BTreeMap<String, Vec<String>>,
    apigateway: BTreeMap<String, Vec<String>>,
    unmapped: BTreeMap<String, Vec<String>>,
}

impl Catalog {
    fn operation_table(&self) -> &OperationTable {
        let cell = &self.tables().operations;
        cell.get_or_init(|| self.table("operations.json"))
    }

    fn sdk_table(&self) -> &SdkTable {
        let cell = &self.tables().sdk;
        cell.get_or_init(|| self.table("sdk-operations.json"))
    }

    /// The action prefixes that an event source may stand for, likeliest
    /// first: `monitoring.amazonaws.com` is `cloudwatch`.
    #[must_use]
    pub fn event_source_prefixes(&self, event_source: &str) -> Vec<&str> {
        let source = event_source.to_ascii_lowercase();
        let label = self
            .partitions()
            .iter()
            .filter_map(|partition| source.strip_suffix(&partition.dns_suffix))
            .find_map(|label| label.strip_suffix('.'))
            .unwrap_or(&source);
        let alias = self.operation_table().event_sources.get(label);
        let own = self.service(label).map(|service| service.prefix);
        let models = self.sdk_table().event_sources.get(label);
        let mut prefixes = Vec::new();
        let all = alias.map(String::as_str).into_iter().chain(own);
        for prefix in all.chain(models.into_iter().flatten().map(String::as_str)) {
            if !prefixes.contains(&prefix) {
                prefixes.push(prefix);
            }
        }
        prefixes
    }

    /// What the call behind an event needs: by rule, by a curated row, by the
    /// action of the same name, by AWS's documentation of an action, in this
    /// order. A version suffix (`CreateFunction20150331`) is dropped where the
    /// bare name is known.
    #[must_use]
    pub fn operation(&self, event_source: &str, event_name: &str) -> Operation<'_> {
        let prefixes = self.event_source_prefixes(event_source);
        let names = [Some(event_name), without_version(event_name)];
        for name in names.into_iter().flatten() {
            for prefix in &prefixes {
                if let Some(found) = self.operation_of(prefix, name) {
                    return found;
                }
            }
        }
        let unmapped = &self.sdk_table().unmapped;
        let known = prefixes.iter().any(|prefix| {
            let names = unmapped.get(*prefix);
            names.is_some_and(|names| names.iter().any(|name| name == event_name))
        });
        Operation::Unmapped { known }
    }

    fn operation_of(&self, prefix: &str, name: &str) -> Option<Operation<'_>> {
        if prefix == "apigateway" {
            return self.by_method(name);
        }
        let table = self.operation_table();
        if let Some(reason) = table.no_permission.get(prefix).and_then(|t| t.get(name)) {
            return Some(Operation::NoPermission { reason });
        }
        if let Some(rows) = table.operations.get(prefix).and_then(|t| t.get(name)) {
            return Some(Operation::Needs {
                needs: rows.iter().filter_map(|row| self.need(row)).collect(),
                rule: Rule::Curated,
            });
        }
        let service = self.service(prefix)?;
        if let Some(action) = service.action(name) {
            return Some(Operation::Needs {
                needs: vec![plain(action)],
                rule: Rule::SameName,
            });
        }
        let mut documented = documented(service, name);
        // Several candidates are alternatives, and nothing tells which.
        let only = documented.next()?;
        documented.next().is_none().then(|| Operation::Needs {
            needs: vec![plain(only)],
            rule: Rule::Documented,
        })
    }

    fn by_method(&self, name: &str) -> Option<Operation<'_>> {
        let service = self.service("apigateway")?;
        let lines = self.sdk_table().apigateway.get(name)?;
        let mut needs: Vec<Need> = Vec::new();
        for line in lines {
            let (method, path) = line.split_once(' ')?;
            let action = service.action(method)?;
            let path = ResourceHint::Path(path);
            match needs.iter_mut().find(|need| need.action == action) {
                Some(need) => need.resources.push(path),
                None => needs.push(Need {
                    resources: vec![path],
                    ..plain(action)
                }),
            }
        }
        let rule = Rule::HttpMethod;
        // The two generations of the API disagree on the method: no guess.
        (needs.len() == 1).then_some(Operation::Needs { needs, rule })
    }

    fn need<'c>(&'c self, row: &'c Row) -> Option<Need<'c>> {
        let hint = |(members, kind): (&'c String, &'c String)| ResourceHint::Members {
            members: members.split('+').collect(),
            resource_type: kind,
        };
        Some(Need {
            action: self.action(&row.action)?,
            when: row.when.as_ref(),
            resources: row.resource.iter().map(hint).collect(),
        })
    }

    /// Whether a row written by hand leads to an action.
    pub(super) fn is_curated(&self, action: &str) -> bool {
        let rows = self.operation_table().operations.values();
        rows.flat_map(BTreeMap::values)
            .flatten()
            .any(|row| row.action == action)
    }

    /// The actions of other names that authorise an operation.
    pub(super) fn authorising(&self, service: &Service, operation: &str) -> Vec<String> {
        let rows = self.operation_table().operations.get(service.prefix);
        let row = rows
            .into_iter()
            .flatten()
            .find(|(name, _)| name.eq_ignore_ascii_case(operation));
        match row {
            Some((_, rows)) => rows.iter().map(|row| row.action.clone()).collect(),
            None => documented(service, operation).map(|a| a.name()).collect(),
        }
    }
}

fn plain(action: ActionRef<'_>) -> Need<'_> {
    Need {
        action,
        when: None,
        resources: Vec::new(),
    }
}

/// Actions whose page documents the operation.
fn documented<'c>(service: &'c Service, operation: &str) -> impl Iterator<Item = ActionRef<'c>> {
    service.actions().filter(move |action| {
        let of = |op: &&str| {
            op.split_once('.')
                .is_some_and(|(_, name)| name.eq_ignore_ascii_case(operation))
        };
        action.operations().iter().any(of)
    })
}

/// The name before a version of an API: `20150331`, `20150331v2`, `2018_06_18`
/// at the end. No action's name holds such a suffix.
fn without_version(name: &str) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let dated = match name.rsplit_once('v') {
        Some((head, revision)) if digits(revision) => head,
        _ => name,
    };
    let compact = |at: &str| at.starts_with("20") && digits(at);
    let spelt = |at: &str| {
        let mut parts = at.split('_').map(|part| (part.len(), digits(part)));
        at.starts_with("20") && [4, 2, 2].iter().all(|&n| parts.next() == Some((n, true)))
    };
    cut_tail(dated, 8, compact).or_else(|| cut_tail(name, 10, spelt))
}

/// The name without its last `length` bytes, where they pass the test and
/// something is left.
fn cut_tail(name: &str, length: usize, test: impl Fn(&str) -> bool) -> Option<&str> {
    let (head, tail) = name.split_at_checked(name.len().checked_sub(length)?)?;
    (test(tail) && !head.is_empty()).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_are_versions() {
        for (name, bare) in [
            ("CreateFunction20150331", Some("CreateFunction")),
            ("AddPermission20150331v2", Some("AddPermission")),
            ("CreateDistribution2018_06_18", Some("CreateDistribution")),
            ("CreateLocationS3", None),
            ("GetMetricDataV2", None),
            ("20150331", None),
            ("X19991231", None),
            ("v2", None),
            ("", None),
            ("Äö20150331", Some("Äö")),
        ] {
            assert_eq!(without_version(name), bare, "{name}");
        }
    }
}

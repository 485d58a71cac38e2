//! Which actions a row's call needs, in the order of `cloudtrail.md` 4: the
//! action that a refusal names, then what the catalog knows of the operation.
//! Never a guess.

use super::row::Use;
use crate::catalog::{ActionRef, Catalog, Operation, When};
use std::collections::HashMap;

/// What a call needs.
#[derive(Debug)]
pub(super) enum Needed<'c> {
    /// These actions.
    Actions(Vec<ActionRef<'c>>),
    /// No permission of the caller's.
    Nothing,
    /// Nothing is known of it.
    Unmapped,
}

/// What calls need, each looked up once.
pub(super) struct Calls<'c> {
    catalog: &'c Catalog,
    /// Source → event → what the catalog knows.
    known: HashMap<String, HashMap<String, Operation<'c>>>,
}

impl<'c> Calls<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        let known = HashMap::new();
        Self { catalog, known }
    }

    /// The actions of a row. `iam:PassRole` is inferred elsewhere, from the
    /// roles that the parameters name.
    pub(super) fn needed(&mut self, row: &Use) -> Needed<'c> {
        let named = row.denied_action.as_deref();
        if let Some(action) = named.and_then(|name| self.catalog.action(name)) {
            return Needed::Actions(vec![action]);
        }
        match self.operation(&row.source, &row.event) {
            Operation::NoPermission { .. } => Needed::Nothing,
            Operation::Unmapped { .. } => Needed::Unmapped,
            Operation::Needs { needs, .. } => {
                let fits = needs.iter().filter(|need| {
                    need.when.is_none_or(|when| holds(when, row)) && !is_pass_role(&need.action)
                });
                let actions: Vec<_> = fits.map(|need| versioned(need.action, row)).collect();
                match actions.is_empty() {
                    true => Needed::Unmapped,
                    false => Needed::Actions(actions),
                }
            }
        }
    }

    fn operation(&mut self, source: &str, event: &str) -> &Operation<'c> {
        let of_source = self.known.entry(source.to_owned()).or_default();
        let operation = of_source.entry(event.to_owned());
        operation.or_insert_with(|| self.catalog.operation(source, event))
    }
}

fn is_pass_role(action: &ActionRef<'_>) -> bool {
    action.service.prefix == "iam" && action.action.name == "PassRole"
}

/// Whether the record tells that a condition holds. Where it does not tell, the
/// action is no evidence.
fn holds(when: &When, row: &Use) -> bool {
    match when {
        When::Present(members) => members.iter().any(|member| {
            let within = |path: &str| {
                let rest = path.strip_prefix(member.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            row.extra.present.contains(member) || row.params.iter().any(|(path, _)| within(path))
        }),
        When::Starts(words) => words.iter().any(|(member, word)| {
            let values = row.params.get(&member.replace("[]", ""));
            let starts = |value: &String| {
                let start = value.get(..word.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(word))
            };
            values.is_some_and(|values| values.iter().any(starts))
        }),
        When::Maybe(_) => false,
    }
}

/// Calls on a version of an S3 object are authorised by an action of their own.
fn versioned<'c>(action: ActionRef<'c>, row: &Use) -> ActionRef<'c> {
    if action.service.prefix != "s3"
        || !row.extra.present.iter().any(|member| member == "versionId")
    {
        return action;
    }
    let other = match action.action.name {
        "GetObject" => "GetObjectVersion",
        "GetObjectAcl" => "GetObjectVersionAcl",
        "GetObjectAttributes" => "GetObjectVersionAttributes",
        "GetObjectTagging" => "GetObjectVersionTagging",
        "PutObjectAcl" => "PutObjectVersionAcl",
        "PutObjectTagging" => "PutObjectVersionTagging",
        "DeleteObject" => "DeleteObjectVersion",
        "DeleteObjectTagging" => "DeleteObjectVersionTagging",
        _ => return action,
    };
    action.service.action(other).unwrap_or(action)
}

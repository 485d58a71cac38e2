//! Resources against patterns (R46, R55–R60).

use super::arn::{self, RequestArn};
use super::env::{Env, Target};
use super::glob::{self, Unit};
use super::template::{self, Template};
use crate::policy::{PolicyType, ResourceKind, ResourcePattern};
use crate::semantics::{
    ArnPrefixCase, IncompleteArn, ResourceColons, Setting, UnresolvedInResource,
    WildcardInResourceType,
};

/// A compiled entry of `Resource` or `NotResource`.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Any,
    Arn {
        /// The fields but the last, which alone may hold variables (R88).
        head: Vec<Vec<Unit>>,
        last: Template,
    },
    Text(Template),
}

/// What an entry says about the request's resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
    /// A variable has no value (R90).
    Unresolved,
    /// The statement cannot be used at all (R58).
    Invalid,
}

impl Resource {
    pub(super) fn new(pattern: &ResourcePattern) -> Self {
        let kind = match &pattern.kind {
            ResourceKind::Any => Kind::Any,
            ResourceKind::Malformed(text) => Kind::Text(Template::new(text)),
            ResourceKind::Arn(fields) => {
                let mut templates: Vec<Template> = fields.iter().map(Template::new).collect();
                match templates.pop() {
                    None => Kind::Text(Template::Fixed(Vec::new())),
                    Some(last) => Kind::Arn {
                        head: templates.into_iter().map(fixed).collect(),
                        last,
                    },
                }
            }
        };
        Self {
            text: pattern.text.clone(),
            kind,
        }
    }

    /// Whether it is an ARN with fewer than six fields (R58).
    pub(super) fn is_incomplete(&self) -> bool {
        matches!(&self.kind, Kind::Arn { head, .. } if head.len() < 5)
    }

    /// Whether the ARN's partition holds a wildcard (R58).
    pub(super) fn has_partition_wildcard(&self) -> bool {
        match &self.kind {
            Kind::Arn { head, last } => match (head.get(1), last) {
                (Some(field), _) => has_wildcard(field),
                (None, Template::Fixed(field)) => head.len() == 1 && has_wildcard(field),
                (None, Template::Variable(_)) => false,
            },
            _ => false,
        }
    }

    pub(super) fn has_variables(&self) -> bool {
        self.template().is_some_and(Template::has_variables)
    }

    /// Whether it fits the request whatever values its variables have.
    pub(super) fn could_fit(&self, env: &Env) -> bool {
        match (&self.kind, env.target) {
            (Kind::Arn { head, last }, Target::Arn(arn)) => {
                let open = last.open();
                let fields: Vec<&[Unit]> = head.iter().map(Vec::as_slice).chain([&*open]).collect();
                arn::matches(&fields, &arn, env.settings.resource_colons, true)
            }
            _ => false,
        }
    }

    pub(super) fn template(&self) -> Option<&Template> {
        match &self.kind {
            Kind::Any => None,
            Kind::Arn { last, .. } | Kind::Text(last) => Some(last),
        }
    }

    /// The entry with its variables filled in; `None` where it has none, or
    /// one of them has no value.
    pub(super) fn resolved(&self, env: &Env) -> Option<String> {
        let last = self.template().filter(|last| last.has_variables())?;
        let last = template::text(&last.resolve(env)?);
        let head = match &self.kind {
            Kind::Arn { head, .. } => head.as_slice(),
            _ => &[],
        };
        let mut fields: Vec<String> = head.iter().map(|field| template::text(field)).collect();
        fields.push(last);
        Some(fields.join(":"))
    }

    /// Matches the request's resource in a policy of this type.
    pub(super) fn fit(&self, env: &Env, policy_type: PolicyType) -> Fit {
        let arn = match (&self.kind, env.target) {
            (Kind::Any, _) => return Fit::Yes,
            // Only a literal `*` covers the request resource `*` (R46).
            (_, Target::Star) => return Fit::No,
            (_, Target::Arn(arn)) => arn,
        };
        match &self.kind {
            Kind::Any => Fit::Yes,
            Kind::Text(text) => {
                if env.settings.resource_colons != ResourceColons::Glob {
                    return Fit::No;
                }
                match text.resolve(env) {
                    Some(units) => yes(glob::matches(&units, arn.text, fold_until(env, &arn))),
                    None => Fit::Unresolved,
                }
            }
            Kind::Arn { head, last } => {
                let Some(last) = last.resolve(env) else {
                    return Fit::Unresolved;
                };
                fit_arn(env, policy_type, head, &last, &arn)
            }
        }
    }
}

fn fixed(template: Template) -> Vec<Unit> {
    match template {
        Template::Fixed(units) => units,
        // The parser leaves variables to the last field; a field with one
        // matches no request, and neither does this.
        Template::Variable(_) => vec![Unit::Char('$')],
    }
}

fn yes(matched: bool) -> Fit {
    if matched { Fit::Yes } else { Fit::No }
}

fn has_wildcard(units: &[Unit]) -> bool {
    units.iter().any(|unit| !matches!(unit, Unit::Char(_)))
}

fn fold_until(env: &Env, arn: &RequestArn) -> usize {
    match env.settings.arn_prefix_case {
        ArnPrefixCase::Insensitive => arn.rest,
        ArnPrefixCase::Sensitive => 0,
    }
}

fn fit_arn(
    env: &Env,
    policy_type: PolicyType,
    head: &[Vec<Unit>],
    last: &[Unit],
    arn: &RequestArn,
) -> Fit {
    let mut fields: [&[Unit]; 6] = [&[Unit::Any]; 6];
    let written = head.iter().map(Vec::as_slice).chain([last]);
    let mut count = 0;
    for (slot, field) in fields.iter_mut().zip(written) {
        *slot = field;
        count += 1;
    }
    let as_written = fields.get(..count).unwrap_or_default();
    let completed = if count < 6 {
        env.touched.add(Setting::IncompleteArn);
        match completion(env, policy_type, as_written) {
            Completion::Completed => Some(fields),
            Completion::Nothing => return Fit::No,
            Completion::Invalid => return Fit::Invalid,
        }
    } else {
        None
    };
    let matches = |fold: bool| {
        let colons = env.settings.resource_colons;
        arn::matches(as_written, arn, colons, fold)
            || completed.is_some_and(|full| arn::matches(&full, arn, colons, fold))
    };
    if !matches(true) {
        return Fit::No;
    }
    if may_fold(head, arn) && !matches(false) {
        env.touched.add(Setting::ArnPrefixCase);
        if env.settings.arn_prefix_case == ArnPrefixCase::Sensitive {
            return Fit::No;
        }
    }
    if count == 6 && type_word_has_wildcard(env, arn, last) {
        env.touched.add(Setting::WildcardInResourceType);
        if env.settings.wildcard_in_resource_type == WildcardInResourceType::Reject {
            return Fit::No;
        }
    }
    Fit::Yes
}

/// Whether letter case could matter at all: seldom, and cheaply told.
fn may_fold(head: &[Vec<Unit>], arn: &RequestArn) -> bool {
    let upper = |unit: &Unit| matches!(unit, Unit::Char(c) if c.is_ascii_uppercase());
    let prefix = arn.text.get(..arn.rest).unwrap_or_default();
    prefix.bytes().any(|b| b.is_ascii_uppercase()) || head.iter().flatten().any(upper)
}

/// Whether the resource-type word of a pattern, in front of its first `/` or
/// `:`, holds a wildcard (R59).
fn type_word_has_wildcard(env: &Env, arn: &RequestArn, last: &[Unit]) -> bool {
    let end = last
        .iter()
        .position(|unit| matches!(unit, Unit::Char('/' | ':')));
    let word = end.and_then(|end| last.get(..end));
    word.is_some_and(has_wildcard) && has_type_word(env, arn)
}

/// Whether the resource starts with a word for its type: by the catalog's best
/// format, and where it has none, unless it is S3's, where a name comes first.
fn has_type_word(env: &Env, arn: &RequestArn) -> bool {
    let types = env
        .listed
        .into_iter()
        .flat_map(|action| action.resource_types());
    types
        .flat_map(|(kind, _)| &kind.arns)
        .filter(|format| format.matches(arn.text))
        .max_by_key(|format| format.literals())
        .map_or(arn.service() != "s3", |format| {
            let [.., resource] = format.fields();
            !resource.starts_with(['$', '*'])
        })
}

enum Completion {
    Completed,
    Nothing,
    Invalid,
}

/// What becomes of an ARN with fewer than six fields (R58).
fn completion(env: &Env, policy_type: PolicyType, fields: &[&[Unit]]) -> Completion {
    match env.settings.incomplete_arn {
        IncompleteArn::Complete => return Completion::Completed,
        IncompleteArn::Never => return Completion::Nothing,
        IncompleteArn::ByType => {}
    }
    let star = |field: &&[Unit]| field.contains(&Unit::Any);
    let ends_in_star = fields.last().is_some_and(|f| f.last() == Some(&Unit::Any));
    match policy_type {
        // A session policy with such an entry is invalid as a whole, which is
        // decided for the document.
        PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => Completion::Completed,
        PolicyType::Resource | PolicyType::Trust | PolicyType::VpcEndpoint => {
            if fields.iter().any(star) {
                Completion::Completed
            } else {
                Completion::Nothing
            }
        }
        PolicyType::Scp if ends_in_star => Completion::Completed,
        PolicyType::Scp | PolicyType::Rcp => Completion::Invalid,
    }
}

/// Whether `Resource` or `NotResource` with these entries admits the request
/// (R60).
pub(super) fn element_matches(
    env: &Env,
    policy_type: PolicyType,
    negated: bool,
    entries: &[Resource],
) -> bool {
    let mut any = false;
    let mut unresolved = false;
    for entry in entries {
        match entry.fit(env, policy_type) {
            Fit::Yes => any = true,
            Fit::No => {}
            Fit::Unresolved => unresolved = true,
            Fit::Invalid => return false,
        }
    }
    if unresolved {
        env.touched.add(Setting::UnresolvedInResource);
        let spoils = match env.settings.unresolved_in_resource {
            UnresolvedInResource::ByElement => negated,
            UnresolvedInResource::EntryFails => false,
            UnresolvedInResource::StatementFails => true,
        };
        if spoils {
            return false;
        }
    }
    any != negated
}

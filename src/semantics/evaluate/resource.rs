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
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;

/// A compiled `Resource` or `NotResource`. Lists of thousands of literal ARNs
/// are ordinary, so those are found by their text.
#[derive(Clone, Debug)]
pub(super) struct ResourceElement {
    pub(super) negated: bool,
    pub(super) entries: Vec<Resource>,
    /// Digest of a literal ARN → the places in `entries` where it stands.
    literal: HashMap<u64, Vec<usize>>,
    /// The places of all other entries.
    open: Vec<usize>,
}

impl ResourceElement {
    pub(super) fn new(negated: bool, entries: Vec<Resource>) -> Self {
        let mut literal: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut open = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            match entry.digest() {
                Some(digest) => literal.entry(digest).or_default().push(place),
                None => open.push(place),
            }
        }
        Self {
            negated,
            entries,
            literal,
            open,
        }
    }

    /// The entries with variables.
    pub(super) fn with_variables(&self) -> impl Iterator<Item = &Resource> {
        let open = self
            .open
            .iter()
            .filter_map(|place| self.entries.get(*place));
        open.filter(|entry| entry.has_variables())
    }

    /// The entries that may fit, in their order. What is left out is a literal
    /// ARN of another text: it fits under no setting, and consults none.
    fn candidates(&self, target: Target) -> impl Iterator<Item = &Resource> {
        let same = match target {
            Target::Arn(arn) if !self.literal.is_empty() => {
                self.literal.get(&digest(arn.text, arn.rest))
            }
            _ => None,
        };
        let mut same = same.into_iter().flatten().peekable();
        let mut open = self.open.iter().peekable();
        std::iter::from_fn(move || {
            let is_same = match (same.peek(), open.peek()) {
                (Some(same), Some(open)) => same < open,
                (same, _) => same.is_some(),
            };
            let place = if is_same { same.next() } else { open.next() };
            self.entries.get(*place?)
        })
    }

    /// Whether `Resource` or `NotResource` with these entries admits the
    /// request (R60).
    pub(super) fn matches(&self, env: &Env, policy_type: PolicyType) -> bool {
        admits(env, policy_type, self.negated, self.candidates(env.target))
    }
}

/// Tells literal ARNs apart as R55 does at its widest: letters of the first
/// five fields, which end before `rest`, fold. Equal texts have equal digests.
fn digest(text: &str, rest: usize) -> u64 {
    let (prefix, rest) = text.split_at_checked(rest).unwrap_or(("", text));
    let mut hasher = DefaultHasher::new();
    if prefix.bytes().any(|byte| byte.is_ascii_uppercase()) {
        hasher.write(prefix.to_ascii_lowercase().as_bytes());
    } else {
        hasher.write(prefix.as_bytes());
    }
    hasher.write(rest.as_bytes());
    hasher.finish()
}

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

    /// The digest of a complete ARN that holds neither wildcard nor variable.
    /// With no colon inside one of its first five fields it fits a request of
    /// the same text and no other, whatever `resource-colons` says (R56).
    fn digest(&self) -> Option<u64> {
        let Kind::Arn {
            head,
            last: Template::Fixed(last),
        } = &self.kind
        else {
            return None;
        };
        let is_inside = |unit: &Unit| !matches!(unit, Unit::Char(':'));
        if head.len() != 5
            || head.iter().chain([last]).any(|field| has_wildcard(field))
            || !head.iter().flatten().all(is_inside)
        {
            return None;
        }
        let mut text = String::new();
        for field in head {
            text.push_str(&template::text(field));
            text.push(':');
        }
        let rest = text.len();
        text.push_str(&template::text(last));
        Some(digest(&text, rest))
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
            // Only a literal `*` covers the request resource `*` (R46); an entry
            // that spoils its statement does so for every request (R58).
            (Kind::Arn { head, last }, Target::Star) if head.len() < 5 => {
                let last = last.open();
                let fields: Vec<&[Unit]> = head.iter().map(Vec::as_slice).chain([&*last]).collect();
                return match completion(env, policy_type, &fields) {
                    Completion::Invalid => Fit::Invalid,
                    Completion::Completed | Completion::Nothing => Fit::No,
                };
            }
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

fn admits<'a>(
    env: &Env,
    policy_type: PolicyType,
    negated: bool,
    entries: impl Iterator<Item = &'a Resource>,
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

#[cfg(test)]
mod tests {
    use super::super::env::{Reading, Touched};
    use super::*;
    use crate::policy::Version;
    use crate::semantics::{Caller, Context, Settings};
    use proptest::prelude::*;
    use std::cell::RefCell;

    /// ARNs and what looks like them, of so few letters that they often meet.
    fn entry() -> impl Strategy<Value = String> {
        prop_oneof![
            8 => "(arn|ARN|aRn):(aws|AWS):[sS]3:[eE]?:1?:([bB]|[bB]/[kK]|[bB]:[kK])",
            1 => "(arn|a*):(aws|\\*):[s?]3:\\*?:\\*?:([bB]|\\*|[b?]/[kK]|b\\*:k)",
            1 => "arn:aws:s3:\\$\\{aws:e\\}?::b",
            1 => "arn:aws:s3:::(b|\\$\\{aws:username\\}|\\$\\{\\*\\}|\\$\\{aws:username\\}/k)",
            1 => "arn:(aws|\\*)(:s3)?(:e)?",
            1 => "\\*|b|arn",
        ]
    }

    fn request() -> impl Strategy<Value = String> {
        prop_oneof![
            1 => Just("*".to_owned()),
            12 => "arn:(aws|AWS):[sS]3:[eE]?:1?:([bB]|[bB]/[kK]|[bB]:[kK]|\\*)",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        #[test]
        fn what_is_found_by_text_is_what_is_found_by_comparing(
            entries in prop::collection::vec(entry(), 1..12),
            resource in request(),
            negated: bool,
            username in prop::option::of("[bB]"),
        ) {
            let entries: Vec<Resource> = entries
                .iter()
                .map(|text| Resource::new(&ResourcePattern::parse(text, Version::V2012)))
                .collect();
            let element = ResourceElement::new(negated, entries);
            let mut context = Context::default();
            if let Some(username) = username {
                context.insert("aws:username", [username]).unwrap();
            }
            let target = RequestArn::parse(&resource).map_or(Target::Star, Target::Arn);
            let varied = [
                Setting::ResourceColons,
                Setting::ArnPrefixCase,
                Setting::IncompleteArn,
                Setting::UnresolvedInResource,
                Setting::WildcardInResourceType,
            ];
            let mut all = vec![Settings::default()];
            for setting in varied {
                let each = |base: &Settings| {
                    let values = setting.values().iter();
                    values.map(|value| base.with(setting, value)).collect::<Vec<_>>()
                };
                all = all.iter().flat_map(each).collect();
            }
            for (settings, policy_type) in all.iter().flat_map(|settings| {
                [PolicyType::Identity, PolicyType::Scp, PolicyType::Resource]
                    .map(|policy_type| (settings, policy_type))
            }) {
                let ask = |by_text: bool| {
                    let (touched, missing) = (Touched::default(), RefCell::default());
                    let env = Env {
                        caller: &Caller::Anonymous,
                        service: "s3",
                        name: "GetObject",
                        target,
                        listed: None,
                        context: &context,
                        settings,
                        reading: Reading::Last,
                        has_boundary: false,
                        has_session: false,
                        touched: &touched,
                        missing: &missing,
                    };
                    let answer = if by_text {
                        element.matches(&env, policy_type)
                    } else {
                        admits(&env, policy_type, negated, element.entries.iter())
                    };
                    (answer, touched)
                };
                prop_assert_eq!(ask(true), ask(false), "{:?} {:?}", settings, policy_type);
            }
        }
    }

    #[test]
    fn only_a_literal_arn_is_found_by_its_text() {
        for (text, is_literal) in [
            ("arn:aws:s3:::b/k", true),
            ("ARN:aws:s3:::b:k", true),
            ("arn:aws:s3:::b/${*}", true),
            ("arn:aws:s3:::b/*", false),
            ("arn:aws:s?:::b", false),
            ("arn:aws:s3:::${aws:username}", false),
            ("arn:aws:s3:${aws:username}::b", false),
            ("arn:aws:s3", false),
            ("*", false),
            ("b", false),
        ] {
            let entry = Resource::new(&ResourcePattern::parse(text, Version::V2012));
            assert_eq!(entry.digest().is_some(), is_literal, "{text}");
        }
    }
}

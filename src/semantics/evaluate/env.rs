//! What stays the same while one request is evaluated.

use super::arn::RequestArn;
use super::layers::PolicySet;
use super::situation::Situation;
use crate::catalog::ActionRef;
use crate::semantics::{Caller, Context, EmptyString, Setting, Settings};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Which occurrence of a repeated key is read (R49).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    First,
    Last,
}

/// The resource of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// `*`: the action has no resource (R46).
    Star,
    /// An ARN.
    Arn(RequestArn<'a>),
}

/// The settings that were consulted where another value would have given
/// another local result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Touched(Cell<u32>);

/// The bit that stands for a look at `aws:PrincipalArn`.
const ASKED_PRINCIPAL_ARN: u32 = 1 << 31;

impl Touched {
    /// Whether some statement asked for `aws:PrincipalArn`.
    pub(super) fn asked_principal_arn(&self) -> bool {
        self.0.get() & ASKED_PRINCIPAL_ARN != 0
    }

    pub(super) fn add(&self, setting: Setting) {
        self.0.set(self.0.get() | 1 << setting as u32);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Setting> {
        let bits = self.0.get();
        Setting::ALL
            .iter()
            .copied()
            .filter(move |&setting| bits & 1 << setting as u32 != 0)
    }
}

/// One request under one group of settings.
pub(super) struct Env<'a> {
    pub(super) caller: &'a Caller,
    pub(super) service: &'a str,
    pub(super) name: &'a str,
    pub(super) target: Target<'a>,
    /// What the catalog knows of the action, where its resource types matter:
    /// the ARN of a bucket has no word for its type.
    pub(super) listed: Option<ActionRef<'static>>,
    pub(super) context: &'a Context,
    pub(super) settings: &'a Settings,
    pub(super) reading: Reading,
    pub(super) has_boundary: bool,
    pub(super) touched: &'a Touched,
    pub(super) has_session: bool,
    /// Keys that a statement asked for in vain: lower case → as written.
    pub(super) missing: &'a RefCell<BTreeMap<String, String>>,
}

impl<'a> Env<'a> {
    pub(super) fn new(
        situation: &'a Situation,
        policies: &PolicySet,
        settings: &'a Settings,
        reading: Reading,
        touched: &'a Touched,
        missing: &'a RefCell<BTreeMap<String, String>>,
    ) -> Self {
        if situation.overridden {
            touched.add(Setting::WildcardOnlyResource);
        }
        Self {
            caller: &situation.caller,
            service: situation.service,
            name: situation.name,
            target: situation.target(),
            listed: situation.listed.filter(|_| !situation.is_bucket),
            context: &situation.context,
            settings,
            reading,
            has_boundary: policies.boundaries.is_some() && situation.applies().boundary,
            has_session: policies.sessions.is_some(),
            touched,
            missing,
        }
    }

    /// The values of a key in lower case; `None` where it is absent, or counts
    /// as absent by `empty-string`.
    pub(super) fn values(&self, folded: &str) -> Option<Cow<'_, [String]>> {
        if folded == "aws:principalarn" {
            self.touched
                .0
                .set(self.touched.0.get() | ASKED_PRINCIPAL_ARN);
        }
        let values = self.context.get_folded(folded)?;
        if values.iter().all(|value| !value.is_empty()) {
            return Some(Cow::Borrowed(values));
        }
        self.touched.add(Setting::EmptyString);
        if self.settings.empty_string == EmptyString::Present {
            return Some(Cow::Borrowed(values));
        }
        let kept: Vec<String> = values.iter().filter(|v| !v.is_empty()).cloned().collect();
        (!kept.is_empty()).then_some(Cow::Owned(kept))
    }

    /// Notes a key that a statement needs, if it is absent.
    pub(super) fn need(&self, key: &str, folded: &str) {
        if self.values(folded).is_none() {
            self.missing
                .borrow_mut()
                .entry(folded.to_owned())
                .or_insert_with(|| key.to_owned());
        }
    }
}

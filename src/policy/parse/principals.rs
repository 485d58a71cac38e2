//! `Principal` and `NotPrincipal`.

use super::{Reader, is_template, opening, shown};
use crate::policy::{Principal, PrincipalKind, PrincipalValue, Principals};
use crate::syntax::{Member, Node, Value};
use crate::text::Spanned;

impl Reader {
    pub(super) fn principals(
        &mut self,
        members: &[Member],
        statement: &Node,
    ) -> Option<Principals> {
        let Some((negated, member)) = self.twin(members, "Principal") else {
            if self.policy_type.has_principal() {
                self.report(
                    "missing-principal",
                    opening(statement),
                    format!(
                        "a statement of a {} policy names its `Principal`",
                        self.policy_type.name()
                    ),
                );
            }
            return None;
        };
        if self.type_certain && !self.policy_type.has_principal() {
            self.report(
                "unexpected-principal",
                member.key.span,
                format!(
                    "`{}` has no place in a policy of type {}",
                    member.key.name,
                    self.policy_type.name()
                ),
            );
        }
        let mut principals = Principals {
            negated,
            key_span: member.key.span,
            span: member.value.span,
            star: false,
            entries: Vec::new(),
        };
        match &member.value.value {
            Value::String(text) if text.value == "*" => {
                let star = Principal::parse(PrincipalKind::Aws, "*");
                principals.star = true;
                principals
                    .entries
                    .push(Spanned::new(star, member.value.span));
            }
            Value::Object(kinds) => {
                if kinds.is_empty() {
                    let message = format!("`{}` is empty", member.key.name);
                    self.report("empty-element", member.value.span, message);
                }
                for kind in self.distinct(kinds) {
                    self.principals_of_kind(kind, &mut principals.entries);
                }
            }
            Value::String(text) if is_template(&text.value) => {}
            Value::String(text) => self.report(
                "malformed-principal",
                member.value.span,
                format!(
                    "`{}`: a principal is `*` or an object such as `{{\"AWS\": …}}`",
                    shown(&text.value)
                ),
            ),
            _ => self.wrong_type(&member.key.name, "`*` or an object", &member.value),
        }
        Some(principals)
    }

    fn principals_of_kind(&mut self, member: &Member, entries: &mut Vec<Spanned<Principal>>) {
        let name = &member.key.name;
        let Some(kind) = PrincipalKind::parse(name) else {
            if !is_template(name) {
                let message = format!(
                    "`{}` is no kind of principal: `AWS`, `Service`, `Federated` or `CanonicalUser`",
                    shown(name)
                );
                self.report("unknown-principal-type", member.key.span, message);
            }
            return;
        };
        for text in self.texts(&member.key.name, &member.value) {
            let principal = Principal::parse(kind.clone(), &text.value);
            if principal.value == PrincipalValue::Malformed && !is_template(&text.value) {
                let text_shown = shown(&text.value);
                let (code, message) = if text.value.contains(['*', '?']) {
                    (
                        "partial-principal-wildcard",
                        format!(
                            "`{text_shown}` matches nobody: a principal has no partial wildcard"
                        ),
                    )
                } else if text.value.is_empty() {
                    (
                        "malformed-principal",
                        format!("an empty text under `{name}` names nobody"),
                    )
                } else {
                    (
                        "malformed-principal",
                        format!(
                            "`{text_shown}` is neither `*`, an account nor the ARN of a user, role or session"
                        ),
                    )
                };
                self.report(code, text.span, message);
            }
            entries.push(Spanned::new(principal, text.span));
        }
    }
}

//! `Condition`.

use super::{Reader, is_template, nearest, shown};
use crate::policy::{BaseOperator, Condition, ConditionValue, Operator, ValueKind};
use crate::syntax::{Node, Value};
use crate::text::{Diagnostic, Span, Spanned};

impl Reader {
    pub(super) fn conditions(&mut self, node: &Node) -> Vec<Condition> {
        let Some(operators) = node.as_object() else {
            self.wrong_type("Condition", "an object", node);
            return Vec::new();
        };
        if operators.is_empty() {
            self.report("empty-element", node.span, "`Condition` is empty");
        }
        let mut conditions = Vec::new();
        for member in self.distinct(operators) {
            let operator = Operator::parse(&member.key.name);
            if operator.base.is_none() && !is_template(&operator.text) {
                self.unknown_operator(&operator, member.key.span);
            }
            let operator = Spanned::new(operator, member.key.span);
            self.keys(&operator, &member.value, &mut conditions);
        }
        conditions
    }

    fn unknown_operator(&mut self, operator: &Operator, span: Span) {
        let text = &operator.text;
        let mut diagnostic = Diagnostic::new(
            "unknown-condition-operator",
            span,
            format!("`{}` is no condition operator", shown(text)),
        );
        let name = operator.name();
        let names = BaseOperator::ALL.map(BaseOperator::name);
        if name.eq_ignore_ascii_case("Null") {
            diagnostic =
                diagnostic.help("`Null` asks whether the key exists; it has no `IfExists`");
        } else if name.contains(':') {
            diagnostic = diagnostic.help("a qualifier is `ForAllValues:` or `ForAnyValue:`");
        } else if let Some(near) = nearest(name, names.into_iter()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.push(diagnostic);
    }

    fn keys(&mut self, operator: &Spanned<Operator>, node: &Node, into: &mut Vec<Condition>) {
        let Some(keys) = node.as_object() else {
            self.wrong_type(&operator.value.text, "an object of condition keys", node);
            return;
        };
        if keys.is_empty() {
            let message = format!("`{}` is empty", shown(&operator.value.text));
            self.report("empty-element", node.span, message);
        }
        for member in self.distinct(keys) {
            let nodes = match &member.value.value {
                Value::Array(nodes) => nodes.as_slice(),
                _ => std::slice::from_ref(&member.value),
            };
            if nodes.is_empty() {
                self.report(
                    "empty-condition-values",
                    member.value.span,
                    format!("`{}` has no value to compare with", shown(&member.key.name)),
                );
            }
            let mut values = Vec::new();
            for node in nodes {
                values.extend(self.condition_value(&operator.value, &member.key.name, node));
            }
            into.push(Condition {
                operator: operator.clone(),
                key: Spanned::new(member.key.name.clone(), member.key.span),
                values,
            });
        }
    }

    fn condition_value(
        &mut self,
        operator: &Operator,
        key: &str,
        node: &Node,
    ) -> Option<Spanned<ConditionValue>> {
        let (text, kind) = match &node.value {
            Value::String(text) => (text.value.as_str(), ValueKind::String),
            Value::Template(text) => (text.as_str(), ValueKind::String),
            Value::Number(text) => (text.as_str(), ValueKind::Number),
            Value::Bool(true) => ("true", ValueKind::Bool),
            Value::Bool(false) => ("false", ValueKind::Bool),
            _ => {
                self.wrong_type(
                    key,
                    "a string, a number, a boolean, or an array of them",
                    node,
                );
                return None;
            }
        };
        let (value, malformed) = ConditionValue::parse_noting(text, kind, operator, self.version);
        if malformed && !matches!(node.value, Value::Template(_)) && !is_template(text) {
            self.malformed_variable(&Spanned::new(text.to_owned(), node.span));
        }
        Some(Spanned::new(value, node.span))
    }
}

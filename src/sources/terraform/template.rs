//! Templates: text, interpolations and directives become one text whose pieces
//! keep their places.

use super::scope::Scope;
use super::thing::Instanced;
use super::value::{LONGEST_TEXT, Site, Text, Val, What};
use super::world::World;
use crate::syntax::hcl::{Expr, Part};
use crate::syntax::{Layered, Written};
use std::rc::Rc;

/// Choices that a text is written for.
const MOST_CHOICES: usize = 3;

/// Why a text is not written.
enum Stop {
    /// It depends on this guard.
    Open(String),
    Failed(Rc<str>),
    TooLong,
}

impl World<'_> {
    pub(super) fn template(&self, parts: &[Part], scope: &Scope, site: Site) -> Val {
        // `"${x}"` is `x`, whatever its type.
        if let [Part::Interpolation(expr, _)] = parts {
            return self.eval(expr, scope).at(site);
        }
        self.rendered(parts, scope, site, &mut Vec::new())
    }

    fn rendered(
        &self,
        parts: &[Part],
        scope: &Scope,
        site: Site,
        outcomes: &mut Vec<(String, bool)>,
    ) -> Val {
        let mut text = Layered::default();
        match self.render(parts, scope, outcomes, &mut text) {
            Ok(()) => {
                let is_literal = parts.iter().all(|part| matches!(part, Part::Text(_)));
                Val {
                    what: What::Text(Text {
                        value: text.text().into(),
                        map: Some(Rc::new((scope.file, text))),
                    }),
                    site,
                    written: if is_literal {
                        Written::Escaped
                    } else {
                        Written::Computed
                    },
                }
            }
            Err(Stop::Open(guard)) if outcomes.len() < MOST_CHOICES => {
                outcomes.push((guard.clone(), true));
                let then = self.rendered(parts, scope, site, outcomes);
                outcomes.pop();
                outcomes.push((guard.clone(), false));
                let otherwise = self.rendered(parts, scope, site, outcomes);
                outcomes.pop();
                Val::choice(guard, then, otherwise, site)
            }
            Err(Stop::Failed(why)) => Val::failed(why, site),
            Err(Stop::Open(_) | Stop::TooLong) => {
                let written = self.written(scope.file, site.span);
                self.unknown(&written, site)
            }
        }
    }

    fn render(
        &self,
        parts: &[Part],
        scope: &Scope,
        outcomes: &[(String, bool)],
        into: &mut Layered,
    ) -> Result<(), Stop> {
        for part in parts {
            if into.text().len() > LONGEST_TEXT || !self.spend(1) {
                return Err(Stop::TooLong);
            }
            match part {
                Part::Text(text) => into.append(text, 0..text.text().len()),
                Part::Interpolation(expr, span) => {
                    let value = chosen(self.eval(expr, scope), outcomes)?;
                    let text = match &value.what {
                        What::Failed(why) => return Err(Stop::Failed(Rc::clone(why))),
                        What::Null => return Err(Stop::Failed("null in a template".into())),
                        _ => value.as_text(),
                    };
                    let text = text.unwrap_or_else(|| {
                        let address = value.address();
                        self.symbol(&address, crate::policy::Domain::Any)
                            .text()
                            .into()
                    });
                    into.push_computed(&text, *span);
                }
                Part::If {
                    condition,
                    then,
                    otherwise,
                    ..
                } => {
                    let side = match self.holds(condition, scope, outcomes)? {
                        true => then,
                        false => otherwise,
                    };
                    self.render(side, scope, outcomes, into)?;
                }
                Part::For {
                    key_name,
                    value_name,
                    collection,
                    body,
                    ..
                } => {
                    let collection = chosen(self.eval(collection, scope), outcomes)?;
                    let items = self.items(&collection);
                    let items = items.unwrap_or_else(|| vec![self.any_item(&collection)]);
                    for item in items {
                        if !holds(&item, outcomes)? {
                            continue;
                        }
                        let mut inner = scope.clone();
                        if let Some(name) = key_name {
                            inner = inner.with(name, item.key);
                        }
                        inner = inner.with(value_name, item.value);
                        self.render(body, &inner, outcomes, into)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn holds(
        &self,
        condition: &Expr,
        scope: &Scope,
        outcomes: &[(String, bool)],
    ) -> Result<bool, Stop> {
        let value = chosen(self.eval(condition, scope), outcomes)?;
        match (value.as_bool(), &value.what) {
            (Some(value), _) => Ok(value),
            (None, What::Unknown(symbol)) => outcome(outcomes, &symbol.address),
            (None, What::Failed(why)) => Err(Stop::Failed(Rc::clone(why))),
            _ => Err(Stop::Failed("a condition is neither true nor false".into())),
        }
    }
}

fn holds(item: &Instanced, outcomes: &[(String, bool)]) -> Result<bool, Stop> {
    for (guard, wanted) in &item.under {
        if outcome(outcomes, guard)? != *wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

fn chosen(mut value: Val, outcomes: &[(String, bool)]) -> Result<Val, Stop> {
    while let What::Choice(choice) = &value.what {
        value = match outcome(outcomes, &choice.guard)? {
            true => choice.then.clone(),
            false => choice.otherwise.clone(),
        };
    }
    Ok(value)
}

fn outcome(outcomes: &[(String, bool)], guard: &str) -> Result<bool, Stop> {
    let known = outcomes.iter().find(|(name, _)| name == guard);
    let known = known.map(|&(_, holds)| holds);
    known.ok_or_else(|| Stop::Open(guard.to_owned()))
}

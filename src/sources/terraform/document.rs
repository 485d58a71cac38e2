//! `data "aws_iam_policy_document"`: the document that the provider writes.
//! Statements keep their places; `source_` and `override_policy_documents` are
//! merged as the provider does it: a statement with a `sid` takes the place of
//! the one that has it, others are added.

use super::module::Top;
use super::scope::Scope;
use super::thing::{Instanced, Thing, object};
use super::value::{Entry, Json, Site, Val, What};
use super::world::World;
use crate::syntax::hcl::{Attribute, Body};
use crate::text::Span;
use std::rc::Rc;

/// Guards that one statement is written for.
const MOST_GUARDS: usize = 5;
/// Statements of one document.
const MOST_STATEMENTS: usize = 2000;

/// A block, or one round of a dynamic one.
struct Round<'b> {
    body: &'b Body,
    span: Span,
    scope: Scope,
    under: Vec<(String, bool)>,
    /// What it is one of any number of.
    open: Option<String>,
}

/// What a document is put together from.
#[derive(Default)]
struct Draft {
    version: Option<Val>,
    id: Option<Val>,
    statements: Vec<Val>,
    missing: Option<String>,
}

impl World<'_> {
    /// The `json` of a data source.
    pub(super) fn document_text(&self, thing: &Thing, top: &Top) -> Val {
        let site = Site {
            file: top.file,
            span: top.block.span,
        };
        let address = thing.address();
        let documents = &thing.instance.documents;
        let known = documents.borrow().get(&address).cloned();
        match known {
            Some(Some(value)) => return value,
            Some(None) => return Val::failed(format!("`{address}` is made from itself"), site),
            None => {}
        }
        documents.borrow_mut().insert(address.clone(), None);
        let value = self.document(thing, top, site);
        let mut documents = documents.borrow_mut();
        documents.insert(address, Some(value.clone()));
        value
    }

    fn document(&self, thing: &Thing, top: &Top, site: Site) -> Val {
        let scope = self.scope_of(thing, top);
        let body = &top.block.body;
        let mut draft = Draft::default();
        for name in ["source_json", "source_policy_documents"] {
            self.merge_all(&mut draft, body.attribute(name), &scope);
        }
        let mut own = Draft {
            version: self.given_text(body, "version", &scope),
            id: self.given_text(body, "policy_id", &scope),
            ..Draft::default()
        };
        for round in self.rounds("statement", body, &scope) {
            let Some(statement) = self.statement(&round, &mut Vec::new(), &mut own.missing) else {
                continue;
            };
            own.statements.push(super::eval::under(
                statement,
                &round.under,
                scope.site(round.span),
            ));
        }
        let default = Val::text("2012-10-17", site);
        own.version.get_or_insert(default);
        draft.merge(own);
        for name in ["override_json", "override_policy_documents"] {
            self.merge_all(&mut draft, body.attribute(name), &scope);
        }
        let mut entries = Vec::new();
        let mut add = |key: &str, value: Val| {
            entries.push(Entry {
                key: key.into(),
                key_site: site,
                value,
            });
        };
        draft
            .version
            .into_iter()
            .for_each(|version| add("Version", version));
        draft.id.into_iter().for_each(|id| add("Id", id));
        add("Statement", Val::list(draft.statements, site));
        let json = Json {
            value: Val::new(What::Object(Rc::new(entries)), site),
            source: Some(Rc::new(thing.clone())),
            missing: draft.missing,
        };
        Val::new(What::Json(Rc::new(json)), site)
    }

    fn given_text(&self, body: &Body, name: &str, scope: &Scope) -> Option<Val> {
        let value = self.eval(&body.attribute(name)?.value, scope);
        (!value.is_null()).then_some(value)
    }

    /// The blocks of a kind, and the rounds of dynamic ones, in their order.
    fn rounds<'b>(&self, kind: &str, body: &'b Body, scope: &Scope) -> Vec<Round<'b>> {
        let mut rounds = Vec::new();
        for block in &body.blocks {
            if block.kind == kind {
                rounds.push(Round {
                    body: &block.body,
                    span: block.span,
                    scope: scope.clone(),
                    under: Vec::new(),
                    open: None,
                });
            }
            let is_dynamic =
                block.kind == "dynamic" && block.labels.first().is_some_and(|l| l == kind);
            let content = block.body.blocks("content").next();
            let each = block.body.attribute("for_each");
            let (true, Some(content), Some(each)) = (is_dynamic, content, each) else {
                continue;
            };
            let name = block
                .body
                .attribute("iterator")
                .map(|i| self.written(scope.file, i.value.span));
            let name = name.unwrap_or_else(|| kind.to_owned());
            let site = scope.site(each.value.span);
            let all = self.toggled(&each.value, scope);
            let items = self
                .items(&all)
                .unwrap_or_else(|| vec![self.any_item(&all)]);
            for Instanced {
                key,
                value,
                under,
                many,
            } in items
            {
                if rounds.len() >= MOST_STATEMENTS {
                    break;
                }
                let open = many.then(|| value.address());
                rounds.push(Round {
                    open,
                    body: &content.body,
                    span: block.span,
                    scope: scope.with(&name, object(site, [("key", key), ("value", value)])),
                    under,
                });
            }
        }
        rounds
    }

    /// One statement; a choice of several where blocks inside depend on guards.
    fn statement(
        &self,
        round: &Round<'_>,
        outcomes: &mut Vec<(String, bool)>,
        missing: &mut Option<String>,
    ) -> Option<Val> {
        let site = round.scope.site(round.span);
        let inner = |kind| self.rounds(kind, round.body, &round.scope);
        let groups = [
            inner("principals"),
            inner("not_principals"),
            inner("condition"),
        ];
        let unknown =
            |what: &str, of: &str| format!("{what} over `⟨{of}⟩` are known at deployment only");
        for one in groups.iter().flatten() {
            if let Some(of) = &one.open {
                missing.get_or_insert_with(|| unknown("blocks", of));
            }
        }
        let open = groups
            .iter()
            .flatten()
            .flat_map(|one| &one.under)
            .find(|(guard, _)| !outcomes.iter().any(|(known, _)| known == guard));
        if let Some((guard, _)) = open
            && outcomes.len() < MOST_GUARDS
        {
            let guard = guard.clone();
            let mut side = |holds| {
                outcomes.push((guard.clone(), holds));
                let statement = self.statement(round, outcomes, missing);
                outcomes.pop();
                statement
            };
            let (then, otherwise) = (side(true)?, side(false)?);
            return Some(Val::choice(guard, then, otherwise, site));
        }
        // Too many guards: a block that may be there is taken as there, which
        // allows less.
        let holds = |one: &&Round<'_>| {
            one.under.iter().all(|(guard, wanted)| {
                let known = outcomes.iter().find(|(known, _)| known == guard);
                known.is_none_or(|(_, holds)| holds == wanted)
            })
        };
        let [principals, not_principals, conditions] = &groups;
        let mut entries: Vec<Entry> = Vec::new();
        let mut add = |key: &str, key_span: Span, value: Option<Val>| {
            entries.extend(value.map(|value| Entry {
                key: key.into(),
                key_site: round.scope.site(key_span),
                value,
            }));
        };
        let attribute = |name: &str| round.body.attribute(name);
        let span = |name: &str| attribute(name).map_or(round.span, |a| a.name_span);
        let sid = self.given_text(round.body, "sid", &round.scope);
        let sid = sid.filter(|sid| sid.as_text().is_none_or(|text| !text.is_empty()));
        add("Sid", span("sid"), sid);
        let effect = self.given_text(round.body, "effect", &round.scope);
        let effect = effect.unwrap_or_else(|| Val::text("Allow", site));
        add("Effect", span("effect"), Some(effect));
        // Of one of any number of statements, what is not known may be left out.
        let is_left_out =
            |value: &Val| round.open.is_some() && matches!(value.what, What::Unknown(_));
        let mut acts = false;
        for (name, key) in [
            ("actions", "Action"),
            ("not_actions", "NotAction"),
            ("resources", "Resource"),
            ("not_resources", "NotResource"),
        ] {
            let value = attribute(name).and_then(|a| self.strings(a, &round.scope));
            let value = value.filter(|value| !is_left_out(value));
            acts |= value.is_some() && key.ends_with("Action");
            add(key, span(name), value);
        }
        if let Some(of) = &round.open {
            missing.get_or_insert_with(|| unknown("statements", of));
            if !acts {
                return None;
            }
        }
        for (rounds, key) in [(principals, "Principal"), (not_principals, "NotPrincipal")] {
            let rounds: Vec<_> = rounds.iter().filter(holds).collect();
            let at = rounds.first().map_or(round.span, |first| first.span);
            add(key, at, self.principals(&rounds));
        }
        let rounds: Vec<_> = conditions.iter().filter(holds).collect();
        let at = rounds.first().map_or(round.span, |first| first.span);
        add("Condition", at, self.conditions(&rounds));
        Some(Val::new(What::Object(Rc::new(entries)), site))
    }

    /// A list of texts; one element stands alone.
    fn strings(&self, attribute: &Attribute, scope: &Scope) -> Option<Val> {
        let value = self.eval(&attribute.value, scope);
        let value = value.each_side(&mut |value| match &value.what {
            What::List(list) if list.is_empty() => Val::new(What::Absent, value.site),
            What::List(list) => collapsed(list.iter().map(unescaped).collect(), value.site),
            What::Null => Val::new(What::Absent, value.site),
            _ => unescaped(value),
        });
        (!matches!(value.what, What::Absent)).then_some(value)
    }

    /// The elements of a list of texts.
    fn elements(&self, attribute: Option<&Attribute>, scope: &Scope) -> Vec<Val> {
        let Some(attribute) = attribute else {
            return Vec::new();
        };
        let value = self.eval(&attribute.value, scope);
        match &value.what {
            What::List(list) => list.iter().map(unescaped).collect(),
            What::Null => Vec::new(),
            What::Choice(_) => match self.items(&value) {
                Some(items) => items
                    .into_iter()
                    .map(|item| super::eval::under(unescaped(&item.value), &item.under, value.site))
                    .collect(),
                None => vec![value],
            },
            _ => vec![unescaped(&value)],
        }
    }

    fn principals(&self, rounds: &[&Round<'_>]) -> Option<Val> {
        let first = rounds.first()?;
        let mut types: Vec<(Rc<str>, Site, Vec<Val>)> = Vec::new();
        for round in rounds {
            let kind = round.body.attribute("type");
            let name = kind.map(|kind| self.eval(&kind.value, &round.scope));
            let name = name
                .as_ref()
                .and_then(Val::as_text)
                .unwrap_or_else(|| "AWS".into());
            let at = round
                .scope
                .site(kind.map_or(round.span, |kind| kind.value.span));
            let elements = self.elements(round.body.attribute("identifiers"), &round.scope);
            match types.iter_mut().find(|(known, ..)| *known == name) {
                Some((.., list)) => list.extend(elements),
                None => types.push((name, at, elements)),
            }
        }
        if let [(name, _, list)] = types.as_slice()
            && let ("*", [only]) = (&**name, list.as_slice())
            && only.as_text().as_deref() == Some("*")
        {
            return Some(only.clone());
        }
        let site = first.scope.site(first.span);
        let entries = types.into_iter().map(|(key, key_site, list)| Entry {
            key,
            key_site,
            value: collapsed(list, key_site),
        });
        Some(Val::new(What::Object(Rc::new(entries.collect())), site))
    }

    fn conditions(&self, rounds: &[&Round<'_>]) -> Option<Val> {
        type Keys = Vec<(Rc<str>, Site, Vec<Val>)>;
        let first = rounds.first()?;
        let mut tests: Vec<(Rc<str>, Site, Keys)> = Vec::new();
        for round in rounds {
            let text = |name: &str| {
                let attribute = round.body.attribute(name)?;
                let value = self.eval(&attribute.value, &round.scope);
                Some((value.as_text()?, round.scope.site(attribute.value.span)))
            };
            let unknown = || {
                let address = format!("{} condition", round.scope.instance.prefix);
                let symbol = self.symbol(&address, crate::policy::Domain::Any);
                (symbol.text().into(), round.scope.site(round.span))
            };
            let (test, test_site) = text("test").unwrap_or_else(unknown);
            let (key, key_site) = text("variable").unwrap_or_else(unknown);
            let values = self.elements(round.body.attribute("values"), &round.scope);
            let at = match tests.iter().position(|(known, ..)| *known == test) {
                Some(at) => at,
                None => {
                    tests.push((test, test_site, Vec::new()));
                    tests.len() - 1
                }
            };
            let Some((.., keys)) = tests.get_mut(at) else {
                continue;
            };
            match keys.iter_mut().find(|(known, ..)| *known == key) {
                Some((.., list)) => list.extend(values),
                None => keys.push((key, key_site, values)),
            }
        }
        let site = first.scope.site(first.span);
        let entries = tests.into_iter().map(|(key, key_site, keys)| {
            let members = keys.into_iter().map(|(key, key_site, list)| Entry {
                key,
                key_site,
                value: collapsed(list, key_site),
            });
            Entry {
                key,
                key_site,
                value: Val::new(What::Object(Rc::new(members.collect())), key_site),
            }
        });
        Some(Val::new(What::Object(Rc::new(entries.collect())), site))
    }

    /// Merges the documents that an attribute names.
    fn merge_all(&self, draft: &mut Draft, attribute: Option<&Attribute>, scope: &Scope) {
        let Some(attribute) = attribute else {
            return;
        };
        let value = self.eval(&attribute.value, scope);
        let documents = match &value.what {
            What::List(_) | What::Choice(_) | What::Null => self.items_or_self(&value),
            _ => vec![(value.clone(), Vec::new())],
        };
        for (document, under) in documents {
            self.merge_one(draft, &document, &under, attribute, scope);
        }
    }

    fn items_or_self(&self, value: &Val) -> Vec<(Val, Vec<(String, bool)>)> {
        match self.items(value) {
            Some(items) => items
                .into_iter()
                .map(|item| (item.value, item.under))
                .collect(),
            None => vec![(value.clone(), Vec::new())],
        }
    }

    fn merge_one(
        &self,
        draft: &mut Draft,
        document: &Val,
        under: &[(String, bool)],
        attribute: &Attribute,
        scope: &Scope,
    ) {
        let site = scope.site(attribute.value.span);
        let miss = |draft: &mut Draft, what: String| {
            let reason = format!("`{}` holds {what}", attribute.name);
            draft.missing.get_or_insert(reason);
        };
        match &document.what {
            What::Null | What::Absent => {}
            What::Text(text) if text.value.trim().is_empty() => {}
            What::Choice(choice) if under.len() < MOST_GUARDS => {
                for (side, holds) in [(&choice.then, true), (&choice.otherwise, false)] {
                    let mut under = under.to_vec();
                    under.push((choice.guard.clone(), holds));
                    self.merge_one(draft, side, &under, attribute, scope);
                }
            }
            What::Json(_) | What::Text(_) => {
                let value = match &document.what {
                    What::Json(json) => {
                        if let Some(reason) = &json.missing {
                            draft.missing.get_or_insert_with(|| reason.clone());
                        }
                        Some(json.value.clone())
                    }
                    _ => self.decoded(document, site),
                };
                let Some(value) = value.filter(|value| value.as_object().is_some()) else {
                    return miss(draft, "what is no policy".to_owned());
                };
                let statements = match value.member("Statement") {
                    Some(Val {
                        what: What::List(list),
                        ..
                    }) => list.to_vec(),
                    Some(one) => vec![one.clone()],
                    None => Vec::new(),
                };
                let statements = statements.into_iter();
                draft.merge(Draft {
                    version: value.member("Version").cloned(),
                    id: value.member("Id").cloned(),
                    statements: statements
                        .map(|one| super::eval::under(one, under, site))
                        .collect(),
                    missing: None,
                });
            }
            What::Failed(why) => miss(draft, format!("nothing: {why}")),
            _ => miss(draft, format!("`⟨{}⟩`", document.address())),
        }
    }
}

impl Draft {
    /// As the provider merges: the later document wins.
    fn merge(&mut self, other: Self) {
        if other.id.is_some() {
            self.id = other.id;
        }
        let newer = |a: &Option<Val>, b: &Option<Val>| {
            let text = |v: &Option<Val>| v.as_ref().and_then(Val::as_text);
            text(b) > text(a)
        };
        if newer(&self.version, &other.version) {
            self.version = other.version;
        }
        for statement in other.statements {
            if self.statements.len() >= MOST_STATEMENTS {
                self.missing
                    .get_or_insert_with(|| "more statements than are read".to_owned());
                return;
            }
            let name = sid(&statement);
            let same = name.and_then(|name| {
                let found = self.statements.iter_mut();
                found
                    .into_iter()
                    .find(|one| sid(one).as_deref() == Some(&*name))
            });
            match same {
                Some(one) => *one = replaced(one.clone(), statement),
                None => self.statements.push(statement),
            }
        }
        self.missing = self.missing.take().or(other.missing);
    }
}

/// A statement in place of another; under a guard the other stays otherwise.
fn replaced(old: Val, new: Val) -> Val {
    match &new.what {
        What::Choice(choice) => {
            let side = |side: &Val| match side.what {
                What::Absent => old.clone(),
                _ => replaced(old.clone(), side.clone()),
            };
            let (then, otherwise) = (side(&choice.then), side(&choice.otherwise));
            Val::choice(choice.guard.clone(), then, otherwise, new.site)
        }
        _ => new,
    }
}

/// The sid of a statement, where it is known.
fn sid(statement: &Val) -> Option<Rc<str>> {
    match &statement.what {
        What::Choice(choice) => sid(&choice.then).or_else(|| sid(&choice.otherwise)),
        _ => {
            let sid = statement.member("Sid")?.as_text()?;
            (!sid.is_empty() && !crate::policy::has_symbol(&sid)).then_some(sid)
        }
    }
}

fn collapsed(mut list: Vec<Val>, site: Site) -> Val {
    let is_one = list.len() == 1 && !list.iter().any(super::eval::is_open);
    match list.pop() {
        Some(only) if is_one => only,
        Some(last) => {
            list.push(last);
            Val::list(list, site)
        }
        None => Val::list(list, site),
    }
}

/// A text in which `&{…}` is written for the `${…}` of a policy.
fn unescaped(value: &Val) -> Val {
    value.each_side(&mut |value| match &value.what {
        What::Text(text) if text.value.contains("&{") => {
            Val::text(text.value.replace("&{", "${"), value.site)
        }
        _ => value.clone(),
    })
}

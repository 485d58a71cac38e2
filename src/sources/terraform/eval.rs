//! From expressions to values. What a deployment decides stays open: an unknown
//! gives a symbol, an undecided condition a choice. Nothing stops the reading
//! of a document.

use super::scope::Scope;
use super::thing::{Instanced, Keys, Thing, ThingKind};
use super::value::{Entry, LONGEST_TEXT, MOST_ELEMENTS, Site, Text, Val, What};
use super::world::World;
use crate::policy::Domain;
use crate::syntax::hcl::{Binary, Expr, For, Kind, Step, Unary};
use crate::syntax::{Layered, Written};
use std::rc::Rc;

impl World<'_> {
    /// The value of an expression.
    pub(super) fn eval(&self, expr: &Expr, scope: &Scope) -> Val {
        let site = scope.site(expr.span);
        let value = if self.enter() {
            self.kind(expr, scope, site)
        } else {
            self.unknown("too much to compute", site)
        };
        self.leave();
        value
    }

    pub(super) fn unknown(&self, address: &str, site: Site) -> Val {
        Val::new(What::Unknown(self.symbol(address, Domain::Any)), site)
    }

    fn kind(&self, expr: &Expr, scope: &Scope, site: Site) -> Val {
        match &expr.kind {
            Kind::Null => Val::new(What::Null, site),
            Kind::Bool(value) => Val::new(What::Bool(*value), site),
            Kind::Number(value) => Val::new(What::Number(*value), site),
            Kind::String(text) => Val {
                written: if site.span.len() == text.len() + 2 {
                    Written::Plain
                } else {
                    Written::Computed
                },
                what: What::Text(Text {
                    value: text.as_str().into(),
                    map: Some(Rc::new((
                        site.file,
                        Layered::copy(text, site.span.range().start + 1),
                    ))),
                }),
                site,
            },
            Kind::Template(parts) => self.template(parts, scope, site),
            Kind::List(list) => {
                Val::list(list.iter().map(|one| self.eval(one, scope)).collect(), site)
            }
            Kind::Object(members) => self.object(members, scope, site),
            Kind::Variable(name) => self.reference(name, &[], scope, site),
            Kind::Traversal(base, steps) => match &base.kind {
                Kind::Variable(name) => self.reference(name, steps, scope, site),
                _ => {
                    let base = self.eval(base, scope);
                    self.steps(base, steps, scope, site)
                }
            },
            Kind::Call {
                name,
                arguments,
                expands,
            } => self.call(name, arguments, *expands, scope, site),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.eval(condition, scope);
                self.conditional(&condition, then, otherwise, scope, site)
            }
            Kind::Unary(sign, operand) => {
                let operand = self.eval(operand, scope);
                self.unary(*sign, &operand, site)
            }
            Kind::Binary(left, sign, right) => {
                let (left, right) = (self.eval(left, scope), self.eval(right, scope));
                left.each_side(&mut |left| {
                    right.each_side(&mut |right| self.binary(left, *sign, right, site))
                })
            }
            Kind::For(each) => self.for_each(each, scope, site),
        }
    }

    fn object(&self, members: &[(Expr, Expr)], scope: &Scope, site: Site) -> Val {
        let mut entries = Vec::with_capacity(members.len());
        for (key, value) in members {
            let name = self.eval(key, scope).as_text();
            let name = name.unwrap_or_else(|| {
                let written = self.written(scope.file, key.span);
                self.symbol(&written, Domain::Any).text().into()
            });
            entries.push(Entry {
                key: name,
                key_site: scope.site(key.span),
                value: self.eval(value, scope),
            });
        }
        Val::new(What::Object(Rc::new(entries)), site)
    }

    /// A condition decides, or leaves a choice.
    fn conditional(
        &self,
        condition: &Val,
        then: &Expr,
        otherwise: &Expr,
        scope: &Scope,
        site: Site,
    ) -> Val {
        condition.each_side(&mut |condition| match condition.as_bool() {
            Some(true) => self.eval(then, scope),
            Some(false) => self.eval(otherwise, scope),
            None => match &condition.what {
                What::Unknown(symbol) => {
                    let (a, b) = (self.eval(then, scope), self.eval(otherwise, scope));
                    match a.same(&b) {
                        Some(true) => a,
                        _ => Val::choice(symbol.address.clone(), a, b, site),
                    }
                }
                What::Failed(_) => condition.clone().at(site),
                _ => Val::failed("a condition is neither true nor false", site),
            },
        })
    }

    /// The value of an expression that switches something on, such as `count`.
    /// Where it is off only because a variable of the root module says so by
    /// default, the other side is looked at as well: whoever calls the module
    /// may switch it on.
    pub(super) fn toggled(&self, expr: &Expr, scope: &Scope) -> Val {
        let Kind::Conditional(parts) = &expr.kind else {
            return self.eval(expr, scope);
        };
        let [condition, then, otherwise] = &**parts;
        let before = self.reads_default.replace(false);
        let decided = self.eval(condition, scope);
        let by_default = self.reads_default.get();
        self.reads_default.set(before || by_default);
        let site = scope.site(expr.span);
        if by_default && decided.as_bool() == Some(false) {
            let guard = self.guard(condition, scope);
            let then = self.eval(then, scope);
            return Val::choice(guard, then, self.eval(otherwise, scope), site);
        }
        self.conditional(&decided, then, otherwise, scope, site)
    }

    /// The name of a condition that has a value by default.
    fn guard(&self, condition: &Expr, scope: &Scope) -> String {
        let text = self.written(scope.file, condition.span);
        let round = scope.round(&text);
        super::value::shortened(&format!("{}{text}{round}", scope.instance.prefix))
    }

    fn unary(&self, sign: Unary, operand: &Val, site: Site) -> Val {
        operand.each_side(&mut |operand| match sign {
            Unary::Not => match (operand.as_bool(), &operand.what) {
                (Some(value), _) => Val::new(What::Bool(!value), site),
                (None, What::Unknown(symbol)) => {
                    let side = |value| Val::new(What::Bool(value), site);
                    Val::choice(symbol.address.clone(), side(false), side(true), site)
                }
                _ => Val::failed("`!` before what is neither true nor false", site),
            },
            Unary::Negative => match (operand.as_number(), &operand.what) {
                (Some(value), _) => Val::new(What::Number(-value), site),
                (None, What::Unknown(_)) => self.unknown(&format!("-{}", operand.address()), site),
                _ => Val::failed("`-` before what is no number", site),
            },
        })
    }

    fn binary(&self, left: &Val, sign: Binary, right: &Val, site: Site) -> Val {
        let truth = |value| Val::new(What::Bool(value), site);
        let unknown = |sign: &str| {
            let address = format!("{} {sign} {}", left.address(), right.address());
            self.unknown(&address, site)
        };
        for side in [left, right] {
            if let What::Failed(_) = side.what {
                return side.clone().at(site);
            }
        }
        match sign {
            Binary::Equal => match left.same(right) {
                Some(value) => truth(value),
                None => unknown("=="),
            },
            Binary::NotEqual => match left.same(right) {
                Some(value) => truth(!value),
                None => self.unary(Unary::Not, &unknown("=="), site),
            },
            Binary::And | Binary::Or => {
                let decisive = sign == Binary::Or;
                match (left.as_bool(), right.as_bool()) {
                    (Some(a), _) if a == decisive => truth(decisive),
                    (_, Some(b)) if b == decisive => truth(decisive),
                    (Some(_), Some(_)) => truth(!decisive),
                    (Some(_), None) => right.clone().at(site),
                    (None, Some(_)) => left.clone().at(site),
                    (None, None) => unknown(if decisive { "||" } else { "&&" }),
                }
            }
            _ => {
                let numbers = (left.as_number(), right.as_number());
                let (Some(a), Some(b)) = numbers else {
                    return unknown(symbol_of(sign));
                };
                match sign {
                    Binary::Less => truth(a < b),
                    Binary::LessOrEqual => truth(a <= b),
                    Binary::Greater => truth(a > b),
                    Binary::GreaterOrEqual => truth(a >= b),
                    Binary::Plus => Val::new(What::Number(a + b), site),
                    Binary::Minus => Val::new(What::Number(a - b), site),
                    Binary::Times => Val::new(What::Number(a * b), site),
                    _ if b == 0.0 => Val::failed("division by zero", site),
                    Binary::Divide => Val::new(What::Number(a / b), site),
                    _ => Val::new(What::Number(a % b), site),
                }
            }
        }
    }

    // References.

    fn reference(&self, name: &str, steps: &[Step], scope: &Scope, site: Site) -> Val {
        if let Some(value) = scope.name(name) {
            return self.steps(value.clone().at(site), steps, scope, site);
        }
        if scope.closed {
            return self.unknown(name, site);
        }
        let first = match steps.first() {
            Some(Step::Name(first)) => first.as_str(),
            _ => "",
        };
        let rest = steps.get(1..).unwrap_or_default();
        let instance = &scope.instance;
        let prefix = &instance.prefix;
        match name {
            "var" | "local" => {
                let value = match name {
                    "var" => self.variable(instance, first),
                    _ => self.local(instance, first),
                };
                let value =
                    value.unwrap_or_else(|| self.unknown(&format!("{prefix}{name}.{first}"), site));
                self.steps(value.at(site), rest, scope, site)
            }
            "path" => {
                let path = match first {
                    "module" => &instance.folder.path,
                    _ => &self.root,
                };
                let path = path.to_string_lossy();
                let path = if path.is_empty() { ".".into() } else { path };
                Val::text(&*path, site)
            }
            "terraform" | "tofu" => {
                let symbol = self.symbol(&format!("terraform.{first}"), Domain::Name);
                Val::new(What::Unknown(symbol), site)
            }
            "module" => {
                let thing = Thing::module(instance, first, None);
                let value = Val::new(What::Thing(Rc::new(thing)), site);
                self.steps(value, rest, scope, site)
            }
            "each" | "count" | "self" => self.unknown(&format!("{prefix}{name}.{first}"), site),
            "data" | "ephemeral" => {
                let second = match rest.first() {
                    Some(Step::Name(second)) => second.as_str(),
                    _ => "",
                };
                let rest = rest.get(1..).unwrap_or_default();
                self.thing(ThingKind::Data, first, second, rest, scope, site)
            }
            _ if steps.is_empty() => self.unknown(&format!("{prefix}{name}"), site),
            _ => self.thing(ThingKind::Resource, name, first, rest, scope, site),
        }
    }

    fn thing(
        &self,
        kind: ThingKind,
        type_name: &str,
        name: &str,
        rest: &[Step],
        scope: &Scope,
        site: Site,
    ) -> Val {
        let thing = Thing {
            kind,
            type_name: type_name.to_owned(),
            name: name.to_owned(),
            instance: Rc::clone(&scope.instance),
            key: None,
        };
        let value = Val::new(What::Thing(Rc::new(thing)), site);
        self.steps(value, rest, scope, site)
    }

    /// What stands behind a value.
    pub(super) fn steps(&self, value: Val, steps: &[Step], scope: &Scope, site: Site) -> Val {
        let Some((step, rest)) = steps.split_first() else {
            return value;
        };
        let next = match step {
            Step::Name(name) => value.each_side(&mut |value| self.attribute(value, name, site)),
            Step::Index(index) => {
                let index = self.eval(index, scope);
                value.each_side(&mut |value| {
                    index.each_side(&mut |index| self.index(value, index, site))
                })
            }
            Step::Splat | Step::AttributeSplat => {
                // Behind `.*` an index is one of the whole list.
                let names = rest
                    .iter()
                    .take_while(|s| matches!(s, Step::Name(_)))
                    .count();
                let inside = if *step == Step::Splat {
                    rest.len()
                } else {
                    names
                };
                let (inside, behind) = rest.split_at(inside);
                let list = value.each_side(&mut |value| {
                    let list = self.splat(value, site);
                    let elements = list.as_list().unwrap_or_default().iter();
                    let elements = elements.map(|one| {
                        one.each_side(&mut |one| match one.what {
                            What::Absent => one.clone(),
                            _ => self.steps(one.clone(), inside, scope, site),
                        })
                    });
                    Val::list(elements.collect(), site)
                });
                return self.steps(list, behind, scope, site);
            }
        };
        self.steps(next, rest, scope, site)
    }

    fn attribute(&self, value: &Val, name: &str, site: Site) -> Val {
        match &value.what {
            What::Object(_) => match value.member(name) {
                Some(member) => member.clone(),
                None => Val::failed(format!("no attribute `{name}`"), site),
            },
            What::Unknown(symbol) => self.unknown(&format!("{}.{name}", symbol.address), site),
            What::Thing(thing) => self.attribute_of(thing, name, site),
            What::Failed(_) => value.clone().at(site),
            _ => Val::failed(format!("`{name}` of what has no attributes"), site),
        }
    }

    pub(super) fn index(&self, value: &Val, index: &Val, site: Site) -> Val {
        let address = || format!("{}[{}]", value.address(), index.address());
        match &value.what {
            What::List(list) => match index.as_number() {
                Some(number) => {
                    let open = list.iter().any(is_open);
                    let found = (number >= 0.0).then(|| list.get(number as usize)).flatten();
                    match found {
                        _ if open => self.unknown(&address(), site),
                        Some(found) => found.clone(),
                        None => Val::failed("an index behind the end of a list", site),
                    }
                }
                None => self.unknown(&address(), site),
            },
            What::Object(_) => match (index.as_text(), index.is_known()) {
                (Some(key), true) => match value.member(&key) {
                    Some(member) => member.clone(),
                    None => Val::failed(format!("no key `{key}`"), site),
                },
                _ => self.unknown(&address(), site),
            },
            What::Unknown(_) => self.unknown(&address(), site),
            What::Thing(thing) => {
                let Some(top) = thing.top() else {
                    let thing = thing.at(index.clone());
                    return Val::new(What::Thing(Rc::new(thing)), site);
                };
                match self.keys(thing, &top) {
                    Keys::Known(items) if index.is_known() => {
                        let found = items.iter().any(|item| item.key.same(index) != Some(false));
                        if !found {
                            let address = thing.address();
                            return Val::failed(format!("`{address}` has no such instance"), site);
                        }
                        let thing = thing.one_of(&items, index);
                        Val::new(What::Thing(Rc::new(thing)), site)
                    }
                    Keys::Open if index.as_number() == Some(0.0) => {
                        Val::new(What::Thing(Rc::clone(thing)), site)
                    }
                    _ => Val::new(What::Thing(Rc::new(thing.at(index.clone()))), site),
                }
            }
            What::Failed(_) => value.clone().at(site),
            _ => Val::failed("an index into what is no collection", site),
        }
    }

    fn splat(&self, value: &Val, site: Site) -> Val {
        match &value.what {
            What::List(_) => value.clone(),
            What::Null => Val::list(Vec::new(), site),
            What::Unknown(symbol) => {
                let any = self.unknown(&format!("{}[*]", symbol.address), site);
                Val::list(vec![any.many()], site)
            }
            What::Thing(thing) => {
                let Some(top) = thing.top() else {
                    return Val::list(vec![value.clone()], site);
                };
                match self.keys(thing, &top) {
                    Keys::Known(items) if thing.key.is_none() => {
                        let one = |thing: Thing| Val::new(What::Thing(Rc::new(thing)), site);
                        let all = items.iter().map(|item| {
                            under(one(thing.one_of(&items, &item.key)), &item.under, site)
                        });
                        Val::list(all.collect(), site)
                    }
                    _ => Val::list(vec![value.clone()], site),
                }
            }
            _ => Val::list(vec![value.clone()], site),
        }
    }

    // Collections.

    /// The elements of a collection; `None` where nobody knows how many.
    pub(super) fn items(&self, collection: &Val) -> Option<Vec<Instanced>> {
        self.items_under(collection, &[])
    }

    fn items_under(&self, collection: &Val, under: &[(String, bool)]) -> Option<Vec<Instanced>> {
        let with = |guard: &str, holds: bool| {
            let mut under = under.to_vec();
            under.push((guard.to_owned(), holds));
            under
        };
        match &collection.what {
            What::Choice(choice) if under.len() < 4 => {
                let mut items = Vec::new();
                for (side, holds) in [(&choice.then, true), (&choice.otherwise, false)] {
                    let under = with(&choice.guard, holds);
                    let side = self.items_under(side, &under).unwrap_or_else(|| {
                        vec![Instanced {
                            under,
                            ..self.any_item(side)
                        }]
                    });
                    items.extend(side);
                }
                Some(items)
            }
            What::List(list) => {
                let mut items = Vec::with_capacity(list.len());
                for (index, value) in list.iter().enumerate() {
                    if !self.spend(1) || items.len() >= MOST_ELEMENTS {
                        return None;
                    }
                    #[allow(clippy::cast_precision_loss)] // below MOST_ELEMENTS
                    let key = Val::new(What::Number(index as f64), value.site);
                    let (one, under) = match &value.what {
                        What::Choice(choice) if matches!(choice.otherwise.what, What::Absent) => {
                            (&choice.then, with(&choice.guard, true))
                        }
                        What::Choice(choice) if matches!(choice.then.what, What::Absent) => {
                            (&choice.otherwise, with(&choice.guard, false))
                        }
                        _ => (value, under.to_vec()),
                    };
                    let (one, many) = match &one.what {
                        What::Many(inner) => (&**inner, true),
                        _ => (one, false),
                    };
                    items.push(Instanced {
                        key,
                        value: one.clone(),
                        under,
                        many,
                    });
                }
                Some(items)
            }
            What::Object(members) => Some(
                members
                    .iter()
                    .map(|entry| Instanced {
                        key: Val::text(Rc::clone(&entry.key), entry.key_site),
                        value: entry.value.clone(),
                        under: under.to_vec(),
                        many: false,
                    })
                    .collect(),
            ),
            What::Null | What::Absent => Some(Vec::new()),
            What::Thing(thing) => {
                let top = thing.top()?;
                match self.keys(thing, &top) {
                    Keys::Known(items) if thing.key.is_none() => {
                        let one = |item: &Instanced| Instanced {
                            value: Val::new(
                                What::Thing(Rc::new(thing.one_of(&items, &item.key))),
                                collection.site,
                            ),
                            ..item.clone()
                        };
                        Some(items.iter().map(one).collect())
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// One element that stands for all of a collection that is not known.
    pub(super) fn any_item(&self, collection: &Val) -> Instanced {
        let address = collection.address();
        Instanced {
            key: self.unknown(&format!("key of {address}"), collection.site),
            value: self.unknown(&format!("{address}[*]"), collection.site),
            under: Vec::new(),
            many: true,
        }
    }

    fn for_each(&self, each: &For, scope: &Scope, site: Site) -> Val {
        let collection = self.eval(&each.collection, scope);
        if let What::Failed(_) = collection.what {
            return collection.at(site);
        }
        let items = self.items(&collection);
        let items = items.unwrap_or_else(|| vec![self.any_item(&collection)]);
        let mut list: Vec<Val> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        let is_open = items.iter().any(|item| item.many);
        for item in items {
            if !self.spend(1) || list.len() + entries.len() >= MOST_ELEMENTS {
                return self.unknown("too much to compute", site);
            }
            let mut inner = scope.clone();
            if let Some(name) = &each.key_name {
                inner = inner.with(name, item.key.clone());
            }
            inner = inner.with(&each.value_name, item.value.clone());
            let mut guards = item.under.clone();
            if let Some(condition) = &each.condition {
                let condition = self.eval(condition, &inner);
                match (condition.as_bool(), &condition.what) {
                    (Some(true), _) => {}
                    (Some(false), _) => continue,
                    (None, What::Unknown(symbol)) => guards.push((symbol.address.clone(), true)),
                    (None, What::Choice(choice)) => {
                        match (choice.then.as_bool(), choice.otherwise.as_bool()) {
                            (Some(a), Some(b)) if a != b => guards.push((choice.guard.clone(), a)),
                            _ => guards.push((condition.address(), true)),
                        }
                    }
                    _ => {}
                }
            }
            let value = self.eval(&each.value, &inner);
            match &each.key {
                None if item.many => list.push(under(value, &guards, site).many()),
                None => list.push(under(value, &guards, site)),
                Some(key) => {
                    let name = self.eval(key, &inner);
                    let name = name.as_text().unwrap_or_else(|| name.address().into());
                    let there = entries.iter_mut().find(|entry| entry.key == name);
                    match there {
                        Some(entry) if each.grouping => {
                            if let What::List(list) = &mut entry.value.what {
                                Rc::make_mut(list).push(value);
                            }
                        }
                        Some(entry) => entry.value = value,
                        None => entries.push(Entry {
                            key: name,
                            key_site: site,
                            value: match each.grouping {
                                true => Val::list(vec![value], site),
                                false => value,
                            },
                        }),
                    }
                }
            }
        }
        match each.key {
            None => Val::list(list, site),
            // Which keys it has is not known.
            Some(_) if is_open => {
                let address = format!("{{for {}}}", collection.address());
                self.unknown(&address, site)
            }
            Some(_) => {
                entries.sort_by(|a, b| a.key.cmp(&b.key));
                Val::new(What::Object(Rc::new(entries)), site)
            }
        }
    }
}

/// Whether an element may not be there, or stand for several.
pub(super) fn is_open(element: &Val) -> bool {
    match &element.what {
        What::Many(_) | What::Absent => true,
        What::Choice(choice) => is_open(&choice.then) || is_open(&choice.otherwise),
        _ => false,
    }
}

/// A value that is there only under guards.
pub(super) fn under(value: Val, guards: &[(String, bool)], site: Site) -> Val {
    guards.iter().rev().fold(value, |value, (guard, holds)| {
        let absent = Val::new(What::Absent, site);
        match holds {
            true => Val::choice(guard.clone(), value, absent, site),
            false => Val::choice(guard.clone(), absent, value, site),
        }
    })
}

/// A text, or an unknown where it is too long.
pub(super) fn bounded(world: &World<'_>, text: String, site: Site) -> Val {
    if text.len() > LONGEST_TEXT {
        return world.unknown("a text too long to compute", site);
    }
    Val::text(text, site)
}

fn symbol_of(sign: Binary) -> &'static str {
    match sign {
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessOrEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterOrEqual => ">=",
        Binary::Plus => "+",
        Binary::Minus => "-",
        Binary::Times => "*",
        Binary::Divide => "/",
        Binary::Remainder => "%",
        Binary::And => "&&",
        Binary::Or => "||",
    }
}

//! The functions of the language. One that is not known here, or whose
//! arguments are not, gives a symbol named by its call.

use super::eval::{bounded, is_open};
use super::scope::Scope;
use super::text_functions as texts;
use super::value::{Entry, Json, MOST_ELEMENTS, Site, Val, What};
use super::world::World;
use crate::syntax::hcl::Expr;
use std::rc::Rc;

/// Choices among the arguments that a call is repeated for.
const MOST_CHOICES: usize = 3;

/// Functions that take lists apart and so see the choices in them.
const TAKES_CHOICES: &[&str] = &["concat", "flatten", "jsonencode"];

impl World<'_> {
    pub(super) fn call(
        &self,
        name: &str,
        arguments: &[Expr],
        expands: bool,
        scope: &Scope,
        site: Site,
    ) -> Val {
        match name {
            "try" => {
                let mut last = Val::failed("`try` without an argument", site);
                for argument in arguments {
                    last = self.eval(argument, scope);
                    if !matches!(last.what, What::Failed(_)) {
                        break;
                    }
                }
                return last.at(site);
            }
            "can" => {
                let values = arguments.iter().map(|one| self.eval(one, scope));
                let fails = values
                    .into_iter()
                    .any(|one| matches!(one.what, What::Failed(_)));
                return Val::new(What::Bool(!fails), site);
            }
            _ => {}
        }
        let mut values: Vec<Val> = arguments.iter().map(|one| self.eval(one, scope)).collect();
        if expands && let Some(last) = values.pop() {
            match last.as_list() {
                Some(list) if !list.iter().any(is_open) => values.extend(list.iter().cloned()),
                _ => {
                    values.push(last);
                    return self.unknown_call(name, &values, site);
                }
            }
        }
        self.apply(name, &values, scope, site, MOST_CHOICES)
    }

    fn apply(&self, name: &str, values: &[Val], scope: &Scope, site: Site, left: usize) -> Val {
        let choice = values
            .iter()
            .enumerate()
            .find_map(|(at, value)| match &value.what {
                What::Choice(choice) if !TAKES_CHOICES.contains(&name) => {
                    Some((at, Rc::clone(choice)))
                }
                _ => None,
            });
        if let Some((at, choice)) = choice
            && left > 0
        {
            let side = |side: &Val| {
                let mut values = values.to_vec();
                if let Some(value) = values.get_mut(at) {
                    *value = side.clone();
                }
                self.apply(name, &values, scope, site, left - 1)
            };
            let (then, otherwise) = (side(&choice.then), side(&choice.otherwise));
            return Val::choice(choice.guard.clone(), then, otherwise, site);
        }
        if let Some(failed) = values.iter().find(|v| matches!(v.what, What::Failed(_))) {
            return failed.clone().at(site);
        }
        if !self.spend(values.len()) {
            return self.unknown("too much to compute", site);
        }
        let value = match name {
            "file" => self.read_text(values, scope, site),
            "templatefile" => self.read_template(values, scope, site),
            "fileexists" => values.first().and_then(Val::as_text).map(|path| {
                let there = self.find_file(&path, scope).is_some();
                Val::new(What::Bool(there), site)
            }),
            _ => self
                .list_function(name, values, site)
                .or_else(|| texts::call(self, name, values, site)),
        };
        value.unwrap_or_else(|| self.unknown_call(name, values, site))
    }

    fn unknown_call(&self, name: &str, values: &[Val], site: Site) -> Val {
        let arguments: Vec<_> = values.iter().map(Val::address).collect();
        self.unknown(&format!("{name}({})", arguments.join(", ")), site)
    }

    /// The functions of collections and of types.
    fn list_function(&self, name: &str, values: &[Val], site: Site) -> Option<Val> {
        let first = values.first();
        let second = values.get(1);
        let list = |elements| Some(Val::list(elements, site));
        let truth = |value| Some(Val::new(What::Bool(value), site));
        match name {
            "concat" => self.concat(values, site),
            "flatten" => {
                let mut flat = Vec::new();
                self.flatten(first?, &mut flat, 0)?;
                list(flat)
            }
            "compact" => {
                let mut kept = Vec::new();
                for one in first?.as_list()? {
                    let one = one.each_side(&mut |one| {
                        let empty = one.as_text().is_some_and(|text| text.is_empty());
                        match one.is_null() || empty {
                            true => Val::new(What::Absent, one.site),
                            false => one.clone(),
                        }
                    });
                    if !matches!(one.what, What::Absent) {
                        kept.push(one);
                    }
                }
                list(kept)
            }
            "distinct" | "toset" => {
                let elements = match self.things(first?) {
                    Some(elements) => elements,
                    None => first?.as_list()?.to_vec(),
                };
                let mut kept: Vec<Val> = Vec::new();
                for one in elements {
                    self.spend(kept.len()).then_some(())?;
                    if !kept.iter().any(|other| other.same(&one) == Some(true)) {
                        kept.push(one);
                    }
                }
                if name == "toset" {
                    sort(&mut kept);
                }
                list(kept)
            }
            "sort" => {
                let mut elements = first?.as_list()?.to_vec();
                sort(&mut elements);
                list(elements)
            }
            "reverse" => list(first?.as_list()?.iter().rev().cloned().collect()),
            "tolist" | "sensitive" | "nonsensitive" | "tomap" | "toobject" | "ephemeralasnull" => {
                Some(first?.clone().at(site))
            }
            "length" => match &first?.what {
                What::List(_) => {
                    let count = closed(first?)?.len();
                    #[allow(clippy::cast_precision_loss)] // collections are bounded
                    Some(Val::new(What::Number(count as f64), site))
                }
                What::Object(members) => {
                    #[allow(clippy::cast_precision_loss)] // collections are bounded
                    Some(Val::new(What::Number(members.len() as f64), site))
                }
                What::Text(text) if !crate::policy::has_symbol(&text.value) => {
                    #[allow(clippy::cast_precision_loss)] // texts are bounded
                    Some(Val::new(
                        What::Number(text.value.chars().count() as f64),
                        site,
                    ))
                }
                What::Thing(_) => {
                    #[allow(clippy::cast_precision_loss)] // collections are bounded
                    let count = self.things(first?)?.len() as f64;
                    Some(Val::new(What::Number(count), site))
                }
                _ => None,
            },
            "coalesce" => {
                for one in values {
                    let empty = one.is_null() || one.as_text().is_some_and(|text| text.is_empty());
                    if !empty {
                        return Some(one.clone().at(site));
                    }
                }
                Some(Val::failed("`coalesce` of nothing", site))
            }
            "coalescelist" => {
                for one in values {
                    match &one.what {
                        What::List(list) if list.is_empty() => {}
                        What::Null => {}
                        _ => return Some(one.clone().at(site)),
                    }
                }
                Some(Val::failed("`coalescelist` of nothing", site))
            }
            "element" => {
                let elements = closed(first?)?;
                let index = second?.as_number()?;
                if elements.is_empty() || index < 0.0 {
                    return Some(Val::failed("`element` of an empty list", site));
                }
                elements.get(index as usize % elements.len()).cloned()
            }
            "one" => match closed(first?)? {
                [] => Some(Val::new(What::Null, site)),
                [only] => Some(only.clone()),
                _ => Some(Val::failed("`one` of several", site)),
            },
            "index" => {
                let elements = closed(first?)?;
                let mut at = 0.0;
                for one in elements {
                    if one.same(second?)? {
                        return Some(Val::new(What::Number(at), site));
                    }
                    at += 1.0;
                }
                Some(Val::failed("`index` of what is not there", site))
            }
            "contains" => {
                let mut open = false;
                for one in first?.as_list()? {
                    match one.same(second?) {
                        Some(true) => return truth(true),
                        Some(false) => {}
                        None => open = true,
                    }
                }
                if open { None } else { truth(false) }
            }
            "anytrue" | "alltrue" => {
                let decisive = name == "anytrue";
                let mut open = false;
                for one in first?.as_list()? {
                    match one.as_bool() {
                        Some(value) if value == decisive => return truth(decisive),
                        Some(_) => {}
                        None => open = true,
                    }
                }
                if open { None } else { truth(!decisive) }
            }
            "lookup" => {
                let object = first?;
                object.as_object()?;
                let key = second?
                    .as_text()
                    .filter(|_| second.is_some_and(Val::is_known))?;
                match (object.member(&key), values.get(2)) {
                    (Some(value), _) => Some(value.clone()),
                    (None, Some(default)) => Some(default.clone()),
                    (None, None) => Some(Val::failed(format!("no key `{key}`"), site)),
                }
            }
            "keys" => {
                let keys = self.pairs(first?)?.into_iter().map(|(key, _)| key);
                list(keys.collect())
            }
            "values" => {
                let values = self.pairs(first?)?.into_iter().map(|(_, value)| value);
                list(values.collect())
            }
            "merge" => {
                let mut merged: Vec<Entry> = Vec::new();
                for one in values.iter().filter(|one| !one.is_null()) {
                    for entry in one.as_object()? {
                        match merged.iter_mut().find(|other| other.key == entry.key) {
                            Some(other) => *other = entry.clone(),
                            None => merged.push(entry.clone()),
                        }
                    }
                }
                Some(Val::new(What::Object(Rc::new(merged)), site))
            }
            "zipmap" => {
                let keys = closed(first?)?.iter();
                let pairs = keys.zip(closed(second?)?.iter()).map(|(key, value)| {
                    Some(Entry {
                        key: key.as_text()?,
                        key_site: key.site,
                        value: value.clone(),
                    })
                });
                let entries: Option<Vec<_>> = pairs.collect();
                Some(Val::new(What::Object(Rc::new(entries?)), site))
            }
            "range" => self.range(values, site),
            "slice" => {
                let elements = closed(first?)?;
                let (from, to) = (second?.as_number()?, values.get(2)?.as_number()?);
                let part = elements.get(from as usize..to as usize);
                let failed = || Val::failed("`slice` behind the end of a list", site);
                Some(part.map_or_else(failed, |part| Val::list(part.to_vec(), site)))
            }
            "setunion" => self.apply_distinct(values, site),
            "setsubtract" => {
                let taken = closed(second?)?;
                let mut kept = Vec::new();
                for one in closed(first?)? {
                    self.spend(taken.len()).then_some(())?;
                    let there: Option<Vec<bool>> =
                        taken.iter().map(|other| other.same(one)).collect();
                    if !there?.contains(&true) {
                        kept.push(one.clone());
                    }
                }
                list(kept)
            }
            "setintersection" => {
                let others = closed(second?)?;
                let mut kept = Vec::new();
                for one in closed(first?)? {
                    self.spend(others.len()).then_some(())?;
                    let there: Option<Vec<bool>> =
                        others.iter().map(|other| other.same(one)).collect();
                    if there?.contains(&true) {
                        kept.push(one.clone());
                    }
                }
                list(kept)
            }
            "setproduct" => self.product(values, site),
            "min" | "max" => {
                let numbers: Option<Vec<f64>> = values.iter().map(Val::as_number).collect();
                let best =
                    numbers?
                        .into_iter()
                        .reduce(if name == "min" { f64::min } else { f64::max });
                Some(Val::new(What::Number(best?), site))
            }
            "sum" => {
                let numbers: Option<Vec<f64>> =
                    closed(first?)?.iter().map(Val::as_number).collect();
                Some(Val::new(What::Number(numbers?.into_iter().sum()), site))
            }
            "abs" => Some(Val::new(What::Number(first?.as_number()?.abs()), site)),
            "ceil" => Some(Val::new(What::Number(first?.as_number()?.ceil()), site)),
            "floor" => Some(Val::new(What::Number(first?.as_number()?.floor()), site)),
            "tobool" => truth(first?.as_bool()?),
            "tonumber" => Some(Val::new(What::Number(first?.as_number()?), site)),
            "tostring" => match &first?.what {
                What::Null | What::Unknown(_) | What::Text(_) | What::Json(_) => {
                    Some(first?.clone().at(site))
                }
                _ => Some(Val::text(first?.as_text()?, site)),
            },
            "jsonencode" => {
                let value = first?.clone();
                let encode = &mut |value: &Val| {
                    let json = Json {
                        value: value.clone(),
                        source: None,
                        missing: None,
                    };
                    Val::new(What::Json(Rc::new(json)), site)
                };
                Some(value.each_side(encode))
            }
            "jsondecode" => match &first?.what {
                What::Json(json) => Some(json.value.clone()),
                What::Text(_) => self.decoded(first?, site),
                _ => None,
            },
            _ => None,
        }
    }

    fn concat(&self, values: &[Val], site: Site) -> Option<Val> {
        let mut joined = Vec::new();
        for one in values {
            match &one.what {
                What::List(list) => joined.extend(list.iter().cloned()),
                What::Null => {}
                What::Unknown(_) => joined.push(one.clone().many()),
                _ => {
                    let items = self.items(one)?;
                    joined.extend(items.into_iter().map(|item| {
                        let value = if item.many {
                            item.value.many()
                        } else {
                            item.value
                        };
                        super::eval::under(value, &item.under, site)
                    }));
                }
            }
            if joined.len() > MOST_ELEMENTS || !self.spend(joined.len()) {
                return None;
            }
        }
        Some(Val::list(joined, site))
    }

    fn flatten(&self, value: &Val, into: &mut Vec<Val>, depth: usize) -> Option<()> {
        if depth > 32 || into.len() > MOST_ELEMENTS || !self.spend(1) {
            return None;
        }
        match &value.what {
            What::List(list) => list
                .iter()
                .try_for_each(|one| self.flatten(one, into, depth + 1)),
            What::Choice(choice)
                if choice.then.as_list().is_some() || choice.otherwise.as_list().is_some() =>
            {
                for item in self.items(value)? {
                    let mut inner = Vec::new();
                    self.flatten(&item.value, &mut inner, depth + 1)?;
                    let inner = inner.into_iter();
                    into.extend(inner.map(|one| super::eval::under(one, &item.under, value.site)));
                }
                Some(())
            }
            _ => {
                into.push(value.clone());
                Some(())
            }
        }
    }

    /// The instances of a resource with `count` or `for_each`.
    fn things(&self, value: &Val) -> Option<Vec<Val>> {
        let What::Thing(_) = value.what else {
            return None;
        };
        let items = self.items(value)?;
        let open = items.iter().any(|item| item.many || !item.under.is_empty());
        (!open).then(|| items.into_iter().map(|item| item.value).collect())
    }

    /// Keys and values of an object, sorted as Terraform does.
    fn pairs(&self, value: &Val) -> Option<Vec<(Val, Val)>> {
        let mut pairs: Vec<(Val, Val)> = match &value.what {
            What::Object(members) => members
                .iter()
                .map(|e| (Val::text(Rc::clone(&e.key), e.key_site), e.value.clone()))
                .collect(),
            What::Thing(_) => self
                .items(value)?
                .into_iter()
                .map(|item| {
                    let value = super::eval::under(item.value, &item.under, value.site);
                    (item.key, value)
                })
                .collect(),
            _ => return None,
        };
        pairs.sort_by_key(|(key, _)| key.as_text());
        Some(pairs)
    }

    fn apply_distinct(&self, values: &[Val], site: Site) -> Option<Val> {
        let joined = self.concat(values, site)?;
        self.list_function("distinct", &[joined], site)
    }

    fn range(&self, values: &[Val], site: Site) -> Option<Val> {
        let numbers: Option<Vec<f64>> = values.iter().map(Val::as_number).collect();
        let (mut at, limit, step) = match *numbers?.as_slice() {
            [limit] => (0.0, limit, 1.0),
            [start, limit] => (start, limit, if start <= limit { 1.0 } else { -1.0 }),
            [start, limit, step] => (start, limit, step),
            _ => return None,
        };
        let mut list = Vec::new();
        while step != 0.0 && ((step > 0.0 && at < limit) || (step < 0.0 && at > limit)) {
            if list.len() >= MOST_ELEMENTS || !self.spend(1) {
                return None;
            }
            list.push(Val::new(What::Number(at), site));
            at += step;
        }
        Some(Val::list(list, site))
    }

    fn product(&self, values: &[Val], site: Site) -> Option<Val> {
        let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
        for set in values {
            let mut longer = Vec::new();
            for row in &rows {
                for one in closed(set)? {
                    if longer.len() >= MOST_ELEMENTS || !self.spend(row.len() + 1) {
                        return None;
                    }
                    let mut row = row.clone();
                    row.push(one.clone());
                    longer.push(row);
                }
            }
            rows = longer;
        }
        let rows = rows.into_iter().map(|row| Val::list(row, site));
        Some(Val::list(rows.collect(), site))
    }
}

/// The elements of a list of which it is known how many it has.
pub(super) fn closed(value: &Val) -> Option<&[Val]> {
    value.as_list().filter(|list| !list.iter().any(is_open))
}

fn sort(elements: &mut [Val]) {
    elements.sort_by_key(Val::as_text);
}

pub(super) fn text_value(world: &World<'_>, text: String, site: Site) -> Option<Val> {
    Some(bounded(world, text, site))
}

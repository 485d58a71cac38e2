//! The functions of texts. A symbol in a text may be anything, so only what
//! looks at literal pieces is computed.

use super::functions::{closed, text_value};
use super::value::{Site, Val, What};
use super::world::World;
use crate::policy::{Domain, has_symbol, symbols_in};
use std::rc::Rc;

pub(super) fn call(world: &World<'_>, name: &str, values: &[Val], site: Site) -> Option<Val> {
    let first = values.first();
    let text = |at: usize| values.get(at).and_then(Val::as_text);
    let literal = |at: usize| text(at).filter(|text| !has_symbol(text));
    let give = |text: String| text_value(world, text, site);
    let truth = |value| Some(Val::new(What::Bool(value), site));
    match name {
        "join" => {
            let separator = text(0)?;
            let mut pieces: Vec<Rc<str>> = Vec::new();
            let mut length = 0;
            for list in values.get(1..)? {
                for one in closed(list)? {
                    let piece = one.as_text()?;
                    length += piece.len() + separator.len();
                    if length > super::value::LONGEST_TEXT || !world.spend(1) {
                        return None;
                    }
                    pieces.push(piece);
                }
            }
            give(pieces.join(&separator))
        }
        "format" => format_text(&text(0)?, values.get(1..)?).and_then(give),
        "formatlist" => {
            let pattern = text(0)?;
            let arguments = values.get(1..)?;
            let lists = arguments.iter().filter_map(Val::as_list);
            if lists.clone().flatten().any(super::eval::is_open) {
                return open_formatlist(world, &pattern, arguments, site);
            }
            let length = lists.map(<[Val]>::len).max().unwrap_or(1);
            let mut list = Vec::new();
            for index in 0..length {
                world.spend(1).then_some(())?;
                let row: Option<Vec<Val>> = arguments
                    .iter()
                    .map(|one| match one.as_list() {
                        Some(list) => list.get(index).cloned(),
                        None => Some(one.clone()),
                    })
                    .collect();
                list.push(give(format_text(&pattern, &row?)?)?);
            }
            Some(Val::list(list, site))
        }
        "replace" => {
            let (whole, from, to) = (literal(0)?, literal(1)?, text(2)?);
            let is_regex = from.len() > 1 && from.starts_with('/') && from.ends_with('/');
            if is_regex || from.is_empty() {
                return None;
            }
            let found = whole.matches(&*from).count();
            if found.saturating_mul(to.len()) > super::value::LONGEST_TEXT {
                return None;
            }
            give(whole.replace(&*from, &to))
        }
        "lower" => give(literal(0)?.to_lowercase()),
        "upper" => give(literal(0)?.to_uppercase()),
        "title" => {
            let mut text = String::new();
            let mut starts = true;
            for c in literal(0)?.chars() {
                if starts {
                    text.extend(c.to_uppercase());
                } else {
                    text.push(c);
                }
                starts = c.is_whitespace();
            }
            give(text)
        }
        "trimspace" => give(literal(0)?.trim().to_owned()),
        "chomp" => give(literal(0)?.trim_end_matches(['\r', '\n']).to_owned()),
        "trim" => {
            let (whole, cut) = (literal(0)?, literal(1)?);
            give(whole.trim_matches(|c| cut.contains(c)).to_owned())
        }
        "trimprefix" => {
            let (whole, prefix) = (text(0)?, literal(1)?);
            match whole.strip_prefix(&*prefix) {
                Some(rest) => give(rest.to_owned()),
                None if literal(0).is_some() || differs(whole.chars(), prefix.chars()) => {
                    give(whole.to_string())
                }
                None => None,
            }
        }
        "trimsuffix" => {
            let (whole, suffix) = (text(0)?, literal(1)?);
            match whole.strip_suffix(&*suffix) {
                Some(rest) => give(rest.to_owned()),
                None if literal(0).is_some()
                    || differs(whole.chars().rev(), suffix.chars().rev()) =>
                {
                    give(whole.to_string())
                }
                None => None,
            }
        }
        "startswith" => {
            let (whole, prefix) = (text(0)?, literal(1)?);
            if whole.starts_with(&*prefix) {
                return truth(true);
            }
            let known = literal(0).is_some() || differs(whole.chars(), prefix.chars());
            if known { truth(false) } else { None }
        }
        "endswith" => {
            let (whole, suffix) = (text(0)?, literal(1)?);
            if whole.ends_with(&*suffix) {
                return truth(true);
            }
            let known = literal(0).is_some() || differs(whole.chars().rev(), suffix.chars().rev());
            if known { truth(false) } else { None }
        }
        "strcontains" => truth(literal(0)?.contains(&*literal(1)?)),
        "substr" => {
            let whole = literal(0)?;
            let (start, length) = (values.get(1)?.as_number()?, values.get(2)?.as_number()?);
            let count = whole.chars().count();
            let start = if start < 0.0 {
                count.saturating_sub(-start as usize)
            } else {
                start as usize
            };
            let length = if length < 0.0 { count } else { length as usize };
            give(whole.chars().skip(start).take(length).collect())
        }
        "split" => {
            let (separator, whole) = (literal(0)?, text(1)?);
            // The name of a resource and the like hold no colon.
            let splits = |address: &str| {
                separator.as_ref() != ":"
                    || matches!(world.domain(address), Domain::Any | Domain::OneOf { .. })
            };
            if separator.is_empty() || symbols_in(&whole).any(splits) {
                return None;
            }
            let pieces = whole.split(&*separator).take(super::value::MOST_ELEMENTS);
            Some(Val::list(
                pieces.map(|piece| Val::text(piece, site)).collect(),
                site,
            ))
        }
        "indent" => {
            let count = first?.as_number().filter(|n| (0.0..200.0).contains(n))?;
            let blanks = " ".repeat(count as usize);
            give(text(1)?.replace('\n', &format!("\n{blanks}")))
        }
        "basename" => give(
            literal(0)?
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
        ),
        "dirname" => {
            let whole = literal(0)?;
            give(
                whole
                    .rsplit_once('/')
                    .map_or(".", |(folder, _)| folder)
                    .to_owned(),
            )
        }
        "abspath" | "pathexpand" => Some(first?.clone()),
        "provider::aws::arn_build" | "arn_build" => {
            let pieces: Option<Vec<_>> = (0..5).map(text).collect();
            let pieces = pieces?;
            give(format!("arn:{}", pieces.join(":")))
        }
        _ => None,
    }
}

/// A row of a list of which nobody knows the length.
fn open_formatlist(world: &World<'_>, pattern: &str, arguments: &[Val], site: Site) -> Option<Val> {
    let mut open = arguments.iter().filter(|one| one.as_list().is_some());
    let (Some(list), None) = (open.next(), open.next()) else {
        return None;
    };
    let rows = list.as_list()?.iter().map(|element| {
        let mut failed = false;
        let row = element.each_side(&mut |element| {
            if matches!(element.what, What::Absent) {
                return element.clone();
            }
            let row: Vec<Val> = arguments
                .iter()
                .map(|one| match one.as_list() {
                    Some(_) => element.clone(),
                    None => one.clone(),
                })
                .collect();
            let text = format_text(pattern, &row).and_then(|text| text_value(world, text, site));
            failed |= text.is_none();
            text.unwrap_or_else(|| element.clone())
        });
        (!failed).then_some(row)
    });
    let rows: Option<Vec<Val>> = rows.collect();
    Some(Val::list(rows?, site))
}

/// Whether two texts differ before the first of them holds a symbol.
fn differs(whole: impl Iterator<Item = char>, part: impl Iterator<Item = char>) -> bool {
    let mut part = part;
    for c in whole {
        match part.next() {
            _ if matches!(c, '⟨' | '⟩') => return false,
            Some(other) if other != c => return true,
            Some(_) => {}
            None => return false,
        }
    }
    part.next().is_some()
}

/// `format`: `%s`, `%d`, `%v`, `%q`, `%%`, and zero-padded numbers.
fn format_text(pattern: &str, arguments: &[Val]) -> Option<String> {
    let mut text = String::new();
    let mut next = 0;
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('%') {
        text.push_str(before);
        let end = behind.find(|c: char| c.is_ascii_alphabetic() || c == '%')?;
        let (flags, verb) = behind.split_at(end);
        let mut characters = verb.chars();
        let verb = characters.next()?;
        rest = characters.as_str();
        if verb == '%' {
            text.push('%');
            continue;
        }
        let value = match flags.strip_prefix('[').and_then(|f| f.strip_suffix(']')) {
            Some(index) => arguments.get(index.parse::<usize>().ok()?.checked_sub(1)?)?,
            None => {
                let value = arguments.get(next)?;
                next += 1;
                value
            }
        };
        let piece = value.as_text()?;
        let padded = flags
            .strip_prefix('0')
            .and_then(|width| width.parse::<usize>().ok());
        match (verb, padded, flags) {
            ('d', Some(width), _) if width < 64 => {
                value.as_number()?;
                text.push_str(&format!("{piece:0>width$}"));
            }
            ('s' | 'v' | 'd', _, "") => text.push_str(&piece),
            ('s' | 'v' | 'd', _, flags) if flags.starts_with('[') => text.push_str(&piece),
            ('q', _, "") => text.push_str(&serde_json::to_string(&*piece).ok()?),
            _ => return None,
        }
        if text.len() > super::value::LONGEST_TEXT {
            return None;
        }
    }
    text.push_str(rest);
    Some(text)
}

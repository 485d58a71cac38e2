//! The answer of `leastwise simulate`, for people and for programs.

use super::clean;
use crate::semantics::evaluate::{
    Answer, Answered, ConditionTrace, Explained, LayerResult, LayerTrace, Literal, PartTrace,
    Question, RequestValues, Residual, StatementTrace, Trace, Verdict,
};
use crate::text::Source;
use serde::Serialize;
use std::io::{self, Write};

/// What `leastwise simulate --format json` writes.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct SimulateOutput<'a> {
    /// `leastwise/simulate/1`.
    schema: &'static str,
    /// The answer.
    #[serde(flatten)]
    answered: &'a Answered,
}

impl<'a> SimulateOutput<'a> {
    /// Puts the name of the schema in front of an answer.
    #[must_use]
    pub fn new(answered: &'a Answered) -> Self {
        Self {
            schema: "leastwise/simulate/1",
            answered,
        }
    }
}

/// The JSON Schema of what `simulate` writes: one answer, or a line of a batch,
/// where a `schema` in each would be as long as the answer (`evaluation.md`,
/// section 6).
#[must_use]
pub fn schema() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::default().for_serialize();
    let mut generator = settings.into_generator();
    let one = generator.subschema_for::<SimulateOutput<'static>>();
    let line = generator.subschema_for::<Answer>();
    let definitions = generator.take_definitions(true);
    schemars::json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An answer of leastwise simulate, or a line of its batch",
        "anyOf": [one, line],
        "$defs": definitions,
    })
}

/// Writes a verdict and what it rests on; with `explain` every layer,
/// statement and condition. `sources` are the texts of the policies, found by
/// their names.
///
/// # Errors
/// Those of the writer.
pub fn write(
    out: &mut impl Write,
    question: &Question,
    answered: &Answered,
    sources: &[Source],
    explain: bool,
) -> io::Result<()> {
    let verdict = answered.answer.verdict();
    let request = &question.request;
    writeln!(
        out,
        "{}: {} {} on {}",
        verdict.decision.name(),
        clean(&request.principal),
        clean(&request.action),
        clean(&request.resource)
    )?;
    let trace = match &answered.answer {
        Explained::Trace(trace) => Some(trace),
        Explained::Verdict(_) => None,
    };
    if let Some(trace) = trace {
        deciding(out, trace, sources)?;
    }
    write_verdict(out, verdict)?;
    if let Some(residual) = &answered.residual {
        writeln!(out, "  allowed if")?;
        write_residual(out, residual, 2)?;
    }
    for (name, value) in &answered.settings {
        writeln!(out, "  setting: {name} = {value}")?;
    }
    match trace {
        Some(trace) if explain => write_trace(out, trace, sources),
        _ => Ok(()),
    }
}

/// What decides: the Allows of an allowed request, the Denies of a denied one
/// and the levels of the organization that lack an Allow.
fn deciding(out: &mut impl Write, trace: &Trace, sources: &[Source]) -> io::Result<()> {
    let allowed = trace.verdict.blocked_by.is_empty();
    for layer in &trace.layers {
        for statement in layer.statements.iter().filter(|s| s.matched) {
            let word = match statement.effect {
                Some("Deny") if !allowed => "denied by",
                Some("Allow") if allowed && layer.layer.grants() => "granted by",
                _ => continue,
            };
            let place = place(statement, sources);
            writeln!(out, "  {word} {place} ({})", layer.layer.name())?;
        }
        if let Some(level) = &layer.level
            && !allowed
            && layer.applies
            && layer.result == LayerResult::None
        {
            let level = clean(level);
            writeln!(out, "  not allowed by `{level}` ({})", layer.layer.name())?;
        }
    }
    Ok(())
}

fn write_verdict(out: &mut impl Write, verdict: &Verdict) -> io::Result<()> {
    let names = |layers: &[crate::semantics::evaluate::Layer]| {
        let names: Vec<_> = layers.iter().map(|layer| layer.name()).collect();
        names.join(", ")
    };
    if !verdict.blocked_by.is_empty() {
        writeln!(out, "  blocked by: {}", names(&verdict.blocked_by))?;
    }
    if !verdict.not_granted_by.is_empty() {
        writeln!(out, "  not granted by: {}", names(&verdict.not_granted_by))?;
    }
    if !verdict.missing_keys.is_empty() {
        let keys: Vec<_> = verdict.missing_keys.iter().map(|key| clean(key)).collect();
        writeln!(out, "  absent from the context: {}", keys.join(", "))?;
    }
    if !verdict.certain {
        writeln!(out, "  uncertain: AWS leaves open what would decide")?;
    }
    for other in &verdict.uncertain {
        let (setting, value, decision) = (other.setting, other.value, other.decision.name());
        writeln!(out, "    {setting} = {value}: {decision}")?;
    }
    if !verdict.not_modelled.is_empty() {
        writeln!(out, "  not looked at: {}", verdict.not_modelled.join(", "))?;
    }
    Ok(())
}

/// A formula, one literal a line, two blanks deeper for each connective.
fn write_residual(out: &mut impl Write, residual: &Residual, depth: usize) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let mut several = |word: &str, parts: &[Residual]| {
        writeln!(out, "{indent}{word}")?;
        let mut parts = parts.iter();
        parts.try_for_each(|part| write_residual(out, part, depth + 1))
    };
    match residual {
        Residual::And { and } => several("all of", and),
        Residual::Or { or } => several("one of", or),
        Residual::Plain(true) => writeln!(out, "{indent}always"),
        Residual::Plain(false) => writeln!(out, "{indent}never"),
        Residual::Not { not } => writeln!(out, "{indent}not {}", literal(not)),
        Residual::Literal(one) => writeln!(out, "{indent}{}", literal(one)),
    }
}

fn literal(literal: &Literal) -> String {
    let (head, values) = match literal {
        Literal::Condition {
            operator,
            key,
            values,
        } => (format!("{} {}", clean(operator), clean(key)), values),
        Literal::Element { element, values } => ((*element).to_owned(), values),
    };
    let values: Vec<_> = values.iter().map(|value| clean(value)).collect();
    format!("{head}: {}", values.join(", "))
}

fn write_trace(out: &mut impl Write, trace: &Trace, sources: &[Source]) -> io::Result<()> {
    for layer in &trace.layers {
        write_layer(out, layer, sources)?;
    }
    let keys = &trace.keys;
    let lists = [
        ("needed", &keys.needed),
        ("missing", &keys.missing),
        ("decisive", &keys.decisive),
        ("ignored", &keys.ignored),
    ];
    if lists.iter().any(|(_, keys)| !keys.is_empty()) {
        writeln!(out, "keys")?;
    }
    for (name, keys) in lists.into_iter().filter(|(_, keys)| !keys.is_empty()) {
        let keys: Vec<_> = keys.iter().map(|key| clean(key)).collect();
        writeln!(out, "  {name}: {}", keys.join(", "))?;
    }
    Ok(())
}

fn write_layer(out: &mut impl Write, layer: &LayerTrace, sources: &[Source]) -> io::Result<()> {
    let result = match layer.result {
        _ if !layer.applies => "does not apply",
        LayerResult::Allow => "allows",
        LayerResult::Deny => "denies",
        LayerResult::None => "says nothing",
    };
    let level = layer
        .level
        .as_deref()
        .map(|level| format!(" {}", clean(level)));
    let name = format!("{}{}", layer.layer.name(), level.unwrap_or_default());
    match &layer.reason {
        Some(reason) => writeln!(out, "{name}: {result}: {reason}")?,
        None => writeln!(out, "{name}: {result}")?,
    }
    for statement in &layer.statements {
        let effect = statement.effect.unwrap_or("no effect");
        let matched = if statement.matched {
            "matches"
        } else {
            "does not match"
        };
        writeln!(out, "  {} {effect}: {matched}", place(statement, sources))?;
        if let Some(principal) = &statement.principal {
            write_part(out, "principal", principal)?;
        }
        write_part(out, "action", &statement.action)?;
        if let Some(resource) = &statement.resource {
            write_part(out, "resource", resource)?;
        }
        for condition in &statement.conditions {
            write_condition(out, condition)?;
        }
    }
    Ok(())
}

fn mark(matched: bool) -> &'static str {
    if matched { "✓" } else { "✗" }
}

fn rule(rule: Option<&'static str>) -> String {
    rule.map(|rule| format!(" ({rule})")).unwrap_or_default()
}

fn write_part(out: &mut impl Write, name: &str, part: &PartTrace) -> io::Result<()> {
    let not = if part.negated { "not " } else { "" };
    writeln!(
        out,
        "    {} {not}{name}{}",
        mark(part.matched),
        rule(part.rule)
    )?;
    for entry in &part.entries {
        let resolved = entry
            .resolved
            .as_deref()
            .map(|text| format!(" = {}", clean(text)));
        writeln!(
            out,
            "      {} {}{}{}",
            mark(entry.matched),
            clean(&entry.pattern),
            resolved.unwrap_or_default(),
            rule(entry.rule)
        )?;
    }
    Ok(())
}

fn write_condition(out: &mut impl Write, condition: &ConditionTrace) -> io::Result<()> {
    let found = match &condition.request_values {
        RequestValues::Present(values) => {
            let values: Vec<_> = values.iter().map(|value| clean(value)).collect();
            values.join(", ")
        }
        RequestValues::Absent(word) => (*word).to_owned(),
    };
    writeln!(
        out,
        "    {} {} {}: {found}{}",
        mark(condition.matched),
        clean(&condition.operator),
        clean(&condition.key),
        rule(condition.rule)
    )?;
    for value in &condition.policy_values {
        let resolved = value
            .resolved
            .as_deref()
            .map(|text| format!(" = {}", clean(text)));
        writeln!(
            out,
            "      {} {}{}",
            mark(value.matched),
            clean(&value.value),
            resolved.unwrap_or_default()
        )?;
    }
    Ok(())
}

/// Where a statement stands: `file:line:column`, or its indexes where it came
/// with the request.
fn place(statement: &StatementTrace, sources: &[Source]) -> String {
    let name = statement.name.as_deref();
    let source = name.and_then(|name| sources.iter().find(|source| source.name() == name));
    let sid = statement
        .sid
        .as_deref()
        .map(|sid| format!(" `{}`", clean(sid)));
    let sid = sid.unwrap_or_default();
    match source {
        Some(source) => {
            let at = source.position(statement.span.start);
            format!("{}:{}:{}{sid}", clean(source.name()), at.line, at.column)
        }
        None => format!(
            "policy {} statement {}{sid}",
            statement.policy, statement.index
        ),
    }
}

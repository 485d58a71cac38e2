//! `leastwise extract`: the documents themselves, as plain IAM JSON.

use crate::policy::{self, Domain, PolicyType, Symbol};
use crate::sources::{Completeness, Document, Form, Inventory};
use crate::text::Position;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// A document that was found: a line of `--format jsonl`.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Extracted<'a> {
    /// `leastwise/extract/1`.
    pub schema: &'static str,
    /// The file, or `-`.
    pub file: &'a str,
    /// The notation the document was found in.
    pub form: Form,
    /// Where in the file the document is, if it is not the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<&'a str>,
    /// The type it was read as.
    pub policy_type: PolicyType,
    /// Its first character.
    pub start: Position,
    /// One past its last character.
    pub end: Position,
    /// How many statements it has.
    pub statements: usize,
    /// How much of it is known.
    pub completeness: Completeness,
    /// What a deployment fills in, sorted by address.
    pub symbols: Vec<SymbolInfo<'a>>,
    /// Conditions of the deployment under which it exists at all.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub guards: &'a [String],
    /// Why it is not full, and what of it is no policy language.
    pub reasons: Vec<&'a str>,
    /// Plain IAM JSON, in which a symbol reads `⟨address⟩`; `null` where
    /// nothing could be read.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub policy: Option<Box<RawValue>>,
}

/// A reference whose value is not known.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct SymbolInfo<'a> {
    /// As it stands between `⟨` and `⟩`.
    pub address: &'a str,
    /// What values it can have.
    pub domain: DomainName,
    /// The values it can have, where they are listed.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub values: &'a [String],
    /// The value it has if nothing else is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<&'a str>,
}

/// What values a symbol can have.
#[derive(Clone, Copy, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DomainName {
    /// The name or id of a resource.
    Name,
    /// Twelve digits.
    Account,
    /// A region's name.
    Region,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    Partition,
    /// `amazonaws.com` and its like.
    UrlSuffix,
    /// One of `values`.
    OneOf,
    /// Any text, wildcards too.
    Any,
}

impl<'a> SymbolInfo<'a> {
    fn new(symbol: &'a Symbol) -> Self {
        let (domain, values) = match &symbol.domain {
            Domain::Name => (DomainName::Name, &[][..]),
            Domain::Account => (DomainName::Account, &[][..]),
            Domain::Region => (DomainName::Region, &[][..]),
            Domain::Partition => (DomainName::Partition, &[][..]),
            Domain::UrlSuffix => (DomainName::UrlSuffix, &[][..]),
            Domain::OneOf { values, .. } => (DomainName::OneOf, values.as_slice()),
            Domain::Any => (DomainName::Any, &[][..]),
        };
        Self {
            address: &symbol.address,
            domain,
            values,
            chosen: symbol.domain.chosen(),
        }
    }
}

impl<'a> Extracted<'a> {
    /// What is written of a document.
    #[must_use]
    pub fn new(inventory: &'a Inventory, document: &'a Document) -> Self {
        let source = inventory.source(document.source);
        let policy = document.policy.as_ref();
        let mut reasons: Vec<&str> = document.reason.as_deref().into_iter().collect();
        for mistake in document.diagnostics.iter().filter(|d| policy::is_fatal(d)) {
            if !reasons.contains(&mistake.message.as_str()) {
                reasons.push(&mistake.message);
            }
        }
        Self {
            schema: "leastwise/extract/1",
            file: source.name(),
            form: document.form,
            address: document.address.as_deref(),
            policy_type: document.policy_type,
            start: source.position(document.span.start),
            end: source.position(document.span.end),
            statements: policy.map_or(0, |policy| policy.statements.len()),
            completeness: document.completeness,
            symbols: document.symbols.iter().map(SymbolInfo::new).collect(),
            guards: &document.guards,
            reasons,
            policy: policy.and_then(|p| RawValue::from_string(policy::print_compact(p)).ok()),
        }
    }
}

/// A line for each document, also for those of which nothing could be read.
///
/// # Errors
/// Those of the writer.
pub fn write_lines(out: &mut dyn Write, inventory: &Inventory) -> io::Result<()> {
    for document in &inventory.documents {
        serde_json::to_writer(&mut *out, &Extracted::new(inventory, document))?;
        writeln!(out)?;
    }
    Ok(())
}

/// The policies that could be read, one after another: a single one is a file
/// that AWS takes, several are what `jq` reads.
///
/// # Errors
/// Those of the writer.
pub fn write_policies(out: &mut dyn Write, inventory: &Inventory) -> io::Result<()> {
    let policies = inventory.documents.iter().filter_map(|d| d.policy.as_ref());
    for policy in policies {
        out.write_all(policy::print(policy).as_bytes())?;
    }
    Ok(())
}

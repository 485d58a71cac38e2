//! Packs the files of `action-catalog/` into one blob (`catalog.md` 6).
//!
//! Shared with `build.rs`: the embedded catalog and a folder named at run time
//! go through the same code. Layout, all numbers little-endian:
//!
//! ```text
//! magic | counts: strings, services, sides (u32 each)
//! string end offsets (u32 each)
//! services: (prefix string, offset, length)      sorted by prefix
//! sides:    (name string, offset, length)        the small files, as JSON
//! string bytes | bodies
//! ```
//!
//! A service's body is a stream of variable-length integers; names are indices
//! into the string table, keys and types are indices into the service's own.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// First bytes of a blob; the last one is the version of the format.
pub(crate) const MAGIC: &[u8; 8] = b"LWCATLG\x01";

/// The small files, which are decoded from JSON on first use.
pub(crate) const SIDES: [&str; 9] = [
    "global-keys.json",
    "observability.json",
    "operations.json",
    "partitions.json",
    "privileges.json",
    "quotas.json",
    "retired-actions.json",
    "sdk-operations.json",
    "service-principals.json",
];

/// Types of condition keys, in the order of their codes; an array type has the
/// code of its element plus [`ARRAY`].
pub(crate) const KEY_TYPES: [&str; 6] = ["String", "ARN", "Bool", "Numeric", "Date", "IPAddress"];
/// Marks an array type.
pub(crate) const ARRAY: u64 = 8;

/// Access levels, in the order of their codes.
pub(crate) const ACCESS: [&str; 5] = ["list", "read", "tagging", "write", "permissions"];

/// Flags of an action.
pub(crate) const NO_OPERATION: u64 = 1;
/// Only the name and the access level are known.
pub(crate) const NAME_ONLY: u64 = 2;

/// Packs files given by path relative to the catalog's folder. Deterministic.
///
/// # Errors
/// A message that names the file: missing, not JSON, or not of the shape that
/// `action-catalog/README.md` describes.
pub(crate) fn encode<N: AsRef<str>, B: AsRef<[u8]>>(files: &[(N, B)]) -> Result<Vec<u8>, String> {
    let files: BTreeMap<&str, &[u8]> = files
        .iter()
        .map(|(n, b)| (n.as_ref(), b.as_ref()))
        .collect();
    let mut strings = Strings::default();
    let mut newer = json(&files, "newer-actions.json")?;
    let mut services = Vec::new();
    for (path, bytes) in &files {
        if path.starts_with("services/") {
            let at = |error: String| format!("{path}: {error}");
            let mut document = object(parse(bytes).map_err(at)?).map_err(at)?;
            let prefix = text(document.get("service")).map_err(at)?.to_owned();
            merge(&mut document, newer.remove(&prefix)).map_err(at)?;
            services.push((prefix, service(&document, &mut strings).map_err(at)?));
        }
    }
    if services.is_empty() {
        return Err("services/: no files".to_owned());
    }
    // Services that only the fresher lists know.
    for (prefix, actions) in newer {
        let mut document = Map::new();
        document.insert("service".to_owned(), Value::String(prefix.clone()));
        merge(&mut document, Some(actions)).map_err(|e| format!("newer-actions.json: {e}"))?;
        services.push((prefix, service(&document, &mut strings)?));
    }
    services.sort();
    let mut sides = Vec::new();
    for name in SIDES {
        let mut document = json(&files, name)?;
        document.remove("about");
        sides.push((
            name.to_owned(),
            Value::Object(document).to_string().into_bytes(),
        ));
    }
    sides.push(("date".to_owned(), date(&files)?.into_bytes()));
    Ok(assemble(&services, &sides, strings))
}

/// The line `date 2026-10-20` of the lock.
fn date(files: &BTreeMap<&str, &[u8]>) -> Result<String, String> {
    let lock = files
        .get("catalog.lock")
        .ok_or("catalog.lock: no such file")?;
    String::from_utf8_lossy(lock)
        .lines()
        .find_map(|line| line.strip_prefix("date "))
        .map(|date| date.trim().to_owned())
        .ok_or_else(|| "catalog.lock: no line `date …`".to_owned())
}

fn json(files: &BTreeMap<&str, &[u8]>, name: &str) -> Result<Map<String, Value>, String> {
    let bytes = files
        .get(name)
        .ok_or_else(|| format!("{name}: no such file"))?;
    parse(bytes)
        .and_then(object)
        .map_err(|error| format!("{name}: {error}"))
}

fn parse(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err("expected an object".to_owned()),
    }
}

fn text(value: Option<&Value>) -> Result<&str, String> {
    value
        .and_then(Value::as_str)
        .ok_or_else(|| "expected a string".to_owned())
}

/// The strings of an optional array.
fn texts(value: Option<&Value>) -> Result<Vec<&str>, String> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(|item| text(Some(item))).collect(),
        Some(_) => Err("expected an array".to_owned()),
    }
}

fn members(value: Option<&Value>) -> Result<Vec<(&str, &Value)>, String> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Object(members)) => Ok(members.iter().map(|(k, v)| (k.as_str(), v)).collect()),
        Some(_) => Err("expected an object".to_owned()),
    }
}

/// Adds the actions of the overlay, marked as names only.
fn merge(document: &mut Map<String, Value>, newer: Option<Value>) -> Result<(), String> {
    let Some(newer) = newer else { return Ok(()) };
    let actions = document
        .entry("actions")
        .or_insert_with(|| Value::Object(Map::new()));
    let actions = actions.as_object_mut().ok_or("`actions` is no object")?;
    for (name, facts) in object(newer)? {
        let mut facts = object(facts)?;
        facts.insert("name_only".to_owned(), Value::Bool(true));
        actions.entry(name).or_insert(Value::Object(facts));
    }
    Ok(())
}

/// The body of one service.
fn service(document: &Map<String, Value>, strings: &mut Strings) -> Result<Vec<u8>, String> {
    let mut out = Body::default();
    let prefix = text(document.get("service"))?;
    out.word(strings, prefix);
    out.word(
        strings,
        document
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or(prefix),
    );
    out.number(u64::from(flag(document.get("rcp"))));
    out.words(strings, &texts(document.get("sdk"))?);

    let keys = members(document.get("keys"))?;
    out.number(keys.len() as u64);
    for (name, kind) in &keys {
        out.word(strings, name);
        out.number(key_type(text(Some(kind))?)?);
    }
    let keys: HashMap<&str, u64> = keys.iter().map(|(k, _)| *k).zip(0..).collect();

    let types = members(document.get("resources"))?;
    out.number(types.len() as u64);
    for (name, facts) in &types {
        out.word(strings, name);
        out.words(strings, &texts(facts.get("arn"))?);
        out.indices(&keys, &texts(facts.get("keys"))?)?;
    }
    let types: HashMap<&str, u64> = types.iter().map(|(t, _)| *t).zip(0..).collect();

    let mut actions = members(document.get("actions"))?;
    actions.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    out.number(actions.len() as u64);
    for (name, facts) in actions {
        action(&mut out, strings, name, facts, &keys, &types)
            .map_err(|e| format!("`{name}`: {e}"))?;
    }
    Ok(out.bytes)
}

fn action(
    out: &mut Body,
    strings: &mut Strings,
    name: &str,
    facts: &Value,
    keys: &HashMap<&str, u64>,
    types: &HashMap<&str, u64>,
) -> Result<(), String> {
    let access = text(facts.get("access"))?;
    let level = (0..).zip(ACCESS).find(|(_, word)| *word == access);
    let (level, _) = level.ok_or_else(|| format!("unknown access level `{access}`"))?;
    let mut flags = 0;
    if flag(facts.get("no_op")) {
        flags |= NO_OPERATION;
    }
    if flag(facts.get("name_only")) {
        flags |= NAME_ONLY;
    }
    out.word(strings, name);
    out.number(flags << 3 | level);
    let links = texts(facts.get("resources"))?;
    out.number(links.len() as u64);
    for link in links {
        let (kind, required) = link.strip_suffix('*').map_or((link, 0), |kind| (kind, 1));
        out.number(index(types, kind)? << 1 | required);
    }
    out.indices(keys, &texts(facts.get("keys"))?)?;
    let narrowed = members(facts.get("keys_on"))?;
    out.number(narrowed.len() as u64);
    for (kind, list) in narrowed {
        out.number(index(types, kind)?);
        out.indices(keys, &texts(Some(list))?)?;
    }
    out.words(strings, &texts(facts.get("needs"))?);
    out.words(strings, &texts(facts.get("ops"))?);
    Ok(())
}

fn flag(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or(false)
}

fn key_type(name: &str) -> Result<u64, String> {
    let (element, array) = name
        .strip_prefix("ArrayOf")
        .map_or((name, 0), |element| (element, ARRAY));
    let code = (0..).zip(KEY_TYPES).find(|(_, word)| *word == element);
    code.map(|(code, _)| code | array)
        .ok_or_else(|| format!("unknown type `{name}`"))
}

fn index(table: &HashMap<&str, u64>, name: &str) -> Result<u64, String> {
    table
        .get(name)
        .copied()
        .ok_or_else(|| format!("`{name}` is not defined"))
}

/// The string table: every distinct string once.
#[derive(Default)]
struct Strings {
    known: HashMap<String, u64>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Strings {
    fn id(&mut self, text: &str) -> u64 {
        if let Some(&id) = self.known.get(text) {
            return id;
        }
        let id = self.known.len() as u64;
        self.known.insert(text.to_owned(), id);
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
        id
    }
}

#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
}

impl Body {
    /// Seven bits a byte, the lowest first, the high bit on all but the last.
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn word(&mut self, strings: &mut Strings, text: &str) {
        self.number(strings.id(text));
    }

    fn words(&mut self, strings: &mut Strings, texts: &[&str]) {
        self.number(texts.len() as u64);
        for text in texts {
            self.word(strings, text);
        }
    }

    fn indices(&mut self, table: &HashMap<&str, u64>, names: &[&str]) -> Result<(), String> {
        self.number(names.len() as u64);
        for name in names {
            self.number(index(table, name)?);
        }
        Ok(())
    }
}

type Section = (String, Vec<u8>);

fn assemble(services: &[Section], sides: &[Section], mut strings: Strings) -> Vec<u8> {
    let mut bodies = Vec::new();
    let mut entries = Vec::new();
    for (name, body) in services.iter().chain(sides) {
        entries.push([strings.id(name) as usize, bodies.len(), body.len()]);
        bodies.extend_from_slice(body);
    }
    let mut blob = MAGIC.to_vec();
    let mut number = |value: usize| blob.extend_from_slice(&(value as u32).to_le_bytes());
    number(strings.ends.len());
    number(services.len());
    number(sides.len());
    for end in &strings.ends {
        number(*end);
    }
    for entry in &entries {
        for value in entry {
            number(*value);
        }
    }
    blob.extend_from_slice(&strings.bytes);
    blob.extend_from_slice(&bodies);
    blob
}

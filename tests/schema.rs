//! Holds JSON against the part of JSON Schema that `schemars` writes, and a
//! committed schema against the types. An unknown keyword is an error: what is
//! not checked must not look checked.

use serde_json::Value;
use std::path::Path;

/// What is wrong with `value`, if anything.
pub fn check(schema: &Value, value: &Value) -> Result<(), String> {
    node(schema, schema, value).map_err(|(path, what)| format!("at `{path}`: {what}"))
}

/// Compares `schema/NAME.json` with what the types say; `BLESS=1` rewrites it.
pub fn committed(name: &str, schema: &schemars::Schema) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written, text,
        "schema/{name}.json is stale: run with BLESS=1"
    );
    serde_json::from_str(&text).unwrap()
}

/// The schema of what is written: a list that is left out where it is empty is
/// not required.
pub fn of_output<T: schemars::JsonSchema>() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::default().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

type Wrong = (String, String);

fn node(root: &Value, schema: &Value, value: &Value) -> Result<(), Wrong> {
    let wrong = |what: String| Err((String::new(), what));
    let Value::Object(schema) = schema else {
        return match schema {
            Value::Bool(true) => Ok(()),
            _ => wrong("nothing is allowed here".to_owned()),
        };
    };
    for (keyword, wanted) in schema {
        let fits = |sub: &Value| node(root, sub, value).is_ok();
        match keyword.as_str() {
            "$schema"
            | "$defs"
            | "title"
            | "description"
            | "default"
            | "format"
            | "required"
            | "additionalProperties"
            | "minimum"
            | "maximum" => {}
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                node(root, root.pointer(pointer).unwrap(), value)?;
            }
            "type" => {
                let one = |kind: &Value| match kind.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("type `{other}`"),
                };
                let is = match wanted {
                    Value::Array(kinds) => kinds.iter().any(one),
                    kind => one(kind),
                };
                if !is {
                    return wrong(format!("{value} is not of type {wanted}"));
                }
            }
            "const" if value != wanted => return wrong(format!("{value} is not {wanted}")),
            "const" => {}
            "enum" if !wanted.as_array().unwrap().contains(value) => {
                return wrong(format!("{value} is none of {wanted}"));
            }
            "enum" => {}
            "anyOf" if !wanted.as_array().unwrap().iter().any(fits) => {
                return wrong(format!("{value} fits none of the alternatives"));
            }
            "oneOf" => {
                let n = wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|s| fits(s))
                    .count();
                if n != 1 {
                    return wrong(format!("{n} alternatives fit {value}"));
                }
            }
            "anyOf" => {}
            "allOf" => {
                for sub in wanted.as_array().unwrap() {
                    node(root, sub, value)?;
                }
            }
            "uniqueItems" => {
                let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let twice = |(i, element)| elements.iter().skip(i + 1).any(|e| e == element);
                if *wanted == Value::Bool(true) && elements.iter().enumerate().any(twice) {
                    return wrong(format!("{value} holds an element twice"));
                }
            }
            "properties" | "items" => {} // below, with the value at hand
            other => panic!("keyword `{other}`"),
        }
    }
    let inside = |name: &str, result: Result<(), Wrong>| {
        result.map_err(|(path, what)| (format!("/{name}{path}"), what))
    };
    match value {
        Value::Object(members) => {
            let required = schema.get("required").and_then(Value::as_array);
            for name in required.into_iter().flatten().filter_map(Value::as_str) {
                if !members.contains_key(name) {
                    return wrong(format!("`{name}` is missing"));
                }
            }
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, member) in members {
                let known = properties.and_then(|properties| properties.get(name));
                if let Some(sub) = known.or_else(|| schema.get("additionalProperties")) {
                    inside(name, node(root, sub, member))?;
                }
            }
        }
        Value::Array(elements) => {
            for (i, element) in elements.iter().enumerate() {
                if let Some(sub) = schema.get("items") {
                    inside(&i.to_string(), node(root, sub, element))?;
                }
            }
        }
        _ => {}
    }
    for (bound, over) in [("minimum", true), ("maximum", false)] {
        if let (Some(bound), Some(number)) =
            (schema.get(bound).and_then(Value::as_f64), value.as_f64())
            && (if over { number < bound } else { number > bound })
        {
            return wrong(format!("{value} is out of bounds"));
        }
    }
    Ok(())
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"a": {"type": "integer", "minimum": 0}, "b": {"$ref": "#/$defs/b"}},
        "required": ["a"],
        "$defs": {"b": {"oneOf": [{"const": "x"}, {"enum": ["y", "z"]}]}},
    });
    let ok = |text: &str| check(&schema, &serde_json::from_str(text).unwrap());
    assert_eq!(ok(r#"{"a": 1, "b": "y"}"#), Ok(()));
    assert!(ok(r#"{"b": "y"}"#).is_err());
    assert!(ok(r#"{"a": -1}"#).is_err());
    assert!(ok(r#"{"a": "1"}"#).is_err());
    assert_eq!(
        ok(r#"{"a": 1, "b": "w"}"#),
        Err("at `/b`: 0 alternatives fit \"w\"".to_owned())
    );
}

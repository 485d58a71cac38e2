//! Small sets and maps of a row: sorted, in one allocation each. A table holds
//! hundreds of thousands of them, most with one or two entries.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// A set, as a sorted slice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sorted<T>(Box<[T]>);

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> Deref for Sorted<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Ord> FromIterator<T> for Sorted<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items: Vec<T> = items.into_iter().collect();
        items.sort_unstable();
        items.dedup();
        Self(items.into_boxed_slice())
    }
}

impl<'a, T> IntoIterator for &'a Sorted<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Serialize> Serialize for Sorted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Sorted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

impl<T: JsonSchema> JsonSchema for Sorted<T> {
    fn schema_name() -> Cow<'static, str> {
        BTreeSet::<T>::schema_name()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeSet::<T>::json_schema(generator)
    }
}

/// Parameters of a request: path → values. JSON has it as an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Params(Sorted<(String, Sorted<String>)>);

impl Params {
    /// The values of one parameter.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Sorted<String>> {
        let found = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(path));
        self.0.get(found.ok()?).map(|(_, values)| values)
    }

    /// The parameters, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Sorted<String>)> {
        self.0.iter().map(|(path, values)| (&**path, values))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Sorted<String>)> for Params {
    /// Of a path that occurs twice the last values stay.
    fn from_iter<I: IntoIterator<Item = (String, Sorted<String>)>>(items: I) -> Self {
        let by_path: BTreeMap<_, _> = items.into_iter().collect();
        Self(by_path.into_iter().collect())
    }
}

impl FromIterator<(String, String)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(items: I) -> Self {
        let mut by_path: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, value) in items {
            by_path.entry(path).or_default().push(value);
        }
        let sorted = |(path, values): (String, Vec<String>)| (path, Sorted::from_iter(values));
        Self(by_path.into_iter().map(sorted).collect())
    }
}

impl Serialize for Params {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (path, values) in &self.0 {
            map.serialize_entry(path, values)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_path = BTreeMap::<String, Sorted<String>>::deserialize(deserializer)?;
        Ok(by_path.into_iter().collect())
    }
}

impl JsonSchema for Params {
    fn schema_name() -> Cow<'static, str> {
        "Params".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, BTreeSet<String>>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_whatever_came_in_and_read_as_written() {
        let params: Params = [("b", "2"), ("a", "1"), ("b", "1"), ("b", "2")]
            .map(|(path, value)| (path.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let text = serde_json::to_string(&params).unwrap();
        assert_eq!(text, r#"{"a":["1"],"b":["1","2"]}"#);
        let read: Params = serde_json::from_str(r#"{"b":["2","1","1"],"a":["1"]}"#).unwrap();
        assert_eq!(read, params);
        assert_eq!(read.get("b").unwrap().len(), 2);
        assert!(read.get("c").is_none());
    }
}

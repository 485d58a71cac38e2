//! One request, and the context it comes with.

use std::collections::BTreeMap;

/// What is asked: may this principal do this to that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// An ARN, twelve digits, a service, a canonical id, a provider or
    /// `anonymous` (`evaluation.md` 3.2).
    pub principal: String,
    /// `service:Name`, without wildcards.
    pub action: String,
    /// An ARN, or `*` for an action without resource types (R46).
    pub resource: String,
    /// The account that owns the resource. Where it is absent the ARN's own
    /// account counts; an ARN without one is then refused (R43).
    pub resource_account: Option<String>,
    /// The condition keys of the request: what is not listed is absent.
    pub context: Context,
    /// Says whether the action has no resource types, whatever the catalog
    /// says (R46).
    pub wildcard_only_action: Option<bool>,
    /// The kind of credential used (R94).
    pub credential: Option<Credential>,
}

/// The kind of credential behind a request (R94).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A user's access key or console session.
    LongTerm,
    /// Made by `sts:GetSessionToken`.
    Session,
    /// Made by `sts:GetFederationToken`.
    Federation,
}

impl Credential {
    /// Reads `long-term`, `session` or `federation`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "long-term" => Some(Self::LongTerm),
            "session" => Some(Self::Session),
            "federation" => Some(Self::Federation),
            _ => None,
        }
    }
}

/// Two keys that are the same but for letter case (R70).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("context keys `{first}` and `{second}` differ only by letter case")]
pub struct AmbiguousKey {
    /// The key given first.
    pub first: String,
    /// The key given later.
    pub second: String,
}

/// Condition keys and their values. Names compare case-insensitively (R70); a
/// key without values is absent (R73).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, (String, Vec<String>)>,
}

impl Context {
    /// Adds a key with its values, in place of the same key's earlier ones.
    ///
    /// # Errors
    /// When another spelling of the key is already there (R70).
    pub fn insert<V: Into<String>>(
        &mut self,
        key: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), AmbiguousKey> {
        let key = key.into();
        let folded = key.to_ascii_lowercase();
        if let Some((first, _)) = self.keys.get(&folded)
            && *first != key
        {
            return Err(AmbiguousKey {
                first: first.clone(),
                second: key,
            });
        }
        let values = values.into_iter().map(Into::into).collect();
        self.keys.insert(folded, (key, values));
        Ok(())
    }

    /// Takes a key out, however it is spelled.
    pub fn remove(&mut self, key: &str) {
        self.keys.remove(&key.to_ascii_lowercase());
    }

    /// The values of a key, however it is spelled.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.get_folded(&key.to_ascii_lowercase())
    }

    /// The values of a key given in lower case.
    pub(crate) fn get_folded(&self, key: &str) -> Option<&[String]> {
        let (_, values) = self.keys.get(key)?;
        (!values.is_empty()).then_some(values.as_slice())
    }

    /// The keys as they were given, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.keys
            .values()
            .map(|(key, values)| (key.as_str(), values.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fold_and_ambiguous_ones_are_refused() {
        let mut context = Context::default();
        context.insert("aws:SourceIp", ["10.0.0.1"]).unwrap();
        assert_eq!(context.get("AWS:sourceip").unwrap(), ["10.0.0.1"]);
        context.insert("aws:SourceIp", ["10.0.0.2"]).unwrap();
        assert_eq!(context.get("aws:SourceIp").unwrap(), ["10.0.0.2"]);
        let error = context.insert("aws:sourceip", ["10.0.0.1"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "context keys `aws:SourceIp` and `aws:sourceip` differ only by letter case"
        );
        context.insert("aws:TagKeys", Vec::<String>::new()).unwrap();
        assert_eq!(
            context.get("aws:TagKeys"),
            None,
            "an empty list is absent (R73)"
        );
    }
}

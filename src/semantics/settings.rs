//! The uncertain rules of the language, each as a named choice.

use serde::{Deserialize, Serialize};

/// Declares every setting once: its type, its values (the first is the
/// default), its name, and the lists that are made from them.
macro_rules! settings {
    ($($(#[$doc:meta])* $field:ident: $kind:ident = $name:literal {
        $($(#[$value_doc:meta])* $value:ident = $text:literal),+ $(,)?
    })+) => {
        $(
            $(#[$doc])*
            #[derive(
                Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize,
                schemars::JsonSchema,
            )]
            pub enum $kind { $($(#[$value_doc])* #[serde(rename = $text)] $value),+ }
        )+

        /// The name of one setting of `evaluation.md`, section 5.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Setting { $($(#[$doc])* $kind),+ }

        impl Setting {
            /// Every setting, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name people write: `resource-colons`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }

            /// Its values, the default first.
            #[must_use]
            pub fn values(self) -> &'static [&'static str] {
                match self { $(Self::$kind => &[$($text),+]),+ }
            }
        }

        /// How the engines read what AWS leaves open, and what they cannot
        /// know of the situation. `Settings::default()` is the first value of
        /// every setting.
        #[derive(
            Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
        pub struct Settings {
            $($(#[$doc])* pub $field: $kind,)+
            /// The organization's management account, twelve digits (R13, R17).
            #[serde(rename = "managementAccount", skip_serializing_if = "Option::is_none")]
            pub management_account: Option<String>,
            /// ARN of the role behind a session, with its path, or of the user
            /// who federated (R25, R65).
            #[serde(rename = "sessionIssuer", skip_serializing_if = "Option::is_none")]
            pub session_issuer: Option<String>,
            /// Whether S3 restricts the bucket to its own account while its
            /// policy is public (`RestrictPublicBuckets`, R44).
            #[serde(rename = "s3.blockPublicAccess", skip_serializing_if = "Option::is_none")]
            pub s3_block_public_access: Option<bool>,
            /// Whether the bucket's tags feed `aws:ResourceTag/*`; absent: the
            /// context is as given.
            #[serde(rename = "s3.bucketAbacEnabled", skip_serializing_if = "Option::is_none")]
            pub s3_bucket_abac_enabled: Option<bool>,
            /// The account that owns the object, twelve digits; absent: the
            /// bucket's (R42).
            #[serde(rename = "s3.objectOwner", skip_serializing_if = "Option::is_none")]
            pub s3_object_owner: Option<String>,
        }

        impl Settings {
            /// The value of a setting, as written.
            #[must_use]
            pub fn get(&self, setting: Setting) -> &'static str {
                match setting {
                    $(Setting::$kind => match self.$field { $($kind::$value => $text),+ }),+
                }
            }

            fn set_value(&mut self, setting: Setting, text: &str) -> bool {
                match setting {
                    $(Setting::$kind => {
                        self.$field = match text { $($text => $kind::$value,)+ _ => return false };
                    })+
                }
                true
            }
        }
    };
}

settings! {
    /// How far wildcards of a resource ARN reach (R56).
    resource_colons: ResourceColons = "resource-colons" {
        /// A `*` that ends one of the first five fields may cross colons.
        #[default]
        Documented = "documented",
        /// No wildcard of the first five fields crosses a colon.
        Segmented = "segmented",
        /// The whole ARN is one string.
        Glob = "glob",
    }
    /// How ARNs with fewer than six fields match (R58).
    incomplete_arn: IncompleteArn = "incomplete-arn" {
        /// As the type of the policy has it.
        #[default]
        ByType = "by-type",
        /// Completed by `*` fields everywhere.
        Complete = "complete",
        /// They match nothing.
        Never = "never",
    }
    /// The request resource of an action without resource types (R46).
    wildcard_only_resource: WildcardOnlyResource = "wildcard-only-resource" {
        /// `*`, or the catalog's override.
        #[default]
        Overrides = "overrides",
        /// Always `*`.
        Star = "star",
    }
    /// Letter case of an ARN's first five fields (R55).
    arn_prefix_case: ArnPrefixCase = "arn-prefix-case" {
        /// ASCII letters fold.
        #[default]
        Insensitive = "insensitive",
        /// Compared as written.
        Sensitive = "sensitive",
    }
    /// A wildcard in the resource-type word of an ARN (R59).
    wildcard_in_resource_type: WildcardInResourceType = "wildcard-in-resource-type" {
        /// An ordinary wildcard.
        #[default]
        Match = "match",
        /// The entry matches nothing.
        Reject = "reject",
    }
    /// A variable without a value in `Resource` or `NotResource` (R60, R90).
    unresolved_in_resource: UnresolvedInResource = "unresolved-in-resource" {
        /// A `Resource` entry matches nothing, a `NotResource` statement does
        /// not match.
        #[default]
        ByElement = "by-element",
        /// In both, the entry alone matches nothing.
        EntryFails = "entry-fails",
        /// In both, the statement does not match.
        StatementFails = "statement-fails",
    }
    /// Which occurrence of a repeated JSON key counts (R49).
    duplicate_keys: DuplicateKeys = "duplicate-keys" {
        /// Allowed under either reading.
        #[default]
        Union = "union",
        /// The first.
        First = "first",
        /// The last.
        Last = "last",
    }
    /// Letter case of a role's name against a session's ARN (R65).
    role_name_case: RoleNameCase = "role-name-case" {
        /// ASCII letters fold.
        #[default]
        Insensitive = "insensitive",
        /// Compared as written.
        Sensitive = "sensitive",
    }
    /// What spares a principal from `Deny` with `NotPrincipal` (R68).
    not_principal_account: NotPrincipalAccount = "not-principal-account" {
        /// Being listed.
        #[default]
        ListedSuffices = "listed-suffices",
        /// Being listed together with its account, and a session with its role.
        AccountRequired = "account-required",
    }
    /// An empty value of a condition key (R73, R74, R92).
    empty_string: EmptyString = "empty-string" {
        /// A value like any other.
        #[default]
        Present = "present",
        /// No value.
        Null = "null",
    }
    /// What limits an Allow to a plain `*` in the same account (R26).
    star_principal_limits: StarPrincipalLimits = "star-principal-limits" {
        /// Nothing.
        #[default]
        Ignored = "ignored",
        /// Boundary and session policy, as for a role's ARN.
        Limited = "limited",
    }
    /// Whether an Allow to `*` suffices for a federated session without a
    /// session policy (R26, R30).
    federated_star: FederatedStar = "federated-star" {
        /// It does not name the session.
        #[default]
        No = "no",
        /// It does suffice.
        Yes = "yes",
    }
    /// Whether `{"AWS": "*"}` covers service principals (R34, R63).
    aws_star_services: AwsStarServices = "aws-star-services" {
        /// It does, like `"*"`.
        #[default]
        Match = "match",
        /// It does not.
        NoMatch = "no-match",
    }
    /// `ForAnyValue` on a negated operator (R76).
    for_any_negated: ForAnyNegated = "for-any-negated" {
        /// Some request value equals none of the policy's values.
        #[default]
        PerValue = "per-value",
        /// Some request value differs from some policy value.
        AnyCombination = "any-combination",
    }
    /// `ForAnyValue:…IfExists` on an absent key (R75).
    for_any_if_exists: ForAnyIfExists = "for-any-if-exists" {
        /// Holds.
        #[default]
        True = "true",
        /// Does not hold.
        False = "false",
    }
    /// Several values under an operator without a set qualifier (R77).
    multi_under_plain: MultiUnderPlain = "multi-under-plain" {
        /// The condition does not hold.
        #[default]
        NoMatch = "no-match",
        /// One of them suffices.
        Any = "any",
        /// All are needed.
        All = "all",
    }
    /// A negated Numeric, Date, IP or ARN operator with a value that cannot
    /// be read (R80, R81, R84, R85).
    ill_typed_negated: IllTypedNegated = "ill-typed-negated" {
        /// A comparison that cannot be made holds in neither polarity.
        #[default]
        NoMatch = "no-match",
        /// What is not comparable is not equal.
        Match = "match",
    }
    /// A number of four digits under a Date operator (R81).
    four_digit_date: FourDigitDate = "four-digit-date" {
        /// A year.
        #[default]
        Year = "year",
        /// Seconds since 1970.
        Epoch = "epoch",
    }
    /// An IPv6 address of a policy without prefix length (R84).
    bare_ipv6: BareIpv6 = "bare-ipv6" {
        /// One address.
        #[default]
        Full = "/128",
        /// A network of 32 bits.
        Short = "/32",
        /// Cannot be read.
        Reject = "reject",
    }
    /// Host bits that are set in a CIDR (R84).
    cidr_host_bits: CidrHostBits = "cidr-host-bits" {
        /// Do not count.
        #[default]
        Ignore = "ignore",
        /// The value cannot be read.
        Reject = "reject",
    }
    /// Policy variables under `Bool` (R88).
    bool_variables: BoolVariables = "bool-variables" {
        /// Take their values.
        #[default]
        Substitute = "substitute",
        /// Are text.
        Literal = "literal",
    }
    /// The `Principal` of a VPC endpoint policy (R32).
    vpce_principal: VpcePrincipal = "vpce-principal" {
        /// Counts.
        #[default]
        Honour = "honour",
        /// Is read as `*`, as gateway endpoints do.
        Ignore = "ignore",
    }
    /// Context keys that the catalog does not list for the action.
    unsupported_keys: UnsupportedKeys = "unsupported-keys" {
        /// Count; catalogs lag.
        #[default]
        Keep = "keep",
        /// Are absent.
        Drop = "drop",
    }
    /// Whether keys that follow from the request are added to its context.
    fill_context: FillContext = "fill-context" {
        /// The context is complete as given.
        #[default]
        None = "none",
        /// `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`,
        /// `aws:username` and `aws:ResourceAccount` are derived where absent.
        Implied = "implied",
    }
}

/// Why a setting could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No setting has this name.
    #[error("unknown setting `{name}`")]
    UnknownName {
        /// As given.
        name: String,
    },
    /// The setting does not take this value.
    #[error("`{name}` does not take `{value}`; one of {allowed}")]
    UnknownValue {
        /// The setting.
        name: &'static str,
        /// As given.
        value: String,
        /// What it takes, in words.
        allowed: String,
    },
    /// A fact about the situation cannot be this.
    #[error("`{name}` is {wanted}, not `{value}`")]
    InvalidFact {
        /// The fact.
        name: &'static str,
        /// As given.
        value: String,
        /// What it takes, in words.
        wanted: &'static str,
    },
}

impl Settings {
    /// Sets one setting or fact by its name, as `--set NAME=VALUE` and the
    /// batch format's `settings` do.
    ///
    /// # Errors
    /// When there is no such setting, or it does not take the value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingsError> {
        match name {
            "managementAccount" => self.management_account = Some(value.to_owned()),
            "sessionIssuer" => self.session_issuer = Some(value.to_owned()),
            "s3.blockPublicAccess" => {
                self.s3_block_public_access = Some(truth("s3.blockPublicAccess", value)?);
            }
            "s3.bucketAbacEnabled" => {
                self.s3_bucket_abac_enabled = Some(truth("s3.bucketAbacEnabled", value)?);
            }
            "s3.objectOwner" => {
                if value.len() != 12 || !value.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(SettingsError::InvalidFact {
                        name: "s3.objectOwner",
                        value: value.to_owned(),
                        wanted: "an account of twelve digits",
                    });
                }
                self.s3_object_owner = Some(value.to_owned());
            }
            _ => {
                let setting = Setting::ALL.iter().copied().find(|s| s.name() == name);
                let setting = setting.ok_or_else(|| SettingsError::UnknownName {
                    name: name.to_owned(),
                })?;
                if !self.set_value(setting, value) {
                    return Err(SettingsError::UnknownValue {
                        name: setting.name(),
                        value: value.to_owned(),
                        allowed: setting.values().join(", "),
                    });
                }
            }
        }
        Ok(())
    }

    /// The same settings with one of them changed; `value` is one of
    /// [`Setting::values`], anything else changes nothing.
    #[must_use]
    pub fn with(&self, setting: Setting, value: &str) -> Self {
        let mut changed = self.clone();
        changed.set_value(setting, value);
        changed
    }

    /// Every setting that differs from its default, with its value.
    pub fn non_default(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        Setting::ALL
            .iter()
            .map(|&setting| (setting, self.get(setting)))
            .filter(|(setting, value)| setting.values().first() != Some(value))
            .map(|(setting, value)| (setting.name(), value))
    }
}

fn truth(name: &'static str, value: &str) -> Result<bool, SettingsError> {
    value.parse().map_err(|_| SettingsError::InvalidFact {
        name,
        value: value.to_owned(),
        wanted: "`true` or `false`",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_can_be_set_and_read_back() {
        for &setting in Setting::ALL {
            for (i, value) in setting.values().iter().enumerate() {
                let mut settings = Settings::default();
                settings.set(setting.name(), value).unwrap();
                assert_eq!(settings.get(setting), *value);
                assert_eq!(settings.non_default().count(), usize::from(i > 0));
                let json = serde_json::to_string(&settings).unwrap();
                assert!(json.contains(&format!("\"{}\":\"{value}\"", setting.name())));
                assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
            }
        }
    }

    #[test]
    fn what_is_not_a_setting_is_refused() {
        let mut settings = Settings::default();
        let unknown = settings.set("resource-colon", "glob").unwrap_err();
        assert_eq!(unknown.to_string(), "unknown setting `resource-colon`");
        let value = settings.set("resource-colons", "globs").unwrap_err();
        assert_eq!(
            value.to_string(),
            "`resource-colons` does not take `globs`; one of documented, segmented, glob"
        );
        let owner = settings.set("s3.objectOwner", "1").unwrap_err();
        assert_eq!(
            owner.to_string(),
            "`s3.objectOwner` is an account of twelve digits, not `1`"
        );
        assert!(settings.set("s3.blockPublicAccess", "yes").is_err());
        settings.set("s3.blockPublicAccess", "true").unwrap();
        settings.set("s3.bucketAbacEnabled", "false").unwrap();
        settings.set("s3.objectOwner", "222222222222").unwrap();
        let json = serde_json::to_string(&settings).unwrap();
        assert!(json.contains("\"s3.bucketAbacEnabled\":false"), "{json}");
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
        settings
            .set("sessionIssuer", "arn:aws:iam::1:role/p/r")
            .unwrap();
        assert_eq!(
            settings.session_issuer.as_deref(),
            Some("arn:aws:iam::1:role/p/r")
        );
    }
}

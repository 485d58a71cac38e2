//! Concrete ARNs.

use std::fmt;

/// A concrete ARN, without wildcards: six fields, the sixth with any colons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn`, ….
    pub partition: String,
    /// The service as ARNs spell it; not always the action prefix.
    pub service: String,
    /// Empty for global services.
    pub region: String,
    /// Twelve digits, or empty.
    pub account: String,
    /// Everything behind the fifth colon.
    pub resource: String,
}

impl Arn {
    /// Reads `arn:partition:service:region:account:resource`; the word `arn`
    /// in lower case. `None` with fewer than six fields.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        if fields.next()? != "arn" {
            return None;
        }
        let mut field = || fields.next().map(str::to_owned);
        Some(Self {
            partition: field()?,
            service: field()?,
            region: field()?,
            account: field()?,
            resource: field()?,
        })
    }

    /// The word before the first `/` or `:` of the resource, and the rest:
    /// `role/app/x` gives `("role", "app/x")`. `None` where there is neither.
    #[must_use]
    pub fn typed(&self) -> Option<(&str, &str)> {
        self.resource.split_once(['/', ':'])
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:{}:{}:{}:{}",
            self.partition, self.service, self.region, self.account, self.resource
        )
    }
}

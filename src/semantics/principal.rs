//! Who makes a request (`evaluation.md` 3.2).

use crate::policy::Arn;

/// The classified principal of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Not signed (R35).
    Anonymous,
    /// The root user of an account (R33).
    Root {
        /// Its account.
        account: String,
    },
    /// An IAM user; its name with its path is `name`.
    User(Arn),
    /// A role: an unnamed session of it (R23).
    Role(Arn),
    /// A session of a role; the role's path is not part of it (R65).
    Session {
        /// The session's ARN.
        arn: Arn,
        /// The role's name without path.
        role: String,
        /// The session's name.
        name: String,
    },
    /// A session made by `GetFederationToken` (R25, R30).
    FederatedUser(Arn),
    /// An AWS service (R34).
    Service(String),
    /// An S3 canonical user id.
    Canonical(String),
    /// A federated identity provider: a name, or the ARN of a provider.
    Federated(String),
}

impl Caller {
    /// Classifies a principal. `None` for an ARN that cannot make requests,
    /// such as a group's (R67), and for an empty text.
    #[must_use]
    pub fn classify(text: &str) -> Option<Self> {
        if text == "anonymous" {
            return Some(Self::Anonymous);
        }
        if text.starts_with("arn:") {
            return Self::from_arn(text);
        }
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            let account = text.to_owned();
            return Some(Self::Root { account });
        }
        let caller = if text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn") {
            Self::Service
        } else if text.len() >= 32 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Self::Canonical
        } else {
            Self::Federated
        };
        let is_name = !text.is_empty() && !text.contains(char::is_whitespace) && text != "*";
        is_name.then(|| caller(text.to_owned()))
    }

    fn from_arn(text: &str) -> Option<Self> {
        let arn = Arn::parse(text)?;
        if arn.account.is_empty() || text.contains('*') {
            return None;
        }
        if arn.service == "iam" && arn.resource == "root" {
            return Some(Self::Root {
                account: arn.account,
            });
        }
        let (kind, rest) = arn.resource.split_once('/')?;
        if rest.is_empty() {
            return None;
        }
        match (arn.service.as_str(), kind) {
            ("iam", "user") => Some(Self::User(arn)),
            ("iam", "role") => Some(Self::Role(arn)),
            ("iam", "saml-provider" | "oidc-provider") => Some(Self::Federated(text.to_owned())),
            ("sts", "federated-user") => Some(Self::FederatedUser(arn)),
            ("sts", "assumed-role") => {
                let (role, name) = rest.split_once('/')?;
                let (role, name) = (role.to_owned(), name.to_owned());
                Some(Self::Session { arn, role, name })
            }
            _ => None,
        }
    }

    /// The account the principal belongs to; `None` where it has none that
    /// policies speak of.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account } => Some(account),
            Self::User(arn)
            | Self::Role(arn)
            | Self::FederatedUser(arn)
            | Self::Session { arn, .. } => Some(&arn.account),
            Self::Anonymous | Self::Service(_) | Self::Canonical(_) | Self::Federated(_) => None,
        }
    }

    /// The partition of its ARN, where it has one.
    #[must_use]
    pub fn partition(&self) -> Option<&str> {
        match self {
            Self::User(arn)
            | Self::Role(arn)
            | Self::FederatedUser(arn)
            | Self::Session { arn, .. } => Some(&arn.partition),
            _ => None,
        }
    }

    /// The value of `aws:PrincipalType` (R35); `None` where it is not known.
    #[must_use]
    pub fn principal_type(&self) -> Option<&'static str> {
        match self {
            Self::Anonymous => Some("Anonymous"),
            Self::Root { .. } => Some("Account"),
            Self::User(_) => Some("User"),
            Self::Role(_) | Self::Session { .. } => Some("AssumedRole"),
            Self::FederatedUser(_) => Some("FederatedUser"),
            Self::Service(_) | Self::Canonical(_) | Self::Federated(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_in_their_order() {
        let class = |text: &str| match Caller::classify(text) {
            Some(Caller::Anonymous) => "anonymous",
            Some(Caller::Root { .. }) => "root",
            Some(Caller::User(_)) => "user",
            Some(Caller::Role(_)) => "role",
            Some(Caller::Session { .. }) => "session",
            Some(Caller::FederatedUser(_)) => "federated user",
            Some(Caller::Service(_)) => "service",
            Some(Caller::Canonical(_)) => "canonical",
            Some(Caller::Federated(_)) => "federated",
            None => "nobody",
        };
        for (text, expected) in [
            ("anonymous", "anonymous"),
            ("arn:aws:iam::111111111111:root", "root"),
            ("111111111111", "root"),
            ("arn:aws:iam::111111111111:user/p/bob", "user"),
            ("arn:aws:iam::111111111111:role/r", "role"),
            ("arn:aws:sts::111111111111:assumed-role/r/s", "session"),
            (
                "arn:aws:sts::111111111111:federated-user/f",
                "federated user",
            ),
            ("arn:aws:iam::111111111111:saml-provider/x", "federated"),
            ("arn:aws:iam::111111111111:oidc-provider/x", "federated"),
            ("sns.amazonaws.com", "service"),
            ("ec2.amazonaws.com.cn", "service"),
            ("accounts.google.com", "federated"),
            (&"0a".repeat(32), "canonical"),
            ("arn:aws:iam::111111111111:group/g", "nobody"),
            ("arn:aws:iam::111111111111:user/*", "nobody"),
            ("arn:aws:sts::111111111111:assumed-role/r", "nobody"),
            ("arn:aws:s3:::b", "nobody"),
            ("*", "nobody"),
            ("", "nobody"),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }
}

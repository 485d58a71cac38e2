//! Tokens of deployment tools, which are filled in before AWS sees a policy.

/// The first token of a deployment tool in a text: `{{…}}`, or a `${…}` whose
/// name no condition key has. Those are `namespace:key` with one colon; `${*}`,
/// `${?}` and `${$}` are escapes (R89, R90); one without a name is a mistake.
#[must_use]
pub fn deployment_token(text: &str) -> Option<&str> {
    deployment_tokens(text).next().map(|(_, token)| token)
}

/// Every token of a deployment tool in a text, with its offset.
pub fn deployment_tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // Nothing is looked at twice: what does not end once never does, and a name
    // does not reach over the next `$`.
    let last_end = text.rfind("}}");
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let here = from + text.get(from..)?.find(['$', '{'])?;
            let rest = text.get(here..)?;
            let token = token_at(rest, last_end.is_some_and(|end| here + 2 <= end));
            from = here + token.map_or(1, str::len);
            if let Some(token) = token {
                return Some((here, token));
            }
        }
    })
}

/// The token that a text begins with.
fn token_at(text: &str, may_close: bool) -> Option<&str> {
    if text.starts_with("{{") && may_close {
        let end = text.get(2..)?.find("}}")?;
        return text.get(..end + 4);
    }
    let body = text.strip_prefix("${")?;
    let (name, behind) = body.split_at(body.find(['}', '$'])?);
    let named = !name.contains(':') && !matches!(name, "" | "*" | "?");
    let ends = behind.starts_with('}') && (named || name.contains("::"));
    ends.then(|| text.get(..name.len() + 3)).flatten()
}

#[cfg(test)]
mod tests {
    use super::deployment_token;

    #[test]
    fn tells_tokens_from_policy_variables() {
        for (text, token) in [
            ("arn:aws:s3:::b/${aws:username}/*", None),
            ("${*}${?}${$}", None),
            ("${aws:PrincipalTag/team, 'none'}", None),
            ("${saml:sub}${cognito-identity.amazonaws.com:sub}", None),
            ("{aws}$", None),
            ("${unclosed", None),
            ("{{unclosed}", None),
            ("${}", None),
            ("${aws: username}", None),
            ("a${aws:username}-${STAGE}", Some("${STAGE}")),
            ("${AWS::AccountId}", Some("${AWS::AccountId}")),
            ("x{{ .Values.b }}y", Some("{{ .Values.b }}")),
            ("$é${é}", Some("${é}")),
            ("{{}}", Some("{{}}")),
            ("{{}", None),
            ("a}}{{", None),
            ("${a${b}}", Some("${b}")),
            ("${aws:${b}}", Some("${b}")),
        ] {
            assert_eq!(deployment_token(text), token, "{text}");
        }
    }
}

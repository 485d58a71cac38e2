//! Tokens of deployment tools, which are filled in before AWS sees a policy.

/// The first token of a deployment tool in a text: `{{…}}`, or a `${…}` whose
/// name no condition key has. Those are `namespace:key` with one colon; `${*}`,
/// `${?}` and `${$}` are escapes (R89, R90); one without a name is a mistake.
#[must_use]
pub fn deployment_token(text: &str) -> Option<&str> {
    let mut rest = text;
    // Nothing is looked at twice: what does not end once never does, and a name
    // does not reach over the next `$`.
    let last_end = text.rfind("}}");
    while let Some(at) = rest.find(['$', '{']) {
        rest = rest.get(at..)?;
        let here = text.len() - rest.len();
        if rest.starts_with("{{") && last_end.is_some_and(|end| here + 2 <= end) {
            let end = rest.get(2..)?.find("}}")?;
            return rest.get(..end + 4);
        }
        if let Some(body) = rest.strip_prefix("${")
            && let Some(end) = body.find(['}', '$'])
        {
            let (name, behind) = body.split_at(end);
            let named = !name.contains(':') && !matches!(name, "" | "*" | "?");
            if behind.starts_with('}') && (named || name.contains("::")) {
                return rest.get(..end + 3);
            }
        }
        rest = rest.get(1..)?;
    }
    None
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

//! The generaliser `g1`: session names made comparable (`cloudtrail.md` 7).

use std::borrow::Cow;

/// The version of the rule below; it stands in the header of every table, and
/// tables of different versions do not merge.
pub const GENERALISER: &str = "g1";

/// A session name with its random parts replaced: UUID → `<uuid>`, runs of 12
/// or more hex digits → `<hex>`, runs of 6 or more digits → `<n>`. Names that
/// contain `@`, EC2 instance ids and ECS task ids stay whole: they are tied to
/// a workload later. Idempotent.
#[must_use]
pub fn generalise(name: &str) -> Cow<'_, str> {
    if stays_whole(name) {
        return Cow::Borrowed(name);
    }
    let name = replace(Cow::Borrowed(name), "<uuid>", uuid);
    let name = replace(name, "<hex>", |rest| run(rest, 12, u8::is_ascii_hexdigit));
    replace(name, "<n>", |rest| run(rest, 6, u8::is_ascii_digit))
}

/// One pass from left to right: `found` says how many bytes at the start of the
/// rest are to be replaced (`Ok`) or stepped over (`Err`).
fn replace<'a>(
    name: Cow<'a, str>,
    mark: &str,
    found: impl Fn(&[u8]) -> Result<usize, usize>,
) -> Cow<'a, str> {
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0); // start of the text not yet copied; cursor
    while let Some(rest) = name.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
        match found(rest) {
            Ok(length) => {
                out.push_str(name.get(kept..at).unwrap_or_default());
                out.push_str(mark);
                at += length;
                kept = at;
            }
            Err(length) => at += length,
        }
    }
    if kept == 0 {
        return name;
    }
    out.push_str(name.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

fn run(rest: &[u8], least: usize, is: impl Fn(&u8) -> bool) -> Result<usize, usize> {
    let length = rest.iter().take_while(|byte| is(byte)).count();
    if length >= least {
        Ok(length)
    } else {
        Err(length.max(1))
    }
}

fn uuid(rest: &[u8]) -> Result<usize, usize> {
    let dashes = [8, 13, 18, 23];
    let fits = rest.len() >= 36
        && rest.iter().take(36).enumerate().all(|(at, byte)| {
            if dashes.contains(&at) {
                *byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    if fits { Ok(36) } else { Err(1) }
}

fn stays_whole(name: &str) -> bool {
    name.contains('@') || is_instance_id(name) || is_task_id(name)
}

/// `i-` and hex digits: EC2 names sessions of instance profiles so (C14).
#[must_use]
pub fn is_instance_id(name: &str) -> bool {
    name.strip_prefix("i-")
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// 32 hex digits: ECS names sessions of task roles so (C14).
#[must_use]
pub fn is_task_id(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn random_parts_go_and_the_rest_stays() {
        for (name, expected) in [
            ("checkout-worker", "checkout-worker"),
            (
                "AWSCodeBuild-8d1f5c3e-1111-2222-3333-0123456789ab",
                "AWSCodeBuild-<uuid>",
            ),
            ("botocore-session-1700000000", "botocore-session-<n>"),
            ("aws-go-sdk-1700000000000000000", "aws-go-sdk-<hex>"),
            (
                "eks-prod-api-7f9c8d-8d1f5c3e-1111-2222-3333-0123456789ab",
                "eks-prod-api-7f9c8d-<uuid>",
            ),
            ("deploy-deadbeefcafe", "deploy-<hex>"),
            ("ab123456", "ab<n>"),
            (
                "0123456789ab8d1f5c3e-1111-2222-3333-0123456789abcd",
                "<hex><uuid>cd",
            ),
            ("i-0abc123def4567890", "i-0abc123def4567890"),
            (
                "0123456789abcdef0123456789abcdef",
                "0123456789abcdef0123456789abcdef",
            ),
            ("jane.doe123456@example.com", "jane.doe123456@example.com"),
            ("", ""),
            ("größe-12345678", "größe-<n>"),
        ] {
            assert_eq!(generalise(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(name in "[0-9a-f-]{0,60}|[a-zA-Z0-9<>@._-]{0,60}|\\PC{0,40}") {
            let once = generalise(&name).into_owned();
            prop_assert_eq!(generalise(&once).into_owned(), once.clone());
        }
    }
}

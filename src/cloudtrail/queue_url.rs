//! The address of a queue: `https://sqs.<region>.<suffix>/<account>/<name>`.

/// Under which the hosts of AWS stand, by partition and kind of address.
const SUFFIXES: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.com.cn",
    "api.aws",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
];

/// The account that owns the queue; nothing for a text that is no address of
/// SQS.
pub(super) fn owner(url: &str) -> Option<&str> {
    split(url).map(|(account, _)| account)
}

/// The queue's name.
pub(super) fn name(url: &str) -> Option<&str> {
    split(url)
        .map(|(_, name)| name)
        .filter(|name| is_queue_name(name))
}

/// Account, and what follows it.
fn split(url: &str) -> Option<(&str, &str)> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let (account, name) = path.split_once('/')?;
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    (is_account && is_sqs(host)).then_some((account, name))
}

/// `sqs.<region>.…`, `sqs-fips.<region>.…`, a VPC endpoint's
/// `<id>.sqs.<region>.vpce.…`, and the older `<region>.queue.…` and
/// `queue.amazonaws.com`.
fn is_sqs(host: &str) -> bool {
    let heads = SUFFIXES
        .iter()
        .filter_map(|suffix| host.strip_suffix(suffix)?.strip_suffix('.'));
    for head in heads {
        let labels: Vec<&str> = head.split('.').collect();
        let shaped = match labels.as_slice() {
            ["sqs" | "sqs-fips", region] | [region, "queue"] => is_label(region),
            [id, "sqs", region, "vpce"] => id.starts_with("vpce-") && is_label(region),
            ["queue"] => true,
            _ => false,
        };
        if shaped {
            return true;
        }
    }
    false
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// At most 80 letters, digits, `-` and `_`; `.fifo` ends the name of a queue
/// that keeps its order.
fn is_queue_name(name: &str) -> bool {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    !stem.is_empty()
        && name.len() <= 80
        && stem
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_queues() {
        for host in [
            "sqs.eu-west-1.amazonaws.com",
            "sqs.cn-north-1.amazonaws.com.cn",
            "sqs.eu-west-1.api.aws",
            "sqs-fips.us-east-1.amazonaws.com",
            "vpce-1a2b-3c4d.sqs.us-east-2.vpce.amazonaws.com",
            "eu-west-1.queue.amazonaws.com",
            "queue.amazonaws.com",
        ] {
            for queue in ["q", "Orders_2-x", "orders.fifo"] {
                let url = format!("https://{host}/111122223333/{queue}");
                assert_eq!(name(&url), Some(queue), "{url}");
                assert_eq!(owner(&url), Some("111122223333"), "{url}");
            }
        }
    }

    #[test]
    fn other_texts_name_no_queue() {
        let long = format!(
            "https://sqs.eu-west-1.amazonaws.com/111122223333/{}",
            "q".repeat(81)
        );
        for url in [
            "q",
            "111122223333/q",
            "https://sqs.eu-west-1.amazonaws.com",
            "https://sqs.eu-west-1.amazonaws.com/q",
            "https://sqs.eu-west-1.amazonaws.com/1/q",
            "https://sqs.eu-west-1.amazonaws.com/1111222233334/q",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/a/q",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/q?x=1",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/*",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/.fifo",
            "https://sqs..amazonaws.com/111122223333/q",
            "https://s3.eu-west-1.amazonaws.com/111122223333/q",
            "https://sqs.eu-west-1.amazonaws.com.example.com/111122223333/q",
            "https://sqs.eu-west-1.notamazonaws.com/111122223333/q",
            "https://user@sqs.eu-west-1.amazonaws.com/111122223333/q",
            "https://localhost:4566/111122223333/q",
            "ftp://sqs.eu-west-1.amazonaws.com/111122223333/q",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            &long,
        ] {
            assert_eq!(name(url), None, "{url}");
        }
    }
}

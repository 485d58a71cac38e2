//! The address of a caller of whom a trail's table keeps only the network.
//!
//! A table holds `aws:SourceIp` as a /24 or /48. Where no range of the policies
//! cuts that network, every address in it gets the same answer, and one stands
//! for all. Where one does, the key is unknown.

use crate::policy::{BaseOperator, Policy};
use crate::semantics::Request;
use core::net::IpAddr;
use std::borrow::Borrow;

const SOURCE_IP: &str = "aws:SourceIp";

/// The request with one address in place of a network, or without the key.
/// `None`: it holds no network.
pub(super) fn settle<P: Borrow<Policy>>(
    request: &Request,
    policies: impl IntoIterator<Item = P>,
) -> Option<Request> {
    let [text] = request.context.get(SOURCE_IP)? else {
        return None;
    };
    let network = Network::parse(text).filter(|network| !network.is_one())?;
    let cut = policies.into_iter().any(|policy| {
        ranges(policy.borrow())
            .iter()
            .any(|range| range.cuts(&network))
    });
    let mut settled = request.clone();
    settled.context.remove(SOURCE_IP);
    if !cut {
        // Taken out before, the key cannot be ambiguous.
        let _ = settled
            .context
            .insert(SOURCE_IP, [network.address.to_string()]);
    }
    Some(settled)
}

/// The ranges that a policy tests `aws:SourceIp` against. What is no range, a
/// pattern or a variable, counts as one that cuts everything.
fn ranges(policy: &Policy) -> Vec<Network> {
    let conditions = policy.statements.iter().flat_map(|s| &s.conditions);
    conditions
        .filter(|condition| condition.key.value.eq_ignore_ascii_case(SOURCE_IP))
        .flat_map(|condition| {
            let by_range = matches!(
                condition.operator.value.base,
                Some(BaseOperator::IpAddress | BaseOperator::NotIpAddress | BaseOperator::Null)
            );
            condition.values.iter().map(move |value| {
                let range = Network::parse(&value.value.text).filter(|_| by_range);
                let is_null = condition.operator.value.base == Some(BaseOperator::Null);
                match range {
                    Some(range) => range,
                    None if is_null => Network::WHOLE,
                    None => Network::UNREADABLE,
                }
            })
        })
        .collect()
}

/// Addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Cuts nothing.
    const WHOLE: Self = Self {
        address: IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED),
        bits: 0,
    };
    /// Longer than any address: see [`Network::cuts`].
    const UNREADABLE: Self = Self {
        address: IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED),
        bits: u32::MAX,
    };

    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        (bits <= all).then_some(Self { address, bits })
    }

    fn is_one(&self) -> bool {
        self.bits == if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// Whether it holds some addresses of the other one and not all.
    fn cuts(&self, other: &Self) -> bool {
        if *self == Self::UNREADABLE {
            return true;
        }
        self.bits > other.bits
            && match (self.address, other.address) {
                (IpAddr::V4(a), IpAddr::V4(b)) => shared(
                    u128::from(a.to_bits()) << 96,
                    u128::from(b.to_bits()) << 96,
                    other.bits,
                ),
                (IpAddr::V6(a), IpAddr::V6(b)) => shared(a.to_bits(), b.to_bits(), other.bits),
                _ => false,
            }
    }
}

/// Whether the first `bits` are equal.
fn shared(a: u128, b: u128, bits: u32) -> bool {
    (a ^ b).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_smaller_range_inside_cuts() {
        let network = |text| Network::parse(text).unwrap();
        let here = network("10.1.2.0/24");
        for (range, cuts) in [
            ("10.0.0.0/8", false),
            ("10.1.2.0/24", false),
            ("10.1.2.128/25", true),
            ("10.1.2.7", true),
            ("10.1.3.7", false),
            ("0.0.0.0/0", false),
            ("2001:db8::/64", false),
        ] {
            assert_eq!(network(range).cuts(&here), cuts, "{range}");
        }
        assert!(network("2001:db8::1").cuts(&network("2001:db8::/48")));
        assert!(!network("2001:db8:1::1").cuts(&network("2001:db8::/48")));
        assert_eq!(Network::parse("10.0.0.0/33"), None);
        assert!(Network::UNREADABLE.cuts(&here));
        assert!(!Network::WHOLE.cuts(&here));
    }
}

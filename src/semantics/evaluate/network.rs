//! IP addresses and CIDR ranges (R84).

use crate::semantics::settings::{BareIpv6, CidrHostBits};
use core::net::IpAddr;

/// A policy's address range. v4 and v6 are two worlds: neither matches the
/// other, and an IPv4-mapped address is v6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    /// Absent where the policy wrote a lone address.
    prefix: Option<u32>,
}

/// Reads a request's address.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// An address as a number, and how many bits it has.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

/// The bits behind a prefix.
fn host_mask(bits: u32, prefix: u32) -> u128 {
    let hosts = bits.saturating_sub(prefix);
    // A shift by all bits is no shift: `0.0.0.0/0` is all of v4.
    1u128
        .checked_shl(hosts)
        .map_or(u128::MAX, |power| power - 1)
}

impl Network {
    /// Reads an address or a CIDR.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, prefix) = match text.split_once('/') {
            Some((text, prefix)) => {
                if prefix.is_empty() || !super::number::all_digits(prefix) {
                    return None;
                }
                (text, Some(prefix.parse().ok()?))
            }
            None => (text, None),
        };
        let address = address(text)?;
        let (_, bits) = number(address);
        prefix
            .is_none_or(|p| p <= bits)
            .then_some(Self { address, prefix })
    }

    /// Whether the setting `bare-ipv6` decides what the range is.
    pub(super) fn is_bare_v6(self) -> bool {
        self.address.is_ipv6() && self.prefix.is_none()
    }

    /// Whether bits behind the prefix are set, so that `cidr-host-bits`
    /// decides whether the range can be read.
    pub(super) fn has_host_bits(self) -> bool {
        let (value, bits) = number(self.address);
        self.prefix.is_some_and(|p| value & host_mask(bits, p) != 0)
    }

    /// Whether S3 takes the range for a fixed set of addresses: at least a /8
    /// of v4 or a /32 of v6 (R44).
    pub(super) fn is_narrow(self) -> bool {
        let (_, bits) = number(self.address);
        let widest = if bits == 32 { 8 } else { 32 };
        self.prefix.is_none_or(|prefix| prefix >= widest)
    }

    /// Whether the address lies in the range; `None` where the settings say
    /// that the range cannot be read.
    pub(super) fn contains(
        self,
        address: IpAddr,
        bare: BareIpv6,
        host_bits: CidrHostBits,
    ) -> Option<bool> {
        if host_bits == CidrHostBits::Reject && self.has_host_bits() {
            return None;
        }
        let (value, bits) = number(self.address);
        let prefix = match (self.prefix, bare) {
            (Some(prefix), _) => prefix,
            (None, _) if bits == 32 => 32,
            (None, BareIpv6::Full) => 128,
            (None, BareIpv6::Short) => 32,
            (None, BareIpv6::Reject) => return None,
        };
        let (wanted, wanted_bits) = number(address);
        let mask = host_mask(bits, prefix);
        Some(bits == wanted_bits && value | mask == wanted | mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, text: &str) -> bool {
        Network::parse(network)
            .unwrap()
            .contains(address(text).unwrap(), BareIpv6::Full, CidrHostBits::Ignore)
            .unwrap()
    }

    #[test]
    fn r84_ranges() {
        assert!(contains("0.0.0.0/0", "255.1.2.3"), "all of v4");
        assert!(!contains("0.0.0.0/0", "2001:db8::1"), "none of v6");
        assert!(
            !contains("0.0.0.0/0", "::ffff:1.2.3.4"),
            "a mapped address is v6"
        );
        assert!(contains("::/0", "2001:db8::1") && !contains("::/0", "1.2.3.4"));
        assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("10.1.2.3", "10.1.2.3") && !contains("10.1.2.3", "10.1.2.4"));
        assert!(contains("2001:DB8::1", "2001:db8:0:0:0:0:0:1"));
        assert!(contains("10.1.2.3/8", "10.9.9.9"), "host bits do not count");
        assert!(
            contains("2001:db8::/33", "2001:db8:7fff::")
                && !contains("2001:db8::/33", "2001:db8:8000::")
        );
    }

    #[test]
    fn r84_settings() {
        let bare = Network::parse("2001:db8::1").unwrap();
        let other = address("2001:db8:ffff::9").unwrap();
        assert!(bare.is_bare_v6() && !Network::parse("1.2.3.4").unwrap().is_bare_v6());
        assert_eq!(
            bare.contains(other, BareIpv6::Full, CidrHostBits::Ignore),
            Some(false)
        );
        assert_eq!(
            bare.contains(other, BareIpv6::Short, CidrHostBits::Ignore),
            Some(true)
        );
        assert_eq!(
            bare.contains(other, BareIpv6::Reject, CidrHostBits::Ignore),
            None
        );
        let host = Network::parse("10.1.2.3/8").unwrap();
        assert!(host.has_host_bits() && !Network::parse("10.0.0.0/8").unwrap().has_host_bits());
        let inside = address("10.9.9.9").unwrap();
        assert_eq!(
            host.contains(inside, BareIpv6::Full, CidrHostBits::Reject),
            None
        );
    }

    #[test]
    fn r84_anything_else_is_no_range() {
        for text in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "010.0.0.1",
            "a",
            "10.0.0.0/8/8",
            "fe80::1%eth0",
            "10.0.0.0/99999999999",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}

//! Decimals of any length, compared by value (R80).

use std::cmp::Ordering;

/// A decimal as `±0.DIGITS × 10^exponent`, the digits without outer zeros:
/// equal numbers have equal parts, so `10` = `10.0` = `1e1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Empty for zero.
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads `[+-]digits[.digits][e[+-]digits]`; the whole text must be the
    /// number. Exponents of more than 15 digits are refused.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = sign(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let (down, size) = sign(exponent);
                if size.is_empty() || size.len() > 15 || !all_digits(size) {
                    return None;
                }
                let size: i64 = size.parse().ok()?;
                (mantissa, if down { -size } else { size })
            }
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let leading = all.len() - all.trim_start_matches('0').len();
        let digits = all.trim_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                digits,
                exponent: 0,
            });
        }
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()?;
        let exponent = exponent.checked_add(point)?;
        Some(Self {
            negative,
            digits,
            exponent,
        })
    }

    /// -1, 0 or 1.
    fn signum(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_size = || {
            // Digits compare as fractions, which is how strings compare.
            (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits))
        };
        self.signum()
            .cmp(&other.signum())
            .then_with(|| match self.signum() {
                1 => by_size(),
                -1 => by_size().reverse(),
                _ => Ordering::Equal,
            })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Whether every character is an ASCII digit; also for an empty text.
pub(super) fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r80_by_value() {
        let d = |text| Decimal::parse(text).unwrap();
        for equal in ["10", "10.0", "1e1", "+10", "010", "100e-1", "0.1E2"] {
            assert_eq!(d(equal), d("10"), "{equal}");
        }
        for zero in ["0", "-0", "0.000", "0e9", "000"] {
            assert_eq!(d(zero), d("0"), "{zero}");
        }
        let huge = "9".repeat(400);
        let ascending = [
            "-10.5", "-10", "-9", "-0.1", "0", "0.09", "0.1", "9", "10", "10.5", "100", &huge,
        ];
        for pair in ascending.windows(2) {
            assert!(d(pair[0]) < d(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn r80_the_whole_text_must_parse() {
        for text in [
            "",
            "10abc",
            " 10",
            "10 ",
            "1e",
            "1e+",
            ".",
            "-",
            "--1",
            "1.2.3",
            "0x10",
            "NaN",
            "inf",
            "١",
            "1e9999999999999999",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn orders_like_integers(a in any::<i64>(), b in any::<i64>(), scale in 0usize..4) {
            let text = |n: i64| format!("{n}.{}", "0".repeat(scale));
            let (x, y) = (Decimal::parse(&text(a)).unwrap(), Decimal::parse(&b.to_string()).unwrap());
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}

//! `eventTime` as a number: compared, stored and printed without a time crate.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

const DAY: i64 = 86_400_000;
/// 0000-01-01 and 9999-12-31.
const FIRST_DAY: i64 = -719_528;
const LAST_DAY: i64 = 2_932_896;

/// A moment in UTC, in milliseconds since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// Reads RFC 3339 (`2026-11-21T10:00:00Z`, a fraction and an offset are
    /// allowed); nothing for other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = (text.get(..10)?, text.get(10..)?);
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let (hour, minute, second) = (rest.get(..2)?, rest.get(2..5)?, rest.get(5..8)?);
        let in_day = number(hour, 23)? * 3_600_000
            + number(minute.strip_prefix(':')?, 59)? * 60_000
            + number(second.strip_prefix(':')?, 60)? * 1_000;
        let mut zone = rest.get(8..)?;
        let mut millis = 0;
        if let Some(fraction) = zone.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let first: String = format!("{:0<3}", fraction.get(..digits.min(3))?);
            millis = number(&first, 999)?;
            zone = fraction.get(digits..)?;
        }
        let offset = match zone {
            "Z" | "z" => 0,
            _ => {
                let sign = if zone.starts_with('-') { -1 } else { 1 };
                let zone = zone.strip_prefix(['+', '-'])?;
                let (hours, minutes) = (zone.get(..2)?, zone.get(2..)?);
                let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
                sign * (number(hours, 23)? * 3_600_000 + number(minutes, 59)? * 60_000)
            }
        };
        let time = Self(day_of(date)? * DAY + in_day + millis - offset);
        // An offset may lead out of the years that have four digits.
        (FIRST_DAY..=LAST_DAY).contains(&time.day()).then_some(time)
    }

    /// The first moment of a date such as `2026-11-21`.
    #[must_use]
    pub fn of_date(text: &str) -> Option<Self> {
        (text.len() == 10).then(|| day_of(text).map(|day| Self(day * DAY)))?
    }

    /// The moment this many days later.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_day = self.0.rem_euclid(DAY);
        let seconds = in_day / 1_000;
        write!(
            f,
            "{}T{:02}:{:02}:{:02}",
            Date(self.day()),
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )?;
        match in_day % 1_000 {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("no time: `{text}`")))
    }
}

/// A day since 1970-01-01, printed as `2026-11-21`.
pub(super) struct Date(pub(super) i64);

impl fmt::Display for Date {
    /// The civil calendar from a day number: years start in March here, so
    /// that the leap day is the last day of its year.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// The day number of `YYYY-MM-DD`.
pub(super) fn day_of(date: &str) -> Option<i64> {
    let year = number(date.get(..4)?, 9_999)?;
    let month = number(date.get(4..7)?.strip_prefix('-')?, 12)?;
    let day = number(date.get(7..10)?.strip_prefix('-')?, 31)?;
    if month < 1 || day < 1 {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    Some(era * 146_097 + of_era - 719_468)
}

fn number(digits: &str, most: i64) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|value| *value <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_what_trails_hold() {
        for (text, printed) in [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("2023-07-10T12:00:00.5Z", "2023-07-10T12:00:00.500Z"),
            ("2023-07-10T12:00:00.123456Z", "2023-07-10T12:00:00.123Z"),
            ("2023-07-10T12:00:00+02:00", "2023-07-10T10:00:00Z"),
            ("2023-01-01 00:30:00-0100", "2023-01-01T01:30:00Z"),
        ] {
            assert_eq!(Time::parse(text).unwrap().to_string(), printed, "{text}");
        }
        for text in [
            "",
            "redacted",
            "2023-07-10",
            "2023-13-10T12:00:00Z",
            "2023-07-10T12:00:00",
            "20é3-07-10T12:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_count_up_one_by_one() {
        let first = day_of("1896-02-27").unwrap();
        for day in first..first + 60_000 {
            assert_eq!(day_of(&Date(day).to_string()), Some(day));
        }
        assert_eq!(
            day_of("2000-03-01").unwrap() - day_of("2000-02-28").unwrap(),
            2
        );
        assert_eq!(day_of("0000-01-01"), Some(FIRST_DAY));
        assert_eq!(day_of("9999-12-31"), Some(LAST_DAY));
        assert_eq!(Time::of_date("1970-01-02").unwrap().day(), 1);
    }
}

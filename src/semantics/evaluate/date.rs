//! Instants (R81).

use super::number::all_digits;

const NANOS: i128 = 1_000_000_000;

/// Nanoseconds since 1970 of a date condition's value: a W3C profile of
/// ISO 8601, or epoch seconds. `four_digits_are_a_year` decides a number such
/// as `2020`. `None` for anything else.
pub(super) fn parse(text: &str, four_digits_are_a_year: bool) -> Option<i128> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_number = !unsigned.is_empty() && all_digits(unsigned);
    if is_number && !(is_ambiguous(text) && four_digits_are_a_year) {
        let seconds: i128 = text.parse().ok()?;
        return seconds.checked_mul(NANOS);
    }
    calendar(text)
}

/// Whether the text is a year as well as a number of seconds.
pub(super) fn is_ambiguous(text: &str) -> bool {
    text.len() == 4 && all_digits(text)
}

/// `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, and the last with `Thh:mmTZD`,
/// `Thh:mm:ssTZD` or `Thh:mm:ss.sTZD`.
fn calendar(text: &str) -> Option<i128> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |m| digits(m, 2))?;
    let day_text = parts.next();
    let day = day_text.map_or(Some(1), |d| digits(d, 2))?;
    let in_range = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if parts.next().is_some() || !in_range || (time.is_some() && day_text.is_none()) {
        return None;
    }
    let midnight = i128::from(days_since_1970(year, month, day)) * 86_400 * NANOS;
    Some(midnight + time.map_or(Some(0), time_of_day)?)
}

/// Nanoseconds of `hh:mm[:ss[.s]]TZD`, its zone taken off.
fn time_of_day(text: &str) -> Option<i128> {
    let at = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at_checked(at)?;
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 2).filter(|h| *h < 24)?;
    let minute = digits(parts.next()?, 2).filter(|m| *m < 60)?;
    let (mut second, mut nanos) = (0, 0);
    if let Some(seconds) = parts.next() {
        let (whole, fraction) = match seconds.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (seconds, None),
        };
        second = digits(whole, 2).filter(|s| *s < 60)?;
        if let Some(fraction) = fraction {
            // What is finer than a nanosecond is cut off.
            if fraction.is_empty() || !all_digits(fraction) {
                return None;
            }
            let nine: String = fraction
                .chars()
                .chain("000000000".chars())
                .take(9)
                .collect();
            nanos = nine.parse().ok()?;
        }
    }
    if parts.next().is_some() {
        return None;
    }
    let offset = match zone {
        "Z" => 0,
        _ => {
            let (sign, rest) = zone.split_at_checked(1)?;
            let (hours, minutes) = rest.split_once(':')?;
            let hours = digits(hours, 2).filter(|h| *h < 24)?;
            let minutes = digits(minutes, 2).filter(|m| *m < 60)?;
            let size = hours * 60 + minutes;
            if sign == "-" { -size } else { size }
        }
    };
    let seconds = ((hour * 60 + minute) - offset) * 60 + second;
    Some(i128::from(seconds) * NANOS + nanos)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && all_digits(text)).then(|| text.parse().ok())?
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Days before a year of the proleptic Gregorian calendar, from year 1.
    let before = |y: i64| {
        let y = y - 1;
        y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)
    };
    let months: i64 = (1..month).map(|m| days_in(year, m)).sum();
    before(year) - before(1970) + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> i128 {
        parse(text, true).unwrap() / NANOS
    }

    #[test]
    fn r81_profiles_and_seconds() {
        assert_eq!(seconds("1970"), 0);
        assert_eq!(seconds("2020-06-01T00:00:00Z"), 1_590_969_600);
        assert_eq!(seconds("2020-06-01"), 1_590_969_600);
        assert_eq!(seconds("2020-06"), 1_590_969_600);
        assert_eq!(seconds("2020-06-01T02:30+02:30"), 1_590_969_600);
        assert_eq!(seconds("2020-05-31T22:00:00.0-02:00"), 1_590_969_600);
        assert_eq!(seconds("1590969600"), 1_590_969_600);
        assert_eq!(seconds("2000-02-29T23:59:59Z"), 951_868_799);
        assert_eq!(seconds("1969-12-31T23:59:59Z"), -1);
        assert_eq!(seconds("-1"), -1);
        assert_eq!(seconds("0001-01-01"), -62_135_596_800);
        assert_eq!(seconds("0000-01-01"), -62_167_219_200);
        assert_eq!(parse("1970-01-01T00:00:00.25Z", true), Some(NANOS / 4));
        assert_eq!(
            parse("1970-01-01T00:00:00.1234567899Z", true),
            Some(123_456_789)
        );
    }

    #[test]
    fn r81_four_digits() {
        assert!(is_ambiguous("2020") && !is_ambiguous("20200"));
        assert_eq!(parse("2020", false), Some(2020 * NANOS));
        assert_eq!(seconds("2020"), 1_577_836_800);
    }

    #[test]
    fn r81_anything_else_is_no_date() {
        for text in [
            "",
            "-",
            "now",
            "2020-13",
            "2020-00-01",
            "2021-02-29",
            "2020-6-1",
            "20-06-01",
            "2020-06-01T00:00:00",
            "2020-06T00:00Z",
            "2020-06-01T24:00Z",
            "2020-06-01T00:60Z",
            "2020-06-01T00:00:60Z",
            "2020-06-01T00Z",
            "2020-06-01T00:00:00.Z",
            "2020-06-01 00:00Z",
            "2020-06-01T00:00:00+0200",
            "2020-06-01T00:00:00Zx",
            "1.5",
            "1e3",
            "+1",
            "é",
            "99999999999999999999999999999999999999",
        ] {
            assert_eq!(parse(text, true), None, "{text}");
        }
    }
}

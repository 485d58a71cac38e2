//! What was watched: without it nothing may be called unused.

use super::ObservedRequest;
use serde::Serialize;

/// The stretch of time from which there are records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Window {
    /// Earliest `eventTime`, RFC 3339.
    pub first: String,
    /// Latest `eventTime`, RFC 3339.
    pub last: String,
    /// Days from the first to the last, both counted; absent where the times
    /// are not dates.
    pub days: Option<u32>,
    /// Distinct requests.
    pub requests: usize,
    /// Records behind them.
    pub records: u64,
}

impl Window {
    /// The window of some requests; `None` without any.
    #[must_use]
    pub fn of<'a>(requests: impl IntoIterator<Item = &'a ObservedRequest>) -> Option<Self> {
        let mut window: Option<Self> = None;
        for request in requests {
            let window = window.get_or_insert_with(|| Self {
                first: request.first.clone(),
                last: request.last.clone(),
                days: None,
                requests: 0,
                records: 0,
            });
            window.requests += 1;
            window.records = window.records.saturating_add(request.count);
            if request.first < window.first {
                window.first.clone_from(&request.first);
            }
            if request.last > window.last {
                window.last.clone_from(&request.last);
            }
        }
        if let Some(window) = &mut window {
            window.days = days_between(&window.first, &window.last);
        }
        window
    }
}

fn days_between(first: &str, last: &str) -> Option<u32> {
    let days = day_number(last)?.checked_sub(day_number(first)?)?;
    u32::try_from(days).ok()?.checked_add(1)
}

/// Days since a fixed day, from the date of an RFC 3339 time.
fn day_number(time: &str) -> Option<i64> {
    let date = time.get(..10)?;
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March put the leap day at their end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(365 * year + leap_days + (153 * month + 2) / 5 + day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_both_ends_and_leap_days() {
        let days = |a: &str, b: &str| days_between(a, b);
        assert_eq!(
            days("2026-10-05T05:00:00Z", "2026-10-30T19:00:00Z"),
            Some(26)
        );
        assert_eq!(
            days("2026-10-05T23:59:59Z", "2026-10-06T00:00:01Z"),
            Some(2)
        );
        assert_eq!(
            days("2024-02-28T00:00:00Z", "2024-03-01T00:00:00Z"),
            Some(3)
        );
        assert_eq!(
            days("2023-12-31T00:00:00Z", "2024-01-01T00:00:00Z"),
            Some(2)
        );
        assert_eq!(
            days("1999-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
            Some(366)
        );
        assert_eq!(days("redacted", "2000-01-01T00:00:00Z"), None);
        assert_eq!(days("2000-01-02T00:00:00Z", "2000-01-01T00:00:00Z"), None);
    }
}

//! Whether a trail could have shown that an action was used: without that, no
//! action is called unused (`cloudtrail.md` 5).

use super::coverage::{Coverage, Seen};
use crate::catalog::{AccessLevel, ActionRef, Catalog, Observability};

/// What can be said of an action that was not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// `management`, `data`, `never` or `unknown`.
    pub class: &'static str,
    /// The trail would have shown it, at least for resources that it logs.
    pub covered: bool,
    /// Why not, or what the coverage rests on.
    pub reason: String,
}

/// Judges an action by what the trail held of an account.
#[must_use]
pub fn judge(
    action: ActionRef<'_>,
    account: &str,
    coverage: &Coverage,
    catalog: &Catalog,
) -> Judgement {
    let mut seen = Seen::default();
    for (_, _, place) in coverage.iter().filter(|(of, _, _)| *of == account) {
        seen.merge(place);
    }
    let (class, covered, reason) = match catalog.observability(action) {
        Observability::Never { why } => ("never", false, why.to_owned()),
        Observability::Unknown => {
            let reason = "no list tells whether CloudTrail records it";
            ("unknown", false, reason.to_owned())
        }
        Observability::Data { types } => {
            let present = types.iter().find(|kind| seen.data.contains_key(**kind));
            let reason = match present {
                Some(kind) => format!(
                    "the trail holds data events of `{kind}`, though maybe not of every resource"
                ),
                None => format!("the trail holds no data events of `{}`", types.join("`, `")),
            };
            ("data", present.is_some(), reason)
        }
        Observability::Management => {
            let missing = management_gap(action, &seen);
            let reason = missing.map_or_else(
                || {
                    format!(
                        "the trail holds management events of {} days",
                        seen.days.len()
                    )
                },
                str::to_owned,
            );
            ("management", missing.is_none(), reason)
        }
    };
    Judgement {
        class,
        covered,
        reason,
    }
}

/// Management records beyond which the lack of reads or writes shows a trail
/// that leaves them out.
const ENOUGH: u64 = 100;

fn management_gap(action: ActionRef<'_>, seen: &Seen) -> Option<&'static str> {
    let reads = matches!(action.access(), AccessLevel::List | AccessLevel::Read);
    if seen.management == 0 {
        Some("the trail holds no management events of this account")
    } else if reads && seen.reads == 0 && seen.writes > ENOUGH {
        Some("the trail seems to leave out reads")
    } else if !reads && seen.writes == 0 && seen.reads > ENOUGH {
        Some("the trail seems to leave out writes")
    } else if action.service.prefix == "kms" && seen.kms == 0 {
        Some("the trail may leave out KMS: it holds no record of it")
    } else if matches!(action.service.prefix, "rds-data") {
        Some("the trail may leave out the RDS Data API")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    fn judged(action: &str, prepare: impl FnOnce(&mut Seen)) -> (&'static str, bool) {
        let mut coverage = Coverage::default();
        prepare(coverage.at("1", "eu-west-1"));
        let catalog = catalog::get();
        let judgement = judge(catalog.action(action).unwrap(), "1", &coverage, catalog);
        assert!(!judgement.reason.is_empty());
        (judgement.class, judgement.covered)
    }

    fn managed(seen: &mut Seen) {
        (seen.management, seen.reads, seen.writes) = (300, 150, 150);
    }

    #[test]
    fn only_what_the_trail_could_show_is_covered() {
        assert_eq!(judged("iam:CreateUser", managed), ("management", true));
        assert_eq!(judged("iam:CreateUser", |_| {}), ("management", false));
        assert_eq!(judged("kms:Decrypt", managed), ("management", false));
        assert_eq!(judged("iam:PassRole", managed), ("never", false));
        assert_eq!(judged("s3:GetObject", managed), ("data", false));
        let objects = |seen: &mut Seen| {
            seen.data.insert("AWS::S3::Object".to_owned(), 1);
        };
        assert_eq!(judged("s3:GetObject", objects), ("data", true));
        let writes_only = |seen: &mut Seen| (seen.management, seen.writes) = (300, 300);
        assert_eq!(judged("iam:ListUsers", writes_only), ("management", false));
        assert_eq!(judged("iam:CreateUser", writes_only), ("management", true));
    }

    #[test]
    fn another_accounts_records_cover_nothing() {
        let mut coverage = Coverage::default();
        managed(coverage.at("2", "eu-west-1"));
        let catalog = catalog::get();
        let action = catalog.action("iam:CreateUser").unwrap();
        assert!(!judge(action, "1", &coverage, catalog).covered);
    }
}

//! Exit codes (`contract.md`).

use std::process::ExitCode;

/// How a command ended. [`Exit::and`] joins two by precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: clean, or below the threshold.
    Clean,
    /// 1: findings, unwanted access, refuted or uncovered.
    Findings,
    /// 2: usage, input or internal error; also when some inputs could not be
    /// read and the rest was done and written.
    Failure,
    /// 3: nothing to analyse.
    Nothing,
    /// 4: undecided.
    Undecided,
}

impl Exit {
    /// The worse of two: 2 > 1 > 4 > 3 > 0.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.rank() >= other.rank() {
            self
        } else {
            other
        }
    }

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failure => 2,
            Self::Nothing => 3,
            Self::Undecided => 4,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Nothing => 1,
            Self::Undecided => 2,
            Self::Findings => 3,
            Self::Failure => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Clean, Failure, Findings, Nothing, Undecided};

    #[test]
    fn precedence_is_that_of_the_contract() {
        let order = [Clean, Nothing, Undecided, Findings, Failure];
        for (i, a) in order.into_iter().enumerate() {
            for (j, b) in order.into_iter().enumerate() {
                assert_eq!(a.and(b), order[i.max(j)]);
            }
        }
    }
}

//! In: `PERF_INCONCLUSIVE`. Out: what an inconclusive answer does to a test.

use std::sync::OnceLock;

/// What an inconclusive answer does to a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// The test goes on, one warning line is printed.
    Pass,
    /// The test fails.
    Fail,
    /// The test goes on; the line goes where the test harness keeps a passing test's output.
    Skip,
}

const VARIABLE: &str = "PERF_INCONCLUSIVE";

impl Policy {
    /// As the environment has it, read once; what is not understood is warned of once, and taken for `pass`.
    pub(super) fn now() -> Self {
        static POLICY: OnceLock<Policy> = OnceLock::new();
        *POLICY.get_or_init(|| {
            let value = std::env::var_os(VARIABLE).unwrap_or_default();
            Self::parse(&value.to_string_lossy()).unwrap_or_else(|| {
                crate::error::warn(&format_args!(
                    "{VARIABLE}: {value:?} is none of pass, fail and skip; taken for pass"
                ));
                Self::Pass
            })
        })
    }

    fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "pass" => Some(Self::Pass),
            "fail" => Some(Self::Fail),
            "skip" => Some(Self::Skip),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_words_and_nothing() {
        assert_eq!(Policy::parse(""), Some(Policy::Pass));
        assert_eq!(Policy::parse(" Fail "), Some(Policy::Fail));
        assert_eq!(Policy::parse("skip"), Some(Policy::Skip));
        assert_eq!(Policy::parse("ignore"), None);
    }
}

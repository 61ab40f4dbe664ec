//! In: what benchmarks answered. Out: the exit code, and where it is not 0 a sentence that says why, before cargo calls it a failure.

use super::main::UNABLE;
use crate::error::warn;
use crate::escape::terminal;
use crate::judge::{Comparison, Outcome, Policy, Verdict};
use crate::units;
use std::process::ExitCode;

/// Names in a sentence; the others are counted.
const NAMED: usize = 3;

/// How a comparison ends.
pub(super) struct Ending<'a> {
    pub(super) answers: &'a [Comparison],
    pub(super) policy: &'a Policy,
    /// The code of the answers, 0 to 2.
    pub(super) code: u8,
    /// Benchmarks without an answer.
    pub(super) unanswered: usize,
    /// Whether a file that was asked for could not be written; that was said.
    pub(super) unwritten: bool,
}

impl Ending<'_> {
    /// Says why it is not 0, where it is not.
    pub(super) fn told(&self) -> ExitCode {
        let code = match self.code {
            1 => 1,
            _ if self.unanswered > 0 || self.unwritten => UNABLE,
            code => code,
        };
        if code == 0 {
            return ExitCode::SUCCESS;
        }
        ended(code, &self.why(code))
    }

    fn why(&self, code: u8) -> String {
        let of = self.answers.len() + self.unanswered;
        let mut parts = Vec::new();
        match code {
            1 => parts.push(self.some("regressed", |o| self.counts(o))),
            2 => {
                let open = |o: &Outcome| o.verdict == Verdict::Inconclusive;
                let words = self.some("inconclusive", open);
                parts.push(format!("{words}; --deny-inconclusive asks for this code"));
            }
            _ if self.unwritten => parts.push("the page was not written".to_owned()),
            _ => {}
        }
        if self.unanswered > 0 {
            parts.push(unanswered(self.unanswered, of));
        }
        parts.join("; ")
    }

    /// `2 of 5 benchmarks regressed: a, b`.
    fn some(&self, word: &str, which: impl Fn(&Outcome) -> bool) -> String {
        let any = |answer: &&Comparison| answer.deciding().any(&which);
        let ids = |answer: &Comparison| answer.deciding().next().map(|o| o.id.clone());
        let mut names: Vec<String> = self
            .answers
            .iter()
            .filter(any)
            .filter_map(ids)
            .map(|id| terminal(&id).into_owned())
            .collect();
        let number = names.len();
        let of = self.answers.len() + self.unanswered;
        names.truncate(NAMED);
        let more = match number - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names = names.join(", ");
        format!("{number} of {} {word}: {names}{more}", benchmarks(of))
    }

    /// Whether a regression stands after the correction over all benchmarks.
    fn counts(&self, outcome: &Outcome) -> bool {
        let stands = outcome.adjusted_p.is_none_or(|p| p <= self.policy.level);
        outcome.verdict == Verdict::Regressed && stands
    }
}

/// `1 of 3 benchmarks has no answer`.
pub(super) fn unanswered(number: usize, of: usize) -> String {
    let has = if number == 1 { "has" } else { "have" };
    format!("{number} of {} {has} no answer", benchmarks(of))
}

/// The code, after the sentence.
pub(super) fn ended(code: u8, why: &str) -> ExitCode {
    warn(&format_args!("exit code {code}: {why}"));
    ExitCode::from(code)
}

/// So many of them, in words.
pub(super) fn benchmarks(number: usize) -> String {
    units::counted(number as u64, "benchmark", "benchmarks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::compare::tests::outcome;
    use crate::judge::Circumstances;

    #[test]
    fn every_code_has_its_reason() {
        let of = |times| Comparison::new(vec![outcome("time", times)], Circumstances::here());
        let mut open = of(1.0);
        open.results[0].verdict = Verdict::Inconclusive;
        let answers = [of(2.0), of(1.0), open];
        let policy = Policy::default();
        let why = |code, unanswered, unwritten| {
            let ending = Ending {
                answers: &answers,
                policy: &policy,
                code,
                unanswered,
                unwritten,
            };
            ending.why(if code == 0 { UNABLE } else { code })
        };
        assert_eq!(why(1, 0, false), "1 of 3 benchmarks regressed: x");
        assert_eq!(
            why(1, 1, false),
            "1 of 4 benchmarks regressed: x; 1 of 4 benchmarks has no answer"
        );
        assert_eq!(
            why(2, 0, false),
            "1 of 3 benchmarks inconclusive: x; --deny-inconclusive asks for this code"
        );
        assert_eq!(why(0, 2, false), "2 of 5 benchmarks have no answer");
        assert_eq!(why(0, 0, true), "the page was not written");
    }
}

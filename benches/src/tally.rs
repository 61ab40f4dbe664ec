//! In: outcomes of bounds whose truth is known. Out: how many said what, as lines that can be added up.

use perf_core::bound::{Outcome, Verdict};
use perf_stats::Interval;
use perf_stats::proportion::clopper_pearson;
use std::collections::BTreeMap;

/// What checks said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Checks made.
    pub checks: u64,
    holds: u64,
    broken: u64,
}

/// Which answers must be rare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// `Broken`.
    Broken,
    /// `Holds`.
    Holds,
    /// Both of these.
    Either,
    /// All but `Broken`.
    NotBroken,
}

impl Tally {
    /// Counts one.
    pub fn note(&mut self, outcome: &Outcome) {
        self.checks += 1;
        self.holds += u64::from(outcome.verdict == Verdict::Holds);
        self.broken += u64::from(outcome.verdict == Verdict::Broken);
    }

    /// One line, which [`add`] reads again.
    pub fn print(&self, name: &str, wrong: Wrong) {
        let (what, number) = match wrong {
            Wrong::Broken => ("broken", self.broken),
            Wrong::Holds => ("holds", self.holds),
            Wrong::Either => ("either", self.holds + self.broken),
            Wrong::NotBroken => ("not broken", self.checks - self.broken),
        };
        let neither = self.checks - self.holds - self.broken;
        let interval = clopper_pearson(number, self.checks, 0.95);
        let range = interval.map_or("-".to_owned(), |Interval { low, high, .. }| {
            format!("{number}: {:.3} to {:.3} %", 100.0 * low, 100.0 * high)
        });
        let Self {
            checks,
            holds,
            broken,
        } = self;
        println!("{name:<40}{checks:>8}{holds:>8}{broken:>8}{neither:>8}   {what} {range}");
    }
}

/// Sums the lines of several pieces, from standard input.
pub fn add() {
    let mut sums: BTreeMap<String, (Tally, Wrong)> = BTreeMap::new();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let name: String = line.chars().take(40).collect::<String>().trim().to_owned();
        let rest: String = line.chars().skip(40).collect();
        let words: Vec<&str> = rest.split_whitespace().collect();
        let numbers: Vec<u64> = words
            .iter()
            .take(4)
            .map_while(|word| word.parse().ok())
            .collect();
        let ([checks, holds, broken, _], Some(what)) = (numbers.as_slice(), words.get(4)) else {
            continue;
        };
        let wrong = match *what {
            "broken" => Wrong::Broken,
            "holds" => Wrong::Holds,
            "either" => Wrong::Either,
            _ => Wrong::NotBroken,
        };
        let (sum, _) = sums.entry(name).or_insert((Tally::default(), wrong));
        sum.checks += checks;
        sum.holds += holds;
        sum.broken += broken;
    }
    sums.iter()
        .for_each(|(name, (sum, wrong))| sum.print(name, *wrong));
}

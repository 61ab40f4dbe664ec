//! In: verdicts where the truth is known, or the counts that earlier pieces printed. Out: [`Tallies`], rates with their 95 % intervals.

use perf_core::judge::{Comparison, Verdict};
use perf_stats::proportion::clopper_pearson;
use std::collections::BTreeMap;

/// What marks a line of counts.
const MARK: &str = "counts";

/// What is true of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// The same code on the same data.
    Equal,
    /// The candidate does more.
    More,
    /// Two compiled copies: no target.
    Copies,
}

/// Verdicts of one kind of comparison.
#[derive(Clone, Debug, Default)]
struct Tally {
    counts: [u64; 4], // slower, faster, the same, open
    estimates: Vec<f64>,
    reasons: BTreeMap<String, usize>,
    seconds: f64,
}

/// Verdicts by what was compared under which conditions.
#[derive(Clone, Debug, Default)]
pub struct Tallies(Vec<(Truth, String, Tally)>);

impl Truth {
    fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::More => "more",
            Self::Copies => "copies",
        }
    }
}

impl Tallies {
    /// Notes a verdict. `name` holds the conditions too: what bears another one is not added.
    pub fn take(&mut self, truth: Truth, name: &str, found: &Comparison, seconds: f64) {
        let outcome = found.deciding().next();
        let change = outcome.and_then(|outcome| outcome.change);
        let reason = outcome.and_then(|outcome| outcome.reason.as_deref());
        let estimate = change.map(|change| change.estimate);
        self.note(truth, name, (found.verdict, estimate, reason), seconds);
    }

    /// The same of a verdict, the change that it shows, and the reason of an inconclusive one.
    pub fn note(
        &mut self,
        truth: Truth,
        name: &str,
        (verdict, estimate, reason): (Verdict, Option<f64>, Option<&str>),
        seconds: f64,
    ) {
        let tally = self.of(truth, name);
        let at = match verdict {
            Verdict::Regressed => 0,
            Verdict::Improved => 1,
            Verdict::Equivalent => 2,
            Verdict::Inconclusive => 3,
        };
        tally.counts[at] += 1;
        tally.seconds += seconds;
        tally.estimates.extend(estimate);
        if let Some(reason) = reason {
            *tally.reasons.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// Adds the counts in what an earlier piece printed.
    ///
    /// # Errors
    /// A line of counts that is none.
    pub fn add(&mut self, printed: &str) -> Result<(), String> {
        for line in printed.lines().filter(|line| line.starts_with(MARK)) {
            let fields: Vec<&str> = line.split('\t').collect();
            let bad = || format!("no line of counts: {line:?}");
            let [_, truth, name, numbers @ ..] = &fields[..] else {
                return Err(bad());
            };
            let truth = [Truth::Equal, Truth::More, Truth::Copies]
                .into_iter()
                .find(|t| t.word() == *truth);
            let numbers: Vec<u64> = numbers
                .iter()
                .map(|n| n.parse())
                .collect::<Result<_, _>>()
                .map_err(|_| bad())?;
            let counts: [u64; 4] = numbers.try_into().map_err(|_| bad())?;
            let tally = self.of(truth.ok_or_else(bad)?, name);
            tally
                .counts
                .iter_mut()
                .zip(counts)
                .for_each(|(sum, n)| *sum += n);
        }
        Ok(())
    }

    /// Prints the rates; with `lines`, the counts that a later [`Tallies::add`] reads, too.
    pub fn print(&self, lines: bool) {
        for (_, name, tally) in &self.0 {
            println!("{}", tally.line(name));
        }
        for sentence in self.sums() {
            println!("{sentence}");
        }
        if lines {
            print!("{}", self.lines());
        }
    }

    /// What may not happen, over all kinds of comparisons.
    fn sums(&self) -> [String; 2] {
        let sum = |truth: Truth, at: &[usize]| {
            let of_it = self.0.iter().filter(|(of, ..)| *of == truth);
            let counts = of_it.map(|(.., tally)| tally.counts);
            counts.fold((0, 0), |(k, n), counts| {
                let hits: u64 = at.iter().map(|&at| counts[at]).sum();
                (k + hits, n + counts.iter().sum::<u64>())
            })
        };
        [
            ("equal code called changed", sum(Truth::Equal, &[0, 1])),
            ("wrong direction", sum(Truth::More, &[1])),
        ]
        .map(|(words, (k, n))| format!("{words}: {}", rate(k, n)))
    }

    /// The counts, for [`Tallies::add`].
    fn lines(&self) -> String {
        let line = |(truth, name, tally): &(Truth, String, Tally)| {
            let [slower, faster, same, open] = tally.counts;
            let truth = truth.word();
            format!("{MARK}\t{truth}\t{name}\t{slower}\t{faster}\t{same}\t{open}\n")
        };
        self.0.iter().map(line).collect()
    }

    fn of(&mut self, truth: Truth, name: &str) -> &mut Tally {
        let at = self
            .0
            .iter()
            .position(|(t, n, _)| *t == truth && n == name)
            .unwrap_or_else(|| {
                self.0.push((truth, name.to_owned(), Tally::default()));
                self.0.len() - 1
            });
        &mut self.0[at].2
    }
}

impl Tally {
    fn line(&self, name: &str) -> String {
        let n: u64 = self.counts.iter().sum();
        let [slower, faster, same, open] = self.counts;
        let mut text = format!(
            "{name:58} n {n:5}  slower {}  faster {}  same {}  open {open}",
            rate(slower, n),
            rate(faster, n),
            rate(same, n)
        );
        let mut sorted = self.estimates.clone();
        sorted.sort_by(f64::total_cmp);
        if let Some(last) = sorted.len().checked_sub(1) {
            let at = |q: f64| 100.0 * sorted[(last as f64 * q).round() as usize];
            let ends = [at(0.0), at(0.5), at(1.0)]
                .map(|e| format!("{e:+.2}"))
                .join(" ");
            let each = 1e3 * self.seconds / n.max(1) as f64;
            text = format!(
                "{text}  estimates {ends} %  {each:.0} ms each  {:?}",
                self.reasons
            );
        }
        text
    }
}

fn rate(k: u64, n: u64) -> String {
    let (low, high) = clopper_pearson(k, n, 0.95).map_or((0.0, 1.0), |i| (i.low, i.high));
    format!("{k} of {n} [{:.2}, {:.2}] %", 100.0 * low, 100.0 * high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &Tallies) -> Vec<[u64; 4]> {
        of.0.iter().map(|(.., tally)| tally.counts).collect()
    }

    #[test]
    fn pieces_add_up_where_the_conditions_are_the_same() {
        let mut all = Tallies::default();
        let piece = "counts\tequal\tmap, quiet\t1\t0\t7\t2\nsomething else\ncounts\tmore\tmap, quiet\t9\t1\t0\t2\n";
        all.add(piece).expect("counts");
        all.add(piece).expect("counts");
        all.add("counts\tequal\tmap, neighbour\t0\t1\t1\t0")
            .expect("counts");
        all.add("counts\tcopies\tmap, quiet\t5\t5\t0\t0")
            .expect("counts");
        let added = [[2, 0, 14, 4], [18, 2, 0, 4], [0, 1, 1, 0], [5, 5, 0, 0]];
        assert_eq!(counts(&all), added);
        let [changed, wrong] = all.sums();
        assert!(changed.contains(" 3 of 22 ["), "{changed}");
        assert!(wrong.contains(" 2 of 24 ["), "{wrong}");
        assert!(all.add("counts\tequal\tmap\t1\tx\t2\t3").is_err());
        assert!(all.add("counts\tequal\tmap\t1\t2\t3").is_err());
        assert!(all.add("counts\tother\tmap\t1\t2\t3\t4").is_err());
    }

    #[test]
    fn what_a_piece_prints_is_what_it_counted() {
        let mut piece = Tallies::default();
        let verdicts = [
            (Verdict::Regressed, 1),
            (Verdict::Improved, 2),
            (Verdict::Equivalent, 3),
            (Verdict::Inconclusive, 4),
        ];
        for (verdict, times) in verdicts {
            (0..times).for_each(|_| piece.note(Truth::More, "map", (verdict, None, None), 1.0));
        }
        let mut read = Tallies::default();
        read.add(&piece.lines()).expect("counts");
        assert_eq!(counts(&read), [[1, 2, 3, 4]]);
        assert_eq!(read.sums(), piece.sums());
    }
}

//! In: verdicts of one kind of comparison. Out: [`Verdicts`], their counts, which can be added up over pieces.

use std::fmt;
use std::time::Duration;

/// What became of comparisons.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    counts: [u32; Self::NAMES.len()],
    reasons: Vec<String>,
    changes: Vec<f64>, // sorted where it is shown
    time: Duration,
}

impl Verdicts {
    /// The words of the verdicts; the last for what has none.
    pub const NAMES: [&'static str; 5] = [
        "regressed",
        "improved",
        "equivalent",
        "inconclusive",
        "failed",
    ];

    /// One more, with the reason of an inconclusive one and the change that was seen.
    pub fn add(
        &mut self,
        verdict: &str,
        reason: Option<&str>,
        change: Option<f64>,
        time: Duration,
    ) {
        let at = Self::NAMES.iter().position(|name| *name == verdict);
        self.counts[at.unwrap_or(Self::NAMES.len() - 1)] += 1;
        self.reasons.extend(reason.map(str::to_owned));
        self.changes.extend(change);
        self.time += time;
    }

    /// How many there are of one.
    pub fn of(&self, verdict: &str) -> u32 {
        let counts = Self::NAMES.iter().zip(self.counts);
        counts
            .filter(|(name, _)| **name == verdict)
            .map(|(_, n)| n)
            .sum()
    }

    /// How many there are.
    pub fn all(&self) -> u32 {
        self.counts.iter().sum()
    }
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n {:3}", self.all())?;
        for (name, n) in Self::NAMES.iter().zip(self.counts) {
            write!(f, "  {name} {n:3}")?;
        }
        let mut changes = self.changes.clone();
        changes.sort_by(f64::total_cmp);
        let at = |q: f64| {
            let place = ((changes.len() as f64 - 1.0) * q).round() as usize;
            100.0 * changes.get(place).copied().unwrap_or(0.0)
        };
        write!(
            f,
            "  change {:+.2} {:+.2} {:+.2} %",
            at(0.05),
            at(0.5),
            at(0.95)
        )?;
        write!(
            f,
            "  {:.2} s each",
            self.time.as_secs_f64() / f64::from(self.all().max(1))
        )?;
        let mut reasons = self.reasons.clone();
        reasons.sort_unstable();
        reasons.dedup();
        write!(f, "  {}", reasons.join(" "))
    }
}

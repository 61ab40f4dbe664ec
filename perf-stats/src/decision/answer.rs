//! In: an interval of log ratios and a margin. Out: [`Decision`], a verdict with all that backs it.

use super::margin::Margin;
use super::verdict::{Leaning, Reason, Scope, Verdict, Warning};
use std::fmt;

/// The relative change, candidate / baseline - 1, as fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Change {
    /// The best single value.
    pub estimate: f64,
    /// Lower end of the interval; none where the data bound nothing below.
    pub low: Option<f64>,
    /// Upper end of the interval; none where the data bound nothing above.
    pub high: Option<f64>,
    /// Two-sided confidence level of the interval, in (0, 1).
    pub level: f64,
}

/// A verdict with the interval, the error rate and the unit it rests on.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Decision {
    /// What may be claimed.
    pub verdict: Verdict,
    /// The claim that a guard turned into `Inconclusive`, where one did.
    pub withheld: Option<Claim>,
    /// The relative change; none where there are no data.
    pub change: Option<Change>,
    /// p-value of "not worse than the margin", all looks accounted for; none before the first look.
    pub p: Option<f64>,
    /// The margin judged against.
    pub margin: Margin,
    /// What was repeated.
    pub scope: Scope,
    /// How many of it the decision used.
    pub n: usize,
    /// The smallest true slowdown (a fraction) that this many units at this noise call regressed with probability 0.8;
    /// none where even the largest could not be.
    pub mde: Option<f64>,
    /// What to know beside it.
    pub warnings: Vec<Warning>,
}

/// One of the three positive claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Claim {
    /// Worse by more than the margin.
    Regressed,
    /// Better by more than the margin.
    Improved,
    /// Different by less than the margin.
    Equivalent,
}

impl Decision {
    /// A decision that claims nothing, because there is nothing to look at yet.
    pub(crate) fn without_look(margin: Margin, scope: Scope, n: usize, reason: Reason) -> Self {
        Self {
            verdict: Verdict::Inconclusive(reason),
            withheld: None,
            change: None,
            p: None,
            margin,
            scope,
            n,
            mde: None,
            warnings: Vec::new(),
        }
    }

    /// Sets a claim aside for a reason; an inconclusive decision keeps the reason it has.
    pub fn withhold(&mut self, reason: Reason) {
        let claim = match self.verdict {
            Verdict::Regressed => Claim::Regressed,
            Verdict::Improved => Claim::Improved,
            Verdict::Equivalent => Claim::Equivalent,
            Verdict::Inconclusive(_) => return,
        };
        self.withheld = Some(claim);
        self.verdict = Verdict::Inconclusive(reason);
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |x: f64| format!("{:+.2} %", 100.0 * x);
        let end = |x: Option<f64>| x.map_or("unbounded".to_owned(), percent);
        write!(f, "{}", self.verdict)?;
        if let Some(c) = self.change {
            let (low, high) = (end(c.low), end(c.high));
            write!(
                f,
                "; change {} [{low}, {high}] at {:.4}",
                percent(c.estimate),
                c.level
            )?;
        }
        write!(f, "; margin {:.2} %; ", 100.0 * self.margin.value())?;
        write!(f, "n = {} ({})", self.n, self.scope.word())
    }
}

/// An interval on the scale of log ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LogInterval {
    pub(crate) estimate: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) level: f64,
}

impl LogInterval {
    /// The verdict: which side of the margin the whole interval lies on.
    pub(crate) fn verdict(&self, margin: Margin) -> Verdict {
        let d = margin.log();
        if self.low > d {
            Verdict::Regressed
        } else if self.high < -d {
            Verdict::Improved
        } else if (-d < self.low && self.high < d) || (self.low == 0.0 && self.high == 0.0) {
            Verdict::Equivalent // the second case: a margin of 0 and no difference at all
        } else {
            Verdict::Inconclusive(Reason::Undecided {
                leaning: self.leaning(d),
            })
        }
    }

    fn leaning(&self, d: f64) -> Leaning {
        if self.estimate > d {
            Leaning::Worse
        } else if self.estimate < -d {
            Leaning::Better
        } else {
            Leaning::Equal
        }
    }

    /// Whether 0 is outside.
    pub(crate) fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }

    pub(crate) fn change(&self) -> Change {
        let end = |x: f64| x.is_finite().then(|| x.exp_m1()).filter(|v| v.is_finite());
        Change {
            estimate: self.estimate.exp_m1().min(f64::MAX),
            low: end(self.low),
            high: end(self.high),
            level: self.level,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(low: f64, high: f64, margin: f64) -> &'static str {
        let interval = LogInterval {
            estimate: f64::midpoint(low, high),
            low,
            high,
            level: 0.98,
        };
        interval
            .verdict(Margin::relative(margin).expect("valid margin"))
            .word()
    }

    #[test]
    fn the_whole_interval_must_lie_on_one_side() {
        assert_eq!(verdict(0.021, 0.05, 0.02), "regressed");
        assert_eq!(verdict(0.019, 0.05, 0.02), "inconclusive");
        assert_eq!(verdict(-0.019, 0.019, 0.02), "equivalent");
        assert_eq!(verdict(0.001, 0.019, 0.02), "equivalent");
        // -2 % is not the mirror image of +2 %: the ratio's mirror image of 1.02 is 1/1.02.
        assert_eq!(verdict(-0.05, -0.0199, 0.02), "improved");
        assert_eq!(verdict(-0.05, -0.0197, 0.02), "inconclusive");
        assert_eq!(verdict(0.0, 0.0, 0.0), "equivalent");
        assert_eq!(verdict(1e-9, 2e-9, 0.0), "regressed");
    }

    #[test]
    fn an_end_beyond_all_floats_is_unbounded() {
        let interval = LogInterval {
            estimate: 800.0,
            low: f64::NEG_INFINITY,
            high: 900.0,
            level: 0.9,
        };
        let change = interval.change();
        assert_eq!((change.low, change.high), (None, None));
        assert!(change.estimate.is_finite());
    }
}

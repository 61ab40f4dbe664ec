//! In: all studies. Out: [`Calibration`], how good their predictions were.

use super::answer::HypothesisOutcome;
use super::dossier::Dossier;
use perf_stats::proportion::clopper_pearson;
use std::fmt;

/// Fewer predictions than this say little, whatever their rate.
const FEW: usize = 10;

/// Predictions against what was measured. One counts once, by the last validation of its hypothesis that decided anything.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Calibration {
    /// The confidence of each, and whether the measured interval met the predicted range.
    pub predictions: Vec<(f64, bool)>,
    /// Hypotheses that were not tested, or undecided, of studies that go on.
    pub open: usize,
    /// The same, of studies that have ended.
    pub never_tested: usize,
}

impl Calibration {
    /// Collects what the studies predicted.
    pub fn of<'a>(dossiers: impl IntoIterator<Item = &'a Dossier>) -> Self {
        let mut made = Self::default();
        for dossier in dossiers {
            for hypothesis in &dossier.hypotheses {
                let plans = dossier
                    .plans
                    .iter()
                    .filter(|plan| plan.hypothesis == hypothesis.number);
                let mut outcomes = plans
                    .flat_map(|plan| dossier.of_plan(plan.number))
                    .map(|v| v.hypothesis);
                let decided = outcomes.rfind(|outcome| *outcome != HypothesisOutcome::Inconclusive);
                match decided {
                    Some(outcome) => made.predictions.push((
                        hypothesis.confidence,
                        outcome == HypothesisOutcome::Confirmed,
                    )),
                    None if dossier.ending.is_some() => made.never_tested += 1,
                    None => made.open += 1,
                }
            }
        }
        made
    }

    /// Predictions that held.
    pub fn hits(&self) -> usize {
        self.predictions.iter().filter(|(_, hit)| *hit).count()
    }

    /// The mean squared distance between confidence and outcome (Brier 1950): 0 is perfect, 0.25 is what a coin scores.
    ///
    /// ```
    /// let mut seen = perf_core::study::Calibration::default();
    /// assert_eq!(seen.brier(), None);
    /// seen.predictions = vec![(0.7, true), (0.6, false)];
    /// assert!((seen.brier().expect("two") - (0.09 + 0.36) / 2.0).abs() < 1e-12);
    /// ```
    pub fn brier(&self) -> Option<f64> {
        let squares = self
            .predictions
            .iter()
            .map(|(sure, hit)| (sure - f64::from(u8::from(*hit))).powi(2));
        let n = self.predictions.len();
        (n > 0).then(|| squares.sum::<f64>() / n as f64)
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, hits) = (self.predictions.len(), self.hits());
        let Some(brier) = self.brier() else {
            return write!(
                f,
                "no prediction was tested yet; {} are open, {} were never tested",
                self.open, self.never_tested
            );
        };
        let rate = clopper_pearson(hits as u64, n as u64, 0.95).ok();
        let stated = self.predictions.iter().map(|(sure, _)| sure).sum::<f64>() / n as f64;
        write!(
            f,
            "{hits} of {n} predictions held: {:.0} %",
            100.0 * hits as f64 / n as f64
        )?;
        if let Some(rate) = rate {
            write!(f, " [{:.0}, {:.0}]", 100.0 * rate.low, 100.0 * rate.high)?;
        }
        write!(
            f,
            "; the confidence stated was {:.0} % on average; Brier score {brier:.3} (0 is perfect, 0.25 a coin); {} open, {} never tested",
            100.0 * stated,
            self.open,
            self.never_tested
        )?;
        if n < FEW {
            write!(f, "; {n} are too few to judge by: {FEW} are needed")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_scored_by_how_sure_they_were() {
        let made = Calibration {
            predictions: vec![(0.9, true), (0.8, false)],
            open: 3,
            never_tested: 1,
        };
        assert_eq!(made.hits(), 1);
        // 0.1 and 0.8 off.
        assert!((made.brier().expect("tested") - 0.325).abs() < 1e-12);
        let told = made.to_string();
        for part in [
            "1 of 2 predictions held: 50 % [1, 99]",
            "the confidence stated was 85 % on average",
            "Brier score 0.325",
            "3 open, 1 never tested; 2 are too few to judge by: 10 are needed",
        ] {
            assert!(told.contains(part), "{part:?} is not in {told}");
        }
        let none = Calibration::default();
        assert_eq!((none.hits(), none.brier()), (0, None));
        assert!(none.to_string().starts_with("no prediction was tested yet"));
    }
}

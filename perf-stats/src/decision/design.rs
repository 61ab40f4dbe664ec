//! In: margin, error rate, looks, scope. Out: [`Design`], the choices made before the first block.

use super::answer::Decision;
use super::looks::Looks;
use super::margin::Margin;
use super::trial::Trial;
use super::verdict::Scope;
use crate::error::StatsError;
use crate::interval::check_open_unit;
use crate::signed_rank::lower_critical;

/// One-sided error rate of a verdict, all looks together. One in a hundred, because a suite asks often.
pub const ALPHA: f64 = 0.01;

/// The choices made before the first block: margin, error rate, looks, scope.
///
/// ```
/// use perf_stats::decision::{Design, Looks, Margin, Verdict};
/// let design = Design::new(Margin::relative(0.02)?).looks(Looks::up_to(30)?);
/// // Every block says "5 % slower", give or take a little.
/// let ratios: Vec<f64> = (0..30).map(|i| 1.05f64.ln() + 0.001 * f64::from(i % 7 - 3)).collect();
/// let decision = design.decide(&ratios)?;
/// assert_eq!(decision.verdict, Verdict::Regressed);
/// assert_eq!(decision.n, 10); // the first look was enough
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    margin: Margin,
    alpha: f64,
    looks: Looks,
    scope: Scope,
    critical: Vec<Option<u64>>, // of the signed-rank law, one a look
}

impl Design {
    /// Looks at 10, 20, 40 and 80 blocks, [`ALPHA`] over all of them, scope [`Scope::Block`].
    pub fn new(margin: Margin) -> Self {
        let mut design = Self {
            margin,
            alpha: ALPHA,
            looks: Looks::standard(),
            scope: Scope::Block,
            critical: Vec::new(),
        };
        design.count_out();
        design
    }

    /// Another one-sided error rate, all looks together.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless strictly between 0 and 1.
    pub fn alpha(mut self, alpha: f64) -> Result<Self, StatsError> {
        self.alpha = check_open_unit(alpha, "alpha")?;
        self.count_out();
        Ok(self)
    }

    /// Other looks.
    #[must_use]
    pub fn looks(mut self, looks: Looks) -> Self {
        self.looks = looks;
        self.count_out();
        self
    }

    /// What one log ratio stands for.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// The number of units at which the last look is taken.
    pub fn last_look(&self) -> usize {
        self.looks.last()
    }

    /// Begins to collect.
    pub fn start(&self) -> Trial {
        Trial::new(self.clone())
    }

    /// The whole procedure on data that are all there: looks in turn, until one decides.
    ///
    /// # Errors
    /// As [`Trial::push`].
    pub fn decide(&self, log_ratios: &[f64]) -> Result<Decision, StatsError> {
        let mut trial = self.start();
        for &r in log_ratios {
            trial.push(r)?;
            if trial.is_over() {
                break;
            }
        }
        Ok(trial.finish())
    }

    /// The block count of look number `i`, counted from 0.
    pub(super) fn look_at(&self, i: usize) -> Option<usize> {
        self.looks.counts().get(i).copied()
    }

    pub(super) fn first_look(&self) -> usize {
        self.looks.first()
    }

    pub(super) fn looks_planned(&self) -> usize {
        self.looks.number()
    }

    pub(super) fn margin(&self) -> Margin {
        self.margin
    }

    pub(super) fn unit(&self) -> Scope {
        self.scope
    }

    pub(super) fn alpha_each(&self) -> f64 {
        self.alpha / self.looks.number() as f64
    }

    /// The critical rank sum of look number `i`; none where that look cannot decide.
    pub(super) fn critical(&self, i: usize) -> Option<u64> {
        self.critical.get(i).copied().flatten()
    }

    fn count_out(&mut self) {
        let tail = self.alpha_each();
        self.critical = self
            .looks
            .counts()
            .iter()
            .map(|&n| lower_critical(n, tail))
            .collect();
    }
}

//! In: raw numbers, or values with counts. Out: checked, sorted views that every procedure reads.

use crate::error::StatsError;

/// The slice if it is not empty and every number is finite.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
pub(crate) fn finite(x: &[f64]) -> Result<&[f64], StatsError> {
    if x.is_empty() {
        return Err(StatsError::Empty);
    }
    match x.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(StatsError::NonFinite { index }),
        None => Ok(x),
    }
}

/// The slice if it holds at least `need` numbers, all finite. An empty slice is [`StatsError::Empty`], not too few.
pub(crate) fn at_least(x: &[f64], need: usize) -> Result<&[f64], StatsError> {
    finite(x)?;
    if x.len() < need {
        return Err(StatsError::TooFew { need, got: x.len() });
    }
    Ok(x)
}

/// A sorted copy, with -0.0 turned into 0.0 so that equal values are neighbours bit for bit.
///
/// # Errors
/// As [`finite`].
pub(crate) fn sorted(x: &[f64]) -> Result<Vec<f64>, StatsError> {
    let mut v: Vec<f64> = finite(x)?.iter().map(|&v| v + 0.0).collect();
    v.sort_unstable_by(f64::total_cmp);
    Ok(v)
}

/// Values with their number of occurrences, ascending: what a histogram of a billion calls looks like to a procedure.
///
/// ```
/// use perf_stats::Weighted;
/// let w = Weighted::new([(2.0, 1), (1.0, 3), (2.0, 4)])?;
/// assert_eq!(w.pairs(), &[(1.0, 3), (2.0, 5)]);
/// assert_eq!(w.total(), 8);
/// assert_eq!(w.nth(3), 2.0); // counted from 0
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    pairs: Vec<(f64, u64)>,
    cumulative: Vec<u64>, // running totals, same length as `pairs`
}

impl Weighted {
    /// From pairs (value, count) in any order; equal values are joined and counts of zero left out.
    ///
    /// # Errors
    /// [`StatsError::Empty`] if no count is positive, [`StatsError::NonFinite`], [`StatsError::Overflow`] if the counts sum beyond `u64`.
    pub fn new(pairs: impl IntoIterator<Item = (f64, u64)>) -> Result<Self, StatsError> {
        let mut all = Vec::new();
        for (index, (value, count)) in pairs.into_iter().enumerate() {
            if !value.is_finite() {
                return Err(StatsError::NonFinite { index });
            }
            if count > 0 {
                all.push((value + 0.0, count));
            }
        }
        if all.is_empty() {
            return Err(StatsError::Empty);
        }
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut joined: Vec<(f64, u64)> = Vec::with_capacity(all.len());
        let mut cumulative = Vec::with_capacity(all.len());
        let mut total = 0u64;
        for (value, count) in all {
            total = total.checked_add(count).ok_or(StatsError::Overflow)?;
            match joined.last_mut() {
                Some(last) if last.0 == value => {
                    last.1 += count;
                    if let Some(c) = cumulative.last_mut() {
                        *c = total;
                    }
                }
                _ => {
                    joined.push((value, count));
                    cumulative.push(total);
                }
            }
        }
        Ok(Self {
            pairs: joined,
            cumulative,
        })
    }

    /// From raw observations, each counted once.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`].
    pub fn from_values(x: &[f64]) -> Result<Self, StatsError> {
        Self::new(x.iter().map(|&v| (v, 1)))
    }

    /// The distinct values, ascending, each with its count (never 0).
    pub fn pairs(&self) -> &[(f64, u64)] {
        &self.pairs
    }

    /// The number of observations, at least 1.
    pub fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// The observation at `rank` in ascending order, counted from 0; ranks past the end give the largest.
    pub fn nth(&self, rank: u64) -> f64 {
        let at = self
            .cumulative
            .partition_point(|&c| c <= rank)
            .min(self.pairs.len() - 1);
        self.pairs[at].0
    }

    /// How many observations are `<= value`.
    pub fn count_up_to(&self, value: f64) -> u64 {
        match self.pairs.partition_point(|p| p.0 <= value) {
            0 => 0,
            k => self.cumulative[k - 1],
        }
    }
}

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
    let mut keys: Vec<i64> = finite(x)?.iter().map(|&v| key(v + 0.0)).collect();
    keys.sort_unstable(); // integers compare quicker than floats
    Ok(keys.into_iter().map(value).collect())
}

/// An integer in the order of `f64::total_cmp`.
const fn key(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// What [`key`] was made of.
const fn value(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}

/// The largest integer not above `product`, where a product of a count and a written decimal may miss its integer by a few
/// units in the last place (100 * 0.29 gives 28.999999999999996, and means 29).
pub(crate) fn floor_decimal(product: f64) -> f64 {
    let nearest = product.round();
    if (product - nearest).abs() <= 4.0 * f64::EPSILON * nearest.abs() {
        nearest
    } else {
        product.floor()
    }
}

/// Numbers times a power of two chosen so that the largest magnitude lies in [1/8, 1/2]: sums of squares and differences then
/// neither overflow nor vanish, and the scaling itself is exact (but for values 2^1000 times smaller than the largest).
pub(crate) struct Scaled {
    pub(crate) values: Vec<f64>,
    /// original = value * 2^exponent
    pub(crate) exponent: i32,
}

impl Scaled {
    /// Scales finite numbers; the order is kept.
    pub(crate) fn new(x: &[f64]) -> Self {
        Self::with_exponent(x, binary_exponent(x))
    }

    /// Scales with a given exponent, so that two samples can share one (see [`binary_exponent`]).
    pub(crate) fn with_exponent(x: &[f64], exponent: i32) -> Self {
        let values = x
            .iter()
            .map(|&v| times_power_of_two(v, -exponent))
            .collect();
        Self { values, exponent }
    }

    /// A location or a difference back in the original units.
    ///
    /// # Errors
    /// [`StatsError::Overflow`] where it exceeds the range of `f64`.
    pub(crate) fn back(&self, value: f64) -> Result<f64, StatsError> {
        representable(times_power_of_two(value, self.exponent))
    }
}

/// The exponent `e` with largest magnitude * 2^-e in [1/8, 1/2]; 0 for zeros.
pub(crate) fn binary_exponent(x: &[f64]) -> i32 {
    let largest = x.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if largest == 0.0 {
        0
    } else {
        largest.log2().floor() as i32 + 2
    }
}

/// `x * 2^exponent`, also where the power alone is out of range.
pub(crate) fn times_power_of_two(mut x: f64, mut exponent: i32) -> f64 {
    const STEP: i32 = 1000;
    while exponent.abs() > STEP {
        let step = STEP * exponent.signum();
        x *= f64::from_bits(((1023 + step) as u64) << 52);
        exponent -= step;
    }
    x * f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// The number, if `f64` can hold it.
pub(crate) fn representable(value: f64) -> Result<f64, StatsError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(StatsError::Overflow)
    }
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

//! In: recorded calls one by one. Out: [`Tally`], their sums; plain numbers, whoever keeps them.

/// One recorded call as it stands in a shard's ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) cell: u32,    // the cell's number within its shard
    pub(crate) weight: u32,  // how many calls this one stands for, at least 1
    pub(crate) nested: bool, // an outer call of the same site is open: its time is not counted twice
    pub(crate) elapsed: u64, // ticks
    pub(crate) own: i64, // ticks without measured children; negative where a sampled child was overestimated
}

/// Sums over recorded calls of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tally {
    pub(crate) recorded: u64,         // calls recorded
    pub(crate) weighted: u64,         // sum of their weights = sum of the bins
    pub(crate) weighted_squares: u64, // sum of the squares of the weights
    pub(crate) total: u64,            // ticks, outermost calls only, weighted
    pub(crate) nested: u64,           // ticks of the other calls, weighted
    pub(crate) own: i64,              // ticks, weighted
    pub(crate) total_variance: f64,   // ticks squared, of `total` through sampling
    pub(crate) own_variance: f64,     // ticks squared, of `own` through sampling
    pub(crate) min: u64,              // ticks; u64::MAX before the first call
    pub(crate) max: u64,              // ticks
}

impl Tally {
    pub(crate) const EMPTY: Self = Self {
        recorded: 0,
        weighted: 0,
        weighted_squares: 0,
        total: 0,
        nested: 0,
        own: 0,
        total_variance: 0.0,
        own_variance: 0.0,
        min: u64::MAX,
        max: 0,
    };

    /// Adds one call.
    #[inline(always)]
    pub(crate) fn call(&mut self, call: &Call) {
        let weight = u64::from(call.weight);
        self.recorded += 1;
        self.weighted += weight;
        self.weighted_squares = self.weighted_squares.wrapping_add(weight * weight);
        let inclusive = if call.nested { 0 } else { call.elapsed };
        self.total = self.total.wrapping_add(inclusive.wrapping_mul(weight));
        let nested = call.elapsed - inclusive;
        self.nested = self.nested.wrapping_add(nested.wrapping_mul(weight));
        self.own = self.own.wrapping_add(call.own.wrapping_mul(weight as i64));
        self.min = self.min.min(call.elapsed);
        self.max = self.max.max(call.elapsed);
        if call.weight > 1 {
            // Each call is kept with probability 1/w: the estimated variance of the weighted sum is w (w - 1) t^2.
            let spread = (weight * (weight - 1)) as f64;
            self.total_variance += spread * (inclusive as f64) * (inclusive as f64);
            self.own_variance += spread * (call.own as f64) * (call.own as f64);
        }
    }

    /// Adds calls that stand for themselves only: `elapsed` is inclusive time.
    #[inline(always)]
    pub(crate) fn plain_call(&mut self, elapsed: u64, own: i64) {
        self.total = self.total.wrapping_add(elapsed);
        self.own = self.own.wrapping_add(own);
        self.min = self.min.min(elapsed);
        self.max = self.max.max(elapsed);
    }

    /// Counts calls that were added as plain ones.
    #[inline(always)]
    pub(crate) fn plain_calls(&mut self, calls: u64) {
        self.recorded += calls;
        self.weighted += calls;
        self.weighted_squares = self.weighted_squares.wrapping_add(calls);
    }

    /// Adds the sums of others.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.recorded += other.recorded;
        self.weighted += other.weighted;
        self.weighted_squares = self.weighted_squares.wrapping_add(other.weighted_squares);
        self.total = self.total.wrapping_add(other.total);
        self.nested = self.nested.wrapping_add(other.nested);
        self.own = self.own.wrapping_add(other.own);
        self.total_variance += other.total_variance;
        self.own_variance += other.own_variance;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

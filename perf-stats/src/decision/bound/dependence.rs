//! In: calls or pieces of counts in time order. Out: how many of them count as one independent call.

use crate::series::autocorrelation_time;

/// The most recent calls, at least [`WINDOW`] of them once there were as many.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    recent: Vec<f64>,
}

/// Calls kept for the autocorrelation time; twice as many at most.
const WINDOW: usize = 16_384;

impl Calls {
    pub(super) fn push(&mut self, value: f64) {
        if self.recent.len() == 2 * WINDOW {
            self.recent.drain(..WINDOW);
        }
        self.recent.push(value + 0.0);
    }

    /// Of the exceedances. Where every call exceeds, the indicator tells nothing and the ranks stand in.
    pub(super) fn tau_exceeding(&self, limit: f64) -> f64 {
        let indicator: Vec<f64> = self
            .recent
            .iter()
            .map(|&v| f64::from(u8::from(v > limit)))
            .collect();
        if indicator.first() == Some(&1.0) && indicator.iter().all(|&v| v == 1.0) {
            return self.tau_ranks();
        }
        autocorrelation_time(&indicator).unwrap_or(1.0)
    }

    /// Of the latencies, by their ranks: no single slow call can hide the dependence of the others.
    pub(super) fn tau_ranks(&self) -> f64 {
        autocorrelation_time(&self.ranks()).unwrap_or(1.0)
    }

    fn ranks(&self) -> Vec<f64> {
        let x = &self.recent;
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_unstable_by(|&i, &j| x[i].total_cmp(&x[j]));
        let mut ranks = vec![0.0; x.len()];
        let mut below = 0;
        for group in order.chunk_by(|&i, &j| x[i] == x[j]) {
            let rank = below as f64 + (group.len() - 1) as f64 / 2.0;
            for &i in group {
                ranks[i] = rank;
            }
            below += group.len();
        }
        ranks
    }
}

/// Pieces of counts in time order; neighbours are joined when there are too many.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    counts: Vec<(u64, u64)>, // (exceeded, total), total > 0
}

/// Pieces kept at most.
const MAX_PIECES: usize = 4_096;
/// Pieces under which their scatter is used but not trusted.
const MIN_PIECES: usize = 8;
/// Exceedances under which they cannot scatter visibly.
const MIN_EXCEEDED: u64 = 5;

impl Pieces {
    pub(super) fn push(&mut self, exceeded: u64, total: u64) {
        if total == 0 {
            return;
        }
        if self.counts.len() == MAX_PIECES {
            let join = |p: &[(u64, u64)]| p.iter().fold((0, 0), |s, q| (s.0 + q.0, s.1 + q.1));
            self.counts = self.counts.chunks(2).map(join).collect();
        }
        self.counts.push((exceeded, total));
    }

    /// Whether counts were fed whose dependence cannot be seen.
    pub(super) fn hide_dependence(&self) -> bool {
        !self.counts.is_empty() && (self.counts.len() < MIN_PIECES || !self.tell())
    }

    fn tell(&self) -> bool {
        self.counts.len() > 1 && self.counts.iter().map(|p| p.0).sum::<u64>() >= MIN_EXCEEDED
    }

    /// Scatter of the counts against the binomial one (Pearson's statistic a degree of freedom), times the autocorrelation
    /// time of their residuals. At least 1.
    pub(super) fn tau(&self) -> f64 {
        if !self.tell() {
            return 1.0;
        }
        let (k, n) = self
            .counts
            .iter()
            .fold((0.0, 0.0), |s, p| (s.0 + p.0 as f64, s.1 + p.1 as f64));
        let rate = k / n;
        let residual = |&(k, m): &(u64, u64)| {
            (k as f64 - m as f64 * rate) / (m as f64 * rate * (1.0 - rate)).sqrt()
        };
        let residuals: Vec<f64> = self.counts.iter().map(residual).collect();
        if residuals.iter().any(|r| !r.is_finite()) {
            return 1.0; // every call exceeds: nothing scatters
        }
        let scatter = residuals.iter().map(|r| r * r).sum::<f64>() / (residuals.len() - 1) as f64;
        scatter.max(1.0) * autocorrelation_time(&residuals).unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_counts_are_kept() {
        let mut calls = Calls::default();
        let mut pieces = Pieces::default();
        for i in 0..100_000_u32 {
            calls.push(f64::from(i));
            pieces.push(u64::from(i % 7 == 0), 3);
        }
        assert!(calls.recent.len() <= 2 * WINDOW && calls.recent.len() >= WINDOW);
        assert!(pieces.counts.len() <= MAX_PIECES);
        let sum = pieces
            .counts
            .iter()
            .fold((0, 0), |s, p| (s.0 + p.0, s.1 + p.1));
        assert_eq!(sum, (14_286, 300_000));
    }

    #[test]
    fn ranks_share_ties() {
        let mut calls = Calls::default();
        for v in [3.0, 1.0, f64::INFINITY, 1.0, 0.0] {
            calls.push(v);
        }
        assert_eq!(calls.ranks(), [3.0, 1.5, 4.0, 1.5, 0.0]);
    }
}

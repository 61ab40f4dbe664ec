//! In: latencies as they come. Out: a bounded, even choice of them: their quantiles with intervals, and a small sketch.

use crate::units;
use perf_stats::Rng;
use perf_stats::describe::median;
use perf_stats::quantile::{Definition, quantiles};
use perf_stats::quantile_interval::{Side, quantile_interval};

/// Latencies kept; of more, an even random choice (reservoir, Vitter 1985).
const KEPT: usize = 65_536;
/// Columns of the sketch.
const COLUMNS: usize = 24;
/// Heights of a column, from none to full.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What was seen, in nanoseconds.
#[derive(Debug)]
pub(super) struct Samples {
    kept: Vec<f64>,
    seen: u64,
    rng: Rng,
}

/// A number with its 95 % interval, in nanoseconds; an end is none where the calls do not suffice for one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Observed {
    pub(super) value: f64,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
}

impl Samples {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            kept: Vec::new(),
            seen: 0,
            rng: Rng::new(seed),
        }
    }

    pub(super) fn push(&mut self, nanoseconds: f64) {
        self.seen += 1;
        if self.kept.len() < KEPT {
            self.kept.push(nanoseconds);
            return;
        }
        let at = self.rng.below(self.seen as usize);
        if let Some(place) = self.kept.get_mut(at) {
            *place = nanoseconds;
        }
    }

    /// The middle one.
    pub(super) fn median(&self) -> Option<f64> {
        median(&self.kept).ok()
    }

    /// A quantile with its exact distribution-free interval, for independent calls.
    pub(super) fn quantile(&self, p: f64) -> Option<Observed> {
        let value = quantiles(&self.kept, &[p], Definition::InvertedCdf).ok()?;
        let interval = quantile_interval(&self.kept, p, 0.95, Side::Both).ok();
        Some(Observed {
            value: *value.first()?,
            low: interval.and_then(|i| i.low),
            high: interval.and_then(|i| i.high),
        })
    }

    /// Shortest and longest kept latency around one line of bars on a logarithmic axis; the column of the limit is marked beneath.
    pub(super) fn sketch(&self, limit: f64) -> Option<[String; 2]> {
        let (low, high) = self.range()?;
        let from = low.min(limit).max(0.1).ln();
        let width = (high.max(limit).max(0.2).ln() - from).max(1e-9);
        let column = |ns: f64| {
            let share = (ns.max(0.1).ln() - from) / width;
            ((share * COLUMNS as f64) as usize).min(COLUMNS - 1)
        };
        let mut counts = [0u64; COLUMNS];
        for &ns in &self.kept {
            counts[column(ns)] += 1;
        }
        let most = counts.iter().copied().max().unwrap_or(1).max(1);
        let bars: String = counts.iter().map(|&count| bar(count, most)).collect();
        let left = units::duration(from.exp());
        let line = format!("{left} {bars} {}", units::duration((from + width).exp()));
        let mark = " ".repeat(left.chars().count() + 1 + column(limit));
        Some([line, format!("{mark}^ limit")])
    }

    fn range(&self) -> Option<(f64, f64)> {
        let low = self.kept.iter().copied().reduce(f64::min)?;
        let high = self.kept.iter().copied().reduce(f64::max)?;
        Some((low, high))
    }
}

/// Heights grow with the square root, so that a thin tail is seen.
fn bar(count: u64, most: u64) -> char {
    let height = (count as f64 / most as f64).sqrt() * (BARS.len() - 1) as f64;
    BARS[(height.ceil() as usize).min(BARS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_even() {
        let mut samples = Samples::new(1);
        for i in 0..400_000_u32 {
            samples.push(f64::from(i));
        }
        assert_eq!((samples.kept.len(), samples.seen), (KEPT, 400_000));
        let median = samples.quantile(0.5).expect("many").value;
        assert!((median / 200_000.0 - 1.0).abs() < 0.02, "{median}");
    }

    #[test]
    fn a_sketch_shows_the_tail_and_the_limit() {
        let mut samples = Samples::new(1);
        assert_eq!(samples.sketch(1.0), None);
        (0..999).for_each(|_| samples.push(1_000.0));
        samples.push(64_000.0);
        let [line, mark] = samples.sketch(8_000.0).expect("some");
        assert!(
            line.starts_with("1.00 µs █") && line.ends_with("▁ 64.0 µs"),
            "{line}"
        );
        assert_eq!(mark.find('^'), Some("1.00 µs ".chars().count() + 12));
    }
}

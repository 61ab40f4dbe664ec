//! Promise: a quantile is within its layout's relative error of the quantile of the sorted durations.

use perf_core::{Histogram, Layout};
use proptest::prelude::*;

const LAYOUTS: [Layout; 2] = [Layout::DEFAULT, Layout::FINE];

/// The smallest value with a share of at least `p` at or below.
fn exact(sorted: &[u64], p: f64) -> u64 {
    let below = p * sorted.len() as f64 * (1.0 - 1e-12); // not a rank more for a rounding error
    sorted[(below.ceil().max(1.0) as usize).min(sorted.len()) - 1]
}

fn check(values: &[u64], p: f64) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let truth = exact(&sorted, p);
    for layout in LAYOUTS {
        let histogram = Histogram::of(layout, values.iter().copied());
        assert_eq!(histogram.count(), values.len() as u64);
        let error = (histogram.value_at(p) - truth as f64).abs();
        let bound = layout.relative_error() * truth as f64;
        assert!(
            error <= bound,
            "{layout:?}, p {p}: off by {error} from {truth}"
        );
    }
}

/// Zero, one, the neighbourhood of every power of two, the largest number, and anything.
fn duration() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(u64::MAX),
        (0u32..64, 0u64..3).prop_map(|(k, around)| ((1u64 << k) - 1).saturating_add(around)),
        (any::<u64>(), 0u32..64).prop_map(|(value, shift)| value >> shift),
        0u64..1_000,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 64 } else { 2_000 }))]
    #[test]
    fn any_durations_any_quantile(values in prop::collection::vec(duration(), 1..120), p in 0.0f64..=1.0) {
        check(&values, p);
    }

    #[test]
    fn the_bins_are_the_values(values in prop::collection::vec(duration(), 0..60)) {
        for layout in LAYOUTS {
            let histogram = Histogram::of(layout, values.iter().copied());
            for (low, high, count) in histogram.bins() {
                prop_assert_eq!(values.iter().filter(|value| (low..=high).contains(value)).count() as u64, count);
            }
        }
    }
}

#[test]
fn edges() {
    for k in 0..64 {
        for value in [(1u64 << k) - 1, 1 << k, (1 << k) + 1, u64::MAX] {
            for p in [0.0, 0.5, 1.0] {
                check(&[value], p);
                check(&[0, value, u64::MAX], p);
            }
        }
    }
}

#[test]
fn named_quantiles_of_a_long_run() {
    let values: Vec<u64> = (1..=100_000u64).map(|n| n * n).collect();
    for p in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999] {
        check(&values, p);
    }
}

#[test]
fn no_number_and_no_data_are_no_panic() {
    let histogram = Histogram::of(Layout::DEFAULT, [5, 7]);
    for p in [f64::NAN, -1.0, 2.0, f64::INFINITY, f64::NEG_INFINITY] {
        let value = histogram.value_at(p);
        assert!(value == 5.0 || value == 7.0, "{p}: {value}");
    }
    assert_eq!(Histogram::of(Layout::DEFAULT, []).value_at(0.5), 0.0);
}

#[test]
fn the_bounds_promised() {
    assert!(Layout::DEFAULT.relative_error() <= 0.008);
    assert!(Layout::FINE.relative_error() <= 0.001);
}

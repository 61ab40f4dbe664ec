//! In: a benchmark's closure. Out: the loops around it, each a function that is never inlined and bears a name by which a simulator
//! finds it: what happens within them is counted, and nothing else.

use std::hint::black_box;

/// What the names of the loops have in common.
pub(in crate::harness) const STRETCH: &str = "perf_bench_stretch";

/// The function after which a count ends.
pub(in crate::harness) const PART: &str = "perf_bench_part";

/// What a call returns needs no drop, and is thrown away at once.
#[inline(never)]
pub(super) fn perf_bench_stretch_plain<O, F: FnMut() -> O>(iterations: u64, body: &mut F) {
    for _ in 0..iterations {
        black_box(body());
    }
}

/// What it returns is kept.
#[inline(never)]
pub(super) fn perf_bench_stretch_kept<O>(
    iterations: u64,
    outputs: &mut Vec<O>,
    body: &mut impl FnMut() -> O,
) {
    for _ in 0..iterations {
        outputs.push(body());
    }
}

/// Each input is consumed.
#[inline(never)]
pub(super) fn perf_bench_stretch_values<I, O>(
    inputs: std::vec::Drain<'_, I>,
    outputs: &mut Vec<O>,
    body: &mut impl FnMut(I) -> O,
) {
    for input in inputs {
        outputs.push(body(input));
    }
}

/// Each input is lent.
#[inline(never)]
pub(super) fn perf_bench_stretch_references<I, O>(
    inputs: &mut [I],
    outputs: &mut Vec<O>,
    body: &mut impl FnMut(&mut I) -> O,
) {
    for input in inputs {
        outputs.push(body(input));
    }
}

/// A routine that makes its iterations itself.
#[inline(never)]
pub(in crate::harness) fn perf_bench_stretch_custom<T>(routine: impl FnOnce() -> T) -> T {
    black_box(routine())
}

/// A count ends here.
#[inline(never)]
pub(super) fn perf_bench_part() {
    black_box(());
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_that_the_simulator_is_told() {
        let named = |function: &str| function.contains(super::STRETCH);
        assert!(named(std::any::type_name_of_val(
            &super::perf_bench_stretch_plain::<u8, fn() -> u8>
        )));
        assert!(std::any::type_name_of_val(&super::perf_bench_part).ends_with(super::PART));
    }
}

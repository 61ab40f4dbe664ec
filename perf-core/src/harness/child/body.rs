//! In: closures. Out: [`Body`]: so many iterations in a row, with a gauge read around them, and what makes their inputs and drops
//! their outputs left out.

use super::gauge::Gauge;
use super::stretch::{
    perf_bench_stretch_kept, perf_bench_stretch_plain, perf_bench_stretch_references,
    perf_bench_stretch_values,
};
use crate::alloc::apart;
use std::hint::black_box;
use std::mem::{needs_drop, size_of};

/// Inputs and outputs kept at once are at most so many bytes (of their own, not of what they point to), and so many.
const CHUNK_BYTES: usize = 32 * 1024;
const CHUNK: usize = 512;

/// What can be measured.
pub(crate) trait Body {
    /// So many iterations; the gauge is read around each stretch of them.
    fn run(&mut self, iterations: u64, gauge: &mut Gauge<'_>);

    /// The loop around them when it does nothing.
    fn empty(&mut self, iterations: u64, gauge: &mut Gauge<'_>);
}

/// A closure without inputs.
pub(crate) struct Plain<F>(pub(crate) F);

impl<O, F: FnMut() -> O> Body for Plain<F> {
    fn run(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        plain(iterations, gauge, &mut self.0);
    }

    fn empty(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        plain(iterations, gauge, &mut || ());
    }
}

/// A closure that consumes an input, or one that is lent it.
pub(crate) struct WithInputs<M, F> {
    pub(crate) make: M,
    pub(crate) body: F,
    pub(crate) chunk: Option<usize>,
}

/// The same, lent.
pub(crate) struct WithRefs<M, F>(pub(crate) WithInputs<M, F>);

impl<I, O, M: FnMut() -> I, F: FnMut(I) -> O> Body for WithInputs<M, F> {
    fn run(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        by_value(
            iterations,
            self.chunk,
            gauge,
            &mut self.make,
            &mut self.body,
        );
    }

    fn empty(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        by_value(
            iterations,
            self.chunk,
            gauge,
            &mut self.make,
            &mut |input: I| input,
        );
    }
}

impl<I, O, M: FnMut() -> I, F: FnMut(&mut I) -> O> Body for WithRefs<M, F> {
    fn run(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        by_reference(
            iterations,
            self.0.chunk,
            gauge,
            &mut self.0.make,
            &mut self.0.body,
        );
    }

    fn empty(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        by_reference(
            iterations,
            self.0.chunk,
            gauge,
            &mut self.0.make,
            &mut |input: &mut I| {
                black_box(input);
            },
        );
    }
}

/// Without inputs. What needs no drop is thrown away at once; the rest is kept until the gauge was read.
pub(super) fn plain<O>(iterations: u64, gauge: &mut Gauge<'_>, body: &mut impl FnMut() -> O) {
    if !needs_drop::<O>() {
        gauge.begin();
        perf_bench_stretch_plain(iterations, body);
        return gauge.end();
    }
    let chunk = chunk_of(size_of::<O>(), None, iterations);
    let mut outputs = apart(|| Vec::with_capacity(chunk));
    let mut left = iterations;
    while left > 0 {
        let now = left.min(chunk as u64);
        gauge.begin();
        perf_bench_stretch_kept(now, &mut outputs, body);
        gauge.end();
        black_box(&mut outputs).clear();
        left -= now;
    }
}

fn by_value<I, O>(
    iterations: u64,
    chunk: Option<usize>,
    gauge: &mut Gauge<'_>,
    make: &mut impl FnMut() -> I,
    body: &mut impl FnMut(I) -> O,
) {
    let chunk = chunk_of(size_of::<I>() + size_of::<O>(), chunk, iterations);
    let (mut inputs, mut outputs) =
        apart(|| (Vec::with_capacity(chunk), Vec::with_capacity(chunk)));
    let mut left = iterations;
    while left > 0 {
        let now = left.min(chunk as u64);
        inputs.extend((0..now).map(|_| make()));
        let ready = black_box(&mut inputs).drain(..);
        gauge.begin();
        perf_bench_stretch_values(ready, &mut outputs, body);
        gauge.end();
        black_box(&mut outputs).clear();
        left -= now;
    }
}

fn by_reference<I, O>(
    iterations: u64,
    chunk: Option<usize>,
    gauge: &mut Gauge<'_>,
    make: &mut impl FnMut() -> I,
    body: &mut impl FnMut(&mut I) -> O,
) {
    let chunk = chunk_of(size_of::<I>() + size_of::<O>(), chunk, iterations);
    let (mut inputs, mut outputs) =
        apart(|| (Vec::with_capacity(chunk), Vec::with_capacity(chunk)));
    let mut left = iterations;
    while left > 0 {
        let now = left.min(chunk as u64);
        inputs.extend((0..now).map(|_| make()));
        gauge.begin();
        perf_bench_stretch_references(black_box(&mut inputs), &mut outputs, body);
        gauge.end();
        black_box(&mut outputs).clear();
        inputs.clear();
        left -= now;
    }
}

/// How many inputs and outputs are kept at once.
fn chunk_of(size: usize, asked: Option<usize>, iterations: u64) -> usize {
    let fits = CHUNK_BYTES
        .checked_div(size)
        .unwrap_or(CHUNK)
        .clamp(1, CHUNK);
    asked
        .unwrap_or(fits)
        .clamp(1, iterations.clamp(1, 1 << 20) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn every_iteration_has_its_own_input_and_every_input_is_used() {
        for (iterations, chunk) in [(1, None), (1_300, None), (10, Some(3)), (5, Some(100))] {
            let (made, used) = (Cell::new(0), Cell::new(0));
            let mut body = WithInputs {
                make: || made.replace(made.get() + 1).to_string(),
                body: |input: String| {
                    assert_eq!(input, used.replace(used.get() + 1).to_string());
                    input
                },
                chunk,
            };
            body.run(iterations, &mut Gauge::clock());
            assert_eq!((made.get(), used.get()), (iterations, iterations));
            body.empty(4, &mut Gauge::clock());
            assert_eq!(
                used.get(),
                iterations,
                "the empty loop must not call the body"
            );
        }
    }

    #[test]
    fn references_are_dropped_and_large_inputs_are_few_at_once() {
        struct Counted<'a>(&'a Cell<usize>, [u8; 10_000]);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        for (chunk, expected) in [(None, 3), (Some(1), 1), (Some(20), 20)] {
            let (alive, most) = (Cell::new(0), Cell::new(0));
            let make = || {
                alive.set(alive.get() + 1);
                most.set(most.get().max(alive.get()));
                Counted(&alive, [0; 10_000])
            };
            let body = |input: &mut Counted<'_>| input.1[0] += 1;
            WithRefs(WithInputs { make, body, chunk }).run(50, &mut Gauge::clock());
            assert_eq!((alive.get(), most.get()), (0, expected));
        }
    }

    #[test]
    fn outputs_that_need_dropping_are_all_made() {
        let calls = Cell::new(0);
        Plain(|| {
            calls.set(calls.get() + 1);
            vec![1u8]
        })
        .run(1_000, &mut Gauge::clock());
        assert_eq!(calls.get(), 1_000);
    }
}

//! Promise: bounds on allocations are exact whatever other threads allocate meanwhile, in any build.

use perf_core::bound::{Bound, Verdict};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();

/// Threads that allocate all the time, until the test's own part is done.
fn beside_allocating_threads(test: impl FnOnce()) {
    /// Also where the test's own part fails: the others would go on for ever.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _done = Done(&done);
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    black_box(vec![1u8; 100]);
                }
            });
        }
        test();
    });
}

#[test]
fn every_answer_is_right_beside_threads_that_allocate() {
    beside_allocating_threads(|| {
        for _ in 0..100 {
            let none = Bound::allocations().exactly(0).judge(|| black_box(7) + 1);
            assert_eq!(none.verdict, Verdict::Holds, "{none}");
            let one = Bound::allocations()
                .exactly(0)
                .judge(|| Box::new(black_box(7)));
            assert_eq!(one.verdict, Verdict::Broken, "{one}");
            let bytes = Bound::bytes()
                .exactly(1_000)
                .judge(|| vec![black_box(1u8); 1_000]);
            assert_eq!(bytes.verdict, Verdict::Holds, "{bytes}");
            let peak = Bound::peak()
                .at_most(999)
                .judge(|| drop(vec![black_box(1u8); 1_000]));
            assert_eq!(peak.verdict, Verdict::Broken, "{peak}");
            let kept = Bound::leak()
                .exactly(0)
                .judge(|| vec![black_box(1u8); 1_000]);
            assert_eq!(kept.verdict, Verdict::Holds, "{kept}");
            let leak = Bound::leak()
                .at_most(50)
                .judge(|| std::mem::forget(vec![black_box(1u8); 51]));
            assert_eq!(leak.verdict, Verdict::Broken, "{leak}");
        }
    });
}

#[test]
fn the_macro_says_the_same() {
    let names = ["a", "b"];
    perf_core::bound!(allocations == 0, || names.len());
    perf_core::bound!(allocations == 1, bytes < 3, peak <= 2 B, leak == 0, || names.concat());
    perf_core::bound!(bytes <= 4 KiB, setup = || vec![1u8; 4_096], |input| input.clone());
    let consumed = Bound::leak().exactly(0).judge_with(|| vec![1u8; 64], drop);
    assert_eq!(consumed.verdict, Verdict::Holds, "{consumed}");
}

#[test]
fn what_is_made_once_is_not_the_calls_unless_asked_for() {
    let judge = |bound: Bound| {
        let mut cache = Vec::new();
        bound.judge(move || {
            if cache.is_empty() {
                cache.push(7);
            }
        })
    };
    assert_eq!(
        judge(Bound::allocations().exactly(0)).verdict,
        Verdict::Holds
    );
    let cold = judge(Bound::allocations().exactly(0).warm_up(0));
    assert_eq!(cold.verdict, Verdict::Broken, "{cold}");
    assert!(cold.to_string().contains("in call 1"), "{cold}");
}

#[test]
fn a_broken_time_tells_what_the_call_allocates() {
    let slow = || {
        let start = std::time::Instant::now();
        while start.elapsed().as_micros() < 300 {}
        vec![1u8; 77]
    };
    let bound = Bound::p99()
        .below(std::time::Duration::from_micros(5))
        .even_unoptimised();
    let outcome = bound.judge(slow);
    if outcome.verdict == Verdict::Broken {
        assert!(outcome.to_string().contains("1 a call, 77 B"), "{outcome}");
    }
}

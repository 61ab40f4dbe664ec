//! Promise: a bound that holds says nothing, one that is broken fails with evidence, and what cannot be told is never a failure unless asked for.
//!
//! The tests marked `ignore` are what others run in a process of their own.

use perf_core::bound::{Bound, Reason, Verdict, micros, millis, nanos, secs};
use std::hint::black_box;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

// What follows is run by the tests below.

#[test]
#[ignore = "run by others"]
fn program_healthy() {
    perf_core::bound!(p99 < 10ms, even_unoptimised, || black_box(7) + 1);
}

#[test]
#[ignore = "run by others"]
fn program_broken() {
    perf_core::bound!(p99 < 50us, even_unoptimised, seed = 11, || spin(micros(
        400
    )));
}

#[test]
#[ignore = "run by others"]
fn program_unoptimised() {
    Bound::p99()
        .below(micros(50))
        .built_unoptimised(true)
        .check(|| spin(millis(1)));
    println!("went on");
}

#[test]
#[ignore = "run by others"]
fn program_undecided() {
    let few = Bound::p99()
        .below(secs(1))
        .even_unoptimised()
        .budget(millis(5))
        .warm_up(0);
    few.check(|| spin(millis(1)));
    println!("went on");
}

#[perf_core::bounded(p99 < 10ms, p50 < 5 ms, even_unoptimised)]
#[test]
fn attribute_on_a_test() {
    black_box(3);
}

#[test]
#[perf_core::bounded(p99 < 100ms, even_unoptimised)]
fn attribute_below_test_with_a_result() -> Result<(), std::num::ParseIntError> {
    black_box("7").parse::<u32>()?;
    Ok(())
}

#[test]
#[ignore = "run by others"]
#[perf_core::bounded(p99 < 100ms, even_unoptimised)]
fn program_err() -> Result<(), std::num::ParseIntError> {
    black_box("seven").parse::<u32>()?;
    Ok(())
}

fn run(name: &str, environment: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    for variable in [
        "PERF_INCONCLUSIVE",
        "PERF_UNOPTIMISED",
        "PERF_BOUND_LOCK",
        "PERF_BOUND_SEED",
    ] {
        command.env_remove(variable);
    }
    command
        .args(["--exact", name, "--include-ignored"])
        .envs(environment.iter().copied());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("it runs");
    let all = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (status.success(), all.concat())
}

#[test]
fn a_bound_that_holds_says_nothing() {
    let (passed, text) = run("program_healthy", &[]);
    assert!(passed, "{text}");
    assert!(
        !text.contains("perf:") || text.contains("inconclusive"),
        "{text}"
    );
    assert!(!text.contains("bound holds"), "{text}");
}

#[test]
fn a_broken_bound_fails_with_evidence() {
    let (passed, text) = run("program_broken", &[]);
    if passed {
        // The machine was so busy that it may have been its fault.
        assert!(text.contains("inconclusive"), "{text}");
        return;
    }
    for part in [
        "bound broken: p99 < 50.0 µs",
        "observed",
        "95 %",
        "times the limit",
        "beyond the limit",
        "^ limit",
        "took",
        "machine",
        "PERF_BOUND_SEED=11",
        "cargo test",
        "--exact program_broken",
        "bounds_do_not_flake.rs:",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn an_unoptimised_build_runs_the_closure_once_and_says_so() {
    let (passed, text) = run("program_unoptimised", &[]);
    assert!(
        passed && text.contains("not judged: unoptimised build"),
        "{text}"
    );
    let mut calls = 0;
    let outcome = Bound::p99()
        .below(nanos(1))
        .built_unoptimised(true)
        .judge(|| calls += 1);
    assert_eq!(outcome.verdict, Verdict::Inconclusive(Reason::Unoptimised));
    assert_eq!(calls, 1);
}

#[test]
fn what_an_inconclusive_answer_does_is_told_by_the_environment() {
    for policy in ["", "pass", "nonsense"] {
        let (passed, text) = run("program_undecided", &[("PERF_INCONCLUSIVE", policy)]);
        assert!(
            passed && text.contains("perf: ") && text.contains("p99 < 1.00 s: inconclusive"),
            "{text}"
        );
        assert_eq!(
            text.contains("none of pass, fail and skip"),
            policy == "nonsense",
            "{text}"
        );
    }
    let (passed, text) = run("program_undecided", &[("PERF_INCONCLUSIVE", "fail")]);
    assert!(
        !passed && text.contains("bound inconclusive: p99 < 1.00 s"),
        "{text}"
    );
    let (passed, text) = run("program_undecided", &[("PERF_INCONCLUSIVE", "skip")]);
    assert!(passed && !text.contains("perf:"), "{text}");
}

#[test]
fn a_bounded_body_that_errs_fails_its_test() {
    let (passed, text) = run("program_err", &[]);
    assert!(
        !passed && text.contains("the bounded function failed: ParseIntError"),
        "{text}"
    );
}

#[test]
fn every_form_reaches_the_engine() {
    const LIMIT: Duration = secs(1);
    fn named() -> u32 {
        black_box(7)
    }
    perf_core::bound!(p99 < 1s, even_unoptimised, named);
    perf_core::bound!(p99_9 <= LIMIT, p50 < 1.5 s, even_unoptimised, budget = 20ms, || named() + 1);
    perf_core::bound!(beyond(1s) < 0.5%, even_unoptimised, || named() + 1);
    perf_core::bound!(p99 < 1s, even_unoptimised, async || std::future::ready(3)
        .await);
    perf_core::bound!(p99 < 1s, even_unoptimised, || async { named() });
    let numbers = vec![3, 1, 2];
    perf_core::bound!(
        p99 < 1s,
        even_unoptimised,
        setup = || numbers.clone(),
        |mut numbers| {
            numbers.sort_unstable();
            numbers
        }
    );
    perf_core::bound!(
        p99 < 1s,
        even_unoptimised,
        batch = 10,
        warm_up = 0,
        seed = 3,
        || named() + 1
    );
    let mut calls = 0;
    perf_core::bound!(p50 < 1s, p90 < 1s, even_unoptimised, || calls += 1);
    assert!(calls >= 2, "each bound calls it");
}

#[test]
fn means_rates_and_cpu_time_are_told_apart_from_what_they_are_not() {
    let work = || spin(micros(20));
    for (bound, truth) in [
        (Bound::mean().below(millis(100)), Verdict::Holds),
        (Bound::mean().below(micros(2)), Verdict::Broken),
        (Bound::throughput().above(10.0), Verdict::Holds),
        (Bound::throughput().above(1e6), Verdict::Broken),
        (Bound::cpu().below(millis(100)), Verdict::Holds),
        (Bound::cpu().below(micros(2)), Verdict::Broken),
    ] {
        let outcome = bound.even_unoptimised().judge(work);
        let told = matches!(outcome.verdict, Verdict::Inconclusive(_));
        assert!(outcome.verdict == truth || told, "{outcome}");
        // Nothing is observed where the machine stood still for the whole budget.
        let observed = outcome.observed.map_or(told, |ns| ns > 10e3);
        assert!(observed, "{outcome}");
    }
    perf_core::bound!(
        mean < 1s,
        throughput > 1 / s,
        cpu < 1s,
        even_unoptimised,
        || black_box(7) + 1
    );
}

#[test]
fn a_closure_is_compared_with_another_one() {
    let short = || (0..black_box(200u32)).map(black_box).sum::<u32>();
    let long = || (0..black_box(1_000u32)).map(black_box).sum::<u32>();
    for (factor, truth) in [(2.0, Verdict::Holds), (20.0, Verdict::Broken)] {
        let bound = Bound::faster(factor).even_unoptimised().budget(millis(400));
        let outcome = bound.against(long).judge(short);
        let told = matches!(outcome.verdict, Verdict::Inconclusive(_));
        assert!(outcome.verdict == truth || told, "{outcome}");
        let near = |times: f64| times > 2.0 && times < 20.0;
        assert!(told || outcome.observed.is_some_and(near), "{outcome}");
    }
    perf_core::bound!(faster_than(long) by 1.5, p99 < 1s, even_unoptimised, budget = 100ms, short);
}

#[test]
fn limits_may_be_written_in_units_of_the_machine() {
    perf_core::bound!(p99 < 1_000_000 x memcpy(4 KiB), even_unoptimised, || black_box(7) + 1);
    perf_core::bound!(p99 < 1e6 * multiply(1000), even_unoptimised, || black_box(
        7
    ) + 1);
    let tight = Bound::p99().below(perf_core::bound::Kernel::memcpy(64) * 2.0);
    let outcome = tight.even_unoptimised().judge(|| spin(millis(1)));
    assert_ne!(outcome.verdict, Verdict::Holds, "{outcome}");
    assert!(
        outcome.to_string().contains("on this machine now"),
        "{outcome}"
    );
}

#[test]
fn growth_is_bounded_by_counts_exactly_and_by_times_where_they_tell() {
    use perf_core::stats::model::ComplexityClass::{Linear, Quadratic};
    let pairs = |n: u64| n * (n - 1) / 2;
    let sizes = || (0..8).map(|i| 32 << i);
    assert_eq!(
        Bound::growth(Linear).judge_counts(sizes(), pairs).verdict,
        Verdict::Broken
    );
    assert_eq!(
        Bound::growth(Quadratic)
            .judge_counts(sizes(), pairs)
            .verdict,
        Verdict::Holds
    );
    let square = |n: u64| {
        (0..n)
            .map(|i| (0..n).map(|j| black_box(i ^ j)).sum::<u64>())
            .sum::<u64>()
    };
    let small = || (0..6).map(|i| 8 << i);
    let outcome = Bound::growth(Quadratic)
        .even_unoptimised()
        .judge_sizes(small(), |n| n, square);
    assert_ne!(outcome.verdict, Verdict::Broken, "{outcome}");
    perf_core::bound!(grows <= n^2 log n over small(), even_unoptimised, square);
    perf_core::bound!(grows <= n^2 over [32, 64, 128, 256, 512, 1024], even_unoptimised, setup = |n| vec![1u8; n as usize], |v| v.iter().map(|x| u64::from(*x)).sum::<u64>());
}

#[test]
fn setup_is_outside_of_the_measured_time() {
    let outcome = Bound::p50()
        .below(micros(500))
        .even_unoptimised()
        .judge_with(|| spin(millis(2)), |()| ());
    assert_ne!(outcome.verdict, Verdict::Broken, "{outcome}");
    if outcome.verdict == Verdict::Holds {
        assert!(outcome.observed.is_some_and(|ns| ns < 1e6), "{outcome}");
    }
}

#[test]
fn stored_times_are_judged_in_their_order_and_only_as_far_as_needed() {
    let mut taken = 0;
    let times = (0..100_000).map(|i| {
        taken += 1;
        micros(40 + i % 5)
    });
    let outcome = Bound::p99().below(micros(50)).judge_times(times);
    assert_eq!(outcome.verdict, Verdict::Holds);
    assert!(outcome.calls < 2_000 && outcome.exceeded == 0, "{outcome}");
    assert_eq!(taken, outcome.calls);
}

#[test]
fn a_quantile_that_is_none_and_a_limit_below_the_clock_are_refused_in_a_sentence() {
    for p in [0.0, 1.0, f64::NAN] {
        let outcome = Bound::quantile(p).below(micros(5)).judge_times([micros(1)]);
        assert!(
            matches!(
                outcome.verdict,
                Verdict::Inconclusive(Reason::Unanswerable { .. })
            ),
            "{outcome}"
        );
    }
    let outcome = Bound::p99().below(nanos(0)).even_unoptimised().judge(|| ());
    assert!(outcome.to_string().contains("`batch`"), "{outcome}");
}

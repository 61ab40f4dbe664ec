//! Promise: every kind of bound is written as a macro, as calls of the builder and as an attribute, on plain and on `async` code, and says the same.
//!
//! Limits are far from what a busy machine can do; a timed verdict may be inconclusive.

use perf_core::bound::{
    Against, Baseline, Bound, Outcome, Reason, Verdict, driven, driven_with, micros, millis, secs,
};
use perf_core::stats::model::ComplexityClass::{Linear, Quadratic};
use perf_core::sync::Mutex;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

async fn later<T>(value: T) -> T {
    let mut asked = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
    value
}

fn pairs(n: u64) -> u64 {
    n * (n - 1) / 2
}

fn sizes() -> impl Iterator<Item = u64> {
    (0..8).map(|i| 32 << i)
}

// The attribute, each kind.

#[perf_core::bounded(
    p99 < 1s, beyond(1s) < 1%, mean < 1s, cpu < 1s, throughput > 1/s, p99 lock_wait < 1s, even_unoptimised, budget = 400ms
)]
#[test]
fn attribute_on_times() {
    black_box(3);
}

#[perf_core::bounded(allocations == 1, bytes <= 3, peak < 4, leak == 0, rss_growth <= 1 GiB)]
#[test]
fn attribute_on_amounts() {
    black_box(vec![1u8; 3]);
}

#[perf_core::bounded(faster_than(|| spin(micros(50))) by 0.001, even_unoptimised, budget = 40ms)]
#[test]
fn attribute_on_another_closure() {
    black_box(3);
}

#[perf_core::bounded(grows <= n^2 over [32, 64, 128, 256, 512, 1024, 2048], counted)]
#[test]
fn attribute_on_growth_of_counts(n: u64) -> u64 {
    pairs(n)
}

#[perf_core::bounded(grows <= n^3 over [32, 64, 128, 256, 512, 1024, 2048], even_unoptimised)]
#[test]
async fn attribute_on_growth_of_futures(n: u64) -> Result<(), String> {
    later((0..n).map(black_box).sum::<u64>()).await;
    Ok(())
}

#[perf_core::bounded(p99 < 1s, allocations == 0, even_unoptimised, budget = 20ms)]
#[test]
async fn attribute_on_futures() {
    later(()).await;
}

#[perf_core::bounded(site "attribute" p99 < 20s, site "attribute" beyond(20s) < 1%, even_unoptimised)]
#[test]
fn attribute_on_a_site() {
    (0..400).for_each(|_| drop(perf_core::span!("attribute")));
}

// The macro, what other files do not show.

#[test]
fn the_macro_on_sites() {
    const NAME: &str = "macro";
    let enter = || (0..400).for_each(|_| drop(perf_core::span!("macro")));
    let live = perf_core::bound!(site "macro" p99 < 20s, even_unoptimised);
    enter();
    assert_eq!(live.judge().calls, 400);
    assert_eq!(live.judge().verdict, Verdict::Holds);
    live.check();
    perf_core::bound!(site(NAME) p99 < 20s, even_unoptimised, enter);
    perf_core::bound!(site "macro" p50 < 20s, site "macro" beyond(20s) < 1%, even_unoptimised, async || { enter(); later(()).await });
}

#[test]
#[ignore = "run by others"]
fn program_slow_site() {
    let slow = || perf_core::measure_block!("slow", { spin(millis(1)) });
    perf_core::bound!(site "slow" p99 < 1us, even_unoptimised, || (0..100).for_each(|_| slow()));
}

#[test]
#[ignore = "run by others"]
fn program_allocates() {
    perf_core::bound!(allocations == 0, || Box::new(black_box(7)));
}

/// The output of a test of this file, which must fail.
fn failing(name: &str, threads: &str, nextest: bool) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    for variable in [
        "PERF_INCONCLUSIVE",
        "PERF_BOUND_STORE",
        "NEXTEST",
        "PERF_BOUND_LOCK",
    ] {
        command.env_remove(variable);
    }
    if nextest {
        command.env("NEXTEST", "1");
    }
    let threads = format!("--test-threads={threads}");
    let output = command
        .args(["--exact", name, "--include-ignored", &threads])
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let busy = text.contains("the machine was busy");
    assert!(!output.status.success() || busy, "{text}");
    text.into_owned()
}

#[test]
fn a_failure_says_how_to_run_it_again() {
    for threads in ["1", "4"] {
        let text = failing("program_allocates", threads, false);
        assert!(text.contains("-- --exact program_allocates "), "{text}");
        assert!(text.contains("bounds_in_every_spelling.rs:"), "{text}");
    }
    let text = failing("program_allocates", "1", true);
    assert!(text.contains("-E 'test(=program_allocates)'"), "{text}");
    let text = failing("program_slow_site", "1", false);
    assert!(text.contains("p99 < 1.00 µs"), "{text}");
}

#[test]
fn async_closures_are_driven_and_what_that_takes_is_not_theirs() {
    perf_core::bound!(allocations == 0, leak == 0, warm_up = 0, async || later(7)
        .await);
    perf_core::bound!(allocations == 1, setup = || 7, async |n| later(Box::new(n))
        .await);
    perf_core::bound!(
        p99 < 1s,
        even_unoptimised,
        budget = 20ms,
        setup = || 7,
        async |n| later(n).await
    );
    perf_core::bound!(p99 lock_wait < 1s, even_unoptimised, budget = 20ms, || async { later(7).await });
    perf_core::bound!(faster_than(async || { spin(micros(50)); later(()).await }) by 0.001, even_unoptimised, budget = 40ms, async || later(7).await);
    perf_core::bound!(grows <= n^2 over sizes(), counted, async |n| later(pairs(n)).await);
    let mut polled = 0;
    perf_core::bound!(rss_growth <= 1 GiB, warm_up = 0, async || {
        later(()).await;
        polled += 1;
    });
    assert!(polled > 0);
}

#[test]
fn the_builder_says_the_same() {
    let holds = |outcome: Outcome| assert_eq!(outcome.verdict, Verdict::Holds, "{outcome}");
    let broken = |outcome: Outcome| assert_eq!(outcome.verdict, Verdict::Broken, "{outcome}");
    holds(
        Bound::growth(Quadratic)
            .judge_counts(sizes(), driven_with(async |n| later(pairs(n)).await)),
    );
    broken(
        Bound::growth(Linear).judge_counts(sizes(), driven_with(async |n| later(pairs(n)).await)),
    );
    holds(
        Bound::allocations()
            .exactly(1)
            .judge_async(async || later(Box::new(7)).await),
    );
    broken(
        Bound::peak()
            .at_most(7)
            .judge_async(async || later(Box::new(7u64)).await),
    );
    let against: Against<_> = Bound::faster(0.001)
        .even_unoptimised()
        .budget(millis(40))
        .against(driven(async || {
            spin(micros(50));
            later(()).await;
        }));
    let outcome = against.judge(driven(async || later(7).await));
    assert_ne!(outcome.verdict, Verdict::Broken, "{outcome}");
}

#[test]
fn waits_for_locks_are_told_from_time() {
    let queue = Mutex::named("spelled queue", 0);
    let bound = || Bound::lock_wait(0.5).below(micros(100)).even_unoptimised();
    // Long calls that wait for nobody.
    let free = bound().budget(millis(300)).judge(|| {
        spin(micros(300));
        *queue.lock() += 1;
    });
    assert_ne!(free.verdict, Verdict::Broken, "{free}");
    assert_eq!(free.exceeded, 0, "{free}");
    // Calls that wait for one who has taken the lock before.
    let (ask, asked) = std::sync::mpsc::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    let waiting = std::thread::scope(|scope| {
        scope.spawn(|| {
            for () in asked {
                let _held = queue.lock();
                tell.send(()).expect("somebody waits");
                std::thread::sleep(millis(3));
            }
        });
        let outcome = bound().judge(|| {
            ask.send(()).expect("it listens");
            told.recv().expect("it holds the lock");
            *queue.lock() += 1;
        });
        drop(ask);
        outcome
    });
    assert_ne!(waiting.verdict, Verdict::Holds, "{waiting}");
    let told = waiting.to_string();
    assert!(told.contains("p50 lock wait < 100 µs"), "{told}");
    assert!(told.contains("spelled queue (wait)"), "{told}");
    let elsewhere = Bound::lock_wait(0.5).below(secs(1)).on_site("x").judge();
    assert!(matches!(elsewhere.verdict, Verdict::Inconclusive(_)));
}

// Baselines: stored and used by a process of its own each.

#[test]
#[ignore = "run by others"]
fn program_against_a_baseline() {
    let path = std::env::var("BASELINE").expect("by the test below");
    let time = micros(
        std::env::var("MICROS")
            .expect("too")
            .parse()
            .expect("a number"),
    );
    perf_core::bound!(p50 < 3 x baseline(&path), even_unoptimised, budget = 300ms, || spin(time));
    perf_core::bound!(mean < 3 x baseline(&path, "stored"), even_unoptimised, budget = 300ms, || spin(time));
}

fn against_a_baseline(path: &Path, time: u64, store: &str) -> (bool, String) {
    let output = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "program_against_a_baseline", "--include-ignored"])
        .env("BASELINE", path)
        .env("MICROS", time.to_string())
        .env("PERF_BOUND_STORE", store)
        .env_remove("PERF_INCONCLUSIVE")
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.into_owned())
}

#[test]
fn a_baseline_is_stored_on_request_and_then_a_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stored.json");
    let (passed, text) = against_a_baseline(&path, 20, "");
    assert!(passed && text.contains("PERF_BOUND_STORE=1"), "{text}");
    assert!(!path.exists());
    let (passed, text) = against_a_baseline(&path, 20, "1");
    assert!(passed && text.contains("was written"), "{text}");
    let (passed, text) = against_a_baseline(&path, 20, "");
    assert!(passed, "{text}");
    let (passed, text) = against_a_baseline(&path, 1_000, "");
    assert!(!passed || text.contains("inconclusive"), "{text}");
    if !passed {
        assert!(
            text.contains("3 times p50 ") && text.contains("stored.json"),
            "{text}"
        );
    }
    // Another machine's.
    let mut run = perf_core::run::Run::read(&path).expect("a run file");
    let environment = run.environment.as_mut().expect("stored");
    environment.cpu = Some("Another CPU".to_owned());
    run.write(&path).expect("written");
    let bound = Bound::p50()
        .below(Baseline::file(&path) * 3.0)
        .even_unoptimised();
    let outcome = bound.judge(|| black_box(7) + 1);
    let Verdict::Inconclusive(Reason::Unanswerable { why }) = outcome.verdict else {
        panic!("{outcome}");
    };
    assert!(
        why.contains("the CPU") && why.contains("Another CPU"),
        "{why}"
    );
    std::fs::write(&path, "{").expect("written");
    let torn = bound.judge(|| black_box(7) + 1).to_string();
    assert!(
        torn.contains("stored.json") && torn.contains("inconclusive"),
        "{torn}"
    );
}

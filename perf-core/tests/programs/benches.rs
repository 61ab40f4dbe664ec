//! What the tests of the harness run: good benchmarks and bad ones, without a line of unsafe code.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use perf_core::{Bencher, Threads, bench, bench_main, black_box};
use std::cell::Cell;
use std::collections::HashMap;

#[global_allocator]
static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();

#[bench]
fn arithmetic() -> u64 {
    (0..100u64).fold(1, |a, i| black_box(a).wrapping_mul(31).wrapping_add(i))
}

#[bench(args = [10, 1_000], items = n)]
fn sum(n: u64) -> u64 {
    (0..n).map(|i| black_box(i) % 7).sum()
}

/// 8 MiB.
#[bench]
fn memory(bencher: Bencher<'_>) {
    let numbers: Vec<u64> = (0..1 << 20).collect();
    let mut at = 0;
    bencher.bench(|| {
        at = (at * 5 + 4_097) % numbers.len();
        numbers[at]
    });
}

#[bench(args = ["short", "two words"])]
fn length(text: &str) -> usize {
    black_box(text).len()
}

#[bench(args = [vec![3u8, 1, 2], vec![]])]
fn owned(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.sort_unstable();
    bytes
}

#[bench]
fn cloned(bencher: Bencher<'_>) {
    bencher
        .with_inputs(|| vec![1u8; 100])
        .bench_refs(|bytes| bytes.clone());
}

mod inner {
    use super::{Bencher, bench, black_box};

    #[bench(args = [(1, 2)])]
    pub(super) fn sort(bencher: Bencher<'_>, (low, high): (u32, u32)) {
        bencher
            .bytes(400)
            .with_inputs(|| {
                (low..low + 100)
                    .rev()
                    .map(|i| i * high)
                    .collect::<Vec<u32>>()
            })
            .bench_refs(|numbers| numbers.sort_unstable());
    }

    #[bench(name = "another name", group = "grouped")]
    fn named() {
        black_box(0);
    }
}

#[bench(types = [Vec<u8>, HashMap<u8, &'static str>], consts = [1, 4])]
fn generic<T: Default, const N: usize>() -> [T; N] {
    std::array::from_fn(|_| T::default())
}

#[bench(threads = [1, 2])]
fn shared(bencher: Threads<'_>) {
    let number = std::sync::atomic::AtomicU64::new(0);
    bencher.bench(|| number.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
}

#[bench(threads = 2, args = [1, 2])]
fn together(n: u64) -> u64 {
    black_box(n) + 1
}

#[bench]
async fn future() -> u32 {
    std::future::ready(black_box(3)).await
}

#[bench(args = [1], block_on = perf_core_block)]
async fn own_executor(n: u32) -> u32 {
    std::future::ready(n).await
}

fn perf_core_block<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Its first call finds nothing ready.
#[bench]
fn lazy() -> u64 {
    static READY: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| {
        std::thread::sleep(std::time::Duration::from_millis(2));
        7
    });
    black_box(*READY)
}

#[bench]
#[ignore = "slow"]
fn ignored() {}

#[bench]
fn r#match() {
    black_box(1);
}

mod alternatives {
    use super::{bench, black_box};

    #[bench(compare = "power")]
    fn old() -> u64 {
        (0..200u64).fold(1, |a, i| black_box(a).wrapping_mul(31) ^ i)
    }

    #[bench(compare = "power")]
    fn twice() -> u64 {
        (0..400u64).fold(1, |a, i| black_box(a).wrapping_mul(31) ^ i)
    }

    #[bench(baseline = "old")]
    fn same() -> u64 {
        (0..200u64).fold(1, |a, i| black_box(a).wrapping_mul(31) ^ i)
    }
}

/// What must not keep the others from their answers.
mod bad {
    use super::{Bencher, Cell, bench, black_box};

    #[bench]
    fn panics() {
        assert!(black_box(false), "no such luck");
    }

    #[bench]
    fn panics_in_the_middle(bencher: Bencher<'_>) {
        let calls = Cell::new(0u32);
        bencher.bench(|| {
            calls.set(calls.get() + 1);
            assert!(calls.get() < 200, "two hundred calls");
        });
    }

    #[bench]
    fn hangs() {
        while black_box(true) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    #[bench]
    fn exits() {
        std::process::exit(0);
    }

    #[bench]
    fn aborts() {
        std::process::abort();
    }

    #[bench]
    fn prints() {
        println!("hello from the benchmark\u{1e}");
        print!("unfinished");
    }

    #[bench]
    fn starts_threads() -> u64 {
        std::thread::spawn(|| (0..10_000u64).fold(0, |a, i| black_box(a) ^ i))
            .join()
            .expect("joined")
    }

    #[bench]
    fn does_nothing() {}

    #[bench]
    fn measures_nothing(_bencher: Bencher<'_>) {}

    #[bench]
    fn measures_twice(bencher: Bencher<'_>) {
        bencher.bench(|| black_box(1));
    }
}

/// What is counted, and the metrics that count it.
mod counted {
    use super::{bench, black_box};
    use perf_core::harness::Metric;
    use perf_core::judge::{Direction, Unit};
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static STEPS: AtomicU64 = AtomicU64::new(0);

    /// What this executable does more than a kept one.
    static MORE: LazyLock<u64> = LazyLock::new(|| {
        let own = std::env::current_exe().unwrap_or_default();
        let more = std::env::var("PERF_TEST_MORE").ok();
        let kept = own.display().to_string().contains("executable-");
        more.filter(|_| !kept)
            .and_then(|more| more.parse().ok())
            .unwrap_or(0)
    });

    fn step(times: u64) {
        for _ in 0..black_box(times) {
            STEPS.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[bench]
    fn probing() {
        step(3 + *MORE);
    }

    /// A small change of it is no matter of layout.
    #[bench]
    fn many() {
        step(1_000 + *MORE);
    }

    #[bench(baseline = "many")]
    fn more() {
        step(1_500);
    }

    #[bench(threads = 2)]
    fn gaining() {
        step(5 + *MORE);
    }

    #[bench]
    fn varying() {
        step(1 + u64::from(std::process::id()) % 1_000);
    }

    /// The steps, under several names.
    pub(super) struct Steps {
        name: &'static str,
        direction: Direction,
        missing: Option<&'static str>,
        begun: u64,
    }

    impl Steps {
        pub(super) fn named(name: &'static str) -> Self {
            Self {
                name,
                direction: Direction::Lower,
                missing: None,
                begun: 0,
            }
        }

        pub(super) fn gains() -> Self {
            Self {
                direction: Direction::Higher,
                ..Self::named("gains")
            }
        }

        pub(super) fn unable() -> Self {
            Self {
                missing: Some("the counter is locked"),
                ..Self::named("unable")
            }
        }
    }

    impl Metric for Steps {
        fn name(&self) -> &str {
            self.name
        }

        fn unit(&self) -> Unit {
            Unit::Count
        }

        fn direction(&self) -> Direction {
            self.direction
        }

        fn is_exact(&self) -> bool {
            true
        }

        fn missing(&self) -> Option<String> {
            self.missing.map(str::to_owned)
        }

        fn begin(&mut self) {
            self.begun = STEPS.load(Ordering::Relaxed);
        }

        fn end(&mut self) -> f64 {
            (STEPS.load(Ordering::Relaxed) - self.begun) as f64
        }
    }
}

bench_main!(
    metrics = [
        counted::Steps::named("probes"),
        counted::Steps::named("steps"),
        counted::Steps::gains(),
        counted::Steps::unable(),
    ]
);

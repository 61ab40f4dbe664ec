//! What counting allocations costs beside the bare allocator, and what our locks cost beside `parking_lot`'s, uncontended.
//!
//! `cargo bench -p perf-benches --bench alloc_cost [--features alloc_peers]`. All contenders are called as values in one process, in rounds
//! of random order; each round gives a ratio to the bare one, of which the median and the middle half are shown.

use perf_core::alloc::Counting;
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::time::Instant;

/// So that leaks can be tracked; all contenders are called as values, whatever the program's own allocator is.
#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

const ROUNDS: usize = 201;
const PAIRS: u32 = 20_000;

type Work<'a> = Box<dyn Fn() + Sync + 'a>;

/// Nanoseconds a pair.
fn time(work: &Work<'_>) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64 / f64::from(PAIRS)
}

/// The same on two threads at once: the mean of both.
fn time_on_two(work: &Work<'_>) -> f64 {
    let barrier = std::sync::Barrier::new(2);
    let one = || {
        barrier.wait();
        time(work)
    };
    std::thread::scope(|scope| {
        let (a, b) = (scope.spawn(one), scope.spawn(one));
        f64::midpoint(a.join().expect("no panic"), b.join().expect("no panic"))
    })
}

fn pairs<A: GlobalAlloc + Sync>(allocator: &A, size: usize) -> Work<'_> {
    let layout = Layout::from_size_align(size, 8).expect("a small size");
    Box::new(move || {
        for _ in 0..PAIRS {
            // SAFETY: the layout is not empty, and the block goes back with it.
            unsafe {
                let block = black_box(allocator.alloc(black_box(layout)));
                allocator.dealloc(block, layout);
            }
        }
    })
}

fn show(title: &str, contenders: &[(&str, Work<'_>)], time: impl Fn(&Work<'_>) -> f64) {
    let mut times = vec![Vec::new(); contenders.len()];
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..ROUNDS {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        for at in (1..order.len()).rev() {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            order.swap(at, seed as usize % (at + 1));
        }
        for at in order {
            times[at].push(time(&contenders[at].1));
        }
    }
    println!("{title}");
    println!(
        "  {:<24} {:>8} {:>9} {:>18}",
        "", "ns", "ratio", "middle half"
    );
    for ((name, _), own) in contenders.iter().zip(&times) {
        let mut ratios: Vec<f64> = own.iter().zip(&times[0]).map(|(a, b)| a / b).collect();
        let mut own = own.clone();
        own.sort_unstable_by(f64::total_cmp);
        ratios.sort_unstable_by(f64::total_cmp);
        println!(
            "  {name:<24} {:>8.2} {:>9.3} {:>9.3} {:>8.3}",
            own[ROUNDS / 2],
            ratios[ROUNDS / 2],
            ratios[ROUNDS / 4],
            ratios[3 * ROUNDS / 4]
        );
    }
}

fn locks<'a>(
    bare: &'a parking_lot::Mutex<u64>,
    ours: &'a perf_core::sync::Mutex<u64>,
) -> [(&'static str, Work<'a>); 2] {
    [
        (
            "parking_lot::Mutex",
            Box::new(move || (0..PAIRS).for_each(|_| *black_box(bare).lock() += 1)),
        ),
        (
            "perf_core::sync::Mutex",
            Box::new(move || (0..PAIRS).for_each(|_| *black_box(ours).lock() += 1)),
        ),
    ]
}

fn main() {
    let ours = Counting::system();
    #[cfg(feature = "alloc_peers")]
    let stats = stats_alloc::StatsAlloc::system();
    #[cfg(feature = "alloc_peers")]
    let hotpath = hotpath::CountingAllocator::new();
    // Its session: without one, and without its feature `threads`, it counts allocations alone, and no frees.
    #[cfg(feature = "alloc_peers")]
    let _session = hotpath::HotpathGuardBuilder::new("main")
        .format(hotpath::Format::Json)
        .output_path("/dev/null")
        .build();
    for size in [16, 256] {
        let contenders = [
            ("System", pairs(&System, size)),
            ("Counting<System>", pairs(&ours, size)),
            ("System again", pairs(&System, size)),
            #[cfg(feature = "alloc_peers")]
            ("stats_alloc", pairs(&stats, size)),
            #[cfg(feature = "alloc_peers")]
            ("hotpath, in its session", pairs(&hotpath, size)),
            #[cfg(feature = "alloc_peers")]
            ("dhat, not profiling", pairs(&dhat::Alloc, size)),
        ];
        show(
            &format!("alloc + dealloc of {size} B, one thread"),
            &contenders,
            time,
        );
        show(
            &format!("alloc + dealloc of {size} B, two threads"),
            &contenders,
            time_on_two,
        );
    }
    let tracking = perf_core::Session::options("alloc_cost")
        .report(false)
        .track_leaks()
        .start();
    for size in [16, 256, 4_096] {
        let contenders = [
            ("System", pairs(&System, size)),
            ("Counting, leaks tracked", pairs(&ours, size)),
        ];
        show(
            &format!("alloc + dealloc of {size} B, leaks tracked, one thread"),
            &contenders,
            time,
        );
        show(
            &format!("alloc + dealloc of {size} B, leaks tracked, two threads"),
            &contenders,
            time_on_two,
        );
    }
    tracking.finish();
    let (bare, measured) = (parking_lot::Mutex::new(0), perf_core::sync::Mutex::new(0));
    show(
        "lock + unlock, nobody looks",
        &locks(&bare, &measured),
        time,
    );
    let _on = perf_core::enable();
    show("lock + unlock, recording", &locks(&bare, &measured), time);
}

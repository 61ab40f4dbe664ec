//! In: nothing. Out: the memory that 100 sites take on 8 threads, every call recorded.

use crate::process;
use crate::work::body;
use perf_core::Span;
use perf_core::site::{Kind, Site};
use std::hint::black_box;
use std::sync::Barrier;

const SITES: usize = 100;
const THREADS: usize = 8;

/// Calls of each site on each thread; their lengths double from one to the next, over [`OCTAVES`].
const CALLS: u32 = 1_000;

/// Octaves of durations: a function of 20 ns that sometimes takes 10 us.
const OCTAVES: u32 = 9;

static ALL: [Site; SITES] =
    [const { Site::named("site", Kind::Function, file!(), line!(), column!()).full() }; SITES];

/// Prints the growth while all threads are alive.
pub(crate) fn run(json: bool) -> Result<(), String> {
    let _looking = perf_core::enable();
    let (idle, busy) = (growth(0)?, growth(CALLS)?);
    let bytes = busy.saturating_sub(idle);
    if json {
        println!(
            "{{\"sites\":{SITES},\"threads\":{THREADS},\"bytes\":{bytes},\"threads_alone\":{idle}}}"
        );
    } else {
        println!(
            "{SITES} sites on {THREADS} threads, {CALLS} calls each over {OCTAVES} octaves: {:.2} MiB (the threads alone: {:.2} MiB); {}",
            bytes as f64 / 1_048_576.0,
            idle as f64 / 1_048_576.0,
            process::machine()
        );
    }
    Ok(())
}

/// Bytes more in use with the threads alive and at rest than before they were started.
fn growth(calls: u32) -> Result<u64, String> {
    let silent = || "this platform does not tell how much memory is in use".to_owned();
    let before = process::resident().ok_or_else(silent)?;
    let (done, seen) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let after = std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                (0..calls).for_each(|call| ALL.iter().for_each(|site| visit(site, call)));
                done.wait();
                seen.wait();
            });
        }
        done.wait();
        let after = process::resident();
        seen.wait();
        after
    });
    Ok(after.ok_or_else(silent)?.saturating_sub(before))
}

fn visit(site: &'static Site, call: u32) {
    let span = Span::enter(site);
    let steps = 1u64 << (call % OCTAVES);
    black_box((0..4 * steps).fold(1, |x, _| body(x)));
    span.done();
}

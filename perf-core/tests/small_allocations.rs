//! Promise: no undefined behaviour in the counting allocator. Small enough for Miri, which `.ci/run` has go through it.

use perf_core::alloc::{self, Counting};
use std::sync::mpsc;
use std::thread;

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

fn grow(items: u32) -> Vec<u32> {
    let mut grown = Vec::new();
    grown.resize(items as usize / 2, 1);
    grown.resize(items as usize, 2);
    grown.shrink_to_fit();
    grown
}

struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        drop(std::hint::black_box(Box::new([1u8; 100])));
    }
}

thread_local! {
    static AT_THE_END: AtTheEnd = const { AtTheEnd };
}

#[test]
fn threads_that_come_and_go() {
    let (give, take) = mpsc::channel::<Vec<u32>>();
    let other = thread::spawn(move || {
        AT_THE_END.with(|_| ());
        take.into_iter()
            .map(|grown| alloc::measure(|| drop(grown)).still_live)
            .sum::<i64>()
    });
    let mut kept = 0;
    for items in [0, 1, 100, 10_000] {
        let used = alloc::measure(|| grow(items));
        kept += used.still_live;
        give.send(used.value).unwrap();
    }
    drop(give);
    assert_eq!(other.join().unwrap(), -kept);
    for _ in 0..3 {
        let used = thread::spawn(|| alloc::measure(|| vec![0u8; 40_000].len()));
        let used = used.join().unwrap();
        assert_eq!((used.count, used.peak, used.still_live), (1, 40_000, 0));
    }
    let all = alloc::process().expect("installed");
    assert!(all.peak >= all.live && all.count > 8);
}

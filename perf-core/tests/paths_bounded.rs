//! Promise: calling contexts are bounded, and those beyond the bound lose no call.

use perf_core::site::{Kind, Site};
use perf_core::{Overhead, Span, enable_paths, measure_block, snapshot};

#[test]
fn more_contexts_than_are_kept_lose_no_call() {
    perf_core::set_overhead(Overhead::FULL);
    let _on = enable_paths();
    let many: Vec<&'static Site> = (0..100)
        .map(|n| &*Box::leak(Box::new(Site::named("m site", Kind::Block, "m", n, 1))))
        .collect();
    for outer in &many {
        for inner in &many {
            let _outer = Span::enter(outer);
            let _inner = Span::enter(inner);
            measure_block!("m leaf", {});
        }
    }
    let seen = snapshot();
    assert!(
        seen.contexts.len() <= 4_096 + 300,
        "{} contexts",
        seen.contexts.len()
    );
    assert_eq!(seen.site("m leaf").map(|row| row.calls), Some(10_000));
    let rows = seen.rows.iter().filter(|row| row.file == "m");
    assert_eq!(rows.map(|row| row.calls).sum::<u64>(), 20_000);
    let leaves = seen
        .contexts
        .iter()
        .filter(|node| node.path.last().unwrap() == "m leaf");
    assert_eq!(leaves.map(|node| node.calls).sum::<u64>(), 10_000);
}

//! Promise: sites beyond the limit share a row, and lose no call.

use perf_core::site::{Kind, MAX_SITES, OVERFLOW_ID, Site};
use perf_core::{Overhead, Span, snapshot};

#[test]
fn sites_beyond_the_limit_share_a_row_and_lose_nothing() {
    perf_core::set_overhead(Overhead::FULL);
    let _on = perf_core::enable();
    let sites = MAX_SITES + 100;
    let site = |line| {
        &*Box::leak(Box::new(Site::named(
            "one of many",
            Kind::Block,
            "",
            line,
            1,
        )))
    };
    let many: Vec<&'static Site> = (0..sites).map(site).collect();
    for _ in 0..4 {
        many.iter().for_each(|site| drop(Span::enter(site)));
    }
    let last = many[sites as usize - 1];
    (0..100_000).for_each(|_| drop(Span::enter(last)));
    let seen = snapshot();
    let own: u64 = seen
        .rows
        .iter()
        .filter(|row| row.id.starts_with("one of many"))
        .map(|row| row.calls)
        .sum();
    let shared = seen
        .site(OVERFLOW_ID)
        .expect("the row of further sites")
        .calls;
    assert!(shared >= 4 * 100, "{shared} calls in the shared row");
    assert_eq!(own + shared, 4 * u64::from(sites) + 100_000);
    assert!(
        seen.notes.iter().any(|note| note.contains("share one row")),
        "{:?}",
        seen.notes
    );
}

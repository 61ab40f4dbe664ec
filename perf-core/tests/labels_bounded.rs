//! Promise: a million labels stay in bounded memory: 64 rows and one that takes the rest; totals stay exact.

#[path = "common/memory.rs"]
mod memory;
#[path = "common/threads.rs"]
mod threads;

use memory::resident_bytes;
use perf_core::{Overhead, Row, Span, private::labelled, site::Site, snapshot};
use std::sync::Mutex;
use threads::on_threads;

const LABELS: u64 = if cfg!(debug_assertions) {
    100_000
} else {
    1_000_000
};

fn rows_of(site: &Site) -> Vec<Row> {
    let stem = format!("{}{{", site.id());
    snapshot()
        .rows
        .into_iter()
        .filter(|row| row.id.starts_with(&stem))
        .collect()
}

fn enter(site: &'static Site, label: impl std::fmt::Display) {
    drop(Span::enter(labelled(site, || label)));
}

static ONE: Mutex<()> = Mutex::new(());

#[test]
fn a_million_labels_on_four_threads() {
    let _one = ONE.lock();
    perf_core::set_overhead(Overhead::FULL);
    let _on = perf_core::enable();
    let site = perf_core::site!("many labels");
    (0..1_000).for_each(|n| enter(site, n));
    let before = resident_bytes();
    on_threads(4, |part| {
        (0..LABELS / 4).for_each(|n| enter(site, 4 * n + part));
    });
    let growth = resident_bytes().saturating_sub(before);
    let rows = rows_of(site);
    assert_eq!(rows.len(), 65);
    assert_eq!(
        rows.iter().map(|row| row.calls).sum::<u64>(),
        LABELS + 1_000
    );
    let overflow = rows
        .iter()
        .find(|row| row.label.as_deref() == Some("(more labels)"))
        .unwrap();
    assert!(overflow.calls > LABELS - 200);
    for row in rows.iter().filter(|row| row.label != overflow.label) {
        assert_eq!(row.calls, 2, "{}", row.id);
    }
    assert!(growth < 16 << 20, "memory grew by {growth} bytes");
}

#[test]
fn long_and_strange_labels_are_cut_at_a_character() {
    let _one = ONE.lock();
    let _on = perf_core::enable();
    let site = perf_core::site!("strange labels");
    let long = "\u{20ac}".repeat(100); // 300 bytes
    for _ in 0..2 {
        enter(site, &long);
        enter(site, "");
        enter(site, "\u{0}\u{202e}}{#2");
    }
    let mut labels: Vec<_> = rows_of(site)
        .into_iter()
        .map(|row| (row.label.unwrap(), row.calls))
        .collect();
    labels.sort();
    let cut = "\u{20ac}".repeat(42); // 126 of at most 128 bytes
    let expected = [
        (String::new(), 2),
        ("\u{0}\u{202e}}{#2".to_owned(), 2),
        (cut, 2),
    ];
    assert_eq!(labels, expected);
}

/// A label that fails to print, opens spans itself, or panics while it is printed.
struct Odd(u8);

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        drop(perf_core::span!("within a label"));
        match self.0 {
            0 => Err(std::fmt::Error),
            1 => panic!("a label's own panic"),
            _ => f.write_str("odd"),
        }
    }
}

#[test]
fn a_label_may_misbehave() {
    let _one = ONE.lock();
    let _on = perf_core::enable();
    let site = perf_core::site!("odd labels");
    enter(site, Odd(0));
    assert!(std::panic::catch_unwind(|| enter(site, Odd(1))).is_err());
    enter(site, Odd(2));
    let rows = rows_of(site);
    assert_eq!(rows.iter().map(|row| row.calls).sum::<u64>(), 2);
    assert_eq!(
        snapshot().site("within a label").map(|row| row.calls),
        Some(3)
    );
}

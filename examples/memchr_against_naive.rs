//! Real code of others, judged: searches of the crate `memchr` against those written by hand, on a real text.
//!
//! `cargo run --release --example memchr_against_naive`

use perf_core::judge::{Alternatives, Comparison};
use std::time::Duration;

const TEXT: &str = include_str!("../README.md");

fn main() {
    let text = TEXT.repeat(8);
    let (bytes, start) = (text.as_bytes(), &text.as_bytes()[..24]);
    let found = [
        // A byte that comes late: the search itself is what is measured.
        judge(
            "byte that comes late",
            bytes,
            |t| t.iter().position(|b| *b == 0),
            |t| memchr::memchr(0, t),
        ),
        // A byte that comes soon: what a search costs before it begins.
        judge(
            "byte that comes soon",
            start,
            |t| t.iter().position(|b| *b == b'\n'),
            |t| memchr::memchr(b'\n', t),
        ),
        judge(
            "word",
            bytes,
            |t| t.windows(8).filter(|w| *w == b"snapshot").count(),
            |t| memchr::memmem::find_iter(t, b"snapshot").count(),
        ),
        // Twice the same: what an experiment says when there is nothing to say.
        judge(
            "the same twice",
            bytes,
            |t| memchr::memchr(0, t),
            |t| memchr::memchr(0, t),
        ),
    ];
    for comparison in &found {
        print!("{}", comparison.report().text(None, false));
    }
}

fn judge<A, B>(
    id: &str,
    text: &[u8],
    by_hand: impl FnMut(&[u8]) -> A,
    by_crate: impl FnMut(&[u8]) -> B,
) -> Comparison {
    Alternatives::new(id)
        .margin(0.01)
        .time(Duration::from_millis(500))
        .compare_with(text, by_hand, by_crate)
}

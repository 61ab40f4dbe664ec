//! In: nothing. Out: subscribers of the crate `tracing` as contenders: a registry with an empty layer, and with one that measures.

use crate::contender::{Contender, leave};
use crate::timing_layer;
use crate::work::{bare, body, stretch};
use perf_core::Overhead;
use std::any::Any;
use std::sync::LazyLock;
use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

/// Spans of a stretch.
const CALLS: u64 = 20_000;

/// Spans of a stretch in which most are only counted.
const LONG: u64 = 500_000;

/// A layer that does nothing: what the registry alone costs.
struct Empty;

impl<S: Subscriber> Layer<S> for Empty {}

fn install(subscriber: impl Subscriber + Send + Sync) -> Box<dyn Any> {
    // A second subscriber would be this program's mistake; the first one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Box::new(())
}

fn empty() -> Box<dyn Any> {
    install(Registry::default().with(Empty))
}

fn ours_full() -> Box<dyn Any> {
    perf_core::set_overhead(Overhead::FULL);
    ours()
}

fn ours() -> Box<dyn Any> {
    install(Registry::default().with(perf_core::tracing::layer()))
}

fn ours_unseen() -> Box<dyn Any> {
    install(Registry::default().with(perf_core::tracing::layer().only_while_looking()))
}

fn tracing_timing() -> Box<dyn Any> {
    let histogram = || tracing_timing::Histogram::new_with_max(1_000_000_000, 3);
    let layer = tracing_timing::Builder::default().layer(move || {
        histogram().unwrap_or_else(|error| panic!("constants that are in range: {error:?}"))
    });
    install(Registry::default().with(layer))
}

/// A span beneath one that all threads share: each counts itself in there, which is what two threads then wait for.
fn beneath_one(x: u64) -> u64 {
    static ROOT: LazyLock<tracing::Span> = LazyLock::new(|| tracing::info_span!("root"));
    let _span = tracing::info_span!(parent: &*ROOT, "call").entered();
    body(x)
}

/// An empty layer first, in each of both groups: spans by themselves, and spans beneath one root.
pub(crate) fn contenders() -> Vec<Contender> {
    let one = |name, package, set_up: fn() -> Box<dyn Any>| Contender {
        name,
        package,
        calls: CALLS,
        off: false,
        set_up,
        run: timing_layer::stretch,
        bare: |calls| stretch(calls, bare),
        tidy: leave,
    };
    let shared = |contender: Contender, name| Contender {
        name,
        run: |calls| stretch(calls, beneath_one),
        ..contender
    };
    vec![
        one("an empty layer", "tracing-subscriber", empty),
        one("span layer, full", "perf-core", ours_full),
        Contender {
            calls: LONG,
            ..one("span layer, adaptive", "perf-core", ours)
        },
        one("span layer, nobody looking", "perf-core", ours_unseen),
        one("tracing-timing", "tracing-timing", tracing_timing),
        one(
            "a layer written by hand",
            "tracing-subscriber",
            timing_layer::set_up,
        ),
        shared(
            one("", "tracing-subscriber", empty),
            "an empty layer, one root",
        ),
        shared(
            one("", "perf-core", ours_full),
            "span layer, full, one root",
        ),
    ]
}

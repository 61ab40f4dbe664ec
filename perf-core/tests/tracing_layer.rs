//! Promise: with one layer every tracing span is a row: calls, wall, busy and self time right, in any order and across threads.

#[path = "common/alone.rs"]
mod alone;
#[path = "common/row.rs"]
mod row;
#[path = "common/threads.rs"]
mod threads;

use alone::alone;
use perf_core::tracing::{Outliers, layer};
use perf_core::{measure, snapshot};
use row::row;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use threads::on_threads;
use tracing::instrument::Instrument;
use tracing::span::{Attributes, Id};
use tracing::{Subscriber, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{filter, registry};

/// Runs with a registry and our layer, alone.
fn with_layer<R>(layer: perf_core::tracing::SpanLayer, work: impl FnOnce() -> R) -> R {
    let _turn = alone();
    tracing::subscriber::with_default(registry().with(layer), work)
}

/// Burns time on this thread.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

const SHORT: Duration = Duration::from_millis(3);

#[test]
fn wall_holds_busy_holds_self() {
    with_layer(layer(), || {
        let span = info_span!("t1 outer");
        std::thread::sleep(SHORT);
        span.in_scope(|| {
            spin(SHORT);
            info_span!("t1 inner").in_scope(|| spin(SHORT));
        });
        span.in_scope(|| spin(SHORT));
        std::thread::sleep(SHORT);
        drop(span);
    });
    let (outer, inner) = (row("t1 outer"), row("t1 inner"));
    let short = SHORT.as_nanos() as f64;
    assert_eq!((outer.calls, outer.polls), (1, 2));
    assert_eq!((inner.calls, inner.polls), (1, 1));
    assert!(outer.busy_ns >= 3.0 * short && outer.total_ns >= outer.busy_ns + 2.0 * short);
    // What the inner span was busy is not the outer one's own; the clock is read in between, once each.
    let own = outer.busy_ns - inner.busy_ns;
    assert!((outer.self_ns - own).abs() <= 1.0 + 1e-6 * own);
    assert_eq!(
        (outer.target.as_deref(), outer.level.as_deref()),
        (Some("tracing_layer"), Some("INFO"))
    );
    assert!(outer.file.ends_with("tracing_layer.rs") && outer.line > 0);
}

#[measure(name = "t2 measured")]
fn measured_between() {
    info_span!("t2 inner").in_scope(|| spin(SHORT));
}

#[test]
fn measured_functions_and_spans_nest() {
    with_layer(layer(), || {
        info_span!("t2 outer").in_scope(measured_between);
    });
    let (outer, between, inner) = (row("t2 outer"), row("t2 measured"), row("t2 inner"));
    let parts = outer.self_ns + between.self_ns + inner.self_ns;
    assert!((parts - outer.busy_ns).abs() <= 1.0 + 1e-6 * parts);
    assert!(between.self_ns < between.total_ns - 0.9 * inner.busy_ns);
}

#[test]
fn out_of_order_exits_are_right() {
    with_layer(layer(), || {
        let (a, b) = (info_span!("t3 a"), info_span!("t3 b"));
        let in_a = a.enter();
        spin(SHORT);
        let in_b = b.enter();
        spin(SHORT);
        drop(in_a);
        spin(SHORT);
        drop(in_b);
    });
    let (a, b) = (row("t3 a"), row("t3 b"));
    assert_eq!((a.polls, b.polls), (1, 1));
    let short = SHORT.as_nanos() as f64;
    assert!(a.busy_ns >= 2.0 * short && b.busy_ns >= 2.0 * short);
    // The time within both is the inner one's.
    assert!(b.self_ns >= 1.99 * short && (b.self_ns - b.busy_ns).abs() < 1.0 + 1e-6 * b.busy_ns);
    assert!(a.self_ns >= 0.99 * short && a.self_ns <= a.busy_ns - 0.99 * short);
}

#[test]
fn entered_twice_at_once_counts_once() {
    with_layer(layer(), || {
        let span = info_span!("t4");
        let _outer = span.enter();
        span.in_scope(|| spin(SHORT));
    });
    let row = row("t4");
    assert_eq!((row.calls, row.polls), (1, 1));
    assert!(row.busy_ns <= row.total_ns);
}

#[test]
fn a_span_moves_between_threads() {
    with_layer(layer(), || {
        let span = info_span!("t5");
        span.in_scope(|| spin(SHORT));
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        on_threads(4, |_| {
            tracing::dispatcher::with_default(&dispatch, || {
                for _ in 0..100 {
                    span.in_scope(|| spin(Duration::from_micros(10)));
                }
            });
        });
        drop(span);
    });
    let row = row("t5");
    assert_eq!((row.calls, row.polls), (1, 401));
    assert!(row.busy_ns >= 4e6 + SHORT.as_nanos() as f64);
}

#[test]
fn futures_are_entered_at_each_poll() {
    with_layer(layer(), || {
        let mut polls = 0;
        let future = std::future::poll_fn(move |context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls == 3 {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(future.instrument(info_span!("t6")));
    });
    let row = row("t6");
    // tracing enters a future once more when it is dropped.
    assert_eq!((row.calls, row.polls, row.cancelled), (1, 4, 0));
}

#[test]
fn errors_and_panics_are_counted_once_a_span() {
    with_layer(layer(), || {
        info_span!("t7").in_scope(|| {
            tracing::error!("first");
            tracing::error!("second");
            tracing::warn!("no error");
        });
        let quiet = std::panic::catch_unwind(|| {
            info_span!("t7").in_scope(|| {
                std::panic::resume_unwind(Box::new(()));
            });
        });
        assert!(quiet.is_err());
        for _ in 0..3 {
            info_span!("t7 other").in_scope(|| ());
        }
    });
    let snapshot = snapshot();
    let rows: Vec<_> = snapshot
        .rows
        .iter()
        .filter(|row| row.id.starts_with("t7"))
        .collect();
    let sums = rows
        .iter()
        .fold((0, 0, 0), |(calls, errors, panicked), row| {
            (
                calls + row.calls,
                errors + row.errors,
                panicked + row.panicked,
            )
        });
    assert_eq!(sums, (5, 1, 1));
}

/// Records of the crate `log` are events of the span in which they are made, once `tracing-log` sends them on.
#[test]
fn errors_of_the_log_crate_are_counted_too() {
    tracing_log::LogTracer::init().expect("no other logger in this process");
    with_layer(layer(), || {
        for level in [log::Level::Error, log::Level::Warn, log::Level::Error] {
            info_span!("t14").in_scope(|| log::log!(level, "a record"));
        }
        log::error!("within no span");
    });
    let seen = row("t14");
    assert_eq!((seen.calls, seen.errors, seen.panicked), (3, 2, 0));
}

#[test]
fn labels_come_from_fields_and_are_bounded() {
    with_layer(layer().label("route").label("method"), || {
        info_span!("t8", method = "GET", route = "/a").in_scope(|| ());
        info_span!("t8 late", route = tracing::field::Empty).in_scope(|| {
            tracing::Span::current().record("route", "/b");
        });
        info_span!("t8 method", method = ?1).in_scope(|| ());
        for n in 0..if cfg!(debug_assertions) {
            20_000
        } else {
            1_000_000
        } {
            drop(info_span!("t8 many", route = n));
        }
    });
    let snapshot = snapshot();
    for id in ["t8{/a}", "t8 late{/b}", "t8 method{1}"] {
        assert_eq!(snapshot.site(id).map(|row| row.calls), Some(1), "{id}");
    }
    let many = snapshot
        .rows
        .iter()
        .filter(|row| row.id.starts_with("t8 many"));
    let (rows, calls) = many.fold((0, 0), |(rows, calls), row| (rows + 1, calls + row.calls));
    assert_eq!(rows, 65);
    assert_eq!(
        calls,
        if cfg!(debug_assertions) {
            20_000
        } else {
            1_000_000
        }
    );
}

#[test]
fn none_is_lost_on_eight_threads() {
    let each = if cfg!(debug_assertions) {
        20_000
    } else {
        1_000_000
    };
    with_layer(layer(), || {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        on_threads(8, |_| {
            tracing::dispatcher::with_default(&dispatch, || {
                for _ in 0..each {
                    info_span!("t9").in_scope(|| ());
                }
            });
        });
    });
    let row = row("t9");
    assert_eq!((row.calls, row.polls), (8 * each, 8 * each));
    assert_eq!(row.histogram.count(), 8 * each);
}

#[test]
fn what_is_open_is_said_and_a_swap_does_no_harm() {
    let _turn = alone();
    let (reload, handle) = tracing_subscriber::reload::Layer::new(layer());
    let other = registry().with(layer());
    tracing::subscriber::with_default(registry().with(reload), || {
        let kept = info_span!("t10 kept");
        let entered = kept.enter();
        let notes = snapshot().notes.join("\n");
        assert!(
            notes.contains("1 tracing spans are not closed, and not counted yet: t10 kept 1"),
            "{notes}"
        );
        handle.reload(layer()).expect("the subscriber lives");
        // Its layer is gone: left and closed without a row.
        drop(entered);
        drop(kept);
        info_span!("t10 after").in_scope(|| {
            tracing::subscriber::with_default(other, || {
                info_span!("t10 other").in_scope(|| ());
            });
        });
        let forgotten = info_span!("t10 forgotten").entered();
        std::mem::forget(forgotten);
    });
    let snapshot = snapshot();
    assert!(snapshot.site("t10 kept").is_none());
    for id in ["t10 after", "t10 other"] {
        assert_eq!(
            snapshot.site(id).map(|row| (row.calls, row.polls)),
            Some((1, 1)),
            "{id}"
        );
    }
    assert!(snapshot.site("t10 forgotten").is_none());
}

#[test]
fn a_filter_is_for_this_layer_alone() {
    let _turn = alone();
    let seen = Seen::default();
    let filtered =
        layer().with_filter(filter::filter_fn(|metadata| metadata.name() != "t11 noise"));
    tracing::subscriber::with_default(registry().with(seen.clone()).with(filtered), || {
        info_span!("t11 noise").in_scope(|| info_span!("t11 kept").in_scope(|| ()));
    });
    assert_eq!(seen.names(), ["t11 noise", "t11 kept"]);
    assert_eq!(row("t11 kept").calls, 1);
    assert!(snapshot().site("t11 noise").is_none());
}

/// The names of new spans and events as another layer sees them.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.0
            .lock()
            .unwrap()
            .push(attributes.metadata().name().to_owned());
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let within = context
            .event_span(event)
            .map_or("nothing", |span| span.name());
        let target = event.metadata().target();
        self.0.lock().unwrap().push(format!("{target} in {within}"));
    }
}

#[measure(name = "t12 function", span, err)]
fn opens_a_span(fail: bool) -> Result<(), String> {
    tracing::info!("within");
    if fail { Err("no".to_owned()) } else { Ok(()) }
}

#[measure(name = "t12 future", span)]
async fn opens_a_span_at_each_poll() {
    tracing::info!("within");
}

#[measure(span, label = T::default())]
fn generic<T: Default + std::fmt::Display>() {
    tracing::info!("within");
}

#[test]
fn a_measured_function_opens_a_span_and_is_recorded_once() {
    let _turn = alone();
    let seen = Seen::default();
    tracing::subscriber::with_default(registry().with(seen.clone()).with(layer()), || {
        opens_a_span(false).expect("it was not told to fail");
        opens_a_span(true).expect_err("it was told to fail");
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(opens_a_span_at_each_poll());
        generic::<u8>();
    });
    let names = seen.names();
    let expected = [
        "t12 function",
        "tracing_layer in t12 function",
        "t12 function",
        "tracing_layer in t12 function",
        "t12 future",
        "tracing_layer in t12 future",
        "tracing_layer::generic",
        "tracing_layer in tracing_layer::generic",
    ];
    assert_eq!(names, expected);
    let (function, future) = (row("t12 function"), row("t12 future"));
    assert_eq!((function.calls, function.errors), (2, 1));
    assert_eq!((future.calls, future.polls), (1, 1));
    assert_eq!(row("tracing_layer::generic{0}").calls, 1);
}

#[test]
fn outliers_are_events_within_their_span() {
    let _turn = alone();
    let seen = Seen::default();
    // A threshold is estimated once a second; the one call far above it must be told.
    let wanted = Outliers::default().above(0.5).at_most_every(Duration::ZERO);
    let subscriber = registry().with(seen.clone()).with(layer().outliers(wanted));
    let span = || info_span!("t13");
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..2_000 {
            span().in_scope(|| ());
        }
        std::thread::sleep(Duration::from_millis(1_100));
        span().in_scope(|| ());
        span().in_scope(|| std::thread::sleep(Duration::from_millis(100)));
    });
    let told = seen
        .names()
        .into_iter()
        .filter(|name| name == "perf_core::outlier in t13");
    assert!(told.count() >= 1);
}

#[test]
fn the_tree_is_that_of_the_spans_across_threads() {
    let _turn = alone();
    let _paths = perf_core::enable_paths();
    let leaf = || info_span!("t14 leaf").in_scope(|| ());
    tracing::subscriber::with_default(registry().with(layer()), || {
        let root = info_span!("t14 root");
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let other = std::thread::scope(|scope| {
            let (root, dispatch) = (root.clone(), dispatch.clone());
            scope
                .spawn(move || {
                    tracing::dispatcher::with_default(&dispatch, || {
                        let child = info_span!(parent: &root, "t14 child");
                        child.in_scope(leaf);
                        child
                    })
                })
                .join()
                .unwrap()
        });
        other.in_scope(leaf);
        root.in_scope(|| info_span!(parent: None, "t14 alone").in_scope(|| ()));
    });
    let contexts: Vec<_> = snapshot()
        .contexts
        .into_iter()
        .filter(|context| context.path.iter().any(|id| id.starts_with("t14")))
        .map(|context| (context.path.join(" > "), context.calls))
        .collect();
    let of = |path: &str| {
        contexts
            .iter()
            .find(|(known, _)| known == path)
            .map(|(_, calls)| *calls)
    };
    assert_eq!(of("t14 root"), Some(1), "{contexts:?}");
    assert_eq!(of("t14 root > t14 child"), Some(1), "{contexts:?}");
    assert_eq!(of("t14 alone"), Some(1), "{contexts:?}");
    let leaf = of("t14 root > t14 child > t14 leaf");
    assert_eq!(leaf, Some(2), "{contexts:?}");
}

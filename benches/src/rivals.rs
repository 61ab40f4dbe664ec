//! In: nothing. Out: the peers as contenders, each set up as its documentation advises for the least cost.
//!
//! Where the clock is the user's choice (metrics, prometheus-client, hdrhistogram, the tracing layer) it is quanta's, and handles that
//! may be kept are kept.

use crate::contender::{Contender, leave, nothing};
use crate::timing_layer;
use crate::work::{bare, bare_async, body, now, stretch, timed};
use fastrace::collector::Reporter;
use fastrace::prelude::{LocalSpan, Span, SpanContext, SpanRecord};
use hdrhistogram::Histogram;
use hotpath::{Format, HotpathGuardBuilder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use prometheus_client::metrics::histogram::{self, exponential_buckets};
use std::any::Any;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::Duration;

/// Calls of a stretch.
const CALLS: u64 = 20_000;

/// hotpath's worker sweeps every 50 ms: its queue is empty after this.
const DRAINED: Duration = Duration::from_millis(70);

/// Spans beneath one fastrace root: a local stack keeps 10 240 and drops what is beyond.
const SPANS: u64 = 1_000;

/// Digits of the histogram behind a mutex.
pub(crate) const DIGITS: u8 = 3;

#[hotpath::measure]
#[inline(never)]
fn hotpath_call(x: u64) -> u64 {
    body(x)
}

#[hotpath::measure]
async fn hotpath_async(x: u64) -> u64 {
    body(x)
}

/// A call of the site [`crate::sustained`] counts.
pub(crate) fn call(x: u64) -> u64 {
    hotpath_call(x)
}

/// hotpath with its report as JSON in a file.
pub(crate) fn hotpath_reporting(path: &std::path::Path) -> Box<dyn Any> {
    Box::new(
        HotpathGuardBuilder::new("main")
            .format(Format::Json)
            .output_path(path)
            .build(),
    )
}

fn hotpath() -> Box<dyn Any> {
    hotpath_reporting(std::path::Path::new("/dev/null"))
}

static METRICS: OnceLock<(PrometheusHandle, metrics::Histogram)> = OnceLock::new();

fn metrics() -> Box<dyn Any> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // A second recorder would be this program's mistake; the first one stays.
    let _ = metrics::set_global_recorder(recorder);
    let _ = METRICS.set((handle, metrics::histogram!("call_ns")));
    Box::new(())
}

fn metrics_stretch(calls: u64) -> f64 {
    let clock = quanta::Clock::new();
    let Some((_, histogram)) = METRICS.get() else {
        return f64::NAN;
    };
    stretch(calls, |x| {
        timed(&clock, x, |ns| histogram.record(ns as f64))
    })
}

/// A reporter that lets go of what it gets: sending it somewhere would cost more.
struct Forget;

impl Reporter for Forget {
    fn report(&mut self, _: Vec<SpanRecord>) {}
}

fn fastrace() -> Box<dyn Any> {
    fastrace::set_reporter(Forget, fastrace::collector::Config::default());
    Box::new(())
}

#[inline(never)]
fn fastrace_call(x: u64) -> u64 {
    let _span = LocalSpan::enter_with_local_parent("call");
    body(x)
}

fn fastrace_stretch(calls: u64) -> f64 {
    let roots = calls / SPANS;
    let beneath_one = |x| {
        let root = Span::root("root", SpanContext::random());
        let _parent = root.set_local_parent();
        (0..SPANS).fold(x, |x, _| fastrace_call(x))
    };
    stretch(roots, beneath_one) / SPANS as f64
}

static BUCKETS: LazyLock<histogram::Histogram> =
    LazyLock::new(|| histogram::Histogram::new(exponential_buckets(1e-9, 2.0, 32)));

fn prometheus_stretch(calls: u64) -> f64 {
    let (clock, histogram) = (quanta::Clock::new(), &*BUCKETS);
    stretch(calls, |x| {
        timed(&clock, x, |ns| histogram.observe(ns as f64 * 1e-9))
    })
}

static LOCKED: LazyLock<Mutex<Option<Histogram<u64>>>> =
    LazyLock::new(|| Mutex::new(Histogram::new(DIGITS).ok()));

fn locked_stretch(calls: u64) -> f64 {
    let clock = quanta::Clock::new();
    stretch(calls, |x| {
        timed(&clock, x, |ns| {
            if let Ok(mut histogram) = LOCKED.lock()
                && let Some(histogram) = histogram.as_mut()
            {
                histogram.saturating_record(ns);
            }
        })
    })
}

/// The peers, in the order of the table.
pub(crate) fn contenders() -> Vec<Contender> {
    let peer =
        |name, package, set_up: fn() -> Box<dyn Any>, run: fn(u64) -> f64, tidy: fn()| Contender {
            name,
            package,
            calls: CALLS,
            off: false,
            set_up,
            run,
            bare: |calls| stretch(calls, bare),
            tidy,
        };
    let drain = || std::thread::sleep(DRAINED);
    let upkeep = || {
        if let Some((handle, _)) = METRICS.get() {
            handle.run_upkeep();
        }
    };
    vec![
        peer(
            "hotpath, its queue drained",
            "hotpath",
            hotpath,
            |calls| stretch(calls, hotpath_call),
            drain,
        ),
        Contender {
            bare: |calls| stretch(calls, |x| now(bare_async(x))),
            ..peer(
                "hotpath, async, its queue drained",
                "hotpath",
                hotpath,
                |calls| stretch(calls, |x| now(hotpath_async(x))),
                drain,
            )
        },
        peer(
            "metrics + exporter-prometheus",
            "metrics",
            metrics,
            metrics_stretch,
            upkeep,
        ),
        peer(
            "fastrace, with a root",
            "fastrace",
            fastrace,
            fastrace_stretch,
            fastrace::flush,
        ),
        peer(
            "tracing + a timing layer",
            "tracing",
            timing_layer::set_up,
            timing_layer::stretch,
            leave,
        ),
        peer(
            "prometheus-client",
            "prometheus-client",
            nothing,
            prometheus_stretch,
            leave,
        ),
        peer(
            "hdrhistogram in a mutex",
            "hdrhistogram",
            nothing,
            locked_stretch,
            leave,
        ),
    ]
}

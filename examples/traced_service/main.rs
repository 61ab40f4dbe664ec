//! A service annotated with `tracing` alone: one layer, and every route, span and `#[instrument]`ed function has a row.
//!
//! `cargo run --release -p perf-examples --features service --example traced_service` starts a small shop on a free loopback port,
//! drives it with real requests for three seconds, prints the latency of each route and the report, and ends.

mod client;
mod shop;

use perf_core::tracing::{OUTLIER, Outliers, layer};
use perf_core::{Session, Snapshot};
use std::error::Error;
use std::time::Duration;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How long requests are sent.
const DRIVEN: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    // Slow requests become events, which the second layer prints with their route: from the tail to the trace.
    let outliers = Outliers::default()
        .above(0.99)
        .at_most_every(Duration::from_millis(500));
    let only_outliers = filter_fn(|metadata| metadata.is_span() || metadata.target() == OUTLIER);
    let printed = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .without_time();
    tracing_subscriber::registry()
        .with(layer().label("route").outliers(outliers))
        .with(printed.with_filter(only_outliers))
        .with(tracing_subscriber::filter::LevelFilter::INFO)
        .try_init()?;
    let session = Session::start("traced_service");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_io()
        .enable_time()
        .build()?;
    let address = runtime.block_on(shop::open())?;
    println!("the shop is open on http://{address} for {DRIVEN:?}");
    let sent = client::drive(address, DRIVEN)?;
    println!("{sent} requests were answered\n");
    runtime.shutdown_timeout(Duration::from_secs(1));
    print_routes(&session.snapshot());
    drop(session); // prints the report
    Ok(())
}

/// One line a route: the label rows of the span that tower-http opens around each request.
fn print_routes(seen: &Snapshot) {
    println!(
        "{:<22} {:>8} {:>12} {:>12} {:>12}",
        "route", "calls", "p50 us", "p99 us", "self us"
    );
    for row in seen
        .rows
        .iter()
        .filter(|row| row.id.starts_with("request{"))
    {
        let microseconds = |p: f64| {
            let estimate = row.quantile(p)?;
            Some(format!("{:.0}", estimate.value / 1e3))
        };
        println!(
            "{:<22} {:>8} {:>12} {:>12} {:>12.1}",
            perf_core::escape::terminal(row.label.as_deref().unwrap_or_default()),
            row.calls,
            microseconds(0.5).unwrap_or_else(|| "-".to_owned()),
            microseconds(0.99).unwrap_or_else(|| "-".to_owned()),
            row.self_ns / row.calls.max(1) as f64 / 1e3,
        );
    }
    println!();
}

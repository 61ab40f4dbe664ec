//! A shop of three routes on axum, with tower-http's trace layer: it knows `tracing` and `log`, and nothing of perf-core.

use axum::Router;
use axum::extract::{MatchedPath, Path, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tower_http::trace::{DefaultOnFailure, TraceLayer};
use tracing::{Instrument, Level, info_span, instrument};

/// Serves on a free port of the loopback interface.
pub(crate) async fn open() -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let span_of = |request: &Request| {
        let route = request.extensions().get::<MatchedPath>();
        info_span!(
            "request",
            route = route.map_or("(none)", MatchedPath::as_str)
        )
    };
    let trace = TraceLayer::new_for_http()
        .make_span_with(span_of)
        .on_failure(DefaultOnFailure::new().level(Level::ERROR));
    let routes = Router::new()
        .route("/item/{id}", get(item))
        .route("/search/{words}", get(search))
        .route("/broken", get(broken))
        .layer(trace);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

async fn item(Path(id): Path<u64>) -> String {
    let price = look_up(id).await;
    if price == 42 {
        // The older crate's records arrive through tracing-log, and are errors of the request's span all the same.
        log::error!("item {id} is out of stock");
    }
    render(id, price)
}

async fn search(Path(words): Path<String>) -> String {
    let found = async {
        let mut counts = BTreeMap::new();
        for id in 0..200 {
            let title = render(id, id * 7 % 100);
            let hits = title.matches(words.as_str()).count();
            *counts.entry(hits).or_insert(0) += 1;
        }
        counts
    };
    let found = found.instrument(info_span!("scan")).await;
    format!("{found:?}")
}

async fn broken() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// A store that answers after a moment: idle time, no busy time.
#[instrument]
async fn look_up(id: u64) -> u64 {
    tokio::time::sleep(std::time::Duration::from_micros(300)).await;
    id * 7 % 100
}

#[instrument(skip_all)]
fn render(id: u64, price: u64) -> String {
    (0..20)
        .map(|line| format!("item {id}, line {line}, price {price}\n"))
        .collect()
}

//! In: nothing. Out: [`Contender`], one way to measure a call, and the list of them.

use crate::ours;
use std::any::Any;

/// One way to measure the function.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str, // whose version the table states
    pub(crate) calls: u64,            // in one stretch
    pub(crate) off: bool,             // lives in the build with `--cfg perf_off`
    pub(crate) set_up: fn() -> Box<dyn Any>, // what it gives stays alive as long as the process
    pub(crate) run: fn(u64) -> f64,   // a stretch of calls: ns a call
    pub(crate) bare: fn(u64) -> f64,  // the same stretch, not measured
    pub(crate) tidy: fn(), // after a stretch, not timed: what the peer's documentation wants done now and then
}

/// Everyone who takes part, ours first.
pub(crate) fn all() -> Vec<Contender> {
    #[allow(unused_mut)]
    let mut all = ours::contenders();
    #[cfg(feature = "peers")]
    all.extend(crate::rivals::contenders());
    all
}

/// Those who time spans of the crate `tracing`, the empty layer first.
pub(crate) fn spans() -> Vec<Contender> {
    #[cfg(feature = "peers")]
    return crate::span_layers::contenders();
    #[cfg(not(feature = "peers"))]
    Vec::new()
}

/// The contender with this name.
pub(crate) fn named(name: &str) -> Result<Contender, String> {
    all()
        .into_iter()
        .chain(spans())
        .find(|contender| contender.name == name)
        .ok_or_else(|| {
            format!("no contender is called {name:?} in this build; `--list` names them")
        })
}

/// Nothing to set up.
pub(crate) fn nothing() -> Box<dyn Any> {
    Box::new(())
}

/// Nothing to tidy.
pub(crate) fn leave() {}

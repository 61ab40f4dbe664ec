//! In: what generated code names. Out: the same names, kept apart from the public ones; no promise is made about them.

pub use crate::__needs_tracing as needs_tracing;
pub use crate::__recorded as recorded;
pub use crate::bound::{Baseline, Bound, Bounds, Kernel, Limit, demand, driven, driven_with};
pub use crate::bound::{GivesFuture, GivesValue, Returned, measurable};
#[cfg(feature = "bench")]
pub use crate::harness::generated as bench;
pub use crate::record::faulted::{FaultedFuture, FaultedSpan};
pub use crate::record::future::Measured;
pub use crate::record::metered::{MeteredFuture, MeteredSpan};
pub use crate::record::span::Span;
use crate::record::{label, switch};
pub use crate::site::{Kind, Site};
#[cfg(feature = "tracing")]
pub use crate::tracing::SpanSite;
pub use perf_stats::model::ComplexityClass;
use std::fmt::Display;

/// Whether spans record now.
#[inline]
pub fn looking() -> bool {
    switch::COMPILED_IN && switch::settled_mode() != switch::OFF
}

/// The row of one label value beneath a site; the site itself while nobody looks, without asking for the label.
#[inline]
pub fn labelled<L: Display>(site: &'static Site, label: impl FnOnce() -> L) -> &'static Site {
    if looking() {
        label::row(site, &label())
    } else {
        site
    }
}

/// Calls a closure. Through this bound it is one that is called once, and may give back what borrows from what it captured.
#[inline]
pub fn once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// Has SIGINT and SIGTERM say this sentence before they end the process; `None` takes it back. Where there are no signals, or no thread
/// can be had, they end it without a word.
pub fn say_when_interrupted(sentence: Option<String>) {
    let _ = crate::session::signals::say_on_them(sentence);
}

/// What `err` counts.
#[diagnostic::on_unimplemented(
    message = "`err` counts results that are `Err`, and `{Self}` is no `Result`",
    label = "no `Result`"
)]
pub trait Outcome {
    /// Whether this is a failure.
    fn is_failure(&self) -> bool;
}

impl<T, E> Outcome for Result<T, E> {
    #[inline]
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}

/// The path of the function item that stands within a measured one; see `Site::at`.
pub fn path_of<F>(_: &F) -> &'static str {
    std::any::type_name::<F>()
}

/// Stands in for the real one, so that there is one error only: that of [`needs_tracing`].
#[cfg(not(feature = "tracing"))]
#[derive(Debug)]
pub struct SpanSite;

#[cfg(not(feature = "tracing"))]
impl SpanSite {
    /// Never reached.
    pub const fn new(_: &'static str) -> Self {
        Self
    }

    /// Never reached.
    pub fn enter(&'static self, _: &'static Site) {}

    /// Never reached.
    pub fn follow<F: Future>(&'static self, _: &'static Site, future: F) -> F {
        future
    }
}

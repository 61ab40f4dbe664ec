//! In: spans of the crate `tracing`. Out: [`SpanLayer`], which makes every span a site; and the spans that `#[measure(span)]` opens.

mod callsite;
mod entered;
mod label;
mod outliers;
mod path;
mod span_site;
mod spans;
mod table;

pub use outliers::{OUTLIER, Outliers};
#[doc(hidden)]
pub use span_site::SpanSite;

use crate::record::switch::{self, Enabled};
use crate::record::unfinished::{self, Keeper};
use outliers::Watch;
use spans::{Beneath, Spans};
use std::sync::{Arc, Weak};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// A layer that records every span of its subscriber: one row a callsite, named like the span.
///
/// Recording is on while the layer lives, session or not. One layer a subscriber; a second one beside it records its spans again.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
/// let subscriber = tracing_subscriber::registry().with(perf_core::tracing::layer());
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("checkout").in_scope(|| ());
/// });
/// let seen = perf_core::snapshot();
/// let row = seen.site("checkout").expect("the span has closed");
/// assert_eq!((row.calls, row.polls), (1, 1));
/// assert_eq!(row.level.as_deref(), Some("INFO"));
/// ```
pub fn layer() -> SpanLayer {
    SpanLayer::new(Some(switch::enable()))
}

/// Records spans; see [`layer`].
///
/// # What a row holds
/// | column | meaning |
/// |---|---|
/// | calls | spans that have closed |
/// | total, mean, quantiles | wall time, from a span's creation to its close |
/// | busy, entries | time while it was entered, and how often; the rest is idle |
/// | self | busy time without what was measured within, on the same thread: other spans and measured functions alike |
/// | `Err` | spans within which an event at level `ERROR` was seen |
/// | panicked | spans that were closed by a panic |
///
/// A future that was dropped looks to a subscriber like one that has ended, so `cancelled` stays 0 here; `#[measure]` on the function,
/// with or without `span`, tells them apart. A span that never closes is in no row, and in a note of the snapshot.
#[derive(Debug)]
pub struct SpanLayer {
    spans: Arc<Spans>,
    labels: Vec<String>,
    watch: Option<Watch>,
    #[expect(dead_code, reason = "held for its destructor")]
    on: Option<Enabled>,
}

impl SpanLayer {
    fn new(on: Option<Enabled>) -> Self {
        let spans = Arc::new(Spans::new());
        if switch::COMPILED_IN {
            spans::calibrate();
            let keeper: Weak<Spans> = Arc::downgrade(&spans);
            unfinished::ask(keeper as Weak<dyn Keeper>);
        }
        Self {
            spans,
            labels: Vec::new(),
            watch: None,
            on,
        }
    }

    /// Records only while somebody else looks: a session, a bound, [`enable`](crate::enable). Until then a span costs one load, a
    /// branch, and a look for spans that were open before.
    #[must_use]
    pub fn only_while_looking(self) -> Self {
        Self { on: None, ..self }
    }

    /// Splits the rows by this field's value. Of several chosen fields the first that a span has decides; of a field that is recorded
    /// later the last value. At most 64 values a callsite have rows of their own, the rest share one.
    ///
    /// ```
    /// use tracing_subscriber::layer::SubscriberExt;
    /// let layer = perf_core::tracing::layer().label("route");
    /// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
    ///     drop(tracing::info_span!("request", route = "/cart"));
    /// });
    /// assert_eq!(perf_core::snapshot().site("request{/cart}").map(|row| row.calls), Some(1));
    /// ```
    #[must_use]
    pub fn label(mut self, field: impl Into<String>) -> Self {
        self.labels.push(field.into());
        self
    }

    /// Tells slow outliers as events within their span; see [`Outliers`].
    #[must_use]
    pub fn outliers(self, wanted: Outliers) -> Self {
        Self {
            watch: Some(Watch::new(wanted)),
            ..self
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    #[inline]
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        if switch::mode() == switch::OFF {
            return;
        }
        let callsite = callsite::of(attributes.metadata());
        let id = id.into_u64();
        if callsite.measured {
            if self.watch.is_some() {
                self.spans.watch(id, callsite.site);
            }
            return;
        }
        let mut site = callsite.site;
        if !self.labels.is_empty() {
            let labelled = label::row(&self.labels, site, |visit| attributes.record(visit));
            site = labelled.unwrap_or(site);
        }
        let beneath = match attributes.parent() {
            Some(parent) => Beneath::Span(parent.into_u64()),
            None if attributes.is_root() => Beneath::Nothing,
            None => Beneath::Entered,
        };
        self.spans.create(id, site, beneath);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if self.labels.is_empty() {
            return;
        }
        let Some(metadata) = context.metadata(id) else {
            return;
        };
        let callsite = callsite::of(metadata);
        if callsite.measured {
            return;
        }
        if let Some(row) = label::row(&self.labels, callsite.site, |visit| values.record(visit)) {
            self.spans.label(id.into_u64(), row);
        }
    }

    #[inline]
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR
            && let Some(span) = context.event_span(event)
        {
            self.spans.fail(span.id().into_u64());
        }
    }

    #[inline]
    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        self.spans.enter(id.into_u64());
    }

    #[inline]
    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        self.spans.leave(id.into_u64());
    }

    #[inline]
    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let closed = self.spans.close(id.into_u64());
        if let (Some(watch), Some(closed)) = (&self.watch, closed)
            && closed.now > 0
        {
            watch.see(&id, closed);
        }
    }
}

//! In: tracing's spans. Out: a histogram a thread of the time each was open: a timing layer as one writes it by hand.

use crate::work::{self, body};
use hdrhistogram::Histogram;
use std::any::Any;
use std::cell::RefCell;
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

thread_local! {
    static TIMES: RefCell<Option<Histogram<u64>>> = RefCell::new(Histogram::new(crate::rivals::DIGITS).ok());
}

struct Timing {
    clock: quanta::Clock,
}

/// Where a span keeps its beginning.
struct Start(u64);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Timing {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Start(self.clock.raw()));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let Some(start) = span.extensions().get::<Start>().map(|start| start.0) else {
            return;
        };
        let ns = self.clock.delta_as_nanos(start, self.clock.raw());
        TIMES.with_borrow_mut(|times| {
            if let Some(times) = times {
                times.saturating_record(ns);
            }
        });
    }
}

pub(crate) fn set_up() -> Box<dyn Any> {
    let subscriber = Registry::default().with(Timing {
        clock: quanta::Clock::new(),
    });
    // A second subscriber would be this program's mistake; the first one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Box::new(())
}

#[inline(never)]
fn call(x: u64) -> u64 {
    let _span = tracing::info_span!("call").entered();
    body(x)
}

pub(crate) fn stretch(calls: u64) -> f64 {
    work::stretch(calls, call)
}

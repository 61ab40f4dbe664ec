//! In: a measured function's site. Out: the span of the crate `tracing` that `#[measure(span)]` opens, under the same name.

use crate::record::thread;
use crate::site::Site;
use crate::tracing::callsite;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use tracing::callsite::{Callsite, Identifier};
use tracing::field::FieldSet;
use tracing::instrument::{Instrument, Instrumented};
use tracing::metadata::Kind;
use tracing::span::EnteredSpan;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Span};

/// The place of a measured function's span; lives in a `static` that `#[measure(span)]` writes.
#[derive(Debug)]
pub struct SpanSite {
    module: &'static str,
    place: OnceLock<&'static Place>,
}

/// What subscribers know the span by. Its name is known when the function is first called.
#[derive(Debug)]
struct Place {
    metadata: OnceLock<Metadata<'static>>,
    interest: AtomicU8,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

impl SpanSite {
    /// The place of a function in this module.
    pub const fn new(module: &'static str) -> Self {
        Self {
            module,
            place: OnceLock::new(),
        }
    }

    /// Opens the span and enters it on this thread.
    pub fn enter(&'static self, site: &'static Site) -> EnteredSpan {
        self.span(site).entered()
    }

    /// Opens the span around a future.
    pub fn follow<F: Future>(&'static self, site: &'static Site, future: F) -> Instrumented<F> {
        future.instrument(self.span(site))
    }

    fn span(&'static self, site: &'static Site) -> Span {
        let place = self
            .place
            .get_or_init(|| thread::quietly(|| Place::register(self.module, site)));
        let metadata = place.metadata();
        let wanted = match place.interest.load(Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => tracing::dispatcher::get_default(|to| to.enabled(metadata)),
        };
        if wanted {
            Span::new(metadata, &metadata.fields().value_set(&[]))
        } else {
            Span::none()
        }
    }
}

impl Place {
    fn register(module: &'static str, site: &'static Site) -> &'static Self {
        let site = site.label().map_or(site, |(base, _)| base);
        let (file, line, _) = site.location();
        let place: &'static Self = Box::leak(Box::new(Self {
            metadata: OnceLock::new(),
            interest: AtomicU8::new(SOMETIMES),
        }));
        let name: &'static str = Box::leak(site.id().into_owned().into_boxed_str());
        let metadata = place.metadata.get_or_init(|| {
            let fields = FieldSet::new(&[], Identifier(place));
            Metadata::new(
                name,
                module,
                Level::INFO,
                Some(file),
                Some(line),
                Some(module),
                fields,
                Kind::SPAN,
            )
        });
        callsite::measured(metadata, site);
        tracing::callsite::register(place);
        place
    }
}

impl Callsite for Place {
    fn set_interest(&self, interest: Interest) {
        let interest = if interest.is_never() {
            NEVER
        } else if interest.is_always() {
            ALWAYS
        } else {
            SOMETIMES
        };
        self.interest.store(interest, Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata
            .get()
            .expect("set before the place is registered or named")
    }
}

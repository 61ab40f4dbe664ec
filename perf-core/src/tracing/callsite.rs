//! In: the metadata of a span. Out: [`Callsite`], its site; made once, found again by a thread without a lock.

use crate::record::thread;
use crate::site::{Kind, Origin, Site};
use parking_lot::Mutex;
use std::cell::Cell;
use std::collections::HashMap;
use tracing::Metadata;

/// Callsites a thread finds again without a lock; two that fall on one slot take turns in it.
const NEAR: usize = 128;

/// What spans of one place are recorded as.
#[derive(Debug)]
pub(super) struct Callsite {
    pub(super) site: &'static Site,
    /// `#[measure(span)]` records it: only its outliers are of interest.
    pub(super) measured: bool,
}

type Slot = Cell<Option<(usize, &'static Callsite)>>;

static ALL: Mutex<Option<HashMap<usize, &'static Callsite>>> = Mutex::new(None);

thread_local! {
    static KNOWN: [Slot; NEAR] = const { [const { Cell::new(None) }; NEAR] };
}

/// The callsite of spans with this metadata, which stand for one place in the source.
#[inline]
pub(super) fn of(metadata: &'static Metadata<'static>) -> &'static Callsite {
    let key = std::ptr::from_ref(metadata).addr();
    let near = (key >> 4) % NEAR;
    match KNOWN.with(|known| known[near].get()) {
        Some((same, callsite)) if same == key => callsite,
        _ => {
            let callsite = thread::quietly(|| find_or_make(key, metadata));
            KNOWN.with(|known| known[near].set(Some((key, callsite))));
            callsite
        }
    }
}

/// Says that spans with this metadata are opened by a measured function, whose site it is.
pub(super) fn measured(metadata: &'static Metadata<'static>, site: &'static Site) {
    let made = Box::leak(Box::new(Callsite {
        site,
        measured: true,
    }));
    let key = std::ptr::from_ref(metadata).addr();
    ALL.lock().get_or_insert_default().insert(key, made);
}

#[cold]
fn find_or_make(key: usize, metadata: &'static Metadata<'static>) -> &'static Callsite {
    let mut all = ALL.lock();
    all.get_or_insert_default().entry(key).or_insert_with(|| {
        let (file, line) = (metadata.file(), metadata.line());
        let site = Site::named(
            metadata.name(),
            Kind::Span,
            file.unwrap_or(""),
            line.unwrap_or(0),
            0,
        );
        let origin = Origin {
            target: metadata.target(),
            level: metadata.level().as_str(),
        };
        Box::leak(Box::new(Callsite {
            site: Box::leak(Box::new(site.from(origin))),
            measured: false,
        }))
    })
}

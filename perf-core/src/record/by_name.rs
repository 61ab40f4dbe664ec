//! In: a future and a name. Out: the future, measured at the one site of that name; made once, kept for the life of the process.

use crate::record::future::Measured;
use crate::record::switch::{self, COMPILED_IN};
use crate::record::thread;
use crate::site::{Kind, Site};
use parking_lot::Mutex;
use std::cell::Cell;
use std::collections::HashMap;
use std::panic::Location;

/// Measures a future where it is used, rather than the function that makes it.
pub trait MeasureFuture: Future + Sized {
    /// The same future, measured from its first poll to ready, in the row called `name`; all futures of one name share a row.
    ///
    /// At most 1024 names are kept apart; later ones share the row `(more names)`.
    ///
    /// ```
    /// use perf_core::MeasureFuture;
    /// let _on = perf_core::enable();
    /// let mut answer = std::pin::pin!(async { 42 }.measured("answer"));
    /// let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// assert!(answer.as_mut().poll(&mut context).is_ready());
    /// assert_eq!(perf_core::snapshot().site("answer").map(|row| row.calls), Some(1));
    /// ```
    #[track_caller]
    fn measured(self, name: &'static str) -> Measured<Self> {
        Measured::new(site(name, Location::caller()), self)
    }
}

impl<F: Future> MeasureFuture for F {}

/// Names with a site of their own.
const MAX_NAMES: usize = 1024;

/// Names a thread finds again without a lock; two that fall on one slot take turns in it.
const NEAR: usize = 64;

/// The site of all names beyond [`MAX_NAMES`].
static OVERFLOW: Site = Site::named("(more names)", Kind::Future, "", 0, 0);

static ALL: Mutex<Option<HashMap<&'static str, &'static Site>>> = Mutex::new(None);

type Slot = Cell<Option<(&'static str, &'static Site)>>;

thread_local! {
    static KNOWN: [Slot; NEAR] = const { [const { Cell::new(None) }; NEAR] };
}

/// The site of a name; where it is first used is its place.
#[inline]
fn site(name: &'static str, place: &'static Location<'static>) -> &'static Site {
    if !COMPILED_IN {
        return &OVERFLOW;
    }
    let slot = (name.as_ptr().addr() ^ name.len()) % NEAR;
    match KNOWN.with(|known| known[slot].get()) {
        Some((same, site)) if std::ptr::eq(same, name) => site,
        _ => {
            let site = thread::quietly(|| find_or_make(name, place));
            KNOWN.with(|known| known[slot].set(Some((name, site))));
            site
        }
    }
}

#[cold]
fn find_or_make(name: &'static str, place: &'static Location<'static>) -> &'static Site {
    let mut all = ALL.lock();
    let sites = all.get_or_insert_default();
    if let Some(site) = sites.get(name) {
        return site;
    }
    if sites.len() == MAX_NAMES {
        return &OVERFLOW;
    }
    let made = Site::named(
        name,
        Kind::Future,
        place.file(),
        place.line(),
        place.column(),
    );
    let site = Box::leak(Box::new(made));
    sites.insert(name, site);
    site
}

/// The site of a name that was made at run time; the first of a name chooses its kind and place.
pub(crate) fn made(name: &str, kind: Kind, place: &'static Location<'static>) -> &'static Site {
    thread::quietly(|| {
        let mut all = ALL.lock();
        let sites = all.get_or_insert_default();
        if let Some(site) = sites.get(name) {
            return *site;
        }
        if sites.len() == MAX_NAMES {
            return &OVERFLOW;
        }
        let name: &'static str = String::from(name).leak();
        let (file, line, column) = (place.file(), place.line(), place.column());
        let site = Site::named(name, kind, file, line, column);
        let site = if kind == Kind::Io { site.bytes() } else { site };
        let site: &'static Site = Box::leak(Box::new(site));
        sites.insert(name, site);
        site
    })
}

/// Counts bytes at a site outside of its calls.
pub(crate) fn transfer(site: &'static Site, bytes: u64) {
    if COMPILED_IN
        && site.index() != 0
        && switch::mode() != switch::OFF
        && let Some(shard) = thread::own_shard()
        && let Some(meter) = shard.meters.of(site.index())
    {
        meter.transfer(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAMES, MeasureFuture, OVERFLOW, site};
    use std::panic::Location;

    #[test]
    fn one_site_a_name_and_a_bounded_number_of_names() {
        let elsewhere: &'static str = String::from("by name: one").leak();
        let first = site("by name: one", Location::caller());
        assert!(std::ptr::eq(first, site(elsewhere, Location::caller())));
        assert!(std::ptr::eq(
            first,
            site("by name: one", Location::caller())
        ));
        let other = std::thread::spawn(|| site("by name: one", Location::caller()).id());
        assert_eq!(other.join().unwrap(), "by name: one");
        assert!(!std::ptr::eq(
            first,
            site("by name: two", Location::caller())
        ));
        for number in 0..2 * MAX_NAMES {
            let name: &'static str = format!("by name: many {number}").leak();
            drop(async {}.measured(name));
        }
        let beyond = site(String::from("by name: beyond").leak(), Location::caller());
        assert!(std::ptr::eq(beyond, &raw const OVERFLOW));
        assert!(std::ptr::eq(
            first,
            site("by name: one", Location::caller())
        ));
    }
}

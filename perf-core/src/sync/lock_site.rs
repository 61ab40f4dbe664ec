//! In: a lock's name, or where it was made. Out: the sites of its waits and holds, made at the first of them.

use crate::alloc;
use crate::record::span::Span;
use crate::record::{beside, by_name};
use crate::site::{Kind, Site};
use once_cell::race::OnceRef;
use std::panic::Location;

/// Where a lock records.
#[derive(Debug)]
pub(super) struct LockSite {
    name: Option<&'static str>,
    made_at: &'static Location<'static>,
    holds: bool,
    waits: OnceRef<'static, Site>,
    held: OnceRef<'static, Site>,
}

impl LockSite {
    #[track_caller]
    pub(super) const fn new(name: Option<&'static str>) -> Self {
        Self {
            name,
            made_at: Location::caller(),
            holds: false,
            waits: OnceRef::new(),
            held: OnceRef::new(),
        }
    }

    #[must_use]
    pub(super) const fn timing_holds(mut self) -> Self {
        self.holds = true;
        self
    }

    /// Waits for the lock in a span.
    #[cold]
    pub(super) fn wait<G>(&self, take: impl FnOnce() -> G) -> G {
        let site = self.waits.get_or_init(|| self.site(Kind::Wait, "wait"));
        let span = Span::enter(site);
        // The first wait of a thread makes parking_lot ask for memory.
        let guard = alloc::apart(take);
        span.done();
        guard
    }

    /// The lock was taken.
    #[inline(always)]
    pub(super) fn hold(&self) -> Hold<'_> {
        Hold {
            site: if self.holds { Some(self) } else { None },
            start: if self.holds { start() } else { 0 },
        }
    }

    fn site(&self, kind: Kind, what: &str) -> &'static Site {
        alloc::apart(|| {
            let at = self.made_at;
            let name = match self.name {
                Some(name) => format!("{name} ({what})"),
                None => format!("lock {}:{} ({what})", at.file(), at.line()),
            };
            by_name::made(&name, kind, at)
        })
    }
}

#[cold]
fn start() -> u64 {
    beside::begin().unwrap_or(0)
}

/// A lock that is held, where that is timed.
#[derive(Debug)]
pub(super) struct Hold<'a> {
    site: Option<&'a LockSite>,
    start: u64, // ticks; 0 while nobody looks
}

impl Drop for Hold<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(site) = self.site {
            released(site, self.start);
        }
    }
}

#[cold]
fn released(lock: &LockSite, start: u64) {
    if start > 0 {
        let site = lock.held.get_or_init(|| lock.site(Kind::Held, "held"));
        beside::end(site, start);
    }
}

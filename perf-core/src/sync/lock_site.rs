//! In: a lock's name, or where it was made. Out: the sites of its waits and holds, made at the first of them.

use crate::alloc;
use crate::clock::Clock;
use crate::record::span::Span;
use crate::record::{beside, by_name};
use crate::site::{Kind, Site};
use once_cell::race::OnceRef;
use std::cell::Cell;
use std::panic::Location;

thread_local! {
    /// Ticks for which this thread has waited for locks while somebody looked.
    static WAITED: Cell<u64> = const { Cell::new(0) };
}

/// What is waited at where it is no lock: such waits are nobody's contention.
const CONDITION: &str = "condition";

/// Nanoseconds for which this thread has waited for locks of this module while somebody looked.
pub(crate) fn waited_here_ns() -> f64 {
    let ticks = WAITED.try_with(Cell::get).unwrap_or(0);
    Clock::global().nanoseconds_f64(ticks as f64)
}

/// Where a lock records.
#[derive(Debug)]
pub(super) struct LockSite {
    kind: &'static str, // what it is called that has no name
    name: Option<&'static str>,
    made_at: &'static Location<'static>,
    pub(super) holds: bool,
    waits: OnceRef<'static, Site>,
    held: OnceRef<'static, Site>,
}

impl LockSite {
    #[track_caller]
    pub(super) const fn new(name: Option<&'static str>) -> Self {
        Self {
            kind: "lock",
            name,
            made_at: Location::caller(),
            holds: false,
            waits: OnceRef::new(),
            held: OnceRef::new(),
        }
    }

    /// Of a condition, which is waited for and not held.
    #[must_use]
    pub(super) const fn condition(mut self) -> Self {
        self.kind = CONDITION;
        self
    }

    /// Waits for the lock in a span.
    #[cold]
    pub(super) fn wait<G>(&self, take: impl FnOnce() -> G) -> G {
        let site = self.waits.get_or_init(|| self.site(Kind::Wait, "wait"));
        let begun = start();
        let span = Span::enter(site);
        // The first wait of a thread makes parking_lot ask for memory.
        let guard = alloc::apart(take);
        span.done();
        if begun > 0 && self.kind != CONDITION {
            let waited = Clock::global().now().saturating_sub(begun);
            let _ = WAITED.try_with(|sum| sum.set(sum.get().saturating_add(waited)));
        }
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
                None => format!("{} {}:{} ({what})", self.kind, at.file(), at.line()),
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

impl Hold<'_> {
    /// The lock is given up for a while.
    pub(super) fn end(&mut self) {
        if let Some(site) = self.site {
            released(site, std::mem::take(&mut self.start));
        }
    }

    /// The lock was taken again.
    pub(super) fn begin(&mut self) {
        self.start = self.site.map_or(0, |_| start());
    }
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

//! In: limits on single sites. Out: exact counts of the calls beyond them, in time slices, from the moment a limit is registered.
//!
//! While a limit stands, calling context is kept: every span then takes the careful path, and only that path looks here. The plain one
//! knows nothing of limits. Calls are counted whether the overhead budget records them or not.
//!
//! A place is taken under a lock. Who counts in it says so in `users` first and then looks whether the limit still stands, so that
//! it is never given to another limit while somebody counts.

use crate::clock::Clock;
use crate::record::switch::Hold;
use crate::record::thread;
use crate::site;
use parking_lot::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64};

/// Limits that can stand at once.
pub(crate) const MAX_LIMITS: usize = 32;

/// Slices of each width.
const SLICES: usize = 512;
/// Widths, each eight times the one before: slices of 10 ms for 5 s, and so on for six hours; the last one then takes the rest.
const WIDTHS: usize = 5;
const NARROWEST_NS: u64 = 10_000_000;

/// Limits that stand, a bit each; 0 while nobody bounds a live site.
static STANDING: AtomicU32 = AtomicU32::new(0);
static PLACES: [Place; MAX_LIMITS] = [const { Place::new() }; MAX_LIMITS];
static NAMES: Mutex<[Option<String>; MAX_LIMITS]> = Mutex::new([const { None }; MAX_LIMITS]);

/// A limit on a site, which stands until this is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    at: usize,
    #[expect(dead_code, reason = "held for its destructor")]
    hold: Hold,
}

impl Watch {
    /// Counts the calls of the site with this id that begin from now on, and those that take longer than the limit; none where too
    /// many limits stand.
    pub(crate) fn new(id: &str, limit_ns: f64) -> Option<Self> {
        let hold = Hold::new(true);
        let at = thread::quietly(|| {
            let mut names = NAMES.lock();
            let is_free = |at: &usize| names[*at].is_none() && PLACES[*at].users.load(SeqCst) == 0;
            let at = (0..MAX_LIMITS).find(is_free)?;
            names[at] = Some(id.to_owned());
            let clock = Clock::global();
            PLACES[at].begin(clock.ticks(limit_ns.round() as u64), clock.now());
            PLACES[at].look_for(id);
            STANDING.fetch_or(1 << at, SeqCst);
            Some(at)
        })?;
        Some(Self { at, hold })
    }

    /// Calls beyond the limit and all calls, slice by slice in time order, without empty slices.
    pub(crate) fn counts(&self) -> Vec<(u64, u64)> {
        let slices = PLACES[self.at].slices.get().into_iter().flatten();
        let read = |slice: &Slice| (slice.beyond.load(SeqCst), slice.total.load(SeqCst));
        slices.map(read).filter(|counts| counts.1 > 0).collect()
    }

    /// The longest call so far, in nanoseconds.
    pub(crate) fn longest_ns(&self) -> u64 {
        Clock::global().nanoseconds(PLACES[self.at].longest.load(Relaxed))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        thread::quietly(|| {
            let mut names = NAMES.lock();
            STANDING.fetch_and(!(1 << self.at), SeqCst);
            names[self.at] = None;
        });
    }
}

/// Whether any limit stands.
#[inline(always)]
pub(crate) fn any() -> bool {
    STANDING.load(Relaxed) != 0
}

/// The start of a call whose time is of interest only to a limit, in ticks; 0 while none stands.
#[inline(always)]
pub(crate) fn start(clock: &Clock) -> u64 {
    if any() { clock.now() } else { 0 }
}

/// Takes a call that ended, by the careful path, where a limit stands. Times in ticks; a start of 0 is none.
#[inline(always)]
pub(crate) fn ended(site: u32, begun: u64, now: u64) {
    if any() && begun > 0 {
        note(site, begun, now);
    }
}

#[cold]
#[inline(never)]
fn note(site: u32, begun: u64, now: u64) {
    let mut standing = STANDING.load(Relaxed);
    while standing != 0 {
        let at = standing.trailing_zeros() as usize;
        standing &= standing - 1;
        if PLACES[at].is_of(at, site) {
            PLACES[at].count(at, begun, now);
        }
    }
}

/// Where one limit's calls are counted.
#[derive(Debug)]
struct Place {
    users: AtomicU32,   // threads that count in it right now
    site: AtomicU32,    // the site's number; 0 while none of the name was entered
    seen: AtomicU32,    // sites whose names were looked at
    limit: AtomicU64,   // ticks
    since: AtomicU64,   // ticks
    longest: AtomicU64, // ticks
    slices: OnceLock<Box<[Slice]>>,
}

#[derive(Debug, Default)]
struct Slice {
    total: AtomicU64,
    beyond: AtomicU64, // written after `total` and read before it, so that it is never more
}

impl Place {
    const fn new() -> Self {
        Self {
            users: AtomicU32::new(0),
            site: AtomicU32::new(0),
            seen: AtomicU32::new(0),
            limit: AtomicU64::new(0),
            since: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            slices: OnceLock::new(),
        }
    }

    fn begin(&self, limit: u64, now: u64) {
        let make = || (0..SLICES * WIDTHS).map(|_| Slice::default()).collect();
        for slice in self.slices.get_or_init(make) {
            slice.total.store(0, Relaxed);
            slice.beyond.store(0, Relaxed);
        }
        self.site.store(0, Relaxed);
        self.seen.store(0, Relaxed);
        self.longest.store(0, Relaxed);
        self.limit.store(limit, Relaxed);
        self.since.store(now, Relaxed);
    }

    /// Finds the number of the site with this id, if it was entered yet.
    fn look_for(&self, id: &str) {
        let sites = site::registered();
        let found = sites.iter().find(|site| site.id() == id);
        self.site
            .store(found.map_or(0, |site| site.index()), Relaxed);
        self.seen.store(sites.len() as u32, Relaxed);
    }

    fn is_of(&self, at: usize, site: u32) -> bool {
        let known = self.site.load(Relaxed);
        if known == 0 && site > self.seen.load(Relaxed) {
            thread::quietly(|| {
                if let Some(id) = &NAMES.lock()[at] {
                    self.look_for(id);
                }
            });
            return self.site.load(Relaxed) == site;
        }
        known == site
    }

    fn count(&self, at: usize, begun: u64, now: u64) {
        self.users.fetch_add(1, SeqCst);
        let since = self.since.load(Relaxed);
        let stands = STANDING.load(SeqCst) & 1 << at != 0;
        if let Some(slices) = self.slices.get().filter(|_| stands && begun >= since) {
            let elapsed = now.saturating_sub(begun);
            let slice = &slices[slice(Clock::global().nanoseconds(now.saturating_sub(since)))];
            slice.total.fetch_add(1, SeqCst);
            if elapsed > self.limit.load(Relaxed) {
                slice.beyond.fetch_add(1, SeqCst);
            }
            self.longest.fetch_max(elapsed, Relaxed);
        }
        self.users.fetch_sub(1, SeqCst);
    }
}

/// The number of the slice of this moment, in nanoseconds since the limit was registered.
fn slice(nanoseconds: u64) -> usize {
    let (mut left, mut width) = (nanoseconds, NARROWEST_NS);
    for first in (0..WIDTHS).map(|width| width * SLICES) {
        let within = left / width;
        if within < SLICES as u64 {
            return first + within as usize;
        }
        left -= width * SLICES as u64;
        width *= 8;
    }
    SLICES * WIDTHS - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_follow_each_other_and_end() {
        assert_eq!((slice(0), slice(9_999_999), slice(10_000_000)), (0, 0, 1));
        assert_eq!((slice(5_119_999_999), slice(5_120_000_000)), (511, 512));
        assert_eq!(slice(u64::MAX), SLICES * WIDTHS - 1);
        let mut last = 0;
        for second in 0..40_000 {
            let at = slice(second * 1_000_000_000);
            assert!(at >= last && at < SLICES * WIDTHS);
            last = at;
        }
    }
}

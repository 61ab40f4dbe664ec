//! In: passages of sites that ask for more than time. Out: [`Meter`]s, a site's allocations, page faults and CPU time on one thread; single-writer.
//!
//! Allocations and page faults are counted in every call, sampled or not, so they are exact. CPU time is read in recorded calls only and weighted as
//! their wall time is, so it is unbiased.

use crate::alloc;
use crate::record::cell::Cell;
use crate::record::faults::{CountWords, FaultSums, Faulted};
use crate::record::shard;
use crate::record::table::Table;
use crate::shim::AtomicU64;
use crate::site::MAX_SITES;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

/// The meters of one shard, by the site's number.
#[derive(Debug)]
pub(crate) struct Meters {
    by_site: Table<Meter>,
    in_context: Table<OwnTaken>, // by the cell's number; of cells that stand under a caller
    // What callees whose allocations are measured have taken on this thread; owner only.
    callees_count: AtomicU64,
    callees_bytes: AtomicU64,
    // And what those have met whose faults are measured.
    pub(crate) callees_faults: CountWords,
}

/// One site's sums on one thread.
#[derive(Debug)]
pub(crate) struct Meter {
    calls: AtomicU64, // whose allocations were counted
    count: AtomicU64, // inclusive, outermost calls only
    bytes: AtomicU64,
    own_count: AtomicU64, // without measured callees
    own_bytes: AtomicU64,
    open: AtomicU64,         // open calls whose allocations are counted; owner only
    cpu_calls: AtomicU64,    // whose CPU time was read
    cpu: AtomicU64,          // nanoseconds, outermost calls only, weighted
    cpu_variance: AtomicU64, // f64, of `cpu` through sampling
    transferred: AtomicU64,  // bytes through a reader or writer, or what a counter has counted
    pub(crate) faults: FaultSums,
}

/// What the calls of one context have taken themselves.
#[derive(Debug)]
struct OwnTaken {
    count: AtomicU64,
    bytes: AtomicU64,
}

/// Allocations and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// A [`Meter`]'s words, summed over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Metered {
    pub(crate) calls: u64,
    pub(crate) taken: Taken,
    pub(crate) own: Taken,
    pub(crate) cpu_calls: u64,
    pub(crate) cpu_ns: u64,
    pub(crate) cpu_variance: f64, // ns squared
    pub(crate) transferred: u64,
    pub(crate) faults: Faulted,
}

impl Taken {
    /// What this thread has taken so far.
    #[inline(always)]
    pub(crate) fn now() -> Self {
        let (count, bytes) = alloc::taken();
        Self { count, bytes }
    }

    #[inline(always)]
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            count: self.count.wrapping_sub(before.count),
            bytes: self.bytes.wrapping_sub(before.bytes),
        }
    }

    #[inline(always)]
    pub(crate) fn plus(self, more: Self) -> Self {
        Self {
            count: self.count.wrapping_add(more.count),
            bytes: self.bytes.wrapping_add(more.bytes),
        }
    }

    /// A sum without a part of it that may have been read later.
    pub(crate) fn without(self, part: Self) -> Self {
        Self {
            count: self.count.saturating_sub(part.count),
            bytes: self.bytes.saturating_sub(part.bytes),
        }
    }
}

impl Meters {
    pub(crate) fn new() -> Self {
        Self {
            by_site: Table::new(),
            in_context: Table::new(),
            callees_count: AtomicU64::new(0),
            callees_bytes: AtomicU64::new(0),
            callees_faults: CountWords::new(),
        }
    }

    /// The site's meter, made now if need be. Owner only.
    #[inline(always)]
    pub(crate) fn of(&self, site: u32) -> Option<&'static Meter> {
        self.by_site.get(site).or_else(|| self.make(site))
    }

    #[cold]
    fn make(&self, site: u32) -> Option<&'static Meter> {
        super::thread::quietly(|| {
            let meter: &'static Meter = Box::leak(Box::new(Meter::new()));
            self.by_site.set(site, meter).then_some(meter)
        })
    }

    /// Counts what a call has taken itself where its cell stands under a caller; the rest of a site is its own cell's. Owner only.
    #[inline(always)]
    pub(crate) fn take_in_context(&self, cell: &Cell, own: Taken) {
        if cell.parent.is_some()
            && let Some(sums) = self.of_context(cell.number)
        {
            add(&sums.count, own.count);
            add(&sums.bytes, own.bytes);
        }
    }

    fn of_context(&self, cell: u32) -> Option<&'static OwnTaken> {
        self.in_context.get(cell).or_else(|| {
            super::thread::quietly(|| {
                let zero = || AtomicU64::new(0);
                let sums: &'static OwnTaken = Box::leak(Box::new(OwnTaken {
                    count: zero(),
                    bytes: zero(),
                }));
                self.in_context.set(cell, sums).then_some(sums)
            })
        })
    }

    /// What the calls of a context have taken themselves. Any thread.
    pub(crate) fn own_in_context(&self, cell: u32) -> Taken {
        let sums = self.in_context.get(cell);
        sums.map_or_else(Taken::default, |sums| Taken {
            count: sums.count.load(Relaxed),
            bytes: sums.bytes.load(Relaxed),
        })
    }

    /// What the calls of a site have taken themselves, in all its contexts. Any thread.
    pub(crate) fn own(&self, site: u32) -> Taken {
        let meter = self.by_site.get(site);
        meter.map_or_else(Taken::default, |meter| meter.read().own)
    }

    /// What measured callees have taken. Owner only.
    #[inline(always)]
    pub(crate) fn callees(&self) -> Taken {
        Taken {
            count: self.callees_count.load(Relaxed),
            bytes: self.callees_bytes.load(Relaxed),
        }
    }

    /// Adds a call that has ended to what callees have taken; `before` is what they had when it began. Owner only.
    #[inline(always)]
    pub(crate) fn ended(&self, before: Taken, call: Taken) {
        let all = before.plus(call);
        self.callees_count.store(all.count, Relaxed);
        self.callees_bytes.store(all.bytes, Relaxed);
    }
}

impl Meter {
    fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            calls: zero(),
            count: zero(),
            bytes: zero(),
            own_count: zero(),
            own_bytes: zero(),
            open: zero(),
            cpu_calls: zero(),
            cpu: zero(),
            cpu_variance: zero(),
            transferred: zero(),
            faults: FaultSums::new(),
        }
    }

    /// A call begins; true if it is the outermost of its site on this thread. Owner only.
    #[inline(always)]
    pub(crate) fn open(&self) -> bool {
        let open = self.open.load(Relaxed);
        self.open.store(open.wrapping_add(1), Relaxed);
        open == 0
    }

    /// Undoes [`Meter::open`]. Owner only.
    #[inline(always)]
    pub(crate) fn close(&self) {
        let open = self.open.load(Relaxed);
        self.open.store(open.saturating_sub(1), Relaxed);
    }

    /// Counts a call that ended. Owner only.
    #[inline(always)]
    pub(crate) fn take(&self, call: Taken, own: Taken, outermost: bool) {
        add(&self.calls, 1);
        add(&self.own_count, own.count);
        add(&self.own_bytes, own.bytes);
        if outermost {
            add(&self.count, call.count);
            add(&self.bytes, call.bytes);
        }
    }

    /// Counts the CPU time of a recorded call. Owner only.
    pub(crate) fn run(&self, cpu_ns: u64, weight: u32, outermost: bool) {
        add(&self.cpu_calls, 1);
        if !outermost {
            return;
        }
        let weight = u64::from(weight);
        add(&self.cpu, cpu_ns.wrapping_mul(weight));
        if weight > 1 {
            // As with wall time: each call is kept with probability 1/w.
            let more = (weight * (weight - 1)) as f64 * (cpu_ns as f64) * (cpu_ns as f64);
            let sum = f64::from_bits(self.cpu_variance.load(Relaxed)) + more;
            self.cpu_variance.store(sum.to_bits(), Relaxed);
        }
    }

    /// Counts what passed through. Owner only.
    #[inline(always)]
    pub(crate) fn transfer(&self, amount: u64) {
        add(&self.transferred, amount);
    }

    fn read(&self) -> Metered {
        let get = |word: &AtomicU64| word.load(Relaxed);
        Metered {
            calls: get(&self.calls),
            taken: Taken {
                count: get(&self.count),
                bytes: get(&self.bytes),
            },
            own: Taken {
                count: get(&self.own_count),
                bytes: get(&self.own_bytes),
            },
            cpu_calls: get(&self.cpu_calls),
            cpu_ns: get(&self.cpu),
            cpu_variance: f64::from_bits(get(&self.cpu_variance)),
            transferred: get(&self.transferred),
            faults: self.faults.read(),
        }
    }
}

/// All meters, by the site's number, summed over threads. Any thread.
pub(crate) fn totals() -> BTreeMap<u32, Metered> {
    let mut all: BTreeMap<u32, Metered> = BTreeMap::new();
    for shard in shard::all() {
        for site in 1..=MAX_SITES {
            let Some(meter) = shard.meters.by_site.get(site) else {
                continue;
            };
            let (sum, more) = (all.entry(site).or_default(), meter.read());
            sum.calls += more.calls;
            sum.taken = sum.taken.plus(more.taken);
            sum.own = sum.own.plus(more.own);
            sum.cpu_calls += more.cpu_calls;
            sum.cpu_ns = sum.cpu_ns.wrapping_add(more.cpu_ns);
            sum.cpu_variance += more.cpu_variance;
            sum.transferred = sum.transferred.wrapping_add(more.transferred);
            sum.faults = sum.faults.plus(more.faults);
        }
    }
    all
}

#[inline(always)]
fn add(sum: &AtomicU64, more: u64) {
    sum.store(sum.load(Relaxed).wrapping_add(more), Relaxed);
}

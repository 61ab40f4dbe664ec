//! In: what the kernel counted of a thread during calls. Out: [`FaultSums`], a site's page faults and switches on one thread; single-writer.

use crate::clock::kernel::FaultCounts;
use crate::shim::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Running sums of the kernel's counts; owner writes, anybody reads.
#[derive(Debug)]
pub(crate) struct CountWords([AtomicU64; 4]);

/// One site's sums on one thread.
#[derive(Debug)]
pub(crate) struct FaultSums {
    calls: AtomicU64,
    readings: AtomicU64, // pairs: one a call, one a poll
    open: AtomicU64,     // open calls; owner only
    all: CountWords,     // inclusive, outermost calls only
    own: CountWords,     // without measured callees
}

/// [`FaultSums`]' words, summed over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faulted {
    pub(crate) calls: u64,
    pub(crate) readings: u64,
    pub(crate) all: FaultCounts,
    pub(crate) own: FaultCounts,
}

impl CountWords {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    pub(crate) fn read(&self) -> FaultCounts {
        let [minor, major, voluntary, involuntary] = &self.0;
        FaultCounts {
            minor_faults: minor.load(Relaxed),
            major_faults: major.load(Relaxed),
            voluntary_switches: voluntary.load(Relaxed),
            involuntary_switches: involuntary.load(Relaxed),
        }
    }

    /// Owner only.
    pub(crate) fn store(&self, counts: FaultCounts) {
        let [minor, major, voluntary, involuntary] = &self.0;
        minor.store(counts.minor_faults, Relaxed);
        major.store(counts.major_faults, Relaxed);
        voluntary.store(counts.voluntary_switches, Relaxed);
        involuntary.store(counts.involuntary_switches, Relaxed);
    }

    fn add(&self, more: FaultCounts) {
        self.store(self.read().plus(more));
    }
}

impl FaultSums {
    pub(crate) fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
            readings: AtomicU64::new(0),
            open: AtomicU64::new(0),
            all: CountWords::new(),
            own: CountWords::new(),
        }
    }

    /// A call begins; true if it is the outermost of its site on this thread. Owner only.
    pub(crate) fn open(&self) -> bool {
        let open = self.open.load(Relaxed);
        self.open.store(open.wrapping_add(1), Relaxed);
        open == 0
    }

    /// Undoes [`FaultSums::open`]. Owner only.
    pub(crate) fn close(&self) {
        let open = self.open.load(Relaxed);
        self.open.store(open.saturating_sub(1), Relaxed);
    }

    /// Counts a call that ended, and the pairs of readings that it took. Owner only.
    pub(crate) fn take(&self, call: FaultCounts, own: FaultCounts, outermost: bool, readings: u64) {
        let add = |sum: &AtomicU64, more: u64| {
            sum.store(sum.load(Relaxed).wrapping_add(more), Relaxed);
        };
        add(&self.calls, 1);
        add(&self.readings, readings);
        self.own.add(own);
        if outermost {
            self.all.add(call);
        }
    }

    pub(crate) fn read(&self) -> Faulted {
        Faulted {
            calls: self.calls.load(Relaxed),
            readings: self.readings.load(Relaxed),
            all: self.all.read(),
            own: self.own.read(),
        }
    }
}

impl Faulted {
    pub(crate) fn plus(self, more: Self) -> Self {
        Self {
            calls: self.calls + more.calls,
            readings: self.readings + more.readings,
            all: self.all.plus(more.all),
            own: self.own.plus(more.own),
        }
    }
}

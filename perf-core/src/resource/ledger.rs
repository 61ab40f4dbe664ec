//! In: memory measured and memory promised. Out: [`Ledger`], what more may be promised. Pure numbers, in bytes.

/// One look at memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) used: u64, // by this process; 0 where that is not known: promises alone are counted then
    pub(super) outside: u64, // what others leave
}

/// What promises are held against.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// Promises alone: what allocators keep of freed memory does not count.
    Promised(u64),
    /// All that the process holds.
    Resident(u64),
}

/// What was promised, and what the program holds besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ledger {
    base: u64,     // held besides the promised
    reserved: u64, // promised now
    highest: u64,  // that was ever promised: the allocator may have kept so much of it
}

impl Ledger {
    /// Nothing is promised yet.
    pub(super) fn new(measured: Measured) -> Self {
        Self {
            base: measured.used,
            reserved: 0,
            highest: 0,
        }
    }

    pub(super) fn reserved(&self) -> u64 {
        self.reserved
    }

    pub(super) fn take(&mut self, bytes: u64) {
        self.reserved = self.reserved.saturating_add(bytes);
        self.highest = self.highest.max(self.reserved);
    }

    pub(super) fn give_back(&mut self, bytes: u64) {
        self.reserved = self.reserved.saturating_sub(bytes);
    }

    /// The most that can ever be promised at a time.
    pub(super) fn most(&self, bound: Bound) -> u64 {
        match bound {
            Bound::Promised(most) => most,
            Bound::Resident(limit) => limit.saturating_sub(self.base),
        }
    }

    /// What more could be promised if nothing but promises were held.
    pub(super) fn promisable(&self, bound: Bound) -> u64 {
        self.most(bound).saturating_sub(self.reserved)
    }

    /// What more may be promised now.
    pub(super) fn room(&mut self, bound: Bound, measured: Measured) -> u64 {
        if self.reserved == 0 {
            self.base = self.base.min(measured.used);
        }
        match bound {
            Bound::Promised(_) => {
                let touched = measured.used.saturating_sub(self.base).min(self.reserved);
                let to_come = self.reserved - touched;
                self.promisable(bound)
                    .min(measured.outside.saturating_sub(to_come))
            }
            Bound::Resident(limit) => self.room_within(limit, measured),
        }
    }

    /// Promises count in full, touched or not. Of what is used beyond them, as much as was ever promised and given back may be memory
    /// that the allocator kept, and serves the next work; the rest is growth of another kind.
    fn room_within(&self, limit: u64, Measured { used, outside }: Measured) -> u64 {
        if used > limit {
            return 0;
        }
        let kept = self.highest.saturating_sub(self.reserved);
        let promised = self.base.saturating_add(self.reserved);
        let held = promised.max(used.saturating_sub(kept));
        let within = limit.saturating_sub(held);
        // What the allocator kept can be had without taking more from outside.
        let beyond = used.saturating_add(outside).saturating_sub(held);
        within.min(beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(used: u64) -> Measured {
        Measured {
            used,
            outside: 1_000,
        }
    }

    #[test]
    fn promised_memory_counts_before_and_after_it_is_touched() {
        let mut ledger = Ledger::new(seen(20));
        assert_eq!(ledger.room(Bound::Resident(100), seen(20)), 80);
        ledger.take(80);
        assert_eq!(
            ledger.room(Bound::Resident(100), seen(20)),
            0,
            "nothing is touched yet"
        );
        assert_eq!(ledger.room(Bound::Resident(100), seen(100)), 0, "now it is");
        ledger.give_back(80);
        assert_eq!(
            ledger.room(Bound::Resident(100), seen(100)),
            80,
            "freed, and kept by the allocator"
        );
        assert_eq!(
            ledger.room(Bound::Resident(100), seen(101)),
            0,
            "something else has grown over the limit"
        );
        assert_eq!(ledger.most(Bound::Resident(100)), 80);
    }

    #[test]
    fn growth_of_another_kind_is_seen() {
        let mut ledger = Ledger::new(seen(20));
        ledger.take(10);
        assert_eq!(ledger.room(Bound::Resident(100), seen(70)), 30);
    }

    #[test]
    fn what_others_leave_is_a_limit_too() {
        let measured = Measured {
            used: 10,
            outside: 5,
        };
        let mut ledger = Ledger::new(measured);
        assert_eq!(ledger.room(Bound::Resident(100), measured), 5);
    }

    #[test]
    fn a_budget_counts_promises_and_what_others_leave() {
        let mut ledger = Ledger::new(seen(20));
        let bound = Bound::Promised(100);
        ledger.take(60);
        assert_eq!(
            ledger.room(bound, seen(500)),
            40,
            "kept memory does not count"
        );
        let scarce = |used| Measured { used, outside: 70 };
        assert_eq!(
            ledger.room(bound, scarce(20)),
            10,
            "60 are still to be taken"
        );
        assert_eq!(ledger.room(bound, scarce(80)), 40, "they are taken");
    }
}

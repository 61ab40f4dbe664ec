//! In: a limit on memory and work that asks for some of it. Out: [`MemoryPermit`]s, given only while there is room.

use super::headroom::outside;
use super::ledger::{Bound, Ledger, Measured};
use crate::probe::{Probe, give_back_freed_memory};
use crate::units::bytes;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A reading of memory is used for so long.
const FRESH: Duration = Duration::from_millis(5);

/// How often who waits looks again: memory may be given back by others than permits.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// With no permit out and still no room after this, waiting has no point: nothing of ours will give memory back.
const PATIENCE: Duration = Duration::from_secs(1);

/// A semaphore counted in bytes: work starts only while the memory it asks for fits below the limit.
///
/// What is out in permits counts in full, whether the work has touched it yet or not; what control group and machine have left is
/// measured, and with [`MemoryPermits::within`] what the program holds besides. Memory that finished work has freed and the allocator kept counts as free again;
/// glibc's allocator is asked to give it back to the kernel where it is in the way.
/// Who asks first is served first. Clones share the limit. Cost: some 100 ns, and every 5 ms a reading of some 50 µs.
///
/// ```
/// use perf_core::resource::{MemoryPermits, NoRoom};
/// let permits = MemoryPermits::of(100 << 20);
/// let first = permits.try_acquire(80 << 20)?;
/// assert!(matches!(permits.try_acquire(40 << 20), Err(NoRoom::NotNow { .. })));
/// drop(first);
/// assert!(permits.try_acquire(40 << 20).is_ok());
/// assert!(matches!(permits.acquire(200 << 20), Err(NoRoom::TooLarge { .. })));
/// # Ok::<(), NoRoom>(())
/// ```
#[derive(Clone)]
pub struct MemoryPermits {
    inner: Arc<Inner>,
}

/// Leave to use so many bytes; given back where it is dropped. It may move to other threads and into futures.
#[must_use = "the permit ends where it is dropped: bind it with `let _permit = ...`"]
pub struct MemoryPermit {
    inner: Arc<Inner>,
    bytes: u64,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoRoom {
    /// More was asked for than there ever is: split the work.
    TooLarge {
        /// Bytes asked for.
        asked: u64,
        /// The most that can be had.
        most: u64,
    },
    /// There is too little now: wait, or work on less.
    NotNow {
        /// Bytes asked for.
        asked: u64,
        /// Bytes that could be had.
        room: u64,
    },
}

struct Inner {
    bound: Bound,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    meter: Box<dyn FnMut() -> Measured + Send>,
    measured: Measured,
    at: Instant,
    trim: fn(),
    trimmed: Instant,
    ledger: Ledger,
    waiting: VecDeque<u64>,
    tickets: u64,
}

impl MemoryPermits {
    /// Permits for so many bytes together, whatever the program holds besides.
    pub fn of(bytes: u64) -> Self {
        let bound = Bound::Promised(bytes);
        Self::with_meter(bound, Box::new(meter()), give_back_freed_memory)
    }

    /// Permits under which the program's resident memory stays within `rss` bytes, what it holds already counted in.
    ///
    /// An allocator that keeps freed memory for each thread may hold more than the work ever did: then there is no room, though much of
    /// it is free. Leave it some, or use [`MemoryPermits::of`].
    pub fn within(rss: u64) -> Self {
        let bound = Bound::Resident(rss);
        Self::with_meter(bound, Box::new(meter()), give_back_freed_memory)
    }

    fn with_meter(
        bound: Bound,
        mut meter: Box<dyn FnMut() -> Measured + Send>,
        trim: fn(),
    ) -> Self {
        let measured = meter();
        let now = Instant::now();
        let state = State {
            meter,
            measured,
            at: now,
            trim,
            trimmed: now,
            ledger: Ledger::new(measured),
            waiting: VecDeque::new(),
            tickets: 0,
        };
        Self {
            inner: Arc::new(Inner {
                bound,
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    /// A permit, if there is room and nobody waits for one. For asynchronous programs, which may not block: ask again later.
    ///
    /// # Errors
    /// [`NoRoom`].
    pub fn try_acquire(&self, bytes: u64) -> Result<MemoryPermit, NoRoom> {
        let mut state = self.inner.state.lock();
        if !state.waiting.is_empty() {
            return Err(NoRoom::NotNow {
                asked: bytes,
                room: 0,
            });
        }
        self.admit(&mut state, bytes)
    }

    /// Waits until there is room, behind those who came before.
    ///
    /// # Errors
    /// [`NoRoom`], where waiting has no point: more than the limit was asked for, or no permit is out and there is no room all the same.
    pub fn acquire(&self, bytes: u64) -> Result<MemoryPermit, NoRoom> {
        self.wait(bytes, None)
    }

    /// As [`MemoryPermits::acquire`], for so long at most.
    ///
    /// # Errors
    /// [`NoRoom`].
    pub fn acquire_timeout(&self, bytes: u64, most: Duration) -> Result<MemoryPermit, NoRoom> {
        self.wait(bytes, Instant::now().checked_add(most))
    }

    /// Bytes that are out in permits.
    pub fn reserved(&self) -> u64 {
        self.inner.state.lock().ledger.reserved()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.inner.state.lock().waiting.len()
    }

    fn wait(&self, bytes: u64, until: Option<Instant>) -> Result<MemoryPermit, NoRoom> {
        let mut state = self.inner.state.lock();
        state.tickets += 1;
        let ticket = state.tickets;
        state.waiting.push_back(ticket);
        let answer = self.wait_with(&mut state, ticket, bytes, until);
        state.waiting.retain(|other| *other != ticket);
        drop(state);
        self.inner.changed.notify_all();
        answer
    }

    fn wait_with(
        &self,
        state: &mut MutexGuard<'_, State>,
        ticket: u64,
        bytes: u64,
        until: Option<Instant>,
    ) -> Result<MemoryPermit, NoRoom> {
        let mut hopeless_since = None;
        loop {
            let first = state.waiting.front() == Some(&ticket);
            let refused = if first {
                match self.admit(state, bytes) {
                    Err(refused @ NoRoom::NotNow { .. }) => refused,
                    decided => return decided,
                }
            } else {
                NoRoom::NotNow {
                    asked: bytes,
                    room: 0,
                }
            };
            let now = Instant::now();
            let hopeless = first && state.ledger.reserved() == 0;
            let since = *hopeless_since.get_or_insert(now);
            if !hopeless {
                hopeless_since = None;
            } else if now.duration_since(since) >= PATIENCE {
                return Err(refused);
            }
            if until.is_some_and(|until| now >= until) {
                return Err(refused);
            }
            let again = now + LOOK_AGAIN;
            let next = until.map_or(again, |until| until.min(again));
            self.inner.changed.wait_until(state, next);
        }
    }

    fn admit(&self, state: &mut State, bytes: u64) -> Result<MemoryPermit, NoRoom> {
        let bound = self.inner.bound;
        let room = state.room_for(bound, bytes);
        let most = state.ledger.most(bound);
        if bytes > most {
            return Err(NoRoom::TooLarge { asked: bytes, most });
        }
        if bytes > room {
            return Err(NoRoom::NotNow { asked: bytes, room });
        }
        state.ledger.take(bytes);
        Ok(MemoryPermit {
            inner: Arc::clone(&self.inner),
            bytes,
        })
    }
}

impl State {
    /// What a permit could have now. Where that is too little only because the allocator keeps what was freed, it is asked to give it
    /// back to the kernel.
    fn room_for(&mut self, bound: Bound, bytes: u64) -> u64 {
        let now = Instant::now();
        if now.duration_since(self.at) >= FRESH {
            self.look(now);
        }
        let room = self.ledger.room(bound, self.measured);
        let kept = self.ledger.promisable(bound) >= bytes;
        if room >= bytes || !kept || now.duration_since(self.trimmed) < LOOK_AGAIN {
            return room;
        }
        (self.trim)();
        self.trimmed = now;
        self.look(now);
        self.ledger.room(bound, self.measured)
    }

    fn look(&mut self, now: Instant) {
        self.measured = (self.meter)();
        self.at = now;
    }
}

impl MemoryPermit {
    /// Bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives back all but so many bytes, once the work turns out to need less.
    pub fn shrink_to(&mut self, bytes: u64) {
        let back = self.bytes.saturating_sub(bytes);
        self.bytes -= back;
        self.inner.give_back(back);
    }
}

impl Inner {
    fn give_back(&self, bytes: u64) {
        self.state.lock().ledger.give_back(bytes);
        self.changed.notify_all();
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        self.inner.give_back(self.bytes);
    }
}

fn meter() -> impl FnMut() -> Measured + Send {
    let mut probe = Probe::new();
    move || Measured {
        used: probe.rss().unwrap_or(0),
        outside: outside(&probe.machine()).map_or(u64::MAX, |room| room.bytes),
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLarge { asked, most } => write!(
                f,
                "{} were asked for and the limit is {}: split the work",
                bytes(asked as f64),
                bytes(most as f64)
            ),
            Self::NotNow { asked, room } => write!(
                f,
                "{} were asked for and {} are free: wait, or work on less",
                bytes(asked as f64),
                bytes(room as f64)
            ),
        }
    }
}

impl std::error::Error for NoRoom {}

impl fmt::Debug for MemoryPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPermits")
            .field("bound", &self.inner.bound)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MemoryPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPermit")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    /// Permits below 100 with a memory that the test sets.
    fn metered(start: u64) -> (MemoryPermits, Arc<AtomicU64>) {
        let used = Arc::new(AtomicU64::new(start));
        let read = Arc::clone(&used);
        let meter = move || Measured {
            used: read.load(SeqCst),
            outside: 1_000,
        };
        (
            MemoryPermits::with_meter(Bound::Resident(100), Box::new(meter), || {}),
            used,
        )
    }

    fn stale(permits: &MemoryPermits) {
        let mut state = permits.inner.state.lock();
        state.at = state
            .at
            .checked_sub(FRESH)
            .expect("the machine runs for longer");
    }

    #[test]
    fn hopeless_waiting_ends() {
        let (permits, used) = metered(20);
        used.store(100, SeqCst); // not by permits
        stale(&permits);
        assert!(matches!(permits.acquire(10), Err(NoRoom::NotNow { .. })));
        assert_eq!(permits.waiting(), 0);
    }

    #[test]
    fn who_waits_is_woken_in_turn() {
        let (permits, _) = metered(0);
        let first = permits.acquire(100).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| permits.acquire(60).map(|permit| permit.bytes()));
            while permits.waiting() == 0 {
                std::thread::yield_now();
            }
            assert!(permits.try_acquire(0).is_err(), "nobody overtakes");
            let timed = permits.acquire_timeout(1, Duration::from_millis(1));
            assert!(timed.is_err());
            drop(first);
            assert_eq!(waiter.join().unwrap(), Ok(60));
        });
        assert_eq!((permits.reserved(), permits.waiting()), (0, 0));
    }
}

//! In: what the machine did beside the calls. Out: [`Machine`]: what a slow call would have taken without it, and a sentence on it.
//!
//! Three witnesses. The kernel's account of how long this thread waited for a CPU, which is exact; the host's stolen time, which comes in
//! steps of 10 ms and says not when; and a fixed piece of work, timed now and then, that tells when the machine itself is slower.

use crate::bound::kernel::chain;
use crate::bound::timing::own_cost;
use crate::clock::Clock;
use crate::probe::{CpuTimes, Probe};
use crate::units;
use perf_stats::Rng;
use perf_stats::describe::median;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Watches the machine during one check.
pub(super) struct Machine {
    clock: &'static Clock,
    seed: u64,
    probe: Probe,
    rng: Rng,
    waited: Option<u64>, // nanoseconds in the run queue, at the latest look
    waited_here: u64,    // nanoseconds since the start
    everywhere: bool,    // whether threads that wait for a CPU anywhere count as stolen time does
    stolen: Option<u64>, // nanoseconds of all CPUs, at the latest look
    stolen_here: u64,
    credit: f64, // calls that stolen time may have slowed and that are not excused yet
    next_theft: u64, // ticks at which stolen time is looked at again
    next_slot: u64, // ticks
    slots: Vec<f64>, // nanoseconds
}

/// Steps of the fixed work: some 1.2 µs, in registers only. Much shorter, and the clock's own step would decide.
const STEPS: usize = 1_000;
/// Between two slots, on average.
const SLOT_EVERY_NS: u64 = 300_000;
/// Slots kept for the sentence.
const SLOTS: usize = 4_096;
/// Slots that tell how fast the machine is now.
const RECENT: usize = 3;
/// Slots at the start, of which the fastest is a first idea of the machine's best.
const FIRST: usize = 16;
/// The machine counts as slower beyond this: below it, slots differ by chance.
const SLOWER: f64 = 1.1;
/// A host takes a CPU away for at least about so long: shorter thefts would slow more calls for the same stolen time.
const THEFT_NS: f64 = 1e6;
/// Fixed work beside a longer call ends here; it then stands for more calls than one.
const LONGEST_CONTROL_NS: f64 = 20_000.0;
/// Between two looks at stolen time.
const THEFT_LOOK_NS: u64 = 1_000_000;

/// The fastest slot of the process, in picoseconds.
static BEST: AtomicU64 = AtomicU64::new(u64::MAX);

impl Machine {
    pub(super) fn start(seed: u64) -> Self {
        Self::watch(seed, false)
    }

    /// Excuses too what other threads waited for CPUs: one of them may hold what a call waits for.
    pub(super) fn start_everywhere(seed: u64) -> Self {
        Self::watch(seed, true)
    }

    fn watch(seed: u64, everywhere: bool) -> Self {
        let clock = Clock::global();
        let mut probe = Probe::new();
        (0..FIRST).for_each(|_| note(slot(clock)));
        Self {
            clock,
            seed,
            waited: probe.this_thread().waited_ns.ok(),
            waited_here: 0,
            stolen: taken(&mut probe, everywhere),
            stolen_here: 0,
            everywhere,
            credit: 0.0,
            next_theft: 0,
            next_slot: clock.now(),
            slots: Vec::new(),
            rng: Rng::new(seed),
            probe,
        }
    }

    /// Another account from now on, by the same witnesses.
    pub(super) fn anew(&self) -> Self {
        let fresh = Self::watch(self.seed, self.everywhere);
        Self {
            waited: self.waited.and(fresh.waited),
            stolen: self.stolen.and(fresh.stolen),
            ..fresh
        }
    }

    /// What a call would have taken on a machine that did nothing else; at most what it took.
    pub(super) fn undisturbed(&mut self, nanoseconds: f64) -> f64 {
        let waited = self.waited_since() as f64;
        self.look_for_theft();
        if self.credit >= 1.0 {
            self.credit -= 1.0;
            return 0.0;
        }
        (nanoseconds - waited).max(0.0) / self.slowness()
    }

    /// After a rest, in which nothing was judged: what the thread waited for meanwhile excuses nothing.
    pub(super) fn resume(&mut self) {
        if self.waited.is_some() {
            self.waited = self.probe.this_thread().waited_ns.ok();
        }
    }

    /// Does the control's work once, and gives by how many nanoseconds it was slower than at its best, as the machine's known slowness and
    /// waiting do not explain. Where that would have made a call exceed its limit, it excuses a call that did.
    pub(super) fn compare(&mut self, control: &Control) -> f64 {
        let start = self.clock.now();
        black_box(chain(black_box(control.steps)));
        let took = self
            .clock
            .nanoseconds_f64(self.clock.now().saturating_sub(start) as f64);
        let best = control.best();
        if took <= best + control.slack {
            return (took / self.slowness() - best).max(0.0);
        }
        let waited = self.waited_since() as f64;
        let beyond = (took - waited).max(0.0) / self.slowness() - best;
        if beyond > control.slack {
            self.credit += control.weight;
        }
        beyond.max(0.0)
    }

    /// The share of the time since the start, in nanoseconds, that went to others or to slowness; within 0 and 1.
    pub(super) fn disturbance(&mut self, spent: f64) -> f64 {
        self.waited_since();
        self.look_for_theft();
        let taken = (self.waited_here + self.stolen_here) as f64 / spent.max(1.0);
        let slowness = median(&self.slots).map_or(1.0, |slot| slot / best());
        let slowness = if slowness > SLOWER { slowness } else { 1.0 };
        1.0 - (1.0 - taken.min(1.0)) / slowness
    }

    /// Between calls: times the fixed work, now and then.
    pub(super) fn rest(&mut self, now: u64) {
        if now < self.next_slot {
            return;
        }
        let gap = SLOT_EVERY_NS / 2 + self.rng.below(SLOT_EVERY_NS as usize) as u64;
        self.next_slot = now + self.clock.ticks(gap);
        let took = slot(self.clock);
        note(took);
        if self.slots.len() == SLOTS {
            self.slots.drain(..SLOTS / 2);
        }
        self.slots.push(took);
    }

    /// What the machine did, as a sentence.
    pub(super) fn told(&mut self) -> String {
        self.waited_since();
        self.next_theft = 0;
        self.look_for_theft();
        let waited = match self.waited {
            Some(_) => format!(
                "waited {} for a CPU",
                units::duration(self.waited_here as f64)
            ),
            None => "how long it waited for a CPU is not told here".to_owned(),
        };
        let stolen = match self.stolen {
            Some(_) if self.everywhere => format!(
                "threads of the machine were kept from a CPU for {}",
                units::duration(self.stolen_here as f64)
            ),
            Some(_) => format!("the host took {}", units::duration(self.stolen_here as f64)),
            None => "stolen time is not told here".to_owned(),
        };
        let speed = match median(&self.slots) {
            Ok(slot) => format!(
                "a fixed piece of work took {:.2} times its best",
                slot / best()
            ),
            Err(_) => "its speed was not looked at".to_owned(),
        };
        let load = self.probe.load().map_or(String::new(), |load| {
            format!(", load {:.1}", load.one_minute)
        });
        format!("{waited}, {stolen}, {speed}{load}")
    }

    /// Nanoseconds that the thread has waited since the latest look.
    fn waited_since(&mut self) -> u64 {
        let Some(before) = self.waited else { return 0 };
        let now = self.probe.this_thread().waited_ns.unwrap_or(before);
        self.waited = Some(now);
        let since = now.saturating_sub(before);
        self.waited_here += since;
        since
    }

    fn look_for_theft(&mut self) {
        let now = self.clock.now();
        let Some(before) = self.stolen.filter(|_| now >= self.next_theft) else {
            return;
        };
        self.next_theft = now + self.clock.ticks(THEFT_LOOK_NS);
        let after = taken(&mut self.probe, self.everywhere).unwrap_or(before);
        self.stolen = Some(after);
        let since = after.saturating_sub(before);
        self.stolen_here += since;
        self.credit += since as f64 / THEFT_NS;
    }

    /// How many times slower than at its best the machine is now; 1 where chance explains it.
    fn slowness(&self) -> f64 {
        let recent = &self.slots[self.slots.len().saturating_sub(RECENT)..];
        let slowness = median(recent).map_or(1.0, |slot| slot / best());
        if slowness > SLOWER { slowness } else { 1.0 }
    }
}

/// Fixed work about as long as a call, done beside fresh calls: what makes it slow would have made the call slow.
///
/// Interruptions by the host or by devices, too short for the kernel's accounts, show in nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control {
    steps: usize,
    slack: f64, // nanoseconds beyond its best that would make a typical call exceed the limit
    weight: f64, // calls that one control stands for
}

impl Control {
    /// For calls that typically take so many nanoseconds.
    pub(super) fn of(typical: f64, limit: f64) -> Self {
        let wanted = typical.min(limit).max(1.0);
        let takes = wanted.min(LONGEST_CONTROL_NS);
        Self {
            steps: (takes / best() * STEPS as f64).ceil() as usize,
            slack: (limit - typical).max(limit / 4.0),
            weight: wanted / takes,
        }
    }

    /// For batches that take so long, whose mean is of interest.
    pub(super) fn of_batch(nanoseconds: f64) -> Self {
        Self::of(nanoseconds, f64::MAX)
    }

    /// What it takes on an undisturbed machine, the clock's part included, in nanoseconds.
    pub(super) fn best(&self) -> f64 {
        self.steps as f64 / STEPS as f64 * best() + own_cost()
    }
}

/// Times the fixed work once, in nanoseconds.
fn slot(clock: &Clock) -> f64 {
    let start = clock.now();
    black_box(chain(black_box(STEPS)));
    clock.nanoseconds_f64(clock.now().saturating_sub(start) as f64)
}

fn note(nanoseconds: f64) {
    BEST.fetch_min((nanoseconds * 1e3).max(1.0) as u64, Relaxed);
}

fn best() -> f64 {
    BEST.load(Relaxed) as f64 / 1e3
}

/// Nanoseconds of CPUs that the host took, or for which threads anywhere were kept from one; none where the kernel does not tell.
fn taken(probe: &mut Probe, everywhere: bool) -> Option<u64> {
    if everywhere {
        return Some(kept_from_cpus(probe));
    }
    probe.cpu().ok().map(|cpu: CpuTimes| cpu.steal_ns)
}

/// Nanoseconds for which the host took CPUs, or threads waited for one, as far as the kernel tells; of the whole machine.
pub(super) fn kept_from_cpus(probe: &mut Probe) -> u64 {
    let stolen = probe.cpu().map_or(0, |cpu| cpu.steal_ns);
    let waited = probe
        .machine()
        .cpu_pressure
        .map_or(0, |pressure| pressure.some_ns);
    stolen.saturating_add(waited)
}

#[cfg(test)]
impl Machine {
    /// One of which nothing is told but its speed, as on a foreign platform.
    pub(super) fn untold() -> Self {
        Self {
            waited: None,
            stolen: None,
            ..Self::start(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine::untold()
    }

    #[test]
    fn what_slows_the_control_beside_fresh_calls_excuses_as_many_as_it_stands_for() {
        let mut machine = machine();
        let mut excuses = |slack| {
            let control = Control {
                slack,
                weight: 2.0,
                ..Control::of(1_000.0, 2_000.0)
            };
            assert!(machine.compare(&control) >= 0.0);
            (0..5).filter(|_| machine.undisturbed(9e3) == 0.0).count()
        };
        assert_eq!((excuses(f64::MAX), excuses(-1e9)), (0, 2));
        let (short, slow) = (Control::of(1_000.0, 2_000.0), Control::of(4e6, 1e6));
        assert_eq!((short.slack, short.weight), (1_000.0, 1.0));
        assert_eq!((slow.slack, slow.weight), (250e3, 50.0)); // a call is excused by what would move it by a quarter of the limit
    }

    #[test]
    fn a_slower_machine_excuses_its_share_and_no_more() {
        let mut machine = machine();
        machine.slots = vec![best() * 1.05; 5];
        assert_eq!(machine.undisturbed(900.0), 900.0);
        machine.slots.extend([best() * 1.5; 2]);
        assert!((machine.undisturbed(900.0) - 600.0).abs() < 1.0);
    }

    #[test]
    fn stolen_time_excuses_a_call_a_millisecond() {
        let mut machine = machine();
        machine.credit = 2.0;
        let excused = (0..5).filter(|_| machine.undisturbed(900.0) == 0.0).count();
        assert_eq!(excused, 2);
    }

    #[test]
    fn slots_are_bounded_and_told() {
        let mut machine = machine();
        for _ in 0..3 * SLOTS / 2 {
            machine.next_slot = 0;
            machine.rest(1);
        }
        assert!(machine.slots.len() <= SLOTS);
        let told = machine.told();
        assert!(
            told.contains("times its best") && told.contains("not told here"),
            "{told}"
        );
    }
}

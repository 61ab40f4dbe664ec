//! In: amounts and levels that the program tells. Out: [`Counter`] and [`Gauge`], statics that keep them, and their sums by name.

use crate::record::meter::Metered;
use crate::record::switch::{self, COMPILED_IN};
use crate::record::thread;
use crate::site::{self, Kind, Site};
use once_cell::race::OnceRef;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Gauges that are kept apart; the values of further ones share the last.
const MAX_GAUGES: usize = 1_024;

/// The name of what [`MAX_GAUGES`] leaves over.
const MORE_GAUGES: &str = "(more gauges)";

/// The name under which counters stand that came after [`site::MAX_SITES`] sites.
const MORE_COUNTERS: &str = "(more counters)";

/// A place that counts something; made by [`counter!`](crate::counter!).
#[derive(Debug)]
pub struct Counter {
    site: Site,
}

impl Counter {
    /// A counter of this name; counters of one name are added up.
    pub const fn new(name: &'static str, file: &'static str, line: u32, column: u32) -> Self {
        Self {
            site: Site::named(name, Kind::Counter, file, line, column),
        }
    }

    /// Adds to it, on the running thread, by a plain store; nothing happens while nobody looks.
    #[inline]
    pub fn add(&'static self, amount: u64) {
        if !COMPILED_IN || switch::mode() == switch::OFF {
            return;
        }
        let index = self.site.index();
        match thread::own_shard() {
            Some(shard) if index != 0 => {
                if let Some(meter) = shard.meters.of(index) {
                    meter.transfer(amount);
                }
            }
            _ => self.add_slowly(amount),
        }
    }

    /// The first of all, and what is counted while a thread ends.
    #[cold]
    fn add_slowly(&'static self, amount: u64) {
        if switch::settled_mode() == switch::OFF {
            return;
        }
        let index = thread::quietly(|| self.site.register());
        let meter = thread::own_shard().and_then(|shard| shard.meters.of(index));
        match meter {
            Some(meter) => meter.transfer(amount),
            None => thread::quietly(|| *LATE.lock().entry(index).or_insert(0) += amount),
        }
    }
}

/// Counted by threads whose shard was gone, by the site's number.
static LATE: Mutex<BTreeMap<u32, u64>> = Mutex::new(BTreeMap::new());

/// All counters' sums by name.
pub(crate) fn counters(meters: &BTreeMap<u32, Metered>) -> BTreeMap<String, u64> {
    let sites = site::registered();
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let counted = meters
        .iter()
        .map(|(at, metered)| (*at, metered.transferred));
    for (at, amount) in counted.chain(LATE.lock().iter().map(|(at, amount)| (*at, *amount))) {
        let name = match site::by_index(&sites, at) {
            Some(site) if site.kind() == Kind::Counter => site.id().into_owned(),
            Some(_) if at == site::MAX_SITES && amount > 0 => MORE_COUNTERS.to_owned(),
            _ => continue,
        };
        let sum = sums.entry(name).or_insert(0);
        *sum = sum.wrapping_add(amount);
    }
    sums
}

/// A place that tells a level; made by [`gauge!`](crate::gauge!).
#[derive(Debug)]
pub struct Gauge {
    name: &'static str,
    state: OnceRef<'static, State>,
}

/// A level, of all gauges of one name: written by any thread, the last one counts.
#[derive(Debug)]
pub(crate) struct State {
    name: &'static str,
    sets: AtomicU64,
    last: AtomicU64, // f64, as are the next two
    min: AtomicU64,
    max: AtomicU64,
}

/// What a gauge shows at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelSeen {
    pub(crate) name: &'static str,
    pub(crate) sets: u64,
    pub(crate) last: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

static STATES: Mutex<Vec<&'static State>> = Mutex::new(Vec::new());

impl Gauge {
    /// A gauge of this name; gauges of one name show one level.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            state: OnceRef::new(),
        }
    }

    /// Sets the level; nothing happens while nobody looks, or if the level is no number. All threads write one place.
    #[inline]
    pub fn set(&self, level: f64) {
        if !COMPILED_IN || switch::settled_mode() == switch::OFF || level.is_nan() {
            return;
        }
        let state = self
            .state
            .get_or_init(|| thread::quietly(|| State::of(self.name)));
        state.set(level);
    }
}

impl State {
    fn of(name: &'static str) -> &'static Self {
        let mut all = STATES.lock();
        let known = |name: &str| all.iter().find(|state| state.name == name).copied();
        let name = if all.len() < MAX_GAUGES {
            name
        } else {
            MORE_GAUGES
        };
        if let Some(state) = known(name) {
            return state;
        }
        let made: &'static Self = Box::leak(Box::new(Self {
            name,
            sets: AtomicU64::new(0),
            last: AtomicU64::new(0),
            min: AtomicU64::new(f64::INFINITY.to_bits()),
            max: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
        }));
        all.push(made);
        made
    }

    fn set(&self, level: f64) {
        let _ = self.min.fetch_update(Relaxed, Relaxed, |bits| {
            (level < f64::from_bits(bits)).then_some(level.to_bits())
        });
        let _ = self.max.fetch_update(Relaxed, Relaxed, |bits| {
            (level > f64::from_bits(bits)).then_some(level.to_bits())
        });
        self.last.store(level.to_bits(), Relaxed);
        self.sets.fetch_add(1, Relaxed);
    }
}

/// All levels that were ever set, in order of their names.
pub(crate) fn levels() -> Vec<LevelSeen> {
    let get = |word: &AtomicU64| f64::from_bits(word.load(Relaxed));
    let mut all: Vec<_> = STATES
        .lock()
        .iter()
        .map(|state| LevelSeen {
            name: state.name,
            sets: state.sets.load(Relaxed),
            last: get(&state.last),
            min: get(&state.min),
            max: get(&state.max),
        })
        .filter(|level| level.sets > 0)
        .collect();
    all.sort_by_key(|level| level.name);
    all
}

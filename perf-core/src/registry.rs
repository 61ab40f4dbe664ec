//! In: all sites and all shards. Out: what every site has recorded so far, merged over threads; safe to ask for at any time.

use crate::record::cell::CellPicture;
use crate::record::dependence::{LEVELS, LevelSums};
use crate::record::meter::Taken;
use crate::record::ring::Patience;
use crate::record::shard::{self, Shard};
use crate::record::tally::Tally;
use crate::site::{self, Site};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// What is known of one site, or of one calling context.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    pub(crate) tally: Tally,
    pub(crate) skipped: u64,
    pub(crate) panicked: u64,
    pub(crate) errors: u64,
    pub(crate) cancelled: u64,
    pub(crate) polls: u64,
    pub(crate) busy: u64, // ticks
    pub(crate) bins: BTreeMap<usize, u64>,
    pub(crate) dependence: [LevelSums; LEVELS],
}

/// Everything at one instant; each row by itself is of one moment, rows may differ by what was called while reading.
#[derive(Clone, Debug)]
pub(crate) struct Collected {
    pub(crate) sites: Vec<(&'static Site, Totals)>, // in order of registration
    pub(crate) contexts: Vec<(Vec<&'static Site>, Totals, Taken)>, // outermost caller first, own allocations; only while calling context is kept
    pub(crate) waited: Duration, // for threads that were stopped in the middle of binning
    pub(crate) inexact_threads: usize, // stood still in the middle of binning: up to one ring of calls each may be missing or double
}

/// Reads all shards. Takes no lock that the recording path takes.
pub(crate) fn collect() -> Collected {
    let sites = site::registered();
    let mut by_site: BTreeMap<u32, Totals> = BTreeMap::new();
    let mut by_path: HashMap<Vec<u32>, (Totals, Taken)> = HashMap::new();
    let mut patience = Patience::default();
    let mut inexact_threads = 0;
    for shard in shard::all() {
        let mut exact = true;
        let beneath = taken_beneath(shard);
        for cell in shard.each_cell() {
            let (picture, clean) = shard.read_within(&mut patience, cell);
            exact &= clean;
            let totals = Totals::of(&picture, cell);
            by_site
                .entry(cell.site)
                .or_insert_with(Totals::empty)
                .merge(&totals);
            if totals.calls() > 0 {
                let (sum, taken) = by_path
                    .entry(path(shard, cell.number))
                    .or_insert_with(|| (Totals::empty(), Taken::default()));
                sum.merge(&totals);
                *taken = taken.plus(if cell.parent.is_some() {
                    shard.meters.own_in_context(cell.number)
                } else {
                    let beneath = beneath.get(&cell.site).copied().unwrap_or_default();
                    shard.meters.own(cell.site).without(beneath)
                });
            }
        }
        inexact_threads += usize::from(!exact);
    }
    let known = |index: u32| site::by_index(&sites, index);
    let mut contexts: Vec<_> = by_path
        .into_iter()
        .filter_map(|(path, (totals, taken))| {
            let path = path.into_iter().map(known).collect::<Option<Vec<_>>>()?;
            Some((path, totals, taken))
        })
        .collect();
    if contexts.iter().all(|(path, ..)| path.len() == 1) {
        contexts.clear();
    }
    Collected {
        sites: by_site
            .into_iter()
            .filter_map(|(at, totals)| Some((known(at)?, totals)))
            .collect(),
        contexts,
        waited: patience.waited(),
        inexact_threads,
    }
}

/// What calls under a caller have allocated themselves on a thread, by site.
fn taken_beneath(shard: &Shard) -> HashMap<u32, Taken> {
    let mut all: HashMap<u32, Taken> = HashMap::new();
    for cell in shard.each_cell().filter(|cell| cell.parent.is_some()) {
        let sum = all.entry(cell.site).or_default();
        *sum = sum.plus(shard.meters.own_in_context(cell.number));
    }
    all
}

/// Calls of each site, by its number.
#[derive(Debug, Default)]
pub(crate) struct CallCounts {
    by_site: Vec<u64>,
    of_shard: Vec<(u32, u64)>, // what was read last, kept for its memory
}

impl CallCounts {
    /// Becomes what a later count says; gives the sites that were called in between, and how often.
    pub(crate) fn take_in(&mut self, later: &Self) -> impl Iterator<Item = (u32, u64)> {
        let sites = later.by_site.len().max(self.by_site.len());
        self.by_site.resize(sites, 0);
        let counts = self.by_site.iter_mut().zip(&later.by_site).enumerate();
        counts.filter_map(|(site, (known, &now))| {
            // A count that could not be had exactly is put right by the next one.
            let more = now.saturating_sub(*known);
            *known = now.max(*known);
            (more > 0).then_some((site as u32, more))
        })
    }
}

/// Counts the calls of all sites that have ended so far, recorded or only counted: what the rows of a snapshot say, without their times.
/// Takes no lock that the recording path takes. Where nobody waits (`patient`) for a thread that was stopped in the middle of binning,
/// up to a ring of its calls are missing. Cost: some tens of nanoseconds a site and thread.
pub(crate) fn count_calls(into: &mut CallCounts, patient: bool) {
    into.by_site.fill(0);
    let mut patience = if patient {
        Patience::default()
    } else {
        Patience::none()
    };
    for shard in shard::all() {
        shard.read_calls(&mut patience, &mut into.of_shard);
        for &(site, calls) in &into.of_shard {
            let site = site as usize;
            if into.by_site.len() <= site {
                into.by_site.resize(site + 1, 0);
            }
            into.by_site[site] += calls;
        }
    }
}

/// What is known of one site. Takes no lock that the recording path takes.
#[cfg(feature = "tracing")]
pub(crate) fn collect_site(site: u32) -> Option<Totals> {
    let mut all: Option<Totals> = None;
    for shard in shard::all() {
        for cell in shard.each_cell().filter(|cell| cell.site == site) {
            let (picture, _) = shard.read(cell);
            all.get_or_insert_with(Totals::empty)
                .merge(&Totals::of(&picture, cell));
        }
    }
    all
}

/// The sites from the outermost caller down to the cell.
pub(crate) fn path(shard: &Shard, number: u32) -> Vec<u32> {
    let mut path = Vec::new();
    let mut at = Some(number);
    while let Some(cell) = at.and_then(|number| shard.numbered(number)) {
        path.push(cell.site);
        at = cell.parent;
    }
    path.reverse();
    path
}

impl Totals {
    fn empty() -> Self {
        Self {
            tally: Tally::EMPTY,
            skipped: 0,
            panicked: 0,
            errors: 0,
            cancelled: 0,
            polls: 0,
            busy: 0,
            bins: BTreeMap::new(),
            dependence: [LevelSums::default(); LEVELS],
        }
    }

    fn of(picture: &CellPicture, cell: &crate::record::cell::Cell) -> Self {
        let mut bins = BTreeMap::new();
        for &(bin, count) in &picture.bins {
            *bins.entry(bin).or_insert(0) += count;
        }
        let skipped = cell.skipped.load(Relaxed);
        let ended = picture.tally.recorded + skipped; // a call that is just ending may have told how before it is counted
        Self {
            tally: picture.tally,
            skipped,
            panicked: cell.panicked.load(Relaxed).min(ended),
            errors: cell.errors.load(Relaxed).min(ended),
            cancelled: cell.cancelled.load(Relaxed),
            polls: cell.polls.load(Relaxed),
            busy: cell.busy.load(Relaxed),
            bins,
            dependence: picture.dependence,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.tally.merge(&other.tally);
        self.skipped += other.skipped;
        self.panicked += other.panicked;
        self.errors += other.errors;
        self.cancelled += other.cancelled;
        self.polls += other.polls;
        self.busy += other.busy;
        for (&bin, &count) in &other.bins {
            *self.bins.entry(bin).or_insert(0) += count;
        }
        for (level, more) in self.dependence.iter_mut().zip(&other.dependence) {
            level.blocks += more.blocks;
            level.sum += more.sum;
            level.squares += more.squares;
        }
    }

    /// Calls, recorded or only counted.
    pub(crate) fn calls(&self) -> u64 {
        self.tally.recorded + self.skipped
    }
}

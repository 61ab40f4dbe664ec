//! In: the registry's collection in ticks. Out: a [`Snapshot`] in nanoseconds.

use crate::alloc;
use crate::clock::Clock;
use crate::record::meter::Taken;
use crate::record::{budget, cost, meter, precision, switch, unfinished};
use crate::registry::{self, Collected, Totals};
use crate::site::{self, Kind, Site};
use crate::snapshot::doubt::shared;
use crate::snapshot::row::levels;
use crate::snapshot::{Context, Cost, Histogram, Missing, Retained, Row, SCHEMA, Snapshot, gather};
use crate::snapshot::{OwnAllocations, quantity, used};
use crate::units::duration;
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A wait for stopped threads that is worth a note.
const LONG_WAIT: Duration = Duration::from_millis(1);

/// A picture of everything recorded so far, from any thread, at any time, without stopping anybody.
///
/// Each row is of one moment, with all calls that had ended before; rows may differ by what was called while reading. Before
/// recording has begun it is empty. Cost: some microseconds a site and thread, and 88 µs for the resources; where more threads
/// want to run than there are CPUs, one may have been stopped while it binned its calls, and the picture waits for it: 200 ms at
/// most in all, and said in the notes from 1 ms on.
///
/// ```
/// let _on = perf_core::enable();
/// { let _span = perf_core::span!("tick"); }
/// assert_eq!(perf_core::snapshot().site("tick").map(|row| row.calls), Some(1));
/// ```
pub fn snapshot() -> Snapshot {
    alloc::apart(take)
}

fn take() -> Snapshot {
    let clock = Clock::global();
    let cost = cost::measure();
    let collected = registry::collect();
    let meters = meter::totals();
    let layout = precision::layout();
    let mut rows: Vec<Row> = collected
        .sites
        .iter()
        .filter(|(_, totals)| totals.calls() + totals.cancelled > 0)
        .map(|(site, totals)| {
            let mut row = row(site, totals, clock, cost);
            used::attach(&mut row, site, meters.get(&site.index()));
            row
        })
        .collect();
    number_equal_ids(&mut rows);
    let ns = |ticks: f64| clock.nanoseconds_f64(ticks);
    let covers_ns = switch::on_since().map_or(0, |start| {
        clock.nanoseconds(clock.now().saturating_sub(start))
    });
    Snapshot {
        schema: SCHEMA,
        taken_unix_ms: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64),
        covers_ns,
        counters: quantity::counters(&meters, covers_ns),
        gauges: quantity::levels(),
        allocations: alloc::process(),
        retained: alloc::retained::picture().map(|picture| {
            Retained::new(&picture, |number| {
                Some(row_id(site::numbered(number)?, &rows))
            })
        }),
        clock: clock.info(),
        cost: Cost {
            budget: budget::get().to_string(),
            recorded_call_ns: ns(cost.recorded_ticks),
            counted_call_ns: ns(cost.skipped_ticks),
            inside_ns: ns(cost.inside_ticks),
            sampled_inside_ns: ns(cost.sampled_inside_ticks),
            total_ns: rows.iter().map(|row| row.cost_ns).sum(),
        },
        layout,
        contexts: contexts(&collected, &rows, clock),
        calls_over_time: None, // a session's sampler knows
        resources: Some(gather::resources()),
        notes: notes(&collected, clock),
        rows,
    }
}

/// The row of one site as it is now, if anything was recorded there.
#[cfg(feature = "tracing")]
pub(crate) fn row_of(site: &'static Site) -> Option<Row> {
    let totals = registry::collect_site(site.index())?;
    Some(row(site, &totals, Clock::global(), cost::measure()))
}

impl Snapshot {
    /// Adds the CPU time of the living threads; 17 µs a thread.
    pub(crate) fn with_threads(mut self) -> Self {
        if let Some(resources) = &mut self.resources {
            match gather::threads() {
                Ok(threads) => resources.threads = threads,
                Err(absence) => resources.missing.push(Missing {
                    name: "CPU by thread".to_owned(),
                    why: absence.to_string(),
                }),
            }
        }
        self
    }
}

fn row(site: &'static Site, totals: &Totals, clock: &Clock, cost: &cost::Cost) -> Row {
    let ns = |ticks: f64| clock.nanoseconds_f64(ticks);
    let tally = &totals.tally;
    let (file, line, column) = site.location();
    let mut each = if totals.skipped > 0 {
        cost.sampled_ticks
    } else {
        cost.recorded_ticks
    };
    let mut skipped = cost.skipped_ticks;
    if site.kind() == Kind::Span {
        let more = unfinished::span_cost();
        each += more.recorded_ticks;
        skipped += more.skipped_ticks;
    }
    let doubt = if totals.skipped > 0 {
        cost.doubt_ticks()
    } else {
        0.0
    };
    let of_cost = shared(totals.skipped, doubt);
    Row {
        id: site.id().into_owned(),
        file: file.to_owned(),
        line,
        column,
        kind: site.kind(),
        target: site.origin().map(|origin| origin.target.to_owned()),
        level: site.origin().map(|origin| origin.level.to_owned()),
        label: site.label().map(|(_, label)| label.to_owned()),
        calls: totals.calls(),
        recorded: tally.recorded,
        panicked: totals.panicked,
        errors: totals.errors,
        cancelled: totals.cancelled,
        polls: totals.polls,
        busy_ns: ns(totals.busy as f64),
        total_ns: ns(tally.total as f64),
        self_ns: ns(tally.own as f64),
        durations_ns: ns(tally.total as f64 + tally.nested as f64),
        total_sampling_sd_ns: ns(tally.total_variance.sqrt().hypot(of_cost)),
        self_sampling_sd_ns: ns(tally.own_variance.sqrt().hypot(of_cost)),
        cost_doubt_ns: ns(doubt),
        clock_step_ns: clock.step_ns(),
        min_ns: if tally.recorded == 0 {
            0.0
        } else {
            ns(tally.min as f64)
        },
        max_ns: ns(tally.max as f64),
        histogram: Histogram::from_bins(
            precision::layout(),
            totals.bins.iter().map(|(&bin, &count)| (bin, count)),
        ),
        weighted_squares: tally.weighted_squares,
        dependence: levels(&totals.dependence),
        cost_ns: ns(tally.recorded as f64 * each + totals.skipped as f64 * skipped),
        allocations: None,
        cpu: None,
        faults: None,
        bytes: None,
    }
}

/// Sorts rows by id and source order, and marks all but the first of equal ids `#2`, `#3`, ... before the label.
fn number_equal_ids(rows: &mut [Row]) {
    let place = |row: &Row| (row.file.clone(), row.line, row.column);
    rows.sort_by(|a, b| (&a.id, place(a)).cmp(&(&b.id, place(b))));
    let mut seen: HashMap<String, u32> = HashMap::new();
    for row in rows.iter_mut() {
        let count = seen.entry(row.id.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            let at = row
                .label
                .as_ref()
                .map_or(row.id.len(), |label| row.id.len() - label.len() - 2);
            row.id.insert_str(at, &format!("#{count}"));
        }
    }
}

/// What was allocated and nobody has freed, by site; none while nobody tracks it.
pub(crate) fn retained() -> Option<Retained> {
    alloc::retained::picture().map(|picture| {
        Retained::new(&picture, |number| {
            Some(site::numbered(number)?.id().into_owned())
        })
    })
}

/// The id of a site's row, also where it has not ended a call yet.
pub(super) fn row_id(site: &'static Site, rows: &[Row]) -> String {
    let (file, line, column) = site.location();
    let label = site.label().map(|(_, label)| label);
    let same = |row: &&Row| {
        let place = (row.file.as_str(), row.line, row.column);
        (place, row.label.as_deref()) == ((file, line, column), label) && row.kind == site.kind()
    };
    let known = rows.iter().find(same);
    known.map_or_else(|| site.id().into_owned(), |row| row.id.clone())
}

fn contexts(collected: &Collected, rows: &[Row], clock: &Clock) -> Vec<Context> {
    let id = |site: &&'static Site| row_id(site, rows);
    let counted = |site: &&'static Site| site.counts_allocations() && alloc::installed();
    let context = |(path, totals, taken): &(Vec<&'static Site>, Totals, Taken)| Context {
        path: path.iter().map(id).collect(),
        calls: totals.calls(),
        total_ns: clock.nanoseconds_f64(totals.tally.total as f64),
        self_ns: clock.nanoseconds_f64(totals.tally.own as f64),
        allocations: (path.last().copied())
            .filter(counted)
            .map(|_| OwnAllocations::new(taken.count, taken.bytes)),
    };
    let mut all: Vec<Context> = collected.contexts.iter().map(context).collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// Names of sites with open spans that the note tells.
const OPEN_NAMED: usize = 5;

/// Spans of the crate `tracing` that are not closed yet, or never will be.
fn open_spans() -> Option<String> {
    let open = unfinished::all();
    let number: u64 = open.values().sum();
    let mut most: Vec<_> = open.into_iter().collect();
    most.sort_by_key(|&(_, number)| std::cmp::Reverse(number));
    let named: Vec<String> = most
        .iter()
        .take(OPEN_NAMED)
        .filter_map(|&(site, number)| {
            Some(format!("{} {number}", crate::site::numbered(site)?.id()))
        })
        .collect();
    let more = if most.len() > OPEN_NAMED { ", ..." } else { "" };
    (number > 0).then(|| {
        format!(
            "{number} tracing spans are not closed, and not counted yet: {}{more}",
            named.join(", ")
        )
    })
}

fn notes(collected: &Collected, clock: &Clock) -> Vec<String> {
    let mut notes = Vec::new();
    if !switch::COMPILED_IN {
        notes.push("recording is not compiled in (feature `record`, or --cfg perf_off)".to_owned());
    }
    if !clock.exists() {
        notes.push(format!("nothing is recorded: {}", clock.info().reason));
    }
    if collected.waited > LONG_WAIT {
        notes.push(format!(
            "taking this picture waited {} for threads that the system had stopped while their calls were being binned",
            duration(collected.waited.as_nanos() as f64)
        ));
    }
    if collected.inexact_threads > 0 {
        notes.push(format!(
            "{} threads stood still while their calls were being binned: up to {} calls of each may be missing or double",
            collected.inexact_threads,
            crate::record::ring::RING
        ));
    }
    notes.extend(open_spans());
    notes.extend(used::notes(&collected.sites));
    if collected
        .sites
        .iter()
        .any(|(site, _)| site.id() == crate::site::OVERFLOW_ID)
    {
        notes.push(format!(
            "more than {} sites: the rest share one row",
            crate::site::MAX_SITES
        ));
    }
    notes
}

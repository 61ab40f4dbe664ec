//! In: a row and its estimates. Out: [`Detail`]s, the second line: how sure the numbers are, and what else happened.

use crate::record::budget::Overhead;
use crate::report::model::QUANTILES;
use crate::site::Kind;
use crate::snapshot::{Estimate, Row, Snapshot};
use crate::units::{bytes, count, duration, duration_range, percent, rough_percent};
use std::fmt::Write;

/// Two-sided 95 % of a normal distribution, in standard deviations.
const NORMAL_95: f64 = 1.96;

/// The share of a call's time from which on our own part of it is worth a word.
const OWN_PART: f64 = 0.05;

/// A remark on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) text: String,
    pub(crate) warns: bool,
}

/// The remarks on a row, in reading order.
pub(crate) fn details(
    row: &Row,
    mean: Option<&Estimate>,
    quantiles: &[Option<Estimate>; 3],
    snapshot: &Snapshot,
) -> Vec<Detail> {
    let plain = |text: String| Detail { text, warns: false };
    let warning = |text: String| Detail { text, warns: true };
    let mut all = Vec::new();
    all.extend(outcomes(row).map(warning));
    all.extend(too_short(row, snapshot).map(warning));
    all.extend(negative(row).map(warning));
    all.extend(intervals(row, mean, quantiles).map(plain));
    all.extend(missing(row, quantiles).map(plain));
    all.extend(sampling(row).map(plain));
    all.extend(polls(row).map(plain));
    all.extend(used(row, snapshot).into_iter().map(plain));
    all.extend(own_part(mean, snapshot).map(plain));
    all
}

fn outcomes(row: &Row) -> Option<String> {
    let kinds = [
        (row.errors, "Err"),
        (row.panicked, "panicked"),
        (row.cancelled, "cancelled"),
    ];
    let seen: Vec<String> = kinds
        .iter()
        .filter(|kind| kind.0 > 0)
        .map(|&(number, what)| format!("{} {what}", count(number)))
        .collect();
    (!seen.is_empty()).then(|| seen.join(", "))
}

/// Where counting the calls that are not recorded takes more of the site's time than the whole budget.
fn too_short(row: &Row, snapshot: &Snapshot) -> Option<String> {
    let counted = row.calls.saturating_sub(row.recorded) as f64 * snapshot.cost.counted_call_ns;
    let budget = snapshot.cost.budget.parse::<Overhead>().ok()?.fraction()?;
    if counted <= 0.0 || counted <= budget * row.total_ns {
        return None;
    }
    Some(if row.total_ns > 0.0 {
        let share = percent(counted / row.total_ns);
        format!("too short to instrument: counting alone costs {share} of its time")
    } else {
        "too short to instrument: below the clock's resolution".to_owned()
    })
}

fn negative(row: &Row) -> Option<String> {
    let text = "self below 0: what its sampled callees took is estimated, here too high";
    (row.self_ns < 0.0).then(|| text.to_owned())
}

fn intervals(
    row: &Row,
    mean: Option<&Estimate>,
    quantiles: &[Option<Estimate>; 3],
) -> Option<String> {
    let range = |e: &Estimate| duration_range(e.low, e.high);
    let mut known = Vec::new();
    let spread = mean.filter(|_| row.recorded > 1);
    known.extend(spread.map(|e| format!("mean {}", range(e))));
    for ((name, _), estimate) in QUANTILES.iter().zip(quantiles) {
        known.extend(estimate.as_ref().map(|e| format!("{name} {}", range(e))));
    }
    match (known.is_empty(), row.recorded) {
        (false, _) => Some(format!("95 %: {}", known.join(", "))),
        (true, 1) => Some("one call has no interval".to_owned()),
        (true, _) => None,
    }
}

/// How many calls the quantiles need that have none.
fn missing(row: &Row, quantiles: &[Option<Estimate>; 3]) -> Option<String> {
    if row.recorded == 0 {
        return None;
    }
    let unequal = unequal_weights(row);
    let needs: Vec<String> = QUANTILES
        .iter()
        .zip(quantiles)
        .filter(|(_, estimate)| estimate.is_none())
        .filter_map(|((name, p), _)| {
            let calls = row.calls_needed(*p)? as f64 * unequal;
            Some(format!("{} for {name}", count(calls.ceil() as u64)))
        })
        .collect();
    let calls = if row.sampled().is_some() {
        "recorded calls"
    } else {
        "calls"
    };
    (!needs.is_empty()).then(|| format!("{calls} needed: {}", needs.join(", ")))
}

/// Recorded calls that one call of equal weight is worth (Kish 1965), at least 1.
fn unequal_weights(row: &Row) -> f64 {
    let weights = row.histogram.count() as f64;
    let factor = row.recorded as f64 * row.weighted_squares as f64 / (weights * weights);
    if factor.is_finite() {
        factor.max(1.0)
    } else {
        1.0
    }
}

fn sampling(row: &Row) -> Option<String> {
    if row.sampled().is_none() {
        let own = uncertainty(row.self_ns, row.self_sampling_sd_ns);
        return (row.self_sampling_sd_ns > 0.0)
            .then(|| format!("self {own}: what its sampled callees took is estimated"));
    }
    if row.recorded == 0 {
        return Some("no call recorded: times unknown".to_owned());
    }
    let own = uncertainty(row.self_ns, row.self_sampling_sd_ns);
    let total = uncertainty(row.total_ns, row.total_sampling_sd_ns);
    let rate = row.calls as f64 / row.recorded as f64;
    let rate = if rate < 9.95 {
        format!("{rate:.1}")
    } else {
        count(rate.round() as u64)
    };
    let (least, most) = (duration(row.min_ns), duration(row.max_ns));
    Some(format!(
        "sampled 1 in {rate}: self {own}, total {total}; min {least}, max {most} of {} recorded calls",
        count(row.recorded)
    ))
}

/// Half the width of a 95 % interval, relative where there is something to relate it to.
fn uncertainty(value: f64, sd: f64) -> String {
    let half = NORMAL_95 * sd;
    if value > 0.0 && half <= 10.0 * value {
        format!("±{}", rough_percent(half / value))
    } else {
        format!("±{}", duration(half))
    }
}

fn polls(row: &Row) -> Option<String> {
    let times = match row.kind {
        Kind::Future => "polls",
        Kind::Span => "entries",
        _ => return None,
    };
    let (busy, wall) = (duration(row.busy_ns), duration(row.durations_ns));
    let about = if row.sampled().is_some() { "~" } else { "" };
    Some(format!(
        "busy {busy} of {wall} wall, {about}{} {times}",
        count(row.polls)
    ))
}

/// Allocations, CPU time, page faults and bytes, where the row has them.
fn used(row: &Row, snapshot: &Snapshot) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(taken) = row.allocations.filter(|taken| taken.calls > 0) {
        all.push(format!(
            "allocations a call: own {} ({}), with callees {} ({})",
            mean_count(taken.own_count_per_call()),
            bytes(taken.own_bytes_per_call()),
            mean_count(taken.count_per_call()),
            bytes(taken.bytes_per_call()),
        ));
    }
    if let Some(cpu) = row.cpu.filter(|_| row.total_ns > 0.0) {
        let share = rough_percent((cpu.on_cpu_ns / row.total_ns).min(1.0));
        let (on_cpu, waiting) = (duration(cpu.on_cpu_ns), duration(cpu.waiting_ns));
        let sd = cpu.sampling_sd_ns;
        let sure = if sd > 0.0 {
            format!(" {}", uncertainty(cpu.on_cpu_ns, sd))
        } else {
            String::new()
        };
        all.push(format!(
            "on CPU {on_cpu}{sure} ({share}), waiting {waiting}"
        ));
    }
    if let Some(met) = row.faults.filter(|met| met.calls > 0) {
        all.push(format!(
            "page faults a call: own {}, with callees {} · in all {} minor, {} major · switches: {} to wait, {} put off",
            mean_count(met.own_faults_per_call()),
            mean_count(met.faults_per_call()),
            count(met.all.minor_faults),
            count(met.all.major_faults),
            count(met.all.voluntary_switches),
            count(met.all.involuntary_switches),
        ));
    }
    if let Some(moved) = row.bytes {
        let mut text = bytes(moved as f64);
        if snapshot.covers_ns > 0 {
            let rate = moved as f64 * 1e9 / snapshot.covers_ns as f64;
            let _ = write!(text, ", {}/s of the time covered", bytes(rate));
        }
        all.push(text);
    }
    all
}

/// A mean of counts: whole where it is one.
pub(crate) fn mean_count(mean: f64) -> String {
    if mean.fract() == 0.0 && mean < 1e15 {
        count(mean as u64)
    } else {
        format!("{mean:.2}")
    }
}

/// What our own reading of the clock adds to each measured time, where it is a good part of it.
fn own_part(mean: Option<&Estimate>, snapshot: &Snapshot) -> Option<String> {
    let inside = snapshot.cost.inside_ns;
    mean.filter(|mean| inside > OWN_PART * mean.value)
        .map(|mean| {
            let (inside, part) = (
                duration(inside),
                rough_percent((inside / mean.value).min(1.0)),
            );
            format!("about {inside} ({part}) of each recorded call is the measuring itself")
        })
}

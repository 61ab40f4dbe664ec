//! In: counters and gauges. Out: [`Counted`] and [`GaugeLevel`], their lines in a snapshot.

use crate::record::meter::Metered;
use crate::record::quantity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a [`counter!`](crate::counter!) has counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counted {
    /// The counter's name.
    pub name: String,
    /// How much it has counted in the time that the snapshot covers.
    pub total: u64,
    /// The same a second of that time; 0 where it covers none.
    pub per_second: f64,
}

/// The level that a [`gauge!`](crate::gauge!) shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GaugeLevel {
    /// The gauge's name.
    pub name: String,
    /// How often it was set.
    pub sets: u64,
    /// What it was set to last.
    pub last: f64,
    /// The lowest it was set to; of an interval none where that is not known, since it was lower before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The highest it was set to; of an interval none where that is not known, since it was higher before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

pub(super) fn counters(meters: &BTreeMap<u32, Metered>, covers_ns: u64) -> Vec<Counted> {
    let counted = |(name, total)| Counted {
        name,
        total,
        per_second: rate(total, covers_ns),
    };
    quantity::counters(meters)
        .into_iter()
        .map(counted)
        .collect()
}

pub(super) fn levels() -> Vec<GaugeLevel> {
    let level = |seen: quantity::LevelSeen| GaugeLevel {
        name: seen.name.to_owned(),
        sets: seen.sets,
        last: seen.last,
        min: Some(seen.min),
        max: Some(seen.max),
    };
    quantity::levels().into_iter().map(level).collect()
}

pub(super) fn counters_since(now: &mut Vec<Counted>, before: &[Counted], covers_ns: u64) {
    for counted in now.iter_mut() {
        let earlier = before.iter().find(|earlier| earlier.name == counted.name);
        let less = earlier.map_or(0, |earlier| earlier.total);
        counted.total = counted.total.saturating_sub(less);
        counted.per_second = rate(counted.total, covers_ns);
    }
    now.retain(|counted| counted.total > 0);
}

pub(super) fn levels_since(now: &mut [GaugeLevel], before: &[GaugeLevel]) {
    for level in now {
        let Some(earlier) = before.iter().find(|earlier| earlier.name == level.name) else {
            continue;
        };
        level.sets = level.sets.saturating_sub(earlier.sets);
        if level.sets == 0 {
            (level.min, level.max) = (Some(level.last), Some(level.last));
            continue;
        }
        // An extreme that is new was set in the interval; one that is not may have been set before it.
        level.min = level
            .min
            .filter(|&min| earlier.min.is_none_or(|old| min < old));
        level.max = level
            .max
            .filter(|&max| earlier.max.is_none_or(|old| max > old));
    }
}

/// Totals add up; rates are of the time covered by both.
pub(super) fn counters_merged(into: &mut Vec<Counted>, more: &[Counted], covers_ns: u64) {
    for counted in more {
        match into.iter_mut().find(|known| known.name == counted.name) {
            Some(known) => known.total = known.total.saturating_add(counted.total),
            None => into.push(counted.clone()),
        }
    }
    into.sort_by(|a, b| a.name.cmp(&b.name));
    for counted in into {
        counted.per_second = rate(counted.total, covers_ns);
    }
}

/// The last of `newer` counts.
pub(super) fn levels_merged(into: &mut Vec<GaugeLevel>, more: &[GaugeLevel], more_is_newer: bool) {
    for level in more {
        let Some(known) = into.iter_mut().find(|known| known.name == level.name) else {
            into.push(level.clone());
            continue;
        };
        known.sets = known.sets.saturating_add(level.sets);
        known.min = known.min.zip(level.min).map(|(a, b)| a.min(b));
        known.max = known.max.zip(level.max).map(|(a, b)| a.max(b));
        if more_is_newer {
            known.last = level.last;
        }
    }
    into.sort_by(|a, b| a.name.cmp(&b.name));
}

fn rate(total: u64, covers_ns: u64) -> f64 {
    if covers_ns == 0 {
        0.0
    } else {
        total as f64 * 1e9 / covers_ns as f64
    }
}

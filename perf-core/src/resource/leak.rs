//! In: a series of a level. Out: [`LeakFinding`], whether it grows without end, with what is allowed and how sure that is.

use crate::snapshot::ResourceUnit::{self, Bytes};
use crate::snapshot::{Resources, Series, Step};
use crate::units::bytes;
use perf_stats::Interval;
use perf_stats::trend::{self, Leak, LeakVerdict};
use std::fmt;

/// How sure the interval of the slope is.
const CONFIDENCE: f64 = 0.99;

/// Unless told otherwise a level may grow by this part of its median over the time observed: anything that runs a while keeps a little.
const USUAL_GROWTH: f64 = 0.05;

/// And by this much in any case: allocators and kernels deal in pages and arenas.
const LEAST_GROWTH: f64 = 1_048_576.0;

/// The series of bytes allocated and not freed.
pub(super) const LIVE: &str = "live";

/// What the names of the series begin with that say what a site has allocated and nobody has freed.
pub(super) const KEPT: &str = "kept by ";

/// The growth that is no leak.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Allowed {
    /// 5 % of the median level over the time observed, at least 1 MiB (of what is not bytes, 5 % alone).
    #[default]
    Usual,
    /// So much a second, in the series' unit.
    PerSecond(f64),
}

/// What the history of a level says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeakFinding {
    /// What was judged: the series' name.
    pub of: String,
    /// The unit of its values.
    pub unit: ResourceUnit,
    /// The verdict. Stable and Leaking are positive claims; a plateau after a rise is stable.
    pub verdict: LeakVerdict,
    /// Growth a second over the whole time, in the series' unit, with its 99 % interval; `None` where it cannot be told.
    pub growth: Option<(f64, Interval)>,
    /// The 99 % interval of the growth a second over the last half of the steps alone, which decides with the whole.
    pub last_half: Option<Interval>,
    /// What was allowed a second.
    pub allowed: f64,
    /// Steps that it rests on.
    pub steps: usize,
    /// Why it is inconclusive, where it is: what the last half showed, or why nothing could be judged at all.
    pub reason: Option<String>,
    /// The sites whose memory was judged to leak by itself, fastest growth first: they allocated what stays. Empty where leaks are not
    /// tracked by site ([`SessionOptions::track_leaks`](crate::SessionOptions::track_leaks)) and where this one does not leak. One site
    /// in a hundred that does not leak may be among them.
    pub sites: Vec<LeakFinding>,
}

/// Judges whether what the series is of keeps growing; see [`perf_stats::trend::leak`] for the rule.
///
/// ```
/// use perf_core::{ResourceUnit, Series};
/// use perf_core::resource::{Allowed, LeakVerdict, leak};
/// let history = |level: fn(u64) -> u64| {
///     let mut series = Series::new("rss", ResourceUnit::Bytes);
///     (0..600u64).for_each(|s| series.push(s * 1_000_000_000, (level(s) + s % 7 * 4_096) as f64));
///     series
/// };
/// let leaking = leak(&history(|s| (100 << 20) + s * 100_000), Allowed::Usual);
/// assert_eq!(leaking.verdict, LeakVerdict::Leaking);
/// let plateau = leak(&history(|s| (100 << 20) + s.min(120) * 1_000_000), Allowed::Usual);
/// assert_eq!(plateau.verdict, LeakVerdict::Stable);
/// ```
pub fn leak(series: &Series, allowed: Allowed) -> LeakFinding {
    let t: Vec<f64> = series.steps.iter().map(Step::middle_s).collect();
    let y: Vec<f64> = series.steps.iter().map(|step| step.mean).collect();
    let allowed = match allowed {
        Allowed::PerSecond(rate) => rate,
        Allowed::Usual => usual(series, &y),
    };
    match trend::leak(&t, &y, allowed, CONFIDENCE) {
        Ok(found) => LeakFinding {
            of: series.name.clone(),
            unit: series.unit,
            verdict: found.verdict,
            growth: Some((found.slope, found.interval)),
            last_half: Some(found.last_half),
            allowed,
            steps: found.n,
            reason: undecided(&found, allowed, series.unit),
            sites: Vec::new(),
        },
        Err(error) => LeakFinding {
            of: series.name.clone(),
            unit: series.unit,
            verdict: LeakVerdict::Inconclusive,
            growth: None,
            last_half: None,
            allowed,
            steps: t.len(),
            reason: Some(error.to_string()),
            sites: Vec::new(),
        },
    }
}

/// Judges the memory of a sampled snapshot or interval: live bytes where the counting allocator is installed, since they fall the moment
/// that memory is freed, else resident memory; `None` where nothing was sampled.
///
/// ```
/// use perf_core::resource::{Allowed, leak_of_memory};
/// let session = perf_core::Session::options("app").report(false).sample_resources(std::time::Duration::from_millis(1)).start();
/// let seen = session.finish();
/// # if cfg!(target_os = "linux") {
/// let found = leak_of_memory(seen.resources.as_ref().expect("every snapshot has them"), Allowed::Usual);
/// assert_eq!(found.expect("it was sampled").of, "rss"); // this example has the usual allocator
/// # }
/// ```
pub fn leak_of_memory(resources: &Resources, allowed: Allowed) -> Option<LeakFinding> {
    let series = resources.series(LIVE).or_else(|| resources.series("rss"))?;
    let mut found = leak(series, allowed);
    if found.verdict == LeakVerdict::Leaking {
        found.sites = leaking_sites(resources);
    }
    Some(found)
}

/// Each site that tracking follows, judged as if it stood alone.
fn leaking_sites(resources: &Resources) -> Vec<LeakFinding> {
    let kept = resources.series.iter();
    let kept = kept.filter(|series| series.name.starts_with(KEPT));
    let mut leaking: Vec<LeakFinding> = kept
        .map(|series| leak(series, Allowed::Usual))
        .filter(|found| found.verdict == LeakVerdict::Leaking)
        .map(|found| LeakFinding {
            of: found.of[KEPT.len()..].to_owned(),
            ..found
        })
        .collect();
    let rate = |found: &LeakFinding| found.growth.map_or(0.0, |growth| growth.0);
    leaking.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
    leaking
}

fn usual(series: &Series, y: &[f64]) -> f64 {
    let mut sorted = y.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let least = match series.unit {
        Bytes => LEAST_GROWTH,
        _ => 0.0,
    };
    let seconds = series.covers_ns() as f64 / 1e9;
    if seconds > 0.0 {
        (USUAL_GROWTH * median).max(least) / seconds
    } else {
        0.0
    }
}

/// A rate, without "a second".
fn rate(value: f64, unit: ResourceUnit) -> String {
    match unit {
        Bytes => bytes(value.round()),
        _ => format!("{value:.3}"),
    }
}

/// Which of the two intervals left it open, and what to do about it.
fn undecided(found: &Leak, allowed: f64, unit: ResourceUnit) -> Option<String> {
    if found.verdict != LeakVerdict::Inconclusive {
        return None;
    }
    let (whole, last) = (found.interval, found.last_half);
    let why = if last.low > allowed {
        "more than allowed, which the whole time is not for certain: it may have begun lately"
    } else if whole.low > allowed {
        "not for certain more than allowed: it may be levelling off"
    } else {
        "and both may be more or less than is allowed"
    };
    let [low, high] = [last.low, last.high].map(|end| rate(end, unit));
    Some(format!(
        "its last half alone grows {low} to {high} a second, {why}; a longer run tells"
    ))
}

impl fmt::Display for LeakFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verdict)?;
        let rate = |value| rate(value, self.unit);
        if let Some((slope, interval)) = &self.growth {
            let [slope, low, high] = [*slope, interval.low, interval.high].map(rate);
            let allowed = rate(self.allowed);
            write!(f, ": {slope} [{low}, {high}] a second, {allowed} allowed")?;
        }
        for (at, site) in self.sites.iter().enumerate() {
            let words = if at == 0 { "; allocated by" } else { "," };
            let [slope, low, high] = site
                .growth
                .map_or([0.0; 3], |(s, i)| [s, i.low, i.high])
                .map(rate);
            write!(
                f,
                "{words} {} {slope} [{low}, {high}]",
                crate::escape::terminal(&site.of)
            )?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level that stays where it is for 100 seconds.
    fn flat(name: &str, unit: ResourceUnit, level: f64) -> Series {
        let mut series = Series::new(name, unit);
        (0..=100).for_each(|second| series.push(second * 1_000_000_000, level));
        series
    }

    #[test]
    fn what_is_usual_is_a_part_of_the_level_and_of_bytes_at_least_a_mebibyte() {
        let allowed = |unit, level| leak(&flat("x", unit, level), Allowed::Usual).allowed * 100.0;
        let near = |found: f64, known: f64| (found / known - 1.0).abs() < 0.02;
        assert!(near(allowed(Bytes, 1e9), 5e7));
        assert!(near(allowed(Bytes, 1e6), LEAST_GROWTH));
        assert!(near(allowed(ResourceUnit::Count, 1e6), 5e4));
        let asked = leak(&flat("x", Bytes, 1e9), Allowed::PerSecond(3.0));
        assert_eq!((asked.allowed, asked.verdict), (3.0, LeakVerdict::Stable));
    }

    /// MiB after so many seconds of 200, with a little noise.
    fn history(mebibytes: fn(f64) -> f64) -> LeakFinding {
        let mut rng = perf_stats::Rng::new(7);
        let mut series = Series::new("rss", Bytes);
        for second in 0..200u32 {
            let level = mebibytes(f64::from(second)) + 0.05 * rng.normal();
            series.push(u64::from(second) * 1_000_000_000, level * 1_048_576.0);
        }
        leak(&series, Allowed::PerSecond(1_048_576.0))
    }

    #[test]
    fn what_stays_open_says_why() {
        let levels_off = |s: f64| 3.0 * s.min(120.0) + 2.0 * (s - 120.0).max(0.0) * (s % 2.0);
        let begins = |s: f64| 0.1 * s + 2.0 * (s - 100.0).max(0.0);
        let as_allowed = |s: f64| 20.0 * ((s * s) % 13.0) + s;
        let histories = [
            (history(levels_off), "it may be levelling off"),
            (history(begins), "it may have begun lately"),
            (history(as_allowed), "both may be more or less"),
        ];
        for (found, why) in histories {
            let text = found.to_string();
            assert_eq!(found.verdict, LeakVerdict::Inconclusive, "{text}");
            assert!(text.starts_with("inconclusive: "), "{text}");
            let last = found.last_half.expect("200 steps");
            let [low, high] = [last.low, last.high].map(|end| bytes(end.round()));
            let half = format!("its last half alone grows {low} to {high} a second, ");
            assert!(text.contains(&half) && text.contains(why), "{text}");
        }
        for decided in [history(|s| 3.0 * s), history(|s| 0.01 * s)] {
            assert_eq!(decided.reason, None, "{decided}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks the system")]
    fn live_bytes_are_judged_where_they_are_known() {
        let mut resources = crate::snapshot::snapshot().resources.expect("always there");
        resources.attach(vec![flat("rss", Bytes, 2e6)]);
        let judged =
            |resources: &Resources| leak_of_memory(resources, Allowed::Usual).map(|found| found.of);
        assert_eq!(judged(&resources).as_deref(), Some("rss"));
        resources.attach(vec![flat("rss", Bytes, 2e6), flat(LIVE, Bytes, 1e6)]);
        assert_eq!(judged(&resources).as_deref(), Some(LIVE));
        resources.attach(vec![]);
        assert_eq!(judged(&resources), None);
    }
}

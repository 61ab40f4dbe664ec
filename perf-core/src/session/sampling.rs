//! In: what the program and `PERF_SAMPLE` ask for. Out: [`Sampling`], a session's sampler and what it saw.

use super::marks;
use crate::resource::{LEAST_PERIOD, Limits, Sampler};
use crate::snapshot::Snapshot;
use crate::units::parse_duration;
use parking_lot::Mutex;
use std::time::Duration;

/// How often limits are looked after where no period was asked for.
const LIMITS_EVERY: Duration = Duration::from_secs(1);

/// A sampler that may be none, and may have ended.
///
/// Its lock is never held while a thread is waited for: a function that is called at a crossed limit may ask for a snapshot.
#[derive(Debug)]
pub(super) struct Sampling {
    kept: Mutex<Option<Sampler>>,
}

impl Sampling {
    pub(super) fn start(asked: Option<Duration>, limits: &Limits) -> Self {
        Self {
            kept: Mutex::new(sampler(asked, limits)),
        }
    }

    /// Another period; what was seen so far is left out.
    pub(super) fn restart(&self, every: Duration, limits: &Limits) {
        let earlier = self.kept.lock().take();
        drop(earlier);
        *self.kept.lock() = sampler(Some(every), limits);
    }

    /// Looks for the last time.
    pub(super) fn stop(&self) {
        let running = self.kept.lock().take();
        if let Some(mut sampler) = running {
            sampler.end();
            *self.kept.lock() = Some(sampler);
        }
    }

    /// Adds what was seen.
    pub(super) fn attach(&self, snapshot: &mut Snapshot) {
        let kept = self.kept.lock();
        let Some(sampler) = &*kept else {
            return;
        };
        if let Some(resources) = &mut snapshot.resources {
            resources.attach(sampler.series());
            resources.sessions = marks::since(sampler.started());
            sampler.mark(resources);
        }
        snapshot.calls_over_time = sampler.calls(&snapshot.rows);
    }
}

/// The sampler that the environment or the program asks for.
fn sampler(asked: Option<Duration>, limits: &Limits) -> Option<Sampler> {
    let usual = (!limits.is_empty()).then_some(LIMITS_EVERY);
    let said = std::env::var_os("PERF_SAMPLE").unwrap_or_default();
    let every = match said.to_string_lossy().trim() {
        "off" | "0" => return None,
        "" => asked.or(usual)?,
        text => match parse_duration(text) {
            Ok(ns) => Duration::from_nanos(ns as u64).max(LEAST_PERIOD),
            Err(error) => {
                crate::error::warn(&format_args!("PERF_SAMPLE: {error}; or write off"));
                asked.or(usual)?
            }
        },
    };
    let started = Sampler::start(every, limits.clone());
    let failed = |error| crate::error::warn(&format_args!("resources are not sampled: {error}"));
    started.map_err(failed).ok()
}

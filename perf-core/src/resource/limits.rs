//! In: what a program may take, and what it takes. Out: [`Breach`]es, told once when a limit is crossed, with what grew.

use super::growth::Growth;
use crate::units::{bytes, percent};
use std::fmt;
use std::sync::Arc;

/// A limit that was crossed is armed again when the value has fallen below this part of it.
const ARMED_BELOW: f64 = 0.95;

/// What the program may take, looked after by a sampler. A crossed limit calls back, or is one warning line on standard error.
///
/// Resident memory, CPU, threads and descriptors are compared with their limits at each look of the sampler, the share of memory once a
/// second: what rises above a limit and falls again in between is not seen.
///
/// ```
/// use perf_core::resource::Limits;
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use std::sync::Arc;
/// let crossed = Arc::new(AtomicU32::new(0));
/// let seen = Arc::clone(&crossed);
/// let limits = Limits::new()
///     .rss(4_096) // far too little: it is crossed at the first look
///     .on_breach(move |breach| { assert!(breach.value > breach.limit); seen.fetch_add(1, Relaxed); });
/// let session = perf_core::Session::options("limited").report(false).limits(limits).start();
/// session.finish();
/// # if cfg!(target_os = "linux") {
/// assert_eq!(crossed.load(Relaxed), 1);
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Limits {
    pub(super) all: Vec<(Limited, f64)>,
    on_breach: Option<Arc<OnBreach>>,
}

/// What is called at a crossed limit.
type OnBreach = dyn Fn(&Breach) + Send + Sync;

/// What can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limited {
    /// Resident memory, in bytes.
    Rss,
    /// What is used of the control group's memory, or of the machine's where there is no group with a limit; a share.
    MemoryShare,
    /// Open descriptors.
    Descriptors,
    /// Threads.
    Threads,
    /// CPU time taken, as a share of what the process may use.
    CpuShare,
}

/// A limit that was crossed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Breach {
    /// Which limit.
    pub what: Limited,
    /// The value: bytes, a count, or a share of one; as exact as the probe's number, see [`Process`](crate::probe::Process).
    pub value: f64,
    /// The limit.
    pub limit: f64,
    /// What grew since sampling began, or took the CPU since then; the greatest first. Where leaks are tracked, the sites that allocated
    /// what is still there are among it.
    pub grew: Vec<Growth>,
}

impl Limits {
    /// No limits yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Resident memory, in bytes.
    #[must_use]
    pub fn rss(self, bytes: u64) -> Self {
        self.with(Limited::Rss, bytes as f64)
    }

    /// What is used of the control group's memory (or the machine's), as a share: 0.9.
    #[must_use]
    pub fn memory_share(self, share: f64) -> Self {
        self.with(Limited::MemoryShare, share)
    }

    /// Open descriptors.
    #[must_use]
    pub fn descriptors(self, most: u64) -> Self {
        self.with(Limited::Descriptors, most as f64)
    }

    /// Threads.
    #[must_use]
    pub fn threads(self, most: u64) -> Self {
        self.with(Limited::Threads, most as f64)
    }

    /// CPU time between two looks, as a share of the CPUs that the process may use.
    #[must_use]
    pub fn cpu_share(self, share: f64) -> Self {
        self.with(Limited::CpuShare, share)
    }

    /// What is done when a limit is crossed, on the sampler's thread, instead of a warning line. A panic in it is caught and told.
    #[must_use]
    pub fn on_breach(mut self, call: impl Fn(&Breach) + Send + Sync + 'static) -> Self {
        self.on_breach = Some(Arc::new(call));
        self
    }

    /// Whether there is nothing to look after.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn with(mut self, what: Limited, limit: f64) -> Self {
        self.all.retain(|known| known.0 != what);
        self.all.push((what, limit));
        self
    }

    /// Tells of a crossed limit.
    pub(super) fn tell(&self, breach: &Breach) {
        let Some(call) = &self.on_breach else {
            crate::error::warn(&crate::escape::terminal(&breach.to_string()));
            return;
        };
        let call = std::panic::AssertUnwindSafe(|| call(breach));
        if std::panic::catch_unwind(call).is_err() {
            crate::error::warn(&"the function that is called at a crossed limit panicked");
        }
    }
}

/// Whether a limit has been told of; it is told again only after the value has fallen well below.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Armed {
    told: bool,
}

impl Armed {
    /// Whether this value is to be told.
    pub(super) fn crosses(&mut self, value: f64, limit: f64) -> bool {
        let tell = value > limit && !self.told;
        self.told = value > limit || (self.told && value > ARMED_BELOW * limit);
        tell
    }
}

impl Limited {
    fn words(self) -> &'static str {
        match self {
            Self::Rss => "resident memory",
            Self::MemoryShare => "memory in use",
            Self::Descriptors => "open descriptors",
            Self::Threads => "threads",
            Self::CpuShare => "CPU time",
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Self::Rss => bytes(value),
            Self::MemoryShare | Self::CpuShare => percent(value),
            Self::Descriptors | Self::Threads => format!("{value}"),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, limit) = (self.what.text(self.value), self.what.text(self.limit));
        write!(
            f,
            "{}: {value}, over its limit of {limit}",
            self.what.words()
        )?;
        let verb = if self.what == Limited::CpuShare {
            "took"
        } else {
            "grew by"
        };
        for (at, growth) in self.grew.iter().enumerate() {
            let start = if at == 0 {
                "; since sampling began "
            } else {
                ", "
            };
            write!(f, "{start}{} {verb} {growth}", growth.what)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("all", &self.all)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_once_until_the_value_has_fallen() {
        let mut armed = Armed::default();
        let values = [90.0, 101.0, 120.0, 99.0, 101.0, 94.0, 101.0];
        let told: Vec<bool> = values.iter().map(|v| armed.crosses(*v, 100.0)).collect();
        assert_eq!(told, [false, true, false, false, false, false, true]);
    }

    #[test]
    fn a_panicking_callback_is_caught() {
        let limits = Limits::new().threads(1).on_breach(|_| panic!("on purpose"));
        let breach = Breach {
            what: Limited::Threads,
            value: 2.0,
            limit: 1.0,
            grew: vec![],
        };
        limits.tell(&breach);
        assert_eq!(breach.to_string(), "threads: 2, over its limit of 1");
    }
}

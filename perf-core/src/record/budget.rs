//! In: `PERF_OVERHEAD` or a call. Out: [`Overhead`], the share of each thread's time that recording may take.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const PARTS: u32 = 1_000_000;
const DEFAULT_PARTS: u32 = 10_000; // 1 %
const FULL: u32 = u32::MAX;
const UNASKED: u32 = u32::MAX - 1;

static BUDGET: AtomicU32 = AtomicU32::new(UNASKED);

/// How much of each thread's time recording may cost before calls are sampled.
///
/// ```
/// use perf_core::Overhead;
/// assert_eq!("0.5%".parse(), Ok(Overhead::percent(0.5)));
/// assert_eq!("full".parse(), Ok(Overhead::FULL));
/// assert_eq!(Overhead::default().to_string(), "1 %");
/// assert!("much".parse::<Overhead>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overhead {
    parts: u32, // millionths; 0 = record nothing, FULL = record every call
}

impl Overhead {
    /// Every call is recorded.
    pub const FULL: Self = Self { parts: FULL };
    /// Nothing is recorded, even while a session is alive.
    pub const OFF: Self = Self { parts: 0 };

    /// At most this share of each thread's time, in percent: above 0 (rounded to a ten-thousandth), at most 100.
    pub fn percent(percent: f64) -> Self {
        let parts = (percent * f64::from(PARTS) / 100.0).round() as u32; // 0 for what is no number
        Self {
            parts: parts.clamp(1, PARTS),
        }
    }

    /// The share as a fraction; `None` where every call is recorded.
    pub fn fraction(self) -> Option<f64> {
        (self != Self::FULL).then(|| f64::from(self.parts) / f64::from(PARTS))
    }

    pub(crate) fn is_off(self) -> bool {
        self == Self::OFF
    }
}

impl Default for Overhead {
    fn default() -> Self {
        Self {
            parts: DEFAULT_PARTS,
        }
    }
}

impl fmt::Display for Overhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::FULL => f.write_str("full"),
            Self::OFF => f.write_str("off"),
            Self { parts } => write!(f, "{} %", f64::from(parts) * 100.0 / f64::from(PARTS)),
        }
    }
}

/// What was written where a budget was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOverhead(String);

impl fmt::Display for BadOverhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no overhead budget: write full, off, or a share such as 0.5%",
            self.0
        )
    }
}

impl std::error::Error for BadOverhead {}

impl FromStr for Overhead {
    type Err = BadOverhead;

    fn from_str(text: &str) -> Result<Self, BadOverhead> {
        let bad = || BadOverhead(text.to_owned());
        match text.trim() {
            "full" => Ok(Self::FULL),
            "off" => Ok(Self::OFF),
            share => {
                let number = share.strip_suffix('%').ok_or_else(bad)?.trim();
                let percent: f64 = number.parse().map_err(|_| bad())?;
                if percent > 0.0 && percent <= 100.0 {
                    Ok(Self::percent(percent))
                } else {
                    Err(bad())
                }
            }
        }
    }
}

/// The budget in force. The environment (`PERF_OVERHEAD`) is asked once; what it says wrongly is reported once and ignored.
pub(crate) fn get() -> Overhead {
    match BUDGET.load(Relaxed) {
        UNASKED => {
            let asked = std::env::var_os("PERF_OVERHEAD").unwrap_or_default();
            let asked = asked.to_string_lossy();
            let parsed = if asked.is_empty() {
                Ok(Overhead::default())
            } else {
                asked.parse()
            };
            let overhead = parsed.as_ref().copied().unwrap_or_default();
            match (
                BUDGET.compare_exchange(UNASKED, overhead.parts, Relaxed, Relaxed),
                parsed,
            ) {
                (Err(parts), _) => return Overhead { parts }, // another thread asked, or it was set
                (Ok(_), Err(error)) => {
                    crate::error::warn(&format_args!("PERF_OVERHEAD: {error}; using the default"));
                }
                (Ok(_), Ok(_)) => {}
            }
            overhead
        }
        parts => Overhead { parts },
    }
}

/// Sets the budget for all threads, from their next adjustment on.
pub(crate) fn set(overhead: Overhead) {
    BUDGET.store(overhead.parts, Relaxed);
}

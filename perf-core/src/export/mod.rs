//! In: a snapshot. Out: the texts that other tools read: folded stacks, Chrome's traces, HdrHistogram logs, CSV, OpenMetrics.

mod chrome;
mod csv;
mod folded;
#[cfg(feature = "hdr")]
mod hdr_log;
mod open_metrics;

pub use crate::bad_format::BadFormat;

use crate::snapshot::{Snapshot, Weight};
use std::str::FromStr;

/// What a snapshot can be exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Stacks and their self time in nanoseconds, one a line: what flame graphs are drawn from.
    Folded,
    /// The call tree as nested slices for Chrome's and Perfetto's viewers: each call path as wide as the time it took in all.
    Chrome,
    /// A line a site with its whole histogram, as HdrHistogram's log tools read it.
    #[cfg(feature = "hdr")]
    HdrLog,
    /// A line a site, for spreadsheets.
    Csv,
    /// Counters and quantiles, as Prometheus and its relatives read them.
    OpenMetrics,
}

const KNOWN: &str = "folded, chrome, hdr-log (feature `hdr`), csv or openmetrics";

impl FromStr for Format {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Self, BadFormat> {
        match text.trim() {
            "folded" => Ok(Self::Folded),
            "chrome" => Ok(Self::Chrome),
            #[cfg(feature = "hdr")]
            "hdr-log" => Ok(Self::HdrLog),
            "csv" => Ok(Self::Csv),
            "openmetrics" => Ok(Self::OpenMetrics),
            _ => Err(BadFormat::new(text, "export", KNOWN)),
        }
    }
}

impl Snapshot {
    /// The snapshot as another tool reads it; names are made harmless for that format.
    ///
    /// Where no calling context was kept, stacks are of one site each.
    ///
    /// ```
    /// use perf_core::export::Format;
    /// let _on = perf_core::enable();
    /// { let _span = perf_core::span!("load; all"); }
    /// let snapshot = perf_core::snapshot();
    /// let folded = snapshot.export(Format::Folded);
    /// assert!(folded.lines().any(|line| line.starts_with("load, all "))); // `;` separates callers from callees
    /// assert!(snapshot.export(Format::OpenMetrics).ends_with("# EOF\n"));
    /// ```
    pub fn export(&self, format: Format) -> String {
        match format {
            Format::Folded => folded::write(self, Weight::SelfTime),
            Format::Chrome => chrome::write(self),
            #[cfg(feature = "hdr")]
            Format::HdrLog => hdr_log::write(self),
            Format::Csv => csv::write(self),
            Format::OpenMetrics => open_metrics::write(self),
        }
    }

    /// Stacks as [`Format::Folded`], with what each weighs itself: nanoseconds, allocations or bytes. Empty where none of its sites
    /// counts allocations.
    ///
    /// ```
    /// use perf_core::Weight;
    /// let _on = perf_core::enable();
    /// { let _span = perf_core::span!("not counted"); }
    /// assert_eq!(perf_core::snapshot().folded(Weight::Bytes), "");
    /// ```
    pub fn folded(&self, by: Weight) -> String {
        folded::write(self, by)
    }
}

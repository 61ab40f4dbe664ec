//! In: rows. Out: an HdrHistogram log (format 1.3), a tagged interval a site, histograms of nanoseconds deflated in base64.

use crate::escape::terminal;
use crate::snapshot::Snapshot;
use std::fmt::Write;

pub(super) fn write(snapshot: &Snapshot) -> String {
    let covers = snapshot.covers_ns as f64 / 1e9;
    let end = snapshot.taken_unix_ms as f64 / 1e3;
    let start = end - covers;
    let mut text = format!(
        "#[Histogram log format version 1.3]\n#[StartTime: {start:.3} (seconds since epoch)]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
    );
    for row in snapshot.rows.iter().filter(|row| row.recorded > 0) {
        // The largest value that the layout knows fits an HdrHistogram: what cannot be converted does not exist.
        let Ok(histogram) = row.histogram.to_hdr_base64() else {
            continue;
        };
        let tag: String = terminal(&row.id).replace([',', ' '], "_");
        let _ = writeln!(
            text,
            "Tag={tag},0.000,{covers:.3},{:.3},{histogram}",
            row.max_ns
        );
    }
    text
}

//! In: the kernel's pressure files. Out: [`Pressure`], for how long tasks stood still for want of something.

use super::absence::{Absence, Reading, Why};
use super::file::{Buffer, Source};
use super::text;

/// Pressure stall information: time in which tasks waited for CPU, memory or input and output.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pressure {
    /// Time in which at least one task waited, in nanoseconds since the machine started.
    pub some_ns: u64,
    /// Time in which all tasks waited, in nanoseconds; of CPU the kernel says 0 for a whole machine.
    pub full_ns: u64,
    /// Share of the last 10 s in which at least one task waited.
    pub some_10s: f64,
}

/// The pressure that a file tells of.
pub(super) fn read(source: &Source, buffer: &mut Buffer) -> Reading<Pressure> {
    parse(buffer.read(source)?, source.name())
}

fn parse(text: &[u8], source: &'static str) -> Reading<Pressure> {
    let unsaid = Absence::new(source, Why::Unsaid);
    let garbled = Absence::new(source, Why::Garbled);
    let some = text::after(text, b"some").ok_or(unsaid)?;
    let full = text::after(text, b"full");
    let total = |line: &[u8]| {
        text::words(line)
            .find_map(|word| word.strip_prefix(b"total="))
            .and_then(text::number)
            .map(|micros| micros.saturating_mul(1_000))
    };
    let share = text::words(some)
        .find_map(|word| word.strip_prefix(b"avg10="))
        .and_then(text::decimal);
    Ok(Pressure {
        some_ns: total(some).ok_or(garbled)?,
        full_ns: full.map_or(Some(0), total).ok_or(garbled)?,
        some_10s: share.ok_or(garbled)? / 100.0,
    })
}

//! In: numbers and their units. Out: text with three significant figures and a unit, and numbers read back from such text.

use std::fmt;

/// Nanoseconds a unit, and from how many of it on the next unit is used.
const TIMES: [(f64, f64, &str); 8] = [
    (1.0, 1e3, "ns"),
    (1e3, 1e3, "µs"),
    (1e6, 1e3, "ms"),
    (1e9, 600.0, "s"),
    (6e10, 600.0, "min"),
    (3.6e12, 1e3, "h"),
    (8.64e13, 1e3, "d"),
    (3.155_76e16, f64::INFINITY, "y"), // Julian years
];

const BYTES: [(f64, f64, &str); 7] = [
    (1.0, 1024.0, "B"),
    (1024.0, 1024.0, "KiB"),
    (1_048_576.0, 1024.0, "MiB"),
    (1_073_741_824.0, 1024.0, "GiB"),
    (1_099_511_627_776.0, 1024.0, "TiB"),
    (1_125_899_906_842_624.0, 1024.0, "PiB"),
    (1_152_921_504_606_846_976.0, f64::INFINITY, "EiB"),
];

const COUNTS: [(f64, f64, &str); 6] = [
    (1e3, 1e3, "k"),
    (1e6, 1e3, "M"),
    (1e9, 1e3, "G"),
    (1e12, 1e3, "T"),
    (1e15, 1e3, "P"),
    (1e18, f64::INFINITY, "E"),
];

/// Counts below this print every digit.
const EXACT_BELOW: u64 = 1_000_000;

/// What stands for a number that is none (NaN, infinite).
pub const NOTHING: &str = "-";

/// A duration in nanoseconds.
///
/// ```
/// use perf_core::units::duration;
/// assert_eq!(duration(1_234_567.0), "1.23 ms");
/// assert_eq!(duration(999.96), "1.00 µs");
/// assert_eq!(duration(0.0), "0 ns");
/// assert_eq!(duration(u64::MAX as f64), "585 y");
/// assert_eq!(duration(-0.000_1), "0.000 ns");
/// ```
pub fn duration(nanoseconds: f64) -> String {
    scaled(nanoseconds, &TIMES, 3)
}

/// An amount of memory, in powers of 1024.
///
/// ```
/// use perf_core::units::bytes;
/// assert_eq!(bytes(3.0 * 1024.0 * 1024.0), "3.00 MiB");
/// assert_eq!(bytes(512.0), "512 B");
/// ```
pub fn bytes(bytes: f64) -> String {
    if bytes.fract() == 0.0 && bytes.abs() < 1024.0 {
        return format!("{bytes} B");
    }
    scaled(bytes, &BYTES, 3)
}

/// A fraction of one as a percentage.
///
/// ```
/// use perf_core::units::percent;
/// assert_eq!(percent(0.123_45), "12.3 %");
/// assert_eq!(percent(1.0), "100 %");
/// assert_eq!(percent(0.000_001), "<0.01 %");
/// ```
pub fn percent(fraction: f64) -> String {
    percent_to(fraction, 3)
}

/// A fraction of one as a percentage with two significant figures: for uncertainties.
///
/// ```
/// assert_eq!(perf_core::units::rough_percent(0.004_123), "0.41 %");
/// ```
pub fn rough_percent(fraction: f64) -> String {
    percent_to(fraction, 2)
}

/// A count: every digit below a million, then three significant figures.
///
/// ```
/// use perf_core::units::count;
/// assert_eq!(count(12_345), "12,345");
/// assert_eq!(count(50_000_000), "50.0 M");
/// ```
pub fn count(count: u64) -> String {
    if count >= EXACT_BELOW {
        return scaled(count as f64, &COUNTS, 3);
    }
    match (count / 1000, count % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

/// So many of something: `1 wait`, `12,345 waits`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// How long ago, in whole units, as people say it: `12 s`, `6 min`, `5 h`, `3 d`.
pub(crate) fn age(nanoseconds: f64) -> String {
    let seconds = (nanoseconds / 1e9) as u64; // saturates
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", count(seconds / 86_400)),
    }
}

/// How many times as much, which is positive.
pub(crate) fn times(ratio: f64) -> String {
    match ratio {
        size if !size.is_finite() => NOTHING.to_owned(),
        size if size < 0.001 => "<0.001".to_owned(),
        size => significant(size, 3),
    }
}

/// So many a second.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second.fract() == 0.0 && (0.0..1e18).contains(&per_second) {
        return format!("{}/s", count(per_second as u64));
    }
    match per_second.abs() {
        size if !size.is_finite() => NOTHING.to_owned(),
        size if size < 1e3 => format!("{}/s", significant(per_second, 3)),
        _ => format!("{}/s", scaled(per_second, &COUNTS, 3)),
    }
}

/// A range of durations in nanoseconds; the unit is written once where both ends share it.
///
/// ```
/// use perf_core::units::duration_range;
/// assert_eq!(duration_range(1.2e6, 1.31e6), "1.20–1.31 ms");
/// assert_eq!(duration_range(980.0, 1020.0), "980 ns–1.02 µs");
/// ```
pub fn duration_range(low: f64, high: f64) -> String {
    let (low, high) = (duration(low), duration(high));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => format!("{number}–{high}"),
        _ => format!("{low}–{high}"),
    }
}

/// What was written where a quantity was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadQuantity {
    text: String,
    expected: &'static str,
}

impl fmt::Display for BadQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no {}", self.text, self.expected)
    }
}

impl std::error::Error for BadQuantity {}

/// A duration in nanoseconds from text such as `5ms`, `1.5 s` or `250 us`.
///
/// # Errors
/// [`BadQuantity`] for a missing or unknown unit, and for what is no finite number of at least 0.
///
/// ```
/// use perf_core::units::parse_duration;
/// assert_eq!(parse_duration("5ms"), Ok(5e6));
/// assert_eq!(parse_duration(" 1.5 µs "), Ok(1500.0));
/// assert!(parse_duration("5").is_err());
/// ```
pub fn parse_duration(text: &str) -> Result<f64, BadQuantity> {
    let expected = "duration: write a number and ns, us, ms, s, min, h or d, such as 5ms";
    parse(text, expected, |unit| {
        let unit = match unit {
            "us" | "\u{3bc}s" => "µs",
            other => other,
        };
        TIMES.iter().find(|time| time.2 == unit).map(|time| time.0)
    })
}

/// Bytes from text such as `3 MiB`, `64KiB`, `10 MB` (a million each) or `512 B`.
///
/// # Errors
/// [`BadQuantity`] for a missing or unknown unit, and for what is no finite number of at least 0.
///
/// ```
/// use perf_core::units::parse_bytes;
/// assert_eq!(parse_bytes("3 MiB"), Ok(3_145_728.0));
/// assert_eq!(parse_bytes("10kB"), Ok(10_000.0));
/// assert!(parse_bytes("3 miles").is_err());
/// ```
pub fn parse_bytes(text: &str) -> Result<f64, BadQuantity> {
    let expected =
        "amount of memory: write a number and B, KiB, MiB, GiB, kB, MB or GB, such as 3 MiB";
    parse(text, expected, |unit| match unit {
        "kB" => Some(1e3),
        "MB" => Some(1e6),
        "GB" => Some(1e9),
        "TB" => Some(1e12),
        binary => BYTES
            .iter()
            .find(|bytes| bytes.2 == binary)
            .map(|bytes| bytes.0),
    })
}

/// A fraction of one from text such as `2%` or `0.5 %`.
///
/// # Errors
/// [`BadQuantity`] without the sign, and for what is no finite number of at least 0.
///
/// ```
/// use perf_core::units::parse_percent;
/// assert_eq!(parse_percent("2%"), Ok(0.02));
/// assert!(parse_percent("2").is_err());
/// ```
pub fn parse_percent(text: &str) -> Result<f64, BadQuantity> {
    let per_hundred = |unit: &str| (unit == "%").then_some(100.0);
    let number = parse(text, "share: write a number and %, such as 2%", per_hundred)?;
    Ok(number / 1e4)
}

fn parse(
    text: &str,
    expected: &'static str,
    factor: impl Fn(&str) -> Option<f64>,
) -> Result<f64, BadQuantity> {
    let bad = || BadQuantity {
        text: text.chars().take(80).collect(),
        expected,
    };
    let trimmed = text.trim();
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = trimmed.find(|c| !is_number(c)).ok_or_else(bad)?;
    let number: f64 = trimmed[..end].parse().map_err(|_| bad())?;
    let factor = factor(trimmed[end..].trim_start()).ok_or_else(bad)?;
    let value = number * factor;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(bad())
    }
}

fn percent_to(fraction: f64, figures: i32) -> String {
    let percent = fraction * 100.0;
    match percent.abs() {
        size if !size.is_finite() => NOTHING.to_owned(),
        0.0 => "0 %".to_owned(),
        size if size < 0.01 => "<0.01 %".to_owned(),
        _ => format!("{} %", significant(percent, figures)),
    }
}

/// The number in the smallest unit whose limit it stays below after rounding.
fn scaled(value: f64, units: &[(f64, f64, &str)], figures: i32) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    let first = units[0];
    if value == 0.0 {
        return format!("0 {}", first.2);
    }
    let below =
        |&&(size, limit, _): &&(f64, f64, &str)| rounded(value / size, figures).abs() < limit;
    let (size, _, unit) = *units.iter().find(below).unwrap_or(&first);
    let number = significant(value / size, figures);
    let nothing = number.bytes().all(|digit| b"-0.".contains(&digit));
    let number = if nothing {
        number.trim_start_matches('-') // no minus before what is rounded to 0
    } else {
        &number
    };
    format!("{number} {unit}")
}

/// The decimals that leave so many significant figures, none beyond the point for large numbers; three for very small ones.
fn decimals(value: f64, figures: i32) -> i32 {
    let magnitude = value.abs().log10().floor() as i32; // saturates for 0
    figures
        .saturating_sub(1)
        .saturating_sub(magnitude)
        .clamp(0, figures)
}

fn rounded(value: f64, figures: i32) -> f64 {
    let scale = 10f64.powi(decimals(value, figures));
    (value * scale).round() / scale
}

fn significant(value: f64, figures: i32) -> String {
    if value.abs() >= 1e6 {
        return format!("{value:.2e}");
    }
    let rounded = rounded(value, figures); // may have gained a digit: 9.996 is 10.0
    let places = decimals(rounded, figures).max(0) as usize;
    format!("{rounded:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounding_carries_into_the_next_unit() {
        assert_eq!(duration(9.996), "10.0 ns");
        assert_eq!(duration(999.4), "999 ns");
        assert_eq!(duration(999_500.0), "1.00 ms");
        assert_eq!(duration(599.4e9), "599 s");
        assert_eq!(duration(599.6e9), "9.99 min");
        assert_eq!(duration(-1_500.0), "-1.50 µs");
        assert_eq!(bytes(1023.99), "1.00 KiB");
        assert_eq!(count(999_999), "999,999");
        assert_eq!(count(u64::MAX), "18.4 E");
        assert_eq!(percent(0.099_96), "10.0 %");
    }

    #[test]
    fn one_is_singular_and_ages_are_whole() {
        assert_eq!(counted(0, "wait", "waits"), "0 waits");
        assert_eq!(counted(1, "wait", "waits"), "1 wait");
        assert_eq!(counted(12_345, "wait", "waits"), "12,345 waits");
        let ages = [0.4, 59.9, 373.0, 3_599.0, 86_400.0, 172_800.0];
        let said = ages.map(|seconds| age(seconds * 1e9));
        assert_eq!(said, ["0 s", "59 s", "6 min", "59 min", "24 h", "2 d"]);
    }

    #[test]
    fn a_small_ratio_is_not_nothing() {
        assert_eq!(times(3.844), "3.84");
        assert_eq!(times(0.0049), "0.005");
        assert_eq!(times(2e-5), "<0.001");
    }

    #[test]
    fn rates_are_whole_where_they_can_be() {
        assert_eq!(rate(100_000_000.0), "100 M/s");
        assert_eq!(rate(2_500.0), "2,500/s");
        assert_eq!(rate(0.5), "0.500/s");
        assert_eq!(rate(2_500.4), "2.50 k/s");
        assert_eq!(rate(f64::INFINITY), "-");
    }

    #[test]
    fn small_and_absurd_numbers() {
        assert_eq!(duration(0.012_34), "0.012 ns");
        assert_eq!(duration(f64::NAN), "-");
        assert_eq!(duration(f64::INFINITY), "-");
        assert_eq!(percent(f64::NAN), "-");
        assert_eq!(duration(f64::MAX), "5.70e291 y");
        for bad in [
            "",
            "5",
            "-5ms",
            "5 parsecs",
            "NaNms",
            "9e9s",
            "ms",
            "1..5ms",
        ] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn printed_durations_read_back_within_three_figures(exponent in 0.0f64..18.0) {
            let value = 10f64.powf(exponent);
            let back = parse_duration(&duration(value)).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert!((back / value - 1.0).abs() <= 0.0051, "{value} became {back}");
        }
    }
}

//! Promise: command lines, durations, sizes, shares, budgets: understood, or refused with a sentence. What is quoted comes back whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_core::Overhead;
use perf_core::escape;
use perf_core::judge::Metric;
use perf_core::launch::Command;
use perf_core::units::{bytes, duration, parse_bytes, parse_duration, parse_percent};

fuzz_target!(|text: &str| {
    let _ = Command::split(text);
    if !text.contains('\0') {
        let quoted = format!("program '{}'", text.replace('\'', r"'\''"));
        let split = Command::split(&quoted).expect("quoted as POSIX says");
        assert_eq!(split, Command::new("program").args([text]));
    }
    let numbers = [parse_duration(text), parse_bytes(text), parse_percent(text)];
    for number in numbers {
        match number {
            Ok(number) => assert!(number.is_finite() && !duration(number).is_empty() && !bytes(number).is_empty()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let _ = (text.parse::<Overhead>(), text.parse::<Metric>());
    assert!(!escape::terminal(text).contains('\u{1b}'));
    let name = escape::file_name(text);
    assert!(!name.is_empty() && !name.contains('/') && name.len() <= 255);
    let _ = escape::markdown(text);
});

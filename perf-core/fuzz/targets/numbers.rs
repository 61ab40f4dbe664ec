//! Promise: files of criterion, hyperfine, Go and plain numbers are read as finite numbers or refused with a sentence.

#![no_main]
#![allow(dead_code, unused_imports, reason = "parts of the command, included as they are")]

#[path = "../../src/bin/cargo-perf/exit.rs"]
mod exit;
#[path = "../../src/bin/cargo-perf/numbers/mod.rs"]
mod numbers;

use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| {
    for path in ["sample.json", "numbers.txt"] {
        match numbers::parse(Path::new(path), text) {
            Ok(read) => {
                let values = read.series.iter().flat_map(|series| &series.values);
                assert!(values.into_iter().all(|value| value.is_finite()), "{text:?}");
                read.series.iter().for_each(|series| drop((series.of_metric(), series.name(Path::new(path)))));
            }
            Err(failure) => assert!(!format!("{failure:?}").is_empty()),
        }
    }
});

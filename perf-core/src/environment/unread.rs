//! In: a system that is not Linux. Out: for each fact the reason why it is unknown.

use crate::environment::Environment;

const FIELDS: [&str; 10] = [
    "cpu",
    "logical_cores",
    "physical_cores",
    "caches",
    "governor",
    "turbo",
    "memory_bytes",
    "virtualised",
    "kernel",
    "clocksource",
];

/// Notes why nothing is known.
pub(super) fn read(environment: &mut Environment) {
    for field in FIELDS {
        environment.absent.insert(field.to_owned(), reason());
    }
}

/// Not read here.
pub(super) fn load() -> Result<f64, String> {
    Err(reason())
}

fn reason() -> String {
    format!("not read on {}", std::env::consts::OS)
}

//! In: the wish for a page. Out: why there is none: the feature `html` of this library is off.

use crate::judge::{Comparison, Policy};
use std::path::Path;

/// They cannot.
pub(in crate::harness) fn possible() -> Result<(), String> {
    Err("--html needs the feature `html` of perf-core beside `bench`".to_owned())
}

/// Refuses where a page is asked for.
pub(in crate::harness) fn write(
    file: Option<&Path>,
    _: &str,
    _: &[Comparison],
    _: &Policy,
) -> Result<(), String> {
    file.map_or(Ok(()), |_| possible())
}

//! In: the wish for a page. Out: why there is none: the feature `html` of this library is off.

use crate::judge::{Comparison, Policy};
use std::path::Path;

/// Why no page can be written.
pub(in crate::harness) const WHY_NOT: Option<&str> =
    Some("--html needs the feature `html` of perf-core beside `bench`");

/// Refuses where a page is asked for.
pub(in crate::harness) fn write(
    file: Option<&Path>,
    _: &str,
    _: &[Comparison],
    _: &Policy,
) -> Result<(), String> {
    match (file, WHY_NOT) {
        (Some(_), Some(why)) => Err(why.to_owned()),
        _ => Ok(()),
    }
}

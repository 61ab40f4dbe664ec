//! In: comparisons. Out: the page for a browser, where a file for it was named.

use crate::error::warn;
use crate::harness::compare::joined;
use crate::judge::{Comparison, Policy};
use crate::report::Page;
use std::path::Path;

/// Why no page can be written; it can.
pub(in crate::harness) const WHY_NOT: Option<&str> = None;

/// Writes the page; measurements alone have none.
pub(in crate::harness) fn write(
    file: Option<&Path>,
    title: &str,
    comparisons: &[Comparison],
    policy: &Policy,
) -> Result<(), String> {
    let Some(file) = file else { return Ok(()) };
    if comparisons.is_empty() {
        warn(
            &"--html wrote no page: it shows comparisons, with a baseline (--baseline NAME) or of alternatives",
        );
        return Ok(());
    }
    let whole = joined(comparisons, false);
    let page = Page::new(title).comparison(whole.report().with_policy(policy));
    page.write(file).map_err(|error| error.to_string())?;
    warn(&format!("the page is in {}", file.display()));
    Ok(())
}

//! In: an id. Out: its row as it is now.

/// The row, which must be there.
#[track_caller]
pub(crate) fn row(id: &str) -> perf_core::Row {
    let seen = perf_core::snapshot();
    seen.site(id)
        .unwrap_or_else(|| panic!("no row {id}"))
        .clone()
}

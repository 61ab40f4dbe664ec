//! In: `PERF_PRECISION` or a call before the first recording. Out: the layout of every histogram of this process.

use crate::record::layout::Layout;
use std::sync::OnceLock;

static LAYOUT: OnceLock<Layout> = OnceLock::new();

/// The layout in force; fixed by the first call.
pub(crate) fn layout() -> Layout {
    *LAYOUT.get_or_init(|| match std::env::var("PERF_PRECISION").as_deref() {
        Ok("fine") => Layout::FINE,
        Ok("default" | "") | Err(_) => Layout::DEFAULT,
        Ok(other) => {
            crate::error::warn(&format_args!(
                "PERF_PRECISION: {other:?} is neither \"default\" nor \"fine\"; using the default"
            ));
            Layout::DEFAULT
        }
    })
}

/// Chooses the layout; false if recording has already begun with the other one.
pub(crate) fn choose(layout: Layout) -> bool {
    *LAYOUT.get_or_init(|| layout) == layout
}

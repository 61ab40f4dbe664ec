//! In: `PERF_PRECISION` or a call before the first recording. Out: the layout of every histogram of this process.

use crate::record::layout::Layout;
use std::sync::OnceLock;

static LAYOUT: OnceLock<Layout> = OnceLock::new();

/// The layout in force; fixed by the first call.
pub(crate) fn layout() -> Layout {
    let asked = || std::env::var_os("PERF_PRECISION").unwrap_or_default();
    *LAYOUT.get_or_init(|| match asked().to_string_lossy().as_ref() {
        "fine" => Layout::FINE,
        "default" | "" => Layout::DEFAULT,
        other => {
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

//! An out-of-line module: refused, and still there.
use perf_core::measure;

#[measure]
#[path = "parts/file.rs"]
mod file;

fn main() {
    file::five();
}

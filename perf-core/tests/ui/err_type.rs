//! `err` on results that are no `Result`.
use perf_core::measure;

#[measure(err)]
fn number() -> u32 {
    3
}

#[measure(err)]
async fn number_later() -> Option<u32> {
    None
}

fn main() {
    number();
    let _ = number_later();
}

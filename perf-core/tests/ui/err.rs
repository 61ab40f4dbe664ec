//! `err` where there is no `Err` to see, or no way to see it.
use perf_core::measure;

#[measure(err)]
fn nothing() {}

#[measure(full, err)]
fn never() -> ! {
    loop {}
}

#[measure(err)]
async fn nothing_later() {}

#[measure(err)]
#[track_caller]
fn caller() -> Result<(), ()> {
    Ok(())
}

fn main() {
    nothing();
    let _ = nothing_later();
    let _ = caller();
    never();
}

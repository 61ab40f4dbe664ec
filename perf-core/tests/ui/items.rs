//! Items that cannot be measured; they stay as they are.
use perf_core::measure;

#[measure]
const fn constant() -> u32 {
    3
}

#[measure]
struct Data;

#[measure]
static NUMBER: u32 = constant();

#[measure]
unsafe extern "C" {}

trait Shape {
    #[measure]
    fn area(&self) -> u32;
}

impl Shape for Data {
    fn area(&self) -> u32 {
        NUMBER
    }
}

#[measure]
#[measure(full)]
fn twice() {}

#[measure]
impl Data {
    #[measure]
    const fn constant(&self) {}

    fn other(&self) {}
}

fn main() {
    const _: u32 = constant();
    Data.area();
    Data.constant();
    Data.other();
    twice();
}

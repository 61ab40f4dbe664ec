//! Options that are for one function; a module whose file is not seen.
use perf_core::measure;

struct Data;

#[measure(name = "all")]
impl Data {
    fn one(&self) {}
}

#[measure(full, err)]
impl Data {
    fn two(&self) {}
}

#[measure(label = 3)]
mod module {
    pub fn three() {}
}

#[measure]
#[measure]
trait Shape {
    fn four(&self) {}
}

impl Shape for Data {}

fn main() {
    Data.one();
    Data.two();
    module::three();
    Data.four();
}

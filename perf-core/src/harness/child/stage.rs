//! In: a body that can be timed. Out: what is done with it: one pass, or as many as the parent asks for.

use super::body::Body;
use super::gauge::Gauge;
use std::cell::Cell;
use std::rc::Rc;

/// What an iteration processes.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Throughput {
    Bytes(u64),
    Items(u64),
}

/// What the parent learns of a body before it is timed.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Facts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) throughput: Option<Throughput>,
    /// Threads that run the body at once.
    pub(crate) threads: usize,
}

/// Where a bencher takes its closures.
pub(crate) trait Stage {
    fn serve(&mut self, body: &mut dyn Body, facts: Facts);

    /// The same stage, for callers that cannot be lent one.
    fn owned(&self) -> Box<dyn Stage>;
}

/// One pass: what `cargo test` asks for.
#[derive(Clone, Default)]
pub(crate) struct Once {
    pub(crate) passes: Rc<Cell<u32>>,
}

impl Stage for Once {
    fn serve(&mut self, body: &mut dyn Body, _: Facts) {
        body.run(1, &mut Gauge::nothing());
        self.passes.set(self.passes.get() + 1);
    }

    fn owned(&self) -> Box<dyn Stage> {
        Box::new(self.clone())
    }
}

//! In: a benchmark's closures. Out: their times or other amounts, as the parent asks for them. What runs in the measured process.

pub(super) mod bencher;
pub(super) mod block_on;
pub(super) mod body;
pub(super) mod gauge;
mod line;
pub(super) mod server;
pub(super) mod stage;
pub(super) mod stretch;
pub(super) mod threads;

//! In: spans. Out: shards full of cells. The recording path: no lock, no read-modify-write, no worker, bounded memory.

pub(crate) mod bins;
pub(crate) mod budget;
pub(crate) mod cell;
pub(crate) mod cost;
pub(crate) mod dependence;
pub(crate) mod future;
pub(crate) mod label;
pub(crate) mod layout;
pub(crate) mod precision;
pub(crate) mod ring;
pub(crate) mod sampling;
pub(crate) mod shard;
pub(crate) mod span;
pub(crate) mod switch;
pub(crate) mod table;
pub(crate) mod tally;
pub(crate) mod thread;

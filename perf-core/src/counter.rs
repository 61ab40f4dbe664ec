//! In: amounts and levels that the program tells. Out: them, with rates, in every snapshot and report: [`counter!`](crate::counter!),
//! [`gauge!`](crate::gauge!).

pub use crate::record::quantity::{Counter, Gauge};

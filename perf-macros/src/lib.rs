//! `#[measure]` and its relatives.

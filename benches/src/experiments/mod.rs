//! What the benches of verdicts share: work to compare, cases measured in turns, a neighbour, counts that add up over pieces,
//! instructions.

mod case;
mod instructions;
mod kernels;
mod neighbour;
mod piece;
mod tails;
mod tally;
mod wishes;

pub use case::{Case, measure};
pub use instructions::{print_ratios, ratio};
pub use kernels::{
    Chain, Kernel, Map, arithmetic, arithmetic_copy, look_ups, look_ups_copy, walk, walk_copy,
};
pub use neighbour::Neighbour;
pub use piece::Piece;
pub use tails::Shape;
pub use tally::{Tallies, Truth};
pub use wishes::{Task, Wishes};

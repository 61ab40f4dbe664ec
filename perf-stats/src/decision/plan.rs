//! In: a seed. Out: [`Plan`], the order in which baseline and candidate are measured.

use crate::rng::Rng;

/// Which of the two is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Arm {
    /// The baseline, `A`.
    Baseline,
    /// The candidate, `B`.
    Candidate,
}

/// The order of the four batches of a block. Either order puts both arms at the same mean position, so a linear drift cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Order {
    /// Baseline, candidate, candidate, baseline.
    Abba,
    /// Candidate, baseline, baseline, candidate.
    Baab,
}

impl Order {
    /// The four batches in time order.
    pub const fn arms(self) -> [Arm; 4] {
        use Arm::{Baseline as A, Candidate as B};
        match self {
            Self::Abba => [A, B, B, A],
            Self::Baab => [B, A, A, B],
        }
    }

    /// The two batches of a round, where a unit is no longer than that: baseline and candidate, in the order of the coin.
    pub const fn round(self) -> [Arm; 2] {
        let [first, second, ..] = self.arms();
        [first, second]
    }
}

/// An endless, reproducible sequence of block orders: a fair coin a block.
///
/// The coin is what makes the block's log ratio symmetric about the true one, whatever the noise: under equal code, swapping
/// the names of the arms changes the sign of the ratio and has probability one half. A fixed order lets any rhythm of
/// the machine that fits the blocks pass for a change.
///
/// ```
/// use perf_stats::decision::{Arm, Order, Plan};
/// let orders: Vec<Order> = Plan::new(7).take(80).collect();
/// assert_eq!(orders, Plan::new(7).take(80).collect::<Vec<_>>()); // the seed is the plan
/// assert!(orders.contains(&Order::Abba) && orders.contains(&Order::Baab));
/// assert_eq!(Order::Baab.round(), [Arm::Candidate, Arm::Baseline]);
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    rng: Rng,
}

impl Plan {
    /// The plan of this seed. Record the seed with the result.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
        }
    }
}

impl Iterator for Plan {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        Some(if self.rng.coin() {
            Order::Abba
        } else {
            Order::Baab
        })
    }
}

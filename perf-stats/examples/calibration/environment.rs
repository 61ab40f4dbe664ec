//! In: a seed. Out: what a machine adds to the logarithms of the batches of a run, batch after batch in time order.

use perf_stats::Rng;
use perf_stats::decision::{Arm, Order};

/// Spread of a batch where nothing else is said: 1 %.
pub(crate) const SD: f64 = 0.01;

/// A way in which a machine is not the textbook's.
#[derive(Clone, Copy)]
pub(crate) struct Environment {
    pub(crate) name: &'static str,
    noise: fn(&mut Rng, usize) -> Vec<f64>,
}

impl Environment {
    /// The noise of `n` batches.
    pub(crate) fn noise(&self, rng: &mut Rng, n: usize) -> Vec<f64> {
        (self.noise)(rng, n)
    }
}

/// STATS' environments, and two more that try to fit the rhythm of the blocks.
pub(crate) const ENVIRONMENTS: [Environment; 10] = [
    Environment {
        name: "iid normal",
        noise: |rng, n| white(rng, n),
    },
    Environment {
        name: "heavy tail t(1.5)",
        noise: |rng, n| (0..n).map(|_| SD * student(rng, 1.5)).collect(),
    },
    Environment {
        name: "AR(1) 0.9",
        noise: |rng, n| autoregressive(rng, n, 0.9),
    },
    Environment {
        name: "linear drift 3 %",
        noise: |rng, n| plus(white(rng, n), |t| 0.03 * share(t, n)),
    },
    Environment {
        name: "random walk",
        noise: |rng, n| random_walk(rng, n, 0.005),
    },
    Environment {
        name: "one 3 % step",
        noise: |rng, n| one_step(rng, n, 0.03),
    },
    Environment {
        name: "iid bimodal +5 %",
        noise: bimodal,
    },
    Environment {
        name: "mode switching 5 %",
        noise: |rng, n| switching(rng, n, 0.05),
    },
    Environment {
        name: "steep drift 50 %",
        noise: |rng, n| plus(white(rng, n), |t| 0.5 * share(t, n)),
    },
    Environment {
        name: "period of 8, 5 %",
        noise: rhythm,
    },
];

/// The four batches of a block, with the candidate's effect (a log ratio) put in.
pub(crate) fn block(order: Order, noise: &[f64], effect: f64) -> [f64; 4] {
    let arms = order.arms();
    std::array::from_fn(|i| {
        let own = if arms[i] == Arm::Candidate {
            effect
        } else {
            0.0
        };
        (noise[i] + own).exp()
    })
}

fn white(rng: &mut Rng, n: usize) -> Vec<f64> {
    (0..n).map(|_| SD * rng.normal()).collect()
}

fn share(t: usize, n: usize) -> f64 {
    t as f64 / n as f64
}

fn plus(mut noise: Vec<f64>, level: impl Fn(usize) -> f64) -> Vec<f64> {
    noise
        .iter_mut()
        .enumerate()
        .for_each(|(t, v)| *v += level(t));
    noise
}

/// Student's t by the polar method of Bailey (1994).
pub(crate) fn student(rng: &mut Rng, df: f64) -> f64 {
    let radius = (df * (rng.uniform().powf(-2.0 / df) - 1.0)).sqrt();
    radius * (std::f64::consts::TAU * rng.uniform()).cos()
}

/// Stationary, each value of spread `SD`.
pub(crate) fn autoregressive(rng: &mut Rng, n: usize, phi: f64) -> Vec<f64> {
    let mut state = SD * rng.normal();
    let innovation = SD * (1.0 - phi * phi).sqrt();
    (0..n)
        .map(|_| {
            state = phi * state + innovation * rng.normal();
            state
        })
        .collect()
}

fn random_walk(rng: &mut Rng, n: usize, step: f64) -> Vec<f64> {
    let noise = white(rng, n);
    let mut level = 0.0;
    let walk: Vec<f64> = (0..n)
        .map(|_| {
            level += step * rng.normal();
            level
        })
        .collect();
    plus(noise, |t| walk[t])
}

fn one_step(rng: &mut Rng, n: usize, height: f64) -> Vec<f64> {
    let at = rng.below(n);
    plus(white(rng, n), |t| if t >= at { height } else { 0.0 })
}

fn bimodal(rng: &mut Rng, n: usize) -> Vec<f64> {
    (0..n)
        .map(|_| SD * rng.normal() + if rng.coin() { 0.05 } else { 0.0 })
        .collect()
}

/// A level that changes with probability 0.05 a batch.
fn switching(rng: &mut Rng, n: usize, height: f64) -> Vec<f64> {
    let noise = white(rng, n);
    let mut high = rng.coin();
    let levels: Vec<f64> = (0..n)
        .map(|_| {
            high ^= rng.uniform() < 0.05;
            if high { height } else { 0.0 }
        })
        .collect();
    plus(noise, |t| levels[t])
}

/// High for four batches, low for four: every other block of a fixed order would see it in one arm only, if shifted by two.
fn rhythm(rng: &mut Rng, n: usize) -> Vec<f64> {
    let phase = rng.below(8);
    plus(
        white(rng, n),
        |t| if (t + phase) % 8 < 4 { 0.05 } else { 0.0 },
    )
}

//! In: loads, throughputs and weights. Out: the least-squares parameters of the scalability law within their bounds.

/// lambda, sigma, kappa.
pub(super) type Parameters = [f64; 3];

/// Iterations of one start; a few dozen are usual.
const MOST_STEPS: usize = 400;

/// Loads, throughputs near 1, and the square roots of the weights.
pub(super) struct Problem {
    pub(super) loads: Vec<f64>,
    pub(super) throughput: Vec<f64>,
    pub(super) root_weights: Vec<f64>,
    pub(super) kappa_free: bool,
    pub(super) sigma_free: bool,
}

/// The throughput at a load.
pub(super) fn predict(p: Parameters, n: f64) -> f64 {
    p[0] * n / (1.0 + p[1] * (n - 1.0) + p[2] * n * (n - 1.0))
}

impl Problem {
    /// The best of many starts.
    pub(super) fn solve(&self) -> (Parameters, f64) {
        let steepest = self
            .loads
            .iter()
            .zip(&self.throughput)
            .map(|(n, x)| x / n)
            .fold(0.0, f64::max);
        let mut best: Option<(Parameters, f64)> = None;
        for sigma in [1e-4, 0.01, 0.1, 0.5] {
            for kappa in [0.0, 1e-6, 1e-4, 1e-2] {
                let start = [
                    steepest,
                    if self.sigma_free { sigma } else { 0.0 },
                    if self.kappa_free { kappa } else { 0.0 },
                ];
                let found = self.descend(start);
                if best.is_none_or(|b| found.1 < b.1) {
                    best = Some(found);
                }
            }
        }
        best.unwrap_or(([steepest, 0.0, 0.0], f64::INFINITY))
    }

    /// Weighted sum of squares.
    pub(super) fn cost(&self, p: Parameters) -> f64 {
        self.residuals(p).map(|r| r * r).sum()
    }

    fn residuals(&self, p: Parameters) -> impl Iterator<Item = f64> {
        let data = self
            .loads
            .iter()
            .zip(&self.throughput)
            .zip(&self.root_weights);
        data.map(move |((&n, x), w)| w * (x - predict(p, n)))
    }

    /// Derivatives of the prediction, row by row, times the root of the weight.
    pub(super) fn jacobian(&self, p: Parameters) -> Vec<[f64; 3]> {
        let row = |(&n, w): (&f64, &f64)| {
            let d = 1.0 + p[1] * (n - 1.0) + p[2] * n * (n - 1.0);
            let by_lambda = n / d;
            let common = -p[0] * by_lambda * (n - 1.0) / d;
            [w * by_lambda, w * common, w * common * n]
        };
        self.loads.iter().zip(&self.root_weights).map(row).collect()
    }

    /// The Jacobian as forward difference quotients: the convention of `SciPy`'s `least_squares` (step sqrt(eps) in sigma and kappa), so
    /// that standard errors can be compared with its digit by digit. Against the derivatives the errors are off by some
    /// 1e-5 where kappa is near 1e-4. A step that would not be small against its parameter is cut to 1/1000 of it.
    pub(super) fn difference_quotients(&self, p: Parameters) -> Vec<[f64; 3]> {
        const ROOT_EPSILON: f64 = 1.490_116_119_384_765_6e-8;
        let mut rows = self.jacobian(p); // exact in lambda, on which the law depends linearly
        for i in [1, 2] {
            let mut ahead = p;
            ahead[i] += ROOT_EPSILON.min(1e-3 * p[i]);
            let step = ahead[i] - p[i]; // as it was rounded
            if step > 0.0 {
                let points = self.loads.iter().zip(&self.root_weights);
                for (row, (&n, w)) in rows.iter_mut().zip(points) {
                    row[i] = w * (predict(ahead, n) - predict(p, n)) / step;
                }
            }
        }
        rows
    }

    /// Levenberg-Marquardt, projected on the bounds: a parameter that rests on its bound and would leave it stays.
    pub(super) fn descend(&self, start: Parameters) -> (Parameters, f64) {
        let mut p = start;
        let mut cost = self.cost(p);
        let mut damping = 1e-3;
        for _ in 0..MOST_STEPS {
            let jacobian = self.jacobian(p);
            let mut normal = [[0.0; 3]; 3];
            let mut gradient = [0.0; 3];
            for (row, r) in jacobian.iter().zip(self.residuals(p)) {
                for i in 0..3 {
                    gradient[i] += row[i] * r;
                    for j in 0..3 {
                        normal[i][j] += row[i] * row[j];
                    }
                }
            }
            let free: Vec<usize> = (0..3)
                .filter(|&i| self.may_move(i, p[i], gradient[i]))
                .collect();
            let mut moved = false;
            while damping < 1e12 {
                let Some(step) = damped_step(&normal, &gradient, &free, damping) else {
                    damping *= 10.0;
                    continue;
                };
                let next = project([p[0] + step[0], p[1] + step[1], p[2] + step[2]]);
                let next_cost = self.cost(next);
                if next_cost <= cost {
                    let relative = (0..3).map(|i| (next[i] - p[i]).abs() / (p[i].abs() + 1e-12));
                    moved = relative.fold(0.0, f64::max) > 1e-13;
                    (p, cost) = (next, next_cost);
                    damping = (damping * 0.1).max(1e-15);
                    break;
                }
                damping *= 10.0;
            }
            if !moved {
                break;
            }
        }
        (p, cost)
    }

    fn may_move(&self, i: usize, value: f64, downhill: f64) -> bool {
        match i {
            0 => true,
            1 if !self.sigma_free => false,
            2 if !self.kappa_free => false,
            _ => !((value <= 0.0 && downhill <= 0.0) || (value >= 1.0 && downhill >= 0.0)),
        }
    }
}

fn project(p: Parameters) -> Parameters {
    [p[0].max(0.0), p[1].clamp(0.0, 1.0), p[2].clamp(0.0, 1.0)]
}

/// Solves (N + damping diag N) step = gradient over the free parameters.
fn damped_step(
    normal: &[[f64; 3]; 3],
    gradient: &[f64; 3],
    free: &[usize],
    damping: f64,
) -> Option<[f64; 3]> {
    let matrix: Vec<Vec<f64>> = free
        .iter()
        .map(|&i| {
            free.iter()
                .map(|&j| normal[i][j] * if i == j { 1.0 + damping } else { 1.0 })
                .collect()
        })
        .collect();
    let right: Vec<f64> = free.iter().map(|&i| gradient[i]).collect();
    let solved = solve_positive(&matrix, &right)?;
    let mut step = [0.0; 3];
    for (&i, v) in free.iter().zip(&solved) {
        step[i] = *v;
    }
    Some(step)
}

/// Solves a small symmetric positive definite system by Cholesky, scaled to a unit diagonal.
pub(super) fn solve_positive(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let scale: Vec<f64> = (0..n).map(|i| 1.0 / matrix[i][i].sqrt()).collect();
    if scale.iter().any(|s| !s.is_finite()) {
        return None;
    }
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            let v = matrix[i][j] * scale[i] * scale[j] - known;
            if i == j {
                if v <= 1e-15 {
                    return None;
                }
                l[i][i] = v.sqrt();
            } else {
                l[i][j] = v / l[j][j];
            }
        }
    }
    let mut z = vec![0.0; n];
    for i in 0..n {
        let known: f64 = (0..i).map(|k| l[i][k] * z[k]).sum();
        z[i] = (right[i] * scale[i] - known) / l[i][i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| l[k][i] * z[k]).sum();
        z[i] = (z[i] - known) / l[i][i];
    }
    Some(z.iter().zip(&scale).map(|(z, s)| z * s).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_derivatives_whatever_the_size_of_the_parameters() {
        for (p, top) in [([1.0, 0.03, 1e-4], 200.0), ([1.0, 1e-7, 1e-12], 1e6)] {
            let loads: Vec<f64> = (0..8).map(|i| f64::powf(top, f64::from(i) / 7.0)).collect();
            let problem = Problem {
                throughput: loads.iter().map(|&n| predict(p, n)).collect(),
                root_weights: vec![1.0; loads.len()],
                loads,
                kappa_free: true,
                sigma_free: true,
            };
            let (got, want) = (problem.difference_quotients(p), problem.jacobian(p));
            for i in 0..3 {
                let largest = want.iter().fold(0.0, |m: f64, row| m.max(row[i].abs()));
                for (got, want) in got.iter().zip(&want) {
                    let off = (got[i] - want[i]).abs();
                    assert!(off <= 1e-3 * largest, "{i}: {} {}", got[i], want[i]);
                }
            }
        }
    }
}

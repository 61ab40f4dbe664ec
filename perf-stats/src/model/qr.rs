//! In: a few columns and a right-hand side. Out: their least-squares solution by Householder reflections.

/// Columns whose part independent of those before is below this share of their length are taken as dependent.
const DEPENDENT: f64 = 1e-11;

/// The triangular factor of the columns and what the reflections made of the right-hand side.
pub(super) struct Qr {
    upper: Vec<Vec<f64>>, // column j holds its first j + 1 entries
    rotated: Vec<f64>,
}

impl Qr {
    /// None where the columns are dependent or there are more columns than rows.
    pub(super) fn new(mut columns: Vec<Vec<f64>>, mut y: Vec<f64>) -> Option<Self> {
        if columns.len() > y.len() {
            return None;
        }
        let mut upper = Vec::with_capacity(columns.len());
        for j in 0..columns.len() {
            let (done, rest) = columns.split_at_mut(j + 1);
            let column = &mut done[j];
            let whole = norm(column);
            let length = norm(&column[j..]);
            if length.is_nan() || length <= DEPENDENT * whole {
                return None;
            }
            let alpha = if column[j] > 0.0 { -length } else { length };
            column[j] -= alpha;
            let v = column[j..].to_vec();
            let half_square = dot(&v, &v) / 2.0;
            for other in rest.iter_mut().chain(std::iter::once(&mut y)) {
                let factor = dot(&v, &other[j..]) / half_square;
                other[j..]
                    .iter_mut()
                    .zip(&v)
                    .for_each(|(o, v)| *o -= factor * v);
            }
            column[j] = alpha;
            upper.push(column[..=j].to_vec());
        }
        Some(Self { upper, rotated: y })
    }

    /// The coefficients.
    pub(super) fn solution(&self) -> Vec<f64> {
        let p = self.upper.len();
        let mut b = self.rotated[..p].to_vec();
        for j in (0..p).rev() {
            b[j] /= self.upper[j][j];
            let solved = b[j];
            for (i, value) in b[..j].iter_mut().enumerate() {
                *value -= self.upper[j][i] * solved;
            }
        }
        b
    }

    /// The sum of squares that the columns do not explain.
    pub(super) fn residual_squares(&self) -> f64 {
        let rest = &self.rotated[self.upper.len()..];
        dot(rest, rest)
    }

    /// w' (X'X)^-1 w: the variance of the combination w of the coefficients, for noise of variance 1.
    pub(super) fn variance_of(&self, w: &[f64]) -> f64 {
        // Solves R' z = w.
        let mut z: Vec<f64> = Vec::with_capacity(w.len());
        for (column, w) in self.upper.iter().zip(w) {
            let (diagonal, above) = (column[column.len() - 1], &column[..column.len() - 1]);
            z.push((w - dot(above, &z)) / diagonal);
        }
        dot(&z, &z)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_refuses() {
        let columns = vec![vec![1.0, 1.0, 1.0, 1.0], vec![0.0, 1.0, 2.0, 3.0]];
        let qr = Qr::new(columns, vec![1.0, 3.0, 5.0, 8.0]).unwrap();
        let b = qr.solution();
        assert!((b[0] - 0.8).abs() < 1e-14 && (b[1] - 2.3).abs() < 1e-14);
        assert!((qr.residual_squares() - 0.3).abs() < 1e-14);
        assert!((qr.variance_of(&[0.0, 1.0]) - 0.2).abs() < 1e-14);
        assert!((qr.variance_of(&[1.0, 0.0]) - 0.7).abs() < 1e-14);
        assert!(Qr::new(vec![vec![1.0, 2.0], vec![2.0, 4.0]], vec![1.0, 1.0]).is_none());
        assert!(Qr::new(vec![vec![0.0, 0.0]], vec![1.0, 1.0]).is_none());
    }
}

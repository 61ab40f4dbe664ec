//! In: a centred series. Out: its sums of lagged products at every lag, in O(n log n).

use std::f64::consts::PI;

/// One complex number as (real, imaginary).
type Complex = (f64, f64);

/// sum over t of `d[t] d[t + lag]`, for every lag from 0 to n - 1.
pub(crate) fn lagged_products(d: &[f64]) -> Vec<f64> {
    let size = (2 * d.len()).next_power_of_two();
    let mut z: Vec<Complex> = d.iter().map(|&v| (v, 0.0)).collect();
    z.resize(size, (0.0, 0.0));
    transform(&mut z);
    for v in &mut z {
        *v = (v.0 * v.0 + v.1 * v.1, 0.0);
    }
    // The power spectrum is real and even, so the forward transform is its own inverse but for the factor.
    transform(&mut z);
    z.iter().take(d.len()).map(|v| v.0 / size as f64).collect()
}

/// In-place radix-2 transform (Cooley & Tukey 1965); the length is a power of two.
fn transform(z: &mut [Complex]) {
    let n = z.len();
    let shift = usize::BITS - n.trailing_zeros();
    for i in 0..n {
        let j = if n > 1 { i.reverse_bits() >> shift } else { i };
        if i < j {
            z.swap(i, j);
        }
    }
    let roots: Vec<Complex> = (0..n / 2)
        .map(|k| {
            let (sin, cos) = (-2.0 * PI * k as f64 / n as f64).sin_cos();
            (cos, sin)
        })
        .collect();
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for block in z.chunks_exact_mut(2 * half) {
            let (left, right) = block.split_at_mut(half);
            for (k, (a, b)) in left.iter_mut().zip(right).enumerate() {
                let w = roots[k * stride];
                let t = (b.0 * w.0 - b.1 * w.1, b.0 * w.1 + b.1 * w.0);
                *b = (a.0 - t.0, a.1 - t.1);
                *a = (a.0 + t.0, a.1 + t.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn agrees_with_the_definition() {
        for n in [1usize, 2, 3, 17, 64, 100] {
            let mut rng = Rng::new(n as u64);
            let d: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
            for (lag, got) in lagged_products(&d).into_iter().enumerate() {
                let want: f64 = (0..n - lag).map(|t| d[t] * d[t + lag]).sum();
                assert!((got - want).abs() < 1e-11, "n {n} lag {lag}: {got} {want}");
            }
        }
        assert!(lagged_products(&[]).is_empty());
    }
}

//! In: sample sizes, or tie groups. Out: the exact law of the Mann-Whitney statistic under exchangeability.

/// Above this n*m the law without ties is not tabulated (time grows with its square: about 0.1 s at the limit).
pub(crate) const MAX_CELLS: usize = 20_000;

/// Work (elements x chosen x largest sum) up to which the law with ties is enumerated: a fraction of a second.
pub(crate) const MAX_TIED_WORK: usize = 400_000_000;

/// P(U = u) for u = 0..=limit, without ties, for samples of `n` and `m`.
///
/// The largest observation belongs to the first sample with probability i/(i+j) and then adds j to U, else nothing; all terms
/// are positive, so that far tails keep their relative precision (Mann & Whitney 1947). Time O(n m limit), memory O(min(n, m) limit).
pub(crate) fn probabilities(n: usize, m: usize, limit: usize) -> Vec<f64> {
    let (small, large) = (n.min(m), n.max(m));
    let limit = limit.min(n * m);
    let mut start = vec![0.0; limit + 1];
    start[0] = 1.0;
    let mut rows = vec![start; small + 1];
    let mut next = vec![0.0; limit + 1];
    for i in 1..=large {
        for j in 1..=small {
            let end = limit.min(i * j) + 1;
            let adds = i as f64 / (i + j) as f64;
            let stays = j as f64 / (i + j) as f64;
            for (to, from) in next[..end].iter_mut().zip(&rows[j - 1]) {
                *to = stays * from;
            }
            if end > j {
                for (to, from) in next[j..end].iter_mut().zip(&rows[j]) {
                    *to += adds * from;
                }
            }
            next[end..].fill(0.0);
            std::mem::swap(&mut rows[j], &mut next);
        }
    }
    rows.swap_remove(small)
}

/// P(U <= u) and P(U >= u) without ties, for samples of `n` and `m`.
pub(crate) fn tails(n: usize, m: usize, u: usize) -> (f64, f64) {
    let mirrored = n * m - u; // the law is symmetric
    let near = u.min(mirrored);
    let p = probabilities(n, m, near);
    let up_to: f64 = p.iter().sum();
    let below = up_to - p[near];
    if u <= mirrored {
        (up_to, 1.0 - below)
    } else {
        (1.0 - below, up_to)
    }
}

/// The conditional law with ties: doubled midranks of the pooled sample, of which `chosen` belong to one side.
pub(crate) struct TiedLaw {
    counts: Vec<f64>, // arrangements by doubled rank sum of the chosen side
    total: f64,
}

impl TiedLaw {
    /// From group sizes in ascending order of value; none if the work would exceed `max_work`.
    pub(crate) fn new(groups: &[usize], chosen: usize, max_work: usize) -> Option<Self> {
        let ranks: Vec<usize> = doubled_midranks(groups).collect();
        let largest: usize = ranks.iter().rev().take(chosen).sum();
        let work = ranks.len().checked_mul(chosen)?.checked_mul(largest)?;
        if work > max_work {
            return None;
        }
        let mut counts = vec![vec![0.0; largest + 1]; chosen + 1];
        counts[0][0] = 1.0;
        for (seen, &rank) in ranks.iter().enumerate() {
            for k in (0..chosen.min(seen + 1)).rev() {
                let (fewer, more) = counts.split_at_mut(k + 1);
                for (to, from) in more[0][rank..].iter_mut().zip(&fewer[k]) {
                    *to += from;
                }
            }
        }
        let counts = counts.swap_remove(chosen);
        let total = counts.iter().sum();
        Some(Self { counts, total })
    }

    /// P(sum <= s) and P(sum >= s) of the chosen side's doubled rank sum.
    pub(crate) fn tails(&self, s: usize) -> (f64, f64) {
        let s = s.min(self.counts.len() - 1);
        let up_to: f64 = self.counts[..=s].iter().sum();
        let from: f64 = self.counts[s..].iter().sum();
        (up_to / self.total, from / self.total)
    }
}

/// Twice the midrank of every observation, ascending.
pub(crate) fn doubled_midranks(groups: &[usize]) -> impl Iterator<Item = usize> + '_ {
    let mut below = 0;
    groups.iter().flat_map(move |&size| {
        let rank = 2 * below + size + 1;
        below += size;
        std::iter::repeat_n(rank, size)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_laws_agree_without_ties() {
        let (n, m) = (4, 6);
        let law = TiedLaw::new(&[1; 10], n, usize::MAX).unwrap();
        for u in 0..=n * m {
            let (less, greater) = tails(n, m, u);
            let (l, g) = law.tails(2 * u + n * (n + 1));
            assert!(
                (less - l).abs() < 1e-14 && (greater - g).abs() < 1e-14,
                "{u}"
            );
        }
    }

    #[test]
    fn the_far_tail_is_one_arrangement() {
        let (less, _) = tails(100, 100, 0);
        // C(200, 100) = 9.054851465610328e58
        assert!(
            (less * 9.054_851_465_610_329e58 - 1.0).abs() < 1e-12,
            "{less:e}"
        );
    }
}

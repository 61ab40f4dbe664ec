//! In: a sequence of ranks. Out: its pairs that stand in the wrong order, counted or visited, in O(n log n).

/// Sorts `seq`; calls `visit(larger ones, smaller one)` for every batch of inversions: each of the first stood before the second.
pub(super) fn for_each_inversion(seq: &mut Vec<u32>, mut visit: impl FnMut(&[u32], u32)) {
    let n = seq.len();
    let mut other = vec![0; n];
    let mut width = 1;
    while width < n {
        for from in (0..n).step_by(2 * width) {
            let middle = (from + width).min(n);
            let to = (from + 2 * width).min(n);
            merge(
                &seq[from..middle],
                &seq[middle..to],
                &mut other[from..to],
                &mut visit,
            );
        }
        std::mem::swap(seq, &mut other);
        width *= 2;
    }
}

fn merge(left: &[u32], right: &[u32], out: &mut [u32], visit: &mut impl FnMut(&[u32], u32)) {
    let (mut l, mut r) = (0, 0);
    for slot in out {
        if r == right.len() || (l < left.len() && left[l] <= right[r]) {
            *slot = left[l];
            l += 1;
        } else {
            if l < left.len() {
                visit(&left[l..], right[r]);
            }
            *slot = right[r];
            r += 1;
        }
    }
}

/// The number of inversions; `seq` is sorted afterwards.
pub(super) fn count_inversions(seq: &mut Vec<u32>) -> u64 {
    let mut count = 0;
    for_each_inversion(seq, |larger, _| count += larger.len() as u64);
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn visits_every_inversion_once() {
        for n in [0usize, 1, 2, 5, 33, 100] {
            let mut rng = Rng::new(n as u64);
            let seq: Vec<u32> = (0..n).map(|_| rng.below(20) as u32).collect();
            let want = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
            let want = want.filter(|&(i, j)| seq[i] > seq[j]).count() as u64;
            let mut sorted = seq.clone();
            assert_eq!(count_inversions(&mut sorted), want);
            assert!(sorted.is_sorted());
            for_each_inversion(&mut seq.clone(), |larger, smaller| {
                assert!(larger.iter().all(|&v| v > smaller));
            });
        }
    }
}

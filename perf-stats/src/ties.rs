//! In: two ascending samples. Out: their tie groups in ascending order, which is all that a rank procedure needs of them.

/// Walks two ascending slices together; each item is the number of observations of `x` and of `y` that share the next value.
#[derive(Clone, Debug)]
pub(crate) struct TieGroups<'a> {
    x: &'a [f64],
    y: &'a [f64],
}

impl<'a> TieGroups<'a> {
    /// Both slices ascending, without NaN; -0.0 and 0.0 count as equal.
    pub(crate) const fn new(x: &'a [f64], y: &'a [f64]) -> Self {
        Self { x, y }
    }
}

impl Iterator for TieGroups<'_> {
    type Item = (usize, usize);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize)> {
        let value = match (self.x.first(), self.y.first()) {
            (Some(&a), Some(&b)) => a.min(b),
            (Some(&a), None) => a,
            (None, Some(&b)) => b,
            (None, None) => return None,
        };
        Some((leading(&mut self.x, value), leading(&mut self.y, value)))
    }
}

/// Removes the values equal to `value` from the front, and counts them.
#[inline]
fn leading(rest: &mut &[f64], value: f64) -> usize {
    let mut n = 0;
    while n < rest.len() && rest[n] == value {
        n += 1;
    }
    *rest = &rest[n..];
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_cover_both_samples() {
        let groups: Vec<_> = TieGroups::new(&[1.0, 2.0, 2.0, 5.0], &[-0.0, 2.0, 7.0]).collect();
        assert_eq!(groups, [(0, 1), (1, 0), (2, 1), (1, 0), (0, 1)]);
        assert_eq!(TieGroups::new(&[], &[]).count(), 0);
        assert_eq!(TieGroups::new(&[-0.0], &[0.0]).count(), 1);
    }
}

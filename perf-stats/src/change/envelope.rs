//! In: observations one by one, and the cost of ending a segment before each. Out: for every level, the cheapest beginning of the
//! last segment ("functional pruning", Rigaill 2015; Maidstone, Hocking, Rigaill & Fearnhead 2017).
//!
//! Cost as a function of the last segment's level is the minimum of parabolas, kept as a list of pieces over the range of
//! levels. A beginning that is best for no level can never be best again, so the list stays short whether or not the series
//! changes; pruning by inequality alone is quadratic where nothing changes.

/// A parabola `weight (level - vertex)^2 + least` of the segment beginning at `start`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parabola {
    pub(super) weight: f64, // observations that count with their square, >= 0
    pub(super) vertex: f64,
    pub(super) least: f64,
    pub(super) start: usize,
}

impl Parabola {
    /// The same cost whatever the level.
    pub(super) const fn flat(least: f64, start: usize) -> Self {
        Self {
            weight: 0.0,
            vertex: 0.0,
            least,
            start,
        }
    }

    /// Adds (level - y)^2, by a running mean: nothing large is subtracted.
    pub(super) fn add(&mut self, y: f64) {
        let weight = self.weight + 1.0;
        let d = y - self.vertex;
        self.least += d * d * (self.weight / weight);
        self.vertex += d / weight;
        self.weight = weight;
    }

    fn least_within(&self, low: f64, high: f64) -> f64 {
        let d = self.vertex.clamp(low, high) - self.vertex;
        self.least + self.weight * d * d
    }

    /// The levels between which this parabola is below `other`, whose weight is not larger.
    fn below(&self, other: &Self) -> Option<(f64, f64)> {
        let shift = other.vertex - self.vertex;
        let a = self.weight - other.weight;
        let half_b = other.weight * shift;
        let c = self.least - other.least - other.weight * shift * shift;
        if a <= 0.0 {
            return (c < 0.0).then_some((f64::NEG_INFINITY, f64::INFINITY));
        }
        let discriminant = half_b * half_b - a * c;
        if discriminant <= 0.0 {
            return None;
        }
        let root = discriminant.sqrt();
        Some((
            self.vertex + (-half_b - root) / a,
            self.vertex + (-half_b + root) / a,
        ))
    }
}

/// A parabola and the level up to which it is the lowest.
#[derive(Clone, Copy, Debug)]
struct Piece {
    high: f64,
    curve: Parabola,
}

/// The lowest cost for every level between two bounds.
pub(super) struct Envelope {
    low: f64,
    high: f64,
    pieces: Vec<Piece>,
    spare: Vec<Piece>, // memory of the step before
}

impl Envelope {
    /// For levels from `low` to `high` (the range of the observations).
    pub(super) fn new(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            pieces: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Adds (level - y)^2 to every cost.
    pub(super) fn add_square(&mut self, y: f64) {
        self.pieces.iter_mut().for_each(|p| p.curve.add(y));
    }

    /// Adds min((level - y)^2, cap^2) to every cost.
    pub(super) fn add_capped(&mut self, y: f64, cap: f64) {
        let (left, right) = (y - cap, y + cap);
        self.spare.clear();
        let mut from = self.low;
        for piece in &self.pieces {
            for cut in [left, right, f64::INFINITY] {
                let to = piece.high.min(cut);
                if to <= from && self.high > self.low {
                    continue;
                }
                let mut curve = piece.curve;
                let middle = 0.5 * (from + to);
                if left <= middle && middle <= right {
                    curve.add(y);
                } else {
                    curve.least += cap * cap;
                }
                self.spare.push(Piece { high: to, curve });
                from = to;
                if to == piece.high {
                    break;
                }
            }
        }
        std::mem::swap(&mut self.pieces, &mut self.spare);
    }

    /// The minimum of the envelope and another parabola, whose weight is below that of every piece.
    pub(super) fn lower(&mut self, other: Parabola) {
        if self.pieces.is_empty() {
            self.pieces.push(Piece {
                high: self.high,
                curve: other,
            });
            return;
        }
        self.spare.clear();
        let out = &mut self.spare;
        let mut push = |high: f64, curve: Parabola| match out.last_mut() {
            Some(last) if last.curve.start == other.start && curve.start == other.start => {
                last.high = high;
            }
            _ => out.push(Piece { high, curve }),
        };
        let mut from = self.low;
        for piece in &self.pieces {
            let to = piece.high;
            let (left, right) = match piece.curve.below(&other) {
                Some((l, r)) => (l.max(from), r.min(to)),
                None => (to, to),
            };
            if left < right || (from == to && left == right) {
                if left > from {
                    push(left, other);
                }
                push(right, piece.curve);
                if right < to {
                    push(to, other);
                }
            } else {
                push(to, other);
            }
            from = to;
        }
        std::mem::swap(&mut self.pieces, &mut self.spare);
    }

    /// The lowest cost of all and the beginning of the segment that attains it (the earliest of equals).
    pub(super) fn minimum(&self) -> Option<(f64, usize)> {
        let mut best: Option<(f64, usize)> = None;
        let mut from = self.low;
        for piece in &self.pieces {
            let value = piece.curve.least_within(from, piece.high);
            let found = (value, piece.curve.start);
            if best.is_none_or(|b| found.0 < b.0 || (found.0 == b.0 && found.1 < b.1)) {
                best = Some(found);
            }
            from = piece.high;
        }
        best
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// The list against the definition: the minimum over all beginnings, at a grid of levels.
    #[test]
    fn the_envelope_is_the_minimum_of_all_curves() {
        for cap in [0.7, 1e6] {
            let mut rng = Rng::new(1);
            let y: Vec<f64> = (0..60).map(|i| rng.normal() + f64::from(i / 20)).collect();
            let (low, high) = (-4.0, 7.0);
            let mut envelope = Envelope::new(low, high);
            let entry: Vec<f64> = (0..60).map(|i| 0.4 * f64::from(i)).collect();
            let loss = |d: f64| (d * d).min(cap * cap);
            for t in 0..y.len() {
                envelope.lower(Parabola::flat(entry[t], t));
                if cap > 1e5 {
                    envelope.add_square(y[t]);
                } else {
                    envelope.add_capped(y[t], cap);
                }
                let want = (0..=2_000)
                    .map(|g| low + (high - low) * f64::from(g) / 2_000.0)
                    .map(|level| {
                        (0..=t)
                            .map(|s| {
                                entry[s] + y[s..=t].iter().map(|v| loss(v - level)).sum::<f64>()
                            })
                            .fold(f64::INFINITY, f64::min)
                    })
                    .fold(f64::INFINITY, f64::min);
                let got = envelope.minimum().unwrap().0;
                assert!(
                    got <= want + 1e-9 && got > want - 1e-3,
                    "t {t}: {got} {want}"
                );
            }
            assert!(cap < 1e5 || envelope.len() < 30);
        }
    }
}

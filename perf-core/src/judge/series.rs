//! In: the measurements of one unit after the other. Out: [`Series`], one metric's values of both sides in time order, and their log ratios.

use super::arm::Measurement;
use super::metric::Metric;
use perf_stats::decision::{Arm as Side, Order};

/// One metric over the experiment. A unit is one value a side, or two where units are blocks.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) metric: Metric,
    pub(super) units: Vec<Values>,
    zeros: bool,
}

/// A unit's values in time order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values {
    pub(super) order: Order,
    pub(super) values: [f64; 4],
    pub(super) length: usize, // 2 or 4 of them are used
}

impl Values {
    fn of(&self, side: Side) -> impl Iterator<Item = f64> + '_ {
        let arms = self.order.arms();
        (0..self.length)
            .filter(move |&i| arms[i] == side)
            .map(|i| self.values[i])
    }
}

impl Series {
    pub(super) fn new(metric: Metric) -> Self {
        Self {
            metric,
            units: Vec::new(),
            zeros: false,
        }
    }

    /// A metric that no unit so far had, of which absence stands for a value: it was that in all units that `like` has.
    pub(super) fn absent_so_far(metric: Metric, like: &Self) -> Option<Self> {
        let absent = metric.absent()?;
        let unit = |unit: &Values| Values {
            values: [absent; 4],
            ..*unit
        };
        Some(Self {
            zeros: absent == 0.0 && !like.units.is_empty(),
            units: like.units.iter().map(unit).collect(),
            metric,
        })
    }

    /// Whether nothing of it was ever seen, on either side.
    pub(super) fn is_absent(&self) -> bool {
        let absent = self.metric.absent();
        let all = |unit: &Values| {
            unit.values[..unit.length]
                .iter()
                .all(|v| Some(*v) == absent)
        };
        absent.is_some() && self.units.iter().all(all)
    }

    /// Takes the metric out of a unit's measurements; none where one of them lacks it.
    pub(super) fn push(&mut self, order: Order, unit: &[&Measurement]) -> Option<()> {
        let mut values = [0.0; 4];
        for (slot, measurement) in values.iter_mut().zip(unit) {
            *slot = measurement.get_or_absent(&self.metric)?;
        }
        self.zeros |= values[..unit.len()].contains(&0.0);
        self.units.push(Values {
            order,
            values,
            length: unit.len(),
        });
        Some(())
    }

    pub(super) fn side(&self, side: Side) -> Vec<f64> {
        self.units.iter().flat_map(|unit| unit.of(side)).collect()
    }

    /// One mean a unit: the values over which an absolute range is formed.
    pub(super) fn unit_values(&self, side: Side) -> Vec<f64> {
        let mean = |unit: &Values| {
            let n = unit.of(side).count().max(1);
            unit.of(side).sum::<f64>() / n as f64
        };
        self.units.iter().map(mean).collect()
    }

    /// What is added to every value, because some are zero: one step of what is counted.
    pub(super) fn offset(&self) -> f64 {
        if !self.zeros {
            return 0.0;
        }
        super::outcome::step(&self.metric)
    }

    /// The values of unit `i` in time order, larger is worse.
    pub(super) fn worse_is_larger(&self, i: usize) -> ([f64; 4], Order, usize) {
        let unit = &self.units[i];
        let offset = self.offset();
        let value = |v: f64| self.metric.worse_is_larger(v + offset);
        (unit.values.map(value), unit.order, unit.length)
    }

    /// `ln(candidate / baseline)` of every unit, larger is worse.
    pub(super) fn log_ratios(&self) -> Vec<f64> {
        (0..self.units.len()).map(|i| self.log_ratio(i)).collect()
    }

    fn log_ratio(&self, i: usize) -> f64 {
        let (values, order, length) = self.worse_is_larger(i);
        let arms = order.arms();
        let signed = |i: usize| {
            let log = values[i].ln();
            if arms[i] == Side::Candidate {
                log
            } else {
                -log
            }
        };
        (0..length).map(signed).sum::<f64>() / (length / 2).max(1) as f64
    }
}

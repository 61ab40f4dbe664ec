//! In: a moment before and one after what is measured. Out: [`Gauge`], the sum of what lay between: time, an author's metric, or
//! nothing, where somebody outside counts.

use crate::clock::Clock;
use crate::harness::metric::Metric;

/// What is read around each measured stretch.
pub(crate) struct Gauge<'a> {
    read: Read<'a>,
    ticks: u64,
    amount: f64, // beside the ticks
}

enum Read<'a> {
    Clock(&'static Clock, u64), // and the last beginning
    Own(&'a mut dyn Metric),
    Nothing,
}

impl<'a> Gauge<'a> {
    /// Nanoseconds.
    pub(crate) fn clock() -> Self {
        Self::on(Read::Clock(Clock::global(), 0))
    }

    pub(crate) fn own(metric: &'a mut dyn Metric) -> Self {
        Self::on(Read::Own(metric))
    }

    /// Counted from outside.
    pub(crate) fn nothing() -> Self {
        Self::on(Read::Nothing)
    }

    fn on(read: Read<'a>) -> Self {
        Self {
            read,
            ticks: 0,
            amount: 0.0,
        }
    }

    pub(crate) fn is_clock(&self) -> bool {
        matches!(self.read, Read::Clock(..))
    }

    pub(crate) fn begin(&mut self) {
        match &mut self.read {
            Read::Clock(clock, start) => *start = clock.now(),
            Read::Own(metric) => metric.begin(),
            Read::Nothing => {}
        }
    }

    pub(crate) fn end(&mut self) {
        match &mut self.read {
            Read::Clock(clock, start) => self.ticks += clock.now().saturating_sub(*start),
            Read::Own(metric) => self.amount += metric.end(),
            Read::Nothing => {}
        }
    }

    /// Adds what was measured elsewhere.
    pub(crate) fn add(&mut self, amount: f64) {
        self.amount += amount;
    }

    /// The sum so far, in nanoseconds or the metric's unit.
    pub(crate) fn value(&self) -> f64 {
        match &self.read {
            Read::Clock(clock, _) => clock.nanoseconds_f64(self.ticks as f64) + self.amount,
            _ => self.amount,
        }
    }
}

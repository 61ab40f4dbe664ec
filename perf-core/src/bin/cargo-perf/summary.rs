//! In: what runs of one command took. Out: [`Summary`], median and interval of each number.

use crate::values;
use perf_core::escape::{markdown, terminal};
use perf_core::judge::{Measurement, Metric, Unit};
use perf_core::launch::Floor;
use perf_core::run::{Run, Usage};
use perf_core::stats::describe::median;
use perf_core::stats::quantile_interval::{Side, needed, quantile_interval};
use perf_core::units;
use serde::Serialize;
use std::fmt::Write;

/// Confidence of the intervals.
const LEVEL: f64 = 0.95;

/// What runs of one command took.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    schema: u32,
    program: String,
    runs: usize,
    floor_peak_rss_bytes: u64,
    #[serde(skip)]
    measured: Vec<(Metric, Vec<f64>)>,
    results: Vec<Number>,
}

/// One number over all runs.
#[derive(Debug, Serialize)]
struct Number {
    metric: String,
    unit: Unit,
    median: f64,
    low: Option<f64>,
    high: Option<f64>,
    level: f64,
    n: usize,
}

impl Summary {
    pub(crate) fn new(program: &str, floor: Floor) -> Self {
        Self {
            schema: 1,
            program: program.to_owned(),
            runs: 0,
            floor_peak_rss_bytes: floor.peak_rss_bytes,
            measured: Vec::new(),
            results: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, usage: &Usage, runs: &[Run]) {
        let mut one = Measurement::default();
        values::of_process(usage, Floor::of_bytes(self.floor_peak_rss_bytes), &mut one);
        values::of_sites(runs, &mut one);
        for (metric, value) in one.values() {
            match self.measured.iter_mut().find(|(known, _)| known == metric) {
                Some((_, values)) => values.push(value),
                None => self.measured.push((metric.clone(), vec![value])),
            }
        }
        self.runs += 1;
        self.results = self.measured.iter().filter_map(Number::of).collect();
    }

    pub(crate) fn text(&self) -> String {
        let runs = if self.runs == 1 { "run" } else { "runs" };
        let mut text = format!("{}: {} {runs}\n", terminal(&self.program), self.runs);
        let name = |number: &Number| terminal(&number.metric).into_owned();
        let width = self
            .results
            .iter()
            .map(|n| name(n).chars().count())
            .max()
            .unwrap_or(0);
        for number in &self.results {
            let _ = writeln!(text, "  {:width$}  {}", name(number), self.shown(number));
        }
        text.push_str(&self.foot());
        text
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!(
            "**{}**, {} runs\n\n| metric | median [95 %] |\n|---|---|\n",
            markdown(&self.program),
            self.runs
        );
        for number in &self.results {
            let _ = writeln!(
                text,
                "| {} | {} |",
                markdown(&number.metric),
                self.shown(number)
            );
        }
        let _ = write!(text, "\n{}", self.foot());
        text
    }

    pub(crate) fn json(&self) -> String {
        let mut json = serde_json::to_string(self)
            .expect("a summary holds numbers and texts: all of it has a place in JSON");
        json.push('\n');
        json
    }

    fn shown(&self, number: &Number) -> String {
        let value = number.unit.print(number.median);
        if number.metric == "peak-rss" && number.median <= self.floor_peak_rss_bytes as f64 {
            return format!("not above {value}, what an empty program shows");
        }
        match (number.low, number.high) {
            (Some(low), Some(high)) => {
                format!(
                    "{value} [{}, {}]",
                    number.unit.print(low),
                    number.unit.print(high)
                )
            }
            _ => value,
        }
    }

    fn foot(&self) -> String {
        let floor = units::bytes(self.floor_peak_rss_bytes as f64);
        let need = needed(0.5, LEVEL, Side::Both).unwrap_or(0);
        let intervals = if self.runs as u64 >= need {
            "in brackets 95 % intervals of the median over runs".to_owned()
        } else {
            format!("no intervals: they need {need} runs (-n {need})")
        };
        format!("{intervals}; peak-rss cannot be told apart below {floor}\n")
    }
}

impl Number {
    fn of((metric, values): &(Metric, Vec<f64>)) -> Option<Self> {
        let interval = quantile_interval(values, 0.5, LEVEL, Side::Both).ok();
        Some(Self {
            metric: metric.to_string(),
            unit: metric.unit(),
            median: median(values).ok()?,
            low: interval.as_ref().and_then(|i| i.low),
            high: interval.as_ref().and_then(|i| i.high),
            level: LEVEL,
            n: values.len(),
        })
    }
}

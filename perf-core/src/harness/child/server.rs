//! In: requests on standard input. Out: answers on standard output: the main loop of a measured process.

use super::body::Body;
use super::gauge::Gauge;
use super::line::Line;
use super::stage::{Facts, Once, Stage};
use super::stretch::perf_bench_part;
use crate::harness::catalogue::{Bench, Catalogue};
use crate::harness::metric::{INSTRUCTIONS, MakeMetric, Metric, named};
use crate::harness::os;
use crate::harness::pages;
use crate::harness::protocol::{self, Answer, Hello, Request};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

/// What the last panic said, and where.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// Answers until the parent closes the pipe.
pub(in crate::harness) fn serve(catalogue: &Catalogue, token: &str) -> ExitCode {
    os::die_with_parent();
    keep_panics();
    let line = Line::new(token);
    line.answer(&Answer::Hello(Box::new(Hello {
        protocol: protocol::VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        benches: catalogue
            .benches
            .iter()
            .map(|bench| bench.id.clone())
            .collect(),
        arguments: std::env::args().skip(1).collect(),
    })));
    loop {
        let answer = match line.request() {
            Request::Open(id) => catalogue
                .find(&id)
                .map_or(Answer::Unknown, |bench| open(bench, catalogue, &line)),
            Request::Once(id) => catalogue.find(&id).map_or(Answer::Unknown, once),
            Request::Pin(cpu) => Answer::Pinned(os::pin(cpu)),
            _ => Answer::Unknown, // nothing is open
        };
        line.answer(&answer);
    }
}

fn open(bench: &Bench, catalogue: &Catalogue, line: &Line) -> Answer {
    let mut stage = Measured {
        line: line.clone(),
        metrics: catalogue.metrics.clone(),
        served: Rc::default(),
    };
    let outcome = watched(|| bench.run(&mut stage));
    end(&outcome, stage.served.get())
}

fn once(bench: &Bench) -> Answer {
    let mut stage = Once::default();
    let outcome = watched(|| bench.run(&mut stage));
    end(&outcome, stage.passes.get())
}

/// What became of it, or what its panic said.
fn watched(run: impl FnOnce()) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let said = said(&*payload);
        std::mem::forget(payload); // its drop may panic too
        let noted = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
        // What our hook noted may be another panic, which was caught: the benchmark may have put a hook of its own in the place of ours.
        if noted.starts_with(&said) {
            noted.clone()
        } else {
            said
        }
    })
}

fn end(outcome: &Result<(), String>, served: u32) -> Answer {
    match outcome {
        Err(text) => Answer::Panicked(text.clone()),
        Ok(()) if served == 0 => Answer::Nothing,
        Ok(()) => Answer::Closed,
    }
}

/// Notes what panics say, beside what is done with it anyway.
fn keep_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let text = said(info.payload());
        let place = info
            .location()
            .map(|at| format!(" at {}:{}", at.file(), at.line()))
            .unwrap_or_default();
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = format!("{text}{place}");
        before(info);
    }));
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "something that is no text".to_owned())
}

/// Measures a body as the parent asks, until it closes.
#[derive(Clone)]
struct Measured {
    line: Line,
    metrics: Vec<MakeMetric>,
    served: Rc<Cell<u32>>,
}

impl Stage for Measured {
    fn serve(&mut self, body: &mut dyn Body, facts: Facts) {
        self.served.set(self.served.get() + 1);
        if self.served.get() > 1 {
            return; // the first body counts
        }
        let mut begun = os::CpuTimes::now();
        let mut metric: Option<Box<dyn Metric>> = None; // the one asked for last
        self.line.answer(&Answer::Opened(facts));
        loop {
            let answer = match self.line.request() {
                Request::Batch { iterations, count } => Answer::Times(
                    (0..count)
                        .map(|_| time(|gauge| body.run(iterations, gauge)))
                        .collect(),
                ),
                Request::Empty { iterations, count } => Answer::Times(
                    (0..count)
                        .map(|_| time(|gauge| body.empty(iterations, gauge)))
                        .collect(),
                ),
                Request::Threads => {
                    let others = os::CpuTimes::now().others_since(&begun);
                    Answer::Threads {
                        alive: os::threads_alive(),
                        others,
                    }
                }
                Request::Allocations(iterations) => {
                    Answer::Allocated(allocations(body, iterations.max(1)))
                }
                Request::Gather { memory } => {
                    let gathered = apart(|| pages::gather(memory));
                    begun = os::CpuTimes::now(); // that was no thread of the benchmark
                    Answer::Gathered(gathered)
                }
                Request::Pin(cpu) => Answer::Pinned(os::pin(cpu)),
                Request::Count {
                    iterations,
                    metric: name,
                } if name == INSTRUCTIONS => in_parts(body, iterations),
                Request::Count {
                    iterations,
                    metric: name,
                } => {
                    if metric.as_ref().is_none_or(|known| known.name() != name) {
                        metric = named(&self.metrics, &name);
                    }
                    count(metric.as_deref_mut(), body, iterations)
                }
                Request::Close => return,
                Request::Open(_) | Request::Once(_) => Answer::Unknown,
            };
            self.line.answer(&answer);
        }
    }

    fn owned(&self) -> Box<dyn Stage> {
        Box::new(self.clone())
    }
}

/// Runs it on a thread of its own: what it allocates, which depends on the length of the executable's path, would lie between the memory of
/// the benchmark and move it.
fn apart<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(run).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Nanoseconds.
fn time(measured: impl FnOnce(&mut Gauge<'_>)) -> f64 {
    let mut gauge = Gauge::clock();
    measured(&mut gauge);
    gauge.value()
}

/// What a metric says of so many iterations, and of as many of the loop alone.
fn count(
    metric: Option<&mut (dyn Metric + 'static)>,
    body: &mut dyn Body,
    iterations: u64,
) -> Answer {
    let Some(metric) = metric else {
        return Answer::Unknown;
    };
    if let Some(why) = metric.missing() {
        return Answer::Missing(why);
    }
    let mut gauge = Gauge::own(metric);
    body.run(iterations, &mut gauge);
    let amount = gauge.value();
    let mut gauge = Gauge::own(metric);
    body.empty(iterations, &mut gauge);
    let empty = gauge.value();
    if amount.is_finite() && empty.is_finite() {
        Answer::Counted(amount, empty)
    } else {
        Answer::Missing("it gave a value that is not finite".to_owned())
    }
}

/// The same where a simulator counts.
fn in_parts(body: &mut dyn Body, iterations: u64) -> Answer {
    body.run(iterations, &mut Gauge::nothing());
    perf_bench_part();
    body.empty(iterations, &mut Gauge::nothing());
    perf_bench_part();
    Answer::Counted(0.0, 0.0)
}

/// Allocations and bytes an iteration, on this thread; what making inputs takes is taken off. None where they are not counted.
fn allocations(body: &mut dyn Body, iterations: u64) -> Option<(f64, f64)> {
    if !crate::alloc::installed() {
        return None;
    }
    let run = crate::alloc::measure(|| body.run(iterations, &mut Gauge::nothing()));
    let empty = crate::alloc::measure(|| body.empty(iterations, &mut Gauge::nothing()));
    let each = |run: u64, empty: u64| run.saturating_sub(empty) as f64 / iterations as f64;
    Some((each(run.count, empty.count), each(run.bytes, empty.bytes)))
}

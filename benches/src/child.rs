//! In: a contender and lines `CALLS SEED` on standard input. Out: a line of [`Times`] for each, on standard output.

use crate::contender::Contender;
use crate::work::raw_stretch;
use perf_stats::Rng;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Nanoseconds a call in one round.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Times {
    pub(crate) bare: f64,
    pub(crate) raw: f64,
    pub(crate) measured: f64,
    pub(crate) raw_two: f64,      // on two threads at once
    pub(crate) measured_two: f64, // on two threads at once
}

/// Calls of a stretch of R.
const RAW_CALLS: u64 = 20_000;

/// Calls before the first round, so that lazy parts are set up.
const WARM_UP: u64 = 20_000;

/// Serves rounds until the input ends.
pub(crate) fn serve(contender: &Contender) -> Result<(), String> {
    // Kept until the process ends: some peers print a report when theirs is dropped.
    std::mem::forget((contender.set_up)());
    let second = Second::start();
    (contender.run)(WARM_UP);
    second.beside(contender.run, WARM_UP);
    (contender.tidy)();
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let seed = line
            .trim()
            .parse()
            .map_err(|_| format!("a seed was expected, not {line:?}"))?;
        let times = round(contender, &second, &mut Rng::new(seed));
        let text = serde_json::to_string(&times).map_err(|error| error.to_string())?;
        writeln!(output, "{text}")
            .and_then(|()| output.flush())
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn round(contender: &Contender, second: &Second, rng: &mut Rng) -> Times {
    let mut times = Times::default();
    let mut order = [0, 1, 2, 3, 4];
    for last in (1..order.len()).rev() {
        order.swap(last, rng.below(last + 1));
    }
    for part in order {
        match part {
            0 => times.bare = (contender.bare)(RAW_CALLS),
            1 => times.raw = raw_stretch(RAW_CALLS),
            2 => times.raw_two = second.beside(raw_stretch, RAW_CALLS),
            3 => {
                times.measured = (contender.run)(contender.calls);
                (contender.tidy)();
            }
            _ => {
                times.measured_two = second.beside(contender.run, contender.calls);
                (contender.tidy)();
            }
        }
    }
    times
}

type Stretch = fn(u64) -> f64;

/// A second thread that runs the same stretch at the same time.
struct Second {
    ask: Sender<(Stretch, u64)>,
    answer: Receiver<f64>,
    gate: Arc<AtomicU32>,
}

impl Second {
    fn start() -> Self {
        let (ask, asked) = channel::<(Stretch, u64)>();
        let (reply, answer) = channel();
        let gate = Arc::new(AtomicU32::new(0));
        let door = Arc::clone(&gate);
        std::thread::spawn(move || {
            for (run, calls) in asked {
                meet(&door);
                if reply.send(run(calls)).is_err() {
                    return;
                }
            }
        });
        Self { ask, answer, gate }
    }

    /// The mean over both threads.
    fn beside(&self, run: Stretch, calls: u64) -> f64 {
        self.gate.store(0, Ordering::SeqCst);
        if self.ask.send((run, calls)).is_err() {
            return f64::NAN;
        }
        meet(&self.gate);
        let mine = run(calls);
        self.answer
            .recv()
            .map_or(f64::NAN, |other| mine.midpoint(other))
    }
}

/// Waits until both threads are here.
fn meet(gate: &AtomicU32) {
    gate.fetch_add(1, Ordering::SeqCst);
    while gate.load(Ordering::SeqCst) < 2 {
        std::hint::spin_loop();
    }
}

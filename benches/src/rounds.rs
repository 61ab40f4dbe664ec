//! In: contenders. Out: their [`Times`], round by round, the processes taking turns in random order.

use crate::child::Times;
use crate::contender::Contender;
use perf_stats::Rng;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A contender's process between its turns; ends when this is dropped.
struct Turn {
    process: Child,
    ask: Option<ChildStdin>, // taken to end the process
    answer: BufReader<ChildStdout>,
}

/// Runs the rounds; gives the times of each contender in the order given.
pub(crate) fn play(
    contenders: &[Contender],
    off: Option<&Path>,
    rounds: usize,
    seed: u64,
) -> Result<Vec<Vec<Times>>, String> {
    let own =
        std::env::current_exe().map_err(|error| format!("where this program lies: {error}"))?;
    let start = |contender: &Contender| {
        let program = if contender.off {
            off.unwrap_or(&own)
        } else {
            &own
        };
        Turn::start(program, contender)
    };
    let mut turns = contenders
        .iter()
        .map(start)
        .collect::<Result<Vec<_>, _>>()?;
    let mut times = vec![Vec::with_capacity(rounds); turns.len()];
    let mut rng = Rng::new(seed);
    let mut order: Vec<usize> = (0..turns.len()).collect();
    for _ in 0..rounds {
        rng.shuffle(&mut order);
        for &at in &order {
            times[at].push(turns[at].take(rng.next_u64())?);
        }
    }
    Ok(times)
}

impl Turn {
    fn start(program: &Path, contender: &Contender) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", contender.name);
        let mut process = Command::new(program)
            .args(["--child", contender.name])
            // Its port could be taken by the other of its two processes; nobody asks it anything here.
            .env("HOTPATH_METRICS_SERVER_OFF", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(ask), Some(answer)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(format!("{}: no pipe", contender.name));
        };
        Ok(Self {
            process,
            ask: Some(ask),
            answer: BufReader::new(answer),
        })
    }

    fn take(&mut self, seed: u64) -> Result<Times, String> {
        let ask = self.ask.as_mut().ok_or("the process has ended")?;
        writeln!(ask, "{seed}")
            .and_then(|()| ask.flush())
            .map_err(|error| error.to_string())?;
        let mut line = String::new();
        self.answer
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| format!("{error} in {line:?}"))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.ask.take());
        let _ = self.process.wait();
    }
}

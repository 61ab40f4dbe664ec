//! In: a wish for company. Out: a neighbour that keeps one processor busy in phases, until it is let go.

use perf_stats::Rng;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Busy and idle by turns of one to three seconds, with arithmetic and with memory, until told to stop.
pub fn disturb(stop: &AtomicBool) {
    let mut rng = Rng::new(5);
    let mut memory = vec![0u8; 32 << 20];
    while !stop.load(Ordering::Relaxed) {
        let end = Instant::now() + Duration::from_secs_f64(1.0 + 2.0 * rng.uniform());
        let mut x = 1u64;
        while Instant::now() < end && !stop.load(Ordering::Relaxed) {
            for _ in 0..10_000 {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (x >> 32) as usize % memory.len();
                memory[at] = memory[at].wrapping_add(1);
            }
        }
        std::thread::sleep(Duration::from_secs_f64(1.0 + 2.0 * rng.uniform()));
    }
}

/// The argument that makes an executable call [`disturb`] for ever.
pub const DISTURB: &str = "--disturb";

/// A process that disturbs, ended when this is dropped.
#[derive(Debug)]
pub struct Neighbour(Child);

impl Neighbour {
    /// This executable again, asked to disturb.
    ///
    /// # Errors
    /// A sentence where it cannot be started.
    pub fn start() -> Result<Self, String> {
        let words = |error: std::io::Error| format!("the neighbour cannot be started: {error}");
        let executable = std::env::current_exe().map_err(words)?;
        let child = Command::new(executable)
            .arg(DISTURB)
            .stdin(Stdio::null())
            .spawn();
        child.map(Self).map_err(words)
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

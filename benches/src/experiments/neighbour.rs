//! In: nothing. Out: [`Neighbour`], a thread that is busy and idle by turns of one to three seconds.

use perf_stats::Rng;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Busy on one core, with arithmetic and with memory, in phases; it ends when dropped.
#[derive(Debug)]
pub struct Neighbour {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Neighbour {
    /// Moves in.
    #[must_use]
    pub fn start(seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = Some(std::thread::spawn(move || disturb(&seen, seed)));
        Self { stop, thread }
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn disturb(stop: &AtomicBool, seed: u64) {
    let mut rng = Rng::new(seed);
    let mut memory = vec![0u8; 32 << 20];
    let mut x = 1u64;
    while !stop.load(Ordering::Relaxed) {
        let end = Instant::now() + phase(&mut rng);
        while Instant::now() < end && !stop.load(Ordering::Relaxed) {
            for _ in 0..10_000 {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (x >> 32) as usize % memory.len();
                memory[at] = memory[at].wrapping_add(1);
            }
        }
        let end = Instant::now() + phase(&mut rng);
        while Instant::now() < end && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn phase(rng: &mut Rng) -> Duration {
    Duration::from_secs_f64(1.0 + 2.0 * rng.uniform())
}

//! In: a process and how long it may take. Out: its end, where it takes longer.

use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often the watcher looks.
const PERIOD: Duration = Duration::from_millis(25);

/// No deadline.
const NEVER: u64 = u64::MAX;

/// A thread that kills a process which is late.
pub(super) struct Watch {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Shared {
    begun: Instant,
    deadline_ms: AtomicU64, // since `begun`
    late: AtomicBool,
    over: AtomicBool,
}

impl Watch {
    pub(super) fn over(child: Arc<Mutex<Child>>) -> Self {
        let shared = Arc::new(Shared {
            begun: Instant::now(),
            deadline_ms: AtomicU64::new(NEVER),
            late: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let seen = Arc::clone(&shared);
        let watch = move || {
            while !seen.over.load(Ordering::Acquire) {
                if seen.begun.elapsed().as_millis() as u64
                    > seen.deadline_ms.load(Ordering::Acquire)
                {
                    seen.late.store(true, Ordering::Release);
                    if let Ok(mut child) = child.lock() {
                        let _ = child.kill();
                    }
                    return;
                }
                std::thread::park_timeout(PERIOD);
            }
        };
        // Without a thread nobody watches: the answer is then as late as it is.
        let thread = std::thread::Builder::new()
            .name("bench-watch".to_owned())
            .spawn(watch)
            .ok();
        Self { shared, thread }
    }

    pub(super) fn expect_within(&self, cap: Duration) {
        let deadline = (self.shared.begun.elapsed() + cap).as_millis() as u64;
        self.shared.deadline_ms.store(deadline, Ordering::Release);
    }

    /// Nothing is expected any more; whether the process was late.
    pub(super) fn relax(&self) -> bool {
        self.shared.deadline_ms.store(NEVER, Ordering::Release);
        self.shared.late.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

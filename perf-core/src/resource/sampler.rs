//! In: a period. Out: [`Sampler`], the one thread that looks at resources that often, and what it saw.

use super::calls::CallsRecorder;
use super::limits::Limits;
use super::marks::Crossings;
use super::recorder::Recorder;
use crate::snapshot::{CallsOverTime, Resources, Row, Series};
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// The shortest period: below it looking would be most of what is seen.
pub const LEAST_PERIOD: Duration = Duration::from_millis(1);

/// The thread's name, at most 15 bytes.
const NAME: &str = "perf-sampler";

/// Looks at this process's resources again and again, on a thread of its own, until it is dropped.
///
/// Its memory is bounded however long it runs. After a stop or suspension of the process it goes on with one look, not with those it
/// missed. How often each number is read, at most:
///
/// | what | read |
/// |---|---|
/// | resident memory, CPU time, live bytes | at each look |
/// | threads, descriptors, kinds of memory | once a second; at each look where threads or descriptors have a limit |
/// | memory of the machine and the control group | every two seconds; once a second where its share has a limit |
/// | calls of each site | so often that it takes 0.02 % of the time |
/// | what each site keeps, where leaks are tracked | so often that it takes 0.02 % of the time, and once a second in any case |
///
/// The first and the last look are at all of it. Two descriptors stay open meanwhile, since opening the kernel's files anew would cost more
/// than all else; a program may close them unasked.
///
/// ```
/// use perf_core::resource::{Limits, Sampler};
/// use std::time::Duration;
/// let sampler = Sampler::start(Duration::from_millis(10), Limits::new())?;
/// std::thread::sleep(Duration::from_millis(30));
/// let series = sampler.stop();
/// # if cfg!(target_os = "linux") {
/// let rss = series.iter().find(|series| series.name == "rss").expect("a kernel that tells it");
/// assert!(rss.samples() >= 2 && rss.least() > Some(0.0));
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Sampler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    recorder: Mutex<Recorder>,
    calls: Mutex<CallsRecorder>,
    crossings: Mutex<Crossings>,
    stopped: Mutex<bool>,
    wake: Condvar,
    limits: Limits,
    started: Instant,
}

impl Sampler {
    /// Starts to look every so often (at least [`LEAST_PERIOD`]), at once for the first time.
    ///
    /// # Errors
    /// What the system says where it gives no thread.
    pub fn start(every: Duration, limits: Limits) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            recorder: Mutex::new(Recorder::new(&limits)),
            calls: Mutex::new(CallsRecorder::new()),
            crossings: Mutex::default(),
            stopped: Mutex::new(false),
            wake: Condvar::new(),
            limits,
            started: Instant::now(),
        });
        let ours = Arc::clone(&shared);
        let every = every.max(LEAST_PERIOD);
        let thread = Builder::new()
            .name(NAME.to_owned())
            .spawn(move || ours.run(every))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// What it has seen so far.
    pub fn series(&self) -> Vec<Series> {
        self.shared.recorder.lock().series().to_vec()
    }

    /// How often sites were called, named as these rows are.
    pub(crate) fn calls(&self, rows: &[Row]) -> Option<CallsOverTime> {
        self.shared.calls.lock().seen(rows)
    }

    /// When it began to look.
    pub(crate) fn started(&self) -> Instant {
        self.shared.started
    }

    /// Marks its limits, and when they were crossed.
    pub(crate) fn mark(&self, resources: &mut Resources) {
        let crossings = self.shared.crossings.lock();
        crossings.mark(&self.shared.limits, resources);
    }

    /// Looks once more, ends the thread, and gives what was seen.
    pub fn stop(mut self) -> Vec<Series> {
        self.end();
        self.series()
    }

    /// Looks once more and ends the thread; what was seen stays.
    pub(crate) fn end(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        *self.shared.stopped.lock() = true;
        self.shared.wake.notify_all();
        // A function called at a crossed limit may end its own sampler: nobody waits for himself.
        if thread.thread().id() != std::thread::current().id() {
            let _ = thread.join(); // it does not panic; if it did, what was seen so far is still there
        }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn run(&self, every: Duration) {
        let mut due = self.started;
        loop {
            self.look(false);
            due = next(due, Instant::now(), every);
            let mut stopped = self.stopped.lock();
            while !*stopped && Instant::now() < due {
                self.wake.wait_until(&mut stopped, due);
            }
            if *stopped {
                drop(stopped);
                return self.look(true);
            }
        }
    }

    /// Nothing is locked while a crossed limit is told: who is called may ask for a snapshot.
    fn look(&self, last: bool) {
        let at = self.started.elapsed().as_nanos() as u64;
        let breaches = crate::alloc::apart(|| {
            self.calls.lock().look(at, last);
            self.recorder.lock().look(at, last)
        });
        self.crossings.lock().take(at, &breaches);
        breaches.iter().for_each(|breach| self.limits.tell(breach));
    }
}

/// When to look next: in step, unless that moment has passed; then a whole period from now.
fn next(due: Instant, now: Instant, every: Duration) -> Instant {
    let in_step = due + every;
    if in_step > now { in_step } else { now + every }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_stop_is_followed_by_one_look_and_no_burst() {
        let (start, every) = (Instant::now(), Duration::from_secs(1));
        assert_eq!(next(start, start + every / 10, every), start + every);
        let woken = start + 3_600 * every;
        let then = next(start, woken, every);
        assert_eq!(then, woken + every);
        assert_eq!(next(then, then + every / 10, every), then + every);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn it_looks_at_its_beginning_and_at_its_end() {
        let sampler = Sampler::start(Duration::from_secs(3_600), Limits::new()).expect("a thread");
        let series = sampler.stop();
        let rss = series.iter().find(|series| series.name == "rss");
        assert_eq!(rss.map(Series::samples), Some(2));
    }

    #[test]
    fn it_may_be_ended_by_whom_it_calls() {
        let kept: Arc<Mutex<Option<Sampler>>> = Arc::default();
        let inside = Arc::clone(&kept);
        let limits = Limits::new()
            .rss(1)
            .on_breach(move |_| drop(inside.lock().take()));
        let held = kept.lock();
        let sampler = Sampler::start(LEAST_PERIOD, limits);
        let mut held = held;
        *held = sampler.ok();
        drop(held);
        if cfg!(target_os = "linux") {
            while kept.lock().is_some() {
                std::thread::yield_now();
            }
        }
    }
}

//! In: timed bounds that want to run now. Out: one at a time, in this process and, where asked for, on this machine.

use parking_lot::{Mutex, MutexGuard};
use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

/// Waiting for other processes ends here; the bound then runs beside them, and says so.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two attempts at the lock of another process.
const PAUSE: Duration = Duration::from_millis(2);

static PROCESS: Mutex<()> = Mutex::new(());

thread_local! {
    static MINE: Cell<bool> = const { Cell::new(false) };
}

/// The right to be the only timed bound, until dropped. Waiting for it is no part of any budget.
pub(super) struct Turn {
    holds: Option<(MutexGuard<'static, ()>, Option<File>)>, // none: this thread has one already
}

impl Turn {
    /// Waits for the turn. A bound within the closure of another one goes ahead at once.
    pub(super) fn wait() -> Self {
        if MINE.replace(true) {
            return Self { holds: None };
        }
        let process = PROCESS.lock();
        let machine = lock_file().and_then(|path| lock(&path));
        Self {
            holds: Some((process, machine)),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.holds.take().is_some() {
            MINE.set(false);
        }
    }
}

/// The file that processes lock: under nextest, which runs each test in a process of its own, and where `PERF_BOUND_LOCK` asks
/// for it: `1` for the usual file, `0` for none, or a path.
fn lock_file() -> Option<PathBuf> {
    choose(
        std::env::var("PERF_BOUND_LOCK").ok().as_deref(),
        std::env::var_os("NEXTEST").is_some(),
    )
}

fn choose(asked: Option<&str>, nextest: bool) -> Option<PathBuf> {
    match asked.map(str::trim) {
        None | Some("") => nextest.then(usual_file),
        Some("0") => None,
        Some("1") => Some(usual_file()),
        Some(path) => Some(PathBuf::from(path)),
    }
}

/// One for each user, since another one's file may not be opened.
fn usual_file() -> PathBuf {
    let user = std::env::var("USER")
        .or_else(|_| std::env::var("USERNAME"))
        .unwrap_or_default();
    let plain: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
    std::env::temp_dir().join(format!("perf-bound-{plain}.lock"))
}

fn lock(path: &Path) -> Option<File> {
    let opened = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) => {
            warn_once(&format!("{path:?} cannot be opened ({error})"));
            return None;
        }
    };
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                warn_once(&format!("{path:?} was locked for ten minutes"));
                return None;
            }
            Err(TryLockError::Error(error)) => {
                warn_once(&format!("{path:?} cannot be locked ({error})"));
                return None;
            }
        }
    }
}

fn warn_once(cause: &str) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        crate::error::warn(&format_args!(
            "bounds do not take turns with those of other processes: {cause}; set PERF_BOUND_LOCK to a file of yours, or to 0"
        ));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    #[test]
    fn the_lock_is_asked_for() {
        assert_eq!(choose(None, false), None);
        assert_eq!(choose(None, true), Some(usual_file()));
        assert_eq!(choose(Some("0"), true), None);
        assert_eq!(choose(Some("1"), false), Some(usual_file()));
        assert_eq!(choose(Some("/x/y"), false), Some(PathBuf::from("/x/y")));
    }

    #[test]
    fn one_at_a_time_and_again_within() {
        static INSIDE: AtomicU32 = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _turn = Turn::wait();
                        let _nested = Turn::wait(); // would wait for itself
                        assert_eq!(INSIDE.fetch_add(1, SeqCst), 0);
                        std::thread::yield_now();
                        INSIDE.fetch_sub(1, SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn a_locked_file_keeps_another_opener_out_until_it_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("turn.lock");
        let held = lock(&path).expect("free");
        let other = File::open(&path).expect("exists");
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(held);
        // A process that another test starts at this moment holds it until it has begun.
        let since = Instant::now();
        while other.try_lock().is_err() {
            assert!(since.elapsed() < PATIENCE, "still locked");
            std::thread::sleep(PAUSE);
        }
    }
}

//! In: the process's first panic. Out: the run stored, because with `panic = "abort"` nothing comes after it.

use crate::run::Ending;
use crate::session::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A program that catches its panics may have many: only the first is worth a file.
static SEEN: AtomicBool = AtomicBool::new(false);

/// Installs the hook once, before the one that is there. A hook that the program sets later takes its place.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    if std::thread::panicking() {
        return; // the hook cannot be changed now
    }
    ONCE.call_once(|| {
        let other = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            other(panic);
            if !SEEN.swap(true, Relaxed) {
                // Where panics unwind, somebody may catch it and the run goes on.
                process::may_end(Ending::Panic, cfg!(panic = "abort"));
            }
        }));
    });
}

//! A span stays on its thread.

fn spawn<F: FnOnce() + Send + 'static>(_: F) {}

fn main() {
    let span = perf_core::span!("moved");
    spawn(move || drop(span));
}

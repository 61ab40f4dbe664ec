//! A span is not held across an await by a future that may move to another thread.

fn spawn<F: Future + Send + 'static>(_: F) {}

async fn pause() {}

fn main() {
    spawn(async {
        let _span = perf_core::span!("held");
        pause().await;
    });
}

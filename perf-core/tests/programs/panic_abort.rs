//! A program for `panic = "abort"`: records, prints what it has seen, and then panics within a span if asked to.

use perf_core::{Overhead, Session, snapshot, span};

fn main() {
    perf_core::set_overhead(Overhead::FULL);
    let _session = Session::options("abort").report(false).start();
    let work = || {
        for _ in 0..1_000 {
            let _outer = span!("outer");
            let _inner = span!("inner");
        }
    };
    std::thread::spawn(work).join().expect("the thread ends");
    work();
    let seen = snapshot();
    for id in ["outer", "inner"] {
        let row = seen.site(id).expect("a row");
        println!(
            "{id} {} {} {}",
            row.calls,
            row.panicked,
            row.histogram.count()
        );
    }
    if std::env::args().nth(1).as_deref() == Some("panic") {
        let _span = span!("open");
        panic!("asked for");
    }
}

//! A program that ends in the way its argument says, with a session alive that has seen a thousand calls.

use perf_core::{Overhead, Session, span};
use std::io::Write;
use std::time::Duration;

const CALLS: u32 = 1_000;

fn main() {
    perf_core::set_overhead(Overhead::FULL);
    let task = std::env::args().nth(1).unwrap_or_default();
    match task.as_str() {
        "two" => return two_threads(),
        // What a shell starts in the background inherits an ignored SIGINT.
        "signals" => handle(libc::SIGINT, libc::SIG_DFL),
        "handled" => handle(libc::SIGTERM, note as *const () as usize),
        "ignored" => handle(libc::SIGINT, libc::SIG_IGN),
        _ => {}
    }
    let session = Session::options("run/files")
        .report(task == "report")
        .workload("spans")
        .seed(7)
        .start();
    work("work", CALLS);
    match task.as_str() {
        "exit" => std::process::exit(7),
        "exit_in_thread" => {
            let thread = std::thread::spawn(|| std::process::exit(7));
            drop(thread.join());
        }
        "forgotten" => std::mem::forget(session),
        "panic" => panic!("asked for"),
        "caught" => drop(std::panic::catch_unwind(|| panic!("asked for"))),
        // SAFETY: nothing of this program wants to be flushed.
        "_exit" => unsafe { libc::_exit(7) },
        "abort" => std::process::abort(),
        "nested" => {
            let inner = Session::options("inner").report(false).start();
            work("inner work", 10);
            drop(inner);
            work("work", CALLS);
        }
        "again" => {
            drop(session);
            work("unseen", 5);
            let _second = Session::options("second").report(false).start();
            work("work", CALLS);
        }
        "fork" => fork(),
        "elsewhere" => std::env::set_current_dir("/").expect("there is a root"),
        "wait" => wait(CALLS),
        "signals" | "handled" | "ignored" | "report" => {
            session.finish_on_signals();
            wait(CALLS);
        }
        "no_thread_listens" => {
            session.finish_on_signals();
            fork();
        }
        _ => {}
    }
    println!("went on");
}

fn work(name: &str, calls: u32) {
    for _ in 0..calls {
        match name {
            "work" => drop(span!("work")),
            "inner work" => drop(span!("inner work")),
            _ => drop(span!("unseen")),
        }
    }
}

/// Says that it is ready, and works on until it is killed, or its standard input ends.
fn wait(calls: u32) {
    println!("ready");
    std::io::stdout().flush().expect("read by the test");
    let reader = std::thread::spawn(|| std::io::read_to_string(std::io::stdin()));
    while !reader.is_finished() {
        work("work", calls);
        std::thread::sleep(Duration::from_micros(100));
    }
}

fn two_threads() {
    let one = || {
        let _session = Session::options("of a thread").report(false).start();
        work("work", CALLS);
        std::thread::sleep(Duration::from_millis(20));
    };
    let _outer = Session::options("outer").report(false).start();
    let threads = [std::thread::spawn(one), std::thread::spawn(one)];
    for thread in threads {
        thread.join().expect("ends well");
    }
}

/// A child that ends by `exit` in the midst of the session that it inherited; on SIGTERM if it is still there.
fn fork() {
    // SAFETY: one thread but those of the library, which the child does not need.
    let child = unsafe { libc::fork() };
    if child == 0 {
        work("work", 10);
        if std::env::args().nth(1).as_deref() == Some("fork") {
            std::process::exit(0);
        }
        std::thread::sleep(Duration::from_secs(60));
    }
    let mut status = 0;
    // SAFETY: the child is ours, and the status outlives the call.
    unsafe {
        if std::env::args().nth(1).as_deref() != Some("fork") {
            std::thread::sleep(Duration::from_millis(20));
            libc::kill(child, libc::SIGTERM);
        }
        libc::waitpid(child, &raw mut status, 0);
    }
    println!("child {status}");
}

fn handle(signal: libc::c_int, action: usize) {
    // SAFETY: `note` calls only `write`.
    unsafe { libc::signal(signal, action) };
}

extern "C" fn note(_: libc::c_int) {
    let text = b"handled\n";
    // SAFETY: the text outlives the call.
    unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
}

//! A child program for tests of the command line: what it does is its first argument.

use perf_core::{Session, measure};
use std::hint::black_box;
use std::io::{Read, Write};
use std::process::Command;
use std::time::Duration;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|n| n.parse::<u64>().ok());
    match arguments.first().map_or("", String::as_str) {
        "spin" => spin(number(1).unwrap_or(1)),
        "touch" => touch(number(1).unwrap_or(1)),
        "sites" => sites(number(1).unwrap_or(1)),
        "fail" => fail(number(1).unwrap_or(1), arguments.get(2)),
        "flood" => flood(),
        "echo" => echo(number(1).unwrap_or(0)),
        "tree" => tree(arguments.get(1)),
        "see" => see(arguments.get(1), arguments.get(2)),
        "sleep" => std::thread::sleep(Duration::from_millis(number(1).unwrap_or(1))),
        other => panic!("what is {other:?}?"),
    }
}

/// Thousands of dependent steps.
fn spin(thousands: u64) {
    let mut x = 1_u64;
    for _ in 0..thousands * 1_000 {
        x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// Touches so many MiB.
fn touch(mib: u64) {
    black_box(vec![1_u8; (mib as usize) << 20]);
}

#[measure]
fn step(rounds: u64) {
    spin(black_box(rounds));
}

/// Calls a measured function so often, and writes a byte a call.
fn sites(calls: u64) {
    let _session = Session::options("worker").report(false).start();
    (0..calls).for_each(|_| step(1));
    let mut out = std::io::stdout();
    let _ = out.write_all(&vec![b'x'; calls as usize]);
    let _ = out.flush();
}

fn fail(code: u64, message: Option<&String>) {
    eprintln!("{}", message.map_or("", String::as_str));
    std::process::exit(code as i32);
}

/// More than any pipe holds, on both streams.
fn flood() {
    let line = [b'x'; 1023];
    for _ in 0..4_096 {
        let _ = std::io::stdout().write_all(&line);
        let _ = std::io::stderr().write_all(&line);
    }
    eprintln!("the end");
}

/// Fails unless standard input holds so many bytes.
fn echo(expected: u64) {
    let mut all = Vec::new();
    std::io::stdin().read_to_end(&mut all).expect("readable");
    assert_eq!(all.len() as u64, expected);
}

/// Starts a child of its own that outlives it unless somebody cares, and tells both process ids.
fn tree(file: Option<&String>) {
    let me = std::env::current_exe().expect("known");
    let child = Command::new(me).args(["sleep", "600000"]).spawn();
    let child = child.expect("it was started once already").id();
    let ids = format!("{} {child}", std::process::id());
    std::fs::write(file.expect("a file"), ids).expect("writable");
    std::thread::sleep(Duration::from_secs(600));
}

/// Fails unless a variable has this value, or, for `.`, the working directory ends so.
fn see(name: Option<&String>, value: Option<&String>) {
    let (name, value) = (name.expect("a name"), value.expect("a value"));
    if name == "." {
        assert!(std::env::current_dir().expect("somewhere").ends_with(value));
    } else {
        assert_eq!(std::env::var(name).as_ref(), Ok(value));
    }
}

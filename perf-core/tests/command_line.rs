//! Promise: `cargo perf` judges commands and stored numbers, says so in words and JSON, ends with the code it promises, and leaves
//! nothing behind.
#![cfg(unix)]

#[path = "command_line/ab.rs"]
mod ab;
#[path = "command_line/claims.rs"]
mod claims;
#[path = "common/executable.rs"]
mod executable;
#[path = "command_line/export.rs"]
mod export;
#[path = "command_line/gate.rs"]
mod gate;
#[path = "command_line/interrupted.rs"]
mod interrupted;
#[path = "command_line/left_behind.rs"]
mod left_behind;
#[path = "common/programs.rs"]
mod programs;
#[path = "command_line/repository.rs"]
mod repository;
#[path = "command_line/revision.rs"]
mod revision;
#[path = "command_line/stored.rs"]
mod stored;
#[path = "command_line/studies.rs"]
mod studies;
#[path = "command_line/usage.rs"]
mod usage;

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// The child program.
static WORKER: LazyLock<String> = LazyLock::new(|| {
    let path = programs::build("worker", &[]);
    path.to_str().expect("a UTF-8 path").to_owned()
});

fn perf() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-perf"));
    command
        .env_remove("NO_COLOR")
        .timeout(std::time::Duration::from_secs(900)); // a hang must fail, a busy machine must not
    command
}

/// A command line of the worker.
fn worker(arguments: &str) -> String {
    format!("'{}' {arguments}", *WORKER)
}

/// What a call left: exit code, standard output, standard error.
struct Left {
    code: i32,
    out: String,
    err: String,
}

#[track_caller]
fn run(command: &mut Command) -> Left {
    let output = command.output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Left {
        code: output.status.code().expect("no signal"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

impl Left {
    /// The one object on standard output.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }

    #[track_caller]
    fn could_not_judge(&self, says: &str) {
        assert_eq!(self.code, 3, "{}{}", self.out, self.err);
        assert!(self.err.contains(says), "{:?} not in {}", says, self.err);
        assert_eq!(self.out, "");
    }
}

/// A result by metric.
#[track_caller]
fn result<'a>(json: &'a Value, metric: &str) -> &'a Value {
    let results = json["results"].as_array().expect("an array");
    let found = results.iter().find(|r| r["metric"] == metric);
    found.unwrap_or_else(|| panic!("no {metric} in {json}"))
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("writable");
}

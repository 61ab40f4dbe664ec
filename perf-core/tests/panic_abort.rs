//! Promise: programs built with `panic = "abort"` record as others do, and a panic ends them as it would without us,
//! but for the run file that was asked for.

#[path = "common/programs.rs"]
mod programs;

use perf_core::run::{Ending, Run};
use std::process::{Command, Output};

fn printed(out: &Output) {
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        ["outer 2000 0 2000", "inner 2000 0 2000"]
    );
}

#[test]
fn it_records_and_it_aborts() {
    let program = programs::build("panic_abort", &["-C", "panic=abort"]);
    let out = Command::new(&program).output().unwrap();
    printed(&out);
    assert!(out.status.success(), "{out:?}");

    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(&program);
    command.arg("panic").env("PERF_RUN_DIR", folder.path());
    let out = command.output().unwrap();
    printed(&out);
    let mut runs = Run::read_dir(folder.path()).unwrap().runs;
    let (_, run) = runs.pop().expect("a run file");
    assert_eq!(run.ended_by, Ending::Panic);
    assert_eq!(run.snapshot.site("outer").map(|row| row.calls), Some(2000));
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(told.contains("asked for"), "{told}");
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(
            out.status.signal(),
            Some(6),
            "aborted, not unwound: {:?}",
            out.status
        );
    }
    assert!(!out.status.success());
}

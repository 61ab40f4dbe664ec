//! Promise: programs built with `panic = "abort"` record as others do, and a panic ends them as it would without us.

#[path = "common/programs.rs"]
mod programs;

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

    let out = Command::new(&program).arg("panic").output().unwrap();
    printed(&out);
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

//! In: the name of a program below tests/programs. Out: where it was built.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds an example of this package with flags for itself alone; what it depends on is taken as the tests have it.
pub(crate) fn build(name: &str, flags: &[&str]) -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let profile = exe.parent().and_then(Path::parent).unwrap(); // target/PROFILE
    let cargo = Path::new(env!("CARGO"));
    let toolchain = cargo.parent().and_then(Path::parent).unwrap();
    let mut cargo = Command::new(cargo);
    // A test that is run by hand, without cargo: rustup would follow the toolchain file of each package that is compiled.
    if std::env::var_os("RUSTUP_TOOLCHAIN").is_none() && toolchain.join("bin").is_dir() {
        cargo.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    cargo.args([
        "rustc",
        "--quiet",
        "--offline",
        "-p",
        "perf-core",
        "--example",
        name,
    ]);
    cargo.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let built = cargo.arg("--").args(flags).output().unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

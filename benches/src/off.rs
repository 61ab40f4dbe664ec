//! In: nothing. Out: this bench as a second executable, compiled with `--cfg perf_off`; or why there is none.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Builds the executable, or finds it built.
pub(crate) fn build() -> Result<PathBuf, String> {
    let member = env!("CARGO_MANIFEST_DIR");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "bench",
            "--bench",
            "peers",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ])
        .args(["--target-dir", &format!("{member}/../target/perf_off")])
        .env("RUSTFLAGS", "--cfg perf_off")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(member)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo ended with {}", output.status));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    lines
        .lines()
        .rev()
        .find_map(executable)
        .ok_or_else(|| "cargo named no executable".to_owned())
}

/// The executable that a line of cargo's output names.
fn executable(line: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let named = message.get("target")?.get("name")?.as_str()? == "peers";
    message
        .get("executable")?
        .as_str()
        .filter(|_| named)
        .map(PathBuf::from)
}

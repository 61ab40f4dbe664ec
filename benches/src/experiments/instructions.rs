//! In: a kernel and two lengths. Out: the instructions of either, as callgrind counts them: by how much the longer one is really more.

use super::kernels::Kernel;
use std::process::Command;

/// Instructions of a call with `more` steps over those of one with `steps`: what calls take, without what comes before and after them.
///
/// # Errors
/// Valgrind is not there, or did not say.
pub fn ratio(kernel: Kernel, steps: u64, more: u64) -> Result<f64, String> {
    // As many steps as make the loop the most of it, and as few as callgrind bears.
    let calls = (400_000 / steps).max(4);
    let a_call = |steps: u64| -> Result<f64, String> {
        let (few, many) = (
            of_process(kernel, steps, calls)?,
            of_process(kernel, steps, 2 * calls)?,
        );
        Ok(many.saturating_sub(few) as f64 / calls as f64)
    };
    Ok(a_call(more)? / a_call(steps)?)
}

/// Prints the ratio of each, beside what it is meant to be.
///
/// # Errors
/// As [`ratio`].
pub fn print_ratios(all: &[(Kernel, u64, u64)]) -> Result<(), String> {
    for &(kernel, steps, more) in all {
        let meant = more as f64 / steps as f64 - 1.0;
        let found = ratio(kernel, steps, more)? - 1.0;
        println!(
            "{:10} {more} steps instead of {steps}: {:+.3} % iterations, {:+.3} % instructions",
            kernel.name(),
            100.0 * meant,
            100.0 * found
        );
    }
    Ok(())
}

/// Instructions of a whole process that calls the kernel so often.
fn of_process(kernel: Kernel, steps: u64, calls: u64) -> Result<u64, String> {
    let exe = std::env::current_exe().map_err(|error| error.to_string())?;
    let done = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(exe)
        .args([
            "--run",
            kernel.name(),
            &steps.to_string(),
            &calls.to_string(),
        ])
        .output()
        .map_err(|error| {
            format!("valgrind counts the instructions, and cannot be started: {error}")
        })?;
    let said = String::from_utf8_lossy(&done.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    collected
        .and_then(|(_, number)| number.trim().parse().ok())
        .ok_or_else(|| format!("valgrind did not say how many instructions: {said}"))
}

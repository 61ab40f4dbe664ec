//! In: `$PERF_RUN_EVERY`. Out: one named thread that stores the run that often, so that a process that is killed leaves its last state.

use crate::session::process;
use std::time::Duration;

const VARIABLE: &str = "PERF_RUN_EVERY";

/// More often than this the storing would be most of what is measured.
const LEAST: Duration = Duration::from_millis(10);

/// Starts the thread, if it is asked for; it ends with the stretch of this number.
pub(super) fn start(stretch: u64) {
    let asked = std::env::var_os(VARIABLE).filter(|every| !every.is_empty());
    let Some(asked) = asked else {
        return;
    };
    let every = match every(&asked.to_string_lossy()) {
        Ok(every) => every,
        Err(reason) => {
            return process::warn_once(&format_args!(
                "{VARIABLE}: {reason}; nothing is stored before the end"
            ));
        }
    };
    let thread = std::thread::Builder::new().name("perf-run-file".to_owned());
    let started = thread.spawn(move || process::keep_storing(stretch, every));
    if let Err(error) = started {
        process::warn_once(&format_args!(
            "{VARIABLE}: no thread could be started ({error}); nothing is stored before the end"
        ));
    }
}

fn every(text: &str) -> Result<Duration, String> {
    let nanoseconds = crate::units::parse_duration(text).map_err(|error| error.to_string())?;
    let every = Duration::try_from_secs_f64(nanoseconds / 1e9).unwrap_or(Duration::MAX);
    if every < LEAST {
        return Err(format!("{text:?} is less than {LEAST:?}"));
    }
    Ok(every)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often() {
        assert_eq!(every("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(every("10ms"), Ok(LEAST));
        assert_eq!(every("999999999999999y"), Ok(Duration::MAX));
        for bad in ["0s", "1us", "10", "soon", "-1s"] {
            assert!(every(bad).is_err(), "{bad}");
        }
    }
}

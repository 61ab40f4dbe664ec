//! In: a verdict and what it rests on. Out: [`Outcome`], the message a person can act on, and what it does to a test.

use crate::bound::exact;
use crate::bound::policy::Policy;
use crate::bound::timing::TimedCall;
use crate::bound::verdict::{Reason, Verdict};
use std::fmt;
use std::io::Write;
use std::panic::Location;
use std::path::Path;

/// A bound's verdict and what it rests on; its `Display` is the message of a failing test.
///
/// ```
/// use perf_core::bound::{Bound, Verdict, micros};
/// let outcome = Bound::p99().below(micros(50)).judge_times((0..400).map(|_| micros(7)));
/// assert_eq!(outcome.verdict, Verdict::Holds);
/// assert!(outcome.to_string().starts_with("bound holds: p99 < 50.0 µs"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// What was promised, as it is printed.
    pub bound: String,
    /// What may be said of it.
    pub verdict: Verdict,
    /// Calls that were judged.
    pub calls: u64,
    /// Calls beyond the limit; 0 for bounds that count none.
    pub exceeded: u64,
    /// What was measured, in the unit of the limit (nanoseconds for times); none where nothing was.
    pub observed: Option<f64>,
    /// The evidence, a topic and a sentence each.
    pub evidence: Vec<(&'static str, String)>,
}

/// Columns of a topic.
const TOPIC: usize = 10;

impl Outcome {
    pub(super) fn new(bound: &dyn fmt::Display, verdict: Verdict) -> Self {
        Self {
            bound: bound.to_string(),
            verdict,
            calls: 0,
            exceeded: 0,
            observed: None,
            evidence: Vec::new(),
        }
    }

    pub(super) fn inconclusive(bound: &dyn fmt::Display, reason: Reason) -> Self {
        Self::new(bound, Verdict::Inconclusive(reason))
    }

    /// The question cannot be answered as it was put.
    pub(super) fn unanswerable(bound: &dyn fmt::Display, why: impl Into<String>) -> Self {
        Self::inconclusive(bound, Reason::Unanswerable { why: why.into() })
    }

    pub(super) fn tell(&mut self, topic: &'static str, sentence: impl Into<String>) {
        self.evidence.push((topic, sentence.into()));
    }

    /// One more call, to see what it allocates, where the bound is broken and the allocator counts.
    pub(super) fn tell_allocations(&mut self, call: &mut TimedCall<'_>) {
        if self.verdict == Verdict::Broken && crate::alloc::installed() {
            self.tell("allocates", exact::taken(call).to_string());
        }
    }

    /// Goes on where the bound holds; where it is inconclusive, as `PERF_INCONCLUSIVE` says (`pass` with a warning, unless told otherwise).
    ///
    /// # Panics
    /// With the whole message where the bound is broken.
    #[track_caller]
    pub fn accept(&self) {
        self.accept_within(None);
    }

    /// The same, where a function's type tells which test it is in.
    #[track_caller]
    pub(super) fn accept_within(&self, test: Option<&str>) {
        let place = Location::caller();
        match (&self.verdict, Policy::now()) {
            (Verdict::Holds, _) => {}
            (Verdict::Inconclusive(reason @ (Reason::Unoptimised | Reason::Stored { .. })), _) => {
                warn(&format!("{place}: {}: not judged: {reason}", self.bound));
            }
            (Verdict::Broken, _) | (Verdict::Inconclusive(_), Policy::Fail) => {
                fail(self, place, test)
            }
            (Verdict::Inconclusive(reason), Policy::Pass) => {
                warn(&format!("{place}: {}: inconclusive: {reason}", self.bound));
            }
            (Verdict::Inconclusive(_), Policy::Skip) => println!("skipped: {self}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, reason) = match &self.verdict {
            Verdict::Holds => ("holds", None),
            Verdict::Broken => ("broken", None),
            Verdict::Inconclusive(reason) => ("inconclusive", Some(reason)),
        };
        write!(f, "bound {word}: {}", self.bound)?;
        if let Some(reason) = reason {
            write!(f, "\n  {:TOPIC$} {reason}", "because")?;
        }
        for (topic, sentence) in &self.evidence {
            write!(f, "\n  {topic:TOPIC$} {sentence}")?;
        }
        Ok(())
    }
}

/// To standard error itself: a test harness that keeps a passing test's output would hide it.
fn warn(line: &str) {
    crate::error::warn(&line);
}

#[track_caller]
fn fail(outcome: &Outcome, place: &Location<'_>, test: Option<&str>) -> ! {
    let _ = std::io::stdout().flush();
    let executable = std::env::current_exe().unwrap_or_default();
    match again(place, test, &executable) {
        Some(again) => panic!("{outcome}\n  {:TOPIC$} {again}", "again"),
        None => panic!("{outcome}"),
    }
}

/// The command that runs this check again, as far as the process knows; none where there is no test.
fn again(place: &Location<'_>, test: Option<&str>, executable: &Path) -> Option<String> {
    let test = test.map(named);
    // Cargo builds tests, and nothing that is run in another way but benchmarks, in this folder.
    let built_for_tests = executable.parent().is_some_and(|at| at.ends_with("deps"));
    if !built_for_tests || test == Some("main") {
        return None;
    }
    let build = if cfg!(debug_assertions) {
        ""
    } else {
        " --release"
    };
    let package =
        std::env::var("CARGO_PKG_NAME").map_or(String::new(), |name| format!(" -p {name}"));
    let thread = std::thread::current();
    // With one test thread the harness runs tests on the main one.
    let of_thread = thread.name().filter(|name| *name != "main");
    let name = of_thread.or(test).unwrap_or("");
    let nextest = std::env::var_os("NEXTEST").is_some();
    Some(match (nextest, name) {
        (true, "") => format!("cargo nextest run{build}{package}    ({place})"),
        (true, name) => {
            format!(
                "cargo nextest run{build}{package} -E 'test(={name})' --run-ignored all    ({place})"
            )
        }
        (false, "") => format!("cargo test{build}{package}    ({place})"),
        (false, name) => {
            format!("cargo test{build}{package} -- --exact {name} --include-ignored    ({place})")
        }
    })
}

/// `module::test` of the type of a function within it, `krate::module::test::{{closure}}::function`.
fn named(path: &str) -> &str {
    let outside = path.rsplit_once("::").map_or(path, |(outside, _)| outside);
    let test = outside.split("::{{").next().unwrap_or(outside);
    test.split_once("::").map_or(test, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_named_by_what_stands_within_it() {
        assert_eq!(named("shop::tests::fast::here"), "tests::fast");
        assert_eq!(named("shop::fast::{{closure}}::here"), "fast");
    }

    #[test]
    fn only_a_test_is_named_to_be_run_again() {
        let again = |executable: &str, within| {
            let place = Location::caller();
            std::thread::scope(|scope| {
                let ask = || again(place, Some(within), Path::new(executable));
                let asked = std::thread::Builder::new().name("main".to_owned());
                let asked = asked.spawn_scoped(scope, ask).expect("a thread");
                asked.join().expect("no panic")
            })
        };
        let test = again("target/debug/deps/shop-1a2b", "shop::fast::here");
        assert!(test.is_some_and(|told| told.contains(" fast ")));
        assert_eq!(again("target/debug/shop", "shop::main::here"), None);
        assert_eq!(again("target/debug/shop", "shop::serve::here"), None);
        assert_eq!(
            again("target/debug/examples/shop", "shop::main::here"),
            None
        );
        assert_eq!(
            again("target/release/deps/shop-1a2b", "shop::main::here"),
            None
        );
    }
}

//! In: the command line that cargo, nextest or a person gives, and `PERF_BENCH_ARGS`. Out: [`Arguments`]. Every flag of libtest is
//! accepted, since they are given to all test and bench targets alike.

use super::output::page;
use super::pages::PageSize;
use super::select::{Ignored, Selection};
use crate::launch::{LaunchError, split_words};
use crate::units;
use lexopt::prelude::{Long, Short, Value};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Mode {
    /// Each once: what `cargo test` asks for.
    #[default]
    Test,
    /// What `cargo bench` asks for.
    Measure,
    /// The names.
    List,
    Help,
    ListBaselines,
    RemoveBaseline(String),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
    Markdown,
    Bencher,
    Go,
    Bmf,
    GithubAction,
}

impl Format {
    /// Whether its readers know nothing but times.
    pub(super) fn is_of_times(self) -> bool {
        !matches!(self, Self::Text | Self::Json | Self::Markdown)
    }
}

/// The command line.
#[derive(Clone, Debug)]
pub(super) struct Arguments {
    pub(super) mode: Mode,
    pub(super) selection: Selection,
    pub(super) format: Format,
    pub(super) show: bool, // what benchmarks print
    pub(super) time: Duration,
    pub(super) time_cap: Duration,
    pub(super) processes: usize,
    pub(super) pairs: Option<usize>,
    pub(super) margin: Option<f64>,
    pub(super) page_size: PageSize,
    pub(super) seed: Option<u64>,
    pub(super) save_baseline: Option<String>,
    pub(super) baseline: Option<String>,
    pub(super) baseline_size: f64,
    pub(super) stored: bool,
    pub(super) deny_inconclusive: bool,
    pub(super) metric: Option<String>,
    pub(super) criterion: Option<PathBuf>,
    pub(super) html: Option<PathBuf>,
}

/// Kept executables of one bench target may take so many bytes together.
const BASELINE_SIZE: f64 = 1024.0 * 1024.0 * 1024.0;

impl Default for Arguments {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            selection: Selection::default(),
            format: Format::default(),
            show: false,
            time: Duration::from_millis(400),
            time_cap: Duration::from_secs(60),
            processes: 8,
            pairs: None,
            margin: None,
            page_size: PageSize::default(),
            seed: None,
            save_baseline: None,
            baseline: None,
            baseline_size: BASELINE_SIZE,
            stored: false,
            deny_inconclusive: false,
            metric: None,
            criterion: None,
            html: None,
        }
    }
}

pub(super) const HELP: &str = "\
Usage: cargo bench [--bench NAME] -- [OPTIONS] [FILTER]...

Measuring
  --time TIME             measured time of a benchmark, all processes together [400ms]
  --processes N           fresh processes a benchmark [8]
  --time-cap TIME         longest wait for an answer of a benchmark [60s]
  --metric NAME           instead of time: instructions (under callgrind), allocations, allocated-bytes, cpu, and what
                          bench_main!(metrics = [...]) names

Comparing
  --save-baseline NAME    measure, and keep the runs and the executable under this name
  --baseline NAME         run the kept executable and this one side by side
  --pairs N               fresh pairs of processes [40, fewer where they take long]
  --margin SHARE          changes below it do not matter, such as 2% [0.5%; layout of code alone commonly moves a build by
                          up to 2 %, which is said of smaller claims about another build]
  --small-pages           leave memory on the pages that the system gives it, instead of moving it to huge ones on both
                          sides: which small ones a process gets can move its times by a quarter
  --seed N                of the order in which the two sides run
  --stored                judge stored runs instead of running the kept executable
  --deny-inconclusive     exit with 2 where nothing could be claimed
  --list-baselines        what is kept
  --remove-baseline NAME
  --baseline-size SIZE    kept executables of this target together [1 GiB]

Choosing
  FILTER, --exact, --skip FILTER, --ignored, --include-ignored

Printing
  --format FORMAT         text, json, markdown, bencher, go, bmf, github-action-benchmark
  --list [--format terse] the names of the benchmarks
  --nocapture             show what benchmarks print
  --criterion DIR         write criterion's files below DIR, for critcmp and others
  --html FILE             also write the comparisons as a page for a browser

Without --bench each benchmark runs once, as cargo test asks. PERF_BENCH_ARGS holds further arguments, quoted as in a shell
and read first.
Exit codes: 0 no confirmed regression, 1 at least one, 2 inconclusive and --deny-inconclusive, 3 could not judge.
";

impl Arguments {
    /// Those of this process.
    pub(super) fn from_env() -> Result<Self, String> {
        let more = std::env::var_os("PERF_BENCH_ARGS").unwrap_or_default();
        let more = words(&more.to_string_lossy())?.into_iter();
        Self::parse(more.chain(std::env::args_os().skip(1)))
    }

    pub(super) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let words: Vec<OsString> = words.into_iter().collect();
        let mut parser = lexopt::Parser::from_args(words);
        let mut arguments = Self::default();
        let (mut test, mut list) = (false, false);
        while let Some(word) = parser.next().map_err(text)? {
            match word {
                Long("test") => test = true,
                Long("list") => list = true,
                Long("bench") => {
                    if arguments.mode == Mode::Test {
                        arguments.mode = Mode::Measure;
                    }
                }
                Short('h') | Long("help") => arguments.mode = Mode::Help,
                Long("list-baselines") => arguments.mode = Mode::ListBaselines,
                Long("remove-baseline") => {
                    arguments.mode = Mode::RemoveBaseline(string(&mut parser)?);
                }
                Value(filter) => arguments
                    .selection
                    .filters
                    .push(filter.to_string_lossy().into_owned()),
                Long(name) => {
                    let name = name.to_owned();
                    arguments.long(&name, &mut parser)?;
                }
                Short(flag) => short(flag, &mut parser)?,
            }
        }
        if list {
            arguments.mode = Mode::List;
        } else if test && arguments.mode == Mode::Measure {
            arguments.mode = Mode::Test;
        }
        arguments.agree()?;
        Ok(arguments)
    }

    fn long(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<(), String> {
        match name {
            "exact" => self.selection.exact = true,
            "skip" => self.selection.skips.push(string(parser)?),
            "ignored" => self.selection.ignored = Ignored::Only,
            "include-ignored" => self.selection.ignored = Ignored::Included,
            "nocapture" | "no-capture" => self.show = true,
            "format" => self.format = format(&string(parser)?)?,
            "time" => self.time = duration(&string(parser)?)?,
            "time-cap" => self.time_cap = duration(&string(parser)?)?,
            "processes" => self.processes = number(name, &string(parser)?, 3)?,
            "pairs" => self.pairs = Some(number(name, &string(parser)?, 8)?),
            "margin" => self.margin = Some(units::parse_percent(&string(parser)?).map_err(text)?),
            "small-pages" => self.page_size = PageSize::AsGiven,
            "seed" => self.seed = Some(number(name, &string(parser)?, 0)? as u64),
            "save-baseline" => self.save_baseline = Some(string(parser)?),
            "baseline" => self.baseline = Some(string(parser)?),
            "baseline-size" => {
                self.baseline_size = units::parse_bytes(&string(parser)?).map_err(text)?;
            }
            "stored" => self.stored = true,
            "deny-inconclusive" => self.deny_inconclusive = true,
            "metric" => self.metric = Some(string(parser)?),
            "criterion" => self.criterion = Some(PathBuf::from(parser.value().map_err(text)?)),
            "html" => self.html = Some(PathBuf::from(parser.value().map_err(text)?)),
            // libtest's, which mean nothing here.
            "quiet"
            | "show-output"
            | "force-run-in-process"
            | "exclude-should-panic"
            | "shuffle"
            | "no-run"
            | "ensure-time" => {}
            "test-threads" | "color" | "logfile" | "shuffle-seed" => {
                drop(parser.value().map_err(text)?);
            }
            "report-time" => drop(parser.optional_value()),
            other => return Err(format!("unknown option --{other}; --help lists all")),
        }
        Ok(())
    }

    fn agree(&self) -> Result<(), String> {
        if let (Some(_), Some(why)) = (&self.html, page::WHY_NOT) {
            return Err(why.to_owned());
        }
        if self.save_baseline.is_some() && self.baseline.is_some() {
            return Err(
                "--save-baseline and --baseline exclude each other: compare first, then save"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// The words of `PERF_BENCH_ARGS`.
fn words(line: &str) -> Result<Vec<OsString>, String> {
    match split_words(line) {
        Ok(words) => Ok(words.into_iter().map(OsString::from).collect()),
        Err(LaunchError::Quoting { quote }) => Err(format!(
            "PERF_BENCH_ARGS has a {quote} that is never closed"
        )),
        Err(other) => Err(format!("PERF_BENCH_ARGS: {other}")),
    }
}

fn short(flag: char, parser: &mut lexopt::Parser) -> Result<(), String> {
    match flag {
        'q' => Ok(()),
        'Z' => parser.value().map(drop).map_err(text),
        other => Err(format!("unknown option -{other}; --help lists all")),
    }
}

fn format(name: &str) -> Result<Format, String> {
    Ok(match name {
        "text" | "pretty" | "terse" | "junit" => Format::Text, // the last three are libtest's
        "json" => Format::Json,
        "markdown" => Format::Markdown,
        "bencher" => Format::Bencher,
        "go" => Format::Go,
        "bmf" => Format::Bmf,
        "github-action-benchmark" => Format::GithubAction,
        other => {
            return Err(format!(
                "--format {other}: known are text, json, markdown, bencher, go, bmf and github-action-benchmark"
            ));
        }
    })
}

fn string(parser: &mut lexopt::Parser) -> Result<String, String> {
    Ok(parser.value().map_err(text)?.to_string_lossy().into_owned())
}

fn duration(written: &str) -> Result<Duration, String> {
    units::parse_duration(written)
        .map(|ns| Duration::from_nanos(ns as u64))
        .map_err(text)
}

fn number(name: &str, written: &str, least: usize) -> Result<usize, String> {
    written
        .parse()
        .ok()
        .filter(|&n| n >= least)
        .ok_or_else(|| format!("--{name} {written}: a whole number of at least {least} is needed"))
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_ascii_whitespace().map(OsString::from))
    }

    fn mode(line: &str) -> Mode {
        parse(line).expect(line).mode
    }

    #[test]
    fn modes_are_as_cargo_and_nextest_ask() {
        assert_eq!(mode(""), Mode::Test);
        assert_eq!(mode("--test"), Mode::Test);
        assert_eq!(mode("--bench"), Mode::Measure);
        assert_eq!(mode("--bench --test"), Mode::Test);
        assert_eq!(mode("--list --format terse"), Mode::List);
        assert_eq!(mode("--list --format terse --ignored"), Mode::List);
        assert_eq!(mode("a::b --exact --nocapture --bench"), Mode::Measure);
        assert_eq!(
            mode("--remove-baseline x --bench"),
            Mode::RemoveBaseline("x".into())
        );
    }

    #[test]
    fn every_flag_of_libtest_is_accepted() {
        let all = "--include-ignored --force-run-in-process --exclude-should-panic --test --bench --logfile PATH --nocapture \
                   --no-capture --test-threads 4 --skip x -q --quiet --exact --color always --format pretty --show-output \
                   -Z unstable-options --report-time --ensure-time --shuffle --shuffle-seed 3 filter";
        let arguments = parse(all).expect("accepted");
        assert_eq!(arguments.selection.filters, ["filter"]);
        assert_eq!(arguments.selection.skips, ["x"]);
        assert!(arguments.show && arguments.selection.exact);
        for format in ["pretty", "terse", "json", "junit"] {
            assert!(parse(&format!("--format {format}")).is_ok(), "{format}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, word) in [
            ("--what", "--what"),
            ("--time 5", "duration"),
            ("--margin 2", "%"),
            ("--pairs 3", "at least 8"),
            ("--format xml", "xml"),
            ("--save-baseline a --baseline a", "exclude"),
            ("--skip", "skip"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}

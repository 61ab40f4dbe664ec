//! In: measurements and failures. Out: what is printed of them, in the format asked for.

pub(super) mod criterion_files;
pub(super) mod json;
pub(super) mod lines;
pub(super) mod markdown;
#[cfg_attr(not(feature = "html"), path = "no_page.rs")]
pub(super) mod page;
pub(super) mod text;

use super::arguments::Format;
use super::compare::joined;
use super::measurement::Measurement;
use super::peer::Failure;
use crate::judge::Comparison;
use crate::report::for_terminal;
use crate::report::lines::wrapped;
use crate::{escape, units};
use std::time::Duration;

/// What became of one benchmark.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) measured: Result<Measurement, Failure>,
}

/// Wider names are not padded to.
const WIDEST: usize = 60;

/// The column that names take.
pub(super) fn width<'a>(ids: impl Iterator<Item = &'a str>) -> usize {
    ids.map(|id| escape::width(&escape::terminal(id)))
        .filter(|&width| width <= WIDEST)
        .max()
        .unwrap_or(0)
}

/// All of it at once, for formats that are one document or that only machines read.
pub(super) fn whole(format: Format, lines: &[Line], alternatives: &[Comparison]) -> String {
    match format {
        Format::Text => {
            let width = width(lines.iter().map(|line| line.id.as_str()));
            lines.iter().map(|line| text::line(line, width)).collect()
        }
        Format::Json => json::measurements(lines, alternatives),
        Format::Markdown => {
            let compared: String = alternatives
                .iter()
                .map(|one| one.report().markdown())
                .collect();
            format!("{}{compared}", markdown::table(lines))
        }
        Format::Bencher => lines::bencher(lines),
        Format::Go => lines::go(lines),
        Format::Bmf => json::bmf(lines),
        Format::GithubAction => json::github_action(lines),
    }
}

/// What holds for all: on standard error, since results alone go to standard output.
pub(super) fn foot(lines: &[Line], took: Duration) {
    let measured = || lines.iter().filter_map(|line| line.measured.as_ref().ok());
    let loops: Vec<f64> = measured().map(Measurement::loop_cost).collect();
    let kind = measured().next().map(|one| &one.kind);
    if let Some(kind) = kind.filter(|kind| !kind.is_time()) {
        let loop_cost = perf_stats::describe::median(&loops).unwrap_or(f64::NAN);
        let by = if kind.is_instructions() {
            "counted by callgrind within the measured loops alone"
        } else {
            "read around the measured loops"
        };
        say(&format!(
            "{by} · taken off: the loop's own {} an iteration · {} a benchmark",
            kind.print(loop_cost),
            units::duration(took.as_nanos() as f64 / loops.len() as f64),
        ));
        return;
    }
    if let Ok(loop_ns) = perf_stats::describe::median(&loops) {
        let clock = crate::clock::Clock::global().info();
        say(&format!(
            "intervals: 95 %, over fresh processes · taken off: the loop's own cost, {} an iteration · clock: {}, step {}",
            units::duration(loop_ns),
            clock.source,
            units::duration(clock.resolution_ns),
        ));
    }
}

/// On standard error, in lines that fit a terminal.
fn say(text: &str) {
    let page = for_terminal(&std::io::stderr()).width;
    for line in wrapped(text, page.unwrap_or(usize::MAX)) {
        eprintln!("{line}");
    }
}

/// A comparison without its control, as text for where standard output goes.
pub(super) fn compared(comparison: &Comparison) -> String {
    let look = for_terminal(&std::io::stdout());
    let shown = joined(std::slice::from_ref(comparison), false);
    shown.report().text(look.width, look.colour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::child::stage::Throughput;
    use crate::harness::course::Course;
    use crate::harness::measurement::Process;
    use crate::harness::metric::Kind;

    /// Three processes of 1,000, 1,010 and 1,020 ns, and one that failed.
    fn lines() -> Vec<Line> {
        let process = |ns: f64| Process {
            iterations: 10,
            batches: vec![10.0 * (ns + 1.0); 3],
            loop_cost: 1.0,
            singles: vec![],
            steady: true,
            course: Course::default(),
        };
        let processes = [1_000.0, 1_010.0, 1_020.0].map(process).to_vec();
        let throughput = Some(Throughput::Bytes(505));
        let (id, time) = ("sort/two words", Kind::time());
        let measured = Measurement::new(id, time, throughput, 1, processes, vec![]);
        let failed = Line {
            id: "lost".to_owned(),
            measured: Err(Failure::Nothing),
        };
        let line = Line {
            id: measured.id.clone(),
            measured: Ok(measured),
        };
        vec![line, failed]
    }

    fn written(format: Format) -> String {
        whole(format, &lines(), &[])
    }

    // The literal texts were read by the tools themselves: Bencher's grammar, benchstat, github-action-benchmark.
    #[test]
    fn every_format_is_what_its_readers_were_shown() {
        assert_eq!(
            written(Format::Bencher),
            "test sort/two_words ... bench:       1,010 ns/iter (+/- 24.84)\n"
        );
        let go = written(Format::Go);
        let benchmarks: Vec<&str> = go.lines().skip(2).collect();
        assert_eq!(
            benchmarks,
            [
                "replicate: process",
                "BenchmarkSort/two_words-1 \t30\t1000 ns/op\t505.00 MB/s",
                "BenchmarkSort/two_words-1 \t30\t1010 ns/op\t500.00 MB/s",
                "BenchmarkSort/two_words-1 \t30\t1020 ns/op\t495.10 MB/s",
            ]
        );
        assert!(go.starts_with("goos: "), "{go}");
    }

    #[test]
    fn json_formats_have_the_fields_that_their_readers_ask_for() {
        let bmf: serde_json::Value = serde_json::from_str(&written(Format::Bmf)).expect("JSON");
        let latency = &bmf["sort/two words"]["latency"];
        let number = |key: &str| latency[key].as_f64().expect(key);
        assert!((number("value") - 1_010.0).abs() < 1e-6);
        assert!(number("lower_value") < 1_000.0 && number("upper_value") > 1_020.0);
        assert_eq!(bmf.as_object().map(serde_json::Map::len), Some(1));
        let text = written(Format::GithubAction);
        let list: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let entry = &list[0];
        assert_eq!(
            (&entry["name"], &entry["unit"]),
            (&"sort/two words".into(), &"ns/iter".into())
        );
        assert!(entry["value"].is_number(), "{entry}");
        let range = entry["range"].as_str().expect("text");
        let deviation = range.strip_prefix("± ").map(str::parse::<f64>);
        assert!(
            matches!(deviation, Some(Ok(d)) if (24.0..26.0).contains(&d)),
            "{range}"
        );
    }
}

//! Names are anybody's, numbers any number, streams closed: the report stays one table, within its width, without a panic.

mod report_support;

use perf_core::escape::width;
use perf_core::report::{Format, Look, Report};
use perf_core::{Snapshot, units};
use report_support::{build, row, sampled, snapshot, spread, with};
use serde_json::json;

fn hostile() -> Vec<String> {
    vec![
        "clear \u{1b}[2J\u{1b}]0;owned\u{7} screen".to_owned(),
        "user\u{202e}gnp.exe".to_owned(),
        "two\nlines\r\nand a tab\t".to_owned(),
        "pipe|and`tick`".to_owned(),
        "x".repeat(10_000),
        format!("shop::{}::f", "\u{200b}".repeat(3_000)),
        "<script>alert(1)</script>".to_owned(),
        "[link](http://evil.example) ![img](x) **bold** @someone".to_owned(),
        format!("shop::f{{{}}}", "解析".repeat(300)),
        "\u{9b}31m c1 \u{0} \u{feff} \u{e0041}".to_owned(),
        String::new(),
        "::".repeat(2_000),
        "{}".to_owned(),
        "e\u{301}".repeat(500),
    ]
}

fn hostile_snapshot() -> Snapshot {
    let names = hostile();
    let rows = names
        .iter()
        .map(|name| row(name, &spread(400, 5_000)))
        .collect();
    let context =
        |path: &[String]| json!({"path": path, "calls": 1, "total_ns": 1.0, "self_ns": 1.0});
    let contexts: Vec<_> = (1..=names.len())
        .map(|depth| context(&names[..depth]))
        .collect();
    build(
        json!({ "contexts": contexts, "notes": names,
        "clock": {"source": "\u{1b}[2J", "reason": "x".repeat(500), "ns_per_tick": 1.0, "resolution_ns": 1.0} }),
        rows,
    )
}

fn harmless(text: &str) {
    let steers = |c: char| {
        c != '\n'
            && (c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0041}'))
    };
    let found = text.chars().find(|&c| steers(c));
    assert_eq!(found, None, "in {text:?}");
}

#[test]
fn no_line_is_wider_than_asked_and_nothing_steers() {
    let snapshot = hostile_snapshot();
    let title = hostile().concat();
    for columns in (60..=200).step_by(5).chain([0, 1, 40, 59, 61, 99, 101]) {
        let text = Report::new(&snapshot, &title).text(Some(columns), false);
        harmless(&text);
        for line in text.lines() {
            assert!(
                width(line) <= columns.max(40),
                "{columns}: {} in {line:?}",
                width(line)
            );
        }
    }
    let unasked = snapshot.report().text(None, false);
    assert!(unasked.lines().all(|line| width(line) <= 100));
}

#[test]
fn a_name_takes_one_line_in_text_and_one_row_in_markdown() {
    let snapshot = hostile_snapshot();
    let markdown = Report::new(&snapshot, "a\n# b <i>").markdown();
    harmless(&markdown);
    let table: Vec<&str> = markdown
        .lines()
        .filter(|line| line.starts_with('|'))
        .collect();
    assert_eq!(table.len(), hostile().len() + 2, "{markdown}");
    for line in table {
        let pipes = line
            .replace("\\\\", "")
            .replace("\\|", "")
            .matches('|')
            .count();
        assert_eq!(pipes, 11, "{line}");
    }
    for tag in [
        "<script",
        "<i>",
        "](http",
        "**bold**",
        " @someone",
        "`tick`",
        "\n# b",
    ] {
        let live = markdown.replace("\\`", "").replace("\\]", "").contains(tag);
        assert!(!live, "{tag} lives in {markdown}");
    }
}

#[test]
fn colour_only_when_asked() {
    let snapshot = hostile_snapshot();
    let coloured = snapshot.report().text(None, true);
    assert!(coloured.contains("\u{1b}[1m") && coloured.contains("\u{1b}[2m"));
    let ours = |text: &str| {
        ["1", "2", "33", "0"].iter().fold(text.to_owned(), |t, s| {
            t.replace(&format!("\u{1b}[{s}m"), "")
        })
    };
    assert_eq!(ours(&coloured), snapshot.report().text(None, false));
}

#[test]
fn extreme_numbers_stay_within_the_table() {
    let huge = row("huge", &[u64::MAX; 400]);
    let huge = with(huge, "calls", json!(u64::MAX));
    let below = with(row("below", &[1]), "self_ns", json!(-5e8));
    let never = with(row("never", &[]), "cancelled", json!(3));
    let unheard = with(row("unheard", &[]), "calls", json!(7));
    let absurd = with(
        with(row("absurd", &[0]), "total_ns", json!(1e308)),
        "self_sampling_sd_ns",
        json!(1e308),
    );
    let weighty = with(
        sampled("weighty", &[0, 0], 3),
        "weighted_squares",
        json!(u64::MAX),
    );
    let rows = vec![huge, below, never, unheard, absurd, weighty];
    let snapshot = build(json!({ "covers_ns": 0 }), rows);
    for columns in [60, 100, 200] {
        let text = snapshot.report().text(Some(columns), false);
        assert!(
            text.lines().all(|line| width(line) <= columns),
            "{columns}: {text}"
        );
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
    let text = snapshot.report().text(None, false);
    assert!(text.contains("18.4E") && text.contains("585y"), "{text}");
    assert!(
        text.contains("self below 0") && text.contains("3 cancelled"),
        "{text}"
    );
    assert!(text.contains("no call recorded: times unknown"), "{text}");
}

#[test]
fn names_lose_whole_parts_and_stay_apart() {
    let ids = [
        "shop::storage::backend::Connection::commit",
        "shop::basket::backend::Connection::commit",
        "shop::checkout::a_function_with_a_name_that_is_longer_than_its_column",
        "shop::storage::backend::Connection::begin",
        "shop::parse",
    ];
    let rows = ids.map(|id| row(id, &spread(400, 3_000_000))).to_vec();
    let text = snapshot(rows).report().text(Some(98), false);
    // Beside its numbers, which end where those of all others do, or above them.
    let beside = |name: &str| {
        text.lines()
            .any(|line| line.starts_with(&format!("{name} ")))
    };
    let above = |name: &str| text.lines().any(|line| line == name);
    assert!(above(ids[0]) && above(ids[1]) && above(ids[2]), "{text}");
    assert!(
        beside("shop::…::Connection::begin") && beside(ids[4]),
        "{text}"
    );
    let numbers = |line: &&str| line.contains(" 400 ") && line.contains('%');
    let ends: Vec<usize> = text.lines().filter(numbers).map(width).collect();
    assert_eq!(ends, [ends[0]; 5], "{text}");
}

#[test]
fn all_columns_stay_at_eighty_and_the_main_ones_at_sixty() {
    let commit = row(
        "shop::storage::backend::Connection::commit",
        &spread(400, 3_000_000),
    );
    let taken =
        json!({"calls": 400, "count": 400, "bytes": 400, "own_count": 400, "own_bytes": 400});
    let snapshot = snapshot(vec![with(commit, "allocations", taken)]);
    let titles = |columns| {
        let text = snapshot.report().text(Some(columns), false);
        text.lines()
            .find(|line| line.contains("calls  "))
            .map(str::to_owned)
            .unwrap_or_default()
    };
    for title in [
        "calls", "self", "share", "total", "mean", "p50", "p90", "p99", "max", "allocs",
    ] {
        assert!(titles(80).contains(title), "{title}: {}", titles(80));
    }
    for title in ["calls", "self", "p50", "p99"] {
        assert!(titles(60).contains(title), "{title}: {}", titles(60));
    }
}

/// A stream whose other end is gone.
struct Closed;

impl std::io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stream_that_fails_is_an_error_and_no_panic() {
    let snapshot = snapshot(vec![row("f", &[5])]);
    for format in [Format::Text, Format::Markdown, Format::Json] {
        let error = snapshot
            .report()
            .write(&mut Closed, format, Look::default())
            .map_err(|e| e.kind());
        assert_eq!(error, Err(std::io::ErrorKind::BrokenPipe));
    }
    #[cfg(target_os = "linux")]
    {
        let mut full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        assert!(
            snapshot
                .report()
                .write(&mut full, Format::Text, Look::default())
                .is_err()
        );
    }
    assert_eq!(units::duration(5.0), "5.00 ns");
}

#[test]
fn a_branch_ten_thousand_levels_deep_is_a_list_and_no_stack() {
    let path: Vec<String> = (0..10_000).map(|level| format!("f{level}")).collect();
    let contexts =
        json!({ "contexts": [{"path": path, "calls": 1, "total_ns": 1.0, "self_ns": 1.0}] });
    let text = build(contexts, vec![row("f", &[5])])
        .report()
        .rows(usize::MAX)
        .text(Some(100), false);
    assert!(text.lines().count() > 10_000 && text.lines().all(|line| width(line) <= 100));
}

//! Every number of the report comes with its uncertainty, and the report with its own cost.

mod report_support;

use perf_core::report::Report;
use report_support::{build, row, sampled, snapshot, spread, with};
use serde_json::json;

fn text(snapshot: &perf_core::Snapshot) -> String {
    Report::new(snapshot, "shop").text(None, false)
}

/// The remarks beneath a row, in one line.
fn remarks(text: &str, id: &str) -> String {
    let below = text
        .lines()
        .skip_while(|line| !line.starts_with(id))
        .skip(1);
    below
        .take_while(|line| line.starts_with("    "))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn rows_come_by_self_time_with_all_columns() {
    let small = row("shop::small", &spread(400, 1_000));
    let large = row("shop::large", &spread(400, 3_000_000));
    let text = text(&snapshot(vec![small, large]));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "shop");
    assert_eq!(lines[1], "2 sites, 800 calls, 1.00 s covered");
    let titles: Vec<&str> = lines[3].split_whitespace().collect();
    assert_eq!(
        titles,
        [
            "site", "calls", "self", "share", "total", "mean", "p50", "p90", "p99", "max"
        ]
    );
    let (large, small) = (text.find("shop::large"), text.find("shop::small"));
    assert!(large < small && small.is_some(), "{text}");
    assert!(text.contains("1.20s"), "total of 400 x 3 ms: {text}");
}

#[test]
fn every_estimate_has_its_interval() {
    let text = text(&snapshot(vec![row("shop::f", &spread(4_000, 1_000_000))]));
    let said = remarks(&text, "shop::f");
    for number in ["95 %: mean ", "p50 ", "p90 ", "p99 "] {
        assert!(said.contains(number), "{said}");
    }
    assert!(
        !said.contains("needed") && !said.contains("sampled"),
        "{said}"
    );
}

#[test]
fn a_quantile_of_too_few_calls_is_not_claimed() {
    let text = text(&snapshot(vec![row("shop::f", &spread(100, 1_000_000))]));
    let cells: Vec<&str> = text
        .lines()
        .find(|line| line.starts_with("shop::f"))
        .map(|line| line.split_whitespace().collect())
        .unwrap_or_default();
    assert_eq!(cells[8], "-", "p99 of 100 calls: {text}");
    assert_ne!(cells[7], "-", "p90 of 100 calls: {text}");
    assert!(
        remarks(&text, "shop::f").contains("calls needed: 368 for p99"),
        "{text}"
    );
}

#[test]
fn one_call_has_a_time_but_no_interval() {
    let text = text(&snapshot(vec![row("shop::main", &[1_230_000])]));
    assert!(text.contains("1.23ms"), "{text}");
    let said = remarks(&text, "shop::main");
    assert!(
        said.contains("one call has no interval") && !said.contains("95 %"),
        "{said}"
    );
    assert!(
        said.contains("calls needed: 6 for p50, 36 for p90, 368 for p99"),
        "{said}"
    );
}

#[test]
fn sampled_rows_tell_rate_uncertainty_and_what_min_and_max_are_of() {
    let mut hot = sampled("shop::hot", &spread(1_000, 40_000), 8);
    hot["self_sampling_sd_ns"] = json!(hot["self_ns"].as_f64().unwrap_or(0.0) * 0.002);
    hot["total_sampling_sd_ns"] = json!(hot["total_ns"].as_f64().unwrap_or(0.0) * 0.01);
    let text = text(&snapshot(vec![hot]));
    let said = remarks(&text, "shop::hot");
    assert!(
        said.contains("sampled 1 in 8.0: self ±0.39 %, total ±2.0 %"),
        "{said}"
    );
    assert!(said.contains("of 1,000 recorded calls"), "{said}");
    assert!(text.contains("≥"), "max is of the recorded calls: {text}");
    assert!(!said.contains("too short"), "3 ns of 40 us: {said}");
    assert!(
        text.replace('\n', " ")
            .contains("times are estimated from the recorded calls"),
        "{text}"
    );
}

#[test]
fn unequal_weights_raise_what_a_quantile_needs() {
    let few = sampled("shop::hot", &spread(100, 40_000), 8);
    let squares = few["weighted_squares"].as_u64().unwrap_or(0);
    let unequal = with(few, "weighted_squares", json!(2 * squares));
    let said = remarks(&text(&snapshot(vec![unequal])), "shop::hot");
    assert!(
        said.contains("recorded calls needed: 736 for p99"),
        "{said}"
    );
}

#[test]
fn counting_beyond_the_budget_is_said() {
    // 7 of 8 calls are counted at 3 ns: 2.625 ns of 20 ns.
    let tiny = sampled("shop::tiny", &vec![20; 1_000], 8);
    let said = remarks(&text(&snapshot(vec![tiny.clone()])), "shop::tiny");
    assert!(
        said.contains("too short to instrument: counting alone costs 13.1 % of its time"),
        "{said}"
    );
    assert!(
        said.contains("about 9.00 ns (45 %) of each recorded call is the measuring itself"),
        "{said}"
    );
    let with_budget = |budget: &str| {
        let cost = json!({"budget": budget, "recorded_call_ns": 27.0, "counted_call_ns": 3.0, "inside_ns": 9.0, "total_ns": 1.0});
        text(&build(json!({ "cost": cost }), vec![tiny.clone()]))
    };
    assert!(
        with_budget("13 %").contains("too short"),
        "beyond the budget"
    );
    assert!(
        !with_budget("14 %").contains("too short"),
        "within the budget"
    );
    assert!(!with_budget("full").contains("too short"), "no budget");
}

#[test]
fn outcomes_and_futures_are_told_where_there_are_any() {
    let mut job = row("shop::job", &spread(400, 1_000_000));
    for (field, value) in [
        ("errors", 3),
        ("panicked", 1),
        ("cancelled", 2),
        ("polls", 1_200),
    ] {
        job[field] = json!(value);
    }
    job["kind"] = json!("future");
    job["busy_ns"] = json!(1e8);
    let text = text(&snapshot(vec![job, row("shop::calm", &[5])]));
    let said = remarks(&text, "shop::job");
    assert!(said.contains("3 Err, 1 panicked, 2 cancelled"), "{said}");
    assert!(
        said.contains("busy 100 ms of 400 ms wall, 1,200 polls"),
        "{said}"
    );
    assert!(!remarks(&text, "shop::calm").contains("Err"), "{text}");
}

#[test]
fn the_foot_tells_clock_cost_budget_and_notes() {
    let notes = json!({ "notes": ["three threads stood still"] });
    let said = text(&build(notes, vec![row("shop::f", &[5])])).replace('\n', " ");
    for sentence in [
        "Note: three threads stood still.",
        "Clock: counter, in steps of 8.00 ns: it is steady.",
        "Intervals are of this run only",
        "about 27.0 ns a recorded call (9.00 ns of it within the call's own time) and 3.00 ns a counted one",
        "in all 2.50 ms, 0.25 % of the time covered",
        "budget for recording 1 % of each thread's time",
        "bins, ±0.78 %",
    ] {
        assert!(said.contains(sentence), "{sentence:?} is missing in {said}");
    }
}

#[test]
fn an_empty_snapshot_helps() {
    let empty = snapshot(Vec::new());
    for report in [text(&empty), empty.report().markdown()] {
        assert!(
            report.contains("No site was entered") && report.contains("measure"),
            "{report}"
        );
    }
}

#[test]
fn the_call_tree_is_indented_heaviest_first() {
    let context = |path: &[&str], own: f64| json!({"path": path, "calls": 2, "total_ns": own, "self_ns": own});
    let contexts = json!({ "contexts": [
        context(&["main", "cheap"], 1e3),
        context(&["main", "dear"], 5e6),
        context(&["main", "dear", "inner"], 4e6),
        context(&["open", "seen"], 1e2),
    ]});
    let hot = sampled("inner", &[500_000; 10], 8);
    let text = text(&build(contexts, vec![hot]));
    let tree: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("Call tree"))
        .skip(1)
        .collect();
    for (line, start) in
        tree.iter()
            .zip(["main", "  dear", "    inner", "  cheap", "open", "  seen"])
    {
        assert!(
            line.starts_with(&format!("{start} ")),
            "{line:?} for {start:?}"
        );
    }
    assert!(
        tree[0].split_whitespace().nth(1) == Some("-"),
        "main has not ended: {}",
        tree[0]
    );
    assert!(
        tree[2].contains("~4.00ms"),
        "of a sampled site: {}",
        tree[2]
    );
}

#[test]
fn what_is_left_out_is_counted_in_a_sentence() {
    let rows = (1..=50).map(|n| row(&format!("site{n:02}"), &[n * 1_000; 3]));
    let many = snapshot(rows.collect());
    for (shown, told) in [
        (many.report().text(None, false), "40 of 50 rows shown"),
        (many.report().markdown(), "40 of 50 rows shown"),
        (
            many.report().rows(2).text(None, false),
            "2 of 50 rows shown",
        ),
    ] {
        assert!(shown.contains(told), "{shown}");
        assert!(shown.contains("site50") && !shown.contains("site01"));
    }
    // 1 to 10 of 1 to 50.
    let sentence = many.report().rows(40).markdown();
    assert!(sentence.contains("the rest hold 4.3"), "{sentence}");
    let all = many.report().rows(usize::MAX).text(None, false);
    assert!(all.contains("site01") && !all.contains("rows shown"));

    let leaf = |n: u32| json!({"path": ["main", format!("leaf{n:02}")], "calls": 1, "total_ns": n, "self_ns": n});
    let mut contexts: Vec<_> = (1..=9).map(leaf).collect();
    contexts.push(json!({"path": ["main"], "calls": 1, "total_ns": 46, "self_ns": 1}));
    let tree = build(json!({ "contexts": contexts }), vec![row("main", &[46])]);
    let text = tree.report().rows(3).text(None, false);
    assert!(text.contains("3 of 10 contexts shown"), "{text}");
    assert!(text.contains("leaf09") && text.contains("leaf08") && !text.contains("leaf07"));
}

#[test]
fn json_reads_back_equal() {
    let snapshot = snapshot(vec![
        row("shop::f", &spread(400, 1_000)),
        sampled("g", &[1, 2], 4),
    ]);
    let back: perf_core::Snapshot =
        serde_json::from_str(&snapshot.report().json()).expect("JSON of a snapshot");
    assert_eq!(back, snapshot);
}

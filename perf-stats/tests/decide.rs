//! What the `decide` example promises about its file, its verdicts and its JSON.

#[path = "../examples/decide/command.rs"]
mod command;
#[path = "../examples/decide/csv.rs"]
mod csv;
#[path = "../examples/decide/report.rs"]
mod report;

use perf_stats::Rng;
use serde_json::Value;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Runs the command on a file with this content.
fn decide(name: &str, content: &[u8], options: &[&str]) -> Result<Value, String> {
    static CALLS: AtomicUsize = AtomicUsize::new(0); // tests run at once, some with files of one name
    let (process, call) = (std::process::id(), CALLS.fetch_add(1, Relaxed));
    let file = std::env::temp_dir().join(format!("perf-stats-{process}-{call}-{name}.csv"));
    std::fs::write(&file, content).expect("the temporary folder takes files");
    let mut args: Vec<String> = options.iter().map(ToString::to_string).collect();
    args.push(file.display().to_string());
    let answer = command::run(args.into_iter());
    std::fs::remove_file(&file).expect("just written");
    answer.map(|json| serde_json::from_str(&json).expect("the answer is JSON"))
}

/// Blocks of ABBA or BAAB by coin, the candidate slower by `shift`, noise of `sd` a value.
fn blocks(n: usize, shift: f64, sd: f64, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut text = String::from("block,arm,value\n");
    for block in 0..n {
        for arm in if rng.coin() { "ABBA" } else { "BAAB" }.chars() {
            let factor = if arm == 'B' { 1.0 + shift } else { 1.0 };
            let value = 100.0 * factor * (sd * rng.normal()).exp();
            writeln!(text, "{block},{arm},{value}").expect("writing to a string");
        }
    }
    text
}

#[test]
fn each_verdict_with_the_numbers_of_the_contract() {
    for (shift, want) in [
        (0.06, "regressed"),
        (-0.06, "improved"),
        (0.0, "equivalent"),
    ] {
        let got =
            decide("verdicts", blocks(25, shift, 0.01, 3).as_bytes(), &[]).expect("valid file");
        assert_eq!(got["verdict"], want);
        assert_eq!(got["reason"], Value::Null);
        assert_eq!(got["margin"], 0.02);
        // 25 blocks allow looks at 10, 20 and 25: level 1 - 2 * 0.01 / 3.
        let level = got["change"]["level"].as_f64().expect("a level");
        assert!((level - (1.0 - 0.02 / 3.0)).abs() < 1e-12);
        let used = got["blocks_used"].as_u64().expect("a count");
        assert!([10, 20, 25].contains(&used), "{used}");
        let [low, estimate, high] =
            ["low", "estimate", "high"].map(|k| got["change"][k].as_f64().expect("bounded"));
        assert!(low < estimate && estimate < high && (estimate - shift).abs() < 0.02);
        assert!(
            got["p"]
                .as_f64()
                .is_some_and(|p| (p <= 0.01) == (want == "regressed"))
        );
    }
}

#[test]
fn under_ten_blocks_it_is_too_few() {
    let got = decide("few", blocks(9, 0.5, 0.01, 4).as_bytes(), &[]).expect("valid file");
    assert_eq!(
        (got["verdict"].as_str(), got["reason"].as_str()),
        (Some("inconclusive"), Some("too_few"))
    );
    assert_eq!(got["blocks_used"], 9);
    let none = decide("none", b"block,arm,value\n", &[]).expect("a header is a valid file");
    assert_eq!(
        (none["reason"].as_str(), none["blocks_used"].as_u64()),
        (Some("too_few"), Some(0))
    );
}

#[test]
fn the_metric_reduces_an_arm_within_its_block() {
    // Nine values of the candidate in ten are equal to the baseline's, the tenth is ten times as large.
    let mut text = String::from("block,arm,value\n");
    let mut rng = Rng::new(5);
    for block in 0..60 {
        for arm in if rng.coin() { ['A', 'B'] } else { ['B', 'A'] } {
            for i in 0..20 {
                let outlier = arm == 'B' && i % 10 == 3;
                let value = (1.0 + 0.01 * rng.normal()) * if outlier { 10.0 } else { 1.0 };
                writeln!(text, "{block},{arm},{value}").expect("writing to a string");
            }
        }
    }
    let verdict = |metric: &str| {
        let got = decide(metric, text.as_bytes(), &["--metric", metric]).expect("valid file");
        got["verdict"].as_str().map(str::to_owned)
    };
    assert_eq!(verdict("median").as_deref(), Some("equivalent"));
    assert_eq!(verdict("mean").as_deref(), Some("regressed"));
    assert_eq!(verdict("p99").as_deref(), Some("regressed"));
}

#[test]
fn the_margin_is_what_is_judged_against() {
    let text = blocks(80, 0.05, 0.01, 6);
    let verdict = |margin: &str| {
        let got = decide("margin", text.as_bytes(), &["--margin", margin]).expect("valid file");
        (
            got["verdict"].as_str().map(str::to_owned),
            got["margin"].as_f64(),
        )
    };
    assert_eq!(verdict("10%"), (Some("equivalent".into()), Some(0.1)));
    assert_eq!(verdict("0.01"), (Some("regressed".into()), Some(0.01)));
}

#[test]
fn constants_are_compared_and_zeros_too() {
    let constant = |a: &str, b: &str| {
        let rows = (0..12).map(|i| format!("{i},A,{a}\n{i},B,{b}\n"));
        let text = format!("block,arm,value\n{}", rows.collect::<String>());
        let got = decide("constant", text.as_bytes(), &[]).expect("valid file");
        got["verdict"].as_str().map(str::to_owned)
    };
    assert_eq!(constant("100", "100").as_deref(), Some("equivalent"));
    assert_eq!(constant("100", "105").as_deref(), Some("regressed"));
    assert_eq!(constant("0", "0").as_deref(), Some("equivalent"));
    assert_eq!(constant("0", "1").as_deref(), Some("regressed"));
}

#[test]
fn malformed_input_is_refused_with_its_line() {
    let cases: [(&[u8], &str); 11] = [
        (b"", "line 1:"),
        (b"block,value\n1,2\n", "line 1:"),
        (b"block,arm,value\n1,A,1\n1,B\n", "line 3:"),
        (b"block,arm,value\n1,A,1\n1,C,2\n", "line 3:"),
        (b"block,arm,value\n\n1,A,x\n", "line 3:"),
        (b"block,arm,value\n1,A,nan\n", "line 2:"),
        (b"block,arm,value\n1,A,inf\n", "line 2:"),
        (b"block,arm,value\n1,A,-1\n", "line 2:"),
        (b"block,arm,value\n1,A,1\n1,B,2\n2,A,1\n", "line 4:"),
        (
            b"block,arm,value\n1,A,1\n1,B,2\n2,A,1\n2,B,1\n1,A,3\n",
            "line 6:",
        ),
        (b"block,arm,value\n1,A,1\n1,B,\xff\n", "line 3:"),
    ];
    for (content, want) in cases {
        let message = decide("bad", content, &[]).expect_err("malformed");
        assert!(message.contains(want), "{message}");
    }
    assert!(decide("option", b"", &["--margins", "2"]).is_err());
    assert!(decide("margin", b"", &["--margin", "-1%"]).is_err());
}

//! In: a reference file's text. Out: which cases pass and, for each that fails, what was expected and what came.

use crate::case::{Adapter, Case, parse};
use crate::{describe, hypothesis, paired, time};
use perf_stats::StatsError;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of one file.
pub(crate) struct Outcome {
    pub(crate) procedure: String,
    pub(crate) passed: usize,
    /// One text for each failing case.
    pub(crate) failed: Vec<String>,
    /// Differences from values given for information only; they fail nothing.
    pub(crate) remarks: Vec<String>,
}

/// The adapter of the family that lists the procedure.
fn adapter(procedure: &str) -> Option<Adapter> {
    type Family = (&'static [&'static str], fn(&str) -> Option<Adapter>);
    let families: [Family; 4] = [
        (describe::PROCEDURES, describe::adapter),
        (hypothesis::PROCEDURES, hypothesis::adapter),
        (time::PROCEDURES, time::adapter),
        (paired::PROCEDURES, paired::adapter),
    ];
    families
        .iter()
        .filter(|f| f.0.contains(&procedure))
        .find_map(|f| f.1(procedure))
}

/// Runs every case of one file; the error says why the file as a whole is unusable.
pub(crate) fn run(text: &str) -> Result<Outcome, String> {
    let file: Value = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
    let procedure = file["procedure"]
        .as_str()
        .ok_or("no `procedure`")?
        .to_owned();
    let adapter = adapter(&procedure).ok_or(format!("unknown procedure `{procedure}`"))?;
    let cases = file["cases"].as_array().ok_or("no `cases`")?;
    let mut outcome = Outcome {
        procedure,
        passed: 0,
        failed: Vec::new(),
        remarks: Vec::new(),
    };
    for case in cases {
        let name = case["name"].as_str().unwrap_or("(no name)");
        let (failures, remarks) = run_case(&outcome.procedure, adapter, case);
        outcome
            .remarks
            .extend(remarks.iter().map(|r| format!("{name}: {r}")));
        if failures.is_empty() {
            outcome.passed += 1;
        } else {
            outcome
                .failed
                .push(format!("{name}: {}", failures.join("; ")));
        }
    }
    Ok(outcome)
}

fn run_case(procedure: &str, adapter: Adapter, case: &Value) -> (Vec<String>, Vec<String>) {
    let expected = &case["expected"];
    if expected.as_object().is_none_or(serde_json::Map::is_empty) {
        return (vec!["the case expects nothing".into()], Vec::new());
    }
    let call = || {
        adapter(&Case {
            input: &case["input"],
            expected,
        })
    };
    let Ok(got) = catch_unwind(AssertUnwindSafe(call)) else {
        return (vec!["panicked".into()], Vec::new());
    };
    if let Some(reason) = expected["error"].as_str() {
        return (error_failures(reason, &got), Vec::new());
    }
    match got {
        Err(_) if case["allow_error"] == true => (Vec::new(), Vec::new()),
        Err(e) => (
            vec![format!("expected values, got the error \"{e}\"")],
            Vec::new(),
        ),
        Ok(got) => {
            let rtol = case["rtol"].as_f64().unwrap_or(0.0);
            let mut c = Comparison {
                procedure,
                rtol,
                failures: Vec::new(),
                remarks: Vec::new(),
            };
            c.compare("", expected, &got);
            (c.failures, c.remarks)
        }
    }
}

fn error_failures(reason: &str, got: &Result<Value, StatsError>) -> Vec<String> {
    match got {
        Err(e) if reasons(e).contains(&reason) => Vec::new(),
        Err(e) => vec![format!(
            "expected the error {reason}, got the error \"{e}\""
        )],
        Ok(v) => vec![format!("expected the error {reason}, got {v}")],
    }
}

/// The reference files' words for an error of ours. They call an empty input `too_few` where a minimum is stated.
fn reasons(error: &StatsError) -> &'static [&'static str] {
    match error {
        StatsError::Empty | StatsError::TooFew { got: 0, .. } => &["empty", "too_few"],
        StatsError::TooFew { .. } => &["too_few"],
        StatsError::NonFinite { .. } => &["non_finite"],
        StatsError::LengthMismatch { .. } => &["length_mismatch"],
        StatsError::ZeroVariance => &["zero_variance"],
        StatsError::AllDifferencesZero => &["all_differences_zero"],
        StatsError::CompleteSeparation => &["complete_separation"],
        StatsError::BadParameter { .. } => &["bad_parameter"],
        StatsError::Degenerate => &["degenerate"],
        StatsError::ConstantSeries => &["constant_series"],
        StatsError::Unstable => &["unstable"],
        StatsError::Unreachable => &["unreachable"],
        _ => &[],
    }
}

/// How one key is compared.
#[derive(Clone, Copy)]
enum Rule {
    /// |got - want| <= tolerance |want|.
    Relative(f64),
    /// Relative, or half a unit of the last digit written: a tool that prints few digits.
    Printed(f64),
    /// Within 15 % or 0.01: p-values read from tables.
    Table,
    /// At most the reference (1e-6 slack), and not below it by more than the tolerance.
    NotAbove(f64),
    /// For information: a difference is a remark.
    Advisory(f64),
    /// Not compared at all.
    Skip,
}

struct Comparison<'a> {
    procedure: &'a str,
    rtol: f64,
    failures: Vec<String>,
    remarks: Vec<String>,
}

impl Comparison<'_> {
    /// The notes of the reference files, key by key.
    fn rule(&self, key: &str, resegmented: bool) -> Rule {
        match (self.procedure, key) {
            ("anderson_ksamp", "A2" | "T" | "A2_alt" | "T_alt") => Rule::Printed(2e-3),
            ("anderson_ksamp", "scipy_p_clamped" | "ksamples_asym_p") => Rule::Table,
            ("autocorrelation", "block_stationary" | "block_circular") => Rule::Relative(1e-6),
            ("mann_kendall", "hamed_rao") => Rule::Advisory(1e-6),
            ("pelt", "change_points" | "segment_cost") if resegmented => Rule::Skip,
            ("usl", "rss") => Rule::NotAbove(self.rtol),
            _ if key.starts_with("otava_") || key.starts_with("ruptures_") => Rule::Skip,
            _ => Rule::Relative(self.rtol),
        }
    }

    fn compare(&mut self, path: &str, want: &Value, got: &Value) {
        let Some(keys) = want.as_object() else {
            return self.leaf(path, want, got, Rule::Relative(self.rtol));
        };
        // Any segmentation of the same penalised cost is right: then only that cost is compared.
        let resegmented = self.procedure == "pelt" && want["change_points"] != got["change_points"];
        for (key, value) in keys {
            let at = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            if key == "published" {
                self.published(value, got);
                continue;
            }
            match self.rule(key, resegmented) {
                Rule::Skip => {}
                Rule::Advisory(_) if got.get(key).is_none() => {}
                Rule::Relative(_) if value.is_object() => self.compare(&at, value, &got[key]),
                rule => self.leaf(&at, value, &got[key], rule),
            }
        }
    }

    /// Arrays element by element; numbers by the rule; everything else must be equal.
    fn leaf(&mut self, path: &str, want: &Value, got: &Value, rule: Rule) {
        if let (Value::Object(w), Rule::Advisory(_)) = (want, rule) {
            for (key, value) in w {
                self.leaf(&format!("{path}.{key}"), value, &got[key], rule);
            }
            return;
        }
        if let (Value::Array(w), Value::Array(g)) = (want, got)
            && w.len() == g.len()
        {
            for (i, (w, g)) in w.iter().zip(g).enumerate() {
                self.leaf(&format!("{path}[{i}]"), w, g, rule);
            }
            return;
        }
        if agree(want, got, rule) {
            return;
        }
        let relative = match (want.as_f64(), got.as_f64()) {
            (Some(w), Some(g)) => {
                let scale = if w == 0.0 { 1.0 } else { w.abs() };
                format!(", relative error {:.3e}", (g - w).abs() / scale)
            }
            _ => String::new(),
        };
        let text = format!("{path}: expected {want}, got {got}{relative}");
        match rule {
            Rule::Advisory(_) => self.remarks.push(text),
            _ => self.failures.push(text),
        }
    }

    /// Values printed by a publication: half a unit of the last printed digit, for information.
    fn published(&mut self, printed: &Value, got: &Value) {
        for (key, want) in printed.as_object().into_iter().flatten() {
            let (Some(w), Some(g)) = (want.as_f64(), got[key].as_f64()) else {
                continue;
            };
            if (g - w).abs() > half_unit(&want.to_string()) * 1.001 {
                self.remarks
                    .push(format!("published {key}: printed {want}, got {g}"));
            }
        }
    }
}

/// Half a unit of the last digit of a decimal as written (`0.00163` gives 0.000005).
fn half_unit(digits: &str) -> f64 {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, f)| f.len() as i32);
    0.5 * 10f64.powi(exponent.parse::<i32>().unwrap_or(0) - decimals)
}

fn agree(want: &Value, got: &Value, rule: Rule) -> bool {
    let (Some(w), Some(g)) = (parse(want), parse(got)) else {
        return want == got;
    };
    if g.is_nan() {
        return false;
    }
    if !w.is_finite() || !want.is_f64() {
        return w == g; // infinities, integers, ranks and counts are exact
    }
    if w.abs() < 1e-300 && g == 0.0 {
        return true;
    }
    let error = (g - w).abs();
    let within = |rtol: f64| error <= if w == 0.0 { rtol } else { rtol * w.abs() };
    match rule {
        Rule::Relative(rtol) | Rule::Advisory(rtol) => within(rtol),
        Rule::Printed(rtol) => within(rtol) || error <= half_unit(&want.to_string()) * 1.001,
        Rule::Table => error <= 0.01 || within(0.15),
        Rule::NotAbove(rtol) => g <= w * (1.0 + 1e-6) && within(rtol),
        Rule::Skip => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failures(procedure: &str, want: &Value, got: &Value) -> usize {
        let mut c = Comparison {
            procedure,
            rtol: 1e-9,
            failures: Vec::new(),
            remarks: Vec::new(),
        };
        c.compare("", want, got);
        c.failures.len()
    }

    #[test]
    fn a_wrong_value_is_a_failure() {
        let fails = |want: Value, got: Value| failures("welch_t", &want, &got) > 0;
        assert!(!fails(
            json!({"a": 1.0}),
            json!({"a": 1.000_000_000_5, "b": 7})
        ));
        assert!(fails(json!({"a": 1.0}), json!({"a": 1.000_000_002})));
        assert!(fails(json!({"a": 1.0}), json!({})));
        assert!(fails(json!({"a": 1.0}), json!({"a": "nan"})));
        assert!(fails(json!({"a": 0.0}), json!({"a": 2e-9})));
        assert!(fails(json!({"a": null}), json!({"a": 1.0})));
        assert!(fails(
            json!({"a": 1_000_000_000_000_i64}),
            json!({"a": 1_000_000_000_001_i64})
        ));
        assert!(fails(json!({"a": [1.0, 2.0]}), json!({"a": [1.0]})));
        assert!(fails(json!({"a": {"b": 1.0}}), json!({"a": {"b": 2.0}})));
        assert!(!fails(
            json!({"a": "inf", "p": 1e-310}),
            json!({"a": "inf", "p": 0.0})
        ));
        assert!(fails(json!({"a": 1e-200}), json!({"a": 0.0})));
    }

    #[test]
    fn notes_of_the_files_are_followed() {
        let p = (
            json!({"ksamples_asym_p": 0.5}),
            json!({"ksamples_asym_p": 0.57}),
        );
        assert_eq!(failures("anderson_ksamp", &p.0, &p.1), 0);
        assert_eq!(failures("welch_t", &p.0, &p.1), 1);
        let rss = (json!({"rss": 1.0}), json!({"rss": 0.999_999}));
        assert_eq!(failures("usl", &rss.1, &rss.0), 1);
        let cut = json!({"change_points": [3], "segment_cost": 1.0, "penalised_cost": 2.0});
        let other = json!({"change_points": [4], "segment_cost": 1.5, "penalised_cost": 2.0});
        let worse = json!({"change_points": [4], "segment_cost": 1.5, "penalised_cost": 2.1});
        assert_eq!(failures("pelt", &cut, &other), 0);
        assert_eq!(failures("pelt", &cut, &worse), 1);
        assert_eq!(half_unit("0.00163"), 0.5e-5);
        assert_eq!(half_unit("2.773e-2"), 0.5 * 1e-5);
    }

    #[test]
    fn an_error_must_have_the_right_reason() {
        assert!(error_failures("too_few", &Err(StatsError::TooFew { need: 2, got: 1 })).is_empty());
        assert!(!error_failures("too_few", &Err(StatsError::ZeroVariance)).is_empty());
        assert!(!error_failures("zero_variance", &Ok(json!({"p": 1.0}))).is_empty());
    }
}

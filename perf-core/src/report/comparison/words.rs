//! In: an outcome. Out: its parts in words and figures, the same for every format; nothing is escaped yet.

use crate::judge::{Change, Outcome, Replicate, Unit, Verdict};

/// Said of an outcome that takes no part in the verdict.
pub(crate) const NOT_DECIDING: &str = "shown, does not decide";

/// An outcome in words.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) change: String,
    pub(crate) verdict: String,
    pub(crate) evidence: String, // without its parentheses
    pub(crate) values: String,
    pub(crate) remarks: Vec<String>,
}

impl Line {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        Self {
            name: format!("{} {}", outcome.id, outcome.metric),
            change: outcome.change.as_ref().map_or_else(no_ratio, change),
            verdict: verdict(outcome),
            evidence: evidence(outcome),
            values: values(outcome),
            remarks: remarks(outcome),
        }
    }
}

/// An outcome as one sentence: name, change, verdict, evidence.
#[cfg(feature = "html")]
pub(crate) fn sentence(outcome: &Outcome) -> String {
    let line = Line::of(outcome);
    format!(
        "{}: {}, {} ({})",
        line.name, line.change, line.verdict, line.evidence
    )
}

fn no_ratio() -> String {
    "no ratio".to_owned()
}

/// `+4.1 % [+3.2, +5.0]`, with as many decimals as the interval is narrow.
fn change(change: &Change) -> String {
    let half = match (change.low, change.high) {
        (Some(low), Some(high)) => (high - low) / 2.0,
        _ => 1.0,
    };
    let places = match 100.0 * half {
        x if x == 0.0 && change.estimate.abs() < 0.001 => 2,
        x if x >= 0.1 || x == 0.0 => 1,
        x if x >= 0.01 => 2,
        _ => 3,
    };
    let percent = |x: f64| {
        let text = format!("{:+.places$}", 100.0 * x);
        // Minus nothing is nothing.
        if text.trim_start_matches(['-', '0', '.']).is_empty() {
            text.replacen('-', "+", 1)
        } else {
            text
        }
    };
    let estimate = percent(change.estimate);
    match (change.low, change.high) {
        (None, None) => format!("{estimate} %"),
        (low, high) => {
            let end = |x: Option<f64>| x.map_or_else(|| "?".to_owned(), percent);
            format!("{estimate} % [{}, {}]", end(low), end(high))
        }
    }
}

fn verdict(outcome: &Outcome) -> String {
    let margin = format!("{}", (1e4 * outcome.margin).round() / 100.0);
    let grown = outcome.change.is_none_or(|c| c.estimate > 0.0);
    let (worse, better) = match outcome.unit {
        // Of what more is better.
        _ if grown != (outcome.verdict == Verdict::Regressed) => ("worse", "better"),
        Unit::Nanoseconds => ("slower", "faster"),
        Unit::Bytes => ("larger", "smaller"),
        Unit::Count => ("more", "fewer"),
        _ => ("worse", "better"),
    };
    match outcome.verdict {
        Verdict::Regressed => worse.to_owned(),
        Verdict::Improved => better.to_owned(),
        Verdict::Equivalent if outcome.margin == 0.0 => "the same".to_owned(),
        Verdict::Equivalent => format!("the same within {margin} %"),
        Verdict::Inconclusive => "inconclusive".to_owned(),
    }
}

/// `40 blocks, 10 process pairs, 99 %`.
pub(crate) fn evidence(outcome: &Outcome) -> String {
    let many = |n: usize, word: &str| {
        if n == 1 {
            format!("1 {word}")
        } else {
            format!("{n} {word}s")
        }
    };
    let word = outcome.unit_of_replication.word();
    let (a, b) = (outcome.n.baseline, outcome.n.candidate);
    let mut parts = Vec::new();
    if let Some(blocks) = outcome.blocks {
        parts.push(many(blocks, Replicate::Block.word()));
    }
    parts.push(if a == b {
        many(a, word)
    } else {
        format!("{a} and {b} {word}s")
    });
    match outcome.change.map(|c| c.level) {
        Some(level) if level >= 1.0 => parts.push("exact".to_owned()),
        // Rounded down: no more confidence than there is.
        Some(level) => parts.push(format!("{} %", (level * 1e3 + 1e-9).floor() / 10.0)),
        None => {}
    }
    if outcome.confirmed == Some(true) {
        parts.push("confirmed".to_owned());
    }
    parts.join(", ")
}

/// `1.20 ms -> 1.25 ms`.
fn values(outcome: &Outcome) -> String {
    match (outcome.baseline, outcome.candidate) {
        (Some(a), Some(b)) => format!("{} -> {}", outcome.unit.print(a), outcome.unit.print(b)),
        _ => String::new(),
    }
}

pub(crate) fn remarks(outcome: &Outcome) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(outcome.explanation.clone());
    if let Some(withheld) = outcome.withheld {
        all.push(format!("{withheld} was set aside"));
    }
    all.extend(outcome.next_step.clone());
    if outcome.verdict == Verdict::Inconclusive
        && let Some(mde) = outcome.mde
    {
        all.push(if mde < 1.0 {
            format!("could have seen {:+.1} %", 100.0 * mde)
        } else {
            "could not even have seen a doubling".to_owned()
        });
    }
    if outcome.unit_of_replication == Replicate::Run && outcome.verdict == Verdict::Regressed {
        all.push("not confirmed: stored runs".to_owned());
    }
    if !outcome.decides {
        all.push(NOT_DECIDING.to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_interval() {
        let of = |estimate, low, high| {
            change(&Change {
                estimate,
                low,
                high,
                level: 0.99,
            })
        };
        assert_eq!(of(0.041, Some(0.032), Some(0.05)), "+4.1 % [+3.2, +5.0]");
        assert_eq!(
            of(-0.0004, Some(-0.0006), Some(-0.0002)),
            "-0.04 % [-0.06, -0.02]"
        );
        assert_eq!(
            of(-0.000_01, Some(-0.01), Some(0.01)),
            "+0.0 % [-1.0, +1.0]"
        );
        assert_eq!(of(0.5, None, None), "+50.0 %");
        assert_eq!(of(0.5, Some(0.1), None), "+50.0 % [+10.0, ?]");
    }
}

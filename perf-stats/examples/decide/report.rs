//! In: a decision and the blocks it came from. Out: the JSON object of the contract.

use crate::csv::{Block, start_of};
use perf_stats::decision::{Decision, Reason, Scope, Verdict};
use serde_json::{Value, json};

/// A comparison of constants counts blocks here, as every other answer does.
pub(crate) fn in_blocks(mut decision: Decision, blocks: usize) -> Decision {
    decision.scope = Scope::Block;
    decision.n = blocks;
    decision
}

/// The object; `n` counts the units of `scope`, `values` the measurements in them.
pub(crate) fn json(decision: &Decision, blocks: &[Block], tail: bool) -> String {
    let used = &blocks[..decision.n.min(blocks.len())];
    let mut warnings: Vec<String> = decision.warnings.iter().map(ToString::to_string).collect();
    warnings.extend(design_warnings(used, decision, tail));
    if let Verdict::Inconclusive(reason) = decision.verdict {
        warnings.push(reason.to_string());
    }
    let change = decision.change.map_or(
        json!({ "estimate": null, "low": null, "high": null, "level": null }),
        |c| json!({ "estimate": c.estimate, "low": c.low, "high": c.high, "level": c.level }),
    );
    let object = json!({
        "verdict": decision.verdict.word(),
        "reason": decision.verdict.reason().map(Reason::word),
        "change": change,
        "p": decision.p,
        "margin": decision.margin.value(),
        "blocks_used": decision.n,
        "n": decision.n,
        "scope": decision.scope.word(),
        "values": used.iter().map(|b| b.values.len()).sum::<usize>(),
        "mde": decision.mde,
        "warnings": warnings,
    });
    pretty(&object)
}

fn pretty(object: &Value) -> String {
    serde_json::to_string_pretty(object).unwrap_or_else(|e| format!("{{\"error\": \"{e}\"}}"))
}

/// What the file shows about how it was measured.
fn design_warnings(blocks: &[Block], decision: &Decision, tail: bool) -> Vec<String> {
    let mut all = Vec::new();
    if blocks.len() < 2 {
        return all;
    }
    let first = blocks[0].order();
    if blocks.iter().all(|b| b.order() == first) {
        let (shown, rest) = start_of(&first);
        all.push(format!(
            "every block runs {shown}{rest}: without a random order the error rate is not assured"
        ));
    }
    if !tail && let Some(step) = clock_step(blocks).filter(|s| *s > 0.2 * decision.margin.value()) {
        all.push(format!(
            "values come in steps of {:.2} %, coarse against the margin",
            100.0 * step
        ));
    }
    all
}

/// The smallest difference between two values as a share of the median, where values repeat (as those of a clock do).
fn clock_step(blocks: &[Block]) -> Option<f64> {
    let mut values: Vec<f64> = blocks
        .iter()
        .flat_map(|b| &b.values)
        .map(|r| r.value)
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    let median = values[values.len() / 2];
    let steps: Vec<f64> = values
        .windows(2)
        .map(|w| w[1] - w[0])
        .filter(|d| *d > 0.0)
        .collect();
    let repeats = 2 * steps.len() < values.len();
    let smallest = steps.into_iter().min_by(f64::total_cmp)?;
    (repeats && median > 0.0).then(|| smallest / median)
}

//! In: a case. Out: what perf-stats answers, for the procedures of paired rank tests.

use crate::case::{Adapter, Case, real};
use perf_stats::signed_rank::{SignedRank, ZeroMethod, sign_test, wilcoxon, wilcoxon_paired};
use perf_stats::{Alternative, StatsError};
use serde_json::{Map, Value, json};

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &["sign_test", "wilcoxon"];

const SIDES: [(&str, Alternative); 3] = [
    ("two_sided", Alternative::TwoSided),
    ("less", Alternative::Less),
    ("greater", Alternative::Greater),
];

/// The computation for a procedure of this family.
pub(crate) fn adapter(procedure: &str) -> Option<Adapter> {
    match procedure {
        "sign_test" => Some(signs),
        "wilcoxon" => Some(signed_ranks),
        _ => None,
    }
}

fn signs(case: &Case) -> Result<Value, StatsError> {
    let t = sign_test(&case.numbers("d")?)?;
    let mut out = Map::new();
    out.insert("n_pos".into(), t.positive.into());
    out.insert("n_neg".into(), t.negative.into());
    for (side, alternative) in SIDES {
        out.insert(format!("p_{side}"), real(t.p(alternative)));
    }
    Ok(out.into())
}

fn signed_ranks(case: &Case) -> Result<Value, StatsError> {
    let ranked = |zeros| {
        if case.has("d") {
            wilcoxon(&case.numbers("d")?, zeros)
        } else {
            wilcoxon_paired(&case.numbers("x")?, &case.numbers("y")?, zeros)
        }
    };
    Ok(json!({
        "wilcox": answers(&ranked(ZeroMethod::Wilcox)?),
        "pratt": answers(&ranked(ZeroMethod::Pratt)?),
    }))
}

fn answers(t: &SignedRank) -> Value {
    let mut out = Map::new();
    out.insert("n_used".into(), t.n_used.into());
    out.insert("w_plus".into(), real(t.w_plus));
    out.insert("w_minus".into(), real(t.w_minus));
    for (side, alternative) in SIDES {
        if let Some(p) = t.exact_p(alternative) {
            out.insert(format!("exact_p_{side}"), real(p));
        }
        out.insert(
            format!("asym_nocc_p_{side}"),
            real(t.normal_p(alternative, false)),
        );
        out.insert(
            format!("asym_cc_p_{side}"),
            real(t.normal_p(alternative, true)),
        );
    }
    out.into()
}

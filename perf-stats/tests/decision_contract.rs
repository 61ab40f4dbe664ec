//! What the decision promises whatever it is fed: no panic, no NaN, the same answer from the same data, and JSON that reads back.

use perf_stats::decision::{
    Bound, Design, Looks, Margin, StoredRuns, TailTrial, Verdict, compare_constant, compare_stored,
};
use perf_stats::signed_rank::{ZeroMethod, pseudomedian, sign_test, wilcoxon};
use perf_stats::{Alternative, StatsError};
use proptest::prelude::*;

/// Numbers of every awkward kind.
fn awkward() -> impl Strategy<Value = f64> {
    prop_oneof![
        -10.0..10.0f64,
        any::<f64>(),
        Just(0.0),
        Just(-0.0),
        Just(5e-324),
        Just(1e308),
        Just(-1e308),
        Just(1e15 + 0.125),
        Just(f64::NAN),
        Just(f64::INFINITY),
    ]
}

fn sample() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(awkward(), 0..40)
}

/// All ties, or two values, or anything finite.
fn finite_sample() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        prop::collection::vec(-5.0..5.0f64, 1..40),
        prop::collection::vec(prop_oneof![Just(1.0), Just(2.0)], 1..40),
        prop::collection::vec(Just(3.5), 1..40),
    ]
}

fn p_is_a_probability(p: f64) -> bool {
    (0.0..=1.0).contains(&p)
}

proptest! {
    #[test]
    fn the_rank_tests_answer_or_refuse(x in sample(), level in 0.01..0.999f64) {
        for zeros in [ZeroMethod::Wilcox, ZeroMethod::Pratt] {
            if let Ok(t) = wilcoxon(&x, zeros) {
                for side in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
                    prop_assert!(p_is_a_probability(t.p(side)));
                    prop_assert!(p_is_a_probability(t.normal_p(side, true)));
                }
            }
        }
        if let Ok(t) = sign_test(&x) {
            prop_assert!(p_is_a_probability(t.p(Alternative::TwoSided)));
        }
        match pseudomedian(&x, level) {
            Ok(m) => {
                prop_assert!(m.estimate.is_finite());
                prop_assert!(m.interval.low <= m.estimate && m.estimate <= m.interval.high);
            }
            Err(e) => {
                let named = matches!(e, StatsError::Empty | StatsError::NonFinite { .. });
                prop_assert!(named, "{}", e);
            }
        }
    }

    #[test]
    fn signed_ranks_do_not_see_scale_order_or_sign(x in finite_sample(), power in -20..20i32) {
        let scaled: Vec<f64> = x.iter().rev().map(|v| v * 2f64.powi(power)).collect();
        let negated: Vec<f64> = x.iter().map(|v| -v).collect();
        let p = |x: &[f64], side| wilcoxon(x, ZeroMethod::Wilcox).map(|t| t.p(side));
        prop_assert_eq!(p(&x, Alternative::Greater), p(&scaled, Alternative::Greater));
        prop_assert_eq!(p(&x, Alternative::Greater), p(&negated, Alternative::Less));
        let m = pseudomedian(&x, 0.9)?;
        let s = pseudomedian(&scaled, 0.9)?;
        prop_assert_eq!(m.estimate * 2f64.powi(power), s.estimate);
        prop_assert_eq!(m.interval.low * 2f64.powi(power), s.interval.low);
    }

    #[test]
    fn a_decision_holds_only_numbers(x in sample(), margin in 0.0..0.5f64) {
        let design = Design::new(Margin::relative(margin)?).looks(Looks::up_to(30)?);
        if let Ok(d) = design.decide(&x) {
            prop_assert_eq!(d.n.min(30), d.n);
            if let Some(c) = d.change {
                prop_assert!(c.estimate.is_finite() && c.level > 0.0);
                prop_assert!(c.low.is_none_or(f64::is_finite) && c.high.is_none_or(f64::is_finite));
            }
            prop_assert!(d.p.is_none_or(p_is_a_probability));
            prop_assert!(d.mde.is_none_or(f64::is_finite));
            prop_assert_eq!(&design.decide(&x)?, &d);
        }
    }

    #[test]
    fn names_swapped_the_verdict_turns_round(x in prop::collection::vec(-0.2..0.2f64, 10..80)) {
        let design = Design::new(Margin::COMMAND);
        let turned: Vec<f64> = x.iter().map(|v| -v).collect();
        let (one, other) = (design.decide(&x)?.verdict, design.decide(&turned)?.verdict);
        let mirrored = match one {
            Verdict::Regressed => Verdict::Improved,
            Verdict::Improved => Verdict::Regressed,
            same => same,
        };
        prop_assert_eq!(mirrored.word(), other.word());
    }

    #[test]
    fn the_other_doors_answer_or_refuse(x in sample(), y in sample()) {
        let margin = Margin::COMMAND;
        let side = |values| StoredRuns { values, canary: None };
        let _ = compare_constant(&x, &y, margin);
        if let Ok(d) = compare_stored(side(&x), side(&y), margin, 0.01, true) {
            prop_assert!(d.change.is_none_or(|c| c.estimate.is_finite()));
            prop_assert!(d.p.is_none_or(p_is_a_probability));
        }
        let mut tail = TailTrial::new(Design::new(margin).looks(Looks::at(&[1, 2])?), 0.5, 1)?;
        let (a, b): (Vec<f64>, Vec<f64>) = (x.iter().map(|v| v.abs()).collect(), y.iter().map(|v| v.abs()).collect());
        let _ = tail.push_block(&a, &b);
        let _ = tail.push_block(&b, &a);
        let d = tail.finish();
        prop_assert!(d.change.is_none_or(|c| c.estimate.is_finite()));
    }

    #[test]
    fn a_bound_counts_everything_but_nan(x in sample(), limit in -5.0..5.0f64, k in 0..50u64, n in 0..100u64) {
        let mut bound = Bound::new(0.9, limit)?;
        let before = x.iter().filter(|v| !v.is_nan()).count() as u64;
        for v in x {
            let _ = bound.push(v);
        }
        let counted = bound.push_counts(k, n).is_ok();
        let answer = bound.answer();
        let most = before + if counted { n } else { 0 };
        prop_assert!(answer.total <= most);
        prop_assert!((0.0..=1.0).contains(&answer.low) && (0.0..=1.0).contains(&answer.high));
        prop_assert!(answer.tau.0 >= 1.0 && answer.tau.1 >= 1.0);
    }
}

/// The tail's decision must not depend on how its calls are spread within a block.
#[test]
fn a_tail_decision_is_reproducible() {
    let run = |reverse: bool| {
        let looks = Looks::at(&[14]).expect("one look");
        let design = Design::new(Margin::COMMAND).looks(looks);
        let mut trial = TailTrial::new(design, 0.9, 5).expect("valid");
        let mut rng = perf_stats::Rng::new(3);
        for _ in 0..14 {
            let mut a: Vec<f64> = (0..50).map(|_| 1.0 + rng.uniform()).collect();
            let b: Vec<f64> = (0..50).map(|_| 1.1 + rng.uniform()).collect();
            if reverse {
                a.reverse();
            }
            trial.push_block(&a, &b).expect("positive");
        }
        trial.finish()
    };
    assert_eq!(run(false), run(true));
}

#[cfg(feature = "serde")]
#[test]
fn a_decision_survives_json() {
    use perf_stats::decision::{BoundAnswer, Decision};
    let decision = Design::new(Margin::COMMAND)
        .decide(&[0.05; 80])
        .expect("finite");
    let few = Design::new(Margin::COMMAND)
        .decide(&[0.05; 3])
        .expect("finite");
    for d in [decision, few] {
        let json = serde_json::to_string(&d).expect("serialises");
        assert_eq!(
            serde_json::from_str::<Decision>(&json).expect("reads back"),
            d
        );
    }
    let mut bound = Bound::new(0.99, 1.0).expect("valid");
    bound.push_counts(3, 100_000).expect("valid");
    let answer = bound.answer();
    let json = serde_json::to_string(&answer).expect("serialises");
    assert_eq!(
        serde_json::from_str::<BoundAnswer>(&json).expect("reads back"),
        answer
    );
}

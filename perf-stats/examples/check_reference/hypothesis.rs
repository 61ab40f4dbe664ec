//! In: a case. Out: what perf-stats answers, for the procedures of two-sample tests, effects, multiplicity, equivalence and power.

use crate::case::{Adapter, Case, real, reals};
use perf_stats::permutation::{MonteCarlo, PermutationResult, permutation_test, sign_flip_test};
use perf_stats::power::{Design, TPower};
use perf_stats::tests::{AndersonDarling, Continuity, KolmogorovSmirnov, MannWhitney, Reference};
use perf_stats::tests::{TestResult, TieRule};
use perf_stats::tests::{brunner_munzel, paired_t, tost_paired, tost_welch, welch_t, yuen};
use perf_stats::{Alternative, PValues, StatsError, adjust, effect};
use serde_json::{Map, Value, json};

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &[
    "welch_t",
    "paired_t",
    "yuen",
    "mann_whitney",
    "brunner_munzel",
    "ks_2samp",
    "anderson_ksamp",
    "permutation",
    "effect_sizes",
    "multiplicity",
    "tost",
    "power_t",
];

/// The computation for a procedure of this family.
pub(crate) fn adapter(procedure: &str) -> Option<Adapter> {
    Some(match procedure {
        "welch_t" => |c| {
            Ok(t_values(&welch_t(
                &c.numbers("x")?,
                &c.numbers("y")?,
                level(c),
            )?))
        },
        "paired_t" => |c| {
            Ok(t_values(&paired_t(
                &c.numbers("x")?,
                &c.numbers("y")?,
                level(c),
            )?))
        },
        "yuen" => |c| {
            let trim = c.number("trim")?;
            Ok(t_values(&yuen(
                &c.numbers("x")?,
                &c.numbers("y")?,
                trim,
                level(c),
            )?))
        },
        "mann_whitney" => mann_whitney_values,
        "brunner_munzel" => brunner_munzel_values,
        "ks_2samp" => ks_values,
        "anderson_ksamp" => anderson_values,
        "permutation" => permutation_values,
        "effect_sizes" => effect_values,
        "multiplicity" => multiplicity_values,
        "tost" => tost_values,
        "power_t" => power_values,
        _ => return None,
    })
}

fn level(case: &Case) -> f64 {
    case.optional("level").unwrap_or(0.95)
}

/// `p_two_sided`, `p_less` and `p_greater` with a prefix, into the object.
fn insert_p(into: &mut Map<String, Value>, prefix: &str, p: &PValues) {
    into.insert(format!("{prefix}p_two_sided"), real(p.two_sided));
    into.insert(format!("{prefix}p_less"), real(p.less));
    into.insert(format!("{prefix}p_greater"), real(p.greater));
}

fn t_values(r: &TestResult) -> Value {
    let df = r.df.unwrap_or(0.0);
    let interval = r.interval.map_or((0.0, 0.0), |i| (i.low, i.high));
    let mut o = Map::new();
    for key in ["mean_diff", "trimmed_mean_diff"] {
        o.insert(key.into(), real(r.estimate));
    }
    o.insert("statistic".into(), real(r.statistic));
    o.insert("df".into(), real(df));
    o.insert("std_error".into(), real(r.std_error.unwrap_or(0.0)));
    o.insert("ci_low".into(), real(interval.0));
    o.insert("ci_high".into(), real(interval.1));
    insert_p(&mut o, "", &r.p);
    json!(o)
}

fn mann_whitney_values(c: &Case) -> Result<Value, StatsError> {
    let test = MannWhitney::new(&c.numbers("x")?, &c.numbers("y")?)?;
    let mut o = Map::new();
    o.insert("u_x".into(), real(test.u_x()));
    o.insert("u_y".into(), real(test.u_y()));
    o.insert("tie_sum".into(), json!(test.tie_sum() as u64));
    if c.wants("asym_cc_p_two_sided") {
        insert_p(
            &mut o,
            "asym_cc_",
            &test.asymptotic(Continuity::Corrected)?.p,
        );
        insert_p(&mut o, "asym_nocc_", &test.asymptotic(Continuity::Plain)?.p);
    }
    if c.wants("exact_p_two_sided") {
        insert_p(&mut o, "exact_", &test.exact()?.p);
    }
    Ok(Value::Object(o))
}

fn brunner_munzel_values(c: &Case) -> Result<Value, StatsError> {
    let (x, y) = (c.numbers("x")?, c.numbers("y")?);
    let (t, normal) = (
        brunner_munzel(&x, &y, Reference::T)?,
        brunner_munzel(&x, &y, Reference::Normal)?,
    );
    let mut o = Map::new();
    o.insert("prob_y_greater".into(), real(t.estimate));
    o.insert("statistic".into(), real(t.statistic));
    insert_p(&mut o, "t_", &t.p);
    insert_p(&mut o, "normal_", &normal.p);
    Ok(Value::Object(o))
}

fn ks_values(c: &Case) -> Result<Value, StatsError> {
    let ks = KolmogorovSmirnov::new(&c.numbers("x")?, &c.numbers("y")?)?;
    let mut o = Map::new();
    o.insert("d".into(), real(ks.d()));
    o.insert("d_plus".into(), real(ks.d_plus()));
    o.insert("d_minus".into(), real(ks.d_minus()));
    o.insert("limit_p_two_sided".into(), real(ks.limit()?.p.two_sided));
    if c.wants("exact_p_two_sided") {
        insert_p(&mut o, "exact_", &ks.exact()?.p);
    }
    Ok(Value::Object(o))
}

fn anderson_values(c: &Case) -> Result<Value, StatsError> {
    let samples = c.rows("samples")?;
    let slices: Vec<&[f64]> = samples.iter().map(Vec::as_slice).collect();
    let ad = AndersonDarling::new(&slices)?;
    let (mid, right) = (TieRule::Midrank, TieRule::Right);
    Ok(json!({
        "normalized_midrank": real(ad.standardised(mid)),
        "normalized_right": real(ad.standardised(right)),
        "A2": real(ad.statistic(right)),
        "T": real(ad.standardised(right)),
        "A2_alt": real(ad.statistic(mid)),
        "T_alt": real(ad.standardised(mid)),
        "scipy_p_clamped": real(ad.test(mid)?.p.two_sided.clamp(0.001, 0.25)),
        "ksamples_asym_p": real(ad.test(right)?.p.two_sided),
    }))
}

fn permutation_object(r: &PermutationResult) -> Value {
    json!({
        "observed": real(r.observed),
        "count_total": r.arrangements,
        "count_ge": r.at_least,
        "count_le": r.at_most,
        "count_abs_ge": r.as_extreme,
        "p_greater": real(r.p.greater),
        "p_less": real(r.p.less),
        "p_two_sided_abs": real(r.p.two_sided),
    })
}

fn mean(v: &[f64]) -> f64 {
    v.iter().sum::<f64>() / v.len() as f64
}

fn median(v: &[f64]) -> f64 {
    let mut s = v.to_vec();
    s.sort_unstable_by(f64::total_cmp);
    let half = s.len() / 2;
    if s.len() % 2 == 1 {
        s[half]
    } else {
        f64::midpoint(s[half - 1], s[half])
    }
}

fn permutation_values(c: &Case) -> Result<Value, StatsError> {
    let random = MonteCarlo::default();
    if c.text("kind")? == "paired_sign_flip" {
        let r = sign_flip_test(&c.numbers("d")?, mean, random)?;
        return Ok(json!({"mean": permutation_object(&r)}));
    }
    let (x, y) = (c.numbers("x")?, c.numbers("y")?);
    let of_mean = permutation_test(&x, &y, |x, y| mean(x) - mean(y), random)?;
    let of_median = permutation_test(&x, &y, |x, y| median(x) - median(y), random)?;
    Ok(json!({
        "diff_mean": permutation_object(&of_mean),
        "diff_median": permutation_object(&of_median),
    }))
}

fn effect_values(c: &Case) -> Result<Value, StatsError> {
    let (x, y) = (c.numbers("x")?, c.numbers("y")?);
    let mut o = Map::new();
    let mut put = |key: &str, value: &dyn Fn() -> Result<f64, StatsError>| {
        if c.wants(key) {
            o.insert(key.into(), real(value()?));
        }
        Ok::<(), StatsError>(())
    };
    put("cliffs_delta", &|| {
        Ok(effect::cliffs_delta(&x, &y, 0.95)?.estimate)
    })?;
    put("vargha_delaney_a", &|| {
        Ok(effect::vargha_delaney(&x, &y, 0.95)?.estimate)
    })?;
    put("cohens_d_pooled", &|| effect::cohens_d(&x, &y))?;
    put("hedges_g_exact", &|| effect::hedges_g(&x, &y))?;
    put("hedges_g_approx", &|| {
        let v = (x.len() + y.len() - 2) as f64;
        Ok(effect::cohens_d(&x, &y)? * (1.0 - 3.0 / (4.0 * v - 1.0)))
    })?;
    put("glass_delta_y", &|| effect::glass_delta(&x, &y))?;
    put("ratio_of_means", &|| effect::ratio_of_means(&x, &y))?;
    put("ratio_of_medians", &|| effect::ratio_of_medians(&x, &y))?;
    put("ratio_of_geometric_means", &|| {
        Ok(effect::ratio_of_geometric_means(&x, &y, 0.95)?.estimate)
    })?;
    Ok(Value::Object(o))
}

fn multiplicity_values(c: &Case) -> Result<Value, StatsError> {
    let p = c.numbers("p")?;
    Ok(json!({
        "adjusted_bonferroni": reals(&adjust::bonferroni(&p)?),
        "adjusted_holm": reals(&adjust::holm(&p)?),
        "adjusted_hochberg": reals(&adjust::hochberg(&p)?),
        "adjusted_benjamini_hochberg": reals(&adjust::benjamini_hochberg(&p)?),
        "adjusted_benjamini_yekutieli": reals(&adjust::benjamini_yekutieli(&p)?),
    }))
}

fn tost_values(c: &Case) -> Result<Value, StatsError> {
    let (x, y) = (c.numbers("x")?, c.numbers("y")?);
    let (low, high) = (c.number("low")?, c.number("high")?);
    let r = match c.text("design")? {
        "paired" => tost_paired(&x, &y, low, high, 0.05)?,
        _ => tost_welch(&x, &y, low, high, 0.05)?,
    };
    Ok(json!({
        "mean_diff": real(r.estimate),
        "df": real(r.df),
        "t_lower": real(r.t_lower),
        "t_upper": real(r.t_upper),
        "p_lower": real(r.p_lower),
        "p_upper": real(r.p_upper),
        "p": real(r.p),
        "ci90_low": real(r.interval.low),
        "ci90_high": real(r.interval.high),
    }))
}

fn power_values(c: &Case) -> Result<Value, StatsError> {
    let design = match c.text("kind")? {
        "paired" => Design::Paired,
        _ => Design::Independent {
            ratio: c.optional("ratio").unwrap_or(1.0),
        },
    };
    let alternative = match c.text("alternative")? {
        "greater" => Alternative::Greater,
        "less" => Alternative::Less,
        _ => Alternative::TwoSided,
    };
    let test = TPower::new(design)
        .alpha(c.optional("alpha").unwrap_or(0.05))
        .alternative(alternative);
    let effect = c.number("effect_size")?;
    let mut o = Map::new();
    if let Some(n) = c.optional("n1") {
        o.insert("power".into(), real(test.power(effect, n)?));
    }
    if let Some(target) = c.optional("target_power") {
        let n = test.n_required(effect, target)?;
        o.insert("n_required".into(), real(n));
        o.insert("n_ceil".into(), json!(n.ceil() as u64));
    }
    Ok(Value::Object(o))
}

//! In: a case. Out: what perf-stats answers, for the procedures of two-sample tests, effects, multiplicity, equivalence and power.

use crate::case::{Adapter, Case, real};
use perf_stats::StatsError;
use perf_stats::tests::{
    Continuity, KolmogorovSmirnov, MannWhitney, PValues, Reference, TestResult,
};
use perf_stats::tests::{brunner_munzel, paired_t, welch_t, yuen};
use serde_json::{Map, Value, json};

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &[
    "welch_t",
    "paired_t",
    "yuen",
    "mann_whitney",
    "brunner_munzel",
    "ks_2samp",
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

//! In: a case. Out: what perf-stats answers, for the procedures of two-sample tests, effects, multiplicity, equivalence and power.

use crate::case::{Adapter, Case, real};
use perf_stats::StatsError;
use perf_stats::tests::{PValues, TestResult, paired_t, welch_t, yuen};
use serde_json::{Map, Value, json};

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &["welch_t", "paired_t", "yuen"];

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

//! Promise: snapshots are plain data: intervals and sums of them are exact, and JSON reads back equal.

#[path = "common/alone.rs"]
mod alone;

use alone::alone;
use perf_core::{
    CombineError, Layout, Row, Snapshot, enable, enable_paths, measure_block, snapshot, span,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A snapshot of few rows that any test may change.
fn real() -> Snapshot {
    let _on = enable_paths();
    for n in 0..40 {
        measure_block!("real outer", { measure_block!("real inner", {}) });
        let label = perf_core::private::labelled(perf_core::site!("real label"), || n % 3);
        drop(perf_core::Span::enter(label));
    }
    let mut all = snapshot();
    all.rows.retain(|row| row.id.starts_with("real"));
    all.contexts.retain(|node| node.path[0].starts_with("real"));
    all
}

fn read(json: &Value) -> Result<Snapshot, String> {
    serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) + 1e-6
}

fn assert_same(a: &Snapshot, b: &Snapshot) {
    assert_eq!(a.covers_ns, b.covers_ns);
    assert_eq!(a.rows.len(), b.rows.len());
    for (a, b) in a.rows.iter().zip(&b.rows) {
        let exact = |row: &Row| {
            (
                row.id.clone(),
                row.calls,
                row.recorded,
                row.panicked,
                row.errors,
                row.cancelled,
                row.polls,
                row.weighted_squares,
            )
        };
        assert_eq!(exact(a), exact(b));
        assert_eq!(a.histogram, b.histogram, "{}", a.id);
        for (a, b) in [
            (a.total_ns, b.total_ns),
            (a.self_ns, b.self_ns),
            (a.durations_ns, b.durations_ns),
            (a.busy_ns, b.busy_ns),
            (a.cost_ns, b.cost_ns),
        ] {
            assert!(close(a, b), "{a} and {b}");
        }
        assert_eq!(a.dependence.len(), b.dependence.len());
        for (a, b) in a.dependence.iter().zip(&b.dependence) {
            assert_eq!((a.length, a.blocks), (b.length, b.blocks));
            assert!(close(a.sum, b.sum) && close(a.squares, b.squares));
        }
    }
    let nodes = |snapshot: &Snapshot| {
        snapshot
            .contexts
            .iter()
            .map(|node| (node.path.clone(), node.calls))
            .collect::<Vec<_>>()
    };
    assert_eq!(nodes(a), nodes(b));
}

#[test]
fn an_interval_and_what_was_before_make_the_whole() {
    let _one = alone();
    let _on = enable();
    let work = |times: u32| {
        for n in 0..times {
            let _outer = span!("algebra outer");
            let _inner = span!("algebra inner");
            if n % 7 == 0 {
                let _ = std::panic::catch_unwind(|| {
                    let _span = span!("algebra panic");
                    std::panic::resume_unwind(Box::new(()));
                });
            }
        }
    };
    work(500);
    let first = snapshot();
    work(300);
    let _late = span!("algebra only later");
    drop(span!("algebra only later too"));
    let second = snapshot();
    let interval = second.since(&first).unwrap();
    let calls = |id: &str| {
        interval
            .site(id)
            .map(|row| (row.calls, row.recorded, row.histogram.count()))
    };
    assert_eq!(calls("algebra outer"), Some((300, 300, 300)));
    assert_eq!(calls("algebra panic"), Some((43, 43, 43)));
    assert_eq!(calls("algebra only later too"), Some((1, 1, 1)));
    assert_eq!(calls("algebra only later"), None, "it is still open");
    assert_same(&first.merge(&interval).unwrap(), &second);
    assert_same(&interval.merge(&first).unwrap(), &second);
    let none = second.since(&second).unwrap();
    assert!(none.rows.is_empty() && none.contexts.is_empty() && none.covers_ns == 0);
    assert_same(&second.merge(&none).unwrap(), &second);
    let row = interval.site("algebra outer").unwrap();
    assert!(row.min_ns <= row.total_ns / 300.0 && row.max_ns >= row.total_ns / 300.0);
}

#[test]
fn the_wrong_order_is_an_error() {
    let _one = alone();
    let _on = enable();
    let mut empty = snapshot();
    empty.rows.clear();
    drop(span!("order"));
    let first = snapshot();
    let again = || drop(span!("order again"));
    again();
    let second = snapshot();
    again();
    let third = snapshot();
    for (later, earlier) in [
        (&first, &second),
        (&second, &third),
        (&empty, &first),
        (&first, &third),
    ] {
        let error = later.since(earlier).unwrap_err();
        assert!(matches!(error, CombineError::NotEarlier { .. }), "{error}");
        assert!(error.to_string().contains("wrong order"), "{error}");
    }
    assert!(third.since(&first).is_ok());
    // The same time covered: only the counts tell.
    let mut fewer = second.clone();
    fewer.covers_ns = u64::MAX;
    assert_eq!(
        fewer.since(&third).unwrap_err(),
        CombineError::NotEarlier {
            id: "order again".to_owned()
        }
    );
    fewer.rows.retain(|row| row.id != "order again");
    assert_eq!(
        fewer.since(&second).unwrap_err(),
        CombineError::NotEarlier {
            id: "order again".to_owned()
        }
    );
}

#[test]
fn other_bins_are_an_error() {
    let _one = alone();
    let one = real();
    let mut other = one.clone();
    other.layout = Layout::FINE;
    assert_eq!(one.merge(&other).unwrap_err(), CombineError::Layout);
    assert_eq!(one.since(&other).unwrap_err(), CombineError::Layout);
}

/// Equal names are numbered in source order, so a row's number changes when an earlier one is entered for the first time.
#[test]
fn rows_that_are_renumbered_stay_themselves() {
    let _one = alone();
    let _on = enable();
    let enter = |first: bool| {
        let sites = [perf_core::site!("twice"), perf_core::site!("twice")];
        let site = sites[usize::from(!first)];
        drop(perf_core::Span::enter(perf_core::private::labelled(
            site,
            || "a",
        )));
        drop(perf_core::Span::enter(site));
    };
    (0..5).for_each(|_| enter(false));
    let before = snapshot();
    assert_eq!(before.site("twice").map(|row| row.calls), Some(5));
    (0..3).for_each(|_| enter(true));
    enter(false);
    let interval = snapshot().since(&before).unwrap();
    for (id, calls) in [
        ("twice", 3),
        ("twice#2", 1),
        ("twice{a}", 3),
        ("twice#2{a}", 1),
    ] {
        assert_eq!(interval.site(id).map(|row| row.calls), Some(calls), "{id}");
    }
}

macro_rules! two_spans_in_one_place {
    () => {{ [perf_core::site!("one place"), perf_core::site!("one place")] }};
}

#[test]
fn rows_of_one_place_are_told_apart() {
    let _one = alone();
    let _on = enable();
    let enter = |times: [u32; 2]| {
        let sites = two_spans_in_one_place!();
        for (site, times) in sites.into_iter().zip(times) {
            (0..times).for_each(|_| drop(perf_core::Span::enter(site)));
        }
    };
    enter([10, 1]);
    let before = snapshot();
    enter([2, 20]);
    let interval = snapshot().since(&before).unwrap();
    assert_eq!(interval.site("one place").map(|row| row.calls), Some(2));
    assert_eq!(interval.site("one place#2").map(|row| row.calls), Some(20));
}

#[test]
fn json_of_a_real_one_reads_back_equal() {
    let _one = alone();
    let snapshot = real();
    assert!(snapshot.rows.len() >= 5 && !snapshot.contexts.is_empty());
    let json = serde_json::to_value(&snapshot).unwrap();
    assert_eq!(json["schema"], 1);
    assert_eq!(read(&json), Ok(snapshot));
}

/// Changes one place of a snapshot's JSON.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Snapshot, String> {
    let _one = alone();
    let mut json = serde_json::to_value(real()).unwrap();
    change(&mut json);
    read(&json)
}

#[test]
fn what_cannot_be_ours_is_refused() {
    for schema in [json!(0), json!(2), json!(4_000_000_000u32)] {
        let error = changed(|json| json["schema"] = schema.clone()).unwrap_err();
        assert!(
            error.contains(&format!("schema {schema}")) && error.contains("schema 1"),
            "{error}"
        );
    }
    assert!(changed(|json| json["schema"] = json!("1")).is_err());
    assert!(changed(|json| drop(json.as_object_mut().unwrap().remove("schema"))).is_err());
    for sub_bits in [0, 7, 64, 200] {
        assert!(changed(|json| json["layout"]["sub_bits"] = json!(sub_bits)).is_err());
    }
    for bins in [
        json!([[4_000_000_000u32, 1]]),
        json!([[5, 1], [5, 1]]),
        json!([[6, 1], [5, 1]]),
        json!([[5, 0]]),
    ] {
        assert!(
            changed(|json| json["rows"][0]["histogram"]["bins"] = bins.clone()).is_err(),
            "{bins}"
        );
    }
}

#[test]
fn fields_of_later_versions_are_no_obstacle() {
    let read = changed(|json| {
        json["resources"] = json!({"cpu": 1});
        json["rows"][0]["instructions"] = json!(5);
    });
    assert!(read.is_ok(), "{read:?}");
}

#[test]
fn numbers_at_their_limits_are_no_panic() {
    let huge = changed(|json| {
        for row in json["rows"].as_array_mut().unwrap() {
            for field in [
                "calls",
                "recorded",
                "panicked",
                "errors",
                "cancelled",
                "polls",
                "weighted_squares",
            ] {
                row[field] = json!(u64::MAX);
            }
            row["histogram"]["bins"] = json!([[1, u64::MAX], [2, u64::MAX], [3775, u64::MAX]]);
            row["total_ns"] = json!(f64::MAX);
            row["self_ns"] = json!(-f64::MAX);
        }
        json["covers_ns"] = json!(u64::MAX);
        json["contexts"][0]["calls"] = json!(u64::MAX);
    })
    .unwrap();
    let both = huge.merge(&huge).unwrap();
    assert!(both.since(&huge).is_ok());
    assert_eq!(both.rows[0].calls, u64::MAX);
    for row in &both.rows {
        let numbers = [
            row.effective_calls(),
            row.histogram.value_at(0.5),
            row.histogram.value_at(1.0),
        ];
        assert!(numbers.iter().all(|number| !number.is_nan()), "{numbers:?}");
        for p in [0.0, 0.5, 0.99, 1.0, f64::NAN] {
            let _ = (row.quantile(p), row.calls_needed(p), row.mean());
        }
    }
}

prop_compose! {
    fn number()(value in prop_oneof![Just(0u64), Just(u64::MAX), any::<u64>(), 0..1_000u64]) -> u64 { value }
}

prop_compose! {
    fn finite()(value in prop_oneof![
        Just(0.0), Just(f64::MAX), Just(f64::MIN_POSITIVE), any::<f64>().prop_filter("finite", |x| x.is_finite())
    ]) -> f64 { value }
}

prop_compose! {
    fn any_snapshot()(
        ids in prop::collection::vec(any::<String>(), 1..4),
        numbers in prop::collection::vec(number(), 9),
        floats in prop::collection::vec(finite(), 9),
        bins in prop::collection::btree_map(0u32..3_776, 1..u64::MAX, 0..20),
        label in any::<Option<String>>(),
        notes in prop::collection::vec(any::<String>(), 0..3),
        template in Just(template()),
    ) -> Snapshot {
        let mut snapshot = template;
        let histogram = json!({"layout": {"sub_bits": 6}, "bins": bins.into_iter().collect::<Vec<_>>()});
        let row = snapshot.rows[0].clone();
        snapshot.rows = ids.iter().map(|id| {
            let mut row = row.clone();
            row.id.clone_from(id);
            row.label.clone_from(&label);
            (row.calls, row.recorded, row.panicked, row.errors) = (numbers[0], numbers[1], numbers[2], numbers[3]);
            (row.cancelled, row.polls, row.weighted_squares) = (numbers[4], numbers[5], numbers[6]);
            (row.total_ns, row.self_ns, row.busy_ns, row.durations_ns) = (floats[0], floats[1], floats[2], floats[3]);
            (row.min_ns, row.max_ns, row.cost_ns) = (floats[4], floats[5], floats[6]);
            row.histogram = serde_json::from_value(histogram.clone()).unwrap();
            row
        }).collect();
        snapshot.covers_ns = numbers[7];
        snapshot.cost.total_ns = floats[7];
        snapshot.clock.ns_per_tick = floats[8];
        snapshot.notes = notes;
        snapshot
    }
}

/// Made once: recording a new one for every case would be slow.
fn template() -> Snapshot {
    static TEMPLATE: std::sync::OnceLock<Snapshot> = std::sync::OnceLock::new();
    TEMPLATE
        .get_or_init(|| {
            let _one = alone();
            real()
        })
        .clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 64 } else { 1_000 }))]

    #[test]
    fn any_snapshot_reads_back_equal(snapshot in any_snapshot()) {
        let text = serde_json::to_string(&snapshot).unwrap();
        prop_assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
    }

    #[test]
    fn whatever_is_put_together_is_no_panic(a in any_snapshot(), b in any_snapshot()) {
        let both = a.merge(&b).unwrap();
        let _ = (both.since(&a), both.since(&b), a.since(&b), both.merge(&both));
    }
}

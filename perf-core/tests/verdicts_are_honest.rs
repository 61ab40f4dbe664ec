//! Promise: an experiment finds changes and invents none, says why where it cannot, and prints what the contract says. Times are simulated, but for the tail's, whose test bears an open answer.

use perf_core::judge::{
    Alternatives, Arm, ArmError, Comparison, Direction, Experiment, ExperimentError, Measurement,
    Metric, Outcome, Policy, Replicate, Resource, SiteMetric, Unit, Verdict, judge_together,
};
use perf_core::stats::Rng;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

/// A machine that both arms share: it drifts, switches modes and interrupts.
struct Machine {
    rng: Rng,
    at: u64,
    mode: f64,
}

/// An arm that takes so much of the machine's time.
struct Simulated {
    machine: Rc<RefCell<Machine>>,
    cost: f64,
}

impl Machine {
    fn new(seed: u64) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            rng: Rng::new(seed),
            at: 0,
            mode: 1.0,
        }))
    }

    fn time(&mut self, cost: f64) -> f64 {
        self.at += 1;
        if self.rng.below(15) == 0 {
            self.mode = 1.0 + 0.3 * self.rng.uniform(); // a neighbour comes or goes
        }
        let drift = 1.0 + 0.002 * self.at as f64;
        let interrupt = if self.rng.below(20) == 0 { 0.2 } else { 0.0 };
        cost * drift * self.mode * (1.0 + interrupt + 0.004 * self.rng.normal())
    }
}

impl Arm for Simulated {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let mut machine = self.machine.borrow_mut();
        into.set(Metric::WALL, machine.time(self.cost));
        into.set(Metric::Resource(Resource::MajorFaults), 0.0);
        into.set(Metric::site("parse", SiteMetric::Calls), 100.0);
        into.set(Metric::site("parse", SiteMetric::P99), machine.time(1e3));
        Ok(())
    }
}

fn experiment(seed: u64) -> Experiment<'static> {
    Experiment::new("app").pairs(80).seed(seed).witness_off()
}

fn compared(
    cost: f64,
    seed: u64,
    with: impl Fn(Experiment<'static>) -> Experiment<'static>,
) -> Comparison {
    let machine = Machine::new(seed);
    let arm = |cost| Simulated {
        machine: Rc::clone(&machine),
        cost,
    };
    let (mut old, mut new) = (arm(1e6), arm(1e6 * cost));
    with(experiment(seed))
        .run(&mut old, &mut new)
        .expect("a simulation does not fail")
}

#[test]
fn identical_programs_are_not_called_changed_and_slower_ones_are_found() {
    let verdicts = |cost: f64, unit| {
        let all = (0..100).map(|seed| compared(cost, seed, |e| e.unit(unit)).verdict);
        let all: Vec<Verdict> = all.collect();
        let count = |verdict| all.iter().filter(|v| **v == verdict).count();
        (count(Verdict::Regressed), count(Verdict::Improved))
    };
    for unit in [Replicate::ProcessPair, Replicate::Block] {
        // 1 % error rate each: of 100 more than 5 has probability 0.0005.
        let (slower, faster) = verdicts(1.0, unit);
        assert!(slower <= 1 && faster <= 1, "{unit:?}: {slower}, {faster}");
        let (at_margin, _) = verdicts(1.02, unit);
        assert!(at_margin <= 5, "{unit:?}: {at_margin} at the margin itself");
        assert_eq!(verdicts(1.10, unit), (100, 0), "{unit:?}");
        assert_eq!(verdicts(1.0 / 1.10, unit), (0, 100), "{unit:?}");
    }
}

/// Slower by a tenth in a rhythm that a fixed order would fall in step with.
struct InRhythm {
    measured: Rc<RefCell<usize>>,
    slow: fn(usize) -> bool,
    rng: Rng,
}

impl Arm for InRhythm {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let at = self.measured.replace_with(|n| *n + 1);
        let rhythm = if (self.slow)(at) { 1.1 } else { 1.0 };
        let noise = 1.0 + 0.002 * self.rng.normal();
        into.set(Metric::WALL, 1e6 * rhythm * noise);
        Ok(())
    }
}

#[test]
fn a_rhythm_of_the_machine_is_not_taken_for_a_change_of_the_program() {
    let changed = |unit, slow: fn(usize) -> bool| {
        let verdict = |seed| {
            let measured = Rc::new(RefCell::new(0));
            let arm = |seed| InRhythm {
                measured: Rc::clone(&measured),
                slow,
                rng: Rng::new(seed),
            };
            let (mut old, mut new) = (arm(2 * seed), arm(2 * seed + 1));
            let found = experiment(seed).unit(unit).run(&mut old, &mut new);
            found.expect("a simulation does not fail").verdict
        };
        let is_claim = |v: &Verdict| matches!(v, Verdict::Regressed | Verdict::Improved);
        (0..50).map(verdict).filter(is_claim).count()
    };
    // The second of each pair, and the two in the middle of each block: the candidate's places if the order were fixed.
    let pairs = changed(Replicate::ProcessPair, |at| at % 2 == 1);
    let blocks = changed(Replicate::Block, |at| matches!(at % 4, 1 | 2));
    assert!(pairs <= 2 && blocks <= 2, "of 50: {pairs}, {blocks}");
}

#[test]
fn the_seed_is_the_experiment() {
    // What the machine did meanwhile is part of the words, and of no number.
    let at = |seed| -> Vec<serde_json::Value> {
        let found = compared(1.03, seed, |e| e);
        let found: serde_json::Value = serde_json::from_str(&found.json()).expect("it is JSON");
        let results = found["results"].as_array().expect("results");
        let numbers = [
            "id", "metric", "change", "p", "n", "mde", "series", "samples",
        ];
        let of = |one: &serde_json::Value| numbers.map(|name| one[name].clone()).into();
        results.iter().map(of).collect()
    };
    assert_eq!(at(5).len(), 4);
    assert_eq!(at(5), at(5));
    assert_ne!(at(5), at(6));
}

#[test]
fn only_named_metrics_decide_and_the_others_are_shown() {
    let found = compared(1.0, 3, |e| e);
    let decides: Vec<(String, bool)> = found
        .results
        .iter()
        .map(|o| (format!("{} {}", o.id, o.metric), o.decides))
        .collect();
    let want = [
        ("app wall", true),
        ("app major-faults", false),
        ("parse calls", false),
        ("parse p99", false),
    ];
    assert_eq!(
        decides,
        want.map(|(name, decides)| (name.to_owned(), decides))
    );
    let calls = found
        .outcome(&"parse:calls".parse().expect("a metric"))
        .expect("measured");
    assert_eq!(
        (calls.verdict, calls.change.map(|c| c.level)),
        (Verdict::Equivalent, Some(1.0))
    );
    let named = compared(1.0, 3, |e| {
        e.metrics(["parse:p99".parse().expect("a metric")])
    });
    assert_eq!(named.deciding().count(), 1);
    assert_eq!(named.results[0].metric, "p99");
}

/// A program in which threads meet at a lock only at times, the candidate's ever more often.
struct Meets {
    waits: Vec<u32>,
    at: usize,
}

impl Arm for Meets {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        into.set(Metric::WALL, 1e6);
        let waits = self.waits[self.at % self.waits.len()];
        self.at += 1;
        if waits > 0 {
            let [calls, total] = [SiteMetric::Calls, SiteMetric::Total];
            into.set(Metric::site("queue (wait)", calls), f64::from(waits));
            into.set(Metric::site("queue (wait)", total), 1e4 * f64::from(waits));
        }
        Ok(())
    }
}

#[test]
fn a_lock_that_nobody_waited_for_at_first_is_judged_from_its_zeros_on() {
    let meets = |waits: &[u32]| Meets {
        waits: waits.to_vec(),
        at: 0,
    };
    let judged = |baseline: &[u32], candidate: &[u32]| {
        let (mut baseline, mut candidate) = (meets(baseline), meets(candidate));
        let found = experiment(3).warm_up(0).run(&mut baseline, &mut candidate);
        let found = found.expect("they measure");
        let outcome = |of: SiteMetric| {
            let of_queue = |o: &&Outcome| o.id == "queue (wait)" && o.metric == of.word();
            found.results.iter().find(of_queue).cloned()
        };
        (
            outcome(SiteMetric::Total),
            outcome(SiteMetric::Calls),
            found,
        )
    };
    // Not in the first units, then in all: nine of ten waits are the candidate's.
    let zeros = [0, 0, 0, 0, 0, 0, 0, 0];
    let later = [0, 0, 0, 5, 6, 7, 5, 6];
    let (total, calls, found) = judged(&zeros, &later);
    let total =
        total.unwrap_or_else(|| panic!("no row, though only the first units had none: {found:?}"));
    assert!(
        calls.is_some() && total.n == found.results[0].n,
        "{total:?}"
    );
    assert!(
        !total.decides && total.verdict != Verdict::Improved,
        "{total:?}"
    );
    // Where nobody ever waits there is nothing to show, and where both wait at times nothing is invented.
    assert!(judged(&zeros, &zeros).0.is_none());
    // Asked to decide, zeros are an answer with a word of warning, and no error.
    let asked = experiment(3).metrics([Metric::site("queue (wait)", SiteMetric::Calls)]);
    let found = asked
        .run(&mut meets(&zeros), &mut meets(&zeros))
        .expect("0 against 0");
    assert!(!matches!(
        found.verdict,
        Verdict::Regressed | Verdict::Improved
    ));
    assert!(
        found.results[0]
            .warnings
            .iter()
            .any(|w| w.contains("nobody waited")),
        "{found:?}"
    );
    let (same, _, _) = judged(&[0, 0, 3, 0, 1], &[0, 0, 3, 0, 1]);
    let same = same.expect("shown").verdict;
    assert!(!matches!(same, Verdict::Regressed | Verdict::Improved));
}

#[test]
fn a_metric_that_was_never_measured_is_an_error_that_names_those_that_were() {
    let machine = Machine::new(1);
    let arm = || Simulated {
        machine: Rc::clone(&machine),
        cost: 1.0,
    };
    let wanted = experiment(1).metrics(["decode:p99".parse().expect("a metric")]);
    let error = wanted
        .run(&mut arm(), &mut arm())
        .expect_err("there is no such site");
    assert!(matches!(error, ExperimentError::MissingMetric { .. }));
    assert_eq!(
        error.to_string(),
        "decode:p99 was not measured; measured were: wall, major-faults, parse:calls, parse:p99"
    );
}

/// Slow once, and never again after its circumstances were made new.
struct Unlucky(f64, Rng);

impl Arm for Unlucky {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        into.set(Metric::WALL, self.0 * (1.0 + 0.001 * self.1.normal()));
        Ok(())
    }

    fn refresh(&mut self) -> Result<(), ArmError> {
        self.0 = 100.0;
        Ok(())
    }
}

#[test]
fn a_regression_that_does_not_repeat_in_fresh_circumstances_is_not_one() {
    let run = |cost, confirm| {
        let (mut old, mut new) = (Unlucky(100.0, Rng::new(1)), Unlucky(cost, Rng::new(2)));
        let found = experiment(9)
            .confirm(confirm)
            .run(&mut old, &mut new)
            .expect("simulated");
        (
            found.verdict,
            found.results[0].reason.clone(),
            found.results[0].confirmed,
        )
    };
    assert_eq!(run(110.0, false), (Verdict::Regressed, None, None));
    assert_eq!(
        run(110.0, true),
        (
            Verdict::Inconclusive,
            Some("not_confirmed".to_owned()),
            Some(false)
        )
    );
    let slow = compared(1.2, 4, |e| e.confirm(true));
    assert_eq!(
        (slow.verdict, slow.results[0].confirmed),
        (Verdict::Regressed, Some(true))
    );
    assert_eq!(slow.exit_code(&Policy::default()), 1);
}

/// Tells the machine who ran last.
struct Told(f64, Rc<RefCell<f64>>, Rng);

impl Arm for Told {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        *self.1.borrow_mut() = self.0;
        into.set(Metric::WALL, self.0 * (1.0 + 0.001 * self.2.normal()));
        Ok(())
    }
}

#[test]
fn a_machine_that_favours_a_side_stops_claims_that_it_could_explain() {
    let last = Rc::new(RefCell::new(0.0));
    let run = |cost: f64, favours: bool| {
        let (told, mut rng) = (Rc::clone(&last), Rng::new(5));
        // The witness is slower by half of what the candidate is: so much of it is the machine.
        let witness = move || {
            let beside = if favours {
                1.0 + (*told.borrow() / 100.0 - 1.0) / 2.0
            } else {
                1.0
            };
            1e4 * beside * (1.0 + 0.001 * rng.normal())
        };
        let arm = |cost, seed| Told(cost, Rc::clone(&last), Rng::new(seed));
        let (mut old, mut new) = (arm(100.0, 1), arm(cost, 2));
        let planned = Experiment::new("app").pairs(400).seed(2).witness(witness);
        let found = planned.run(&mut old, &mut new).expect("simulated");
        (found.verdict, found.results[0].reason.clone())
    };
    assert_eq!(run(103.0, false), (Verdict::Regressed, None));
    assert_eq!(
        run(103.0, true),
        (
            Verdict::Inconclusive,
            Some("environment_changed".to_owned())
        )
    );
    assert_eq!(run(150.0, true), (Verdict::Regressed, None)); // half of it is more than enough
}

#[test]
fn inconclusive_says_why_and_what_would_decide() {
    let few = compared(1.0, 1, |e| e.pairs(4));
    let outcome = &few.results[0];
    assert_eq!(
        (few.verdict, outcome.reason.as_deref()),
        (Verdict::Inconclusive, Some("too_few"))
    );
    assert!(
        outcome
            .next_step
            .as_deref()
            .is_some_and(|step| step.starts_with("needs about ")),
        "{outcome:?}"
    );
    assert_eq!(few.exit_code(&Policy::default()), 0);
    assert_eq!(few.exit_code(&Policy::default().deny_inconclusive()), 2);
    let coarse = compared(1.1, 1, |e| e.clock_step(0.1));
    assert_eq!(coarse.results[0].reason.as_deref(), Some("resolution"));
    assert_eq!(coarse.results[0].withheld, Some(Verdict::Regressed));
}

#[test]
fn an_arm_that_fails_ends_it_and_the_caller_may_end_it_early() {
    struct Broken;
    impl Arm for Broken {
        fn measure(&mut self, _: &mut Measurement) -> Result<(), ArmError> {
            Err("exit code 7".into())
        }
    }
    let error = experiment(1)
        .run(&mut Broken, &mut Broken)
        .expect_err("it fails");
    assert_eq!(error.to_string(), "exit code 7");
}

#[test]
fn more_of_what_is_good_is_an_improvement() {
    struct Served(f64, Rng);
    impl Arm for Served {
        fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
            let rate = Metric::other("requests/s", Unit::Count, Direction::Higher);
            into.set(rate, self.0 * (1.0 + 0.002 * self.1.normal()));
            Ok(())
        }
    }
    let rate = || Metric::other("requests/s", Unit::Count, Direction::Higher);
    let run = |new| {
        let (mut a, mut b) = (Served(1e3, Rng::new(1)), Served(new, Rng::new(2)));
        experiment(1)
            .metrics([rate()])
            .run(&mut a, &mut b)
            .expect("simulated")
    };
    let better = run(1.1e3);
    let change = better.results[0].change.expect("a ratio");
    assert_eq!(better.verdict, Verdict::Improved);
    assert!(
        (change.estimate - 0.1).abs() < 0.01 && change.low < Some(change.estimate),
        "{change:?}"
    );
    assert!(better.report().text(None, false).contains("  better  "));
    assert_eq!(run(0.9e3).verdict, Verdict::Regressed);
}

#[test]
fn json_is_the_contract_and_reads_back() {
    let found = compared(1.1, 2, |e| e.on_progress(|_| ControlFlow::Continue(())));
    let json: serde_json::Value = serde_json::from_str(&found.report().json()).expect("one object");
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    for key in ["schema", "verdict", "results", "environment", "warnings"] {
        assert!(keys(&json).contains(&key.to_owned()), "{key}");
    }
    assert_eq!(
        (json["schema"].as_u64(), json["verdict"].as_str()),
        (Some(1), Some("regressed"))
    );
    let first = &json["results"][0];
    let want = "id metric unit baseline candidate change margin verdict reason p unit_of_replication n mde";
    for key in want.split(' ') {
        assert!(keys(first).contains(&key.to_owned()), "{key}");
    }
    assert_eq!(
        (
            first["id"].as_str(),
            first["metric"].as_str(),
            first["unit"].as_str()
        ),
        (Some("app"), Some("wall"), Some("ns"))
    );
    assert_eq!(first["reason"], serde_json::Value::Null);
    assert_eq!(first["unit_of_replication"], "process_pair");
    let mut change = keys(&first["change"]);
    change.sort();
    assert_eq!(change, ["estimate", "high", "level", "low"]);
    assert!((first["change"]["estimate"].as_f64().expect("a number") - 0.1).abs() < 0.02);
    assert_eq!(keys(&first["n"]).len(), 2);
    assert!(first["n"]["baseline"].is_u64() && first["n"]["candidate"].is_u64());
    let back: Comparison = serde_json::from_value(json).expect("reads back");
    assert_eq!(back.json(), found.json());
}

#[test]
fn text_is_one_line_a_metric_and_names_are_harmless() {
    let text = compared(1.041, 2, |e| e.pairs(160))
        .report()
        .text(None, false);
    let line = text.lines().next().expect("a line");
    assert!(line.starts_with("app wall          +4."), "{line}");
    assert!(line.contains("]     slower  ("), "{line}");
    assert!(line.contains(" process pairs, 99."), "{line}");
    let mut hostile = compared(1.1, 2, |e| e);
    hostile.results[0].id = "\u{1b}[31m|<b>".to_owned();
    let text = hostile.report().text(None, false);
    assert!(
        text.starts_with("\\u{1b}[31m|<b> wall") && !text.contains('\u{1b}'),
        "{text}"
    );
    let table = hostile.report().markdown();
    assert!(
        table.contains("\\[31m\\|&lt;b&gt; wall") && table.starts_with("**regressed**"),
        "{table}"
    );
}

#[test]
fn a_tail_is_judged_by_its_own_calls_or_says_how_many_it_lacks() {
    let pause = || std::thread::sleep(Duration::from_millis(1));
    let with = || Alternatives::new("pause").margin(0.1).seed(5);
    let few = with()
        .time(Duration::from_millis(1))
        .compare_quantile(0.99, pause, pause);
    let tail = &few.results[0];
    assert_eq!((tail.id.as_str(), tail.metric.as_str()), ("pause", "p99"));
    assert_eq!(
        (few.verdict, tail.reason.as_deref()),
        (Verdict::Inconclusive, Some("too_few_tail_samples"))
    );
    // Every twentieth call of the candidate waits a hundred times as long: nobody may call that the same, or faster.
    let mut calls = 0u32;
    let slow = || {
        calls += 1;
        let long = calls.is_multiple_of(20);
        std::thread::sleep(Duration::from_micros(if long { 20_000 } else { 200 }));
    };
    let quick = || std::thread::sleep(Duration::from_micros(200));
    let found = with()
        .time(Duration::from_millis(400))
        .compare_quantile(0.99, quick, slow);
    assert!(
        matches!(found.verdict, Verdict::Regressed | Verdict::Inconclusive),
        "{found:?}"
    );
    let nonsense = with().compare_quantile(1.5, pause, pause);
    assert!(nonsense.results.is_empty() && nonsense.warnings[0].contains("could not be judged"));
}

#[test]
fn a_suite_of_many_asks_for_more_than_one_question_does() {
    let policy = Policy::default();
    let found = |cost| compared(cost, 11, |e| e.pairs(10));
    let mut alone = [found(1.2)];
    assert_eq!(
        (alone[0].verdict, judge_together(&mut alone, &policy)),
        (Verdict::Regressed, 1)
    );
    let mut many: Vec<Comparison> = (0..80).map(|_| found(1.0)).collect();
    many.push(found(1.2));
    assert_eq!(judge_together(&mut many, &policy), 0); // one in a thousand among 81
    let p = many[80].results[0].adjusted_p.expect("noted");
    assert!(p > policy.level, "{p}");
}

#[test]
fn budgets_are_judged_by_the_candidates_range() {
    let policy = |max: &str| -> Policy {
        let text = format!(r#"{{"budget": [{{"metric": "wall", "max": "{max}"}}]}}"#);
        serde_json::from_str(&text).expect("a policy")
    };
    let found = compared(1.0, 2, |e| e);
    assert_eq!(found.exit_code(&policy("1s")), 0);
    assert_eq!(found.exit_code(&policy("1us")), 1);
    let median = found.results[0].candidate.expect("measured");
    let at = policy(&format!("{}ns", median.round()));
    assert_eq!(
        (
            found.exit_code(&at),
            found.exit_code(&at.deny_inconclusive())
        ),
        (0, 2)
    );
    assert_eq!(found.exit_code(&policy("5 MiB").deny_inconclusive()), 2); // a limit in another unit judges nothing
    let text = found.report().with_policy(&policy("1us")).text(None, false);
    assert!(
        text.contains("budget: app wall at most 1.00 µs is broken"),
        "{text}"
    );
    for bad in [
        r#"{"margin": "2"}"#,
        r#"{"margins": "2%"}"#,
        r#"{"budget": [{"max": "5 parsecs"}]}"#,
    ] {
        assert!(serde_json::from_str::<Policy>(bad).is_err(), "{bad}");
    }
}

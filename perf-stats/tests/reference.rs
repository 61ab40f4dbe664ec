//! Promise: every procedure gives the reference results, to the tolerance each file states.

#[path = "../examples/check_reference/case.rs"]
mod case;
#[path = "../examples/check_reference/check.rs"]
mod check;
#[path = "../examples/check_reference/describe.rs"]
mod describe;
#[path = "../examples/check_reference/hypothesis.rs"]
mod hypothesis;
#[path = "../examples/check_reference/paired.rs"]
mod paired;
#[path = "../examples/check_reference/time.rs"]
mod time;

use std::collections::BTreeSet;
use std::path::Path;

/// Every procedure some family implements.
fn listed() -> Vec<&'static str> {
    [
        describe::PROCEDURES,
        hypothesis::PROCEDURES,
        time::PROCEDURES,
        paired::PROCEDURES,
    ]
    .concat()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

/// Passes vacuously for a procedure no family lists yet; `every_file_has_a_procedure` fails as long as there is one.
fn verify(procedure: &str) {
    if !listed().contains(&procedure) {
        return;
    }
    let text = std::fs::read_to_string(folder().join(format!("{procedure}.json"))).unwrap();
    let outcome = check::run(&text).unwrap();
    assert!(
        outcome.failed.is_empty(),
        "{procedure}:\n{}",
        outcome.failed.join("\n")
    );
    assert!(outcome.passed > 0);
}

macro_rules! procedures {
    ($($name:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];
        $(#[test] fn $name() { verify(stringify!($name)); })*
    };
}

procedures! {
    anderson_ksamp autocorrelation beta_binomial_cs brunner_munzel control_charts descriptive e_divisive effect_sizes
    harrell_davis hierarchical_variance hodges_lehmann ks_2samp mann_kendall mann_whitney mmc multiplicity
    normal_mixture_cs ols paired_t pelt permutation pettitt power_t proportion_ci quantile_ci quantiles sign_test
    theil_sen tost usl welch_t wilcoxon yuen
}

fn files() -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder())
        .unwrap()
        .map(|e| e.unwrap().path());
    let json = entries.filter(|p| p.extension().is_some_and(|e| e == "json"));
    json.map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_file_has_a_test() {
    assert_eq!(files(), TESTED.iter().map(|&s| s.to_owned()).collect());
}

#[test]
fn every_file_has_a_procedure() {
    assert_eq!(files(), listed().iter().map(|&s| s.to_owned()).collect());
}

#[test]
fn every_listed_procedure_has_an_adapter() {
    for procedure in listed() {
        let text = format!(r#"{{"procedure":"{procedure}","cases":[]}}"#);
        assert!(check::run(&text).is_ok(), "{procedure}");
    }
    assert!(check::run(r#"{"procedure":"no_such_procedure","cases":[]}"#).is_err());
    assert!(check::run("{").is_err());
}

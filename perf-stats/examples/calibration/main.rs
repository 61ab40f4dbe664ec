//! In: nothing but a seed in the source. Out: false alarms, power, coverage and cost of the decision, with Monte Carlo errors.
//!
//! `calibration [--quick] [--recorded SECONDS]`: `--quick` runs a tenth of the simulations; `--recorded` instead shows the
//! designs on batches timed here, that many seconds for each group of lines of its table. Exit 1 if a bar is missed by more than three standard errors.

mod bounds;
mod coverage;
mod designs;
mod environment;
mod recorded;
mod verdicts;

use coverage::{CASES, Promise};
use environment::ENVIRONMENTS;
use perf_stats::Rng;
use std::process::ExitCode;
use std::time::Duration;
use verdicts::{simulate, standard_error};

/// Any number will do; this one makes the tables repeat.
const SEED: u64 = 20_260_811;

struct Report {
    missed: Vec<String>,
}

impl Report {
    /// Notes a share that exceeds its bar by more than three standard errors at the bar.
    fn at_most(&mut self, what: &str, share: f64, bar: f64, runs: usize) {
        if share > bar + 3.0 * standard_error(bar, runs) {
            self.missed.push(format!(
                "{what}: {:.3} % above {:.3} %",
                100.0 * share,
                100.0 * bar
            ));
        }
    }

    fn at_least(&mut self, what: &str, share: f64, bar: f64, runs: usize) {
        if share < bar - 3.0 * standard_error(bar, runs) {
            self.missed.push(format!(
                "{what}: {:.3} % below {:.3} %",
                100.0 * share,
                100.0 * bar
            ));
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let scale = if args.iter().any(|a| a == "--quick") {
        1
    } else {
        10
    };
    if let Some(at) = args.iter().position(|a| a == "--recorded") {
        let seconds = args.get(at + 1).and_then(|s| s.parse::<f64>().ok());
        let Some(seconds) = seconds.filter(|s| *s > 0.0 && *s < 1e4) else {
            eprintln!("calibration: --recorded needs a number of seconds");
            return ExitCode::from(3);
        };
        recorded::print(Duration::from_secs_f64(seconds));
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = args.iter().find(|a| *a != "--quick") {
        eprintln!(
            "calibration: `{unknown}` is unknown; usage: calibration [--quick] [--recorded SECONDS]"
        );
        return ExitCode::from(3);
    }
    let mut report = Report { missed: Vec::new() };
    verdict_table(200 * scale, &mut report);
    coverage_table(1_000 * scale, &mut report);
    bound_table(scale, &mut report);
    design_table(100 * scale);
    if report.missed.is_empty() {
        println!("\nall bars held");
        return ExitCode::SUCCESS;
    }
    for missed in &report.missed {
        println!("missed: {missed}");
    }
    ExitCode::FAILURE
}

/// `12.30 +- 0.45` in per cent.
fn with_error(share: f64, runs: usize) -> String {
    format!(
        "{:.2} +- {:.2}",
        100.0 * share,
        100.0 * standard_error(share, runs)
    )
}

fn verdict_table(runs: usize, report: &mut Report) {
    println!(
        "Verdicts in %, margin 2 %, looks at 10/20/40/80 blocks, {runs} runs a cell (+- Monte Carlo standard error)"
    );
    println!(
        "{:<20} {:>7} {:>15} {:>15} {:>15} {:>15} {:>15} {:>7}",
        "environment",
        "change",
        "regressed",
        "improved",
        "equivalent",
        "within 20",
        "covered",
        "blocks"
    );
    for (i, environment) in ENVIRONMENTS.into_iter().enumerate() {
        for (j, change) in [0.0, 0.02, 0.03, 0.05, -0.05].into_iter().enumerate() {
            let t = simulate(environment, change, runs, SEED + (10 * i + j) as u64);
            let cell = |count: usize| with_error(t.rate(count), runs);
            println!(
                "{:<20} {:>+5.1} % {:>15} {:>15} {:>15} {:>15} {:>15} {:>7.1}",
                environment.name,
                100.0 * change,
                cell(t.regressed),
                cell(t.improved),
                cell(t.equivalent),
                cell(t.early),
                cell(t.covered),
                t.blocks as f64 / runs as f64
            );
            let what =
                |word: &str| format!("{word}, {}, {:+.0} %", environment.name, 100.0 * change);
            if change == 0.0 {
                report.at_most(&what("false regressed"), t.rate(t.regressed), 0.01, runs);
            } else if change == 0.02 {
                report.at_most(
                    &what("regressed at the margin"),
                    t.rate(t.regressed),
                    0.015,
                    runs,
                );
            }
            let wrong = if change > 0.0 {
                t.improved
            } else if change < 0.0 {
                t.regressed
            } else {
                0
            };
            report.at_most(&what("wrong direction"), t.rate(wrong), 0.005, runs);
            if change == 0.05 && environment.name == "iid normal" {
                report.at_least(
                    &what("decided within 20 blocks"),
                    t.rate(t.early),
                    0.99,
                    runs,
                );
            }
        }
    }
}

fn coverage_table(runs: usize, report: &mut Report) {
    println!("\nCoverage of 95 % intervals in %");
    for (i, case) in CASES.iter().enumerate() {
        let runs = runs / case.cost;
        let mut rng = Rng::stream(SEED, 1_000 + i as u64);
        let covered = (0..runs).filter(|_| (case.covers)(&mut rng)).count() as f64 / runs as f64;
        let (word, low, high) = match case.promise {
            Promise::Exact => ("at least 95", 0.95, 1.0),
            Promise::Approximate => ("93.5 to 97", 0.935, 0.97),
            Promise::Short => ("at least 90", 0.90, 1.0),
            Promise::Shown => ("not promised", 0.0, 1.0),
        };
        println!(
            "{:<52} {:>15}   {word} ({runs} runs)",
            case.name,
            with_error(covered, runs)
        );
        report.at_least(case.name, covered, low, runs);
        report.at_most(case.name, covered, high, runs);
    }
}

fn bound_table(scale: usize, report: &mut Report) {
    println!("\nThe bound \"p99 < X\", verdicts in %");
    println!(
        "{:<34} {:>6} {:>7} {:>15} {:>15} {:>11}",
        "latency", "runs", "cap", "holds", "broken", "mean calls"
    );
    let line = |name: &str, t: bounds::BoundTally, cap: usize| {
        let cell = |count: usize| with_error(count as f64 / t.runs as f64, t.runs);
        println!(
            "{name:<34} {:>6} {cap:>7} {:>15} {:>15} {:>11.0}",
            t.runs,
            cell(t.holds),
            cell(t.broken),
            t.calls.value()
        );
        t
    };
    let (many, some) = (1_000 * scale, 150 * scale);
    let healthy = line(
        "lognormal, p99 = 0.8 X",
        bounds::simulate(bounds::lognormal(0.8), many, 5_000, SEED),
        5_000,
    );
    if healthy.broken > 0 {
        report.missed.push(format!(
            "{} of {many} healthy services called broken",
            healthy.broken
        ));
    }
    let broken = line(
        "lognormal, p99 = 1.3 X",
        bounds::simulate(bounds::lognormal(1.3), some, 5_000, SEED + 1),
        5_000,
    );
    report.at_least(
        "1.3 X called broken",
        broken.broken as f64 / some as f64,
        0.99,
        some,
    );
    let limit = line(
        "lognormal, p99 = X",
        bounds::simulate(bounds::lognormal(1.0), some, 8_000, SEED + 2),
        8_000,
    );
    report.at_most(
        "broken at the limit",
        limit.broken as f64 / some as f64,
        1e-4,
        some,
    );
    report.at_most(
        "holds at the limit",
        limit.holds as f64 / some as f64,
        0.05,
        some,
    );
    for p99 in [0.8, 1.3] {
        let name = format!("Pareto(2.5), p99 = {p99} X");
        line(
            &name,
            bounds::simulate(bounds::pareto(p99), some, 5_000, SEED + 3),
            5_000,
        );
    }
    for p99 in [0.8, 1.0, 1.3] {
        let name = format!("lognormal AR(1) 0.9, p99 = {p99} X");
        let t = line(
            &name,
            bounds::simulate(bounds::correlated(p99, 0.9), some, 8_000, SEED + 4),
            8_000,
        );
        let share = |count: usize| count as f64 / some as f64;
        if p99 <= 1.0 {
            report.at_most(&format!("broken, {name}"), share(t.broken), 0.002, some);
        }
        if p99 >= 1.0 {
            report.at_most(&format!("holds, {name}"), share(t.holds), 0.05, some);
        }
    }
}

fn design_table(runs: usize) {
    println!(
        "\nDesigns at the same error rate, margin 2 %, {runs} runs a cell: % regressed | % equivalent | mean batches"
    );
    print!("{:<20} {:>7}", "environment", "change");
    for design in designs::DESIGNS {
        print!("  {:>28}", design.name);
    }
    println!();
    for (i, environment) in ENVIRONMENTS.into_iter().enumerate() {
        for change in [0.0, 0.02, 0.03, 0.05] {
            print!("{:<20} {:>+5.1} %", environment.name, 100.0 * change);
            for design in designs::DESIGNS {
                let t = designs::simulate(design, environment, change, runs, SEED + 77 * i as u64);
                let text = format!(
                    "{:.1} | {:.1} | {:.0}",
                    t.percent(t.regressed),
                    t.percent(t.equivalent),
                    t.mean_batches()
                );
                print!("  {text:>28}");
            }
            println!();
        }
    }
}

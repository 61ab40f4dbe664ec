//! In: the name of a procedure and the size of its data. Out: its answer; it is what studies of this crate measure.
//!
//! `studied ranks 1000000` (Mann-Whitney of so many against as many), `studied slopes 100000` (Theil-Sen with its interval).

use perf_stats::tests::mann_whitney;
use perf_stats::trend::theil_sen;
use perf_stats::{Rng, StatsError};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let n = arguments.get(1).and_then(|n| n.parse().ok());
    let answer = match (arguments.first().map(String::as_str), n) {
        (Some("ranks"), Some(n)) => ranks(n),
        (Some("slopes"), Some(n)) => slopes(n),
        _ => {
            eprintln!("studied: write ranks N or slopes N");
            return ExitCode::from(3);
        }
    };
    match answer {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("studied: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ranks(n: usize) -> Result<String, StatsError> {
    let mut rng = Rng::new(1);
    let mut times = |scale: f64| -> Vec<f64> {
        let one = |_| scale * (0.5 * rng.normal()).exp();
        (0..n).map(one).collect()
    };
    let (x, y) = (times(1.0), times(1.01));
    Ok(format!("{:?}", mann_whitney(&x, &y)?))
}

fn slopes(n: usize) -> Result<String, StatsError> {
    let mut rng = Rng::new(2);
    let t: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let y: Vec<f64> = t.iter().map(|t| 0.001 * t + rng.normal()).collect();
    Ok(format!("{}", theil_sen(&t, &y, 0.95)?))
}

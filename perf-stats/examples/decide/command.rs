//! In: the arguments of `decide`. Out: the JSON object, or the message that goes with exit code 3.

use crate::{csv, report};
use perf_stats::StatsError;
use perf_stats::decision::{Decision, Design, Looks, Margin, TailTrial, compare_constant};

/// Seed of the resampling for `--metric p99`; the answer is a function of the file alone.
const SEED: u64 = perf_stats::Rng::DEFAULT_SEED;

/// How an arm is reduced within a block.
#[derive(Clone, Copy, PartialEq)]
enum Metric {
    Median,
    Mean,
    P99,
}

struct Arguments {
    margin: Margin,
    metric: Metric,
    file: String,
}

/// The JSON for these arguments (without the program's name), or what is wrong with them or with the file.
pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<String, String> {
    let arguments = arguments(args)?;
    let file = &arguments.file;
    let bytes = std::fs::read(file).map_err(|e| format!("{file}: {e}"))?;
    judge(bytes, &arguments).map_err(|e| format!("{file}: {e}"))
}

fn judge(bytes: Vec<u8>, arguments: &Arguments) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|e| {
        let valid = String::from_utf8_lossy(&e.as_bytes()[..e.utf8_error().valid_up_to()]);
        let line = 1 + valid.matches('\n').count();
        format!("line {line}: not UTF-8")
    })?;
    let blocks = csv::parse(&text)?;
    let decision = decide(&blocks, arguments)?;
    Ok(report::json(
        &decision,
        &blocks,
        arguments.metric == Metric::P99,
    ))
}

fn arguments(mut args: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let usage = "usage: decide [--margin 2%] [--metric median|mean|p99] FILE.csv";
    let (mut margin, mut metric, mut file) = (Margin::COMMAND, Metric::Median, None);
    while let Some(arg) = args.next() {
        let (name, inline) = match arg.split_once('=') {
            Some((n, v)) if n.starts_with("--") => (n.to_owned(), Some(v.to_owned())),
            _ => (arg.clone(), None),
        };
        let mut value = || inline.clone().or_else(|| args.next()).ok_or(usage);
        match name.as_str() {
            "--margin" => margin = parse_margin(&value()?)?,
            "--metric" => {
                metric = match value()?.as_str() {
                    "median" => Metric::Median,
                    "mean" => Metric::Mean,
                    "p99" => Metric::P99,
                    other => return Err(format!("unknown metric `{other}`; {usage}")),
                }
            }
            "--help" | "-h" => return Err(usage.into()),
            other if other.starts_with('-') && other.len() > 1 => {
                return Err(format!("unknown option `{other}`; {usage}"));
            }
            _ if file.is_some() => return Err(usage.into()),
            _ => file = Some(arg),
        }
    }
    Ok(Arguments {
        margin,
        metric,
        file: file.ok_or(usage)?,
    })
}

/// `2%`, `2 %` or `0.02`.
fn parse_margin(text: &str) -> Result<Margin, String> {
    let (number, unit) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    let value: f64 = number
        .parse()
        .map_err(|_| format!("`{text}` is no margin; try 2%"))?;
    Margin::relative(value / unit).map_err(|e| e.to_string())
}

fn decide(blocks: &[csv::Block], arguments: &Arguments) -> Result<Decision, String> {
    let too_few = blocks.len() < 10;
    let looks = Looks::up_to(blocks.len().max(10)).map_err(|e| e.to_string())?;
    let design = Design::new(arguments.margin).looks(looks);
    let zero = blocks
        .iter()
        .flat_map(|b| &b.values)
        .find(|v| v.value == 0.0);
    if let Some(zero) = zero {
        // Ratios do not exist; a counter that never varies can still be compared.
        let arm = |a| {
            blocks
                .iter()
                .flat_map(move |b| b.arm(a))
                .collect::<Vec<f64>>()
        };
        let constant = compare_constant(&arm('A'), &arm('B'), arguments.margin);
        return match constant {
            Ok(Some(decision)) if !too_few => Ok(report::in_blocks(decision, blocks.len())),
            Ok(Some(_)) => design.decide(&[]).map_err(|e| e.to_string()),
            _ => Err(format!(
                "line {}: a zero has no ratio to anything",
                zero.line
            )),
        };
    }
    let decision = match arguments.metric {
        Metric::P99 => tail(design, blocks),
        Metric::Median => by_blocks(&design, blocks, median),
        Metric::Mean => by_blocks(&design, blocks, mean),
    };
    decision.map_err(|e| e.to_string())
}

fn by_blocks(
    design: &Design,
    blocks: &[csv::Block],
    reduce: fn(&[f64]) -> f64,
) -> Result<Decision, StatsError> {
    let mut trial = design.start();
    for block in blocks {
        if let Some((order, four)) = block.four() {
            trial.note_batches(order, four); // lets a guard look for carry-over
        }
        trial.push(log_ratio(block, reduce))?;
        if trial.is_over() {
            break;
        }
    }
    Ok(trial.finish())
}

fn log_ratio(block: &csv::Block, reduce: fn(&[f64]) -> f64) -> f64 {
    let reduced = |arm| reduce(&block.arm(arm).collect::<Vec<f64>>());
    reduced('B').ln() - reduced('A').ln()
}

fn tail(design: Design, blocks: &[csv::Block]) -> Result<Decision, StatsError> {
    let mut trial = TailTrial::new(design, 0.99, SEED)?;
    for block in blocks {
        let arm = |a| block.arm(a).collect::<Vec<f64>>();
        trial.push_block(&arm('A'), &arm('B'))?;
        if trial.is_over() {
            break;
        }
    }
    Ok(trial.finish())
}

fn median(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.sort_unstable_by(f64::total_cmp);
    f64::midpoint(v[(v.len() - 1) / 2], v[v.len() / 2])
}

fn mean(x: &[f64]) -> f64 {
    x.iter().map(|v| v / x.len() as f64).sum()
}

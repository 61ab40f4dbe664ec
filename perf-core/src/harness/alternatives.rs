//! In: benchmarks that name another one of the same executable as their baseline. Out: the two side by side, with a verdict.

use super::arguments::Format;
use super::baselines::How;
use super::catalogue::Bench;
use super::compare::words;
use super::main::print;
use super::output::compared;
use super::progress::Progress;
use super::side_by_side::Side;
use crate::error::warn;
use crate::judge::Comparison;

/// Compares each with its baseline, and prints the answer where text is asked for. A slower alternative is an answer, no failure.
pub(super) fn compare(chosen: &[&Bench], how: &How<'_>) -> Vec<Comparison> {
    let mut answers = Vec::new();
    let paired: Vec<(&Bench, &String)> = chosen
        .iter()
        .filter_map(|bench| Some((*bench, bench.baseline.as_ref()?)))
        .collect();
    for (number, (bench, baseline)) in paired.iter().enumerate() {
        let progress = Progress::new(number, paired.len(), &bench.id);
        let side = |id: &str| Side {
            launch: how.launch.clone(),
            id: id.to_owned(),
        };
        let name = format!("{} v {baseline}", bench.id);
        let found = how.compare(&name, &side(baseline), &side(&bench.id), &mut |words| {
            progress.say(words);
        });
        progress.clear();
        match found {
            Ok(found) => {
                if how.arguments.format == Format::Text {
                    print(&compared(&found));
                }
                answers.push(found);
            }
            Err(not) => warn(&format!("{name} was not compared: {}", words(&not))),
        }
    }
    answers
}

//! In: a comparison of two builds. Out: the sentence on the layout of their code, where a claim is no larger than what that alone moves.

use super::store::Kept;
use crate::judge::{Comparison, Verdict};
use crate::units;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// By so much the layout of code alone commonly moves a build: unused functions added, sections linked in another order. What builds of
/// ours differed by is in the guide; the bench `two_executables` measures it with `--layout`.
pub(super) const MOVED: f64 = 0.02;

/// Whether the executable is another one than that of the baseline, by its hash. One that cannot be read is.
pub(super) fn is_another(kept: &Kept, executable: &Path) -> bool {
    let hash = |bytes: Vec<u8>| format!("{:016x}", xxh3_64(&bytes)); // as it is stored
    std::fs::read(executable).map(hash).ok().as_ref() != Some(&kept.executable_xxh3)
}

/// Adds the sentence to the claims that it concerns.
pub(super) fn note(comparison: &mut Comparison) {
    for outcome in &mut comparison.results {
        let claims = matches!(outcome.verdict, Verdict::Regressed | Verdict::Improved);
        let small = outcome
            .change
            .is_some_and(|change| change.estimate.abs() <= MOVED);
        if outcome.decides && claims && small {
            outcome.warnings.push(sentence());
        }
    }
}

fn sentence() -> String {
    format!(
        "the two sides are two builds, and the layout of code alone commonly moves a build by up to {}: --metric instructions tells more work from another layout",
        units::rough_percent(MOVED)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::compare::tests::outcome;
    use crate::judge::Circumstances;

    #[test]
    fn small_claims_bear_the_sentence_and_nothing_else_does() {
        for (times, said) in [(1.0, false), (1.015, true), (0.985, true), (1.1, false)] {
            let mut made = outcome("time", times);
            made.verdict = match times {
                1.0 => Verdict::Equivalent,
                more if more > 1.0 => Verdict::Regressed,
                _ => Verdict::Improved,
            };
            let mut control = outcome("control", 1.015);
            control.verdict = Verdict::Regressed; // shown, and decides nothing
            let mut comparison = Comparison::new(vec![made, control], Circumstances::here());
            note(&mut comparison);
            let [time, control] = &comparison.results[..] else {
                panic!("two outcomes");
            };
            assert_eq!(time.warnings.contains(&sentence()), said, "{times}");
            assert!(!control.warnings.contains(&sentence()));
        }
    }
}

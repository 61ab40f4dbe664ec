//! In: a study. Out: where it stands in plain lines, as a terminal shows it.

use super::dossier::Dossier;
use super::folder::Opened;
use super::opportunity::Ranking;
use crate::escape::terminal;
use std::fmt::Write;

impl Opened {
    /// Where it stands, in plain lines: what was asked, the newest evidence, what was expected, what each validation found, and the next
    /// step. Names in it are harmless for a terminal. [`document`](super::document) has all of it, as Markdown.
    ///
    /// ```
    /// use perf_core::study::{Opened, Studies, Workload};
    /// let folder = std::env::temp_dir().join(format!("perf-text-{}", std::process::id()));
    /// let study = Studies::at(&folder).begin("why *so* slow?", Workload::InProcess("count".to_owned()))?;
    /// let told = Opened::Analysis(study).text();
    /// assert!(told.starts_with("study 0001-why-so-slow, analysis: why *so* slow?\n  measures count\nnext: "), "{told}");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn text(&self) -> String {
        let dossier = self.dossier();
        format!(
            "study {}, {}: {}\n  measures {}\n{}next: {}\n",
            terminal(&dossier.name),
            self.state(),
            terminal(&dossier.question.text),
            terminal(&dossier.question.workload.line()),
            course(dossier),
            terminal(&self.next_step())
        )
    }
}

/// What was seen, expected and found.
fn course(dossier: &Dossier) -> String {
    let mut text = String::new();
    if let Some(evidence) = dossier.evidence.last() {
        let _ = write!(text, "{}", Ranking::of(evidence));
    }
    for hypothesis in &dossier.hypotheses {
        let _ = writeln!(
            text,
            "hypothesis {}: {}; {} of {}, {:.0} % sure",
            hypothesis.number,
            terminal(&hypothesis.text),
            hypothesis.expected,
            terminal(&hypothesis.metric.to_string()),
            100.0 * hypothesis.confidence
        );
    }
    for validated in &dossier.validations {
        let mut plans = dossier.plans.iter();
        let plan = plans.find(|plan| plan.number == validated.plan);
        let hypothesis = plan.and_then(|plan| dossier.hypothesis(plan.hypothesis));
        if let Some((plan, hypothesis)) = plan.zip(hypothesis) {
            let _ = writeln!(
                text,
                "plan {}, validation {}:",
                plan.number, validated.attempt
            );
            for sentence in validated.sentences(plan, hypothesis) {
                let _ = writeln!(text, "  {}", terminal(&sentence));
            }
        }
    }
    text
}

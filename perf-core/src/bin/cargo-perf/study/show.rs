//! In: studies and their journal. Out: what is said of them in text.

use crate::exit::Failure;
use perf_core::escape::terminal;
use perf_core::study::{Ending, Journal, JournalEntry, Plan, Step, Studies, Validated};
use std::fmt::Write;

/// Studies of the journal that are shown before a new one is begun.
const RELATED: usize = 5;

/// What the journal has on a question.
pub(crate) fn related(journal: &Journal, question: &str) -> Result<String, Failure> {
    let found = journal.search(question)?;
    let mut text = String::new();
    if found.is_empty() {
        return Ok(text);
    }
    text.push_str("the journal has, on this:\n");
    for (_, entries) in found.iter().take(RELATED) {
        text.push_str(&study(entries));
    }
    Ok(text)
}

/// One study's entries, without those that only say that something was measured or planned.
pub(crate) fn study(entries: &[JournalEntry]) -> String {
    let mut text = String::new();
    for entry in entries {
        if matches!(entry.step, Step::Measured | Step::Planned) {
            continue;
        }
        let indent = if entry.step == Step::Asked { "" } else { "  " };
        let _ = writeln!(text, "{indent}{}", line(entry));
    }
    text
}

/// `0001-why  supposed  1: ...  REFUTED`.
pub(crate) fn line(entry: &JournalEntry) -> String {
    let mark = entry
        .mark
        .map_or(String::new(), |mark| format!("  {}", mark.word()));
    let study = terminal(&entry.study);
    format!(
        "{study}  {}  {}{mark}",
        entry.step.word(),
        terminal(&entry.text)
    )
}

/// What SIGINT does to a step that measures.
pub(crate) fn lost(study: &str, what: &str, step: &str) -> String {
    format!(
        "interrupted: the {what} so far are thrown away, since evidence is whole or none; study {study} stands where it stood; next: \
         cargo perf study {step}"
    )
}

/// What was frozen.
pub(crate) fn plan(plan: &Plan, kept: bool) -> String {
    let mut text = format!(
        "plan {} is frozen: {} must improve by more than {:.1} %, in at most {} pairs of old and new\n",
        plan.number,
        terminal(&plan.target.to_string()),
        100.0 * plan.margin,
        plan.pairs
    );
    let guards: Vec<String> = plan
        .guards
        .iter()
        .map(|guard| guard.metric.to_string())
        .collect();
    if let Some(first) = plan.guards.first() {
        let margin = 100.0 * first.margin;
        let _ = writeln!(
            text,
            "  guarded, none may be worse by {margin:.1} %: {}",
            terminal(&guards.join(", "))
        );
    }
    for reason in &plan.unguarded {
        let _ = writeln!(text, "  not guarded: {}", terminal(reason));
    }
    let old_side = match (kept, &plan.commit, plan.dirty) {
        (true, _, _) => "  the program as it is now was kept: it is the old side\n".to_owned(),
        (false, Some(commit), Some(false)) => format!("  the old side is commit {commit}\n"),
        _ => "  the old side is neither kept nor committed: validate will need --baseline-rev or --baseline\n".to_owned(),
    };
    text.push_str(&old_side);
    text
}

/// A budget for the policy of the gate: the new value with the margin on top.
pub(crate) fn gate_line(plan: &Plan, last: &Validated) -> String {
    let Some(target) = last.target(plan) else {
        return String::new();
    };
    let high = target
        .candidate_range
        .and_then(|range| range.high)
        .or(target.candidate);
    let max = target.unit.print(high.unwrap_or(0.0) * (1.0 + plan.margin));
    format!(
        "for the policy of the gate, on this machine:\n[[budget]]\nname = {:?}\nmetric = {:?}\nmax = {max:?}\n",
        target.id, target.metric
    )
}

/// The newest study whose change was accepted.
pub(crate) fn newest_accepted(studies: &Studies) -> Option<String> {
    let read = studies.dossiers().ok()?;
    let accepted = |dossier: &&perf_core::study::Dossier| {
        matches!(dossier.ending, Some(Ending::Accepted { .. }))
    };
    let newest = read
        .iter()
        .rev()
        .filter_map(|dossier| dossier.as_ref().ok())
        .find(accepted);
    newest.map(|dossier| dossier.name.clone())
}

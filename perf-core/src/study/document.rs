//! In: a dossier. Out: [`document`], the study as Markdown: what was asked, seen, expected, changed and learned.

use super::answer::HypothesisOutcome;
use super::dossier::Dossier;
use super::hypothesis::Hypothesis;
use super::opportunity::Ranking;
use super::plan::Plan;
use super::question::{Ending, Workload};
use super::validation::Validated;
use crate::escape::markdown;
use std::fmt::Write;

/// The study as Markdown. Everything in it comes from the sealed files, so it can be written again at any time.
pub fn document(dossier: &Dossier) -> String {
    let mut text = format!("# {}\n\n", markdown(&dossier.question.text));
    let line = dossier.question.workload.line();
    let _ = writeln!(text, "Study `{}`, of {}.\n", dossier.name, code(&line));
    let state = match &dossier.ending {
        None => "**Open.**\n".to_owned(),
        Some(Ending::Accepted { .. }) => "**The change was accepted.**\n".to_owned(),
        Some(Ending::Concluded { text, .. }) => {
            format!("**Concluded without a change:** {}\n", markdown(text))
        }
    };
    text.push_str(&state);
    for (at, evidence) in dossier.evidence.iter().enumerate() {
        let _ = writeln!(text, "\n## Evidence {}\n", at + 1);
        let source = source(evidence.commit.as_deref(), evidence.dirty);
        let machine = evidence
            .environment
            .cpu
            .as_deref()
            .unwrap_or("a CPU that is not named");
        let _ = writeln!(
            text,
            "{} runs of {source}, on {}.\n",
            evidence.runs,
            markdown(machine)
        );
        list(&mut text, &Ranking::of(evidence).to_string());
        evidence.notes.iter().for_each(|note| item(&mut text, note));
    }
    for hypothesis in &dossier.hypotheses {
        tested(&mut text, dossier, hypothesis);
    }
    let found = surprises(dossier);
    if !found.is_empty() {
        text.push_str("\n## What was surprising\n\n");
        found.iter().for_each(|sentence| item(&mut text, sentence));
    }
    if !dossier.rechecks.is_empty() {
        text.push_str("\n## Checked again\n\n");
    }
    for recheck in &dossier.rechecks {
        if let Some(plan) = dossier.plan() {
            let source = source(recheck.commit.as_deref(), recheck.dirty);
            let _ = writeln!(text, "- {source}: {}", markdown(&recheck.sentence(plan)));
        }
    }
    text.push_str("\n## How to reproduce\n\n");
    let _ = match &dossier.question.workload {
        Workload::InProcess(_) => writeln!(text, "{}", again(dossier)),
        Workload::Command(_) => writeln!(text, "```\n{}\n```", again(dossier)),
    };
    text
}

fn tested(text: &mut String, dossier: &Dossier, hypothesis: &Hypothesis) {
    let _ = writeln!(
        text,
        "\n## Hypothesis {}: {}\n",
        hypothesis.number,
        markdown(&hypothesis.text)
    );
    let cited: Vec<String> = hypothesis
        .evidence
        .iter()
        .map(|cited| code(&cited.file))
        .collect();
    let _ = writeln!(
        text,
        "Expected of {}: {}, {:.0} % sure; it rests on {}.",
        code(&hypothesis.metric.to_string()),
        hypothesis.expected,
        100.0 * hypothesis.confidence,
        cited.join(", ")
    );
    for plan in dossier
        .plans
        .iter()
        .filter(|plan| plan.hypothesis == hypothesis.number)
    {
        for validated in dossier.of_plan(plan.number) {
            compared(text, plan, hypothesis, validated);
        }
    }
}

fn compared(text: &mut String, plan: &Plan, hypothesis: &Hypothesis, validated: &Validated) {
    let _ = writeln!(
        text,
        "\n### Plan {}, validation {}\n",
        plan.number, validated.attempt
    );
    let old = source(plan.commit.as_deref(), plan.dirty);
    let new = source(validated.commit.as_deref(), validated.dirty);
    let _ = writeln!(
        text,
        "Change: from {old} to {new}. The old side was {}.\n",
        markdown(&validated.baseline)
    );
    text.push_str(
        "| metric | before | after | change | margin | verdict |\n|---|---|---|---|---|---|\n",
    );
    for outcome in &validated.comparison.results {
        let metric = outcome.of_metric();
        if metric != plan.target && !plan.guards.iter().any(|guard| guard.metric == metric) {
            continue;
        }
        let print =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| outcome.unit.print(value));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.1} % | {} |",
            markdown(&metric.to_string()),
            print(outcome.baseline),
            print(outcome.candidate),
            super::answer::change_words(outcome),
            100.0 * outcome.margin,
            outcome.verdict
        );
    }
    text.push('\n');
    let in_table =
        |sentence: &String| sentence.starts_with("guard: ") && sentence.contains(" holds: ");
    let sentences = validated.sentences(plan, hypothesis).into_iter();
    sentences
        .filter(|sentence| !in_table(sentence))
        .for_each(|sentence| item(text, &sentence));
}

/// What nobody expected: it is what the next study should know.
pub(super) fn surprises(dossier: &Dossier) -> Vec<String> {
    let mut found = Vec::new();
    for validated in &dossier.validations {
        let number = validated.plan;
        match validated.hypothesis {
            HypothesisOutcome::Refuted => {
                found.push(format!("Plan {number} refuted its hypothesis."));
            }
            HypothesisOutcome::WrongSize => {
                found.push(format!("Plan {number}: right in kind, wrong in size."));
            }
            _ => {}
        }
        let worse = validated
            .change
            .failed
            .iter()
            .filter(|failed| failed.starts_with("the guard"));
        found.extend(worse.map(|failed| format!("Plan {number}: {failed}.")));
    }
    found
}

/// What does it again: a command, or a sentence.
pub(super) fn again(dossier: &Dossier) -> String {
    let line = dossier.question.workload.line();
    match (&dossier.question.workload, dossier.plans.last()) {
        (Workload::InProcess(_), _) => "Run the program that made this study again.".to_owned(),
        (Workload::Command(_), Some(plan)) => {
            let old = plan.commit.as_deref().unwrap_or("COMMIT");
            format!(
                "cargo perf ab --baseline-rev {old} --metric '{}' --seed {} --pairs {} -- {line}",
                plan.target, plan.seed, plan.pairs
            )
        }
        (Workload::Command(_), None) => {
            let runs = dossier.evidence.last().map_or(10, |evidence| evidence.runs);
            format!("cargo perf run -n {runs} -- {line}")
        }
    }
}

pub(super) fn source(commit: Option<&str>, dirty: Option<bool>) -> String {
    let Some(commit) = commit else {
        return "a source without a commit".to_owned();
    };
    let short = code(&commit.chars().take(10).collect::<String>());
    match dirty {
        Some(true) => format!("{short} with changes that are not committed"),
        _ => short,
    }
}

fn list(text: &mut String, lines: &str) {
    lines.lines().for_each(|line| item(text, line.trim()));
}

fn item(text: &mut String, line: &str) {
    let _ = writeln!(text, "- {}", markdown(line));
}

/// Within a line of Markdown; back quotes cannot be escaped there.
fn code(text: &str) -> String {
    let safe: String = text
        .chars()
        .map(|c| if c == '`' || c.is_control() { '\'' } else { c })
        .collect();
    format!("`{safe}`")
}

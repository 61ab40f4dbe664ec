//! In: a dossier. Out: [`page`], the study for a browser: question, opportunities, prediction against measurement, guards, verdict.

use super::answer::{GuardHolds, change_words};
use super::document::{again, source, surprises};
use super::dossier::Dossier;
use super::hypothesis::{Hypothesis, percent};
use super::opportunity::{Opportunity, Ranking};
use super::plan::Plan;
use super::question::Ending;
use super::validation::Validated;
use crate::judge::Unit;
use crate::report::Page;
use crate::report::page;
use maud::{Markup, html};

/// Pixels of a share's picture.
const WIDTH: f64 = 200.0;

/// The study as one page. Everything on it comes from the sealed files, so it can be made again at any time.
pub fn page(dossier: &Dossier) -> Page<'static> {
    let rest = html! {
        (opportunities(dossier))
        @for hypothesis in &dossier.hypotheses { (tested(dossier, hypothesis)) }
        (surprising(dossier))
        (rechecks(dossier))
        (evidence(dossier))
    };
    Page::new(&dossier.question.text)
        .drawn(first(dossier), rest)
        .command(&again(dossier))
}

/// The question, how it was answered, and the last validation in two lines.
fn first(dossier: &Dossier) -> Markup {
    let last = dossier.validations.last();
    html! {
        section.first aria-label="what matters most" {
            p {
                "Study " (dossier.name) ", of " code { (dossier.question.workload.line()) } ", asked "
                time { (page::moment(dossier.question.unix_ms)) } "."
            }
            ul.findings {
                @match &dossier.ending {
                    None => { li.inconclusive { "Open: it has not ended." } },
                    Some(Ending::Accepted { .. }) => { li.improved { "The change was accepted." } },
                    Some(Ending::Concluded { text, .. }) => { li { "Concluded without a change: " (text) } },
                }
                @if let Some(last) = last { (headlines(dossier, last)) }
                @if let (None, Some(opportunity)) = (last, best(dossier)) {
                    li { a href="#opportunities" { (plainly(&opportunity)) } }
                }
            }
        }
    }
}

fn best(dossier: &Dossier) -> Option<Opportunity> {
    let ranking = Ranking::of(dossier.evidence.last()?);
    ranking.sites.into_iter().chain(ranking.whole).next()
}

fn headlines(dossier: &Dossier, last: &Validated) -> Markup {
    let plan = dossier.plans.iter().find(|plan| plan.number == last.plan);
    let class = if last.change.accepted {
        "improved"
    } else {
        "warns"
    };
    html! {
        @if let Some(plan) = plan {
            li class=(class) {
                a href=(format!("#plan-{}-{}", last.plan, last.attempt)) {
                    (plan.target) ": " (last.target(plan).map(change_words).unwrap_or_default())
                    @if last.change.accepted { "; the change may be kept" } @else { "; the change may not be kept" }
                }
            }
            li {
                a href=(format!("#hypothesis-{}", plan.hypothesis)) {
                    "Hypothesis " (plan.hypothesis) " is " (last.hypothesis.words())
                    @if let Some(hypothesis) = dossier.hypothesis(plan.hypothesis) { ": " (hypothesis.expected) " was expected, " (sure(hypothesis)) }
                }
            }
        }
    }
}

fn sure(hypothesis: &Hypothesis) -> String {
    format!("{:.0} % sure", 100.0 * hypothesis.confidence)
}

/// Without the marks that text needs.
fn plainly(opportunity: &Opportunity) -> String {
    opportunity.to_string().replace('`', "")
}

/// What could be won at most, as the newest evidence has it.
fn opportunities(dossier: &Dossier) -> Markup {
    let Some(evidence) = dossier.evidence.last() else {
        return html! {};
    };
    let ranking = Ranking::of(evidence);
    html! {
        section #opportunities aria-labelledby="opportunities-title" {
            h2 #opportunities-title { "Opportunities" }
            div.scroll tabindex="0" role="group" aria-label="what could be won" {
                table.plain {
                    caption { "Shares of the wall time: median of " (ranking.runs) " runs with its 95 % interval; savings at most, by Amdahl's law at its upper end." }
                    thead { tr { @for title in ["part", "share", "interval", "twice as fast saves", "ten times"] { th scope="col" { (title) } } } }
                    @for part in [&ranking.sites, &ranking.waiting, &ranking.whole] {
                        tbody { @for one in part { (opportunity(one)) } }
                    }
                }
            }
            (takings(&ranking))
            @if !ranking.resources.is_empty() {
                div.scroll tabindex="0" role="group" aria-label="resources of the whole" {
                    table.plain {
                        caption { "Of the whole" }
                        tbody {
                            @for (metric, share) in &ranking.resources {
                                @let print = |value| metric.unit().print(value);
                                tr {
                                    th scope="row" { (metric) }
                                    td { (print(share.estimate)) }
                                    td { @if let (Some(low), Some(high)) = (share.low, share.high) { (print(low)) " to " (print(high)) } }
                                }
                            }
                        }
                    }
                }
            }
            ul.remarks { @for note in &ranking.notes { li { (note.replace('`', "")) } } }
        }
    }
}

/// What sites take beside time.
fn takings(ranking: &Ranking) -> Markup {
    html! {
        @for part in [&ranking.allocations, &ranking.faults] {
            @if let Some(first) = part.first() {
                div.scroll tabindex="0" role="group" aria-label=(format!("what sites take beside time: {}", first.what.word())) {
                    table.plain {
                        caption { "Of sites, a run, callees included: " (first.what.word()) }
                        tbody {
                            @for one in part {
                                @let print = |value| Unit::Count.print(value);
                                tr {
                                    th scope="row" { (one.name) }
                                    td.number { (print(one.count.estimate)) }
                                    td { @if let (Some(low), Some(high)) = (one.count.low, one.count.high) { (print(low)) " to " (print(high)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn opportunity(one: &Opportunity) -> Markup {
    let share = |share: f64| format!("{:.1} %", 100.0 * share);
    let at = |share: f64| (share.clamp(0.0, 1.0) * WIDTH * 10.0).round() / 10.0;
    html! {
        tr {
            th scope="row" {
                (one.name) @if one.waits() { ", waiting, callees included" }
                svg.small width=(WIDTH) height="14" viewBox=(format!("0 0 {WIDTH} 14")) preserveAspectRatio="none" aria-hidden="true" {
                    rect.margin x="0" y="0" width=(WIDTH) height="14" {}
                    rect.bars x="0" y="2" width=(at(one.share.estimate)) height="10" {}
                    @if let (Some(low), Some(high)) = (one.share.low, one.share.high) {
                        line.beneath x1=(at(low)) x2=(at(high)) y1="7" y2="7" {}
                        line.whisker x1=(at(low)) x2=(at(high)) y1="7" y2="7" {}
                    }
                }
            }
            td.number { (share(one.share.estimate)) }
            td.number { @if let (Some(low), Some(high)) = (one.share.low, one.share.high) { (share(low)) " to " (share(high)) } @else { "too few runs" } }
            td.number { (share(one.saves_at_most(2.0))) }
            td.number { (share(one.saves_at_most(10.0))) }
        }
    }
}

/// A prediction, and every validation of it.
fn tested(dossier: &Dossier, hypothesis: &Hypothesis) -> Markup {
    let plans = dossier
        .plans
        .iter()
        .filter(|plan| plan.hypothesis == hypothesis.number);
    let id = format!("hypothesis-{}", hypothesis.number);
    html! {
        section id=(id) aria-labelledby=(format!("{id}-title")) {
            h2 id=(format!("{id}-title")) { "Hypothesis " (hypothesis.number) ": " (hypothesis.text) }
            p {
                "Expected of " code { (hypothesis.metric) } ": " (hypothesis.expected) ", " (sure(hypothesis)) "; it rests on "
                @for (at, cited) in hypothesis.evidence.iter().enumerate() { @if at > 0 { ", " } (cited.file) }
                "."
            }
            @for plan in plans {
                @if dossier.of_plan(plan.number).next().is_none() { p { (frozen(plan)) } }
                @for validated in dossier.of_plan(plan.number) { (compared(plan, hypothesis, validated)) }
            }
        }
    }
}

fn frozen(plan: &Plan) -> String {
    format!(
        "Plan {} is frozen and not validated yet: {} must improve by more than {}, in at most {} pairs; {} guards.",
        plan.number,
        plan.target,
        percent(plan.margin).trim_start_matches('+'),
        plan.pairs,
        plan.guards.len()
    )
}

fn compared(plan: &Plan, hypothesis: &Hypothesis, validated: &Validated) -> Markup {
    let expected = (hypothesis.expected.low, hypothesis.expected.high);
    let said = validated.sentences(plan, hypothesis);
    let own = |sentence: &&String| {
        !sentence.starts_with("guard: ") && !sentence.starts_with("not guarded: ")
    };
    html! {
        h3 id=(format!("plan-{}-{}", validated.plan, validated.attempt)) { "Plan " (plan.number) ", validation " (validated.attempt) ": prediction against measurement" }
        p.quiet {
            "From " (plainly_source(plan.commit.as_deref(), plan.dirty)) " to " (plainly_source(validated.commit.as_deref(), validated.dirty))
            ". The old side was " (validated.baseline) "."
        }
        ul.remarks { @for sentence in said.iter().filter(own) { li { (sentence) } } }
        @if let Some(target) = validated.target(plan) { (page::article(target, Some(expected))) }
        (guards(plan, validated))
        details {
            summary { "the whole comparison" }
            (page::body(&validated.comparison.report()))
        }
    }
}

fn guards(plan: &Plan, validated: &Validated) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="guards" {
            table.plain {
                caption { "Guards: what must be shown not to be worse than its margin" }
                thead { tr { @for title in ["metric", "answer", "change", "margin"] { th scope="col" { (title) } } } }
                tbody {
                    @for guard in &validated.change.guards {
                        @let outcome = validated.comparison.outcome(&guard.metric);
                        tr {
                            th scope="row" { (guard.metric) }
                            td.warns[matches!(guard.holds, GuardHolds::Worse | GuardHolds::NotShown)] { (holds(guard.holds)) }
                            td.number { (outcome.map(change_words).unwrap_or_default()) }
                            td.number { (percent(guard.margin)) }
                        }
                    }
                    @if validated.change.guards.is_empty() { tr { td colspan="4" { "none" } } }
                }
            }
        }
        @for reason in &plan.unguarded { p.quiet { "Not guarded: " (reason) "." } }
    }
}

const fn holds(holds: GuardHolds) -> &'static str {
    match holds {
        GuardHolds::Holds => "holds",
        GuardHolds::Worse => "fails",
        GuardHolds::NotShown => "not shown to hold",
        GuardHolds::Gone => "gone from the new program",
    }
}

fn surprising(dossier: &Dossier) -> Markup {
    let found = surprises(dossier);
    html! {
        @if !found.is_empty() {
            section aria-label="what was surprising" {
                h2 { "What was surprising" }
                ul.remarks { @for sentence in &found { li { (sentence) } } }
            }
        }
    }
}

fn rechecks(dossier: &Dossier) -> Markup {
    let Some(plan) = dossier.plan() else {
        return html! {};
    };
    html! {
        @if !dossier.rechecks.is_empty() {
            section aria-label="checked again" {
                h2 { "Checked again" }
                ul.remarks {
                    @for recheck in &dossier.rechecks {
                        li.warns[recheck.still == Some(false)] {
                            time { (page::moment(recheck.unix_ms)) } ", " (plainly_source(recheck.commit.as_deref(), recheck.dirty)) ": " (recheck.sentence(plan))
                        }
                    }
                }
            }
        }
    }
}

/// What was measured, when and of which source.
fn evidence(dossier: &Dossier) -> Markup {
    html! {
        section.method aria-label="evidence" {
            h2 { "Evidence" }
            div.scroll tabindex="0" role="group" aria-label="evidence" {
                table.plain {
                    thead { tr { @for title in ["file", "runs", "when", "source", "machine"] { th scope="col" { (title) } } } }
                    tbody {
                        @for (at, evidence) in dossier.evidence.iter().enumerate() {
                            tr {
                                th scope="row" { (format!("evidence-{:03}.json", at + 1)) }
                                td.number { (evidence.runs) }
                                td { (page::moment(evidence.unix_ms)) }
                                td { (plainly_source(evidence.commit.as_deref(), evidence.dirty)) }
                                td { (evidence.environment.cpu.as_deref().unwrap_or("a CPU that is not named")) ", " (evidence.environment.os) }
                            }
                        }
                    }
                }
            }
            @for note in dossier.evidence.iter().flat_map(|evidence| &evidence.notes) { p.quiet { (note) } }
        }
    }
}

fn plainly_source(commit: Option<&str>, dirty: Option<bool>) -> String {
    source(commit, dirty).replace('`', "")
}

//! In: a bound and a site of the running program. Out: [`Live`], which counts the site's calls beyond the limit while the program is driven.

use crate::bound::Bound;
use crate::bound::confirm::ALPHA_CONFIRM;
use crate::bound::machine::kept_from_cpus;
use crate::bound::outcome::Outcome;
use crate::bound::quantile::{Question, counted};
use crate::bound::verdict::{Reason, Verdict};
use crate::probe::Probe;
use crate::record::watch::{MAX_LIMITS, Watch};
use crate::snapshot::{Snapshot, snapshot};
use crate::units;
use perf_stats::decision::{self, ALPHA_BROKEN, ALPHA_HOLDS, BoundAnswer, BoundVerdict};
use std::collections::BTreeMap;

/// Of the children of a site, so many are named in a message.
const CHILDREN: usize = 5;
/// A thread that is kept from its CPU waits for about so long at once; each such stretch can have made one call slow.
const STRETCH_NS: u64 = 1_000_000;

impl Bound {
    /// Registers the limit at the site with this id, whether it was entered yet or not, and counts its calls from now on.
    ///
    /// Drive the program, then ask: [`Live::check`]. Every call that begins after this is counted, sampled or not, by spans, measured
    /// functions and futures, and spans of the crate `tracing`. Recording is on, with calling context, while this lives; every
    /// span then costs some nanoseconds more. Of sites that share an id, the first that was entered counts. Quantiles and shares only.
    ///
    /// ```
    /// use perf_core::bound::{Bound, millis};
    /// fn checkout() {
    ///     let _span = perf_core::span!("checkout");
    /// }
    /// let fast = Bound::p99().below(millis(500)).on_site("checkout");
    /// (0..500).for_each(|_| checkout()); // or a client of a server that runs here
    /// fast.check();
    /// ```
    pub fn on_site(&self, id: impl Into<String>) -> Live {
        let id = id.into();
        let question = self.exact_question("live sites");
        let limit = question.ok().map(|question| question.limit);
        let watch = limit.and_then(|limit| Watch::new(&id, limit));
        Live {
            bound: self.clone(),
            limit,
            watch,
            before: snapshot(),
            kept_ns: kept_from_cpus(&mut Probe::new()),
            id,
        }
    }
}

/// A bound on a site of the running program; made by [`Bound::on_site`].
#[derive(Debug)]
#[must_use = "drive the program, then `check` it"]
pub struct Live {
    bound: Bound,
    id: String,
    limit: Option<f64>,   // nanoseconds; none: a bound of another kind
    watch: Option<Watch>, // none: that, or too many limits stand
    before: Snapshot,
    kept_ns: u64, // see `kept_from_cpus`, at the beginning
}

impl Live {
    /// Asserts that the site has kept the bound so far.
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check(&self) {
        self.bound.accept(&self.judge());
    }

    /// What may be said of the site so far. Ask as often as you like: the error rates hold for all times together.
    pub fn judge(&self) -> Outcome {
        let mut question = match self.bound.exact_question("live sites") {
            Ok(question) => question,
            Err(outcome) => return *outcome,
        };
        question.limit = self.limit.unwrap_or(question.limit); // a kernel takes another time now
        let Some(watch) = &self.watch else {
            let why = format!("{MAX_LIMITS} bounds on live sites stand already: drop some");
            return Outcome::unanswerable(question.told, why);
        };
        if self.bound.options.not_judged() {
            return Outcome::inconclusive(question.told, Reason::Unoptimised);
        }
        let counts = watch.counts();
        let total: u64 = counts.iter().map(|slice| slice.1).sum();
        if total == 0 {
            let why = format!(
                "no call of a site {:?} has ended since the bound was registered: is that its id, is recording compiled in and on, and has no other site the same id?",
                self.id
            );
            return Outcome::unanswerable(question.told, why);
        }
        let excused = kept_from_cpus(&mut Probe::new()).saturating_sub(self.kept_ns) / STRETCH_NS;
        match decide(&question, &counts, excused) {
            Ok((verdict, answer)) => self.told(&question, verdict, &answer, &counts, excused),
            Err(why) => Outcome::unanswerable(question.told, why),
        }
    }

    fn told(
        &self,
        question: &Question<'_>,
        verdict: Verdict,
        answer: &BoundAnswer,
        counts: &[(u64, u64)],
        excused: u64,
    ) -> Outcome {
        let mut outcome = Outcome::new(question.told, verdict);
        outcome.calls = counts.iter().map(|slice| slice.1).sum();
        outcome.exceeded = counts.iter().map(|slice| slice.0).sum();
        outcome.tell("site", self.id.clone());
        let since = snapshot().since(&self.before).ok();
        let row = since.as_ref().and_then(|since| since.site(&self.id));
        if let Some(seen) = row.and_then(|row| row.quantile(question.p)) {
            outcome.observed = Some(seen.value);
            let line = question.observed(seen.value, Some(seen.low), Some(seen.high));
            outcome.tell("observed", line);
        }
        outcome.tell("calls", counted(outcome.calls, outcome.exceeded, answer));
        if let Some(watch) = &self.watch {
            let slices = counts.iter().filter(|slice| slice.0 > 0).count();
            let line = format!(
                "{}; beyond the limit in {slices} of {} time slices",
                units::duration(watch.longest_ns() as f64),
                counts.len()
            );
            outcome.tell("longest", line);
        }
        if let Some(line) = since.as_ref().and_then(|since| inside(since, &self.id)) {
            outcome.tell("inside", line);
        }
        let kept = units::duration((excused * STRETCH_NS) as f64);
        let line = format!("threads were kept from a CPU for {kept}");
        outcome.tell("machine", line);
        outcome
    }
}

/// The verdict on counts in time order, and what it rests on. `Broken` must stand without as many exceedances as the machine
/// explains, and then without the worst 20 ms.
fn decide(
    question: &Question<'_>,
    counts: &[(u64, u64)],
    excused: u64,
) -> Result<(Verdict, BoundAnswer), String> {
    let need = decision::Bound::new(question.p, question.limit)
        .map_err(|error| format!("{error}"))?
        .calls_to_hold();
    let answer = said(question, counts, ALPHA_BROKEN)?;
    let verdict = match answer.verdict {
        BoundVerdict::Holds => Verdict::Holds,
        BoundVerdict::Broken => {
            let rest = without(counts, excused);
            if said(question, &rest, ALPHA_BROKEN)?.verdict != BoundVerdict::Broken {
                let what = format!(
                    "it explains {} of the calls beyond the limit",
                    units::count(excused)
                );
                Verdict::Inconclusive(Reason::BusyMachine { what })
            } else if said(question, &without_burst(rest), ALPHA_CONFIRM)?.verdict
                != BoundVerdict::Broken
            {
                let slices = counts.len() as u64;
                Verdict::Inconclusive(Reason::Brief { slices })
            } else {
                Verdict::Broken
            }
        }
        BoundVerdict::NotYet if answer.total < need => Verdict::Inconclusive(Reason::TooFewCalls {
            got: answer.total,
            need,
        }),
        BoundVerdict::NotYet => Verdict::Inconclusive(Reason::Undecided),
    };
    Ok((verdict, answer))
}

fn said(question: &Question<'_>, counts: &[(u64, u64)], alpha: f64) -> Result<BoundAnswer, String> {
    let refused = |error| format!("{error}");
    let mut bound = decision::Bound::new(question.p, question.limit)
        .and_then(|bound| bound.error_rates(alpha, ALPHA_HOLDS))
        .map_err(refused)?;
    for &(beyond, total) in counts {
        bound.push_counts(beyond, total).map_err(refused)?;
    }
    Ok(bound.answer())
}

/// The counts less so many exceedances, taken where most are.
fn without(counts: &[(u64, u64)], excused: u64) -> Vec<(u64, u64)> {
    let mut counts = counts.to_vec();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(counts[at].0));
    let mut left = excused;
    for at in order {
        let less = left.min(counts[at].0);
        counts[at].0 -= less;
        left -= less;
    }
    counts
}

/// The counts without the two neighbouring slices with the most exceedances: what one disturbance may have filled.
fn without_burst(mut counts: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let beyond = |at: &usize| counts[*at].0 + counts[*at + 1].0;
    let worst = (0..counts.len().saturating_sub(1)).max_by_key(beyond);
    counts.drain(worst.map_or(0..counts.len(), |at| at..at + 2));
    counts
}

/// The children of a site by the time they took, where calling context tells.
fn inside(since: &Snapshot, id: &str) -> Option<String> {
    let mut children: BTreeMap<&str, (f64, u64)> = BTreeMap::new();
    let mut own = 0.0;
    for context in &since.contexts {
        match context.path.as_slice() {
            [.., caller, child] if caller == id => {
                let sums = children.entry(child).or_default();
                *sums = (sums.0 + context.total_ns, sums.1 + context.calls);
            }
            _ => {}
        }
        if context.path.last().is_some_and(|last| last == id) {
            own += context.self_ns.max(0.0);
        }
    }
    // Not the measured total: sampled sites are estimated each by themselves, and shares should add up.
    let total = own + children.values().map(|sums| sums.0).sum::<f64>();
    if children.is_empty() || total <= 0.0 {
        return None;
    }
    let mut children: Vec<_> = children.into_iter().collect();
    children.sort_by(|a, b| b.1.0.total_cmp(&a.1.0));
    let share = |ns: f64| units::percent((ns / total).max(0.0));
    let mut parts: Vec<String> = children
        .iter()
        .take(CHILDREN)
        .map(|(child, (ns, calls))| {
            format!("{child} {} ({} calls)", share(*ns), units::count(*calls))
        })
        .collect();
    if children.len() > CHILDREN {
        parts.push(format!("{} more", children.len() - CHILDREN));
    }
    parts.push(format!("itself {}", share(own)));
    Some(parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(counts: &[(u64, u64)], excused: u64) -> Verdict {
        let bound = Bound::p99().below(crate::bound::millis(1));
        let question = bound.exact_question("live sites").expect("a quantile");
        decide(&question, counts, excused).expect("counts").0
    }

    #[test]
    fn a_burst_is_not_enough_however_many_calls_are_in_it() {
        let healthy = [(0, 500); 20];
        let mut burst = healthy.to_vec();
        (burst[6], burst[7]) = ((480, 500), (300, 500));
        assert_ne!(verdict(&burst, 0), Verdict::Broken);
        // Nothing else was driven.
        let brief = Verdict::Inconclusive(Reason::Brief { slices: 2 });
        assert_eq!(verdict(&burst[6..8], 0), brief);
        assert_eq!(verdict(&[(500, 500); 2], 0), brief);
        assert_eq!(verdict(&[(500, 500); 5], 0), Verdict::Broken);
        assert_eq!(verdict(&[(18, 500); 20], 0), Verdict::Broken);
        let busy = verdict(&[(18, 500); 20], 300);
        assert!(
            matches!(busy, Verdict::Inconclusive(Reason::BusyMachine { .. })),
            "{busy}"
        );
    }
}

//! In: an attribution. Out: sentences on where the change of the whole comes from; nothing is escaped yet.

use crate::judge::{Attribution, Moved, Shift};
use crate::units::{NOTHING, percent};

/// Sites named at most; the rest is summed.
const MOST: usize = 5;
/// A site below this share of the largest part is not worth a line.
const WORTH: f64 = 0.02;

pub(super) fn sentences(attribution: &Attribution) -> Vec<String> {
    let whole = attribution.whole.estimate;
    let share = |part: f64| {
        if whole == 0.0 {
            NOTHING.to_owned()
        } else {
            percent(part / whole)
        }
    };
    if !attribution
        .sites
        .iter()
        .any(|site| is_certain(&site.self_ns))
        && !is_certain(&attribution.whole)
    {
        return vec![format!(
            "the whole changed by {}, and no site's self time for certain",
            range(&attribution.whole)
        )];
    }
    let mut all = vec![format!(
        "the whole changed by {}; of it, by self time:",
        range(&attribution.whole)
    )];
    let largest = attribution
        .sites
        .first()
        .map_or(0.0, |site| site.self_ns.estimate.abs());
    let shown = attribution
        .sites
        .iter()
        .take(MOST)
        .take_while(|s| s.self_ns.estimate.abs() >= WORTH * largest)
        .count();
    for site in &attribution.sites[..shown] {
        let with: Vec<String> = site.moved.iter().map(moved).collect();
        let with = if with.is_empty() {
            String::new()
        } else {
            format!("; {}", with.join("; "))
        };
        all.push(format!(
            "  {} {} ({}){with}",
            site.id,
            range(&site.self_ns),
            share(site.self_ns.estimate)
        ));
    }
    let others = &attribution.sites[shown..];
    if !others.is_empty() {
        let sum: f64 = others.iter().map(|site| site.self_ns.estimate).sum();
        all.push(format!(
            "  {} further sites {} ({})",
            others.len(),
            signed(sum),
            share(sum)
        ));
    }
    let rest = &attribution.unexplained;
    all.push(format!(
        "  not in any site {} ({})",
        range(rest),
        share(rest.estimate)
    ));
    if !attribution.moved.is_empty() {
        let words: Vec<String> = attribution.moved.iter().map(moved).collect();
        all.push(format!("moved with it: {}", words.join("; ")));
    }
    all
}

fn moved(moved: &Moved) -> String {
    let unit = moved.unit();
    format!(
        "{} {} -> {}",
        moved.metric,
        unit.print(moved.baseline),
        unit.print(moved.candidate)
    )
}

/// Whether its interval holds changes of one direction alone.
fn is_certain(shift: &Shift) -> bool {
    shift.low.is_some_and(|low| low > 0.0) || shift.high.is_some_and(|high| high < 0.0)
}

/// `+1.20 ms [+1.10 ms, +1.30 ms]`.
fn range(shift: &Shift) -> String {
    match (shift.low, shift.high) {
        (Some(low), Some(high)) => format!(
            "{} [{}, {}]",
            signed(shift.estimate),
            signed(low),
            signed(high)
        ),
        _ => signed(shift.estimate),
    }
}

fn signed(nanoseconds: f64) -> String {
    let size = crate::units::duration(nanoseconds.abs());
    format!("{}{size}", if nanoseconds < 0.0 { '-' } else { '+' })
}

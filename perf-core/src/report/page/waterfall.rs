//! In: an attribution. Out: the sites' parts in the change of the whole as a waterfall, each bar from where the one before ended.

use crate::judge::{Attribution, Moved, Shift};
use crate::report::page::axis::{Axis, rounded};
use crate::units::{NOTHING, duration, percent};
use maud::{Markup, html};

/// Sites with a bar of their own; the rest is summed.
const MOST: usize = 15;

/// Pixels of a bar's picture.
const WIDTH: f64 = 260.0;
const HEIGHT: f64 = 18.0;

struct Bar<'a> {
    name: String,
    from: f64, // nanoseconds, where the one before ended
    shift: Shift,
    moved: &'a [Moved],
    whole: bool,
}

/// The picture is a table: a bar a row.
pub(super) fn of(attribution: &Attribution) -> Markup {
    let bars = bars(attribution);
    let ends = || {
        bars.iter().flat_map(|bar| {
            let low = bar.shift.low.unwrap_or(bar.shift.estimate);
            let high = bar.shift.high.unwrap_or(bar.shift.estimate);
            [bar.from, bar.from + low, bar.from + high]
        })
    };
    let x = Axis::linear(
        ends().fold(0.0, f64::min),
        ends().fold(1e-9, f64::max),
        4.0,
        WIDTH - 4.0,
    );
    let whole = attribution.whole.estimate;
    html! {
        h3 { "Where the change of the whole comes from" }
        div.scroll tabindex="0" role="group" aria-label="attribution to sites" {
            table.plain.waterfall {
                caption { "Self time of a unit, candidate less baseline; the bars add up to the whole. The thin line is the 95 % interval." }
                thead { tr { @for title in ["part", "change", "interval", "share", "with it"] { th scope="col" { (title) } } } }
                tbody {
                    @for bar in &bars {
                        tr.whole[bar.whole] {
                            th scope="row" { (bar.name) (picture(bar, &x)) }
                            td.number { (signed(bar.shift.estimate)) }
                            td.number {
                                @match (bar.shift.low, bar.shift.high) {
                                    (Some(low), Some(high)) => { (signed(low)) " to " (signed(high)) },
                                    _ => { (NOTHING) },
                                }
                            }
                            td.number { @if whole == 0.0 { (NOTHING) } @else { (percent(bar.shift.estimate / whole)) } }
                            td { (bar.moved.iter().map(words).collect::<Vec<_>>().join("; ")) }
                        }
                    }
                }
            }
        }
        @if !attribution.moved.is_empty() {
            p { "Moved with it: " (attribution.moved.iter().map(words).collect::<Vec<_>>().join("; ")) "." }
        }
    }
}

fn bars(attribution: &Attribution) -> Vec<Bar<'_>> {
    let mut bars: Vec<Bar<'_>> = Vec::new();
    let mut from = 0.0;
    let mut add = |name: String, shift: Shift, moved| {
        let bar = Bar {
            name,
            from,
            shift,
            moved,
            whole: false,
        };
        from += shift.estimate;
        bars.push(bar);
    };
    let (named, others) = attribution
        .sites
        .split_at(attribution.sites.len().min(MOST));
    for site in named {
        add(site.id.clone(), site.self_ns, &site.moved[..]);
    }
    if !others.is_empty() {
        let sum = Shift {
            estimate: others.iter().map(|site| site.self_ns.estimate).sum(),
            low: None,
            high: None,
            level: attribution.whole.level,
        };
        add(format!("{} further sites", others.len()), sum, &[]);
    }
    add("not in any site".to_owned(), attribution.unexplained, &[]);
    bars.push(Bar {
        name: "the whole".to_owned(),
        from: 0.0,
        shift: attribution.whole,
        moved: &[],
        whole: true,
    });
    bars
}

fn picture(bar: &Bar<'_>, x: &Axis) -> Markup {
    let (start, end) = (x.at(bar.from), x.at(bar.from + bar.shift.estimate));
    let side = if bar.shift.estimate > 0.0 {
        "rise"
    } else {
        "fall"
    };
    html! {
        svg.small width=(WIDTH) height=(HEIGHT) viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" aria-hidden="true" {
            line.grid x1=(x.at(0.0)) x2=(x.at(0.0)) y1="0" y2=(HEIGHT) {}
            rect class=(side) x=(start.min(end)) y="3" width=(rounded((end - start).abs().max(1.0))) height="12" {}
            @if let (Some(low), Some(high)) = (bar.shift.low, bar.shift.high) {
                line.beneath x1=(x.at(bar.from + low)) x2=(x.at(bar.from + high)) y1="9" y2="9" {}
                line.whisker x1=(x.at(bar.from + low)) x2=(x.at(bar.from + high)) y1="9" y2="9" {}
            }
        }
    }
}

fn words(moved: &Moved) -> String {
    let unit = moved.unit();
    let (old, new) = (unit.print(moved.baseline), unit.print(moved.candidate));
    format!("{} {old} to {new}", moved.metric)
}

fn signed(nanoseconds: f64) -> String {
    let sign = if nanoseconds < 0.0 { "-" } else { "+" };
    format!("{sign}{}", duration(nanoseconds.abs()))
}

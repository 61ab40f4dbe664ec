//! In: how often a site was called over time. Out: a picture of it, and in words.

use crate::report::page::axis::Axis;
use crate::report::page::plot::{self, WIDTH};
use crate::snapshot::{CallsOverTime, Row, Snapshot};
use crate::units::{count, duration};
use maud::{Markup, html};
use std::fmt::Write;

/// Pixels of the plot's height.
const HEIGHT: f64 = 70.0;

/// Steps that are drawn; finer ones are joined.
const MOST_DRAWN: usize = 48;

/// Some time, and the calls that ended in it.
struct Stretch {
    from_ns: u64,
    to_ns: u64,
    calls: u64,
}

impl Stretch {
    fn a_second(&self) -> f64 {
        let seconds = self.to_ns.saturating_sub(self.from_ns) as f64 / 1e9;
        if seconds > 0.0 {
            self.calls as f64 / seconds
        } else {
            0.0
        }
    }
}

/// The picture; nothing where calls over time were not kept.
pub(super) fn picture(row: &Row, snapshot: &Snapshot) -> Markup {
    let Some(known) = &snapshot.calls_over_time else {
        return html! {};
    };
    let Some(site) = known.site(&row.id) else {
        let words = "Calls over time are kept of the sites that were called first; this one is not among them.";
        return html! { @if known.left_out > 0 { p.quiet { (words) } } };
    };
    let stretches = stretches(known, &site.calls);
    let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else {
        return html! {};
    };
    let rates = || stretches.iter().map(Stretch::a_second);
    let (least, most) = (
        rates().fold(f64::INFINITY, f64::min),
        rates().fold(0.0, f64::max),
    );
    let seconds = |ns: u64| ns as f64 / 1e9;
    let x = Axis::linear(seconds(first.from_ns), seconds(last.to_ns), 0.0, WIDTH);
    let y = Axis::linear(0.0, most, HEIGHT, 2.0);
    let mut line = format!("M{} {HEIGHT}", x.at(seconds(first.from_ns)));
    for stretch in &stretches {
        // A string takes whatever is written.
        let _ = write!(
            line,
            "V{}H{}",
            y.at(stretch.a_second()).round(),
            x.at(seconds(stretch.to_ns)).round()
        );
    }
    let _ = write!(line, "V{HEIGHT}z");
    let all: u64 = stretches.iter().map(|stretch| stretch.calls).sum();
    let drawn = html! {
        (plot::levels(&y, &y.ticks(2), rate))
        path.course d=(line) {}
        (plot::foot(&x, &x.ticks(5), HEIGHT, |tick| duration(tick * 1e9)))
    };
    html! {
        figure {
            (plot::picture(&format!("calls of {} over time", row.id), -6.0, HEIGHT, &drawn))
            figcaption {
                "calls over time: " (count(all)) " between " (duration(first.from_ns as f64)) " and " (duration(last.to_ns as f64))
                " of sampling, " (rate(least)) " to " (rate(most)) " a second in " (count(stretches.len() as u64)) " steps."
            }
        }
    }
}

fn rate(a_second: f64) -> String {
    if a_second >= 10.0 || a_second.fract() == 0.0 {
        count(a_second.round() as u64)
    } else {
        format!("{a_second:.2}")
    }
}

/// The steps as they are drawn.
fn stretches(known: &CallsOverTime, calls: &[u64]) -> Vec<Stretch> {
    let steps: Vec<Stretch> = known
        .steps()
        .zip(calls)
        .map(|((from_ns, to_ns), &calls)| Stretch {
            from_ns,
            to_ns,
            calls,
        })
        .collect();
    let together = steps.len().div_ceil(MOST_DRAWN).max(1);
    let joined = |steps: &[Stretch]| Stretch {
        from_ns: steps[0].from_ns, // chunks are not empty
        to_ns: steps[steps.len() - 1].to_ns,
        calls: steps.iter().map(|step| step.calls).sum(),
    };
    steps.chunks(together).map(joined).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_keeps_its_calls_and_its_time() {
        let known = CallsOverTime {
            ends_ns: (1..=200).map(|step| step * 1_000_000_000).collect(),
            ..CallsOverTime::default()
        };
        let calls: Vec<u64> = (1..=200).collect();
        let drawn = stretches(&known, &calls);
        assert!(drawn.len() <= MOST_DRAWN);
        assert_eq!(drawn.iter().map(|one| one.calls).sum::<u64>(), 20_100);
        assert!(
            drawn
                .windows(2)
                .all(|pair| pair[0].to_ns == pair[1].from_ns)
        );
        assert_eq!(drawn[0].a_second(), 3.0); // 1 to 5 calls in five seconds
        assert_eq!(rate(2.5), "2.50");
    }
}

//! In: sessions, limits and their crossings. Out: what marks them in the pictures of resources over time.

use crate::report::page::axis::Axis;
use crate::report::page::plot::{self, WIDTH};
use crate::report::page::series::amount;
use crate::snapshot::{LimitLine, ResourceUnit, Resources, Series, SessionMark};
use crate::units::duration;
use maud::{Markup, html};

/// Pixels: of a session's row, and of what is so near to an end of the picture that a line would only hide it.
const ROW: f64 = 18.0;
const NEAR_END: f64 = 3.0;

/// Sessions that are drawn.
const MOST_SESSIONS: usize = 12;

/// A limit in a picture: a line where it is near enough to be seen, words in any case.
pub(super) struct Limit {
    pub(super) value: f64,
    pub(super) words: &'static str,
}

/// The limits of a series: what the system sets, and what the program asked to look after.
pub(super) fn limits(known: &Resources, series: &str) -> Vec<Limit> {
    let system = known.level(series).and_then(|level| level.limit);
    let system = system.map(|limit| Limit {
        value: limit as f64,
        words: "the system's limit",
    });
    let own = known.limits.iter().filter(|line| line.series == series);
    let own = own.map(|line: &LimitLine| Limit {
        value: line.value,
        words: "the program's limit",
    });
    system.into_iter().chain(own).collect()
}

/// The time that pictures show, in seconds since sampling began.
pub(super) fn time(known: &Resources) -> Axis {
    let end = |series: &Series| series.steps.last().map_or(0, |step| step.to_ns);
    let last = known.series.iter().map(end).max().unwrap_or(0);
    Axis::linear(0.0, (last.max(1)) as f64 / 1e9, 0.0, WIDTH)
}

/// Lines where sessions started and ended, from the top of the plot down to its foot.
pub(super) fn session_lines(known: &Resources, x: &Axis, foot: f64) -> Markup {
    let ends = shown(known).flat_map(|session| {
        let start = session.from_ns.map(|at| (at, "starts"));
        let end = session.to_ns.map(|at| (at, "ends"));
        let words = |(at, verb)| {
            (
                at,
                format!("session {} {verb} at {}", session.name, duration(at as f64)),
            )
        };
        start.into_iter().chain(end).map(words)
    });
    html! {
        @for (at, words) in ends {
            @let at = x.at(at as f64 / 1e9);
            @if (NEAR_END..=WIDTH - NEAR_END).contains(&at) {
                line.session x1=(at) x2=(at) y1="0" y2=(foot) { title { (words) } }
            }
        }
    }
}

/// Points where the series was found beyond its limit.
pub(super) fn crossings(
    known: &Resources,
    series: &str,
    unit: ResourceUnit,
    x: &Axis,
    y: &Axis,
) -> Markup {
    html! {
        @for crossing in known.crossings.iter().filter(|crossing| crossing.series == series) {
            circle.crossing cx=(x.at(crossing.at_ns as f64 / 1e9)) cy=(y.at(crossing.value)) r="4" {
                title { (crossed(crossing.at_ns, crossing.value, unit)) }
            }
        }
    }
}

/// The same in words, of the first one.
pub(super) fn crossed_words(known: &Resources, series: &str, unit: ResourceUnit) -> Option<String> {
    let mut all = known
        .crossings
        .iter()
        .filter(|crossing| crossing.series == series);
    let first = all.next()?;
    let more = all.count();
    let more = if more > 0 {
        format!(", and {more} times later")
    } else {
        String::new()
    };
    Some(format!("{}{more}", crossed(first.at_ns, first.value, unit)))
}

fn crossed(at_ns: u64, value: f64, unit: ResourceUnit) -> String {
    format!(
        "limit crossed at {} with {}",
        duration(at_ns as f64),
        amount(value, unit)
    )
}

/// When which session was alive; nothing where it is one that lasted all the time.
pub(super) fn sessions(known: &Resources) -> Markup {
    let number = shown(known).count();
    if number < 2 {
        return html! {};
    }
    let x = time(known);
    let (left_out, height) = (known.sessions.len() - number, number as f64 * ROW);
    let drawn = html! {
        @for (at, session) in shown(known).enumerate() {
            @let (from, to) = (x.at(seconds(session.from_ns.unwrap_or(0))), session.to_ns.map_or(WIDTH, |to| x.at(seconds(to))));
            rect.alive x=(from) y=(at as f64 * ROW) width=((to - from).max(1.0)) height=(ROW - 3.0) { title { (words(session)) } }
            text.end x="-6" y=(at as f64 * ROW + 12.0) { (at + 1) }
        }
        (plot::foot(&x, &x.ticks(8), height, |tick| duration(tick * 1e9)))
    };
    html! {
        figure {
            (plot::picture("sessions over time", -2.0, height, &drawn))
            figcaption {
                "Sessions; their starts and ends are thin lines in the pictures below: "
                @for (at, session) in shown(known).enumerate() {
                    @if at > 0 { "; " }
                    (at + 1) " " (words(session))
                }
                @if left_out > 0 { "; and " (left_out) " more" }
                "."
            }
        }
    }
}

fn shown(known: &Resources) -> impl Iterator<Item = &SessionMark> {
    known.sessions.iter().take(MOST_SESSIONS)
}

fn words(session: &SessionMark) -> String {
    let from = session
        .from_ns
        .map_or_else(|| "before it".to_owned(), |at| duration(at as f64));
    let to = session
        .to_ns
        .map_or_else(|| "the end".to_owned(), |at| duration(at as f64));
    format!("{} from {from} to {to}", session.name)
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

//! In: what a picture shows, on its axes. Out: the frame that all pictures with a scale share: its name, room for words around it, its ticks.

use crate::report::page::axis::{Axis, rounded};
use maud::{Markup, html};

/// Pixels of a plot from end to end.
pub(super) const WIDTH: f64 = 600.0;

/// Room for the scale's words: beside the plot, and beneath it with the words of the foot.
const LEFT: f64 = 84.0;
const RIGHT: f64 = 40.0;
const FOOT: f64 = 30.0;

/// Ticks that have room for their words on a telephone: of more, every second goes without.
const ROOMY: usize = 5;

/// Pixels that the words of a tick take there.
const WORDS: f64 = 96.0;

/// A picture from `top` to its plot's ground; what is drawn stands in pixels from the plot's upper left corner.
pub(super) fn picture(name: &str, top: f64, ground: f64, drawn: &Markup) -> Markup {
    let (width, height) = (LEFT + WIDTH + RIGHT, ground - top + FOOT);
    html! {
        svg.large viewBox=(format!("{} {top} {width} {height}", -LEFT)) role="img" aria-label=(name) { (drawn) }
    }
}

/// Words beneath the ground.
pub(super) fn foot(x: &Axis, ticks: &[f64], ground: f64, words: impl Fn(f64) -> String) -> Markup {
    let second = crowded(x, ticks);
    html! {
        @for (&tick, second) in ticks.iter().zip(second) {
            text.middle.second[second] x=(x.at(tick)) y=(ground + 23.0) { (words(tick)) }
        }
    }
}

/// Which ticks have no room for their words on a telephone.
fn crowded(x: &Axis, ticks: &[f64]) -> Vec<bool> {
    let many = ticks.len() > ROOMY;
    let mut last = f64::NEG_INFINITY; // that has
    let second = |(number, &tick): (usize, &f64)| {
        let at = x.at(tick);
        let second = (many && number % 2 == 1) || at - last < WORDS;
        if !second {
            last = at;
        }
        second
    };
    ticks.iter().enumerate().map(second).collect()
}

/// Level lines across the plot with their words on the left.
pub(super) fn levels(y: &Axis, ticks: &[f64], words: impl Fn(f64) -> String) -> Markup {
    html! {
        @for &tick in ticks {
            line.grid x1="0" x2=(WIDTH) y1=(y.at(tick)) y2=(y.at(tick)) {}
            text.end x="-6" y=(rounded(y.at(tick) + 4.0)) { (words(tick)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_would_touch_are_left_out_on_a_telephone() {
        let second = |low, high| {
            let x = Axis::logarithmic(low, high, 0.0, WIDTH);
            crowded(&x, &x.ticks(8))
        };
        // 400, 600, 800, 1,000 and 1,200: on this scale the last three stand 94 and 77 pixels apart.
        assert_eq!(second(310.0, 1_290.0), [false, false, false, true, false]);
        assert_eq!(second(1.0, 1e4), [false; 5]);
        assert_eq!(second(1.0, 1e5), [false, true, false, true, false, true]);
    }
}

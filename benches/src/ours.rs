//! In: nothing. Out: our own contenders: every call recorded, sampled, async, nobody looking, compiled off.

use crate::contender::{Contender, leave, nothing};
use crate::work::{bare, bare_async, body, now, stretch};
use perf_core::site::{Kind, Site};
use perf_core::{Measured, Span};
use std::any::Any;

/// Calls of a stretch in which every call is recorded.
const CALLS: u64 = 20_000;

/// Calls of a stretch in which most are skipped: long, so that the weights' search after an idle time is a small part of it.
const LONG: u64 = 2_000_000;

#[inline(never)]
fn full(x: u64) -> u64 {
    static SITE: Site = Site::named("full", Kind::Function, file!(), line!(), column!()).full();
    let span = Span::enter(&SITE);
    let y = body(x);
    span.done();
    y
}

#[inline(never)]
fn adaptive(x: u64) -> u64 {
    static SITE: Site = Site::named("adaptive", Kind::Function, file!(), line!(), column!());
    let span = Span::enter(&SITE);
    let y = body(x);
    span.done();
    y
}

async fn full_async(x: u64) -> u64 {
    static SITE: Site = Site::named("async", Kind::Future, file!(), line!(), column!()).full();
    Measured::new(&SITE, bare_async(x)).await
}

/// A call of the site [`crate::sustained`] counts.
pub(crate) fn call(x: u64) -> u64 {
    full(x)
}

fn looking() -> Box<dyn Any> {
    Box::new(perf_core::enable())
}

fn bare_stretch(calls: u64) -> f64 {
    stretch(calls, bare)
}

fn bare_async_stretch(calls: u64) -> f64 {
    stretch(calls, |x| now(bare_async(x)))
}

/// Ours, in the order of the table.
pub(crate) fn contenders() -> Vec<Contender> {
    let full = Contender {
        name: "ours, full",
        package: "perf-core",
        calls: CALLS,
        off: false,
        set_up: looking,
        run: |calls| stretch(calls, full),
        bare: bare_stretch,
        tidy: leave,
    };
    let adaptive = Contender {
        name: "ours, adaptive",
        calls: LONG,
        run: |calls| stretch(calls, adaptive),
        ..full
    };
    let waiting = Contender {
        name: "ours, async",
        run: |calls| stretch(calls, |x| now(full_async(x))),
        bare: bare_async_stretch,
        ..full
    };
    vec![
        Contender {
            name: "ours, nobody looking",
            set_up: nothing,
            ..full
        },
        Contender {
            name: "ours, nobody looking, async",
            set_up: nothing,
            ..waiting
        },
        Contender {
            name: "ours, off",
            set_up: nothing,
            off: true,
            ..full
        },
        Contender {
            name: "ours, off, async",
            set_up: nothing,
            off: true,
            ..waiting
        },
        full,
        adaptive,
        waiting,
    ]
}

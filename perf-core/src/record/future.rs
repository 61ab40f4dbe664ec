//! In: a site and a future. Out: [`Measured`], the same future, timed from its first poll to ready, on whatever threads it is polled.

use crate::record::cell::{Cell, State};
use crate::record::ring;
use crate::record::span::{self, Entered, own_time};
use crate::record::switch::COMPILED_IN;
use crate::record::watch;
use crate::site::Site;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

pin_project_lite::pin_project! {
    /// A future whose passage is measured: wall time from first poll to ready, busy time within polls, number of polls.
    ///
    /// A future that is dropped between its first poll and its result counts as cancelled, and not among the calls.
    #[must_use = "futures do nothing unless polled"]
    pub struct Measured<F> where F: Future {
        site: &'static Site,
        failed: Option<fn(&F::Output) -> bool>,
        life: Life,
        passage: Option<(u32, bool, &'static Cell)>, // weight, whether nested, and the last poll's cell, once one was measured
        #[pin]
        future: F,
    }

    impl<F> PinnedDrop for Measured<F> where F: Future {
        fn drop(this: Pin<&mut Self>) {
            if COMPILED_IN {
                let this = this.project();
                this.life.cancel(this.site);
            }
        }
    }
}

impl<F: Future> Measured<F> {
    /// The future, measured at the site.
    pub fn new(site: &'static Site, future: F) -> Self {
        Self {
            site,
            failed: None,
            life: Life::New,
            passage: None,
            future,
        }
    }

    /// As [`Measured::new`], outputs that fail are counted as errors.
    pub fn with_errors(site: &'static Site, future: F, failed: fn(&F::Output) -> bool) -> Self {
        Self {
            site,
            failed: Some(failed),
            life: Life::New,
            passage: None,
            future,
        }
    }

    /// How many calls this one stands for (0 = only counted), whether it is nested in one of its site, and the cell of its last
    /// measured poll; none before there was one.
    pub(crate) fn passage(&self) -> Option<(u32, bool, &'static Cell)> {
        self.passage
    }
}

impl<F: Future> Future for Measured<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if !COMPILED_IN {
            return this.future.poll(context);
        }
        let Some(poll) = OnePoll::begin(this.site, this.life) else {
            return poll_unseen(this.life, || this.future.poll(context));
        };
        *this.passage = Some((poll.progress.weight, poll.progress.nested, poll.cell));
        let result = this.future.poll(context);
        let failed = match (&result, this.failed) {
            (Poll::Ready(output), Some(failed)) => failed(output),
            _ => false,
        };
        poll.end(result.is_ready(), failed);
        result
    }
}

/// A poll while nobody looks. A future that ends in it, by a result or a panic, has neither been measured to its end nor cancelled.
#[cold]
fn poll_unseen<T>(life: &mut Life, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    let before = std::mem::replace(life, Life::Over);
    let result = poll();
    if result.is_pending() {
        *life = before;
    }
    result
}

/// How far a future has come.
#[derive(Debug)]
enum Life {
    /// Not polled yet.
    New,
    /// Nobody looked at the first poll: never measured.
    Ignored,
    /// Between first poll and ready.
    Running(Progress),
    /// Ready, cancelled or panicked.
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    weight: u32,  // 0 = only counted
    nested: bool, // an outer call of the site was being polled on the thread of the first poll
    start: u64,   // ticks
    busy: u64,    // ticks within polls
    own: u64,     // ticks within polls, without measured callees; may wrap below zero
    doubt: f64,   // variance of `own` through sampled callees, in ticks squared
    polls: u64,
}

impl Life {
    fn cancel(&mut self, site: &'static Site) {
        if let Self::Running(_) = std::mem::replace(self, Self::Over)
            && let Some(Entered { cell, context }) = span::cell_for(site)
        {
            Cell::count(&cell.cancelled, 1);
            if let Some(context) = context {
                cell.shard.context.store(context, Relaxed);
            }
        }
    }
}

/// One poll, from its begin to its end; a panic in between ends it too.
struct OnePoll<'a> {
    life: &'a mut Life,
    cell: &'static Cell,
    progress: Progress,
    context: Option<u32>, // the caller's context, to be restored
    siblings: u64,        // what the thread's callees had taken when this poll began, in ticks
    doubt: u64,           // the shard's `doubt` when this poll began
    opened: bool,         // this poll opened the site on this thread
    start: u64,           // ticks
}

impl<'a> OnePoll<'a> {
    #[inline]
    fn begin(site: &'static Site, life: &'a mut Life) -> Option<Self> {
        if let Life::Ignored | Life::Over = life {
            return None;
        }
        let Some(Entered { cell, context }) = span::cell_for(site) else {
            if let Life::New = life {
                *life = Life::Ignored;
            }
            return None;
        };
        let shard = cell.shard;
        let base = cell.base.unwrap_or(cell);
        let state = base.state.load(Relaxed);
        let opened = !State::is_open(state);
        let siblings = shard.children.load(Relaxed);
        let doubt = shard.doubt.load(Relaxed);
        let mut first = None;
        if let Life::New = life {
            let weight = if cell.skip_one() {
                0
            } else {
                shard.controller.take(cell)
            };
            first = Some(weight);
        }
        base.state
            .store(base.state.load(Relaxed) | State::OPEN, Relaxed);
        let start = if matches!(first, Some(0)) && !watch::any() {
            0
        } else {
            shard.clock.now()
        };
        let progress = match (&*life, first) {
            (Life::Running(progress), _) => *progress,
            (_, weight) => Progress {
                weight: weight.unwrap_or(0),
                nested: !opened,
                start,
                busy: 0,
                own: 0,
                doubt: 0.0,
                polls: 0,
            },
        };
        Some(Self {
            life,
            cell,
            progress,
            context,
            siblings,
            doubt,
            opened,
            start,
        })
    }

    #[inline]
    fn end(mut self, ready: bool, failed: bool) {
        let now = self.stop();
        let cell = self.cell;
        if ready {
            Cell::count(&cell.errors, u64::from(failed));
            self.record(now);
            *self.life = Life::Over;
        } else {
            *self.life = Life::Running(self.progress);
        }
        std::mem::forget(self);
    }

    /// Adds the poll to the progress and leaves the thread as it was found.
    #[inline]
    fn stop(&mut self) -> u64 {
        let shard = self.cell.shard;
        let progress = &mut self.progress;
        let mut now = 0;
        if progress.weight > 0 {
            now = shard.clock.now();
            let busy = shard.without_cost(now.saturating_sub(self.start), progress.weight);
            if progress.weight > 1 || shard.doubt.load(Relaxed) != self.doubt {
                let variance = span::sampling_variance(progress.weight, busy, progress.busy);
                progress.doubt += shard.doubt_since(self.doubt);
                shard.set_doubt(self.doubt, variance);
            }
            progress.busy += busy;
            let own = own_time(busy, self.siblings, shard.children.load(Relaxed));
            progress.own = progress.own.wrapping_add(own);
            let weighted = busy.wrapping_mul(u64::from(progress.weight));
            shard
                .children
                .store(self.siblings.wrapping_add(weighted), Relaxed);
        } else {
            shard.children.store(self.siblings, Relaxed);
            shard.doubt.store(self.doubt, Relaxed);
        }
        progress.polls += 1;
        if self.opened {
            let base = self.cell.base.unwrap_or(self.cell);
            base.state
                .store(base.state.load(Relaxed) & State::LEFT, Relaxed);
        }
        if let Some(context) = self.context {
            shard.context.store(context, Relaxed);
        }
        now
    }

    /// Records the whole passage.
    #[inline]
    fn record(&self, now: u64) {
        let (
            cell,
            Progress {
                weight,
                nested,
                start,
                busy,
                own,
                doubt,
                polls,
            },
        ) = (self.cell, self.progress);
        if watch::any() {
            watch::ended(cell.site, start, cell.shard.clock.now());
        }
        if weight == 0 {
            Cell::count(&cell.skipped, 1);
            return;
        }
        Cell::count(&cell.busy, busy * u64::from(weight));
        Cell::count(&cell.polls, polls * u64::from(weight));
        cell.doubt_of_callees(weight, doubt);
        let key = ring::key(cell.number, weight, nested);
        let wall = cell.shard.without_cost(now.saturating_sub(start), weight);
        let full = cell.shard.ring.push(key, wall, own);
        if full || weight > 1 && cell.shard.controller.is_due(now) {
            cell.shard.settle(now);
        }
    }
}

impl Drop for OnePoll<'_> {
    /// Reached only when the poll panics.
    fn drop(&mut self) {
        let now = self.stop();
        Cell::count(&self.cell.panicked, 1);
        self.record(now);
        *self.life = Life::Over;
    }
}

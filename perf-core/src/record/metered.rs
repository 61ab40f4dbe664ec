//! In: a site that asks for allocations or CPU time. Out: [`MeteredSpan`] and [`MeteredFuture`]: a span and a future that read these too.

use crate::clock::cpu;
use crate::record::cell::State;
use crate::record::future::Measured;
use crate::record::meter::{Meter, Meters, Taken};
use crate::record::passage::Passage;
use crate::record::shard::Shard;
use crate::record::span::Span;
use crate::record::switch::{self, COMPILED_IN};
use crate::record::thread;
use crate::site::Site;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

/// A span of a site with `alloc` or `cpu`. Its parts end in this order: allocations within the span's time, CPU time around it.
#[derive(Debug)]
#[must_use = "a span ends where it is dropped"]
pub struct MeteredSpan {
    allocations: [Option<OpenAllocations>; COMPILED_IN as usize],
    span: Span,
    cpu: [Option<OpenCpu>; COMPILED_IN as usize],
}

impl MeteredSpan {
    /// Enters the site.
    #[inline]
    pub fn enter(site: &'static Site) -> Self {
        let start = if COMPILED_IN && site.reads_cpu() {
            cpu_start(site)
        } else {
            None
        };
        let span = Span::enter(site);
        let passage = span.passage();
        Self {
            allocations: std::array::from_fn(|_| OpenAllocations::begin(site, passage?)),
            cpu: std::array::from_fn(|_| OpenCpu::begin(start?, passage?)),
            span,
        }
    }

    /// Ends the passage by a normal return.
    #[inline]
    pub fn done(self) {
        let Self {
            allocations,
            span,
            cpu,
        } = self;
        drop(allocations);
        span.done();
        drop(cpu);
    }

    /// Counts this passage among the site's errors.
    pub fn error(&self) {
        self.span.error();
    }

    pub(crate) fn passage(&self) -> Option<Passage> {
        self.span.passage()
    }
}

/// The thread's CPU time, unless the call that is about to begin will only be counted.
fn cpu_start(site: &'static Site) -> Option<u64> {
    if switch::mode() == switch::OFF {
        return None;
    }
    let skipped =
        thread::cell(site.index()).is_some_and(|cell| cell.state.load(Relaxed) & State::LEFT > 1);
    if skipped { None } else { cpu::now() }
}

/// A call whose allocations are being counted.
#[derive(Debug)]
struct OpenAllocations {
    passage: Passage,
    meter: &'static Meter,
    outermost: bool,
    before: Taken,
    callees: Taken,
}

impl OpenAllocations {
    #[inline]
    fn begin(site: &Site, passage: Passage) -> Option<Self> {
        if !site.counts_allocations() {
            return None;
        }
        let meters = &passage.cell.shard.meters;
        let meter = meters.of(passage.cell.site)?;
        Some(Self {
            passage,
            meter,
            outermost: meter.open(),
            before: Taken::now(),
            callees: meters.callees(),
        })
    }
}

impl Drop for OpenAllocations {
    #[inline]
    fn drop(&mut self) {
        let call = Taken::now().since(self.before);
        if !self.passage.is_owned() {
            return;
        }
        let meters = &self.passage.cell.shard.meters;
        let own = call.since(meters.callees().since(self.callees));
        meters.ended(self.callees, call);
        self.meter.close();
        self.meter.take(call, own, self.outermost);
        meters.take_in_context(self.passage.cell, own);
    }
}

/// A recorded call whose CPU time is being read.
#[derive(Debug)]
struct OpenCpu {
    passage: Passage,
    meter: &'static Meter,
    start: u64, // ns
}

impl OpenCpu {
    #[inline]
    fn begin(start: u64, passage: Passage) -> Option<Self> {
        if passage.weight == 0 {
            return None;
        }
        let meter = passage.cell.shard.meters.of(passage.cell.site)?;
        Some(Self {
            passage,
            meter,
            start,
        })
    }
}

impl Drop for OpenCpu {
    #[inline]
    fn drop(&mut self) {
        if self.passage.is_owned() {
            let ran = ran_since(self.start);
            self.meter
                .run(ran, self.passage.weight, !self.passage.nested);
        }
    }
}

/// CPU time of this thread since a reading, without that of the readings.
fn ran_since(start: u64) -> u64 {
    let within = cpu::cost().map_or(0, |cost| cost.within_ns);
    let now = cpu::now().unwrap_or(start);
    now.saturating_sub(start).saturating_sub(within)
}

pin_project_lite::pin_project! {
    /// A measured future of a site with `alloc` or `cpu`: what its polls took, on whatever threads.
    #[must_use = "futures do nothing unless polled"]
    pub struct MeteredFuture<F> where F: Future {
        site: &'static Site,
        sums: PollSums,
        #[pin]
        future: Measured<F>,
    }
}

/// What the polls so far have taken.
#[derive(Clone, Copy, Debug, Default)]
struct PollSums {
    taken: Taken,
    own: Taken,
    cpu_ns: u64,
}

impl<F: Future> MeteredFuture<F> {
    /// The measured future, metered too.
    pub fn new(site: &'static Site, future: Measured<F>) -> Self {
        Self {
            site,
            sums: PollSums::default(),
            future,
        }
    }

    /// As [`Measured::passage`].
    pub(crate) fn passage(&self) -> Option<(u32, bool)> {
        let (weight, nested, _) = self.future.passage()?;
        Some((weight, nested))
    }
}

impl<F: Future> Future for MeteredFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if !COMPILED_IN || switch::settled_mode() == switch::OFF {
            return this.future.poll(context);
        }
        let Some(shard) = thread::own_shard() else {
            return this.future.poll(context);
        };
        let counted_only = matches!(this.future.passage(), Some((0, ..)));
        let poll = OpenPoll::begin(this.site, shard, counted_only);
        let result = this.future.as_mut().poll(context);
        poll.end(this.sums);
        if result.is_ready()
            && let Some((weight, nested, cell)) = this.future.passage()
            && let Some(meter) = shard.meters.of(this.site.index())
        {
            if this.site.counts_allocations() {
                meter.take(this.sums.taken, this.sums.own, !nested);
                if std::ptr::eq(cell.shard, shard) {
                    shard.meters.take_in_context(cell, this.sums.own);
                }
            }
            if this.site.reads_cpu() && weight > 0 {
                meter.run(this.sums.cpu_ns, weight, !nested);
            }
        }
        result
    }
}

/// One poll. A panic in it leaves what it took to its caller.
struct OpenPoll {
    meters: &'static Meters,
    before: Option<(Taken, Taken)>, // of the thread, and of its measured callees
    cpu: Option<u64>,
}

impl OpenPoll {
    fn begin(site: &Site, shard: &'static Shard, counted_only: bool) -> Self {
        let meters = &shard.meters;
        let reads_cpu = site.reads_cpu() && !counted_only;
        Self {
            before: site
                .counts_allocations()
                .then(|| (Taken::now(), meters.callees())),
            cpu: if reads_cpu { cpu::now() } else { None },
            meters,
        }
    }

    fn end(self, sums: &mut PollSums) {
        if let Some(start) = self.cpu {
            sums.cpu_ns += ran_since(start);
        }
        if let Some((before, callees)) = self.before {
            let poll = Taken::now().since(before);
            let own = poll.since(self.meters.callees().since(callees));
            self.meters.ended(callees, poll);
            sums.taken = sums.taken.plus(poll);
            sums.own = sums.own.plus(own);
        }
    }
}

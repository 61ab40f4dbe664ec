//! In: a site that asks for page faults. Out: [`FaultedSpan`] and [`FaultedFuture`], around a metered span or future: apart from those, so
//! that sites which do not ask pay nothing.
//!
//! Every call is read, also where times are sampled: the calls that touch new memory are few, and a sample would miss them or count them
//! too often. The readings lie outside of the call's measured time and of its CPU time.

use crate::clock::kernel::{self, FaultCounts};
use crate::record::meter::{Meter, Meters};
use crate::record::metered::{MeteredFuture, MeteredSpan};
use crate::record::passage::Passage;
use crate::record::shard::Shard;
use crate::record::switch::{self, COMPILED_IN};
use crate::record::thread;
use crate::site::Site;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A span of a site with `faults`.
#[derive(Debug)]
#[must_use = "a span ends where it is dropped"]
pub struct FaultedSpan {
    span: MeteredSpan,
    faults: [Option<OpenFaults>; COMPILED_IN as usize], // ends after the span
}

impl FaultedSpan {
    /// Enters the site.
    #[inline]
    pub fn enter(site: &'static Site) -> Self {
        let begun = if COMPILED_IN { Begun::now(site) } else { None };
        let span = MeteredSpan::enter(site);
        let passage = span.passage();
        Self {
            faults: std::array::from_fn(|_| OpenFaults::of(begun?, passage?)),
            span,
        }
    }

    /// Ends the passage by a normal return.
    #[inline]
    pub fn done(self) {
        let Self { span, faults } = self;
        span.done();
        drop(faults);
    }

    /// Counts this passage among the site's errors.
    pub fn error(&self) {
        self.span.error();
    }
}

/// The counts at the beginning of a call or a poll. All that is kept of the site on this thread is made before, so that what it touches
/// is not among them.
#[derive(Clone, Copy, Debug)]
struct Begun {
    meters: &'static Meters,
    meter: &'static Meter,
    callees: FaultCounts,
    before: FaultCounts,
}

impl Begun {
    fn now(site: &'static Site) -> Option<Self> {
        if switch::settled_mode() == switch::OFF {
            return None;
        }
        let shard = thread::own_shard()?;
        let meter = made(shard, site)?;
        Some(Self {
            meters: &shard.meters,
            meter,
            callees: shard.meters.callees_faults.read(),
            before: kernel::counts()?,
        })
    }

    /// What the thread met since, and what of it no measured callee took; from now on those are the caller's callee.
    fn ended(self) -> (FaultCounts, FaultCounts) {
        let call = kernel::counts().map_or(FaultCounts::default(), |now| now.since(self.before));
        let callees = self.meters.callees_faults.read().since(self.callees);
        self.meters.callees_faults.store(self.callees.plus(call));
        (call, call.since(callees))
    }
}

/// The site's meter on this thread; its cell too is made now if need be.
fn made(shard: &'static Shard, site: &'static Site) -> Option<&'static Meter> {
    let known = shard.cell(site.index()).map(|cell| cell.site);
    let number = known.or_else(|| {
        thread::quietly(|| shard.make_cell(site.register(), site.is_full())).map(|cell| cell.site)
    })?;
    shard.meters.of(number)
}

/// A call whose faults are being counted.
#[derive(Debug)]
struct OpenFaults {
    passage: Passage,
    begun: Begun,
    outermost: bool,
}

impl OpenFaults {
    fn of(begun: Begun, passage: Passage) -> Option<Self> {
        passage.is_owned().then(|| Self {
            passage,
            outermost: begun.meter.faults.open(),
            begun,
        })
    }
}

impl Drop for OpenFaults {
    fn drop(&mut self) {
        if self.passage.is_owned() {
            let (call, own) = self.begun.ended();
            let sums = &self.begun.meter.faults;
            sums.close();
            sums.take(call, own, self.outermost, 1);
        }
    }
}

pin_project_lite::pin_project! {
    /// A measured future of a site with `faults`: those of the threads that polled it, during its polls.
    #[must_use = "futures do nothing unless polled"]
    pub struct FaultedFuture<F> where F: Future {
        site: &'static Site,
        all: FaultCounts,
        own: FaultCounts,
        polls: u64,
        #[pin]
        future: MeteredFuture<F>,
    }
}

impl<F: Future> FaultedFuture<F> {
    /// The metered future, whose faults are counted too.
    pub fn new(site: &'static Site, future: MeteredFuture<F>) -> Self {
        Self {
            site,
            all: FaultCounts::default(),
            own: FaultCounts::default(),
            polls: 0,
            future,
        }
    }
}

impl<F: Future> Future for FaultedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let begun = if COMPILED_IN {
            Begun::now(this.site)
        } else {
            None
        };
        let result = this.future.as_mut().poll(context);
        let Some(begun) = begun else {
            return result;
        };
        let (call, own) = begun.ended();
        (*this.all, *this.own) = (this.all.plus(call), this.own.plus(own));
        *this.polls += 1;
        if result.is_ready()
            && let Some((_, nested)) = this.future.passage()
        {
            let sums = &begun.meter.faults;
            sums.take(*this.all, *this.own, !nested, *this.polls);
        }
        result
    }
}

//! In: a duration that lies beside the thread's spans (a lock was held, say). Out: a recorded call that takes nothing from anybody's
//! self time.

use crate::clock::Clock;
use crate::record::cell::Cell;
use crate::record::ring;
use crate::record::span::{self, Entered};
use crate::record::switch::{self, COMPILED_IN};
use crate::site::Site;
use std::sync::atomic::Ordering::Relaxed;

/// The moment it begins in ticks, at least 1; none while nobody looks.
#[inline]
pub(crate) fn begin() -> Option<u64> {
    let looking = COMPILED_IN && switch::settled_mode() != switch::OFF;
    looking.then(|| Clock::global().now().max(1))
}

/// Ends now what began at `start`.
#[cold]
pub(crate) fn end(site: &'static Site, start: u64) {
    let Some(Entered { cell, context }) = span::cell_for(site) else {
        return;
    };
    let shard = cell.shard;
    if let Some(context) = context {
        shard.context.store(context, Relaxed);
    }
    if cell.skip_one() {
        Cell::count(&cell.skipped, 1);
        return;
    }
    let weight = shard.controller.take(cell);
    let now = shard.clock.now();
    let elapsed = now.saturating_sub(start);
    let full = shard
        .ring
        .push(ring::key(cell.number, weight, false), elapsed, 0);
    if full || weight > 1 && shard.controller.is_due(now) {
        shard.settle(now);
    }
}

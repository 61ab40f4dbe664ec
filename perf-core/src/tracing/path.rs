//! In: a span's site, and its place in the span tree. Out: the cell of this thread where it is recorded.

use crate::record::cell::Cell;
use crate::record::shard::{self, Shard};
use crate::record::span;
use crate::record::switch;
use crate::record::thread::{self, Place};
use crate::registry;
use crate::site;
use crate::tracing::table::Slot;
use std::sync::atomic::Ordering::Relaxed;

/// What a shard is called in a slot.
pub(super) fn address(shard: &Shard) -> u64 {
    std::ptr::from_ref(shard).addr() as u64
}

/// This thread's cell of a site, whoever called; none where nothing is to be measured or the thread is ending.
#[inline]
pub(super) fn plain_cell(site: u32) -> Option<&'static Cell> {
    match thread::cell(site) {
        Some(cell) => Some(cell),
        None => plain_cell_slowly(site),
    }
}

#[cold]
fn plain_cell_slowly(site: u32) -> Option<&'static Cell> {
    let known = site::numbered(site)?;
    if switch::settled_mode() == switch::PATHS {
        return base_cell(site).map(|(_, base)| base);
    }
    span::cell_for(known).map(|entered| entered.cell)
}

/// This thread's shard and its own cell of the site, where calling context is kept.
fn base_cell(site: u32) -> Option<(&'static Shard, &'static Cell)> {
    if switch::settled_mode() == switch::OFF {
        return None;
    }
    let Place::Own(shard) = thread::place() else {
        return None;
    };
    let full = site::numbered(site)?.is_full();
    let base = thread::quietly(|| shard.make_cell(site, full))?;
    Some((shard, base))
}

/// The cell of a new span beneath its parent: that of another span, or whatever is open on this thread.
#[cold]
pub(super) fn cell_beneath(site: u32, parent: &Parent<'_>) -> Option<&'static Cell> {
    let (shard, base) = base_cell(site)?;
    let context = match parent {
        Parent::Root => 0,
        Parent::Open => shard.context.load(Relaxed),
        Parent::Span(slot) => cell_of(slot).map_or(0, |cell| cell.number + 1),
    };
    Some(at(shard, context, base))
}

/// What a new span stands beneath.
pub(super) enum Parent<'a> {
    /// Nothing.
    Root,
    /// What is open on this thread.
    Open,
    /// A span, wherever it is open.
    Span(&'a Slot),
}

/// This thread's cell of a span, where calling context is kept: beneath the same callers as on the thread that created it.
#[cold]
pub(super) fn cell_of(slot: &Slot) -> Option<&'static Cell> {
    let site = (slot.call.load(Relaxed) >> 32) as u32;
    let (shard, base) = base_cell(site)?;
    let (home, number) = (slot.home.load(Relaxed), slot.cell.load(Relaxed) as u32);
    if home == address(shard)
        && let Some(cell) = shard.numbered(number)
        && cell.site == site
    {
        return Some(cell);
    }
    let home = shard::all()
        .into_iter()
        .find(|shard| address(shard) == home)?;
    let path = registry::path(home, number);
    let mut context = 0;
    for &caller in path.split_last().map_or(&[][..], |(_, callers)| callers) {
        let (_, base) = base_cell(caller)?;
        context = at(shard, context, base).number + 1;
    }
    Some(at(shard, context, base))
}

/// The cell of `base`'s site beneath a context of the shard, which is this thread's.
fn at(shard: &'static Shard, context: u32, base: &'static Cell) -> &'static Cell {
    let before = shard.context.load(Relaxed);
    shard.context.store(context, Relaxed);
    let cell = thread::quietly(|| shard.cell_in_context(base));
    shard.context.store(before, Relaxed);
    cell
}

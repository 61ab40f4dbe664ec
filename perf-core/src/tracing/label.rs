//! In: a span's fields and the names chosen for labels. Out: the row of the label's value beneath the span's site.

use crate::record::label;
use crate::record::thread;
use crate::site::Site;
use std::fmt;
use tracing::field::{Field, Visit};

/// Takes the value of the first chosen field.
struct Chosen<'a> {
    names: &'a [String],
    base: &'static Site,
    best: Option<(usize, &'static Site)>, // place in `names`, and the row
}

/// The row of the label that `record` shows, the first of the chosen names that is there; `None` where there is none of them.
pub(super) fn row(
    names: &[String],
    base: &'static Site,
    record: impl FnOnce(&mut dyn Visit),
) -> Option<&'static Site> {
    let mut chosen = Chosen {
        names,
        base,
        best: None,
    };
    // The user's `Debug` runs within, and may be measured itself: that is not of this span's doing.
    thread::quietly(|| record(&mut chosen));
    chosen.best.map(|(_, row)| row)
}

impl Chosen<'_> {
    fn see(&mut self, field: &Field, value: &dyn fmt::Display) {
        let at = self.names.iter().position(|name| name == field.name());
        let Some(at) = at else { return };
        if self.best.is_none_or(|(best, _)| at < best) {
            self.best = Some((at, label::row(self.base, value)));
        }
    }
}

impl Visit for Chosen<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.see(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.see(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.see(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.see(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.see(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.see(field, &value);
    }
}

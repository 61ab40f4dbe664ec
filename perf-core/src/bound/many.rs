//! In: several bounds on one closure. Out: [`Bounds`], which asserts them one after the other; what the macros write.

use crate::bound::Bound;
use std::fmt;

/// Several bounds on one closure.
#[derive(Clone, Debug)]
#[doc(hidden)]
pub struct Bounds<const N: usize>([Bound; N]);

impl<const N: usize> Bounds<N> {
    /// These bounds.
    pub fn of(bounds: [Bound; N]) -> Self {
        Self(bounds)
    }

    /// Asserts each.
    #[track_caller]
    pub fn check<R>(&self, mut f: impl FnMut() -> R) {
        for bound in &self.0 {
            bound.check(&mut f);
        }
    }

    /// Asserts each, with a setup before every call.
    #[track_caller]
    pub fn check_with<I, R>(&self, mut setup: impl FnMut() -> I, mut f: impl FnMut(I) -> R) {
        for bound in &self.0 {
            bound.check_with(&mut setup, &mut f);
        }
    }
}

/// What the body of a bounded function may give.
#[diagnostic::on_unimplemented(
    message = "a bounded function gives nothing or a `Result`, and `{Self}` is neither",
    label = "write `bound!` within the function, or drop the value"
)]
#[doc(hidden)]
pub trait Demanded {
    /// Panics where it is a failure.
    fn demand(self);
}

impl Demanded for () {
    fn demand(self) {}
}

impl<T, E: fmt::Debug> Demanded for Result<T, E> {
    #[track_caller]
    fn demand(self) {
        if let Err(error) = self {
            panic!("the bounded function failed: {error:?}");
        }
    }
}

/// Fails the test where the body of a bounded function failed.
#[doc(hidden)]
#[track_caller]
pub fn demand<R: Demanded>(result: R) {
    result.demand();
}

//! In: the closure that a macro measures. Out: nothing, or a compile error where it gives a future, which nobody would await.
//!
//! Of two methods of one name the compiler takes the one that needs fewer references. The one for closures that give futures comes
//! first, so the other is taken only where it does not apply.

/// The closure, looked at and never called.
#[derive(Debug)]
#[doc(hidden)]
pub struct Returned<'a, F>(pub &'a F);

/// What a closure gives: a future.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Future;

/// What a closure gives: a value that is done.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Value;

/// For closures that give futures.
#[doc(hidden)]
pub trait GivesFuture {
    /// What it gives.
    fn what(&self) -> Future {
        Future
    }
}

impl<F: FnMut() -> R, R: std::future::Future> GivesFuture for &Returned<'_, F> {}

/// For all others.
#[doc(hidden)]
pub trait GivesValue {
    /// What it gives.
    fn what(&self) -> Value {
        Value
    }
}

impl<F> GivesValue for Returned<'_, F> {}

/// What may be measured.
#[diagnostic::on_unimplemented(
    message = "this closure makes a future and drops it: nothing of its work would be measured",
    label = "write `async || fetch().await` in place of `|| fetch()` or `fetch`"
)]
#[doc(hidden)]
pub trait Measurable {}

impl Measurable for Value {}

/// Compiles where it may.
#[doc(hidden)]
pub fn measurable(_: impl Measurable) {}

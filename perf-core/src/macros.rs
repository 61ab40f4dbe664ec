//! In: hand-made spans. Out: the macros that give each its own site.

/// A site for the place where it is written, as an expression of type `&'static Site`.
///
/// ```
/// let site = perf_core::site!("parse header");
/// assert_eq!(site.id(), "parse header");
/// ```
#[macro_export]
macro_rules! site {
    ($name:expr) => {
        $crate::site!($name, Block)
    };
    ($name:expr, $kind:ident) => {{
        static SITE: $crate::private::Site = $crate::private::Site::named(
            $name,
            $crate::private::Kind::$kind,
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        );
        &SITE
    }};
}

/// Opens a span that ends where it is dropped: `let _span = span!("name");`.
///
/// ```
/// let _on = perf_core::enable();
/// for _ in 0..3 {
///     let _span = perf_core::span!("step");
/// }
/// assert_eq!(perf_core::snapshot().site("step").map(|row| row.calls), Some(3));
/// ```
#[macro_export]
macro_rules! span {
    ($name:expr) => {
        $crate::private::Span::enter($crate::site!($name))
    };
}

/// Measures a block and gives its value: `let page = measure_block!("render", { render(&doc) });`.
///
/// `return`, `?` and `break` leave the block as they would without it, and end its span.
///
/// ```
/// let _on = perf_core::enable();
/// let sum: u64 = perf_core::measure_block!("sum", { (1..=10).sum() });
/// assert_eq!(sum, 55);
/// assert_eq!(perf_core::snapshot().site("sum").map(|row| row.calls), Some(1));
/// ```
#[macro_export]
macro_rules! measure_block {
    ($name:expr, $body:block) => {{
        let _span = $crate::span!($name);
        $body
    }};
}

/// The first of two forms of an item where recording is compiled in, else the second.
#[cfg(all(feature = "record", not(perf_off)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recorded {
    ({ $($recorded:tt)* } { $($bare:tt)* }) => { $($recorded)* };
}

/// The first of two forms of an item where recording is compiled in, else the second.
#[cfg(not(all(feature = "record", not(perf_off))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recorded {
    ({ $($recorded:tt)* } { $($bare:tt)* }) => { $($bare)* };
}

/// Nothing, where spans of the crate `tracing` can be opened.
#[cfg(feature = "tracing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __needs_tracing {
    () => {};
}

/// Nothing, where spans of the crate `tracing` can be opened.
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __needs_tracing {
    () => {
        ::core::compile_error!(
            "`span` needs the feature `tracing` of perf-core: write `perf-core = { ..., features = [\"tracing\"] }`"
        );
    };
}

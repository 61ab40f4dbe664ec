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
///
/// It stays on its thread:
///
/// ```compile_fail,E0277
/// let span = perf_core::span!("moved");
/// std::thread::spawn(move || drop(span));
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

/// Adds to a counter: `counter!("entries", n)`. Counters of one name are one; a snapshot shows its sum and its rate.
///
/// Costs a few plain loads and stores while somebody looks, one load and a branch while nobody does. The name is a constant, so that
/// the number of names is bounded by the program's text.
///
/// ```
/// let _on = perf_core::enable();
/// for batch in [10u64, 20, 30] {
///     perf_core::counter!("entries", batch);
/// }
/// let seen = perf_core::snapshot();
/// assert_eq!(seen.counters[0].total, 60);
/// assert!(seen.counters[0].per_second > 0.0);
/// ```
#[macro_export]
macro_rules! counter {
    ($name:expr, $amount:expr) => {{
        static COUNTER: $crate::counter::Counter = $crate::counter::Counter::new(
            $name,
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        );
        COUNTER.add($amount);
    }};
    ($name:expr) => {
        $crate::counter!($name, 1)
    };
}

/// Sets a level: `gauge!("queue length", x)`. Gauges of one name show one level, with its last, lowest and highest value.
///
/// ```
/// let _on = perf_core::enable();
/// for length in [3.0, 9.0, 4.0] {
///     perf_core::gauge!("queue length", length);
/// }
/// let level = &perf_core::snapshot().gauges[0];
/// assert_eq!((level.last, level.min, level.max), (4.0, Some(3.0), Some(9.0)));
/// ```
#[macro_export]
macro_rules! gauge {
    ($name:expr, $level:expr) => {{
        static GAUGE: $crate::counter::Gauge = $crate::counter::Gauge::new($name);
        GAUGE.set($level);
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

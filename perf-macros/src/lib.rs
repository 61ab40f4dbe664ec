//! `#[measure]`: in goes an annotated item, out comes the same item with a site and a span in each of its functions.
//!
//! Used through `perf-core`, which documents and re-exports it; the generated code names nothing but `perf_core::private`, under
//! whatever name the manifest gives `perf-core`.
//!
//! | macro | what it makes of an item |
//! |---|---|
//! | [`macro@measure`] | a measured function, or a container of them |
//! | [`macro@bench`], [`bench_main!`] | a benchmark, and the `main` that runs all of them |
//! | [`macro@bounded`], [`bound!`] | a limit that a test asserts |
#![forbid(unsafe_code)]

mod arguments;
mod attribute;
mod bench;
mod bound;
mod container;
mod expand;
mod expand_async;
mod expand_fn;
mod expand_future;
mod function;
mod item;
mod krate;
mod leaves;
mod named;
mod options;
mod returns;
mod site;
mod traced;

use proc_macro::TokenStream;

/// Measures every call of a function, or of all functions of an `impl`, a `trait` or an inline `mod { }`.
///
/// | on | measured |
/// |---|---|
/// | a function or method, also `unsafe`, `extern "C"` or generic | from its entry to its end: return, `?` or panic |
/// | an `async fn`, a function that returns `impl Future`, `Pin<Box<dyn Future>>` or `BoxFuture` | the future, from its first poll to ready |
/// | an `impl`, a `trait`, an inline `mod { }` | each function with a body within, except those marked `#[measure(skip)]` |
///
/// | option | meaning |
/// |---|---|
/// | `name = "..."` | the row's id; without it the function's path, which holds no line number |
/// | `label = expr` | a row per value of `expr` (anything that implements `Display`), which may use the arguments; asked for only while recording |
/// | `err` | results that are `Err` are counted |
/// | `alloc` | allocations too, exact in every call; needs `perf_core::alloc::Counting` as the program's allocator |
/// | `cpu` | CPU time and waiting too, in recorded calls; costs two system calls each |
/// | `faults` | page faults and switches too, exact in every call; costs two system calls each |
/// | `full` | never sampled, whatever the overhead budget says |
/// | `span` | opens a span of the crate `tracing` too, under the row's id; needs the feature `tracing` of perf-core |
/// | `skip` | not measured; the function is left as it is |
///
/// On an `impl`, a `trait` or a `mod` the options `alloc`, `cpu`, `faults`, `full` and `skip` may stand; a `const fn` within is left as it is. What a
/// function does with its arguments after its body, which is to drop those still owned, is outside of its span; with `err` and
/// in futures it is inside.
///
/// A `const fn` and an out-of-line `mod x;` are refused, as is whatever is neither function nor container.
#[proc_macro_attribute]
pub fn measure(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::measure(options.into(), item.into()).into()
}

/// Asserts that a closure keeps its limits, without flaking: `bound!(p99 < 50us, || work())`. See `perf_core::bound`.
///
/// Bounds come first, then options, then what is measured: a closure, an `async` closure, or the name of a function.
///
/// | bound | promise |
/// |---|---|
/// | `p99 < 50us` | the quantile of the calls' times; `p50`, `p90`, `p999` and others likewise |
/// | `beyond(50us) < 0.1%` | the share of calls that take longer |
/// | `mean < 50us` | the mean of the calls' times |
/// | `throughput > 2M/s` | calls a second, one after the other: the mean again |
/// | `cpu < 50us` | the mean of the calls' CPU times |
/// | `faster_than(\|\| naive()) by 2.0` | how many times as fast as another closure: on any machine |
/// | `allocations == 0`, `bytes <= 4 KiB`, `peak <= 1 MiB`, `leak == 0` | what each call takes from the allocator on its thread: exact, with `perf_core::alloc::Counting` |
/// | `grows <= n log n over [100, 1_000, ...]` | how the costs of a closure that takes a size grow with it; with `setup`, it takes what that makes of the size |
///
/// | option | meaning |
/// |---|---|
/// | `budget = 3s` | time until an undecided bound is inconclusive; 1 s unless told otherwise |
/// | `setup = \|\| input()` | makes the closure's argument, outside of the measured time |
/// | `batch = 100` | so many calls are timed as one; quantiles are then those of the batches' means |
/// | `warm_up = 0` | calls that are made before the first judged one |
/// | `seed = 7` | the seed of what is drawn at random |
/// | `even_unoptimised` | times are judged in unoptimised builds too |
///
/// A limit is a number with its unit, `50us` or `50 us`, or an expression: `p99 < LIMIT`, a `Duration`;
/// or so many times what a reference kernel takes on the machine, `p99 < 40 x memcpy(4 KiB)` or `5 x multiply(1000)`.
#[proc_macro]
pub fn bound(input: TokenStream) -> TokenStream {
    bound::bound(input.into()).into()
}

/// Asserts that a test's body keeps its limits: `#[bounded(p99 < 50us)]` above or below `#[test]`. Bounds and options as in `bound!`.
///
/// The body is called as often as the proof needs. What it makes first is measured too; where that is not meant, use `bound!` within
/// the test. A body that gives a `Result` fails the test at its first `Err`.
#[proc_macro_attribute]
pub fn bounded(bounds: TokenStream, item: TokenStream) -> TokenStream {
    bound::bounded(bounds.into(), item.into()).into()
}

/// Marks a function as a benchmark: `perf_core::bench_main!()` finds it, and `cargo bench` measures it.
///
/// | on | measured |
/// |---|---|
/// | `fn f() -> T` | a call; what it returns is dropped outside of the measured time |
/// | `fn f(bencher: Bencher)` | the closure that it hands to the bencher |
/// | `fn f(bencher: Threads)` | the same by several threads at once |
/// | `async fn f()` | the future, from its making to ready |
///
/// | option | meaning |
/// |---|---|
/// | `args = [1, 10]` | one benchmark for each value of any iterable of `Debug + Clone` values; the function's (last) parameter takes it, by value or by reference |
/// | `types = [A, B]` | one for each type; the function has one type parameter |
/// | `consts = [1, 2]` | one for each constant; the function has one const parameter |
/// | `threads`, `threads = 4`, `threads = [1, 2]` | called by so many threads at once; alone, by as many as the machine runs |
/// | `bytes = expr`, `items = expr` | what a call processes; the expression may use the argument |
/// | `name = "..."`, `group = "..."` | the id: `group/name/type/const/arg/threads=n` |
/// | `baseline = "id"` | compared with that benchmark of the same executable, interleaved, with a verdict |
/// | `compare = "group"` | the same within a group, whose first function in the source is the baseline |
/// | `block_on = function` | what runs the future of an `async fn`; a small executor of the library without it |
/// | `ignore` | only with `--ignored` or `--include-ignored` |
#[proc_macro_attribute]
pub fn bench(options: TokenStream, item: TokenStream) -> TokenStream {
    bench::bench(options.into(), item.into()).into()
}

/// The `main` of a benchmark target (`harness = false`): measures every `#[bench]` function of the executable, or those listed.
///
/// `bench_main!()` relies on the linker to collect the functions; where it cannot, `bench_main!(one, module::two)` lists them.
/// `metrics = [Mine::new()]` before them makes `--metric` know further quantities: values of types with the trait `harness::Metric`, each
/// made anew in the process of a benchmark.
#[proc_macro]
pub fn bench_main(list: TokenStream) -> TokenStream {
    bench::bench_main(list.into()).into()
}

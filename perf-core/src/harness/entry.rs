//! In: what `#[bench]` leaves beside a function. Out: [`Entry`], and [`Case`], one benchmark of it that can run.

use super::child::bencher::Bencher;
use std::fmt::Debug;
use std::fmt::Write as _;

/// What `#[bench]` leaves beside a function.
#[doc(hidden)]
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
    pub group: Option<&'static str>,
    pub baseline: Option<&'static str>,
    pub compare: Option<&'static str>,
    pub ignore: bool,
    pub cases: fn() -> Vec<Case>,
}

/// An entry that the linker collected.
#[doc(hidden)]
#[derive(Debug)]
pub struct Listed(pub &'static Entry);

inventory::collect!(Listed);

/// Runs a benchmark with the bencher it is given.
type Run = Box<dyn Fn(Bencher<'_>)>;

/// One benchmark: the function with its type, constant, argument and number of threads.
#[doc(hidden)]
pub struct Case {
    pub(super) suffix: String, // what follows the function's name in the id: `/Vec<i32>/1000`
    pub(super) threads: usize, // 0: not asked for
    pub(super) run: Run,
}

/// Gathers the cases of one function; the generated code fills it.
#[doc(hidden)]
#[derive(Default)]
pub struct Cases {
    cases: Vec<Case>,
}

impl Cases {
    pub fn new() -> Self {
        Self::default()
    }

    /// The function without an argument, once for each number of threads.
    pub fn one(
        &mut self,
        name: &str,
        threads: &[usize],
        run: impl Fn(Bencher<'_>) + Clone + 'static,
    ) {
        for &threads in threads {
            let suffix = suffix(name, None, threads);
            self.cases.push(Case {
                suffix,
                threads,
                run: Box::new(run.clone()),
            });
        }
    }

    /// The function with each of these arguments.
    pub fn each<I>(
        &mut self,
        name: &str,
        threads: &[usize],
        args: I,
        run: impl Fn(Bencher<'_>, &I::Item) + Clone + 'static,
    ) where
        I: IntoIterator,
        I::Item: Debug + Clone + 'static,
    {
        for item in args {
            for &threads in threads {
                let suffix = suffix(name, Some(&label(&item)), threads);
                let (run, item) = (run.clone(), item.clone());
                self.cases.push(Case {
                    suffix,
                    threads,
                    run: Box::new(move |bencher| run(bencher, &item)),
                });
            }
        }
    }

    pub fn done(self) -> Vec<Case> {
        self.cases
    }
}

/// What stands in `threads = ...`: a number or several.
#[doc(hidden)]
pub trait ThreadNumbers {
    fn numbers(self) -> Vec<usize>;
}

impl ThreadNumbers for usize {
    fn numbers(self) -> Vec<usize> {
        vec![self.max(1)]
    }
}

impl<const N: usize> ThreadNumbers for [usize; N] {
    fn numbers(self) -> Vec<usize> {
        self.into_iter().map(|n| n.max(1)).collect()
    }
}

impl ThreadNumbers for Vec<usize> {
    fn numbers(self) -> Vec<usize> {
        self.into_iter().map(|n| n.max(1)).collect()
    }
}

/// No threads asked for.
#[doc(hidden)]
pub fn no_threads() -> Vec<usize> {
    vec![0]
}

/// As many as the machine runs at once.
#[doc(hidden)]
pub fn all_threads() -> Vec<usize> {
    vec![std::thread::available_parallelism().map_or(1, usize::from)]
}

/// The argument as the id shows it; a string without its quotes.
fn label(item: &impl Debug) -> String {
    let text = format!("{item:?}");
    match text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        Some(inner) => inner.to_owned(),
        None => text,
    }
}

fn suffix(name: &str, argument: Option<&str>, threads: usize) -> String {
    let mut suffix = String::new();
    for part in [Some(name).filter(|name| !name.is_empty()), argument]
        .into_iter()
        .flatten()
    {
        suffix.push('/');
        suffix.push_str(part);
    }
    if threads > 0 {
        let _ = write!(suffix, "/threads={threads}");
    }
    suffix
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("suffix", &self.suffix)
            .finish_non_exhaustive()
    }
}

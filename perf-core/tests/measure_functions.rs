//! `#[measure]` on every form of function: ids as stated, every way out counted once, behaviour as without it.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(clippy::pedantic, clippy::type_complexity, clippy::redundant_closure)] // odd forms are the subject

use perf_core::measure;
use std::panic::catch_unwind;

/// Calls, errors and panics of a row; zeros where there is none.
fn counts(id: &str) -> (u64, u64, u64) {
    let rows = perf_core::snapshot();
    rows.site(id)
        .map_or((0, 0, 0), |row| (row.calls, row.errors, row.panicked))
}

fn calls(id: &str) -> u64 {
    counts(id).0
}

mod forms {
    use perf_core::measure;
    use std::fmt::Display;

    #[measure]
    pub(super) fn free(x: u32) -> u32 {
        x + 1
    }

    #[measure()]
    pub(super) fn unit(seen: &mut u32) {
        *seen += 1;
    }

    #[measure]
    pub(super) fn generic<T, const N: usize>(x: &T) -> [T; N]
    where
        T: Clone,
    {
        std::array::from_fn(|_| x.clone())
    }

    #[measure]
    pub(super) fn shown(x: impl Display, y: &dyn Display) -> String {
        format!("{x}{y}")
    }

    #[measure]
    pub(super) fn opaque<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'a str> + use<'a> {
        words.iter().copied().filter(|word| !word.is_empty())
    }

    // The closure's signature is known from the return type alone.
    #[measure]
    pub(super) fn closure() -> impl Fn(&str) -> &str {
        |text| text.trim()
    }

    #[measure]
    pub(super) fn dynamic(yes: bool) -> Box<dyn Fn(u32) -> u32> {
        if yes {
            return Box::new(|x| x + 1);
        }
        Box::new(|x| x)
    }

    #[measure]
    pub(super) extern "C" fn foreign(x: i32) -> i32 {
        -x
    }

    #[measure]
    pub(super) fn r#match(r#type: u8) -> u8 {
        r#type
    }

    #[measure]
    pub(super) fn early(x: u32) -> u32 {
        if x == 0 {
            return 7;
        }
        x
    }

    #[measure]
    pub(super) fn question(text: &str) -> Result<u32, std::num::ParseIntError> {
        let x: u32 = text.parse()?;
        Ok(x)
    }

    #[measure]
    pub(super) fn never() -> ! {
        panic!("as it should")
    }

    #[measure]
    pub(super) fn only_returns(x: u32) -> u32 {
        #[allow(clippy::never_loop)]
        loop {
            return x;
        }
    }

    #[measure]
    pub(super) fn only_panics() -> u32 {
        panic!("as it should")
    }

    #[measure]
    pub(super) fn factorial(n: u64) -> u64 {
        if n == 0 { 1 } else { n * factorial(n - 1) }
    }

    #[measure]
    pub(super) fn patterns((mut a, _): (u32, u32), [b, ..]: [u32; 3], _: String) -> u32 {
        a += 1;
        a + b
    }

    #[measure]
    pub(super) fn inner_attributes() -> u32 {
        #![allow(unused_variables)]
        let unused = 3;
        1
    }

    pub(super) fn outer() -> u32 {
        #[measure]
        fn nested() -> u32 {
            5
        }
        let from_closure = || {
            #[measure]
            fn deep() -> u32 {
                6
            }
            deep()
        };
        nested() + from_closure()
    }
}

#[test]
fn every_form_is_counted_under_its_path() {
    let _on = perf_core::enable();
    let mut seen = 0;
    assert_eq!(forms::free(1), 2);
    forms::unit(&mut seen);
    assert_eq!(seen, 1);
    assert_eq!(forms::generic::<_, 2>(&'x'), ['x', 'x']);
    assert_eq!(forms::generic::<_, 1>(&1_u8), [1]);
    assert_eq!(forms::shown(1, &"a"), "1a");
    assert_eq!(forms::opaque(&["a", "", "b"]).count(), 2);
    assert_eq!(forms::closure()(" x "), "x");
    assert_eq!(forms::dynamic(true)(1) + forms::dynamic(false)(1), 3);
    assert_eq!(forms::foreign(3), -3);
    assert_eq!(forms::r#match(4), 4);
    assert_eq!(forms::patterns((1, 2), [3, 4, 5], String::new()), 5);
    assert_eq!(forms::inner_attributes(), 1);
    assert_eq!(forms::only_returns(9), 9);
    assert_eq!(forms::outer(), 11);
    for (name, expected) in [
        ("free", 1),
        ("unit", 1),
        ("generic", 2),
        ("shown", 1),
        ("opaque", 1),
        ("closure", 1),
        ("dynamic", 2),
        ("foreign", 1),
        ("match", 1),
        ("patterns", 1),
        ("inner_attributes", 1),
        ("only_returns", 1),
        ("outer::nested", 1),
        ("outer::deep", 1),
    ] {
        let id = format!("measure_functions::forms::{name}");
        assert_eq!(calls(&id), expected, "{id}");
    }
}

#[test]
fn every_way_out_ends_the_span() {
    let _on = perf_core::enable();
    assert_eq!((forms::early(0), forms::early(1)), (7, 1));
    assert_eq!(calls("measure_functions::forms::early"), 2);
    assert!(forms::question("1").is_ok() && forms::question("x").is_err());
    assert_eq!(counts("measure_functions::forms::question"), (2, 0, 0));
    assert!(catch_unwind(|| forms::never()).is_err());
    assert_eq!(counts("measure_functions::forms::never"), (1, 0, 1));
    assert!(catch_unwind(forms::only_panics).is_err());
    assert_eq!(counts("measure_functions::forms::only_panics"), (1, 0, 1));
}

#[test]
fn each_level_of_a_recursion_is_a_call() {
    let _on = perf_core::enable();
    assert_eq!(forms::factorial(9), 362_880);
    assert_eq!(calls("measure_functions::forms::factorial"), 10);
    let rows = perf_core::snapshot();
    let row = rows.site("measure_functions::forms::factorial").unwrap();
    assert!(
        row.self_ns <= row.total_ns,
        "self {} total {}",
        row.self_ns,
        row.total_ns
    );
}

mod options {
    use perf_core::measure;

    #[measure(name = "options: given")]
    pub(super) fn named() {}

    #[measure(label = size, name = "options: by size")]
    pub(super) fn by_size(size: u32) -> u32 {
        size
    }

    #[measure(label = std::any::type_name::<T>(), name = "options: by type")]
    pub(super) fn by_type<T: Default>() -> T {
        T::default()
    }

    #[measure(full, err, name = "options: err")]
    pub(super) fn fails(text: &str) -> Result<u32, String> {
        if text == "early" {
            return Err("returned".into());
        }
        let x: u32 = text.parse().map_err(|_| "by question mark")?;
        if x == 0 {
            Err("at the end".into())
        } else {
            Ok(x)
        }
    }

    #[measure(err, name = "options: err opaque")]
    pub(super) fn opaque(n: u32) -> Result<impl Iterator<Item = u32>, String> {
        if n == 0 {
            Err("none".to_owned())
        } else {
            Ok(0..n)
        }
    }

    #[measure(err, name = "options: err patterns", label = a)]
    pub(super) fn patterns((mut a, _): (u32, u8), mut b: u32) -> std::io::Result<u32> {
        a += 1;
        b += 1;
        Ok(a + b)
    }

    pub(super) struct Store(pub(super) Vec<u32>);

    impl Store {
        #[measure(err)]
        pub(super) fn slot(&mut self, mut at: usize) -> Result<&mut u32, String> {
            at += 1;
            let slot = self.0.get_mut(at - 1).ok_or_else(|| at.to_string())?;
            *slot += 1;
            Ok(slot)
        }

        #[measure(err)]
        pub(super) fn into_first(mut self) -> Result<u32, Self> {
            if self.0.is_empty() {
                return Err(self);
            }
            Ok(self.0.remove(0))
        }
    }

    #[measure(skip)]
    pub(super) fn skipped() -> u32 {
        1
    }
}

#[test]
fn options_do_what_they_say() {
    let _on = perf_core::enable();
    options::named();
    assert_eq!(calls("options: given"), 1);
    for size in [1, 2, 1] {
        options::by_size(size);
    }
    assert_eq!(calls("options: by size{1}"), 2);
    assert_eq!(calls("options: by size{2}"), 1);
    assert_eq!(
        (options::by_type::<u8>(), options::by_type::<String>()),
        (0, String::new())
    );
    assert_eq!(calls("options: by type{u8}"), 1);
    assert_eq!(calls("options: by type{alloc::string::String}"), 1);
    assert_eq!(options::skipped(), 1);
    assert_eq!(calls("measure_functions::options::skipped"), 0);
}

#[test]
fn every_err_is_counted_however_it_leaves() {
    let _on = perf_core::enable();
    assert_eq!(options::fails("3"), Ok(3));
    for text in ["early", "x", "0"] {
        assert!(options::fails(text).is_err());
    }
    assert_eq!(counts("options: err"), (4, 3, 0));
    assert!(options::opaque(0).is_err());
    assert_eq!(options::opaque(3).map(Iterator::sum), Ok(3));
    assert_eq!(counts("options: err opaque"), (2, 1, 0));
    assert_eq!(options::patterns((1, 1), 1).unwrap(), 4);
    assert_eq!(counts("options: err patterns{1}"), (1, 0, 0));
    let mut store = options::Store(vec![1]);
    *store.slot(0).unwrap() += 1;
    assert!(store.slot(1).is_err());
    assert_eq!(counts("measure_functions::options::Store::slot"), (2, 1, 0));
    assert_eq!(store.into_first().ok(), Some(3));
    assert!(options::Store(vec![]).into_first().is_err());
    assert_eq!(
        counts("measure_functions::options::Store::into_first"),
        (2, 1, 0)
    );
}

/// Notes when it is dropped.
struct Noted<'a>(&'static str, &'a std::cell::RefCell<Vec<&'static str>>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

mod dropped {
    use super::{Noted, measure};

    #[measure(err)]
    pub(super) fn measured(a: Noted, _: Noted, (b, _): (Noted, Noted), c: Noted) -> Result<(), ()> {
        let _used = (&c, &a, &b);
        Ok(())
    }

    pub(super) fn bare(a: Noted, _: Noted, (b, _): (Noted, Noted), c: Noted) -> Result<(), ()> {
        let _used = (&c, &a, &b);
        Ok(())
    }
}

#[test]
fn arguments_are_dropped_in_the_order_of_the_bare_function() {
    let order = |function: fn(Noted, Noted, (Noted, Noted), Noted) -> Result<(), ()>| {
        let notes = std::cell::RefCell::new(Vec::new());
        let note = |name| Noted(name, &notes);
        function(note("a"), note("_"), (note("b"), note("b rest")), note("c")).unwrap();
        notes.into_inner()
    };
    assert_eq!(
        order(|a, b, c, d| dropped::measured(a, b, c, d)),
        order(|a, b, c, d| dropped::bare(a, b, c, d))
    );
}

mod attributes {
    use perf_core::measure;
    use std::panic::Location;

    #[inline]
    #[measure]
    #[must_use]
    pub(super) fn before_and_after() -> u32 {
        1
    }

    #[measure]
    #[cfg(not(test))]
    pub(super) fn absent() {}

    #[cfg(test)]
    #[measure]
    #[cold]
    pub(super) fn present() {}

    #[track_caller]
    #[measure]
    pub(super) fn caller_above() -> u32 {
        Location::caller().line()
    }

    #[measure]
    #[track_caller]
    pub(super) fn caller_below() -> u32 {
        Location::caller().line()
    }
}

#[test]
fn attributes_keep_their_meaning_on_either_side() {
    let _on = perf_core::enable();
    assert_eq!(attributes::before_and_after(), 1);
    assert_eq!(calls("measure_functions::attributes::before_and_after"), 1);
    attributes::present();
    assert_eq!(calls("measure_functions::attributes::present"), 1);
    assert_eq!(attributes::caller_above(), line!());
    assert_eq!(attributes::caller_below(), line!());
}

#[measure]
#[test]
fn a_test_may_be_measured_above() {
    assert_eq!("a".len(), 1);
}

#[test]
#[measure(err)]
fn a_test_may_be_measured_below() -> Result<(), std::num::ParseIntError> {
    assert_eq!("1".parse::<u32>()?, 1);
    Ok(())
}

#[test]
fn a_site_is_the_place_of_its_function() {
    let _on = perf_core::enable();
    placed();
    let rows = perf_core::snapshot();
    let row = rows.site("measure_functions::placed").unwrap();
    assert!(row.file.ends_with("measure_functions.rs"), "{}", row.file);
    assert_eq!(row.line, PLACED + 3);
}

const PLACED: u32 = line!();
#[measure]
#[inline(never)]
fn placed() {}

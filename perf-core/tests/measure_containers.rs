//! `#[measure]` on an `impl`, a `trait` or a `mod`, and on functions in them: ids as stated, `skip` skipped.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(clippy::pedantic, clippy::boxed_local)] // odd forms are the subject

use perf_core::measure;
use std::fmt::Debug;

fn calls(id: &str) -> u64 {
    perf_core::snapshot().site(id).map_or(0, |row| row.calls)
}

mod shapes {
    #[derive(Debug, Clone, Default)]
    pub(super) struct Plain {
        pub(super) count: u32,
    }
    #[derive(Debug)]
    pub(super) struct Generic<T, const N: usize>(pub(super) [T; N]);
    #[derive(Debug)]
    pub(super) struct Borrowed<'a>(pub(super) &'a str);
}
use shapes::{Borrowed, Generic, Plain};

#[measure]
impl Plain {
    /// Constants stay.
    const STEP: u32 = {
        struct Inside;
        let _ = Inside;
        2
    };

    fn new() -> Self {
        Self {
            count: Self::start(),
        }
    }

    const fn start() -> u32 {
        3
    }

    fn step(&mut self) -> &mut Self {
        self.count += Self::STEP;
        self
    }

    #[measure(skip)]
    fn bare(&self) -> u32 {
        self.count
    }

    #[measure(name = "plain: own name")]
    fn own_name(self: Box<Self>) -> u32 {
        self.count
    }

    #[perf_core::measure(err)]
    fn fails(self) -> Result<Self, u32> {
        Err(self.count)
    }
}

impl<T: Clone, const N: usize> Generic<T, N> {
    #[measure]
    fn first(&self) -> Option<T> {
        self.0.first().cloned()
    }
}

#[measure(full)]
impl Borrowed<'_> {
    fn text(&self) -> &str {
        self.0
    }
}

#[measure]
trait Shape: Debug {
    type Unit: Default;
    const SIDES: u32;

    fn sides(&self) -> u32 {
        Self::SIDES
    }

    fn unit(&self) -> Self::Unit {
        Self::Unit::default()
    }

    fn area(&self) -> u32;
}

#[measure]
impl Shape for Plain {
    type Unit = u8;
    const SIDES: u32 = 4;

    fn area(&self) -> u32 {
        self.count
    }
}

impl<T: Debug, const N: usize> Shape for Generic<T, N>
where
    [(); N]:,
{
    type Unit = u16;
    const SIDES: u32 = 5;

    #[measure]
    fn area(&self) -> u32 {
        N as u32
    }
}

#[measure]
impl Shape for Vec<u8> {
    type Unit = u32;
    const SIDES: u32 = 6;

    fn area(&self) -> u32 {
        7
    }
}

trait Convert<T> {
    fn convert(&self) -> T;
}

mod elsewhere {
    use super::{Convert, Plain, measure};

    #[measure]
    impl Plain {
        pub(super) fn other_module(&self) -> u32 {
            self.count
        }
    }

    #[measure]
    impl Convert<u32> for Plain {
        fn convert(&self) -> u32 {
            self.count
        }
    }
}

#[measure]
mod module {
    #![allow(clippy::unnecessary_wraps)]

    pub(super) const ONE: u32 = 1;

    macro_rules! two {
        () => {
            2
        };
    }

    pub(super) fn free() -> u32 {
        ONE + two!()
    }

    #[measure(skip)]
    pub(super) fn skipped() -> u32 {
        free()
    }

    use perf_core::measure;

    #[measure(err)]
    pub(super) fn own_options() -> Result<u32, ()> {
        Ok(1)
    }

    pub(super) struct Within;

    impl Within {
        pub(super) fn method(&self) -> u32 {
            1
        }
    }

    #[measure(skip)]
    impl Within {
        pub(super) fn skipped_with_the_impl(&self) -> u32 {
            1
        }
    }

    pub(super) trait Greets {
        fn greet(&self) -> u32 {
            1
        }
    }

    impl Greets for Within {}

    pub(super) mod inner {
        pub(in super::super) fn free() -> u32 {
            1
        }
    }
}

#[test]
fn an_impl_is_measured_method_by_method() {
    let _on = perf_core::enable();
    let mut plain = Plain::new();
    assert_eq!(plain.step().step().bare(), 7);
    assert_eq!(Box::new(plain.clone()).own_name(), 7);
    assert_eq!(plain.clone().fails().unwrap_err(), 7);
    assert_eq!(plain.other_module(), 7);
    assert_eq!(Generic([1, 2]).first(), Some(1));
    assert_eq!(Generic(["a"]).first(), Some("a"));
    assert_eq!(Borrowed("b").text(), "b");
    for (id, expected) in [
        ("measure_containers::shapes::Plain::new", 1),
        ("measure_containers::shapes::Plain::start", 0),
        ("measure_containers::shapes::Plain::step", 2),
        ("measure_containers::shapes::Plain::bare", 0),
        ("plain: own name", 1),
        ("measure_containers::shapes::Plain::own_name", 0),
        ("measure_containers::shapes::Plain::fails", 1),
        ("measure_containers::shapes::Plain::other_module", 1),
        ("measure_containers::shapes::Generic::first", 2),
        ("measure_containers::shapes::Borrowed::text", 1),
    ] {
        assert_eq!(calls(id), expected, "{id}");
    }
}

#[test]
fn trait_methods_are_named_by_type_and_trait() {
    let _on = perf_core::enable();
    let plain = Plain { count: 2 };
    assert_eq!((plain.sides(), plain.unit(), plain.area()), (4, 0, 2));
    assert_eq!(Generic([1_u8; 3]).area(), 3);
    assert_eq!((vec![1_u8].area(), vec![1_u8].sides()), (7, 6));
    assert_eq!(Convert::<u32>::convert(&plain), 2);
    for (id, expected) in [
        ("measure_containers::Shape::sides", 2),
        ("measure_containers::Shape::unit", 1),
        (
            "<measure_containers::shapes::Plain as measure_containers::Shape>::area",
            1,
        ),
        (
            "<measure_containers::shapes::Generic as measure_containers::Shape>::area",
            1,
        ),
        (
            "<alloc::vec::Vec<u8> as measure_containers::Shape>::area",
            1,
        ),
        (
            "<measure_containers::shapes::Plain as measure_containers::Convert<u32>>::convert",
            1,
        ),
    ] {
        assert_eq!(calls(id), expected, "{id}");
    }
}

#[test]
fn a_module_is_measured_to_its_depth() {
    use module::Greets;
    let _on = perf_core::enable();
    assert_eq!(module::free() + module::skipped(), 6);
    assert_eq!(module::own_options(), Ok(1));
    assert_eq!(
        module::Within.method() + module::Within.skipped_with_the_impl(),
        2
    );
    assert_eq!(module::Within.greet() + module::inner::free(), 2);
    for (name, expected) in [
        ("free", 2),
        ("skipped", 0),
        ("own_options", 1),
        ("Within::method", 1),
        ("Within::skipped_with_the_impl", 0),
        ("Greets::greet", 1),
        ("inner::free", 1),
    ] {
        let id = format!("measure_containers::module::{name}");
        assert_eq!(calls(&id), expected, "{id}");
    }
}

//! In: an item's attributes. Out: whether `#[measure]` is among them, by its last name, as `perf_core::measure` or alone.

use crate::options::Options;
use syn::{Attribute, Meta};

/// The item's own `#[measure]`, if it bears one.
pub(crate) fn find(attrs: &[Attribute]) -> Option<&Attribute> {
    attrs.iter().find(|attr| is_measure(attr))
}

/// Takes away `#[measure(skip)]`; any other form stays, to be expanded in its turn.
pub(crate) fn remove_skip(attrs: &mut Vec<Attribute>) {
    attrs.retain(|attr| !(is_measure(attr) && is_skip(attr)));
}

fn is_measure(attr: &Attribute) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "measure")
}

fn is_skip(attr: &Attribute) -> bool {
    let Meta::List(list) = &attr.meta else {
        return false;
    };
    syn::parse2::<Options>(list.tokens.clone()).is_ok_and(|options| options.skip())
}

//! In: a function's name and a parameter. Out: [`BenchmarkId`], `function/parameter`.

use std::fmt::Display;

/// The id of a benchmark within its group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BenchmarkId(String);

impl BenchmarkId {
    /// `function/parameter`.
    pub fn new<S: Into<String>, P: Display>(function: S, parameter: P) -> Self {
        Self(format!("{}/{parameter}", function.into()))
    }

    /// The parameter alone.
    pub fn from_parameter<P: Display>(parameter: P) -> Self {
        Self(parameter.to_string())
    }
}

/// What may stand for an id.
pub trait IntoBenchmarkId {
    /// The id as text.
    fn into_id(self) -> String;
}

impl IntoBenchmarkId for BenchmarkId {
    fn into_id(self) -> String {
        self.0
    }
}

impl<S: Into<String>> IntoBenchmarkId for S {
    fn into_id(self) -> String {
        self.into()
    }
}

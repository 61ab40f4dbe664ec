//! In: one case of a reference file. Out: its inputs as Rust values, and Rust values as JSON for the comparison.

use perf_stats::StatsError;
use serde_json::Value;

/// Computes one procedure: returns an object with at least the keys of `expected`.
pub(crate) type Adapter = fn(&Case) -> Result<Value, StatsError>;

/// One case: what goes in, and what should come out (an adapter may read `expected` only to see which keys are asked for).
pub(crate) struct Case<'a> {
    pub(crate) input: &'a Value,
    pub(crate) expected: &'a Value,
}

impl Case<'_> {
    /// The array of numbers at `key`; `"inf"`, `"-inf"` and `"nan"` are understood.
    pub(crate) fn numbers(&self, key: &'static str) -> Result<Vec<f64>, StatsError> {
        list(self.input.get(key)).ok_or(missing(key))
    }

    /// The array of arrays of numbers at `key`.
    pub(crate) fn rows(&self, key: &'static str) -> Result<Vec<Vec<f64>>, StatsError> {
        let rows = self
            .input
            .get(key)
            .and_then(Value::as_array)
            .ok_or(missing(key))?;
        rows.iter()
            .map(|row| list(Some(row)).ok_or(missing(key)))
            .collect()
    }

    /// The number at `key`.
    pub(crate) fn number(&self, key: &'static str) -> Result<f64, StatsError> {
        self.optional(key).ok_or(missing(key))
    }

    /// The number at `key`, or none where it is null or absent.
    pub(crate) fn optional(&self, key: &str) -> Option<f64> {
        self.input.get(key).and_then(parse)
    }

    /// The non-negative integer at `key`.
    pub(crate) fn integer(&self, key: &'static str) -> Result<u64, StatsError> {
        self.input
            .get(key)
            .and_then(Value::as_u64)
            .ok_or(missing(key))
    }

    /// The string at `key`.
    pub(crate) fn text(&self, key: &'static str) -> Result<&str, StatsError> {
        self.input
            .get(key)
            .and_then(Value::as_str)
            .ok_or(missing(key))
    }

    /// Whether the input holds `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.input.get(key).is_some()
    }

    /// Whether the reference has a value for `key`.
    pub(crate) fn wants(&self, key: &str) -> bool {
        self.expected.get(key).is_some()
    }
}

fn missing(name: &'static str) -> StatsError {
    StatsError::BadParameter {
        name,
        expected: "present in the case's input",
    }
}

fn list(value: Option<&Value>) -> Option<Vec<f64>> {
    value?.as_array()?.iter().map(parse).collect()
}

/// A number, or one of the strings that stand for what JSON cannot write.
pub(crate) fn parse(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => match s.as_str() {
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            "nan" => Some(f64::NAN),
            _ => None,
        },
        _ => None,
    }
}

/// A number for the comparison; infinities become the strings of the reference files.
pub(crate) fn real(value: f64) -> Value {
    if value.is_finite() {
        value.into()
    } else if value.is_nan() {
        "nan".into()
    } else if value > 0.0 {
        "inf".into()
    } else {
        "-inf".into()
    }
}

/// An array of numbers for the comparison.
pub(crate) fn reals(values: &[f64]) -> Value {
    values.iter().copied().map(real).collect()
}

/// The end of an interval for the comparison: null where there is none.
pub(crate) fn bound(value: Option<f64>) -> Value {
    value.filter(|v| v.is_finite()).map_or(Value::Null, real)
}

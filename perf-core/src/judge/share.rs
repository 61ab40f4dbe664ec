//! In: a share of one, written as `"2%"` or as `0.02`. Out: the number, for serde.

use crate::units::parse_percent;
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

struct Share;

impl Visitor<'_> for Share {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share such as \"2%\" or 0.02")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        parse_percent(text).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        if value.is_finite() && value >= 0.0 {
            return Ok(value);
        }
        Err(E::custom(format!(
            "{value} is no share: write one such as \"2%\" or 0.02"
        )))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        self.visit_f64(value as f64)
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    from.deserialize_any(Share)
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
pub(super) fn serialize<S: Serializer>(share: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(*share)
}

/// The same for a share that may be missing.
pub(super) mod optional {
    use super::{Deserializer, Serializer};

    #[allow(clippy::unnecessary_wraps)] // serde asks for the whole field's type
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<f64>, D::Error> {
        super::deserialize(from).map(Some)
    }

    #[allow(clippy::ref_option)] // serde's signature
    pub(in super::super) fn serialize<S: Serializer>(
        share: &Option<f64>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match share {
            Some(share) => to.serialize_some(share),
            None => to.serialize_none(),
        }
    }
}

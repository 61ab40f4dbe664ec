//! In: a [`Histogram`]. Out: `HdrHistogram`'s V2 encoding, plain or deflated, as bytes or in base64 (feature `hdr`).

use crate::record::layout::Layout;
use crate::snapshot::Histogram;
use crate::snapshot::hdr::{HdrError, error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer, V2Serializer};

impl Histogram {
    /// `HdrHistogram`'s V2 encoding.
    ///
    /// # Errors
    /// [`HdrError`].
    pub fn to_hdr_v2(&self) -> Result<Vec<u8>, HdrError> {
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(&self.to_hdr()?, &mut bytes)
            .map_err(error)?;
        Ok(bytes)
    }

    /// `HdrHistogram`'s V2 encoding, deflated.
    ///
    /// # Errors
    /// [`HdrError`].
    pub fn to_hdr_v2_deflate(&self) -> Result<Vec<u8>, HdrError> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&self.to_hdr()?, &mut bytes)
            .map_err(error)?;
        Ok(bytes)
    }

    /// The deflated V2 encoding in base64: what histogram logs hold.
    ///
    /// # Errors
    /// [`HdrError`].
    ///
    /// ```
    /// use perf_core::{Histogram, Layout};
    /// let ours = Histogram::of(Layout::DEFAULT, [100, 200, 300]);
    /// let text = ours.to_hdr_base64()?;
    /// assert!(text.starts_with("HISTFAAA"));
    /// assert_eq!(Histogram::from_hdr_base64(Layout::DEFAULT, &text)?.count(), 3);
    /// # Ok::<(), perf_core::HdrError>(())
    /// ```
    pub fn to_hdr_base64(&self) -> Result<String, HdrError> {
        Ok(STANDARD.encode(self.to_hdr_v2_deflate()?))
    }

    /// Reads any V2 encoding.
    ///
    /// # Errors
    /// [`HdrError`] for bytes that are no such encoding.
    pub fn from_hdr_bytes(layout: Layout, mut bytes: &[u8]) -> Result<Self, HdrError> {
        let hdr = Deserializer::new()
            .deserialize::<u64, _>(&mut bytes)
            .map_err(error)?;
        Ok(Self::from_hdr(layout, &hdr))
    }

    /// Reads any V2 encoding in base64.
    ///
    /// # Errors
    /// [`HdrError`] for text that is no such encoding.
    pub fn from_hdr_base64(layout: Layout, text: &str) -> Result<Self, HdrError> {
        Self::from_hdr_bytes(layout, &STANDARD.decode(text.trim()).map_err(error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_read_back_and_garbage_is_refused() {
        let ours = Histogram::of(Layout::DEFAULT, (0..10_000u64).map(|i| i * i));
        for bytes in [ours.to_hdr_v2(), ours.to_hdr_v2_deflate()] {
            let back = Histogram::from_hdr_bytes(Layout::DEFAULT, &bytes.expect("encodes"))
                .expect("reads");
            assert_eq!(back.count(), ours.count());
            for p in [0.01, 0.5, 0.99, 1.0] {
                let (a, b) = (ours.value_at(p), back.value_at(p));
                assert!((a - b).abs() <= 0.02 * a, "p {p}: {a} and {b}");
            }
        }
        assert!(Histogram::from_hdr_bytes(Layout::DEFAULT, b"no histogram").is_err());
        assert!(Histogram::from_hdr_base64(Layout::DEFAULT, "%%%").is_err());
    }
}

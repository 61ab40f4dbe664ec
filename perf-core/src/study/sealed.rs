//! In: a record. Out: a JSON file with the record and its seal (XXH3 of its compact form), written once; read back, or refused.

use super::error::StudyError;
use crate::run::atomic;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

const FORMAT: &str = "perf-core study";
const SCHEMA: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Envelope {
    format: String,
    schema: u64,
    xxh3: String,
    record: Value,
}

/// Writes the file and gives its seal.
pub(super) fn write<T: Serialize>(path: &Path, record: &T) -> Result<String, StudyError> {
    if path.exists() {
        return Err(StudyError::NotNow(format!(
            "{path:?} is there already: another process took this step; look at `cargo perf study show` and go on from there"
        )));
    }
    let encode = |error: serde_json::Error| StudyError::io(path, "encode")(error.into());
    let record = serde_json::to_value(record).map_err(encode)?;
    let seal = seal(&record);
    let envelope = Envelope {
        format: FORMAT.to_owned(),
        schema: SCHEMA,
        xxh3: seal.clone(),
        record,
    };
    let mut bytes = serde_json::to_vec_pretty(&envelope).map_err(encode)?;
    bytes.push(b'\n');
    atomic::write(path, &bytes).map_err(StudyError::io(path, "write"))?;
    Ok(seal)
}

/// Reads the record and its seal.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<(T, String), StudyError> {
    let changed = |what: String| StudyError::Changed {
        path: path.to_owned(),
        what,
    };
    let bytes = std::fs::read(path).map_err(StudyError::io(path, "read"))?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| changed(format!("it is no whole JSON file ({error})")))?;
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(changed(format!(
            "it does not say `\"format\": \"{FORMAT}\"`"
        )));
    }
    match value.get("schema").and_then(Value::as_u64) {
        Some(SCHEMA) => {}
        other => {
            let found = other.map_or("none".to_owned(), |found| found.to_string());
            return Err(changed(format!(
                "its schema is {found}, this version reads {SCHEMA}"
            )));
        }
    }
    let envelope: Envelope =
        serde_json::from_value(value).map_err(|error| changed(error.to_string()))?;
    if seal(&envelope.record) != envelope.xxh3 {
        return Err(changed(
            "it was edited after it was written: its seal does not fit".to_owned(),
        ));
    }
    let record = serde_json::from_value(envelope.record)
        .map_err(|error| changed(format!("its record is not understood: {error}")))?;
    Ok((record, envelope.xxh3))
}

fn seal(record: &Value) -> String {
    format!("{:016x}", xxh3_64(record.to_string().as_bytes()))
}

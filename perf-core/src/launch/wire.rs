//! In: requests and answers between a launcher and its helper. Out: one line of JSON each.

use crate::launch::finished::Finished;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};

/// What the helper answers to a command.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It ran.
    Finished(Box<Finished>),
    /// It could not be started, in the system's words.
    NotStarted(String),
}

/// Sends one message.
pub(super) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

/// Waits for one message; none when the other side is gone.
pub(super) fn receive<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

//! In: a session that asked to end on signals. Out: an error: not on this platform.

use crate::session::Live;
use std::io;
use std::sync::Weak;

/// Not here.
pub(super) fn end_on_them(session: Weak<Live>) -> io::Result<()> {
    drop(session);
    let reason = format!("there are none on {}", std::env::consts::OS);
    Err(io::Error::new(io::ErrorKind::Unsupported, reason))
}

/// Not here.
pub(crate) fn say_on_them(sentence: Option<String>) -> io::Result<()> {
    drop(sentence);
    Err(io::ErrorKind::Unsupported.into())
}

//! Promise: a run file or a line of a history that was cut, changed or made by others is refused with a sentence, or read as what it
//! says; what was read can be shown and stored again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_core::Snapshot;
use perf_core::history::History;
use perf_core::run::Run;
use std::fs;
use xxhash_rust::xxh3::xxh3_64;

fuzz_target!(|data: &[u8]| {
    thread_local! {
        // In memory where there is such a folder: a disk would be all that is tested.
        static FOLDER: tempfile::TempDir = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .expect("a folder");
    }
    FOLDER.with(|folder| {
        let path = folder.path().join("file");
        fs::write(&path, data).expect("a file");
        match Run::read(&path) {
            Ok(run) => shown(&run.snapshot),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        match History::at(&path).read() {
            Ok(records) => drop(records),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        // Past the checksum, where strangers' bytes seldom come.
        if !data.contains(&b'\n') {
            let sum = format!("{:016x}", xxh3_64(data));
            let line = [b"{\"xxh3\":\"", sum.as_bytes(), b"\",\"record\":", data, b"}\n"].concat();
            fs::write(&path, line).expect("a file");
            assert!(History::at(&path).read().is_ok());
            fs::write(&path, data).expect("a file");
        }
        assert_eq!(fs::read(&path).expect("it is still there"), data, "who reads a file leaves it alone");
    });
    if let Ok(snapshot) = serde_json::from_slice::<Snapshot>(data) {
        shown(&snapshot);
    }
});

fn shown(snapshot: &Snapshot) {
    let text = snapshot.report().text(Some(80), false);
    assert!(!text.contains('\u{1b}'), "nothing a stranger wrote reaches the terminal");
    let _ = snapshot.since(snapshot);
    let _ = snapshot.merge(snapshot).map(|both| both.report().text(None, false));
    serde_json::to_string(snapshot).expect("what was read can be written");
}

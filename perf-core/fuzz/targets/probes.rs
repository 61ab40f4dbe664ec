//! Promise: whatever stands in the kernel's files, a probe answers each number or why not.
//! In: texts of the files, apart by a byte 0xFF. The first byte leaves out one of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_core::probe::Probe;
use std::cell::OnceCell;
use std::fs;
use tempfile::TempDir;

/// What a probe reads, with control groups of both versions.
const FILES: [&str; 19] = [
    "proc/self/status",
    "proc/self/stat",
    "proc/self/io",
    "proc/self/cgroup",
    "proc/self/mountinfo",
    "proc/meminfo",
    "proc/stat",
    "proc/loadavg",
    "proc/pressure/cpu",
    "proc/pressure/memory",
    "proc/self/task/7/stat",
    "proc/self/task/7/schedstat",
    "sys/fs/cgroup/memory.max",
    "sys/fs/cgroup/memory.current",
    "sys/fs/cgroup/memory.stat",
    "sys/fs/cgroup/cpu.max",
    "sys/fs/cgroup/cpu.stat",
    "sys/fs/cgroup/memory/memory.limit_in_bytes",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us",
];

thread_local! {
    static ROOT: OnceCell<TempDir> = const { OnceCell::new() };
}

/// In memory where there is such a folder: a disk would be all that is tested.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

fuzz_target!(|data: &[u8]| {
    let Some((&left_out, texts)) = data.split_first() else {
        return;
    };
    ROOT.with(|root| {
        let root = root.get_or_init(folder).path();
        for (at, text) in texts.split(|&byte| byte == 0xFF).take(FILES.len()).enumerate() {
            let file = root.join(FILES[at]);
            if at == usize::from(left_out) {
                let _ = fs::remove_file(&file);
            } else if fs::write(&file, text).is_err() {
                fs::create_dir_all(file.parent().expect("a folder above")).expect("a folder");
                fs::write(&file, text).expect("a file");
            }
        }
        let mut probe = Probe::at(root);
        let (process, machine) = (probe.process(), probe.machine());
        for absence in [process.rss.err(), process.read_bytes.err(), machine.memory_total.err(), machine.cgroup.memory.err()] {
            assert!(absence.is_none_or(|absence| !absence.to_string().is_empty()));
        }
        if let Ok(Some(memory)) = machine.cgroup.memory {
            assert!(memory.room() <= memory.limit);
        }
        let shares = [machine.cpu_pressure, machine.memory_pressure].map(|p| p.map_or(0.0, |p| p.some_10s));
        assert!(shares.iter().all(|share| share.is_finite() && *share >= 0.0));
        let _ = (probe.threads(), probe.this_thread(), probe.rss(), probe.cpu(), probe.load(), probe.memory(), probe.cgroup());
    });
});

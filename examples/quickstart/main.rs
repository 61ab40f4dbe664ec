//! Where does the time go when all sources of this workspace's dependencies are parsed?
//!
//! `cargo run --release --example quickstart -- [--json] [--run-file PATH] [DIRECTORY]...`
//!
//! Reads every `.rs` file of the crates that cargo fetched to build this workspace, or of the directories given, parses each with
//! `syn` on two threads, counts items and lines, and ends with the report.

mod count;
mod options;
mod sources;

use count::{Counts, Trouble};
use options::Options;
use perf_core::{Session, measure};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Deeply nested expressions are parsed by recursion.
const STACK_BYTES: usize = 256 << 20;
const THREADS: usize = 2;
const TROUBLES_NAMED: usize = 5;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("quickstart: {message}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    let mut settings = Session::options("quickstart").report(!options.json);
    if let Some(path) = &options.run_file {
        settings = settings.run_file(path);
    }
    let session = settings.start();
    let folders = match options.folders() {
        Ok(folders) => folders,
        Err(message) => {
            eprintln!("quickstart: {message}");
            return ExitCode::FAILURE;
        }
    };
    let files = sources::rust_files(&folders);
    let counts = count_all(&files);
    summarise(&counts, files.len(), folders.len());
    let snapshot = session.finish();
    if options.json {
        let json = serde_json::to_string_pretty(&snapshot).unwrap_or_default();
        if writeln!(std::io::stdout().lock(), "{json}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Shares the files between the threads and adds up what they count.
fn count_all(files: &[PathBuf]) -> Counts {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut counts = Counts::default();
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            counts.add(count_file(path));
        }
        counts
    };
    let show = std::io::stderr().is_terminal();
    std::thread::scope(|scope| {
        let spawn = |number: usize| {
            let name = format!("parser {number}");
            std::thread::Builder::new()
                .name(name)
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, worker)
        };
        let threads: Vec<_> = (1..=THREADS).map(spawn).collect();
        while show && next.load(Ordering::Relaxed) < files.len() {
            eprint!(
                "\r{} of {} files ",
                next.load(Ordering::Relaxed),
                files.len()
            );
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        if show {
            eprint!("\r\x1b[K");
        }
        let mut all = Counts::default();
        for thread in threads {
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(counts)) => all.merge(counts),
                Ok(Err(_)) | Err(_) => eprintln!("quickstart: one parser thread was lost"),
            }
        }
        all
    })
}

#[measure]
fn count_file(path: &Path) -> Result<Counts, Trouble> {
    let text = count::read(path)?;
    let lines = count::lines(&text);
    let file = count::parse(path, &text)?;
    Ok(count::items(&file, lines))
}

fn summarise(counts: &Counts, files: usize, folders: usize) {
    eprintln!(
        "{folders} folders, {files} files: {} parsed, {} lines, {} items, {} functions",
        counts.files, counts.lines, counts.items, counts.functions
    );
    if counts.troubles.is_empty() {
        return;
    }
    eprintln!("{} files could not be counted:", counts.troubles.len());
    for trouble in counts.troubles.iter().take(TROUBLES_NAMED) {
        eprintln!("  {trouble}");
    }
    if counts.troubles.len() > TROUBLES_NAMED {
        eprintln!("  and {} more", counts.troubles.len() - TROUBLES_NAMED);
    }
}

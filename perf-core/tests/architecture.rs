//! Promise: a module of perf-core imports only lower layers, no file outgrows its room, unsafe stands where it is allowed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by layer; siblings of a layer do not import each other. A module that is not in the list fails.
const LAYERS: &[&[&str]] = &[
    &[
        "error",
        "bad_format",
        "units",
        "shim",
        "escape",
        "site_path",
        "lines",
    ],
    &["site", "clock", "probe", "alloc"],
    &["record"],
    &["registry"],
    &["snapshot"],
    &["sync", "io", "counter", "environment"],
    &["run"],
    &["launch"],
    &["judge"],
    &["history", "resource"],
    &["bound", "report", "export"],
    &["session", "tracing", "harness", "study"],
    &["macros", "private", "lib", "guide"],
    &["bin"],
];

/// Files that may say `unsafe`, each with its invariants at its top.
const UNSAFE_ALLOWED: &[&str] = &[
    "alloc/counting.rs",
    "alloc/slot.rs", // its test calls an allocator
    "alloc/thread_end.rs",
    "clock/counter.rs",
    "clock/cpu.rs",
    "clock/kernel.rs",
    "harness/code.rs",
    "harness/os.rs",
    "launch/sys.rs",
    "probe/system.rs",
    "report/window.rs",
    "run/unnamed.rs",
    "session/exit_hook.rs",
    "session/signals.rs",
];

const MAX_LINES: usize = 400;

#[test]
fn modules_import_only_lower_layers() {
    let layers = LAYERS.iter().enumerate();
    let layer_of: BTreeMap<&str, usize> = layers
        .flat_map(|(layer, modules)| modules.iter().map(move |m| (*m, layer)))
        .collect();
    let mut wrong = Vec::new();
    for (path, text) in sources(&root().join("src")) {
        let module = module_of(&path);
        let Some(&layer) = layer_of.get(module.as_str()) else {
            wrong.push(format!("{module} has no layer; add it to LAYERS"));
            continue;
        };
        let code = text
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.trim_start().starts_with("//"));
        for (number, imported) in
            code.flat_map(|(n, l)| imports(l).into_iter().map(move |i| (n, i)))
        {
            let allowed = layer_of
                .get(imported.as_str())
                .is_none_or(|&lower| lower < layer);
            if !allowed && imported != module {
                let place = format!("{}:{}", path.display(), number + 1);
                wrong.push(format!(
                    "{place}: {module} (layer {layer}) imports {imported}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rooms_are_small_and_unsafe_is_named() {
    let mut wrong = Vec::new();
    let top = root().parent().expect("the workspace above").to_owned();
    for member in ["perf-core", "perf-macros", "perf-stats"] {
        let folder = top.join(member).join("src");
        for (path, text) in sources(&folder) {
            let lines = text.lines().count();
            if lines > MAX_LINES {
                wrong.push(format!("{}: {lines} lines", path.display()));
            }
            let name = path
                .strip_prefix(&folder)
                .expect("below src")
                .display()
                .to_string();
            let mut code = text
                .lines()
                .map(|line| line.split("//").next().unwrap_or(""));
            let says_unsafe = code.any(|c| c.contains("unsafe {") || c.contains("unsafe impl"));
            if says_unsafe && !UNSAFE_ALLOWED.contains(&name.as_str()) && member != "perf-macros" {
                wrong.push(format!("{}: unsafe", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names after `crate::` in a line, outside of macros' `$crate::`.
fn imports(line: &str) -> Vec<String> {
    let starts = line
        .match_indices("crate::")
        .filter(|(at, _)| !line[..*at].ends_with('$'));
    let name = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    starts
        .map(|(at, found)| name(&line[at + found.len()..]))
        .collect()
}

/// The top module a file belongs to.
fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).expect("below src");
    let first = relative
        .components()
        .next()
        .expect("a file")
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("readable");
            found.push((path, text));
        }
    }
    found
}

//! Where recording is not compiled in, a measured function is the bare one, instruction by instruction.
//!
//! Builds perf-core for release twice, hence ignored by default: `cargo test -p perf-core --test measure_off -- --ignored`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const FUNCTIONS: [&str; 8] = [
    "sum",
    "labelled",
    "fails",
    "panics",
    "tail",
    "uses_opaque",
    "boxed",
    "add",
];

#[test]
#[ignore = "builds for release: a minute"]
fn without_the_feature_the_machine_code_is_the_bare_function_s() {
    let parts = Parts::new("default-features = false");
    assert_same(&parts.assembly(&[], true), &parts.assembly(&[], false));
}

#[test]
#[ignore = "builds for release: a minute"]
fn under_perf_off_the_machine_code_is_the_bare_function_s_whatever_the_features() {
    let parts = Parts::new("features = [\"record\"]");
    let off = ["--cfg", "perf_off"];
    let bare = parts.assembly(&off, true);
    assert_same(&bare, &parts.assembly(&off, false));
    // The comparison sees a difference where there is one.
    assert_ne!(bare, parts.assembly(&[], false));
}

fn assert_same(bare: &BTreeMap<String, String>, measured: &BTreeMap<String, String>) {
    for name in FUNCTIONS {
        let bare = bare
            .get(name)
            .unwrap_or_else(|| panic!("`{name}` is missing from the bare build"));
        assert_eq!(Some(bare), measured.get(name), "`{name}` differs");
    }
}

/// A crate of its own in a directory of its own, which knows perf-core as `meter`.
struct Parts {
    directory: tempfile::TempDir,
}

impl Parts {
    fn new(features: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = format!(
            "[package]\nname = \"off\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n\
             meter = {{ package = \"perf-core\", path = {here:?}, {features} }}\n\
             [profile.release]\ncodegen-units = 1\n"
        );
        fs::write(directory.path().join("Cargo.toml"), manifest).unwrap();
        fs::create_dir(directory.path().join("src")).unwrap();
        fs::copy(
            here.join("tests/measure_off/functions.rs"),
            directory.path().join("src/lib.rs"),
        )
        .unwrap();
        fs::copy(
            here.join("../Cargo.lock"),
            directory.path().join("Cargo.lock"),
        )
        .unwrap();
        Self { directory }
    }

    /// The instructions of each function, by its own name.
    fn assembly(&self, flags: &[&str], bare: bool) -> BTreeMap<String, String> {
        let out = self
            .directory
            .path()
            .join(if bare { "bare.s" } else { "measured.s" });
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(self.directory.path()).args([
            "rustc",
            "--release",
            "--offline",
            "--lib",
            "--",
        ]);
        cargo.arg(format!("--emit=asm={}", out.display()));
        if bare {
            cargo.args(["--cfg", "bare"]);
        }
        cargo.env("CARGO_TARGET_DIR", self.directory.path().join("target"));
        cargo
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", flags.join(" "));
        let output = cargo.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        functions(&fs::read_to_string(out).unwrap())
    }
}

/// Splits assembly at the functions' labels. Directives, comments and the numbers of local labels are left out.
fn functions(assembly: &str) -> BTreeMap<String, String> {
    let mut functions = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in assembly.lines() {
        if let Some(label) = line
            .strip_suffix(':')
            .filter(|label| label.contains("_RN") || label.contains("_ZN"))
        {
            current = FUNCTIONS
                .iter()
                .find(|name| is_named(label, name))
                .map(ToString::to_string);
            continue;
        }
        let instruction = line.trim();
        let Some(name) = &current else { continue };
        if instruction.starts_with('.') || instruction.is_empty() {
            continue;
        }
        let text: &mut String = functions.entry(name.clone()).or_default();
        text.push_str(&without_numbers(instruction));
        text.push('\n');
    }
    functions
}

/// Whether a mangled label is that of the function: its length stands before its name, its hash or nothing after.
fn is_named(label: &str, name: &str) -> bool {
    label.contains("3off")
        && label.contains(&format!("{}{name}", name.len()))
        && !label.contains("closure")
}

/// Numbers of labels, of anonymous constants and hashes depend on what else is in the file.
fn without_numbers(instruction: &str) -> String {
    let mut out = String::new();
    for word in instruction.split_inclusive([' ', ',', '\t', '(', ')', '+', '*', '[', ']']) {
        let local = word.contains(".L") || word.contains("_ZN") || word.contains("_RN");
        if !local {
            out.push_str(word);
            continue;
        }
        let kept = |character: &char| !character.is_ascii_digit();
        let word = word.split("17h").next().unwrap_or(word);
        out.extend(
            word.chars()
                .filter(kept)
                .filter(|character| !character.is_ascii_hexdigit()),
        );
    }
    out
}

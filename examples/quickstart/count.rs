//! In: a file. Out: what it holds, or what is wrong with it.

use perf_core::measure;
use std::fmt;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// What was found in files.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) files: u64,
    pub(crate) lines: u64,
    pub(crate) items: u64,
    pub(crate) functions: u64,
    pub(crate) troubles: Vec<Trouble>,
}

/// Why a file was not counted.
#[derive(Debug)]
pub(crate) struct Trouble {
    path: PathBuf,
    what: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.path, self.what.escape_debug())
    }
}

impl Counts {
    pub(crate) fn add(&mut self, file: Result<Self, Trouble>) {
        match file {
            Ok(counts) => self.merge(counts),
            Err(trouble) => self.troubles.push(trouble),
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.lines += other.lines;
        self.items += other.items;
        self.functions += other.functions;
        self.troubles.extend(other.troubles);
    }
}

#[measure(err)]
pub(crate) fn read(path: &Path) -> Result<String, Trouble> {
    let trouble = |what: String| Trouble {
        path: path.to_owned(),
        what,
    };
    let bytes = std::fs::read(path).map_err(|error| trouble(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| trouble(error.to_string()))
}

#[measure(err)]
pub(crate) fn parse(path: &Path, text: &str) -> Result<syn::File, Trouble> {
    syn::parse_file(text).map_err(|error| Trouble {
        path: path.to_owned(),
        what: error.to_string(),
    })
}

#[measure]
pub(crate) fn lines(text: &str) -> u64 {
    text.lines().count() as u64
}

#[measure]
pub(crate) fn items(file: &syn::File, lines: u64) -> Counts {
    let mut counts = Counts {
        files: 1,
        lines,
        ..Counts::default()
    };
    counts.visit_file(file);
    counts
}

impl<'ast> Visit<'ast> for Counts {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.items += 1;
        visit::visit_item(self, item);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.functions += 1;
        visit::visit_signature(self, signature);
    }
}

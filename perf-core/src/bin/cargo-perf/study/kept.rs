//! In: a study's program. Out: [`Kept`], a copy of it as it was before the change, so that old and new can run in turn.

use crate::exit::Failure;
use perf_core::study::{Studies, Workload};
use std::fs;
use std::path::{Path, PathBuf};

/// The program as it was.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) program: PathBuf,
    pub(crate) digest: String,
}

impl Kept {
    /// Copies the program; none where it is not a file of ours but found in PATH.
    pub(crate) fn keep(
        studies: &Studies,
        study: &str,
        workload: &Workload,
    ) -> Result<Option<Self>, Failure> {
        let Some(program) = file_of(workload) else {
            return Ok(None);
        };
        copy(studies, study, "old", &program).map(Some)
    }

    /// The copy that was kept, if it is still there and the same.
    pub(crate) fn find(
        studies: &Studies,
        study: &str,
        workload: &Workload,
        digest: &str,
    ) -> Option<Self> {
        let program = place(studies, study, "old", &file_of(workload)?);
        let found = digest_of(&program).ok()?;
        (found == digest).then_some(Self {
            program,
            digest: found,
        })
    }

    /// A copy of the program as it is now, at a path as long as the old one's: a longer one would move the stack.
    pub(crate) fn new_side(
        studies: &Studies,
        study: &str,
        workload: &Workload,
    ) -> Result<Self, Failure> {
        let program = file_of(workload).ok_or_else(|| {
            Failure::new(format_args!(
                "the program of `{}` is not there: build it",
                workload.line()
            ))
        })?;
        copy(studies, study, "new", &program)
    }
}

fn copy(studies: &Studies, study: &str, side: &str, program: &Path) -> Result<Kept, Failure> {
    let to = place(studies, study, side, program);
    let cannot = |error: std::io::Error| {
        Failure::new(format_args!("cannot keep {program:?} as {to:?}: {error}"))
    };
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    // A program that runs cannot be written to, but it can be replaced.
    let half = to.with_extension("part");
    let copied = fs::copy(program, &half).and_then(|_| fs::rename(&half, &to));
    copied
        .inspect_err(|_| drop(fs::remove_file(&half)))
        .map_err(cannot)?;
    let digest = digest_of(&to).map_err(cannot)?;
    Ok(Kept {
        program: to,
        digest,
    })
}

fn place(studies: &Studies, study: &str, side: &str, program: &Path) -> PathBuf {
    let name = program.file_name().unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    here.join(studies.root())
        .join("kept")
        .join(study)
        .join(side)
        .join(name)
}

fn file_of(workload: &Workload) -> Option<PathBuf> {
    let Workload::Command(words) = workload else {
        return None;
    };
    let program = Path::new(words.first()?);
    (program.components().count() > 1 && program.is_file()).then(|| program.to_owned())
}

fn digest_of(program: &Path) -> std::io::Result<String> {
    Ok(format!(
        "{:032x}",
        xxhash_rust::xxh3::xxh3_128(&fs::read(program)?)
    ))
}

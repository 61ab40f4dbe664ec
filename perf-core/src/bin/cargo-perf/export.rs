//! In: a run file. Out: its snapshot in the format of another tool.

use crate::exit::{Exit, Failure};
use crate::output;
use clap::Args;
use perf_core::export::Format;
use perf_core::run::Run;
use std::path::PathBuf;

/// Write what a run file holds for other tools.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A run file.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// folded, chrome, hdr-log, csv or openmetrics.
    #[arg(long, value_parser = |text: &str| text.parse::<Format>())]
    format: Format,
}

impl Export {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let run = Run::read(&self.run)?;
        output::print(&run.snapshot.export(self.format))?;
        Ok(Exit::Fine)
    }
}

//! In: a run file. Out: its snapshot in the format of another tool.

use crate::exit::{Exit, Failure};
use crate::output;
use clap::Args;
use perf_core::Weight;
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
    /// What folded stacks weigh: self (time in nanoseconds), allocations or bytes.
    #[arg(long, value_name = "WEIGHT", value_parser = |text: &str| text.parse::<Weight>())]
    weight: Option<Weight>,
}

impl Export {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let run = Run::read(&self.run)?;
        output::print(&self.text(&run)?)?;
        Ok(Exit::Fine)
    }

    fn text(&self, run: &Run) -> Result<String, Failure> {
        let Some(weight) = self.weight else {
            return Ok(run.snapshot.export(self.format));
        };
        if self.format != Format::Folded {
            return Err(Failure::new(
                "--weight is for --format folded: the other formats hold every number",
            ));
        }
        let text = run.snapshot.folded(weight);
        if text.is_empty() && !run.snapshot.rows.is_empty() {
            return Err(Failure::new(
                "no site of this run counts allocations: use #[measure(alloc)] and the counting allocator, and PERF_PATHS=1 for stacks",
            ));
        }
        Ok(text)
    }
}

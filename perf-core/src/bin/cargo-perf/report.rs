//! In: run files. Out: the report of each.

use crate::arguments::Format;
use crate::exit::{Exit, Failure};
use crate::output;
use clap::Args;
use perf_core::report::{Format as Written, Page, Report, for_terminal};
use perf_core::run::Run;
use std::path::PathBuf;

/// Show what run files hold.
#[derive(Debug, Args)]
pub(crate) struct ReportOfRuns {
    /// Run files.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Rows to show, those with the most self time.
    #[arg(long, value_name = "N", default_value_t = 40, conflicts_with = "all")]
    rows: usize,
    /// Write one page for a browser to this file instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "rows", "all"])]
    html: Option<PathBuf>,
    /// Show every row.
    #[arg(long)]
    all: bool,
}

impl ReportOfRuns {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let runs: Vec<Run> = self
            .runs
            .iter()
            .map(|path| Run::read(path))
            .collect::<Result<_, _>>()?;
        if let Some(file) = &self.html {
            let title = runs.first().map_or("runs", |run| run.program.as_str());
            let page = runs.iter().fold(Page::new(title), Page::run);
            page.write(file)?;
            output::note(&format_args!("written to {}", file.display()));
            return Ok(Exit::Fine);
        }
        let look = for_terminal(&std::io::stdout());
        let mut text = Vec::new();
        for run in &runs {
            let most = if self.all { usize::MAX } else { self.rows };
            let report = Report::new(&run.snapshot, &run.program).rows(most);
            let format = match self.format {
                Format::Text => Written::Text,
                Format::Markdown => Written::Markdown,
                Format::Json => Written::Json,
            };
            report.write(&mut text, format, look)?;
        }
        output::print(&String::from_utf8_lossy(&text))?;
        Ok(Exit::Fine)
    }
}

//! In: a comparison. Out: the page for a browser, where a file for it was named.

use crate::exit::Failure;
use crate::output;
use clap::Args;
use perf_core::judge::{Comparison, Policy};
use perf_core::report::Page;
use std::path::PathBuf;

/// Where a page goes.
#[derive(Debug, Args)]
pub(crate) struct ToPage {
    /// Also write a page for a browser to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl ToPage {
    /// Writes the page, if one was asked for.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn write(&self, comparison: &Comparison, policy: &Policy) -> Result<(), Failure> {
        let Some(file) = &self.html else {
            return Ok(());
        };
        let title = comparison
            .results
            .first()
            .map_or("comparison", |outcome| outcome.id.as_str());
        let report = comparison.report().with_policy(policy);
        Page::new(title).comparison(report).write(file)?;
        output::note(&format_args!("the page is in {}", file.display()));
        Ok(())
    }
}

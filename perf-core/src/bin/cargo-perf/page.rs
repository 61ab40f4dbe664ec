//! In: a comparison. Out: the page for a browser, where a file for it was named.

use crate::arguments::ANSWER;
use crate::exit::Failure;
use crate::output;
use clap::Args;
use perf_core::judge::{Comparison, Policy};
use perf_core::report::Page;
use std::path::PathBuf;

/// Where a page goes.
#[derive(Debug, Args)]
#[command(next_help_heading = ANSWER)]
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
        let command = this_command(comparison.environment.seed);
        let page = Page::new(title).comparison(report);
        page.command(&command).write(file)?;
        output::note(&format_args!("the page is in {}", file.display()));
        Ok(())
    }
}

/// The words that this process was called with, as a shell takes them, and the seed where it was drawn.
pub(crate) fn this_command(seed: Option<u64>) -> String {
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let options = words.iter().take_while(|word| *word != "--");
    let has_seed = options.into_iter().any(|word| word.starts_with("--seed"));
    let seed = seed
        .filter(|_| !has_seed)
        .map(|seed| format!("--seed={seed}"));
    let skipped = usize::from(words.first().is_some_and(|word| word == "perf"));
    let mut line = vec!["cargo perf".to_owned()];
    let mut words = words.into_iter().skip(skipped);
    line.extend(words.next()); // the seed is an option of the subcommand
    line.extend(seed);
    line.extend(words.map(|word| quoted(&word)));
    line.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

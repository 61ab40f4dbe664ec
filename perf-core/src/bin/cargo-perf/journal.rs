//! In: words after `journal`. Out: what happened in all studies, searched or shown.

use crate::exit::{Exit, Failure};
use crate::output;
use crate::study::show;
use clap::{Args, Subcommand};
use perf_core::study::{Opened, Studies};
use std::path::PathBuf;

/// What was asked, expected and learned in all studies.
#[derive(Debug, Args)]
pub(crate) struct JournalTask {
    /// Where studies and their journal are kept.
    #[arg(long, global = true, value_name = "DIR", default_value = ".perf")]
    dir: PathBuf,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Studies that have to do with these words.
    Search {
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// All of one study.
    Show {
        /// Its number or name.
        id: String,
    },
}

impl JournalTask {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let studies = Studies::at(&self.dir);
        let journal = studies.journal();
        let (entries, damaged) = journal.read()?;
        for damage in &damaged {
            output::note(damage);
        }
        let text = match self.what {
            None => entries
                .iter()
                .map(|entry| show::line(entry) + "\n")
                .collect(),
            Some(What::Search { words }) => {
                let found = journal.search(&words.join(" "))?;
                let studies = found.iter().map(|(_, entries)| show::study(entries));
                studies.collect::<String>()
            }
            Some(What::Show { id }) => shown(&studies.open(Some(&id))?),
        };
        let text = if text.is_empty() {
            "the journal has nothing\n".to_owned()
        } else {
            text
        };
        output::print(&text)?;
        Ok(Exit::Fine)
    }
}

fn shown(opened: &Opened) -> String {
    perf_core::study::document(opened.dossier())
}

//! In: the folder of the studies, a change of a history. Out: the accepted studies whose change may be the cause.

use crate::exit::Failure;
use crate::output;
use perf_core::escape::terminal;
use perf_core::history::Began;
use perf_core::study::{Ending, Studies};
use std::path::Path;

/// Accepted studies, and when their change was measured.
pub(crate) struct Between {
    accepted: Vec<(u64, String)>, // milliseconds since 1970
}

impl Between {
    /// Studies that cannot be read are told on standard error.
    pub(crate) fn of(folder: &Path) -> Result<Self, Failure> {
        let mut accepted = Vec::new();
        for dossier in Studies::at(folder).dossiers()? {
            let dossier = match dossier {
                Ok(dossier) => dossier,
                Err(error) => {
                    output::note(&format_args!("left out: {error}"));
                    continue;
                }
            };
            if let Some(Ending::Accepted { validation, .. }) = &dossier.ending {
                let measured = (*validation as usize).checked_sub(1);
                let measured = measured.and_then(|at| dossier.validations.get(at));
                accepted
                    .extend(measured.map(|validated| (validated.unix_ms, dossier.name.clone())));
            }
        }
        Ok(Self { accepted })
    }

    /// Those measured after the last entry of the old level, up to the first of the new one.
    pub(crate) fn named(&self, began: &Began) -> Vec<&str> {
        let within = |at: u64| began.after_unix_ms < at && at <= began.unix_ms;
        let found = self.accepted.iter().filter(|(at, _)| within(*at));
        found.map(|(_, name)| name.as_str()).collect()
    }

    /// The same as the end of a line.
    pub(crate) fn words(&self, began: &Began) -> String {
        match self.named(began).as_slice() {
            [] => String::new(),
            names => format!("  studies between: {}", terminal(&names.join(", "))),
        }
    }
}

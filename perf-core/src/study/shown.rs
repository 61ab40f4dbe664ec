//! In: a dossier. Out: [`Shown`], the comparisons that its accepted change rests on, and the files that they were of.

use super::dossier::Dossier;
use super::question::Ending;
use super::source::Source;

/// A comparison that showed the gain of an accepted change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shown<'a> {
    /// What it was: `validation 2`, `recheck 1`.
    pub by: String,
    /// The commit that the old side was built of, where that is known.
    pub from: Option<&'a str>,
    /// The files of the new side.
    pub source: Option<&'a Source>,
}

impl Dossier {
    /// The validation that the accepted change rests on, and every later check that found the gain again. None where no change was
    /// accepted.
    pub fn shown(&self) -> Vec<Shown<'_>> {
        let Some(Ending::Accepted { validation, .. }) = &self.ending else {
            return Vec::new();
        };
        let at = (*validation as usize).checked_sub(1);
        let first = at.and_then(|at| self.validations.get(at));
        let first = first.map(|validated| Shown {
            by: format!("validation {validation}"),
            from: validated.baseline_commit.as_deref(),
            source: validated.source.as_ref(),
        });
        let again = self.rechecks.iter().enumerate();
        let again = again.filter(|(_, recheck)| recheck.still == Some(true));
        let again = again.map(|(at, recheck)| Shown {
            by: format!("recheck {}", at + 1),
            from: recheck.baseline_commit.as_deref(),
            source: recheck.source.as_ref(),
        });
        first.into_iter().chain(again).collect()
    }
}

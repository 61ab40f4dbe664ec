//! In: a question about a program. Out: [`Study`], the question carried through analysis, optimisation and validation, with its evidence on disk.
//!
//! | mode | what it allows |
//! |---|---|
//! | [`Study<Analysis>`] | measure, state hypotheses, freeze a plan, conclude that there is nothing to win |
//! | [`Study<Optimization>`] | change the code: the plan is frozen, and nothing else is left to decide |
//! | [`Study<Validation>`] | the frozen plan on fresh data; accept the change, or go back with what was learned |
//!
//! What a mode does not allow does not compile:
//!
//! ```compile_fail
//! use perf_core::study::{Analysis, Study};
//! fn too_early(study: Study<Analysis>) {
//!     study.accept(); // nothing has been validated
//! }
//! ```
//!
//! A study is a folder of sealed files that are written once and never changed, and its mode is what these files say; so a process that
//! is killed loses the step it was at and nothing else. What happened stands in the journal too, with the seal of every file: an edited
//! file is refused.

mod answer;
mod calibration;
mod claim;
mod document;
mod dossier;
mod error;
mod evidence;
mod finished;
mod folder;
mod hypothesis;
mod journal;
mod modes;
mod opportunity;
#[cfg(feature = "html")]
mod page;
mod plan;
mod question;
mod sealed;
mod share;
mod shown;
mod source;
mod taking;
mod text;
mod validation;

pub use answer::{ChangeAnswer, GuardAnswer, GuardHolds, HypothesisOutcome};
pub use calibration::Calibration;
pub use claim::Claim;
pub use document::document;
pub use dossier::Dossier;
pub use error::StudyError;
pub use evidence::Evidence;
pub use folder::{Opened, Studies, Summary};
pub use hypothesis::{Cited, Expectation, Hypothesis};
pub use journal::{Journal, JournalEntry, Mark, Step};
pub use modes::{Analysis, Finished, Mode, Optimization, Study, Validation};
pub use opportunity::{Opportunity, Ranking};
#[cfg(feature = "html")]
pub use page::page;
pub use plan::{Choices, Guard, Plan};
pub use question::{Ending, Question, Workload};
pub use share::Share;
pub use shown::Shown;
pub use source::{Source, Tree};
pub use taking::{Taken, Taking};
pub use validation::{Baseline, Recheck, Validated};

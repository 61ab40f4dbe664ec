//! In: measurements of a baseline and a candidate. Out: what may be claimed about the change, at a stated error rate.

mod answer;
mod bound;
mod confirm;
mod exact;
mod guard;
mod looks;
mod margin;
mod mde;
mod plan;
mod stored;
mod suite;
mod tail;
mod trial;
mod verdict;

pub use answer::{Change, Claim, Decision};
pub use bound::{ALPHA_BROKEN, ALPHA_HOLDS, Bound, BoundAnswer, BoundVerdict};
pub use confirm::confirm;
pub use exact::{CONSTANT_RUNS, compare_constant};
pub use guard::Conditions;
pub use looks::Looks;
pub use margin::{Margin, noise_floor};
pub use mde::{POWER, minimum_detectable_effect};
pub use plan::{Arm, Order, Plan};
pub use stored::{MIN_RUNS, StoredRuns, compare_stored};
pub use suite::{SuiteAnswer, SuiteEntry, SuitePolicy, judge_suite};
pub use tail::{MIN_TAIL, TailTrial};
pub use trial::{ALPHA, Design, Trial};
pub use verdict::{Leaning, Reason, Scope, Verdict, Warning};

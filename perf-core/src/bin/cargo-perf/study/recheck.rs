//! In: an accepted study. Out: whether its gain is still there, measured again by its plan.

use super::sides::SideOptions;
use super::{Task, show};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::progress::Line;
use perf_core::study::Opened;

impl Task {
    pub(super) fn recheck(
        &self,
        id: Option<String>,
        options: &SideOptions,
    ) -> Result<Exit, Failure> {
        let which = id
            .or_else(|| self.which.clone())
            .or_else(|| show::newest_accepted(&self.studies));
        let which = which.ok_or_else(|| {
            Failure::new("no study was accepted yet: there is nothing to check again")
        })?;
        let Opened::Finished(mut study) = self.studies.open(Some(&which))? else {
            return Err(Failure::new(format_args!(
                "study {which} has not ended: cargo perf study validate"
            )));
        };
        let plan = study.accepted_plan()?.clone();
        let workload = study.dossier().question.workload.clone();
        let mut sides = options.sides(&self.studies, study.name(), &workload, Some(&plan))?;
        let line = Line::interrupted(&show::lost(study.name(), "pairs", "recheck"));
        let tell = Box::new(|progress: &_| line.show(progress));
        let baseline = sides.baseline.clone();
        let recheck = study
            .recheck(&mut sides.old, &mut sides.new, baseline, tell)?
            .clone();
        line.clear();
        output::print(&format!("{}: {}\n", study.name(), recheck.sentence(&plan)))?;
        Ok(match recheck.still {
            Some(true) => Exit::Fine,
            Some(false) => Exit::Regressed,
            None => Exit::Inconclusive,
        })
    }
}

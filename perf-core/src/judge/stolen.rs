//! In: the probes. Out: [`Stolen`], the share of time in which we could have run and were not let.

use crate::clock::Clock;
use crate::probe::Probe;

/// The accounts at the beginning of a stretch.
#[derive(Debug)]
pub(super) struct Stolen {
    probe: Probe,
    start: Accounts,
}

#[derive(Clone, Copy, Debug)]
struct Accounts {
    now_ticks: u64,
    waited_ns: Option<u64>,    // this thread, ready but not running
    machine: Option<[u64; 2]>, // time of all processors, and what the host of a virtual machine took of it
}

impl Stolen {
    pub(super) fn begin() -> Self {
        let mut probe = Probe::new();
        let start = Accounts::read(&mut probe);
        Self { probe, start }
    }

    /// What this thread was ready and waited for a processor from then to now; none where the kernel does not tell.
    pub(super) fn waited_ns(&mut self) -> Option<u64> {
        let now = self.probe.this_thread().waited_ns.ok();
        let both = now.zip(self.start.waited_ns);
        both.map(|(now, then)| now.saturating_sub(then))
    }

    /// From then to now: what this thread waited for a processor and what the host took, 0 to 1. None where neither is told.
    pub(super) fn share(&mut self) -> Option<f64> {
        let now = Accounts::read(&mut self.probe);
        let ticks = now.now_ticks.saturating_sub(self.start.now_ticks);
        share(&self.start, &now, Clock::global().nanoseconds(ticks) as f64)
    }
}

impl Accounts {
    fn read(probe: &mut Probe) -> Self {
        let machine = probe.cpu().ok().map(|cpu| {
            let all = [cpu.user_ns, cpu.system_ns, cpu.idle_ns, cpu.steal_ns];
            [all.into_iter().fold(0, u64::saturating_add), cpu.steal_ns]
        });
        Self {
            now_ticks: Clock::global().now(),
            waited_ns: probe.this_thread().waited_ns.ok(),
            machine,
        }
    }
}

fn share(then: &Accounts, now: &Accounts, wall_ns: f64) -> Option<f64> {
    let waited = now.waited_ns.zip(then.waited_ns);
    let waited = waited.map(|(now, then)| now.saturating_sub(then) as f64 / wall_ns.max(1.0));
    let host = now.machine.zip(then.machine).map(|(now, then)| {
        let [all, stolen] = [0, 1].map(|i: usize| now[i].saturating_sub(then[i]) as f64);
        stolen / all.max(1.0)
    });
    let both = waited.unwrap_or(0.0) + host.unwrap_or(0.0);
    (waited.is_some() || host.is_some()).then_some(both.min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_and_the_host_add_up() {
        let at = |waited_ns, machine| Accounts {
            now_ticks: 0,
            waited_ns,
            machine,
        };
        let then = at(Some(100), Some([1_000, 10]));
        let now = at(Some(350), Some([2_000, 110]));
        assert_eq!(share(&then, &now, 1_000.0), Some(0.35));
        assert_eq!(share(&then, &at(None, None), 1_000.0), None);
        assert_eq!(share(&then, &at(Some(90), None), 1_000.0), Some(0.0));
    }
}

//! In: the kernel's accounts, where it keeps them. Out: [`Stolen`], the share of time in which we could have run and were not let.

use crate::clock::Clock;

/// The accounts at the beginning of a stretch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stolen {
    start: Accounts,
}

#[derive(Clone, Copy, Debug)]
struct Accounts {
    now_ticks: u64,
    waited_ns: Option<u64>, // this thread, ready but not running
    machine: Option<Machine>,
}

/// Ticks of the whole machine.
#[derive(Clone, Copy, Debug)]
struct Machine {
    all: u64,
    stolen: u64, // by the host of a virtual machine
}

impl Stolen {
    pub(super) fn begin() -> Self {
        Self {
            start: Accounts::read(),
        }
    }

    /// From then to now: what this thread waited for a processor and what the host took, 0 to 1. None where neither is told.
    pub(super) fn share(&self) -> Option<f64> {
        let (a, b) = (self.start, Accounts::read());
        let wall = Clock::global().nanoseconds(b.now_ticks.saturating_sub(a.now_ticks)) as f64;
        let waited = b
            .waited_ns
            .zip(a.waited_ns)
            .map(|(now, then)| now.saturating_sub(then) as f64 / wall.max(1.0));
        let host = b.machine.zip(a.machine).map(|(now, then)| {
            let all = now.all.saturating_sub(then.all).max(1);
            now.stolen.saturating_sub(then.stolen) as f64 / all as f64
        });
        let share = waited.unwrap_or(0.0) + host.unwrap_or(0.0);
        (waited.is_some() || host.is_some()).then_some(share.min(1.0))
    }
}

impl Accounts {
    fn read() -> Self {
        Self {
            now_ticks: Clock::global().now(),
            waited_ns: text("/proc/thread-self/schedstat").and_then(|t| waited(&t)),
            machine: text("/proc/stat").and_then(|t| machine(&t)),
        }
    }
}

#[cfg(target_os = "linux")]
fn text(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[cfg(not(target_os = "linux"))]
fn text(_: &str) -> Option<String> {
    None
}

/// `ran waited slices`, in nanoseconds.
fn waited(text: &str) -> Option<u64> {
    text.split_whitespace().nth(1)?.parse().ok()
}

/// `cpu user nice system idle iowait irq softirq steal ...`; what follows is contained in user.
fn machine(text: &str) -> Option<Machine> {
    let fields = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = fields
        .split_whitespace()
        .take(8)
        .map_while(|f| f.parse().ok())
        .collect();
    Some(Machine {
        all: ticks.iter().sum(),
        stolen: *ticks.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        assert_eq!(waited("35628 1234 7\n"), Some(1_234));
        assert_eq!(waited(""), None);
        let seen =
            machine("cpu  10 0 20 60 1 0 2 7 99 99\ncpu0 1 2").expect("a line of the kernel");
        assert_eq!((seen.all, seen.stolen), (100, 7));
        assert!(machine("cpu  10 0 20").is_none() && machine("intr 5").is_none());
    }
}

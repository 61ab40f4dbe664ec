//! In: wishes about this process. Out: pinned to a processor, ended with its parent, its threads counted, its standard input emptied,
//! its memory on huge pages, where the system can.
//!
//! Invariant 1: the structures handed to the system are plain numbers, of the type it asks for, and live on this stack.
//! Invariant 2: the advice to collapse changes which pages hold a range and nothing that they hold; of a range that is not mapped it is
//! refused.
//! Invariant 3: what is put in the place of a mapping holds the same bytes with the same rights, and the system puts it there in one step: a
//! thread that runs in it, or reads it, goes on.
#![allow(unsafe_code)]

/// Processor time of the process and of the calling thread, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CpuTimes {
    process: u64,
    thread: u64,
}

impl CpuTimes {
    pub(super) fn now() -> Self {
        imp::cpu_times()
    }

    /// That of the process, in nanoseconds; 0 where unknown.
    pub(super) fn process_ns(&self) -> u64 {
        self.process
    }

    /// The share of the process's time that other threads took since then, in [0, 1].
    pub(super) fn others_since(&self, earlier: &Self) -> f64 {
        let process = self.process.saturating_sub(earlier.process);
        let thread = self.thread.saturating_sub(earlier.thread);
        if process == 0 {
            0.0
        } else {
            process.saturating_sub(thread) as f64 / process as f64
        }
    }
}

/// Keeps the calling thread, and those it starts, on one processor. False where the system does not.
pub(super) fn pin(cpu: usize) -> bool {
    imp::pin(cpu)
}

/// Lets the calling thread run everywhere again, on the processors that it had.
pub(super) fn unpin(processors: &[usize]) {
    imp::pin_to(processors);
}

/// The processors that this thread may run on; empty where unknown.
pub(super) fn processors() -> Vec<usize> {
    imp::processors()
}

/// Asks that this process be killed when its parent ends, so that no stray one is left.
pub(super) fn die_with_parent() {
    imp::die_with_parent();
}

/// Standard input is at its end from now on, whatever it was, where the system can.
pub(super) fn empty_stdin() {
    pipe::empty_stdin();
}

/// Waits so many milliseconds for something to read, or for the end of it. True at once where the system cannot wait.
pub(super) fn readable(output: &std::process::ChildStdout, within_ms: i32) -> bool {
    pipe::readable(output, within_ms)
}

/// Moves what is mapped there to huge pages, as far as the system can. What it holds stays the same.
pub(super) fn collapse(start: usize, bytes: usize) {
    imp::collapse(start, bytes);
}

/// Puts a copy in the place of a mapping of this process that nobody writes to: of its own, on huge pages where the system has some, as far
/// as it is aligned. False where the system does not.
///
/// # Safety
/// The range is one whole private mapping that is read, and executed if so said, and never written to.
pub(super) unsafe fn copy_in_place(start: usize, bytes: usize, executed: bool) -> bool {
    // SAFETY: the caller's.
    unsafe { imp::copy_in_place(start, bytes, executed) }
}

/// Threads of this process; 0 where unknown.
pub(super) fn threads_alive() -> u32 {
    std::fs::read_dir("/proc/self/task").map_or(0, |tasks| tasks.count() as u32)
}

#[cfg(all(unix, not(miri)))]
mod pipe {
    use std::os::fd::AsRawFd;

    pub(super) fn empty_stdin() {
        if let Ok(nothing) = std::fs::File::open("/dev/null") {
            // SAFETY: two numbers of open files; the call reads no memory.
            unsafe { libc::dup2(nothing.as_raw_fd(), libc::STDIN_FILENO) };
        }
    }

    pub(super) fn readable(output: &std::process::ChildStdout, within_ms: i32) -> bool {
        let mut wanted = libc::pollfd {
            fd: output.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: invariant 1; one structure is handed over.
        unsafe { libc::poll(&raw mut wanted, 1, within_ms) > 0 }
    }
}

#[cfg(not(all(unix, not(miri))))]
mod pipe {
    pub(super) fn empty_stdin() {}

    pub(super) fn readable(_: &std::process::ChildStdout, _: i32) -> bool {
        true
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
mod imp {
    use super::CpuTimes;
    use std::mem::{size_of, zeroed};

    pub(super) fn pin(cpu: usize) -> bool {
        pin_to(&[cpu])
    }

    pub(super) fn pin_to(cpus: &[usize]) -> bool {
        // SAFETY: invariant 1; a set of all zeroes is an empty one.
        let mut set: libc::cpu_set_t = unsafe { zeroed() };
        for &cpu in cpus.iter().filter(|&&cpu| cpu < libc::CPU_SETSIZE as usize) {
            // SAFETY: invariant 1; the number lies within the set.
            unsafe { libc::CPU_SET(cpu, &mut set) };
        }
        // SAFETY: invariant 1; 0 is the calling thread.
        unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) == 0 }
    }

    pub(super) fn processors() -> Vec<usize> {
        // SAFETY: invariant 1; a set of all zeroes is an empty one.
        let mut set: libc::cpu_set_t = unsafe { zeroed() };
        // SAFETY: invariant 1; 0 is the calling thread.
        let known =
            unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) == 0 };
        let within = |cpu: &usize| {
            // SAFETY: invariant 1; the number lies within the set.
            unsafe { libc::CPU_ISSET(*cpu, &set) }
        };
        if known {
            (0..libc::CPU_SETSIZE as usize).filter(within).collect()
        } else {
            Vec::new()
        }
    }

    pub(super) fn die_with_parent() {
        // SAFETY: two numbers; the call reads no memory.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    }

    /// `MADV_COLLAPSE`, since Linux 6.1, which not every C library knows; earlier ones refuse it.
    const COLLAPSE: libc::c_int = 25;

    pub(super) fn collapse(start: usize, bytes: usize) {
        // SAFETY: invariant 2.
        unsafe { libc::madvise(start as *mut libc::c_void, bytes, COLLAPSE) };
    }

    /// Elsewhere than on `x86_64` code that was just written needs more than that before it is run.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) unsafe fn copy_in_place(_: usize, _: usize, _: bool) -> bool {
        false
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) unsafe fn copy_in_place(start: usize, bytes: usize, executed: bool) -> bool {
        use libc::{MAP_ANONYMOUS, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE};
        const HUGE: usize = 2 << 20;
        let room = bytes + 3 * HUGE;
        // SAFETY: a new mapping, of which the system says where it is.
        let new = unsafe {
            let rights = PROT_READ | PROT_WRITE;
            libc::mmap(
                std::ptr::null_mut(),
                room,
                rights,
                MAP_PRIVATE | MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if new == libc::MAP_FAILED {
            return false;
        }
        // As far from the beginning of a huge page as what it replaces.
        let offset = (new as usize).next_multiple_of(HUGE) - new as usize + start % HUGE;
        let rights = PROT_READ | if executed { PROT_EXEC } else { 0 };
        // SAFETY: the offset is below two huge pages, so copy and whole pages around it lie in the new mapping; invariant 3; what is left of
        // the new mapping was never told to anyone.
        unsafe {
            let copy = new.byte_add(offset);
            libc::madvise(new, room, libc::MADV_HUGEPAGE);
            std::ptr::copy_nonoverlapping(start as *const u8, copy.cast::<u8>(), bytes);
            let place = start as *mut libc::c_void;
            let moved = libc::mprotect(copy, bytes, rights) == 0
                && libc::mremap(
                    copy,
                    bytes,
                    bytes,
                    libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED,
                    place,
                ) == place;
            libc::munmap(new, offset);
            let end = offset + bytes;
            libc::munmap(new.byte_add(end), room - end);
            if !moved {
                libc::munmap(copy, bytes);
            }
            moved
        }
    }

    pub(super) fn cpu_times() -> CpuTimes {
        CpuTimes {
            process: time(libc::CLOCK_PROCESS_CPUTIME_ID),
            thread: time(libc::CLOCK_THREAD_CPUTIME_ID),
        }
    }

    fn time(clock: libc::clockid_t) -> u64 {
        // SAFETY: invariant 1; all zeroes are a time.
        let mut time: libc::timespec = unsafe { zeroed() };
        // SAFETY: invariant 1.
        let known = unsafe { libc::clock_gettime(clock, &raw mut time) == 0 };
        if known {
            time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
        } else {
            0
        }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod imp {
    use super::CpuTimes;

    pub(super) fn pin(_: usize) -> bool {
        false
    }

    pub(super) fn pin_to(_: &[usize]) -> bool {
        false
    }

    pub(super) fn processors() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn die_with_parent() {}

    pub(super) fn collapse(_: usize, _: usize) {}

    pub(super) unsafe fn copy_in_place(_: usize, _: usize, _: bool) -> bool {
        false
    }

    pub(super) fn cpu_times() -> CpuTimes {
        CpuTimes::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_threads_are_told_apart() {
        let before = CpuTimes {
            process: 100,
            thread: 50,
        };
        let after = CpuTimes {
            process: 300,
            thread: 100,
        };
        assert_eq!(after.others_since(&before), 0.75);
        assert_eq!(before.others_since(&after), 0.0);
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn a_thread_can_be_pinned_and_freed() {
        std::thread::spawn(|| {
            let all = processors();
            assert!(pin(all[0]));
            assert_eq!(processors(), all[..1]);
            unpin(&all);
            assert_eq!(processors(), all);
        })
        .join()
        .expect("pinned");
    }
}

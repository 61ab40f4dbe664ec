//! In: the machine and the build. Out: [`Environment`], what a figure depends on besides the program, and how two of them differ.

mod compiler;
mod difference;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unread;

#[cfg(target_os = "linux")]
use linux as machine;
#[cfg(not(target_os = "linux"))]
use unread as machine;

pub use difference::{Aspect, Difference};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// The profile of a program that was not asked.
pub(crate) const UNKNOWN: &str = "unknown";

/// The machine, its system and the build that a run was measured with. What cannot be read is `None`, its reason in `absent`.
///
/// ```
/// use perf_core::environment::Environment;
/// let here = Environment::here();
/// assert_eq!(here.os, std::env::consts::OS);
/// assert!(here.cpu.is_some() || here.absent.contains_key("cpu"));
/// assert!(here.unlike(&here).is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Environment {
    /// The CPU's name.
    pub cpu: Option<String>,
    /// CPUs that are online, hardware threads counted singly.
    pub logical_cores: Option<u32>,
    /// Cores, whatever threads they have.
    pub physical_cores: Option<u32>,
    /// CPUs that this process may use (affinity, quota).
    pub usable_cores: Option<u32>,
    /// The caches of the first CPU, from the nearest on.
    pub caches: Option<Vec<Cache>>,
    /// The governor of the first CPU's frequency.
    pub governor: Option<String>,
    /// Whether the CPU may exceed its base frequency.
    pub turbo: Option<bool>,
    /// The memory that the system manages, in bytes.
    pub memory_bytes: Option<u64>,
    /// The hypervisor's name, `unnamed`, or `none` on bare metal.
    pub virtualised: Option<String>,
    /// The operating system, as Rust names it.
    pub os: String,
    /// The architecture, as Rust names it.
    pub arch: String,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// What the kernel keeps time by.
    pub clocksource: Option<String>,
    /// The compiler that is named in the executable.
    pub rustc: Option<String>,
    /// `debug` where debug assertions are on, otherwise `release`; `unknown` of other programs.
    pub profile: String,
    /// Features of this library that are compiled in.
    pub features: Vec<String>,
    /// Processes that ran or wanted to (mean over a minute) when the run began.
    pub load_at_start: Option<f64>,
    /// The same when the run ended.
    pub load_at_end: Option<f64>,
    /// For each field that is `None`, why.
    pub absent: BTreeMap<String, String>,
}

/// One cache of a CPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cache {
    /// 1 is nearest to the core.
    pub level: u32,
    /// `Data`, `Instruction` or `Unified`.
    pub kind: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Environment {
    /// The environment of this process, now. Some files of the system are read: about a millisecond.
    pub fn here() -> Self {
        let mut here = Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            profile: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
            features: features(),
            ..Self::default()
        };
        let usable = std::thread::available_parallelism()
            .map(|cores| cores.get() as u32)
            .map_err(|error| error.to_string());
        here.usable_cores = here.known("usable_cores", usable);
        here.rustc = here.known("rustc", compiler::of_this_executable());
        machine::read(&mut here);
        here.load_at_start = here.known("load_at_start", machine::load());
        let open = Err("the run has not ended".to_owned());
        here.load_at_end = here.known("load_at_end", open);
        here
    }

    /// The same machine without what this process was built with: where other programs are what runs.
    ///
    /// ```
    /// use perf_core::environment::Environment;
    /// let machine = Environment::here().of_other_programs("they were not asked");
    /// assert_eq!((machine.rustc, machine.profile.as_str()), (None, "unknown"));
    /// assert_eq!(machine.absent["rustc"], "they were not asked");
    /// ```
    #[must_use]
    pub fn of_other_programs(mut self, why: &str) -> Self {
        self.rustc = None;
        UNKNOWN.clone_into(&mut self.profile);
        self.features.clear();
        self.absent.insert("rustc".to_owned(), why.to_owned());
        self
    }

    /// Notes the load as it is now as that of the end.
    pub fn ends_now(&mut self) {
        self.absent.remove("load_at_end");
        self.load_at_end = self.known("load_at_end", machine::load());
    }

    /// A short name of the machine, equal for machines whose figures may be compared: 16 hexadecimal digits over CPU, cores,
    /// caches, governor, turbo, clock source, hypervisor, system and architecture. The memory's size is left out, because it
    /// varies by some pages from boot to boot; [`Environment::unlike`] looks at it.
    ///
    /// ```
    /// use perf_core::environment::Environment;
    /// assert_eq!(Environment::here().fingerprint(), Environment::here().fingerprint());
    /// ```
    pub fn fingerprint(&self) -> String {
        let facts = self
            .facts()
            .into_iter()
            .filter(|fact| fact.aspect == Aspect::Machine)
            .map(|fact| {
                let value = fact.value.unwrap_or_default();
                format!("{}={value}\n", fact.field)
            });
        format!("{:016x}", xxh3_64(facts.collect::<String>().as_bytes()))
    }

    /// The value, or `None` with its reason noted under the field's name.
    fn known<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value
            .map_err(|reason| self.absent.insert(field.to_owned(), reason))
            .ok()
    }
}

fn features() -> Vec<String> {
    let all = [
        ("bench", cfg!(feature = "bench")),
        ("cli", cfg!(feature = "cli")),
        ("hdr", cfg!(feature = "hdr")),
        ("html", cfg!(feature = "html")),
        ("record", cfg!(feature = "record")),
        ("tracing", cfg!(feature = "tracing")),
    ];
    let on = all.into_iter().filter(|(_, on)| *on);
    on.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_known_or_has_a_reason() {
        let mut here = Environment::here();
        here.ends_now();
        let value = serde_json::to_value(&here).expect("encodes");
        let fields = value.as_object().expect("an object");
        for (field, value) in fields {
            assert_eq!(
                value.is_null(),
                here.absent.contains_key(field),
                "{field}: {value}, reasons: {:?}",
                here.absent
            );
        }
        let back: Environment = serde_json::from_value(value).expect("decodes");
        assert_eq!(back, here);
    }
}

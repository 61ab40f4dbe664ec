//! In: two environments. Out: [`Difference`], what is unlike between them, in words.

use crate::environment::{Environment, UNKNOWN};
use crate::units;
use std::fmt;

/// Memory sizes that differ by less than this share are those of the same machine after another boot.
const SAME_MEMORY: f64 = 0.03;

/// What a difference is a difference of, and so what it forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Aspect {
    /// The hardware or how it is set: figures are not comparable in absolute terms.
    Machine,
    /// The system's software: comparable, and to be mentioned.
    System,
    /// The build: often what is being compared, and to be mentioned.
    Build,
}

/// One respect in which two environments differ. Printed: `the CPU: AMD EPYC against Intel Xeon`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What it forbids.
    pub aspect: Aspect,
    /// The field of [`Environment`].
    pub field: &'static str,
    /// The field in words.
    pub words: &'static str,
    /// Its value on this side.
    pub this: String,
    /// Its value on the other.
    pub other: String,
}

/// A field as it is compared and printed.
pub(super) struct Fact {
    pub(super) aspect: Aspect,
    pub(super) field: &'static str,
    pub(super) words: &'static str,
    pub(super) value: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = crate::escape::terminal;
        let (words, this, other) = (self.words, safe(&self.this), safe(&self.other));
        write!(f, "{words}: {this} against {other}")
    }
}

impl Environment {
    /// In what respects the two differ, most important first. What is unknown on either side is no difference.
    ///
    /// Any [`Aspect::Machine`] among them means that the machines are unlike.
    ///
    /// ```
    /// use perf_core::environment::{Aspect, Environment};
    /// let (mut old, mut new) = (Environment::default(), Environment::default());
    /// (old.cpu, new.cpu) = (Some("AMD EPYC".into()), Some("Intel Xeon".into()));
    /// old.kernel = Some("6.1".into());
    /// let unlike = old.unlike(&new);
    /// assert_eq!(unlike.len(), 1);
    /// assert_eq!(unlike[0].aspect, Aspect::Machine);
    /// assert_eq!(unlike[0].to_string(), "the CPU: AMD EPYC against Intel Xeon");
    /// ```
    pub fn unlike(&self, other: &Self) -> Vec<Difference> {
        let mut found: Vec<Difference> = self
            .facts()
            .into_iter()
            .zip(other.facts())
            .filter_map(|(this, other)| difference(&this, other.value))
            .collect();
        if let (Some(this), Some(that)) = (self.memory_bytes, other.memory_bytes) {
            let larger = this.max(that) as f64;
            if this.abs_diff(that) as f64 > SAME_MEMORY * larger {
                found.push(Difference {
                    aspect: Aspect::Machine,
                    field: "memory_bytes",
                    words: "memory",
                    this: units::bytes(this as f64),
                    other: units::bytes(that as f64),
                });
            }
        }
        found.sort_by_key(|difference| difference.aspect);
        found
    }

    /// What is compared for equality, in a fixed order.
    pub(super) fn facts(&self) -> Vec<Fact> {
        use Aspect::{Build, Machine, System};
        let number = |count: Option<u32>| count.map(|count| count.to_string());
        let given = |text: &String| (!text.is_empty() && text != UNKNOWN).then(|| text.clone());
        let caches = self.caches.as_ref().map(|caches| {
            let each = caches.iter().map(|cache| {
                let (level, kind, bytes) = (cache.level, &cache.kind, cache.bytes);
                format!("L{level} {kind} {}", units::bytes(bytes as f64))
            });
            each.collect::<Vec<_>>().join(", ")
        });
        let turbo = self
            .turbo
            .map(|on| if on { "on" } else { "off" }.to_owned());
        let fact = |aspect, field, words, value| Fact {
            aspect,
            field,
            words,
            value,
        };
        vec![
            fact(Machine, "arch", "the architecture", given(&self.arch)),
            fact(Machine, "os", "the operating system", given(&self.os)),
            fact(Machine, "cpu", "the CPU", self.cpu.clone()),
            fact(
                Machine,
                "logical_cores",
                "CPUs online",
                number(self.logical_cores),
            ),
            fact(
                Machine,
                "physical_cores",
                "cores",
                number(self.physical_cores),
            ),
            fact(
                Machine,
                "usable_cores",
                "CPUs that the process may use",
                number(self.usable_cores),
            ),
            fact(Machine, "caches", "caches", caches),
            fact(
                Machine,
                "virtualised",
                "the hypervisor",
                self.virtualised.clone(),
            ),
            fact(
                Machine,
                "governor",
                "the frequency governor",
                self.governor.clone(),
            ),
            fact(Machine, "turbo", "turbo", turbo),
            fact(
                Machine,
                "clocksource",
                "the kernel's clock",
                self.clocksource.clone(),
            ),
            fact(System, "kernel", "the kernel", self.kernel.clone()),
            fact(Build, "rustc", "the compiler", self.rustc.clone()),
            fact(Build, "profile", "the build profile", given(&self.profile)),
        ]
    }
}

fn difference(this: &Fact, other: Option<String>) -> Option<Difference> {
    let (value, other) = (this.value.clone()?, other?);
    (value != other).then_some(Difference {
        aspect: this.aspect,
        field: this.field,
        words: this.words,
        this: value,
        other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_may_vary_by_some_pages_and_no_more() {
        let with = |memory| Environment {
            memory_bytes: Some(memory),
            ..Environment::default()
        };
        assert_eq!(with(25_000_000_000).unlike(&with(24_900_000_000)), []);
        let unlike = with(25_000_000_000).unlike(&with(12_500_000_000));
        assert_eq!(unlike[0].to_string(), "memory: 23.3 GiB against 11.6 GiB");
    }

    #[test]
    fn a_difference_of_the_machine_changes_the_fingerprint_and_the_build_does_not() {
        let here = Environment::here();
        let mut there = here.clone();
        there.rustc = Some("rustc 0.1".to_owned());
        there.kernel = Some("9.9".to_owned());
        there.profile = "other".to_owned();
        assert_eq!(there.fingerprint(), here.fingerprint());
        there.turbo = Some(here.turbo != Some(true));
        assert_ne!(there.fingerprint(), here.fingerprint());
    }

    #[test]
    fn what_is_unknown_of_other_programs_is_no_difference() {
        let here = Environment::here();
        let others = here.clone().of_other_programs("not asked");
        assert_eq!(
            (here.unlike(&others), others.unlike(&here)),
            (vec![], vec![])
        );
    }

    #[test]
    fn hostile_values_are_printed_harmlessly() {
        let with = |cpu: &str| Environment {
            cpu: Some(cpu.to_owned()),
            ..Environment::default()
        };
        let unlike = with("a\u{1b}[31m").unlike(&with("b\n"));
        assert_eq!(unlike[0].to_string(), "the CPU: a\\u{1b}[31m against b\\n");
    }
}

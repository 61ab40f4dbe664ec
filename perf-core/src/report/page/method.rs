//! In: where, with what and how it was measured. Out: everything a doubter asks, as lists.

use crate::environment::{Environment, UNKNOWN};
use crate::judge::Circumstances;
use crate::report::frame;
use crate::run::Run;
use crate::snapshot::Snapshot;
use crate::units::{bytes, duration, percent};
use maud::{Markup, html};

type Fact = (&'static str, String);

/// The section of a snapshot, with its run where it is known.
pub(super) fn section(page: usize, snapshot: &Snapshot, run: Option<&Run>) -> Markup {
    html! {
        section.method id=(format!("method-{page}")) aria-labelledby=(format!("method-title-{page}")) {
            h2 id=(format!("method-title-{page}")) { "Environment and method" }
            @for line in frame::foot(snapshot) { p { (line) } }
            @if let Some(run) = run {
                (facts(&of_run(run)))
                @if let Some(environment) = &run.environment { (facts(&of_machine(environment))) }
                (absent(run))
            }
        }
    }
}

/// The section of a comparison.
pub(super) fn of_comparison(number: usize, how: &Circumstances) -> Markup {
    let share = |value: f64| percent(value);
    let mut measured: Vec<Fact> = Vec::new();
    let mut add = |name, value: Option<String>| measured.extend(value.map(|value| (name, value)));
    add("seed of the plan", how.seed.map(|seed| seed.to_string()));
    add("time taken", how.seconds.map(|s| duration(s * 1e9)));
    add("ready to run and not let", how.stolen.map(share));
    add(
        "a fixed piece of work took",
        how.witness.map(|w| {
            format!(
                "{} in the median of {} slots, {} of it beyond its fastest tenth",
                duration(w.median_ns),
                w.slots,
                percent(w.disturbed)
            )
        }),
    );
    add(
        "clock",
        how.clock
            .as_ref()
            .map(|clock| format!("{}: {}", clock.source, clock.reason)),
    );
    html! {
        section.method aria-labelledby=(format!("how-title-{number}")) {
            h2 id=(format!("how-title-{number}")) { "How it was measured" }
            (facts(&measured))
            (facts(&of_machine(&how.machine)))
        }
    }
}

/// How to do it again.
pub(crate) fn again(line: &str) -> Markup {
    html! {
        section.method aria-label="how to do it again" {
            h2 { "To do it again" }
            pre { code { (line) } }
        }
    }
}

fn facts(facts: &[Fact]) -> Markup {
    html! {
        dl {
            @for (name, value) in facts {
                dt { (name) }
                dd { (value) }
            }
        }
    }
}

fn of_run(run: &Run) -> Vec<Fact> {
    let mut all = vec![("program", run.program.clone())];
    let Some(from) = &run.provenance else {
        return all;
    };
    let mut add = |name, value: Option<String>| all.extend(value.map(|value| (name, value)));
    let dirty = if from.dirty == Some(true) {
        ", with uncommitted changes"
    } else {
        ""
    };
    add(
        "arguments",
        (!from.arguments.is_empty()).then(|| from.arguments.join(" ")),
    );
    add(
        "commit",
        from.commit
            .as_ref()
            .map(|commit| format!("{commit}{dirty}")),
    );
    add(
        "executable",
        from.executable_hash
            .as_ref()
            .map(|hash| format!("xxh3 {hash}")),
    );
    add("workload", from.workload.clone());
    add("seed", from.seed.map(|seed| seed.to_string()));
    add("process", from.pid.map(|pid| pid.to_string()));
    if !run.complete {
        add(
            "incomplete",
            Some("stored on the way; the run may not have come to its end".to_owned()),
        );
    }
    all
}

fn of_machine(machine: &Environment) -> Vec<Fact> {
    let mut all = Vec::new();
    let mut add = |name, value: Option<String>| all.extend(value.map(|value| (name, value)));
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    add("processor", machine.cpu.clone());
    add("logical cores", number(machine.logical_cores));
    add("cores this process may use", number(machine.usable_cores));
    add("memory", machine.memory_bytes.map(|b| bytes(b as f64)));
    add("virtualised", machine.virtualised.clone());
    add("system", Some(format!("{} {}", machine.os, machine.arch)));
    add("kernel", machine.kernel.clone());
    add("kernel's clock", machine.clocksource.clone());
    add("governor", machine.governor.clone());
    add(
        "turbo",
        machine
            .turbo
            .map(|on| if on { "on" } else { "off" }.to_owned()),
    );
    add("compiler", machine.rustc.clone());
    let profile = Some(&machine.profile).filter(|profile| *profile != UNKNOWN);
    add("profile", profile.cloned());
    add(
        "features of perf-core",
        (!machine.features.is_empty()).then(|| machine.features.join(", ")),
    );
    add(
        "load at start and end",
        machine
            .load_at_start
            .zip(machine.load_at_end)
            .map(|(a, b)| format!("{a:.2}, {b:.2}")),
    );
    let absent = machine.absent.iter();
    // A comparison is told before its process ends.
    for (part, why) in absent.filter(|(part, _)| part.as_str() != "load_at_end") {
        add("not known", Some(format!("{part}: {why}")));
    }
    all
}

fn absent(run: &Run) -> Markup {
    let from = run.provenance.iter().flat_map(|from| &from.absent);
    html! {
        @for (part, why) in run.absent.iter().chain(from) { p.quiet { "Not known: " (part) ": " (why) "." } }
    }
}

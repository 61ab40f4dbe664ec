//! In: the entries of the executable. Out: [`Catalogue`], every benchmark with its id, in source order; ids are unique and fit a line.

use super::child::bencher::Bencher;
use super::counters::OURS;
use super::criterion::{self, Criterion};
use super::entry::{Case, Entry, Listed};
use super::metric::{INSTRUCTIONS, Kind, MakeMetric, TIME, named};
use crate::escape;
use std::collections::HashMap;

/// One benchmark of the executable.
pub(super) struct Bench {
    pub(super) id: String,
    pub(super) baseline: Option<String>, // the id that it is compared with
    pub(super) ignore: bool,
    pub(super) entry: &'static Entry,
    case: Case,
}

/// Every benchmark of the executable, in source order.
pub(super) struct Catalogue {
    pub(super) benches: Vec<Bench>,
    pub(super) metrics: Vec<MakeMetric>, // the author's, then ours
}

impl Catalogue {
    /// Those of a list, or those that the linker collected; and what the author measures beside time.
    pub(super) fn new(listed: Option<&[&'static Entry]>, metrics: &[MakeMetric]) -> Self {
        let mut entries: Vec<&'static Entry> = match listed {
            Some(listed) => listed.to_vec(),
            None => inventory::iter::<Listed>
                .into_iter()
                .map(|listed| listed.0)
                .collect(),
        };
        if listed.is_none() {
            entries.sort_by_key(|entry| (entry.file, entry.line, entry.name));
        }
        let mut benches = Vec::new();
        let mut seen = HashMap::new();
        for entry in entries {
            let stem = stem(entry);
            for case in (entry.cases)() {
                let id = unique(
                    &mut seen,
                    escape::terminal(&format!("{stem}{}", case.suffix)).into_owned(),
                );
                benches.push(Bench {
                    id,
                    baseline: None,
                    ignore: entry.ignore,
                    entry,
                    case,
                });
            }
        }
        let metrics = metrics.iter().chain(OURS).copied().collect();
        let mut catalogue = Self { benches, metrics };
        catalogue.pair_up();
        catalogue
    }

    /// Those that criterion's group functions come to.
    pub(super) fn of_criterion(groups: &'static [fn(&mut Criterion)]) -> Self {
        static FOREIGN: Entry = Entry {
            name: "",
            module: "",
            file: "",
            line: 0,
            group: None,
            baseline: None,
            compare: None,
            ignore: false,
            cases: Vec::new,
        };
        let mut seen = HashMap::new();
        let bench = |theirs: String| {
            let id = unique(&mut seen, escape::terminal(&theirs).into_owned());
            let run = move |bencher: Bencher<'_>| criterion::run(groups, &theirs, bencher.stage());
            Bench {
                id,
                baseline: None,
                ignore: false,
                entry: &FOREIGN,
                case: Case {
                    suffix: String::new(),
                    threads: 0,
                    run: Box::new(run),
                },
            }
        };
        let benches = criterion::collect(groups).into_iter().map(bench).collect();
        let metrics = OURS.to_vec();
        Self { benches, metrics }
    }

    pub(super) fn find(&self, id: &str) -> Option<&Bench> {
        self.benches.iter().find(|bench| bench.id == id)
    }

    /// What `--metric` means by this name, or the sentence that lists what it knows.
    pub(super) fn kind(&self, name: &str) -> Result<Kind, String> {
        match name {
            TIME => return Ok(Kind::time()),
            INSTRUCTIONS => return Ok(Kind::instructions()),
            _ => {}
        }
        if let Some(metric) = named(&self.metrics, name) {
            return Ok(Kind::of(&*metric));
        }
        let mut known = vec![TIME.to_owned(), INSTRUCTIONS.to_owned()];
        for metric in self.metrics.iter().map(|make| make()) {
            let name = escape::terminal(metric.name()).into_owned();
            if !known.contains(&name) {
                known.push(name);
            }
        }
        Err(format!(
            "--metric {}: known are {}",
            escape::terminal(name),
            known.join(", ")
        ))
    }

    /// Finds what each benchmark is compared with: the one of the same argument, type and threads, where there are several.
    fn pair_up(&mut self) {
        let mut first_of: HashMap<&str, &'static Entry> = HashMap::new();
        for bench in &self.benches {
            if let Some(group) = bench.entry.compare {
                first_of.entry(group).or_insert(bench.entry);
            }
        }
        let partner = |bench: &Bench| -> Option<String> {
            if let Some(name) = bench.entry.baseline {
                return Some(self.named(name, bench).unwrap_or_else(|| name.to_owned()));
            }
            let first = first_of.get(bench.entry.compare?)?;
            let own = std::ptr::eq(*first, bench.entry);
            (!own).then(|| format!("{}{}", stem(first), bench.case.suffix))
        };
        let partners: Vec<_> = self.benches.iter().map(partner).collect();
        for (bench, partner) in self.benches.iter_mut().zip(partners) {
            bench.baseline = partner;
        }
    }

    /// The benchmark that `baseline = "name"` means: a whole id, a function with the same case, or a function of the same module or group.
    fn named(&self, name: &str, bench: &Bench) -> Option<String> {
        let own = stem(bench.entry);
        let home = own.strip_suffix(bench.entry.name).unwrap_or("");
        let suffix = &bench.case.suffix;
        let forms = [
            name.to_owned(),
            format!("{name}{suffix}"),
            format!("{home}{name}{suffix}"),
            format!("{home}{name}"),
        ];
        forms.into_iter().find(|form| self.find(form).is_some())
    }
}

impl Bench {
    /// Runs the user's function.
    pub(super) fn run(&self, stage: &mut dyn super::child::stage::Stage) {
        let bencher = super::child::bencher::Bencher::on(stage, self.case.threads);
        (self.case.run)(bencher);
    }
}

/// The id without the case: module path below the crate, or the group, and the name.
fn stem(entry: &Entry) -> String {
    let module = entry.module.split_once("::").map_or("", |(_, below)| below);
    match (entry.group, module) {
        (Some(group), _) => format!("{group}/{}", entry.name),
        (None, "") => entry.name.to_owned(),
        (None, module) => format!("{module}::{}", entry.name),
    }
}

/// The id, numbered where it was there already.
fn unique(seen: &mut HashMap<String, u32>, id: String) -> String {
    let times = seen.entry(id.clone()).or_insert(0);
    *times += 1;
    if *times == 1 {
        id
    } else {
        format!("{id}#{times}")
    }
}

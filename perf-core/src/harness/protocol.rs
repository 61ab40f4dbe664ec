//! In: requests of the parent, answers of the measured process. Out: the lines that stand for them. Versioned, since a kept executable
//! speaks the version it was built with. Where it is too old for a request, it answers `unknown`.
//!
//! The parent writes a line a request to the child's standard input. The child answers on its standard output with a line that a mark
//! precedes, which holds a number that the parent drew; what else appears there is the benchmark's own printing. First the child
//! sends [`Hello`]. Version 1, and what later ones add:
//!
//! | request | answer |
//! |---|---|
//! | `open ID` | `opened FACTS`, `nothing`, `unknown`, `panicked TEXT` |
//! | `batch N COUNT`, once open | `times NS NS ...`: COUNT times of N iterations |
//! | `empty N COUNT`, once open | the same of the loop alone |
//! | `threads`, once open | `threads N SHARE`: threads alive, share of the processor time that other threads took |
//! | `allocations N`, once open | `allocated COUNT BYTES` an iteration, or `uncounted` |
//! | `close`, once open | `closed`, after the benchmark's function has returned |
//! | `once ID` | `closed`, `nothing`, `unknown`, `panicked TEXT` |
//! | `pin CPU` | `pinned` or `free` |
//! | 2: `count N METRIC`, once open | `counted AMOUNT LOOP`: of N iterations, and of as many of the loop alone; `missing TEXT`, `unknown` |
//! | 3: `gather all` or `gather code`, once open | `gathered CODE BYTES ALL`: bytes of code in memory of its own now; of memory, those on huge pages, of all that could |
//!
//! `count N instructions` lets callgrind count: the answer holds zeroes, and the counts are the next two dumps.

use super::child::stage::Facts;
use super::pages::Gathered;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The version spoken here; every earlier one is understood.
pub(super) const VERSION: u32 = 3;

/// The first version with `count`.
pub(super) const COUNTS: u32 = 2;

/// The first version with `gather`.
pub(super) const GATHERS: u32 = 3;

/// Set for a child: `NEWEST_VERSION_OF_THE_PARENT:TOKEN`.
pub(super) const CHILD: &str = "PERF_BENCH_CHILD";

/// What a child exits with that has lost its pipes. A parent that is there to see it knows that the benchmark closed them.
pub(super) const CUT_OFF: i32 = 86;

/// What a child says first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// The protocol's version.
    pub(super) protocol: u32,
    /// The library's version.
    pub(super) version: String,
    /// Ids of the benchmarks offered; arguments are a part of them.
    pub(super) benches: Vec<String>,
    /// The arguments that the process was started with.
    #[serde(default)]
    pub(super) arguments: Vec<String>,
}

/// What the parent asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    Open(String),
    Once(String),
    Batch { iterations: u64, count: u32 },
    Empty { iterations: u64, count: u32 },
    Threads,
    Allocations(u64),
    Count { iterations: u64, metric: String },
    Gather { memory: bool },
    Close,
    Pin(usize),
}

/// What the child answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Hello(Box<Hello>),
    Opened(Facts),
    Times(Vec<f64>),
    Threads {
        alive: u32,
        others: f64,
    },
    /// Allocations and bytes an iteration; none where they are not counted.
    Allocated(Option<(f64, f64)>),
    /// An amount, and that of the loop alone.
    Counted(f64, f64),
    /// Why a metric cannot be measured there.
    Missing(String),
    Gathered(Gathered),
    Closed,
    Nothing,
    Unknown,
    Panicked(String),
    Pinned(bool),
}

impl Request {
    pub(super) fn line(&self) -> String {
        match self {
            Self::Open(id) => format!("open {id}\n"),
            Self::Once(id) => format!("once {id}\n"),
            Self::Batch { iterations, count } => format!("batch {iterations} {count}\n"),
            Self::Empty { iterations, count } => format!("empty {iterations} {count}\n"),
            Self::Threads => "threads\n".to_owned(),
            Self::Allocations(iterations) => format!("allocations {iterations}\n"),
            Self::Count { iterations, metric } => format!("count {iterations} {metric}\n"),
            Self::Gather { memory: true } => "gather all\n".to_owned(),
            Self::Gather { memory: false } => "gather code\n".to_owned(),
            Self::Close => "close\n".to_owned(),
            Self::Pin(cpu) => format!("pin {cpu}\n"),
        }
    }

    pub(super) fn read(line: &str) -> Option<Self> {
        let line = line.trim_end_matches(['\n', '\r']);
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let two = || {
            let (iterations, count) = rest.split_once(' ')?;
            Some((iterations.parse().ok()?, count.parse().ok()?))
        };
        Some(match word {
            "open" => Self::Open(rest.to_owned()),
            "once" => Self::Once(rest.to_owned()),
            "batch" => two().map(|(iterations, count)| Self::Batch { iterations, count })?,
            "empty" => two().map(|(iterations, count)| Self::Empty { iterations, count })?,
            "threads" => Self::Threads,
            "allocations" => Self::Allocations(rest.parse().ok()?),
            "count" => {
                let (iterations, metric) = rest.split_once(' ')?;
                Self::Count {
                    iterations: iterations.parse().ok()?,
                    metric: metric.to_owned(),
                }
            }
            "gather" => Self::Gather {
                memory: match rest {
                    "all" => true,
                    "code" => false,
                    _ => return None,
                },
            },
            "close" => Self::Close,
            "pin" => Self::Pin(rest.parse().ok()?),
            _ => return None,
        })
    }
}

impl Answer {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Hello(hello) => format!("hello {}", json(hello)),
            Self::Opened(facts) => format!("opened {}", json(facts)),
            Self::Times(times) => {
                let mut text = "times".to_owned();
                for time in times {
                    let _ = write!(text, " {time}");
                }
                text
            }
            Self::Threads { alive, others } => format!("threads {alive} {others}"),
            Self::Allocated(Some((count, bytes))) => format!("allocated {count} {bytes}"),
            Self::Allocated(None) => "uncounted".to_owned(),
            Self::Counted(amount, empty) => format!("counted {amount} {empty}"),
            Self::Missing(text) => format!("missing {}", crate::escape::terminal(text)),
            Self::Gathered(Gathered { code, huge, all }) => format!("gathered {code} {huge} {all}"),
            Self::Closed => "closed".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Unknown => "unknown".to_owned(),
            Self::Panicked(text) => format!("panicked {}", crate::escape::terminal(text)),
            Self::Pinned(done) => if *done { "pinned" } else { "free" }.to_owned(),
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        Some(match word {
            "hello" => Self::Hello(serde_json::from_str(rest).ok()?),
            "opened" => Self::Opened(serde_json::from_str(rest).ok()?),
            "times" => {
                let times: Result<Vec<f64>, _> =
                    rest.split_ascii_whitespace().map(str::parse).collect();
                Self::Times(
                    times
                        .ok()
                        .filter(|times| times.iter().all(|time| time.is_finite()))?,
                )
            }
            "threads" => {
                let (alive, others) = rest.split_once(' ')?;
                Self::Threads {
                    alive: alive.parse().ok()?,
                    others: others.parse().ok()?,
                }
            }
            "allocated" => {
                let (count, bytes) = rest.split_once(' ')?;
                Self::Allocated(Some((count.parse().ok()?, bytes.parse().ok()?)))
            }
            "counted" => {
                let (amount, empty) = rest.split_once(' ')?;
                let (amount, empty): (f64, f64) = (amount.parse().ok()?, empty.parse().ok()?);
                (amount.is_finite() && empty.is_finite()).then_some(Self::Counted(amount, empty))?
            }
            "gathered" => {
                let (code, rest) = rest.split_once(' ')?;
                let (huge, all) = rest.split_once(' ')?;
                Self::Gathered(Gathered {
                    code: code.parse().ok()?,
                    huge: huge.parse().ok()?,
                    all: all.parse().ok()?,
                })
            }
            "missing" => Self::Missing(rest.to_owned()),
            "uncounted" => Self::Allocated(None),
            "closed" => Self::Closed,
            "nothing" => Self::Nothing,
            "unknown" => Self::Unknown,
            "panicked" => Self::Panicked(rest.to_owned()),
            "pinned" => Self::Pinned(true),
            "free" => Self::Pinned(false),
            _ => return None,
        })
    }
}

/// What precedes an answer.
pub(super) fn mark(token: &str) -> String {
    format!("\u{1e}{token} ")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() // plain structs of text and numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let requests = [
            Request::Open("a b/1".into()),
            Request::Once("x".into()),
            Request::Batch {
                iterations: 7,
                count: 3,
            },
            Request::Empty {
                iterations: 1,
                count: 1,
            },
            Request::Threads,
            Request::Allocations(8),
            Request::Count {
                iterations: 3,
                metric: "two words".into(),
            },
            Request::Gather { memory: true },
            Request::Gather { memory: false },
            Request::Close,
            Request::Pin(1),
        ];
        for request in requests {
            assert_eq!(Request::read(&request.line()), Some(request));
        }
        let hello = Hello {
            protocol: 1,
            version: "0.1.0".into(),
            benches: vec!["a\"b".into()],
            arguments: vec![],
        };
        let answers = [
            Answer::Hello(Box::new(hello)),
            Answer::Opened(Facts {
                throughput: Some(super::super::child::stage::Throughput::Bytes(3)),
                threads: 2,
            }),
            Answer::Times(vec![0.1, 1e9]),
            Answer::Threads {
                alive: 2,
                others: 0.25,
            },
            Answer::Allocated(Some((2.0, 0.5))),
            Answer::Allocated(None),
            Answer::Counted(3.0, 0.5),
            Answer::Missing("no counter".into()),
            Answer::Gathered(Gathered {
                code: 3,
                huge: 1,
                all: 2,
            }),
            Answer::Closed,
            Answer::Nothing,
            Answer::Unknown,
            Answer::Panicked("a b".into()),
            Answer::Pinned(true),
            Answer::Pinned(false),
        ];
        for answer in answers {
            assert_eq!(Answer::read(&answer.text()), Some(answer));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "",
            "batch",
            "batch x 1",
            "batch 1",
            "pin -1",
            "what",
            "count",
            "count 3",
            "count x y",
            "gather",
        ] {
            assert_eq!(Request::read(line), None, "{line}");
        }
        for text in [
            "",
            "times 1 NaN",
            "times inf",
            "opened {",
            "threads 1",
            "hello 3",
            "counted 1",
            "counted 1 NaN",
            "gathered 1 1",
            "gathered 1 1 -1",
        ] {
            assert_eq!(Answer::read(text), None, "{text}");
        }
    }
}

//! In: the arguments of the bench `peers`. Out: what they ask for, done.

use crate::arguments::Arguments;
use crate::contender::{self, Contender};
use crate::summary::Row;
use crate::table::{self, Found};
use crate::{child, memory, off, process, rounds, span_table, sustained};
use std::time::SystemTime;

const HELP: &str = "\
peers [--rounds N] [--seed N] [--only TEXT] [--json] [--list]
      --prepare    build the second executable (`--cfg perf_off`) and end
      --sustained  50 M calls in a row instead of rounds: CPU, memory, counts, live reads
      --spans      layers of the crate `tracing` instead of the peers, each over an empty layer
      --memory     100 sites on 8 threads instead of rounds: memory";

/// What was asked for.
struct Wishes {
    rounds: usize,
    seed: u64,
    only: String,
    json: bool,
}

/// Does what the arguments ask for.
///
/// # Errors
/// A sentence on what could not be done.
pub fn run(mut arguments: Arguments) -> Result<(), String> {
    let mut wishes = Wishes {
        rounds: 60,
        seed: 1,
        only: String::new(),
        json: false,
    };
    let mut task: fn(&Wishes) -> Result<(), String> = take_rounds;
    while let Some(flag) = arguments.flag() {
        match flag.as_str() {
            "--rounds" => wishes.rounds = arguments.number()?,
            "--seed" => wishes.seed = arguments.number()?,
            "--only" => wishes.only = arguments.value()?,
            "--json" => wishes.json = true,
            "--list" => {
                list();
                return Ok(());
            }
            "--prepare" => task = |_| off::build().map(|path| println!("{}", path.display())),
            "--sustained" => task = |wishes| sustained::run(wishes.json),
            "--spans" => task = |wishes| span_table::run(wishes.rounds, wishes.seed),
            "--memory" => task = |wishes| memory::run(wishes.json),
            "--sustained-child" => return sustained::child(&arguments.value()?),
            "--child" => return child::serve(&contender::named(&arguments.value()?)?),
            "--help" | "-h" => {
                println!("{HELP}");
                return Ok(());
            }
            _ => return Err(arguments.unknown(HELP)),
        }
    }
    task(&wishes)
}

fn list() {
    for contender in contender::all() {
        println!("{}", contender.name);
    }
}

fn take_rounds(wishes: &Wishes) -> Result<(), String> {
    let mut contenders = contender::all();
    contenders.retain(|contender| contender.name.contains(&wishes.only));
    let mut notes = Vec::new();
    let mut off = None;
    if contenders.iter().any(|contender| contender.off) {
        match off::build() {
            Ok(path) => off = Some(path),
            Err(why) => {
                notes.push(format!("Compiled off is not measured: {why}."));
                contenders.retain(|contender| !contender.off);
            }
        }
    }
    let times = rounds::play(&contenders, off.as_deref(), wishes.rounds, wishes.seed)?;
    let row = |(contender, times): (&Contender, &Vec<_>)| Row::new(contender, times);
    let found = Found {
        machine: process::machine(),
        seconds_since_1970: SystemTime::UNIX_EPOCH
            .elapsed()
            .map_or(0, |since| since.as_secs()),
        seed: wishes.seed,
        rows: contenders.iter().zip(&times).map(row).collect(),
        notes,
    };
    if wishes.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&found).map_err(|error| error.to_string())?
        );
    } else {
        print!("{}", table::markdown(&found));
    }
    Ok(())
}

//! In: rounds of the layers that time spans. Out: what each costs a span over an empty layer, on one thread and on two, as Markdown.

use crate::contender;
use crate::process;
use crate::rounds;
use crate::summary::Median;
use crate::table::cell;

/// Plays the rounds and prints the table.
pub(crate) fn run(count: usize, seed: u64) -> Result<(), String> {
    let contenders = contender::spans();
    if contenders.is_empty() {
        return Err("the layers need `--features peers`".to_owned());
    }
    let times = rounds::play(&contenders, None, count, seed)?;
    println!("{}; {count} rounds, seed {seed}.", process::machine());
    println!(
        "A span around a function of 2 ns; ratios to the empty layer in the same round, medians with 95 % intervals.\n"
    );
    println!("| layer | ns a span | / empty | ns a span, two threads | / empty, two threads |");
    println!("|---|---|---|---|---|");
    let mut empty = &Vec::new();
    for (contender, own) in contenders.iter().zip(&times) {
        if contender.name.starts_with("an empty layer") {
            empty = own;
        }
        let over = |figure: &dyn Fn(usize) -> f64| Median::of((0..own.len()).map(figure).collect());
        println!(
            "| {} | {} | {} | {} | {} |",
            contender.name,
            cell(over(&|at| own[at].measured), 1),
            cell(over(&|at| own[at].measured / empty[at].measured), 3),
            cell(over(&|at| own[at].measured_two), 1),
            cell(over(&|at| own[at].measured_two / empty[at].measured_two), 3),
        );
    }
    Ok(())
}

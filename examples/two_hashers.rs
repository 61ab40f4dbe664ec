//! Real code of others, judged: the standard library's hash map against `hashbrown` with its own hasher, on the words of a real text.
//!
//! `cargo run --release --example two_hashers`

use perf_core::judge::Alternatives;
use std::collections::HashMap as Std;

const TEXT: &str = include_str!("../README.md");

fn main() {
    let words: Vec<&str> = TEXT.split_whitespace().collect();
    let counted = Alternatives::new("count words").compare_with(
        &words,
        |words| {
            let mut counts: Std<&str, u32> = Std::new();
            words
                .iter()
                .for_each(|word| *counts.entry(word).or_default() += 1);
            counts.len()
        },
        |words| {
            let mut counts: hashbrown::HashMap<&str, u32> = hashbrown::HashMap::new();
            words
                .iter()
                .for_each(|word| *counts.entry(word).or_default() += 1);
            counts.len()
        },
    );
    print!("{}", counted.report().text(None, false));
    let std: Std<&str, usize> = words
        .iter()
        .enumerate()
        .map(|(at, word)| (*word, at))
        .collect();
    let other: hashbrown::HashMap<&str, usize> = words
        .iter()
        .enumerate()
        .map(|(at, word)| (*word, at))
        .collect();
    let looked_up = Alternatives::new("look words up").compare_with(
        &words,
        |words| words.iter().filter_map(|word| std.get(word)).sum::<usize>(),
        |words| {
            words
                .iter()
                .filter_map(|word| other.get(word))
                .sum::<usize>()
        },
    );
    print!("{}", looked_up.report().text(None, false));
}

//! In: arguments. Out: [`Piece`], what every bench of verdicts is asked: how long, from which seed, beside whom, and about what.

use super::neighbour::Neighbour;
use super::tally::Tallies;
use crate::arguments::Arguments;

/// A piece of a longer series: others have other seeds, and what they print adds up.
#[derive(Clone, Debug)]
pub struct Piece {
    /// How long measuring goes on.
    pub seconds: f64,
    /// Where chance begins.
    pub seed: u64,
    /// Whether somebody else is busy in phases.
    pub neighbour: bool,
    /// Names that hold this alone.
    pub only: String,
    /// What earlier pieces printed, where that alone is to be added up.
    pub added: Option<Tallies>,
}

impl Piece {
    /// The flags that it takes.
    pub const USAGE: &str =
        "[--seconds N] [--seed N] [--neighbour] [--only TEXT], or --add FILE...";

    /// So long, unless something else is asked for.
    #[must_use]
    pub fn of(seconds: f64) -> Self {
        Self {
            seconds,
            seed: 1,
            neighbour: false,
            only: String::new(),
            added: None,
        }
    }

    /// Takes the flag and its value, where it is one of these.
    ///
    /// # Errors
    /// A sentence on a value that is missing or is none.
    pub fn takes(&mut self, flag: &str, arguments: &mut Arguments) -> Result<bool, String> {
        match flag {
            "--seconds" => self.seconds = arguments.number()?,
            "--seed" => self.seed = arguments.number()?,
            "--neighbour" => self.neighbour = true,
            "--only" => self.only = arguments.value()?,
            "--add" => {
                let mut all = Tallies::default();
                for path in arguments.rest() {
                    let text = std::fs::read_to_string(&path);
                    all.add(&text.map_err(|error| format!("cannot read {path:?}: {error}"))?)?;
                }
                self.added = Some(all);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether something of this name is asked for.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }

    /// The company in which it is measured, in a word.
    #[must_use]
    pub fn company(&self) -> &'static str {
        if self.neighbour { "neighbour" } else { "quiet" }
    }

    /// The neighbour, who stays as long as the value lives.
    #[must_use]
    pub fn neighbour(&self) -> Option<Neighbour> {
        self.neighbour.then(|| Neighbour::start(self.seed))
    }
}

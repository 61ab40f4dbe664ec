//! In: the words of a command line. Out: [`Arguments`]: flags one after the other, each with its value.

use std::str::FromStr;

/// What a bench was started with.
#[derive(Debug)]
pub struct Arguments {
    words: std::vec::IntoIter<String>,
    flag: String, // the last one
}

impl Arguments {
    /// Those of this process, without the `--bench` that cargo adds.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(std::env::args().skip(1))
    }

    fn new(words: impl Iterator<Item = String>) -> Self {
        let words: Vec<String> = words.filter(|word| word != "--bench").collect();
        Self {
            words: words.into_iter(),
            flag: String::new(),
        }
    }

    /// The next flag.
    pub fn flag(&mut self) -> Option<String> {
        self.flag = self.words.next()?;
        Some(self.flag.clone())
    }

    /// The value of the last flag.
    ///
    /// # Errors
    /// There is none.
    pub fn value(&mut self) -> Result<String, String> {
        let value = self.words.next();
        value.ok_or_else(|| format!("{} wants a value", self.flag))
    }

    /// The same, of which a number is needed.
    ///
    /// # Errors
    /// There is none, or it is no number of this kind.
    pub fn number<T: FromStr>(&mut self) -> Result<T, String> {
        let value = self.value()?;
        let number = value.parse();
        number.map_err(|_| format!("{} wants a number, not {value:?}", self.flag))
    }

    /// All that is left: the names of files.
    pub fn rest(&mut self) -> Vec<String> {
        self.words.by_ref().collect()
    }

    /// That the last flag is none, and which ones there are.
    #[must_use]
    pub fn unknown(&self, usage: &str) -> String {
        match self.flag.as_str() {
            "--help" | "-h" => usage.to_owned(),
            other => format!("{other:?} is not known\n{usage}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_values_and_sentences_for_what_is_none() {
        let words = "--bench --seed 7 --only map --add a b";
        let mut arguments = Arguments::new(words.split(' ').map(str::to_owned));
        assert_eq!(arguments.flag().as_deref(), Some("--seed"));
        assert_eq!(arguments.number(), Ok(7u64));
        assert_eq!(arguments.flag().as_deref(), Some("--only"));
        let refused = arguments.number::<u64>().expect_err("no number");
        assert_eq!(refused, "--only wants a number, not \"map\"");
        assert_eq!(arguments.flag().as_deref(), Some("--add"));
        assert_eq!(arguments.unknown("all"), "\"--add\" is not known\nall");
        assert_eq!(arguments.rest(), ["a", "b"]);
        assert_eq!(arguments.value(), Err("--add wants a value".to_owned()));
        assert_eq!(arguments.flag(), None);
    }
}

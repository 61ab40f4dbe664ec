//! In: a process's standard output. Out: its answers, told apart from what the benchmark prints, which goes to standard error or
//! nowhere. Memory is bounded whatever it prints.

use crate::harness::protocol;
use std::io::{Read, Write};
use std::process::ChildStdout;

/// Longer answers are none.
const LONGEST: usize = 64 << 20;

/// Reads answers.
pub(super) struct Answers<R = ChildStdout> {
    output: R,
    mark: Vec<u8>,
    kept: Vec<u8>, // read, not yet used
    printed: u64,
    show: bool,
}

impl<R: Read> Answers<R> {
    pub(super) fn new(output: R, token: &str, show: bool) -> Self {
        Self {
            output,
            mark: protocol::mark(token).into_bytes(),
            kept: Vec::new(),
            printed: 0,
            show,
        }
    }

    /// Bytes that were no answer.
    pub(super) fn printed(&self) -> u64 {
        self.printed
    }

    /// The next answer; none at the end of the output.
    pub(super) fn next(&mut self) -> std::io::Result<Option<String>> {
        loop {
            if let Some(start) = find(&self.kept, &self.mark) {
                self.pass(start);
                self.kept.drain(..self.mark.len());
                return self.rest_of_line();
            }
            // All but what may be the beginning of the mark.
            let sure = self.kept.len().saturating_sub(self.mark.len() - 1);
            self.pass(sure);
            if !self.fill()? {
                self.pass(self.kept.len());
                return Ok(None);
            }
        }
    }

    fn rest_of_line(&mut self) -> std::io::Result<Option<String>> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.kept[looked..].iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.kept.drain(..=looked + end).collect();
                return Ok(Some(
                    String::from_utf8_lossy(&line[..line.len() - 1]).into_owned(),
                ));
            }
            looked = self.kept.len();
            if looked > LONGEST || !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn fill(&mut self) -> std::io::Result<bool> {
        let mut buffer = [0; 8 * 1024];
        let read = loop {
            match self.output.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.kept.extend_from_slice(&buffer[..read]);
        Ok(read > 0)
    }

    /// Passes on what the benchmark printed.
    fn pass(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.printed += bytes as u64;
        if self.show {
            let _ = std::io::stderr().lock().write_all(&self.kept[..bytes]);
        }
        self.kept.drain(..bytes);
    }
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|window| window == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its text in pieces of so many bytes.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = self.1.min(self.0.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    #[test]
    fn answers_are_found_amid_printing_however_it_is_cut() {
        let mark = protocol::mark("77");
        let text = format!("noise{mark}one\nhalf a line \u{1e}78 no{mark}two\n\n{mark}three\ntail");
        for size in [1, 2, 5, 1_000] {
            let mut answers = Answers::new(Pieces(text.as_bytes(), size), "77", false);
            for want in ["one", "two", "three"] {
                assert_eq!(
                    answers.next().expect("readable").as_deref(),
                    Some(want),
                    "{size}"
                );
            }
            assert_eq!(answers.next().expect("readable"), None);
            assert_eq!(answers.printed(), 5 + 18 + 1 + 4, "{size}");
        }
    }

    #[test]
    fn endless_printing_takes_no_memory() {
        let mut answers = Answers::new(std::io::repeat(b'x').take(10 << 20), "77", false);
        assert_eq!(answers.next().expect("readable"), None);
        assert!(answers.kept.capacity() < 1 << 20);
        assert_eq!(answers.printed(), 10 << 20);
    }
}

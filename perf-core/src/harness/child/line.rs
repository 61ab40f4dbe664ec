//! In: the pipes that this process was started with. Out: [`Line`], requests and answers on copies of them, which the benchmark does not
//! find: it may close its standard input and output, read the one and print to the other.

use crate::harness::os;
use crate::harness::protocol::{self, Answer, Request};
use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::rc::Rc;

/// The way to the parent.
#[derive(Clone)]
pub(super) struct Line {
    mark: String,
    process: u32, // its own: a fork of it has nothing to say
    input: Rc<RefCell<BufReader<Box<dyn Read>>>>,
    output: Rc<RefCell<Box<dyn Write>>>,
}

impl Line {
    pub(super) fn new(token: &str) -> Self {
        let (input, output) = pipes();
        Self {
            mark: protocol::mark(token),
            process: std::process::id(),
            input: Rc::new(RefCell::new(BufReader::new(input))),
            output: Rc::new(RefCell::new(output)),
        }
    }

    /// The next request. Without a parent there is nothing left to do.
    pub(super) fn request(&self) -> Request {
        let mut text = String::new();
        loop {
            text.clear();
            match self.input.borrow_mut().read_line(&mut text) {
                Ok(0) | Err(_) => std::process::exit(protocol::CUT_OFF),
                Ok(_) => {}
            }
            match Request::read(&text) {
                Some(request) => return request,
                None => self.answer(&Answer::Unknown),
            }
        }
    }

    pub(super) fn answer(&self, answer: &Answer) {
        if std::process::id() != self.process {
            std::process::exit(0);
        }
        let text = format!("{}{}\n", self.mark, answer.text());
        // Other threads print between answers, not into them.
        let mut printed = std::io::stdout().lock();
        let _ = printed.flush();
        let mut output = self.output.borrow_mut();
        let sent = output.write_all(text.as_bytes());
        if sent.and_then(|()| output.flush()).is_err() {
            std::process::exit(protocol::CUT_OFF);
        }
    }
}

/// Copies of standard input and output; the benchmark's own input is at its end. Where they cannot be copied, themselves.
fn pipes() -> (Box<dyn Read>, Box<dyn Write>) {
    match copies() {
        Ok((input, output)) => {
            os::empty_stdin();
            (Box::new(input), Box::new(output))
        }
        Err(_) => (Box::new(std::io::stdin()), Box::new(std::io::stdout())),
    }
}

#[cfg(unix)]
fn copies() -> std::io::Result<(File, File)> {
    use std::os::fd::AsFd;
    let input = std::io::stdin().as_fd().try_clone_to_owned()?;
    let output = std::io::stdout().as_fd().try_clone_to_owned()?;
    Ok((input.into(), output.into()))
}

#[cfg(not(unix))]
fn copies() -> std::io::Result<(File, File)> {
    Err(std::io::ErrorKind::Unsupported.into())
}

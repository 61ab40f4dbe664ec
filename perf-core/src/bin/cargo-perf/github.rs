//! In: a gate's cases. Out: workflow commands, which GitHub shows as annotations of the check.

use crate::gate::{Answer, Case};
use perf_core::escape::terminal;
use std::fmt::Write;

pub(crate) fn written(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let word = match case.answer {
            Answer::Blocks | Answer::Denied => "error",
            Answer::Open => "warning",
            Answer::Passes => "notice",
        };
        let title = property(&format!("perf: {}", case.name));
        let _ = writeln!(text, "::{word} title={title}::{}", message(&case.sentence));
    }
    text
}

/// Per cent and line breaks would end the command or start another.
fn message(text: &str) -> String {
    terminal(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_starts_no_command_of_its_own() {
        let case = Case {
            name: "a::b,c\n::error::x".to_owned(),
            answer: Answer::Open,
            sentence: "+4.1 %\n::error::y".to_owned(),
        };
        let text = written(&[case]);
        assert_eq!(text.lines().count(), 1);
        assert!(
            text.starts_with("::warning title=perf%3A a%3A%3Ab%2Cc\\n%3A%3Aerror%3A%3Ax::+4.1 %25"),
            "{text}"
        );
    }
}

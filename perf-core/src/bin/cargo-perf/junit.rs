//! In: a gate's cases. Out: a `JUnit` test suite, as CI systems read it.

use crate::gate::{Answer, Case};
use perf_core::escape::terminal;
use std::fmt::Write;

pub(crate) fn written(cases: &[Case]) -> String {
    let count = |answers: &[Answer]| cases.iter().filter(|c| answers.contains(&c.answer)).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuite name=\"cargo perf gate\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">",
        cases.len(),
        count(&[Answer::Blocks, Answer::Denied]),
        count(&[Answer::Open])
    );
    for case in cases {
        let (name, sentence) = (escaped(&case.name), escaped(&case.sentence));
        let _ = match case.answer {
            Answer::Passes => writeln!(
                xml,
                "  <testcase classname=\"perf\" name=\"{name}\"><system-out>{sentence}</system-out></testcase>"
            ),
            Answer::Open => writeln!(
                xml,
                "  <testcase classname=\"perf\" name=\"{name}\"><skipped message=\"{sentence}\"/></testcase>"
            ),
            Answer::Denied | Answer::Blocks => {
                let kind = if case.answer == Answer::Blocks {
                    "regressed"
                } else {
                    "inconclusive"
                };
                writeln!(
                    xml,
                    "  <testcase classname=\"perf\" name=\"{name}\"><failure type=\"{kind}\" message=\"{sentence}\"/></testcase>"
                )
            }
        };
    }
    xml.push_str("</testsuite>\n");
    xml
}

/// For text and attributes; what XML cannot hold at all is made visible first.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in terminal(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_text() {
        let case = Case {
            name: "a\"><b>&\u{1b}".to_owned(),
            answer: Answer::Blocks,
            sentence: "slower".to_owned(),
        };
        let xml = written(&[case]);
        assert!(
            xml.contains("name=\"a&quot;&gt;&lt;b&gt;&amp;\\u{1b}\""),
            "{xml}"
        );
        assert!(xml.contains("failures=\"1\""), "{xml}");
    }
}

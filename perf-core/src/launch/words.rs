//! In: a command line. Out: its words, by the quoting rules of a POSIX shell, without anything else a shell does.
//!
//! Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting.

use crate::launch::problem::LaunchError;

/// Splits at blanks outside of quotes; adjacent quoted and unquoted pieces are one word.
pub(crate) fn split(line: &str) -> Result<Vec<String>, LaunchError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None; // none between words: '' is a word, nothing is not
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => single_quoted(&mut rest, word.get_or_insert_default())?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default())?,
            '\\' => match rest.next() {
                Some('\n') => {} // a continued line
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err(LaunchError::Quoting { quote: '\\' }),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), LaunchError> {
    for c in rest {
        if c == '\'' {
            return Ok(());
        }
        word.push(c);
    }
    Err(LaunchError::Quoting { quote: '\'' })
}

fn double_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), LaunchError> {
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(()),
            '\\' => match rest.next() {
                Some('\n') => {}
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => break,
            },
            c => word.push(c),
        }
    }
    Err(LaunchError::Quoting { quote: '"' })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_a_shell_would_split_them() {
        let cases: [(&str, &[&str]); 12] = [
            ("", &[]),
            ("  a \t b\nc ", &["a", "b", "c"]),
            ("a 'b c' d", &["a", "b c", "d"]),
            (r#"a "b c" d"#, &["a", "b c", "d"]),
            (r"a\ b", &["a b"]),
            (r#"'' "" x''y"#, &["", "", "xy"]),
            (r"'a\b' 'it'\''s'", &[r"a\b", "it's"]),
            (r#""\a \" \\ \$ \`""#, &[r#"\a " \ $ `"#]),
            ("a\\\nb", &["ab"]),
            ("\"a\\\nb\"", &["ab"]),
            ("$HOME *.rs | > # ~", &["$HOME", "*.rs", "|", ">", "#", "~"]),
            ("größe '解析'", &["größe", "解析"]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).expect("well quoted"), words, "{line:?}");
        }
        for open in ["'a", "\"a", "a\\", "\"a\\"] {
            assert!(split(open).is_err(), "{open:?}");
        }
    }
}

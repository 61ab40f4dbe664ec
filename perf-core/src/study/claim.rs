//! In: the message of a commit. Out: [`Claim`], whether it claims a gain in speed, and the studies that it names.

use crate::judge::Pattern;

/// What a message claims.
///
/// ```
/// use perf_core::study::Claim;
/// let claims = perf_core::judge::Policy::default().study.claims;
/// let named = Claim::of("Parse in place\n\nPerf-Study: 12", &claims).expect("it names a study");
/// assert_eq!(named.studies, ["12"]);
/// let bare = Claim::of("perf: parse in place", &claims).expect("its subject is that of a gain");
/// assert!(bare.studies.is_empty());
/// assert_eq!(Claim::of("Parse numbers, too", &claims), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// The first line.
    pub subject: String,
    /// The studies that it rests on, by number or name, as they are written.
    pub studies: Vec<String>,
}

/// How a line begins that names studies.
const TRAILER: &str = "perf-study:";
/// What git puts between a message and the changes shown below it.
const SCISSORS: &str = "------------------------ >8 ------------------------";

impl Claim {
    /// A message claims a gain if a line of it is `Perf-Study: ID`, or if its subject matches one of the patterns; capital and small
    /// letters are the same. Comments of git are no part of it.
    pub fn of(message: &str, patterns: &[Pattern]) -> Option<Self> {
        let lines = message
            .lines()
            .take_while(|line| !(line.starts_with('#') && line.ends_with(SCISSORS)));
        let lines: Vec<&str> = lines
            .filter(|line| !line.starts_with('#'))
            .map(str::trim)
            .collect();
        let subject = lines
            .iter()
            .find(|line| !line.is_empty())
            .copied()
            .unwrap_or("");
        let named = lines.iter().filter_map(|line| {
            let head = line.get(..TRAILER.len())?;
            head.eq_ignore_ascii_case(TRAILER)
                .then(|| &line[TRAILER.len()..])
        });
        let lines_that_name = named.clone().count();
        let words = named
            .flat_map(|names| names.split([',', ' ']))
            .filter(|name| !name.is_empty());
        let studies: Vec<String> = words.map(str::to_owned).collect();
        let small = subject.to_lowercase();
        let claims =
            |pattern: &Pattern| Pattern::new(&pattern.text().to_lowercase()).matches(&small);
        (lines_that_name > 0 || patterns.iter().any(claims)).then(|| Self {
            subject: subject.to_owned(),
            studies,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> Option<Vec<String>> {
        Claim::of(message, &[Pattern::new("perf:*"), Pattern::new("*Faster*")])
            .map(|claim| claim.studies)
    }

    #[test]
    fn trailers_subjects_and_comments() {
        let none = || Some(Vec::new());
        let one = |name: &str| Some(vec![name.to_owned()]);
        for (message, claim) in [
            ("PERF: x", none()),
            ("x\n\nfaster", None), // the subject decides
            ("a faster y", none()),
            ("x\n\nperf-study: 3", one("3")),
            ("x\n\nPerf-Study:", none()),
            ("# Perf-Study: 3\nx", None),
            ("\n\nperf: x\n", none()),
            (
                "x\n# ------------------------ >8 ------------------------\nPerf-Study: 3",
                None,
            ),
            ("x\n\nPerf-Study: 0003-why", one("0003-why")),
            ("Perf-Studyé", None),
            ("", None),
        ] {
            assert_eq!(of(message), claim, "{message:?}");
        }
        assert_eq!(
            of("x\n\nPerf-Study: 3, 4\nPerf-Study: 5").map(|all| all.len()),
            Some(3)
        );
    }
}

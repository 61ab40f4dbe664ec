//! In: commits, or the message of one about to be made. Out: which of them claim a gain in speed, and whether an accepted study shows it.

use crate::exit::{Exit, Failure};
use crate::gate::{Answer, Case, GateFormat};
use crate::{git, github, junit, output};
use clap::Args;
use perf_core::escape::{markdown, terminal};
use perf_core::judge::Pattern;
use perf_core::study::{Claim, Ending, Opened, Shown, Studies, StudyError, Tree};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

/// Commits that claim a gain must name an accepted study.
#[derive(Debug, Args)]
#[command(next_help_heading = "Studies")]
pub(crate) struct StudyGate {
    /// Refuse a commit whose message claims a gain in speed (a line `Perf-Study: ID`, or a subject that the policy names) without an
    /// accepted study whose evidence fits it. The last commit, unless --message or --range says which.
    #[arg(long)]
    pub(crate) require_study: bool,
    /// The message of the commit that is about to be made, as a commit-msg hook gets it; its files are those of the index.
    #[arg(
        long,
        value_name = "FILE",
        requires = "require_study",
        conflicts_with = "range"
    )]
    message: Option<PathBuf>,
    /// These commits, such as origin/main..HEAD.
    #[arg(long, value_name = "REVS", requires = "require_study")]
    range: Option<String>,
    /// Subjects that claim a gain, with `*` for any text; instead of the policy's. May be given several times.
    #[arg(long, value_name = "PATTERN", requires = "require_study")]
    claims: Vec<String>,
    /// Where studies are kept.
    #[arg(
        long,
        value_name = "DIR",
        requires = "require_study",
        default_value = ".perf"
    )]
    dir: PathBuf,
}

/// A commit, or what is to become one.
struct Commit {
    name: String,       // for people
    id: Option<String>, // none of one that is about to be made
    message: String,
}

/// What the gate says of one claim.
struct Judged {
    commit: String,
    claim: Claim,
    answer: Answer,
    sentence: String,
}

impl StudyGate {
    pub(crate) fn run(&self, usual: &[Pattern], format: GateFormat) -> Result<Exit, Failure> {
        let own: Vec<Pattern> = self.claims.iter().map(|text| Pattern::new(text)).collect();
        let patterns = if own.is_empty() { usual } else { &own };
        let commits = self.commits()?;
        let studies = Studies::at(&self.dir);
        let judged = commits.iter().filter_map(|commit| {
            let claim = Claim::of(&commit.message, patterns)?;
            let (answer, sentence) = self.judge(&studies, commit, &claim);
            let commit = commit.name.clone();
            Some(Judged {
                commit,
                claim,
                answer,
                sentence,
            })
        });
        let judged: Vec<Judged> = judged.collect();
        output::print(&written(format, commits.len(), &judged))?;
        let any = |answer| judged.iter().any(|judged| judged.answer == answer);
        Ok(match (any(Answer::Blocks), any(Answer::Denied)) {
            (true, _) => Exit::Regressed,
            (false, true) => Exit::CouldNotJudge,
            (false, false) => Exit::Fine,
        })
    }

    fn commits(&self) -> Result<Vec<Commit>, Failure> {
        let top = git::top()?;
        if let Some(path) = &self.message {
            let message = std::fs::read(path).map_err(|error| {
                Failure::new(format_args!("cannot read the message {path:?}: {error}"))
            })?;
            return Ok(vec![Commit {
                name: "this commit".to_owned(),
                id: None,
                message: String::from_utf8_lossy(&message).into_owned(),
            }]);
        }
        let ids = match &self.range {
            Some(range) => git::git(
                &top,
                &["rev-list", "--reverse", "--end-of-options", range, "--"],
            )?,
            None => git::commit(&top, "HEAD")?,
        };
        let commit = |id: &str| {
            let message = git::git(&top, &["log", "-1", "--format=%B", id, "--"])?;
            Ok(Commit {
                name: id.chars().take(10).collect(),
                id: Some(id.to_owned()),
                message,
            })
        };
        ids.lines().map(commit).collect()
    }

    fn judge(&self, studies: &Studies, commit: &Commit, claim: &Claim) -> (Answer, String) {
        if claim.studies.is_empty() {
            let sentence = "its message claims a gain and names no study: write a last line `Perf-Study: ID` of an accepted one, \
                            or claim nothing";
            return (Answer::Blocks, sentence.to_owned());
        }
        let mut passed = Vec::new();
        for name in &claim.studies {
            match self.supports(studies, commit, name) {
                Ok(sentence) => passed.push(sentence),
                Err(refusal) => return refusal,
            }
        }
        (Answer::Passes, passed.join("; "))
    }

    /// Whether one study shows the gain of the commit: a sentence, or why not.
    fn supports(
        &self,
        studies: &Studies,
        commit: &Commit,
        name: &str,
    ) -> Result<String, (Answer, String)> {
        let opened = studies.open(Some(name)).map_err(|error| match error {
            StudyError::Unknown(sentence) => (Answer::Blocks, sentence),
            damaged => (Answer::Denied, damaged.to_string()),
        })?;
        let dossier = opened.dossier();
        if !matches!(dossier.ending, Some(Ending::Accepted { .. })) {
            return Err((Answer::Blocks, not_accepted(&opened)));
        }
        let tree = match &commit.id {
            Some(id) => Tree::of_commit(id, &self.dir),
            None => Tree::of_index(&self.dir),
        };
        let tree = tree.map_err(|error| (Answer::Denied, error.to_string()))?;
        let mut why = Vec::new();
        let mut worst = Answer::Blocks;
        for shown in dossier.shown() {
            match self.fits(&dossier.name, &shown, commit, &tree) {
                Ok(()) => {
                    return Ok(format!(
                        "study {} was accepted, and its {} measured these files",
                        dossier.name, shown.by
                    ));
                }
                Err((answer, reason)) => {
                    worst = if answer == Answer::Denied {
                        answer
                    } else {
                        worst
                    };
                    why.push(format!("its {} {reason}", shown.by));
                }
            }
        }
        let sentence = format!(
            "study {} was accepted, but does not fit: {}",
            dossier.name,
            why.join("; ")
        );
        Err((worst, sentence))
    }

    /// It fits if the new side was made of the commit's files and the old side of a commit before it.
    fn fits(
        &self,
        study: &str,
        shown: &Shown<'_>,
        commit: &Commit,
        tree: &Tree,
    ) -> Result<(), (Answer, String)> {
        let no = |reason: String| (Answer::Blocks, reason);
        let source = shown
            .source
            .ok_or_else(|| no("does not say which files it measured".to_owned()))?;
        if !source.fits(tree) {
            let names = source.differences(tree, &self.dir);
            return Err(no(format!(
                "measured other files{}: commit what was validated, or measure what is committed: study recheck {}",
                listed(&names),
                study
            )));
        }
        let from = shown.from.ok_or_else(|| {
            no("had an old side that is no commit: measure from a commit, or validate with --baseline-rev".to_owned())
        })?;
        match before(from, commit.id.as_deref()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(no(format!(
                "had an old side, {}, that does not lie before this commit",
                short(from)
            ))),
            Err(failure) => Err((
                Answer::Denied,
                format!(
                    "had the old side {}, which this repository lacks (a shallow clone?): {failure}",
                    short(from)
                ),
            )),
        }
    }
}

fn not_accepted(opened: &Opened) -> String {
    let dossier = opened.dossier();
    match &dossier.ending {
        Some(_) => format!("study {} ended without an accepted change", dossier.name),
        None => format!(
            "study {} is in {}, not accepted yet; next: {}",
            dossier.name,
            opened.word(),
            opened.next_step()
        ),
    }
}

/// Whether a commit lies before another one, or is part of what the one that is about to be made goes on from.
fn before(old: &str, new: Option<&str>) -> Result<bool, Failure> {
    let top = git::top()?;
    let old = git::commit(&top, old)?;
    let tip = git::commit(&top, new.unwrap_or("HEAD"))?;
    let base = git::git(&top, &["merge-base", &old, &tip]).unwrap_or_default(); // unrelated histories have none
    Ok(base == old && (new.is_none() || old != tip))
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    if text.is_empty() {
        text
    } else {
        format!(" ({text})")
    }
}

fn written(format: GateFormat, commits: usize, judged: &[Judged]) -> String {
    let cases: Vec<Case> = judged.iter().map(Judged::case).collect();
    match format {
        GateFormat::Text => text(commits, judged),
        GateFormat::Github => text(commits, judged) + &github::written(&cases),
        GateFormat::Junit => junit::written(&cases),
        GateFormat::Markdown => {
            let item = |judged: &Judged| format!("- {}\n", markdown(&judged.line()));
            judged.iter().map(item).collect::<String>() + "\n" + &summary(commits, judged)
        }
        GateFormat::Json => {
            let object = |judged: &Judged| {
                json!({
                    "commit": judged.commit,
                    "subject": judged.claim.subject,
                    "studies": judged.claim.studies,
                    "answer": judged.word(),
                    "sentence": judged.sentence,
                })
            };
            let claims: Vec<_> = judged.iter().map(object).collect();
            format!(
                "{}\n",
                json!({ "schema": 1, "commits": commits, "claims": claims })
            )
        }
    }
}

fn text(commits: usize, judged: &[Judged]) -> String {
    let lines = judged
        .iter()
        .map(|judged| terminal(&judged.line()).into_owned() + "\n");
    lines.collect::<String>() + &summary(commits, judged)
}

fn summary(commits: usize, judged: &[Judged]) -> String {
    let counted =
        |n: usize, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    let passed = judged
        .iter()
        .filter(|judged| judged.answer == Answer::Passes)
        .count();
    format!(
        "{}, {} of a gain, {passed} shown by an accepted study\n",
        counted(commits, "commit", "commits"),
        counted(judged.len(), "claim", "claims"),
    )
}

impl Judged {
    const fn word(&self) -> &'static str {
        match self.answer {
            Answer::Passes => "passes",
            Answer::Blocks => "refused",
            Answer::Open | Answer::Denied => "could not judge",
        }
    }

    fn line(&self) -> String {
        format!(
            "{} ({}): {}: {}",
            self.commit,
            self.claim.subject,
            self.word(),
            self.sentence
        )
    }

    fn case(&self) -> Case {
        Case {
            name: format!("study of {}", self.commit),
            answer: self.answer,
            sentence: format!("{}: {}", self.claim.subject, self.sentence),
        }
    }
}

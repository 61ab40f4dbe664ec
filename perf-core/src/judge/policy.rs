//! In: margins, budgets and manners, as `perf.toml` holds them. Out: [`Policy`], what they mean for one outcome.

use super::comparison::Outcome;
use super::metric::Metric;
use super::pattern::Pattern;
use super::quantity::Amount;
use super::verdict::BudgetVerdict;
use perf_stats::StatsError;
use perf_stats::decision::Margin;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Margins, budgets, and what an inconclusive answer does. Reads from TOML or JSON; unknown keys are refused.
///
/// ```toml
/// margin = "2%"            # of every metric that no rule names
/// level = 0.05             # chance of any false alarm in the whole suite
/// inconclusive = "deny"    # or "warn", the default: exit code 0
/// confirm = true           # measure a regression again before it counts
///
/// [[rule]]                 # the last rule that matches decides
/// name = "parse*"
/// metric = "p99"
/// margin = "5%"
///
/// [[budget]]
/// name = "startup"
/// metric = "wall"
/// max = "200ms"
///
/// [study]                  # of `cargo perf gate --require-study`
/// claims = ["perf:*", "*faster*"]
/// ```
///
/// ```
/// use perf_core::judge::{Metric, OnInconclusive, Policy};
/// let policy: Policy = serde_json::from_str(
///     r#"{"margin": "2%", "inconclusive": "deny", "rule": [{"name": "parse*", "metric": "p99", "margin": "5%"}]}"#,
/// )?;
/// assert_eq!(policy.inconclusive, OnInconclusive::Deny);
/// let p99: Metric = "parse::header:p99".parse()?;
/// assert_eq!(policy.margin_of("app", &p99).map(|m| m.value()), Some(0.05));
/// assert_eq!(policy.margin_of("app", &Metric::WALL).map(|m| m.value()), Some(0.02));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// Margin of every metric that no rule names, as a fraction; none: the default of the kind of experiment.
    #[serde(
        with = "super::share::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub margin: Option<f64>,
    /// Chance that any regression of the whole suite is a false alarm, in (0, 1).
    #[serde(with = "super::share")]
    pub level: f64,
    /// What an inconclusive answer does to the exit code.
    pub inconclusive: OnInconclusive,
    /// Whether a regression is measured again, in fresh processes, before it counts.
    pub confirm: bool,
    /// Margins by name and metric; the last one that matches decides.
    #[serde(rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Absolute limits.
    #[serde(rename = "budget", skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// Which commits claim a gain.
    #[serde(skip_serializing_if = "StudyPolicy::is_usual")]
    pub study: StudyPolicy,
}

/// Which commits claim a gain in speed, beside those that name a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StudyPolicy {
    /// Subjects of such commits: `perf:*` and `perf(*` unless told otherwise.
    pub claims: Vec<Pattern>,
}

/// A margin for what matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Names of sites, benchmarks or programs.
    #[serde(default)]
    pub name: Pattern,
    /// Metrics without their site: `wall`, `p99`, `*`.
    #[serde(default)]
    pub metric: Pattern,
    /// The margin, as a fraction.
    #[serde(with = "super::share")]
    pub margin: f64,
}

/// An absolute limit for what matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Names of sites, benchmarks or programs.
    #[serde(default)]
    pub name: Pattern,
    /// Metrics without their site.
    #[serde(default)]
    pub metric: Pattern,
    /// The largest value allowed: the candidate's median must not exceed it.
    pub max: Amount,
}

/// What an inconclusive answer does to the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInconclusive {
    /// Exit code 0; the answer is printed.
    #[default]
    Warn,
    /// Exit code 2.
    Deny,
}

/// Whether one budget holds for one outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BudgetAnswer {
    /// The outcome's id.
    pub id: String,
    /// The outcome's metric.
    pub metric: String,
    /// The limit, in the metric's unit; none where it was written in another unit.
    pub max: Option<f64>,
    /// The candidate's median.
    pub candidate: Option<f64>,
    /// Whether it holds.
    pub verdict: BudgetVerdict,
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPolicy(String);

impl Default for Policy {
    fn default() -> Self {
        Self {
            margin: None,
            level: 0.05,
            inconclusive: OnInconclusive::Warn,
            confirm: true,
            rules: Vec::new(),
            budgets: Vec::new(),
            study: StudyPolicy::default(),
        }
    }
}

impl Policy {
    /// The same with one margin for every metric that no rule names.
    ///
    /// # Errors
    /// [`BadPolicy`] for a margin outside [0, 10].
    pub fn with_margin(mut self, margin: f64) -> Result<Self, BadPolicy> {
        self.margin = Some(margin);
        self.check()?;
        Ok(self)
    }

    /// The same with inconclusive answers denied.
    #[must_use]
    pub fn deny_inconclusive(self) -> Self {
        Self {
            inconclusive: OnInconclusive::Deny,
            ..self
        }
    }

    /// Whether all its numbers can be used; ask after reading one from a file.
    ///
    /// # Errors
    /// [`BadPolicy`] with the number and what it may be.
    pub fn check(&self) -> Result<(), BadPolicy> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(BadPolicy(format!(
                "level is {}: write one between 0 and 1, such as 0.05",
                self.level
            )));
        }
        let margins = self.rules.iter().map(|rule| rule.margin).chain(self.margin);
        for margin in margins {
            Margin::relative(margin).map_err(|_: StatsError| {
                BadPolicy(format!(
                    "a margin is {margin}: write one between 0 and 1000%, such as \"2%\""
                ))
            })?;
        }
        Ok(())
    }

    /// The margin that the policy sets for a metric of the program, site or benchmark `id`; none where it sets none.
    pub fn margin_of(&self, id: &str, metric: &Metric) -> Option<Margin> {
        let name = match metric {
            Metric::Site { site, .. } => site,
            _ => id,
        };
        let rule = self
            .rules
            .iter()
            .rev()
            .find(|rule| rule.fits(name, metric.word()));
        let margin = rule.map(|rule| rule.margin).or(self.margin)?;
        Margin::relative(margin).ok()
    }

    pub(super) fn budgets_of<'a>(
        &'a self,
        outcome: &'a Outcome,
    ) -> impl Iterator<Item = BudgetAnswer> + 'a {
        self.budgets
            .iter()
            .filter(|b| b.name.matches(&outcome.id) && b.metric.matches(&outcome.metric))
            .map(|budget| budget.judge(outcome))
    }
}

impl StudyPolicy {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for StudyPolicy {
    fn default() -> Self {
        Self {
            claims: vec![Pattern::new("perf:*"), Pattern::new("perf(*")],
        }
    }
}

impl Rule {
    fn fits(&self, name: &str, word: &str) -> bool {
        self.name.matches(name) && self.metric.matches(word)
    }
}

impl Budget {
    fn judge(&self, outcome: &Outcome) -> BudgetAnswer {
        let max = self.max.of(outcome.unit);
        let range = outcome.candidate_range;
        let verdict = match (max, range) {
            (Some(max), Some(r)) if r.high.is_some_and(|high| high <= max) => BudgetVerdict::Holds,
            (Some(max), Some(r)) if r.low.is_some_and(|low| low > max) => BudgetVerdict::Broken,
            _ => BudgetVerdict::Inconclusive,
        };
        BudgetAnswer {
            id: outcome.id.clone(),
            metric: outcome.metric.clone(),
            max,
            candidate: outcome.candidate,
            verdict,
        }
    }
}

impl BadPolicy {
    pub(super) fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for BadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadPolicy {}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(from)? {
            Written::Number(value) => Ok(Self::plain(value)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

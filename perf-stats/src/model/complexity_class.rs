//! In: a name. Out: a growth law and its values.

/// A growth law f(n).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ComplexityClass {
    /// 1
    Constant,
    /// ln n
    Logarithmic,
    /// sqrt n
    SquareRoot,
    /// n
    Linear,
    /// n ln n
    Linearithmic,
    /// n^2
    Quadratic,
    /// n^2 ln n
    QuadraticLog,
    /// n^3
    Cubic,
    /// 2^n
    Exponential,
}

impl ComplexityClass {
    /// All of them, from the slowest growth to the fastest.
    pub const ALL: [Self; 9] = [
        Self::Constant,
        Self::Logarithmic,
        Self::SquareRoot,
        Self::Linear,
        Self::Linearithmic,
        Self::Quadratic,
        Self::QuadraticLog,
        Self::Cubic,
        Self::Exponential,
    ];

    /// f(n), infinite where it exceeds `f64`; `n` at least 1.
    ///
    /// ```
    /// use perf_stats::model::ComplexityClass;
    /// assert_eq!(ComplexityClass::Quadratic.at(3.0), 9.0);
    /// assert_eq!(ComplexityClass::Exponential.at(10.0), 1024.0);
    /// ```
    pub fn at(self, n: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Logarithmic => n.ln(),
            Self::SquareRoot => n.sqrt(),
            Self::Linear => n,
            Self::Linearithmic => n * n.ln(),
            Self::Quadratic => n * n,
            Self::QuadraticLog => n * n * n.ln(),
            Self::Cubic => n * n * n,
            Self::Exponential => n.exp2(),
        }
    }
}

impl std::fmt::Display for ComplexityClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Constant => "O(1)",
            Self::Logarithmic => "O(log n)",
            Self::SquareRoot => "O(sqrt n)",
            Self::Linear => "O(n)",
            Self::Linearithmic => "O(n log n)",
            Self::Quadratic => "O(n^2)",
            Self::QuadraticLog => "O(n^2 log n)",
            Self::Cubic => "O(n^3)",
            Self::Exponential => "O(2^n)",
        })
    }
}

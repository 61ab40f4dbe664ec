//! In: a serial share, or a measured speed-up. Out: the laws of Amdahl and Gustafson, and the serial share of Karp and Flatt.

use crate::error::StatsError;

/// The speed-up on `workers` of a fixed amount of work of which the share `serial` cannot be divided (Amdahl 1967).
///
/// 1 / (serial + (1 - serial)/workers). **Assumes** no cost of dividing; where that exists see [`super::Usl`].
///
/// ```
/// use perf_stats::model::amdahl;
/// assert_eq!(amdahl(0.25, 4.0)?, 1.0 / (0.25 + 0.75 / 4.0));
/// assert_eq!(amdahl(0.25, f64::INFINITY)?, 4.0); // the limit
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] unless `serial` is within 0 and 1 and `workers` at least 1.
pub fn amdahl(serial: f64, workers: f64) -> Result<f64, StatsError> {
    check(serial, workers)?;
    Ok(1.0 / (serial + (1.0 - serial) / workers))
}

/// The speed-up on `workers` where the divisible part of the work grows with them (Gustafson 1988).
///
/// serial + (1 - serial) workers, `serial` being the share of the time *on all workers*. **Assumes** that the serial part does not grow.
///
/// ```
/// assert_eq!(perf_stats::model::gustafson(0.1, 10.0)?, 9.1);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`amdahl`].
pub fn gustafson(serial: f64, workers: f64) -> Result<f64, StatsError> {
    check(serial, workers)?;
    Ok(if serial == 1.0 {
        1.0
    } else {
        serial + (1.0 - serial) * workers
    })
}

/// The serial share that a measured speed-up on `workers` implies (Karp & Flatt 1990).
///
/// (1/speedup - 1/workers)/(1 - 1/workers). If it grows with the number of workers, the cost lies in coordination, not in serial code. Negative for a speed-up above the number of workers (caches).
///
/// ```
/// use perf_stats::model::{amdahl, karp_flatt};
/// assert!((karp_flatt(amdahl(0.2, 8.0)?, 8.0)? - 0.2).abs() < 1e-15);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] unless the speed-up is within 1e-300 and 1e300 and there is more than one worker.
pub fn karp_flatt(speedup: f64, workers: f64) -> Result<f64, StatsError> {
    if !(1e-300..=1e300).contains(&speedup) {
        return Err(StatsError::BadParameter {
            name: "speedup",
            expected: "positive and finite",
        });
    }
    if workers.is_nan() || workers <= 1.0 {
        return Err(StatsError::BadParameter {
            name: "workers",
            expected: "more than 1",
        });
    }
    let one = 1.0 / workers;
    Ok((1.0 / speedup - one) / (1.0 - one))
}

fn check(serial: f64, workers: f64) -> Result<(), StatsError> {
    if !(0.0..=1.0).contains(&serial) {
        return Err(StatsError::BadParameter {
            name: "serial",
            expected: "within 0 and 1",
        });
    }
    if workers.is_nan() || workers < 1.0 {
        return Err(StatsError::BadParameter {
            name: "workers",
            expected: "at least 1",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_numbers() {
        assert_eq!(amdahl(0.0, f64::INFINITY).unwrap(), f64::INFINITY);
        assert_eq!(gustafson(1.0, f64::INFINITY).unwrap(), 1.0);
        assert_eq!(karp_flatt(4.0, f64::INFINITY).unwrap(), 0.25);
        for bad in [(f64::NAN, 2.0), (1.5, 2.0), (0.5, 0.5), (0.5, f64::NAN)] {
            assert!(amdahl(bad.0, bad.1).is_err() && gustafson(bad.0, bad.1).is_err());
        }
        assert!(karp_flatt(0.0, 2.0).is_err() && karp_flatt(2.0, 1.0).is_err());
    }
}

//! In: two samples. Out: how large their difference is, relative, standardised or as a probability, with intervals.

mod dominance;
mod relative;
mod standardised;

pub use dominance::{Dominance, cliffs_delta, vargha_delaney};
pub use relative::{
    Ratio, RelativeChange, ratio_of_geometric_means, ratio_of_means, ratio_of_medians,
    relative_change_of_mean, relative_change_of_quantile,
};
pub use standardised::{cohens_d, glass_delta, hedges_correction, hedges_g};

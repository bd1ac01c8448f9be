//! Scoring and choosing, as tables of cases.

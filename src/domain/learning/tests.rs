//! Learning from a portfolio whose truth is known.

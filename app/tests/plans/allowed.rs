//! Statements that may read more than a page, each with the reason. A line nobody needs any more fails the test.

/// A part of the statement, blanks squeezed, and why it may.
pub const ALLOWED: &[(&str, &str)] = &[];

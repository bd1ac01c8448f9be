//! Words that depend on a number.

/// `1 row is`, `2 rows are`.
///
/// ```
/// use regua::text::plural;
/// assert_eq!(plural(1, "row is", "rows are"), "1 row is");
/// assert_eq!(plural(0, "row is", "rows are"), "0 rows are");
/// ```
pub fn plural<N: std::fmt::Display + From<u8> + PartialEq>(number: N, one: &str, many: &str) -> String {
    format!("{number} {}", if number == N::from(1) { one } else { many })
}

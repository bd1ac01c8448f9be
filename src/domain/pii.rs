//! Personal data: a value that no log, panic or debug print can show.

use std::fmt;

/// May a URL hold a secret: a user before the host, or a query such as a signature? Told by the text alone, since a
/// secret with a slash in it makes it no URL. The container of `abfss://container@account` is no user, and no bucket has
/// a colon in its name.
///
/// ```
/// use regua::domain::pii::has_credentials;
/// assert!(has_credentials("s3://KEY:se/cret@bucket/x"));
/// assert!(!has_credentials("s3://bucket/dt=*/a@b.parquet"));
/// ```
pub fn has_credentials(location: &str) -> bool {
    let Some((scheme, rest)) = location.split_once("://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let has_password = host.contains(':') && rest.contains('@');
    let has_user = host.contains('@') && !scheme.starts_with("abfs");
    has_password || has_user || rest.contains('?')
}

/// Prints as `***`; what it holds is read where it is needed, and each such place says so by `expose`.
///
/// ```
/// use regua::domain::pii::Pii;
/// let address = Pii::from("maria@acme.example".to_owned());
/// assert_eq!(format!("{address:?} {:?}", Some(&address)), "*** Some(***)");
/// assert_eq!(address.expose(), "maria@acme.example");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// The value, for the place that needs it: a message, a comparison, a file that may hold personal data.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Pii<T> {
    fn from(value: T) -> Self {
        Pii(value)
    }
}

impl From<&str> for Pii<String> {
    fn from(value: &str) -> Self {
        Pii(value.to_owned())
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The text of a value that may be absent.
pub fn exposed(value: &Option<Pii<String>>) -> Option<&str> {
    value.as_ref().map(|text| text.expose().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_secrets_are_told_by_their_text() {
        for (location, expected) in [
            ("s3://KEY:secret@bucket/x", true),
            ("s3://KEY:se/cret@bucket/x", true),
            ("s3://user@bucket/x", true),
            ("az://container/x?sig=abc", true),
            ("abfss://user:secret@account/x", true),
            ("abfss://container@account.dfs.core.windows.net/x", false),
            ("s3://bucket/dt=*/a@b.parquet", false),
            ("s3://bucket/a:b.parquet", false),
            ("/data/a:b@c?.parquet", false),
            ("data", false),
        ] {
            assert_eq!(has_credentials(location), expected, "{location}");
        }
    }
}

//! Personal data: a value that no log, panic or debug print can show.

use std::fmt;

/// May a path or URL hold a secret: a user with a password before the host, or a query such as a signature? Told by the
/// text alone, since a secret may be what makes it no URL. The container of `abfss://container@account` is none.
///
/// ```
/// use regua::domain::pii::has_credentials;
/// assert!(has_credentials("s3://KEY:se/cret@bucket/x") && has_credentials("az://c/x?sig=abc"));
/// assert!(!has_credentials("s3://bucket/dt=*/x.parquet") && !has_credentials("/data/a@b?.parquet"));
/// assert!(!has_credentials("abfss://container@account.dfs.core.windows.net/x"));
/// ```
pub fn has_credentials(location: &str) -> bool {
    let Some((scheme, rest)) = location.split_once("://") else { return false };
    let names_container = scheme.starts_with("abfs") && rest.split('@').next().is_some_and(|name| !name.contains(':'));
    rest.contains('?') || rest.contains('@') && !names_container
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

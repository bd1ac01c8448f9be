//! Personal data: a value that no log, panic or debug print can show.

use std::fmt;

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

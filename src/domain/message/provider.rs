//! Templates of providers: what may be sent on WhatsApp, and in many countries in a short message, is a text that the
//! provider approved beforehand, with parameters.
//!
//! A message that has one says so at its top; the text stays beside it, for people and for other providers:
//!
//! ```text
//! {% set provider_template = "overdue_first_v3" %}
//! {% set provider_parameters = [debtor.name, total_due | money] %}
//! ```

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

use super::{PRINTS_NO_TEXT, PRINTS_NULL, one_line};
use crate::domain::action::ProviderTemplate;

/// The variable that names the template of the provider.
pub const TEMPLATE: &str = "provider_template";
/// The variable that lists its parameters, in the order of the provider's placeholders.
pub const PARAMETERS: &str = "provider_parameters";

/// What a message that was rendered says of it.
///
/// # Errors
/// When a parameter is null, or neither text nor number.
pub(super) fn of(state: &State<'_, '_>) -> Result<Option<ProviderTemplate>, Error> {
    let Some(name) = state.lookup(TEMPLATE).and_then(|name| name.as_str().map(str::to_owned)) else { return Ok(None) };
    let list = state.lookup(PARAMETERS).map(|list| list.try_iter()).transpose()?;
    let parameters: Vec<String> = list.into_iter().flatten().map(text).collect::<Result<_, _>>()?;
    Ok(Some(ProviderTemplate { name, parameters: parameters.into() }))
}

/// As `{{ }}` prints it, in one line: providers refuse a parameter with a line break.
fn text(value: Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Number => Ok(one_line(&value.to_string())),
        ValueKind::None | ValueKind::Undefined => Err(Error::new(ErrorKind::InvalidOperation, PRINTS_NULL)),
        _ => Err(Error::new(ErrorKind::InvalidOperation, PRINTS_NO_TEXT)),
    }
}

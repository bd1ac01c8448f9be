//! Pages of HTML: no script, no network, every text escaped, one CSS file. The templates stand beside this file.

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, State, UndefinedBehavior, context};
use serde::Serialize;

use crate::domain::language::Language;
use crate::error::{Error, Result};

/// What every page looks like.
pub(super) const CSS: &str = include_str!("page.css");

/// Pages, and the parts that they are made of.
const TEMPLATES: [(&str, &str); 13] = [
    ("plan", include_str!("plan.html.j2")),
    ("report", include_str!("report.html.j2")),
    ("comparison", include_str!("comparison.html.j2")),
    ("simulation", include_str!("simulation.html.j2")),
    ("tied", include_str!("parts/tied.html.j2")),
    ("inside", include_str!("parts/inside.html.j2")),
    ("row", include_str!("parts/row.html.j2")),
    ("table", include_str!("parts/table.html.j2")),
    ("legend", include_str!("parts/legend.html.j2")),
    ("picture", include_str!("parts/picture.html.j2")),
    ("bars", include_str!("parts/bars.html.j2")),
    ("head", include_str!("parts/head.html.j2")),
    ("difference", include_str!("parts/difference.html.j2")),
];

/// Letters that turn round whatever follows them, however far: no word of a page has them, and no id needs them.
const OVERRIDES: [char; 7] = ['\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}'];
/// They set apart what is written the other way, and end it.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

fn failed(error: minijinja::Error) -> Error {
    Error::Internal { object: "the report's page".to_owned(), what: format!("{error:#}") }
}

/// An environment in which a mistyped field is an error, and every text is escaped. `{{ table | as("table") }}` is a part
/// of the page, filled by a template of its own, where the value is called `it`.
pub(super) fn environment() -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("as", part);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).map_err(failed)?;
    }
    Ok(environment)
}

fn part(state: &State<'_, '_>, it: Value, template: &str) -> std::result::Result<Value, minijinja::Error> {
    state.env().get_template(template)?.render(context! { it }).map(Value::from_safe_string)
}

pub(super) fn render(environment: &Environment<'_>, template: &str, fields: Value) -> Result<String> {
    let html = environment.get_template(template).and_then(|page| page.render(fields)).map_err(failed)?;
    Ok(html.replace(OVERRIDES, "\u{fffd}"))
}

/// An id from the data inside a sentence: where it is written from right to left, what follows it is not turned round.
pub(super) fn isolated(id: &str) -> String {
    let is_turned = |letter: char| matches!(letter, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    let (from, to) = ISOLATE;
    if id.contains(is_turned) { format!("{from}{}{to}", id.replace([from, to], "")) } else { id.to_owned() }
}

/// The page of a report.
pub(super) fn kpi(page: &impl Serialize, language: Language, ramp: &str) -> Result<String> {
    let fields = context! {
        lang => language.code(),
        css => CSS,
        ramp,
        skip => language.pick("Ir ao resumo", "Skip to the summary"),
        headline => language.pick("Números principais", "Headline figures"),
        decide => language.pick("O que pede decisão", "What needs a decision"),
        page => Value::from_serialize(page),
    };
    render(&environment()?, "report", fields)
}

//! The files that are part of the program: each is used wherever the user has no file of its name.

use include_dir::{Dir, include_dir};

use super::SqlFile;
use super::templates::Source;

/// The pipelines that a new user starts from.
pub static PIPELINES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/pipelines");
/// The models.
static SQL: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/sql");

/// Every message and block.
pub fn templates() -> impl Iterator<Item = Source> {
    let source = |(path, text): (String, &str)| {
        let (language, file) = path.strip_prefix("templates/")?.split_once('/')?;
        let (language, file, text) = (language.to_owned(), file.to_owned(), text.to_owned());
        Some(Source { language, file, text, is_shipped: true })
    };
    PIPELINES.get_dir("templates").into_iter().flat_map(files).filter_map(source)
}

/// The messages and blocks that are not among the user's own.
pub fn templates_beside(own: &[Source]) -> Vec<Source> {
    templates().filter(|s| !own.iter().any(|o| (&o.language, &o.file) == (&s.language, &s.file))).collect()
}

/// The words that no message in a language may hold: `pt-BR.toml`.
pub fn words(file: &str) -> Option<&'static str> {
    PIPELINES.get_file(format!("words/{file}")).and_then(|file| file.contents_utf8())
}

/// Every model.
pub fn models() -> impl Iterator<Item = SqlFile> {
    let models = files(&SQL).into_iter().filter(|(path, _)| path.ends_with(".sql"));
    models.map(|(path, text)| SqlFile { path, text: text.to_owned(), is_own: false })
}

/// The folder of the checks that stop a run: nothing takes their place.
pub const AUDITS: &str = "50_audits/";

/// What a file of the user's takes the place of, by the path that `regua eject` knows it under.
pub fn replaceable() -> impl Iterator<Item = (String, String)> {
    let of_template = |s: Source| (s.path(), s.text);
    let models = models().filter(|model| !model.path.starts_with(AUDITS));
    templates().map(of_template).chain(models.map(|model| (format!("sql/{}", model.path), model.text)))
}

/// Every text below a folder, by its path.
fn files(dir: &'static Dir<'static>) -> Vec<(String, &'static str)> {
    let own = dir.files().filter_map(|f| Some((f.path().to_string_lossy().into_owned(), f.contents_utf8()?)));
    own.chain(dir.dirs().flat_map(files)).collect()
}

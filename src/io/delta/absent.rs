//! In a build without the feature `delta` nothing follows the log as Delta tables: the configuration refuses the key, and
//! there is no value of this type.

use tokio::runtime::Handle;

use super::log::{Log, Record};
use super::store::Store;
use crate::error::{Error, Result};

/// What no value is of.
#[derive(Debug)]
pub enum Delta {}

impl Delta {
    /// Opens nothing.
    ///
    /// # Errors
    /// Always `Location`.
    pub fn open(url: &str, _: &Handle) -> Result<Delta> {
        let why = "this regua was built without Delta Lake".to_owned();
        Err(Error::Location { location: url.to_owned(), why })
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn check(&self, _: &Store, _: &Record) -> Result<()> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn project(&self, _: &Store, _: &Log) -> Result<()> {
        match *self {}
    }
}

//! Object stores behind one type: local folders, S3, Azure and Google, by URL.
//!
//! Only plain puts and conditional creates are used: no rename, no copy-if-not-exists, nothing that one store has
//! and another lacks. Reads of pinned inputs carry `if_match`, so a snapshot that moves under a run is noticed.
//! Calls are synchronous; the runtime behind them is this module's business.

mod paths;
#[cfg(feature = "delta")]
mod transfer;

use std::fmt;
use std::io::Read;
use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use self::paths::without_dots;
pub use self::paths::{absolute, is_staged, split_glob};
#[cfg(feature = "delta")]
pub(super) use self::transfer::store_error;
use crate::domain::action::hex;
use crate::domain::pii::has_credentials;
use crate::error::{Error, Result};

/// Bytes of one part of a large upload.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Small objects that are read at once.
const READS_AT_ONCE: usize = 24;

/// A folder in a store, and the way to call it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    url: String,
    is_local: bool,
    runtime: Handle,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// One object of an input, pinned: its bytes are those that were there when the run looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// For messages and records.
    pub url: String,
    /// From the root of the store.
    pub path: Path,
    /// Bytes.
    pub size: u64,
    /// As the store gave it; most change it with every write.
    pub e_tag: Option<String>,
    /// As the store gave it, where it keeps versions.
    pub version: Option<String>,
    /// By the clock of the store.
    pub modified: DateTime<Utc>,
}

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Below the folder of the store.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// By the clock of the store.
    pub modified: DateTime<Utc>,
}

/// What became of a conditional create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// There was none, and now there is.
    Yes,
    /// Something stands there already; it may be our own write, answered late.
    Exists,
}

impl Store {
    /// Opens the folder at a path or a `file://`, `s3://`, `gs://` or `az://` URL; credentials come from the
    /// environment only.
    ///
    /// ```
    /// use regua::io::store::Store;
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// let refused = |location: &str| Store::open(location, runtime.handle()).unwrap_err().to_string();
    /// assert!(refused("ftp://host/x").contains("unknown scheme ftp://"));
    /// let secret = refused("s3://KEY:se/cret@bucket/x");
    /// assert!(secret.contains("a URL with credentials is refused") && !secret.contains("cret@"), "{secret}");
    /// let file = tempfile::NamedTempFile::new()?;
    /// assert!(refused(file.path().to_str().unwrap()).contains("it is a file, and a folder is wanted"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Location` for a path or URL that names no folder, `LocationCredentials` for one with a password in it;
    /// `Unavailable` where the store cannot be set up.
    pub fn open(location: &str, runtime: &Handle) -> Result<Store> {
        if has_credentials(location) {
            return Err(Error::LocationCredentials);
        }
        let unavailable = |e: object_store::Error| Error::Unavailable { object: location.to_owned(), what: short(&e) };
        let (scheme, rest) = location.split_once("://").unwrap_or(("file", location));
        let key = || Path::parse(rest.split_once('/').map_or("", |(_, key)| key.trim_end_matches('/')));
        let refused = |why: String| Error::Location { location: location.to_owned(), why };
        let bad = |e: object_store::path::Error| refused(e.to_string());
        let (inner, prefix): (Arc<dyn ObjectStore>, Path) = match scheme {
            "file" => {
                let path = std::path::absolute(rest).map_err(Error::file(rest))?;
                if path.is_file() {
                    return Err(refused("it is a file, and a folder is wanted".to_owned()));
                }
                (Arc::new(LocalFileSystem::new()), Path::from_absolute_path(without_dots(&path)).map_err(bad)?)
            }
            "s3" | "s3a" => (
                Arc::new(AmazonS3Builder::from_env().with_url(location).build().map_err(unavailable)?),
                key().map_err(bad)?,
            ),
            "gs" => (
                Arc::new(GoogleCloudStorageBuilder::from_env().with_url(location).build().map_err(unavailable)?),
                key().map_err(bad)?,
            ),
            "az" | "abfs" | "abfss" => {
                let builder = MicrosoftAzureBuilder::from_env().with_url(location);
                (Arc::new(builder.build().map_err(unavailable)?), key().map_err(bad)?)
            }
            other => {
                return Err(refused(format!("unknown scheme {other}://; use a path, file://, s3://, gs:// or az://")));
            }
        };
        let is_local = scheme == "file";
        Ok(Store { inner, prefix, url: location.trim_end_matches('/').to_owned(), is_local, runtime: runtime.clone() })
    }

    /// A folder of a store that is open already, such as one in memory.
    pub fn of(inner: Arc<dyn ObjectStore>, folder: &str, runtime: &Handle) -> Store {
        Store { inner, prefix: Path::from(folder), url: folder.to_owned(), is_local: false, runtime: runtime.clone() }
    }

    /// The URL of an object below this folder, for messages and records.
    pub fn url_of(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }

    /// The folder itself.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn path(&self, key: &str) -> Path {
        self.prefix.parts().chain(Path::from(key).parts()).collect()
    }

    fn unavailable(&self, key: &str) -> impl FnOnce(object_store::Error) -> Error {
        let object = self.url_of(key);
        move |e| Error::Unavailable { object, what: short(&e) }
    }

    /// An output belongs to one tenant: ids are made with its name, and its models are of no use to another.
    ///
    /// # Errors
    /// `OtherTenant` where one of its owners, as records and models name them, is another.
    pub fn refuse_other_tenant<'o>(&self, owners: impl IntoIterator<Item = &'o str>, tenant: &str) -> Result<()> {
        match owners.into_iter().find(|owner| *owner != tenant) {
            Some(other) => Err(Error::OtherTenant {
                output: self.url().to_owned(),
                published: other.to_owned(),
                configured: tenant.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// The bytes of an object; `None` where there is none.
    ///
    /// # Errors
    /// `Unavailable` where the store does not answer or refuses.
    pub fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let path = self.path(key);
        let found = self.runtime.block_on(async { self.inner.get(&path).await?.bytes().await });
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.unavailable(key)(e)),
        }
    }

    /// The bytes of many small objects, read side by side, in the order of the keys.
    ///
    /// # Errors
    /// `Unavailable` where the store does not answer or refuses.
    pub fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Bytes>>> {
        let read = |key: String| async move {
            let path = self.path(&key);
            match async { self.inner.get(&path).await?.bytes().await }.await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(e) => Err(self.unavailable(&key)(e)),
            }
        };
        let reads = futures::stream::iter(keys.to_vec()).map(read).buffered(READS_AT_ONCE);
        self.runtime.block_on(reads.try_collect())
    }

    /// Size and SHA-256 of an object, read piece by piece; `None` where there is none.
    ///
    /// # Errors
    /// `Unavailable` where the store does not answer or refuses.
    pub fn digest(&self, key: &str) -> Result<Option<(u64, String)>> {
        self.digest_at(&self.path(key)).map_err(self.unavailable(key))
    }

    /// SHA-256 of a pinned local file; `None` elsewhere, where the store tells its objects apart.
    pub(super) fn sha256_where_local(&self, object: &Pinned) -> Result<Option<String>> {
        if !self.is_local {
            return Ok(None);
        }
        let unavailable = |e| Error::Unavailable { object: object.url.clone(), what: short(&e) };
        Ok(self.digest_at(&object.path).map_err(unavailable)?.map(|(_, sha256)| sha256))
    }

    fn digest_at(&self, path: &Path) -> object_store::Result<Option<(u64, String)>> {
        let digested = async {
            let (mut pieces, mut hasher, mut size) = (self.inner.get(path).await?.into_stream(), Sha256::new(), 0);
            while let Some(piece) = pieces.next().await {
                let piece = piece?;
                size += piece.len() as u64;
                hasher.update(&piece);
            }
            Ok((size, hex(&hasher.finalize())))
        };
        match self.runtime.block_on(digested) {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Writes an object, whatever stood there.
    ///
    /// # Errors
    /// `Unavailable`; the object may be there all the same.
    pub fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        let path = self.path(key);
        self.runtime.block_on(self.inner.put(&path, bytes.into())).map_err(self.unavailable(key))?;
        self.make_durable(&path)
    }

    /// Writes an object only where there is none.
    ///
    /// # Errors
    /// `Unavailable`; the object may be there all the same, so whoever must know reads it back.
    pub fn create(&self, key: &str, bytes: Bytes) -> Result<Created> {
        let path = self.path(key);
        match self.runtime.block_on(self.inner.put_opts(&path, bytes.into(), PutMode::Create.into())) {
            Ok(_) => self.make_durable(&path).map(|()| Created::Yes),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Ok(Created::Exists)
            }
            Err(e) => Err(self.unavailable(key)(e)),
        }
    }

    /// Uploads a local file in parts.
    ///
    /// # Errors
    /// `File` where the local file cannot be read, `Unavailable`.
    pub fn upload(&self, key: &str, file: &FilePath) -> Result<()> {
        let path = self.path(key);
        let mut source = std::fs::File::open(file).map_err(Error::file(file))?;
        let size = source.metadata().map_err(Error::file(file))?.len();
        if size <= PART_BYTES as u64 {
            let mut bytes = Vec::with_capacity(size as usize);
            source.read_to_end(&mut bytes).map_err(Error::file(file))?;
            return self.put(key, bytes.into());
        }
        let mut upload = self.runtime.block_on(self.inner.put_multipart(&path)).map_err(self.unavailable(key))?;
        let sent = self.send_parts(&mut source, upload.as_mut(), key, file);
        if sent.is_err() {
            // Nothing refers to the parts; the first error is the one to tell.
            let _ = self.runtime.block_on(upload.abort());
        }
        sent?;
        self.make_durable(&path)
    }

    fn send_parts(
        &self,
        source: &mut std::fs::File,
        upload: &mut dyn MultipartUpload,
        key: &str,
        file: &FilePath,
    ) -> Result<()> {
        loop {
            let mut part = Vec::with_capacity(PART_BYTES);
            source.by_ref().take(PART_BYTES as u64).read_to_end(&mut part).map_err(Error::file(file))?;
            if part.is_empty() {
                break;
            }
            self.runtime.block_on(upload.put_part(part.into())).map_err(self.unavailable(key))?;
        }
        self.runtime.block_on(upload.complete()).map(|_| ()).map_err(self.unavailable(key))
    }

    /// What is left below a folder of writes that were cut short: a local store hides it, and does not count it among
    /// its objects. Elsewhere nothing is: a lifecycle rule of the bucket ends uploads that nobody completes.
    ///
    /// # Errors
    /// `File` where the local folder cannot be read.
    pub fn staged(&self, folder: &str) -> Result<Vec<Listed>> {
        if !self.is_local {
            return Ok(Vec::new());
        }
        let root = self.file(folder);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
                let (path, meta) = (entry.path(), entry.metadata().map_err(Error::file(entry.path()))?);
                let below = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
                let modified = meta.modified().map_err(Error::file(&path))?.into();
                if meta.is_dir() {
                    folders.push(path);
                } else if is_staged(&below) {
                    found.push(Listed { key: format!("{folder}/{below}"), size: meta.len(), modified });
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Where an object of a local store is.
    fn file(&self, key: &str) -> std::path::PathBuf {
        FilePath::new("/").join(self.prefix.as_ref()).join(key)
    }

    /// Deletes an object; that it is not there is no error.
    ///
    /// # Errors
    /// `Unavailable`, or `File` of a write that was cut short.
    pub fn delete(&self, key: &str) -> Result<()> {
        if self.is_local && is_staged(key) {
            let file = self.file(key);
            return std::fs::remove_file(&file).map_err(Error::file(file));
        }
        match self.runtime.block_on(self.inner.delete(&self.path(key))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(self.unavailable(key)(e)),
        }
    }

    /// The objects below a folder, in the order of their keys.
    ///
    /// # Errors
    /// `Unavailable` where the store does not answer or refuses.
    pub fn list(&self, folder: &str) -> Result<Vec<Listed>> {
        self.listed(folder, self.inner.list(Some(&self.path(folder))))
    }

    /// Those of them whose keys come after another: however many come before, they cost nothing.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn list_after(&self, folder: &str, key: &str) -> Result<Vec<Listed>> {
        self.listed(folder, self.inner.list_with_offset(Some(&self.path(folder)), &self.path(key)))
    }

    fn listed(&self, folder: &str, found: BoxStream<'static, object_store::Result<ObjectMeta>>) -> Result<Vec<Listed>> {
        let listed = self.runtime.block_on(collect(found));
        let metas = match listed {
            Ok(metas) => metas,
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(e) => return Err(self.unavailable(folder)(e)),
        };
        let listed = |m: &ObjectMeta| Listed { key: self.key(&m.location), size: m.size, modified: m.last_modified };
        let mut objects: Vec<Listed> = metas.iter().map(listed).collect();
        objects.sort();
        Ok(objects)
    }

    /// The path of an object below this folder.
    fn key(&self, path: &Path) -> String {
        let skip = self.prefix.parts().count();
        path.parts().skip(skip).map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/")
    }

    /// The objects that match the pattern below this folder, pinned, in the order of their names.
    ///
    /// # Errors
    /// `Unavailable` where the store does not answer or refuses.
    pub fn pin(&self, pattern: &glob::Pattern) -> Result<Vec<Pinned>> {
        let options = glob::MatchOptions { require_literal_separator: true, ..Default::default() };
        let listed = self.runtime.block_on(collect(self.inner.list(Some(&self.prefix))));
        let metas = match listed {
            Ok(metas) => metas,
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(e) => return Err(self.unavailable("")(e)),
        };
        let matching = metas.into_iter().filter(|m| pattern.matches_with(&self.key(&m.location), options));
        let mut pinned: Vec<Pinned> = matching.map(|m| self.pinned(self.key(&m.location), m)).collect();
        pinned.sort_by(|a, b| a.url.cmp(&b.url));
        Ok(pinned)
    }

    /// One object, pinned; `None` where there is none.
    ///
    /// # Errors
    /// `Unavailable` where the store does not answer or refuses.
    pub fn pin_one(&self, key: &str) -> Result<Option<Pinned>> {
        match self.runtime.block_on(self.inner.head(&self.path(key))) {
            Ok(meta) => Ok(Some(self.pinned(key.to_owned(), meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.unavailable(key)(e)),
        }
    }

    /// Does it stand as it was pinned?
    ///
    /// # Errors
    /// `Unavailable` where the store does not answer or refuses.
    pub fn is_unmoved(&self, object: &Pinned) -> Result<bool> {
        let Pinned { size, e_tag, version, .. } = object;
        match self.runtime.block_on(self.inner.head(&object.path)) {
            Ok(meta) => Ok((&meta.size, &meta.e_tag, &meta.version) == (size, e_tag, version)),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(e) => Err(Error::Unavailable { object: object.url.clone(), what: short(&e) }),
        }
    }

    fn pinned(&self, key: String, meta: ObjectMeta) -> Pinned {
        let ObjectMeta { location, size, e_tag, version, last_modified } = meta;
        Pinned { url: self.url_of(&key), path: location, size, e_tag, version, modified: last_modified }
    }

    pub(super) fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.inner
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Local files: object_store does not flush to disk, and a record must never outlive its data.
    fn make_durable(&self, path: &Path) -> Result<()> {
        if !self.is_local {
            return Ok(());
        }
        let file = FilePath::new("/").join(path.as_ref());
        let flush = |path: &FilePath| std::fs::File::open(path)?.sync_all();
        flush(&file).map_err(Error::file(&file))?;
        match file.parent() {
            Some(folder) => flush(folder).map_err(Error::file(folder)),
            None => Ok(()),
        }
    }
}

async fn collect(
    mut stream: BoxStream<'static, object_store::Result<ObjectMeta>>,
) -> object_store::Result<Vec<ObjectMeta>> {
    let mut metas = Vec::new();
    while let Some(meta) = stream.next().await {
        metas.push(meta?);
    }
    Ok(metas)
}

/// The kind of failure without the request: URLs and headers can hold secrets.
fn short(error: &object_store::Error) -> String {
    match error {
        object_store::Error::NotFound { .. } => "not found".to_owned(),
        object_store::Error::PermissionDenied { .. } => "permission denied".to_owned(),
        object_store::Error::Unauthenticated { .. } => "not authenticated".to_owned(),
        object_store::Error::Precondition { .. } => "it has changed".to_owned(),
        object_store::Error::Generic { source, .. } => {
            let text = source.to_string();
            text.lines().next().unwrap_or("no answer").chars().take(200).collect()
        }
        other => other.to_string().lines().next().unwrap_or("failed").chars().take(200).collect(),
    }
}

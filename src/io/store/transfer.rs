//! What a library that works on the same objects needs of a store: their places, and copies from another store.

use std::error::Error as StdError;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt};
use sha2::{Digest, Sha256};

use super::{PART_BYTES, Store, short};
use crate::domain::action::hex;
use crate::error::{Damage, Error, Result};
use crate::io::log::PublishedFile;

impl Store {
    /// Copies a published file of another store, part by part, and only whole: where its bytes are not those that were
    /// published, nothing is there afterwards.
    ///
    /// # Errors
    /// `PublishedDamaged` where the file is gone or has another SHA-256, `Unavailable`.
    pub(in crate::io) fn copy_from(&self, source: &Store, file: &PublishedFile, key: &str) -> Result<()> {
        let path = self.path(key);
        let damaged = |damage| Error::PublishedDamaged { object: source.url_of(&file.path), damage };
        let copied = self.runtime.block_on(async {
            let read = source.inner.get(&source.path(&file.path)).await;
            let mut pieces = match read {
                Ok(found) => found.into_stream(),
                Err(object_store::Error::NotFound { .. }) => return Ok(Some(Damage::Gone)),
                Err(e) => return Err(source.unavailable(&file.path)(e)),
            };
            let (mut hasher, mut part, mut upload) = (Sha256::new(), BytesMut::new(), None);
            while let Some(piece) = pieces.next().await {
                let piece = piece.map_err(source.unavailable(&file.path))?;
                hasher.update(&piece);
                part.extend_from_slice(&piece);
                while part.len() > PART_BYTES {
                    let upload = match &mut upload {
                        Some(upload) => upload,
                        None => upload.insert(self.inner.put_multipart(&path).await.map_err(self.unavailable(key))?),
                    };
                    upload.put_part(part.split_to(PART_BYTES).freeze().into()).await.map_err(self.unavailable(key))?;
                }
            }
            let is_whole = hex(&hasher.finalize()) == file.sha256;
            let ended = self.end(&path, upload, part.freeze(), is_whole).await;
            ended.map_err(self.unavailable(key)).map(|()| (!is_whole).then_some(Damage::Changed))
        })?;
        copied.map_or_else(|| self.make_durable(&path), |damage| Err(damaged(damage)))
    }

    /// Puts the last part, or takes back those before it.
    async fn end(
        &self,
        path: &Path,
        upload: Option<Box<dyn MultipartUpload>>,
        last: Bytes,
        is_whole: bool,
    ) -> object_store::Result<()> {
        match upload {
            None if is_whole => self.inner.put(path, last.into()).await.map(|_| ()),
            None => Ok(()),
            Some(mut upload) if is_whole => {
                upload.put_part(last.into()).await?;
                upload.complete().await.map(|_| ())
            }
            Some(mut upload) => upload.abort().await,
        }
    }

    /// A local object that somebody else wrote outlives a loss of power from here on.
    ///
    /// # Errors
    /// `File` where it cannot be flushed.
    pub(in crate::io) fn flush(&self, key: &str) -> Result<()> {
        self.make_durable(&self.path(key))
    }

    /// The URL of a folder whose path is that of its objects in the store.
    pub(in crate::io) fn location(&self, folder: &str) -> String {
        let (scheme, rest) = self.url.split_once("://").filter(|_| !self.is_local).unwrap_or(("file", ""));
        let host = rest.split('/').next().unwrap_or_default();
        let path = self.path(folder).to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        format!("{scheme}://{host}/{path}/")
    }
}

/// What a store answered, where a library's error has it as its cause.
pub(in crate::io) fn store_error(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut causes = std::iter::successors(Some(error), |error| StdError::source(*error));
    causes.find_map(|cause| cause.downcast_ref::<object_store::Error>()).map(short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::sha256_hex;

    fn copied(bytes: usize, sha256: Option<String>) -> (Result<()>, Option<usize>) {
        let (runtime, folder) =
            (tokio::runtime::Runtime::new().expect("a runtime"), tempfile::tempdir().expect("a folder"));
        let open =
            |name: &str| Store::open(&folder.path().join(name).to_string_lossy(), runtime.handle()).expect("a store");
        let (source, target) = (open("a"), open("b"));
        let content: Vec<u8> = (0..bytes).map(|n| (n % 251) as u8).collect();
        let sha256 = sha256.unwrap_or_else(|| sha256_hex(&content));
        let file = PublishedFile { path: "x".to_owned(), copy_to: None, size: bytes as u64, sha256, rows: 0 };
        source.put("x", content.clone().into()).expect("put");
        let result = target.copy_from(&source, &file, "y");
        let found = target.get("y").expect("read");
        assert!(found.as_ref().is_none_or(|found| *found == content), "{bytes} bytes are others");
        (result, found.map(|found| found.len()))
    }

    #[test]
    fn a_file_is_copied_however_many_parts_it_has() {
        for bytes in [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + 1] {
            let (result, found) = copied(bytes, None);
            assert!(result.is_ok() && found == Some(bytes), "{bytes}: {result:?}, {found:?}");
        }
    }

    #[test]
    fn a_changed_file_is_not_there_afterwards() {
        for bytes in [1, 2 * PART_BYTES + 1] {
            let (result, found) = copied(bytes, Some(sha256_hex(b"as published")));
            let damage = match result {
                Err(Error::PublishedDamaged { damage, .. }) => damage,
                other => panic!("{other:?}"),
            };
            assert_eq!((damage, found), (Damage::Changed, None), "{bytes}");
        }
    }
}

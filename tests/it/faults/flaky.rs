//! A store that numbers every operation and fails at the one that it is told to: before anything happens, after it has
//! happened, or not at all for a while.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

/// What goes wrong with one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and nothing has happened.
    Before,
    /// It is done, and the answer is lost.
    After,
    /// No answer for a while, then a failure; nothing has happened.
    Hang,
    /// A large upload is cut: what was sent of it stays behind, unseen.
    Cut,
}

impl Fault {
    pub const ALL: [Fault; 4] = [Fault::Before, Fault::After, Fault::Hang, Fault::Cut];
}

/// The operations so far, and which of them fails how.
#[derive(Debug, Default)]
struct Plan {
    done: Vec<String>,
    faults: Vec<(usize, Fault)>,
}

#[derive(Clone, Debug)]
pub struct Flaky {
    inner: Arc<dyn ObjectStore>,
    plan: Arc<Mutex<Plan>>,
    /// Lets a conditional create overwrite, as some S3 look-alikes do.
    pub ignores_conditions: bool,
    /// Once the folder named first has been listed, somebody deletes all that has the second in its name.
    pub deleted_after: Option<(&'static str, &'static str)>,
}

impl Flaky {
    pub fn new(inner: Arc<dyn ObjectStore>, faults: Vec<(usize, Fault)>) -> Flaky {
        let plan = Plan { done: Vec::new(), faults };
        Flaky { inner, plan: Arc::new(Mutex::new(plan)), ignores_conditions: false, deleted_after: None }
    }

    async fn delete_all(&self, name: &str) -> Result<()> {
        let objects: Vec<ObjectMeta> = self.inner.list(None).try_collect().await?;
        for object in objects.iter().filter(|object| object.location.as_ref().contains(name)) {
            self.inner.delete(&object.location).await?;
        }
        Ok(())
    }

    /// What was asked of the store, in order: `create _log/00000000000000000001.json`.
    pub fn done(&self) -> Vec<String> {
        self.plan.lock().expect("a plan").done.clone()
    }

    /// Numbers an operation and says what goes wrong with it.
    fn enter(&self, verb: &str, path: &str) -> Option<Fault> {
        let mut plan = self.plan.lock().expect("a plan");
        let number = plan.done.len();
        plan.done.push(format!("{verb} {path}"));
        plan.faults.iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault)
    }

    /// Does an operation, or fails at it.
    async fn through<T>(&self, fault: Option<Fault>, work: impl Future<Output = Result<T>>) -> Result<T> {
        match fault {
            None => work.await,
            Some(Fault::Before | Fault::Cut) => Err(lost()),
            Some(Fault::After) => work.await.and(Err(lost())),
            Some(Fault::Hang) => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Err(lost())
            }
        }
    }
}

fn lost() -> Error {
    Error::Generic { store: "flaky", source: "the connection was lost".into() }
}

impl fmt::Display for Flaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("flaky")
    }
}

#[async_trait]
impl ObjectStore for Flaky {
    async fn put_opts(&self, path: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        let is_create = matches!(options.mode, object_store::PutMode::Create);
        let fault = self.enter(if is_create { "create" } else { "put" }, path.as_ref());
        if self.ignores_conditions {
            options.mode = object_store::PutMode::Overwrite;
        }
        self.through(fault, self.inner.put_opts(path, payload, options)).await
    }

    async fn put_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let fault = self.enter("begin", path.as_ref());
        let upload = self.through(fault, self.inner.put_multipart_opts(path, options)).await?;
        Ok(Box::new(FlakyUpload { upload, store: self.clone(), path: path.clone() }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.enter("get", path.as_ref());
        self.through(fault, self.inner.get_opts(path, options)).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.enter("delete", "") {
            None => self.inner.delete_stream(paths),
            Some(Fault::After) => self.inner.delete_stream(paths).map(|done| done.and(Err(lost()))).boxed(),
            Some(_) => futures::stream::once(async { Err(lost()) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let folder = prefix.map_or("", |p| p.as_ref());
        if self.enter("list", folder).is_some() {
            return futures::stream::once(async { Err(lost()) }).boxed();
        }
        let found = self.inner.list(prefix);
        match self.deleted_after {
            Some((of, name)) if folder.ends_with(of) => {
                let store = self.clone();
                let listed_then_deleted = async move {
                    let found: Vec<Result<ObjectMeta>> = found.collect().await;
                    let failed = store.delete_all(name).await.err();
                    futures::stream::iter(found.into_iter().chain(failed.map(Err)))
                };
                futures::stream::once(listed_then_deleted).flatten().boxed()
            }
            _ => found,
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct FlakyUpload {
    upload: Box<dyn MultipartUpload>,
    store: Flaky,
    path: Path,
}

#[async_trait]
impl MultipartUpload for FlakyUpload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        let fault = self.store.enter("part", self.path.as_ref());
        let part = self.upload.put_part(payload);
        let store = self.store.clone();
        async move { store.through(fault, part).await }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let fault = self.store.enter("complete", self.path.as_ref());
        let store = self.store.clone();
        store.through(fault, self.upload.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        let fault = self.store.enter("abort", self.path.as_ref());
        let store = self.store.clone();
        store.through(fault, self.upload.abort()).await
    }
}

//! What OpenLineage calls a dataset: by its store and the path in it, alike on every day.

use crate::io::store::absolute;

/// Namespace and name of a dataset, after the naming conventions of OpenLineage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatasetName {
    /// `s3://bucket`, or `file`.
    pub namespace: String,
    /// The path in it.
    pub name: String,
}

impl DatasetName {
    /// Of the path or URL of an input, as the pipeline has it. Of a folder that is read whole it is the folder's,
    /// without what names a day or another partition at its end; within the path `{as_of}` stays as it is.
    pub fn of(location: &str) -> DatasetName {
        let (scheme, rest) = location.split_once("://").unwrap_or(("file", location));
        let (namespace, path) = match (scheme, rest.split_once('/')) {
            ("file", _) => ("file".to_owned(), absolute(rest)),
            ("s3a", Some((bucket, key))) => (format!("s3://{bucket}"), key.to_owned()),
            (_, Some((bucket, key))) => (format!("{scheme}://{bucket}"), key.to_owned()),
            (_, None) => (format!("{scheme}://{rest}"), String::new()),
        };
        DatasetName { namespace, name: without_partitions(&path) }
    }

    /// A dataset below the folder that this one is.
    pub fn below(&self, path: &str) -> DatasetName {
        let name = format!("{}/{path}", self.name.trim_end_matches('/'));
        let name = if self.namespace == "file" { name } else { name.trim_start_matches('/').to_owned() };
        DatasetName { namespace: self.namespace.clone(), name }
    }
}

/// `lake/invoices/dt={as_of}/*.parquet` as `lake/invoices`; a path that names its files stays as it is.
fn without_partitions(path: &str) -> String {
    let is_part = |name: &str| name.starts_with('*') || name.contains(['=', '{']);
    let mut folder = path.trim_end_matches('/');
    if !folder.rsplit('/').next().is_some_and(|files| files.starts_with('*')) {
        return folder.to_owned();
    }
    while let Some((rest, _)) = folder.rsplit_once('/').filter(|(_, last)| is_part(last)) {
        folder = rest;
    }
    if is_part(folder) { String::new() } else { folder.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_has_the_same_name_every_day() {
        for (location, namespace, name) in [
            ("s3://lake/erp/invoices.parquet", "s3://lake", "erp/invoices.parquet"),
            ("s3a://lake/erp/invoices/dt={as_of}/*.parquet", "s3://lake", "erp/invoices"),
            ("s3://lake/erp/invoices/y={as_of}/part=1/*.parquet", "s3://lake", "erp/invoices"),
            ("gs://lake/{as_of}/invoices.parquet", "gs://lake", "{as_of}/invoices.parquet"),
            ("az://erp/*.parquet", "az://erp", ""),
            ("s3://lake/erp/invoices/dt=*/*.parquet", "s3://lake", "erp/invoices"),
            // Another input may be in the same folder.
            ("/data/../data/payments-*.parquet", "file", "/data/payments-*.parquet"),
            ("file:///data/out/", "file", "/data/out"),
            ("abfss://erp@lake.dfs.core.windows.net/out", "abfss://erp@lake.dfs.core.windows.net", "out"),
        ] {
            let expected = DatasetName { namespace: namespace.to_owned(), name: name.to_owned() };
            assert_eq!(DatasetName::of(location), expected, "{location}");
        }
        assert_eq!(DatasetName::of("s3://lake").below("kpi/kpi_aging").name, "kpi/kpi_aging");
        assert_eq!(DatasetName::of("/out").below("runs/items").name, "/out/runs/items");
    }
}

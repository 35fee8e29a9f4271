//! The folders of tables that the stores have, listed once before anything else. The listing of a bucket also says
//! whether it exists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use common::verbose::step;

use crate::s3::{Bucket, BucketError};
use crate::store::Stores;
use crate::target::Location;

/// The names in the folder of each layer, by the folder's URL.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    names: BTreeMap<String, BTreeSet<String>>,
    /// Buckets that cannot be used, with the reason.
    pub(crate) closed: HashMap<String, BucketError>,
    /// Folders that could not be listed, with the reason.
    pub(crate) unlisted: BTreeMap<String, String>,
}

impl Folders {
    /// Lists the folders, and looks for the buckets that have none of them.
    pub(crate) async fn list(stores: &Stores, folders: &[Location], create: bool) -> Self {
        let mut found = Self::default();
        for bucket in stores.buckets() {
            let _step = step(format!("checking the bucket {}", bucket.name));
            let in_bucket = folders.iter().filter(|f| f.bucket.as_ref() == Some(&bucket.name));
            let mut checked = found.list_bucket(&bucket, in_bucket.clone()).await;
            if create && matches!(checked, Err(BucketError::Missing { .. })) {
                checked = bucket.create().await;
                for folder in in_bucket.filter(|_| checked.is_ok()) {
                    found.names.insert(folder.url.to_string(), BTreeSet::new());
                }
            }
            if let Err(error) = checked {
                found.closed.insert(bucket.name.clone(), error);
            }
        }
        for folder in folders.iter().filter(|folder| folder.bucket.is_none()) {
            let Some(store) = stores.get(folder) else { continue };
            let prefix = Some(&folder.prefix).filter(|prefix| !prefix.as_ref().is_empty());
            match store.objects.list_with_delimiter(prefix).await {
                Ok(listed) => {
                    let names = listed.common_prefixes.iter().filter_map(|path| path.filename());
                    let names = names.map(str::to_owned).collect();
                    found.names.insert(folder.url.to_string(), names);
                }
                Err(error) => {
                    drop(found.unlisted.insert(folder.url.to_string(), error.to_string()))
                }
            }
        }
        found
    }

    async fn list_bucket<'a>(
        &mut self,
        bucket: &Bucket,
        folders: impl Iterator<Item = &'a Location>,
    ) -> Result<(), BucketError> {
        let mut is_checked = false;
        for folder in folders {
            let names = bucket.folders(&folder.prefix).await?;
            self.names.insert(folder.url.to_string(), names.into_iter().collect());
            is_checked = true;
        }
        match is_checked {
            true => Ok(()),
            false => bucket.check().await,
        }
    }

    /// The names in a folder; none when it was not listed.
    pub(crate) fn names(&self, folder: &Location) -> Option<&BTreeSet<String>> {
        self.names.get(folder.url.as_str())
    }

    /// Whether a table's folder is known to be absent.
    pub(crate) fn lacks(&self, folder: Option<&Location>, table: &Location) -> bool {
        let names = folder.and_then(|folder| self.names(folder));
        names.zip(table.prefix.filename()).is_some_and(|(names, name)| !names.contains(name))
    }
}

//! The content of a data file, read once from its beginning to its end.

use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::table::{LogError, TableLog};
use crate::digest::{Digest, Digester};

impl TableLog {
    /// The digest of a data file; none where there is no file.
    pub(crate) async fn digest(&self, path: &str) -> Result<Option<Digest>, LogError> {
        let object = Path::parse(path).unwrap_or_else(|_| Path::from(path));
        let mut bytes = match self.objects.get(&object).await {
            Ok(found) => found.into_stream(),
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut digester = Digester::default();
        while let Some(piece) = bytes.try_next().await? {
            digester.add(&piece);
        }
        Ok(Some(digester.digest()))
    }
}

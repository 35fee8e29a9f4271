//! The rows that a deletion vector takes out of a file.

use std::str::FromStr;

use delta_kernel::actions::deletion_vector::{DeletionVectorDescriptor, DeletionVectorStorageType};
use serde::Deserialize;
use serde_json::Value;

use super::table::{LogError, TableLog};

/// A vector as the log names it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    storage_type: String,
    path_or_inline_dv: String,
    #[serde(default)]
    offset: Option<i32>,
    size_in_bytes: i32,
    cardinality: i64,
}

impl TableLog {
    /// The places in its file of the rows that a deletion vector names, counted from 0.
    pub(crate) async fn deleted_rows(&self, vector: &Value) -> Result<Vec<u64>, LogError> {
        let Descriptor { storage_type, path_or_inline_dv, offset, size_in_bytes, cardinality } =
            Descriptor::deserialize(vector)?;
        let storage_type = DeletionVectorStorageType::from_str(&storage_type)
            .map_err(|error| LogError::Read(error.to_string()))?;
        let vector = DeletionVectorDescriptor {
            storage_type,
            path_or_inline_dv,
            offset,
            size_in_bytes,
            cardinality,
        };
        let storage = self.log_store.engine(None).storage_handler();
        let mut table = self.location.url.clone();
        // A relative path is joined to a folder, which ends with a slash.
        table.set_path(&format!("{}/", table.path().trim_end_matches('/')));
        // The engine waits for the store.
        let read = tokio::task::spawn_blocking(move || vector.row_indexes(storage, &table));
        let rows = read.await.map_err(|error| LogError::Read(error.to_string()))?;
        rows.map_err(|error| LogError::Read(format!("a deletion vector: {error}")))
    }
}

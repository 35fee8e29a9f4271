//! The kustomizations of a rendering.

use std::path::PathBuf;
use std::sync::Arc;

use crate::kustomization::Kustomization;
use crate::tree::FileId;

/// A kustomization of a rendering.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its folder as a user would write it.
    pub path: PathBuf,
    /// The same without links and detours.
    pub canonical: PathBuf,
    /// Its file.
    pub file: FileId,
    /// The parsed kustomization file.
    pub kustomization: Arc<Kustomization>,
}

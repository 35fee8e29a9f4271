//! The files of all layers, each read once; a mutant shares all but one of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hcl_edit::structure::Block;

use crate::terraform::tree::File;

/// Every `.tf` file below a folder, by its path there.
#[derive(Debug, Clone, Default)]
pub struct Sources(BTreeMap<PathBuf, Arc<File>>);

impl Sources {
    /// Reads all files below `root`, but not what `terraform init` has made.
    ///
    /// # Errors
    /// A file is not HCL.
    pub fn read(root: &Path) -> Result<Sources, String> {
        let mut sources = Sources::default();
        sources.add(root, Path::new(""))?;
        Ok(sources)
    }

    fn add(&mut self, root: &Path, folder: &Path) -> Result<(), String> {
        for entry in fs::read_dir(root.join(folder)).map_err(|error| error.to_string())?.flatten() {
            let name = folder.join(entry.file_name());
            if entry.path().is_dir() {
                if entry.file_name() != ".terraform" {
                    self.add(root, &name)?;
                }
            } else if name.extension().is_some_and(|extension| extension == "tf") {
                self.0.insert(name.clone(), Arc::new(File::read(root, &name)?));
            }
        }
        Ok(())
    }

    /// The same with another text of one file.
    ///
    /// # Errors
    /// The text is not HCL.
    pub fn with(&self, name: &Path, text: String) -> Result<Sources, String> {
        let mut changed = self.clone();
        changed.0.insert(name.to_owned(), Arc::new(File::parse(name, text)?));
        Ok(changed)
    }

    /// All files with their paths.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &File)> {
        self.0.iter().map(|(name, file)| (name.as_path(), &**file))
    }

    /// The blocks of the files of one folder.
    pub(crate) fn blocks_of(&self, folder: &Path) -> Vec<&Block> {
        let files = self.0.iter().filter(|(name, _)| name.parent() == Some(folder));
        files.flat_map(|(_, file)| file.body.blocks()).collect()
    }

    pub(crate) fn has_folder(&self, folder: &Path) -> bool {
        self.0.keys().any(|name| name.parent() == Some(folder))
    }
}

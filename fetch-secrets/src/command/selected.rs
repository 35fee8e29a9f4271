//! The variables that `print` and `exec` pass on.

use anyhow::Result;
use common::streams::say;

use super::catalogue;
use super::only::Only;
use crate::cli::{Search, Selection, Shared};
use crate::source;
use crate::variables::Variables;

/// The wanted variables of the catalogue, or of the secrets that are searched for.
pub(super) fn variables(
    shared: &Shared,
    selection: &Selection,
    search: &Search,
    only: &Only<'_>,
) -> Result<Variables> {
    let wanted = |name: &str| only.wants(name);
    let (mut variables, warnings) = if search.prefix.is_some() || !search.tag.is_empty() {
        source::found(search, wanted, selection)?
    } else {
        let catalogue = catalogue(shared)?;
        let files = catalogue.select(&selection.profile)?;
        source::variables(&catalogue, &files, wanted, selection)?
    };
    say(&warnings);
    only.keep(&mut variables)?;
    Ok(variables)
}

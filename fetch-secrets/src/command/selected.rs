//! The variables that `print` and `exec` pass on.

use anyhow::Result;
use common::streams::say;

use super::catalogue;
use super::only::Only;
use crate::cli::{Search, Selection, Shared};
use crate::source;
use crate::variables::Variables;

/// The variables of the catalogue's secrets that have a wanted one, or the wanted ones of the secrets that are
/// searched for.
pub(super) fn variables(
    shared: &Shared,
    selection: &Selection,
    search: &Search,
    only: &Only<'_>,
) -> Result<Variables> {
    let wanted = |name: &str| only.wants(name);
    let (variables, warnings) = if search.is_given() {
        source::found(search, wanted, selection)?
    } else {
        let catalogue = catalogue(shared)?;
        let files = catalogue.select(&selection.profile)?;
        source::variables(&catalogue, &files, wanted, selection)?
    };
    say(&warnings);
    Ok(variables)
}

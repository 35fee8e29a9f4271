//! The development values of the catalogue: no network, no account.

use common::catalogue::Secret;

use crate::variables::Variables;

pub(super) fn variables<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Variables {
    secrets
        .flat_map(|secret| &secret.keys)
        .map(|key| (key.variable.clone(), key.dev.clone()))
        .collect()
}

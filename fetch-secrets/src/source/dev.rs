//! The development values of the catalogue: no network, no account.

use common::catalogue::Secret;

use crate::value;
use crate::variables::Variables;

pub(super) fn variables<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Variables {
    let of = |secret: &'a Secret| {
        let keys = secret.keys.iter().map(|key| (key.variable.clone(), key.dev.clone()));
        value::composed(secret, keys.collect())
    };
    secrets.flat_map(of).collect()
}

//! Variables with their values, in the order of their names.

use std::collections::BTreeMap;

use secrecy::SecretString;

/// Name → value. `Debug` shows the names alone.
pub(crate) type Variables = BTreeMap<String, SecretString>;

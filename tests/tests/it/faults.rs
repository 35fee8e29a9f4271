//! The list of faults that `make faults` puts back.

use std::collections::BTreeSet;

use rideshare_tests::{faults, root};

#[test]
fn each_fault_can_be_put_back() {
    let found = faults::all();
    let broken: Vec<String> = found.iter().filter_map(|fault| fault.apply(&root()).err()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let words: BTreeSet<&str> = found.iter().map(|fault| fault.fault.as_str()).collect();
    assert_eq!(words.len(), found.len(), "two faults have the same words");
}

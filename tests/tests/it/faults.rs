//! The list of faults that `make faults` and the rehearsal put back.

use std::collections::BTreeSet;

use rideshare_tests::{faults, root};

#[test]
fn each_fault_can_be_put_back() {
    let found = faults::all();
    let edits = found.iter().flat_map(|fault| fault.edits());
    let broken: Vec<String> = edits.filter_map(|edit| edit.apply(&root()).err()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let words: BTreeSet<&str> = found.iter().map(|fault| fault.fault.as_str()).collect();
    assert_eq!(words.len(), found.len(), "two faults have the same words");
    for fault in found {
        assert!(
            fault.check.is_some() || fault.rehearsal.is_some(),
            "{}: nothing notices it",
            fault.fault
        );
    }
}

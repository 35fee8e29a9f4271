//! The bundle in the repository is what `scripts/api-schemas` makes of its sources.

#[path = "../../../examples/api-schemas/generate/mod.rs"]
mod generate;

#[test]
fn the_bundle_is_made_from_the_sources_that_are_pinned() {
    let Some(sources) = generate::Sources::find().unwrap() else { return };
    let made = generate::bundle(&sources).unwrap();
    let committed = std::fs::read(generate::committed()).unwrap();
    assert!(made == committed, "scripts/api-schemas makes another bundle; run it");
    assert!(generate::bundle(&sources).unwrap() == made, "not the same bytes twice");
    // It is in every binary.
    assert!(made.len() < 700_000, "{} bytes", made.len());
}

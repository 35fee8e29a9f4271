//! The texts that the reader takes for a use of another module, and those that it does not.

use super::circles::shortest;
use super::modules::Modules;

/// The circle of a crate with these files.
fn circle(files: &[(&str, &str)]) -> Option<String> {
    let text = |path: &str| {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    shortest(&Modules::read(&text).graph())
}

const LIB: (&str, &str) = ("lib.rs", "mod model; mod render;");

#[test]
fn two_modules_that_import_each_other_are_a_circle() {
    let found = circle(&[
        LIB,
        ("model.rs", "use crate::render::{CLUSTER, labels};\npub struct Platform;"),
        ("render.rs", "use crate::model::Platform;\npub const CLUSTER: u8 = 0; fn labels() {}"),
    ]);
    let expected = "model.rs -> render.rs: CLUSTER, labels\nrender.rs -> model.rs: Platform\n";
    assert_eq!(found.as_deref(), Some(expected));
}

#[test]
fn a_path_in_code_is_a_use() {
    let found = circle(&[
        LIB,
        ("model.rs", "pub struct Platform; fn f() { assert!(crate::render::g() == 1) }"),
        ("render.rs", "use crate::model::Platform; pub fn g() -> u8 { 1 }"),
    ]);
    assert!(found.is_some_and(|found| found.contains("model.rs -> render.rs: g")));
}

#[test]
fn an_imported_module_is_used_by_its_names() {
    let found = circle(&[
        LIB,
        ("model.rs", "use crate::render; pub struct Platform; fn f() { render::g(); }"),
        ("render.rs", "use crate::model::Platform; pub fn g() {}"),
    ]);
    assert!(found.is_some_and(|found| found.contains("model.rs -> render.rs: g")));
}

#[test]
fn an_import_inside_a_function_is_a_use() {
    let found = circle(&[
        LIB,
        ("model.rs", "pub struct Platform; fn f() { use crate::render::g as h; h() }"),
        ("render.rs", "use crate::model::Platform; pub fn g() {}"),
    ]);
    assert!(found.is_some_and(|found| found.contains("model.rs -> render.rs: g")));
}

#[test]
fn an_item_of_the_parent_that_calls_the_module_is_a_circle() {
    let found = circle(&[
        ("lib.rs", "mod rules;"),
        ("rules/mod.rs", "mod one; pub struct Rule; fn all() { one::check(); }"),
        ("rules/one.rs", "use super::Rule; pub fn check() {}"),
    ]);
    let expected = "rules/mod.rs -> rules/one.rs: check\nrules/one.rs -> rules/mod.rs: Rule\n";
    assert_eq!(found.as_deref(), Some(expected));
}

#[test]
fn a_macro_that_is_imported_is_a_use() {
    let found = circle(&[
        LIB,
        ("model.rs", "macro_rules! m { () => { $crate::render::g() } } pub(crate) use m;"),
        ("render.rs", "use crate::model::m; pub fn g() {}"),
    ]);
    assert!(found.is_some_and(|found| found.contains("render.rs -> model.rs: m")));
}

#[test]
fn three_modules_are_printed_in_their_order() {
    let found = circle(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
    ]);
    assert_eq!(found.as_deref(), Some("a.rs -> b.rs: B\nb.rs -> c.rs: C\nc.rs -> a.rs: A\n"));
}

#[test]
fn a_declaration_is_no_use() {
    let found = circle(&[
        ("lib.rs", "mod rules;"),
        ("rules/mod.rs", "mod one; pub struct Rule;"),
        ("rules/one.rs", "use super::Rule; pub fn check() {}"),
    ]);
    assert_eq!(found, None);
}

#[test]
fn a_name_that_is_passed_on_belongs_to_the_module_that_defines_it() {
    let found = circle(&[
        ("lib.rs", "mod rules;"),
        ("rules/mod.rs", "mod one; mod rule; pub use rule::Rule; fn all() { one::check(); }"),
        ("rules/one.rs", "use super::Rule; pub fn check() {}"),
        ("rules/rule.rs", "pub struct Rule;"),
    ]);
    assert_eq!(found, None);
}

#[test]
fn a_test_may_use_everything() {
    let found = circle(&[
        LIB,
        (
            "model.rs",
            "pub struct Platform; #[cfg(test)] mod tests { use crate::render::g; }
             #[cfg(test)] mod more;",
        ),
        ("render.rs", "use crate::model::Platform; pub fn g() {}"),
    ]);
    assert_eq!(found, None);
}

#[test]
fn a_comment_and_a_text_are_no_use() {
    let found = circle(&[
        LIB,
        (
            "model.rs",
            "/// As [`crate::render::g`].\npub struct Platform; const A: &str = \"use crate::render::g;\";",
        ),
        ("render.rs", "use crate::model::Platform; pub fn g() {}"),
    ]);
    assert_eq!(found, None);
}

#[test]
fn another_crate_is_no_module() {
    let found = circle(&[
        LIB,
        ("model.rs", "use serde::render::g; pub struct Platform; fn f() { render::g() }"),
        ("render.rs", "use crate::model::Platform; pub fn g() {}"),
    ]);
    assert_eq!(found, None);
}

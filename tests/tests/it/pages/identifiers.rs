//! A name in the code is that of a thing (`option`, `volume`), not of a role in a sentence.

use proc_macro2::{TokenStream, TokenTree};

use super::files;

/// Names that say nothing of the thing.
const ROLES: [&str; 3] = ["half", "own", "what"];

fn roles(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => roles(group.stream(), found),
            TokenTree::Ident(name) if ROLES.contains(&name.to_string().as_str()) => {
                found.push(name.to_string());
            }
            _ => {}
        }
    }
}

#[test]
fn names_are_those_of_things() {
    let mut read = 0;
    let mut found = Vec::new();
    for page in files(|path| path.ends_with(".rs")) {
        let tokens = page.text.parse().expect("a Rust file");
        let mut names = Vec::new();
        roles(tokens, &mut names);
        found.extend(names.iter().map(|name| format!("{}: {name}", page.path)));
        read += 1;
    }
    assert!(read > 300, "only {read} files were read");
    assert!(found.is_empty(), "name these for the things that they hold:\n{}", found.join("\n"));
}

#[test]
fn a_name_in_a_macro_is_found() {
    let mut found = Vec::new();
    roles("vec![own.what(), owner]".parse().unwrap(), &mut found);
    assert_eq!(found, ["own", "what"]);
}

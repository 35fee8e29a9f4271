//! The names that a module's text mentions: its child modules, its items, its imports, its paths.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, ItemUse, UseTree};

/// The declarations and mentions of one module, a file or an inline `mod`.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Child modules without a body here; each is a file.
    pub(crate) files: Vec<String>,
    /// Child modules with their body here.
    pub(crate) inline: Vec<(String, Names)>,
    /// Functions, types, constants and macros that are defined here.
    pub(crate) items: Vec<String>,
    /// Imports: the name here, and the path as it is written.
    pub(crate) imports: Vec<(String, Vec<String>)>,
    /// The paths before `::*`.
    pub(crate) globs: Vec<Vec<String>>,
    /// Paths in code, of two segments and more.
    pub(crate) paths: Vec<Vec<String>>,
}

impl Names {
    /// Of a file. Test modules and test functions do not count.
    pub(crate) fn of(text: &str) -> syn::Result<Names> {
        Ok(Names::collect(syn::parse_file(text)?.items))
    }

    fn collect(items: Vec<Item>) -> Names {
        let mut names = Names::default();
        for item in items.into_iter().filter(|item| !is_test(attributes(item))) {
            if let Some(name) = defined(&item) {
                names.items.push(name);
            }
            match item {
                Item::Use(import) => names.import(&import.tree, &mut Vec::new()),
                Item::Mod(module) => match module.content {
                    None => names.files.push(module.ident.to_string()),
                    Some((_, items)) => {
                        names.inline.push((module.ident.to_string(), Names::collect(items)));
                    }
                },
                other => names.code(other.to_token_stream()),
            }
        }
        names
    }

    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        let (name, alias) = match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
                return;
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, before));
            }
            UseTree::Glob(_) => return self.globs.push(before.clone()),
            UseTree::Name(name) => (&name.ident, &name.ident),
            UseTree::Rename(rename) => (&rename.ident, &rename.rename),
        };
        let mut path = before.clone();
        // `use a::b::{self}` imports the module `b` itself.
        if name != "self" {
            path.push(name.to_string());
        }
        let alias = if alias == "self" { path.last().cloned() } else { Some(alias.to_string()) };
        self.imports.extend(alias.map(|alias| (alias, path)));
    }

    /// Walks over tokens instead of expressions, because paths are also in the arguments of macros.
    fn code(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) if ident == "use" => {
                    let statement = tokens.by_ref().take_while(|t| !is_semicolon(t));
                    self.statement(std::iter::once(token.clone()).chain(statement).collect());
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                    self.code(group.stream());
                }
                _ => {}
            }
            self.path(&mut path);
            colons = 0;
        }
        self.path(&mut path);
    }

    /// An import inside a function's body.
    fn statement(&mut self, mut tokens: TokenStream) {
        tokens.extend(";".parse::<TokenStream>().expect("a semicolon"));
        if let Ok(import) = syn::parse2::<ItemUse>(tokens) {
            self.import(&import.tree, &mut Vec::new());
        }
    }

    fn path(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.paths.push(path);
        }
    }
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';')
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.meta.to_token_stream().to_string();
        text == "test" || text == "cfg (test)"
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

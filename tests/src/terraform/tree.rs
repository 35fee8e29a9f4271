//! HCL files, read with an HCL parser, and every question the contract asks of them.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Attribute, Block, Body};
use serde_json::{Map, Number, Value, json};

/// One file.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    text: String,
    /// The contents of the block.
    pub body: Body,
}

/// The files of one folder that Terraform reads, in the order of their names.
#[derive(Debug)]
pub struct Folder(pub Vec<File>);

impl File {
    /// Reads `name` below `root`; messages show `name`.
    ///
    /// # Errors
    /// It is not there, or not HCL.
    pub fn read(root: &Path, name: &Path) -> Result<File, String> {
        let text = fs::read_to_string(root.join(name))
            .map_err(|error| format!("{}: {error}", name.display()))?;
        File::parse(name, text)
    }

    /// Reads a text as the file `name`.
    ///
    /// # Errors
    /// It is not HCL.
    pub fn parse(name: &Path, text: String) -> Result<File, String> {
        let body = hcl_edit::parser::parse_body(&text)
            .map_err(|error| format!("{}: {error}", name.display()))?;
        Ok(File { path: name.to_owned(), text, body })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A message with the place that it is about.
    pub fn at(&self, span: Option<Range<usize>>, message: &str) -> String {
        let line = span.map_or(1, |span| self.text[..span.start].matches('\n').count() + 1);
        format!("{}:{line}: {message}", self.path.display())
    }
}

impl Folder {
    /// Every `.tf` file of a folder below `root`.
    ///
    /// # Errors
    /// What cannot be read, one message for each file; among it what Terraform reads as JSON.
    pub fn read(root: &Path, folder: &Path) -> Result<Folder, Vec<String>> {
        let entries = fs::read_dir(root.join(folder))
            .map_err(|error| vec![format!("{}: {error}", folder.display())])?;
        let mut names: Vec<PathBuf> =
            entries.flatten().map(|entry| folder.join(entry.file_name())).collect();
        names.sort();
        let json = names.iter().filter(|name| name.to_string_lossy().ends_with(".tf.json"));
        let unread = |name: &PathBuf| {
            format!("{}: no test reads what is in it: write it as .tf", name.display())
        };
        let (mut files, mut problems) = (Vec::new(), json.map(unread).collect::<Vec<_>>());
        names.retain(|name| name.extension().is_some_and(|extension| extension == "tf"));
        for name in names {
            match File::read(root, &name) {
                Ok(file) => files.push(file),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Folder(files)) } else { Err(problems) }
    }

    /// Every block `kind "label" …`, with its file.
    pub fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a File, &'a Block)> {
        self.0.iter().flat_map(move |file| {
            file.body
                .iter()
                .filter_map(|structure| structure.as_block())
                .filter(move |block| block.ident.as_str() == kind)
                .map(move |block| (file, block))
        })
    }

    /// The value of one name in the `locals` blocks.
    pub fn local(&self, name: &str) -> Option<&Expression> {
        self.blocks("locals").find_map(|(_, block)| expression(&block.body, name))
    }

    /// Where the folder's messages point when there is no better place.
    pub fn file(&self, name: &str) -> Option<&File> {
        self.0.iter().find(|file| file.path.file_name().is_some_and(|found| found == name))
    }
}

/// A block's label, such as the name of a variable.
pub fn label(block: &Block, index: usize) -> &str {
    block.labels.get(index).map_or("", |label| label.as_str())
}

/// The first block of a kind inside another.
pub fn inner<'a>(body: &'a Body, kind: &'a str) -> Option<&'a Block> {
    body.get_blocks(kind).next()
}

/// The attributes of a body.
pub fn attributes(body: &Body) -> impl Iterator<Item = &Attribute> {
    body.iter().filter_map(|structure| structure.as_attribute())
}

/// The expression behind an attribute's name.
pub fn expression<'a>(body: &'a Body, name: &str) -> Option<&'a Expression> {
    body.get_attribute(name).map(|attribute| &attribute.value)
}

/// An expression's source, without the space around it.
pub fn source(expression: &Expression) -> String {
    expression.to_string().trim().to_owned()
}

/// The value of an expression that refers to nothing; functions that only convert are looked through.
pub fn literal(expression: &Expression) -> Option<Value> {
    Some(match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(value) => json!(**value),
        Expression::String(text) => json!(text.as_str()),
        Expression::Number(number) => {
            Value::Number(number.to_string().trim().parse::<Number>().ok()?)
        }
        Expression::Array(array) => array.iter().map(literal).collect::<Option<Value>>()?,
        Expression::Object(_) => members(Some(expression))
            .into_iter()
            .map(|(name, value)| Some((name, literal(value)?)))
            .collect::<Option<Map<_, _>>>()?
            .into(),
        Expression::FuncCall(call) if call.name.name.as_str() == "toset" => {
            literal(call.args.iter().next()?)?
        }
        _ => return None,
    })
}

/// The members of an object, in their order; none when the expression is no object.
pub fn members(expression: Option<&Expression>) -> Vec<(String, &Expression)> {
    let Some(Expression::Object(object)) = expression else { return Vec::new() };
    let name = |key: &ObjectKey| match key {
        ObjectKey::Ident(name) => name.as_str().to_owned(),
        ObjectKey::Expression(key) => key.as_str().map_or_else(|| source(key), str::to_owned),
    };
    object.iter().map(|(key, value)| (name(key), value.expr())).collect()
}

/// The place of anything that has one.
pub fn span(node: &impl Span) -> Option<Range<usize>> {
    node.span()
}

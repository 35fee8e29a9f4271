//! The lines of a shell that read files of secrets and export variables; see
//! [`super::wrapper`] for their form.

use super::shell::{Piece, Word, command, literal};

/// The beginning of a script, as far as it does nothing but read files and export variables.
#[derive(Default)]
pub(super) struct Head {
    pub(super) sourced: Vec<String>,
    pub(super) exports: Vec<Export>,
    /// Whether a file exports all that it has.
    pub(super) all: bool,
    /// Where the rest begins.
    pub(super) end: usize,
}

pub(super) struct Export {
    pub(super) name: String,
    /// `None` for what the file says.
    pub(super) value: Option<Word>,
}

impl Head {
    /// Reads as many such commands as stand at the beginning of a script.
    pub(super) fn read(script: &str) -> Self {
        let mut head = Head::default();
        let mut exporting = false;
        while let Some(next) = command(script, head.end) {
            let Some(name) = literal(&next.words[0]) else { return head };
            let arguments = &next.words[1..];
            match name.as_str() {
                "set" => {
                    let Some(flags) =
                        arguments.iter().map(|word| literal(word)).collect::<Option<Vec<_>>>()
                    else {
                        return head;
                    };
                    let has = |sign: char, flag: &String| {
                        flag.starts_with(sign)
                            && (flag.contains('a') || flags.contains(&"allexport".into()))
                    };
                    exporting |= flags.iter().any(|flag| has('-', flag));
                    let off = flags.iter().any(|flag| has('+', flag));
                    exporting &= !off;
                    let ends = flags.iter().any(|flag| flag.starts_with('+')) && !off;
                    if ends && !head.sourced.is_empty() {
                        head.end = next.end;
                        return head;
                    }
                }
                "." | "source" => {
                    let [file] = arguments else { return head };
                    let Some(file) = literal(file) else { return head };
                    head.sourced.push(file);
                    head.all |= exporting;
                }
                "export" => {
                    let Some(exports) =
                        arguments.iter().map(|word| export(word)).collect::<Option<Vec<_>>>()
                    else {
                        return head;
                    };
                    head.exports.extend(exports);
                }
                _ => return head,
            }
            head.end = next.end;
        }
        head
    }
}

/// `NAME` or `NAME=value`.
fn export(word: &[Piece]) -> Option<Export> {
    let (Piece::Literal(first), rest) = word.split_first()? else { return None };
    let (name, value) = match first.split_once('=') {
        Some((name, value)) => {
            let mut word = vec![Piece::Literal(value.to_owned())];
            word.extend_from_slice(rest);
            (name, Some(word))
        }
        None if rest.is_empty() => (first.as_str(), None),
        None => return None,
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good = !name.is_empty() && name.chars().all(fits);
    good.then(|| Export { name: name.to_owned(), value })
}

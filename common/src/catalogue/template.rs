//! A variable that is put together from a secret's other variables, such as a URL with a password in it.
//!
//! `${NAME}` stands for a variable and `$$` for a dollar sign. In a `url`, the parts are percent-encoded, because a
//! password with a `@` or a `/` in it would lead to another host; `${NAME:raw}` takes a part that is already encoded.

use secrecy::{ExposeSecret, SecretString};

use crate::url;

/// A text with variables in it. The text between them may be a secret that a person has put there, so it is kept
/// as one.
#[derive(Debug)]
pub struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    /// As it is.
    Text(SecretString),
    /// The value of a variable.
    Variable {
        /// Its name.
        name: String,
        /// Whether it is percent-encoded.
        encoded: bool,
    },
}

/// The mistake in a template. It repeats nothing of the text, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

const RAW: &str = ":raw";

impl Template {
    /// Reads a template. In a `url`, its variables are percent-encoded.
    pub(super) fn parse(text: &str, url: bool) -> Result<Self, Malformed> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                literal.push('$');
                rest = after;
                continue;
            }
            let braced = after.strip_prefix('{').and_then(|after| after.split_once('}'));
            let Some((reference, after)) = braced else {
                return Err(Malformed("has a $ that is neither ${NAME} nor $$"));
            };
            let raw = reference.strip_suffix(RAW);
            if raw.is_some() && !url {
                return Err(Malformed("has :raw, which only a url needs"));
            }
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal).into()));
            }
            let name = raw.unwrap_or(reference).to_owned();
            pieces.push(Piece::Variable { name, encoded: url && raw.is_none() });
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal.into()));
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. })) {
            return Err(Malformed("names no variable"));
        }
        Ok(Template(pieces))
    }

    /// The template in another language: `text` writes the text between the variables, and `variable` each of
    /// them, which is percent-encoded or not.
    pub fn written(
        &self,
        text: impl Fn(&str) -> String,
        variable: impl Fn(&str, bool) -> String,
    ) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(literal) => text(literal.expose_secret()),
            Piece::Variable { name, encoded } => variable(name, *encoded),
        };
        self.0.iter().map(piece).collect()
    }

    /// The variables that it is made of.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Variable { name, .. } => Some(name.as_str()),
        })
    }

    /// The text with the values in it; none when a variable has none.
    pub fn fill<'v>(
        &self,
        value: impl Fn(&str) -> Option<&'v SecretString>,
    ) -> Option<SecretString> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text.expose_secret()),
                Piece::Variable { name, encoded: false } => {
                    filled.push_str(value(name)?.expose_secret());
                }
                Piece::Variable { name, encoded: true } => {
                    filled.push_str(&url::encode(value(name)?.expose_secret()));
                }
            }
        }
        Some(filled.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, url: bool, value: &str) -> String {
        let value = SecretString::from(value);
        let template = Template::parse(text, url).unwrap();
        template.fill(|name| (name == "P").then_some(&value)).unwrap().expose_secret().to_owned()
    }

    #[test]
    fn parts_of_a_url_are_encoded_unless_they_are_raw() {
        assert_eq!(filled("p://u:${P}@h/d", true, "a b@/:%é"), "p://u:a%20b%40%2F%3A%25%C3%A9@h/d");
        assert_eq!(filled("p://${P:raw}/d", true, "[::1]:5432"), "p://[::1]:5432/d");
        assert_eq!(filled("u=$$x;p=${P}", false, "a b@"), "u=$x;p=a b@");
        // A value is no template.
        assert_eq!(filled("${P}${P}", false, "${P}$"), "${P}$${P}$");
    }

    #[test]
    fn a_malformed_template_is_refused() {
        for (text, url) in [
            ("", true),
            ("p://h", true),
            ("$P", false),
            ("${P", false),
            ("cost $", false),
            ("$$", false),
            ("${P:raw}", false),
        ] {
            assert!(Template::parse(text, url).is_err(), "{text}");
        }
    }

    #[test]
    fn without_a_value_there_is_no_text() {
        assert!(Template::parse("${P}", false).unwrap().fill(|_| None).is_none());
    }
}

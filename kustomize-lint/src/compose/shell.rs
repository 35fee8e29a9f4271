//! Just enough of a POSIX shell to read the lines that put secrets into the environment: simple
//! commands of plain and quoted words.

/// A command and where the next one begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    pub(super) end: usize,
}

pub(super) type Word = Vec<Piece>;

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    /// `$NAME` or `${NAME}`.
    Variable(String),
    /// `$@`.
    Arguments,
    /// Any other `$`.
    Other,
}

/// The text of a word without variables.
pub(super) fn literal(word: &[Piece]) -> Option<String> {
    let text = |piece: &Piece| match piece {
        Piece::Literal(text) => Some(text.clone()),
        _ => None,
    };
    word.iter().map(text).collect()
}

/// The command that begins at `at`, up to a line's end, `;` or `&&`. `None` where none begins, or
/// it is more than a simple command.
pub(super) fn command(script: &str, at: usize) -> Option<Command> {
    let mut reader = Reader { script, at, words: Vec::new(), word: None };
    reader.skip();
    while let Some(c) = reader.next() {
        match c {
            ' ' | '\t' => reader.end_word(),
            '\n' | ';' => break,
            '&' if reader.rest().starts_with('&') => {
                reader.at += 1;
                break;
            }
            '#' if reader.word.is_none() => {
                reader.at += reader.rest().find('\n').unwrap_or(reader.rest().len());
            }
            '\'' => {
                let end = reader.rest().find('\'')?;
                let text = reader.rest()[..end].to_owned();
                reader.at += end + 1;
                reader.literal(&text);
            }
            '"' => reader.double()?,
            '\\' => match reader.next()? {
                '\n' => {}
                c => reader.literal(c.encode_utf8(&mut [0; 4])),
            },
            '$' => reader.variable(),
            '&' | '|' | '<' | '>' | '(' | ')' | '`' => return None,
            c => reader.literal(c.encode_utf8(&mut [0; 4])),
        }
    }
    reader.end_word();
    (!reader.words.is_empty()).then_some(Command { words: reader.words, end: reader.at })
}

struct Reader<'s> {
    script: &'s str,
    at: usize,
    words: Vec<Word>,
    word: Option<Word>,
}

impl<'s> Reader<'s> {
    fn rest(&self) -> &'s str {
        &self.script[self.at..]
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Blank lines and comments.
    fn skip(&mut self) {
        loop {
            self.at += self.rest().len() - self.rest().trim_start().len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn literal(&mut self, text: &str) {
        let word = self.word.get_or_insert_default();
        match word.last_mut() {
            Some(Piece::Literal(last)) => last.push_str(text),
            _ => word.push(Piece::Literal(text.to_owned())),
        }
    }

    fn double(&mut self) -> Option<()> {
        self.literal("");
        loop {
            match self.next()? {
                '"' => return Some(()),
                '$' => self.variable(),
                '`' => self.word.get_or_insert_default().push(Piece::Other),
                '\\' => match self.next()? {
                    '\n' => {}
                    c @ ('$' | '`' | '"' | '\\') => self.literal(c.encode_utf8(&mut [0; 4])),
                    c => {
                        self.literal("\\");
                        self.literal(c.encode_utf8(&mut [0; 4]));
                    }
                },
                c => self.literal(c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    /// The name after a `$`.
    fn variable(&mut self) {
        let rest = self.rest();
        let (inner, braces) = match rest.strip_prefix('{') {
            Some(inner) => (inner, 1),
            None => (rest, 0),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = match inner.starts_with(|c: char| fits(c) && !c.is_ascii_digit()) {
            true => inner.find(|c| !fits(c)).unwrap_or(inner.len()),
            false => 0,
        };
        let closed = braces == 0 || inner[length..].starts_with('}');
        let piece = if rest.starts_with('@') {
            self.at += 1;
            Piece::Arguments
        } else if length > 0 && closed {
            self.at += length + 2 * braces;
            Piece::Variable(inner[..length].to_owned())
        } else {
            Piece::Other
        };
        self.word.get_or_insert_default().push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_one_by_one() {
        let script = "# c\nset -eu; export A='x y'\"$B${C}\" D # e\nexec \"$@\"\n";
        let first = command(script, 0).unwrap();
        assert_eq!(first.words.len(), 2);
        let second = command(script, first.end).unwrap();
        let assigned = [
            Piece::Literal("A=x y".into()),
            Piece::Variable("B".into()),
            Piece::Variable("C".into()),
        ];
        assert_eq!(second.words[1], assigned);
        assert_eq!(second.words.len(), 3);
        let third = command(script, second.end).unwrap();
        assert!(third.words[1].contains(&Piece::Arguments));
        assert_eq!(command(script, third.end), None);
        for more in ["a | b", "a & b", "a > b", "(a)", "a 'b", "a \"b", "a `b`"] {
            assert_eq!(command(more, 0), None, "{more}");
        }
    }
}

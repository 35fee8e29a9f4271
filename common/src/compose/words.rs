//! A command line split into words as Compose splits it: quotes and backslashes as in a shell,
//! `$(…)` and backquotes kept in one word, and nothing behind `;`, `&`, `|`, `<` or `>`.

/// A command line in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// The words.
    pub words: Vec<String>,
    /// Where Compose stops reading; before the end of the line at a shell's operator, because no
    /// shell runs the words.
    pub end: usize,
}

/// The words; `None` where a quote does not end, or a parenthesis stands alone.
pub fn split(line: &str) -> Option<Words> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut state = State::default();
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if escaped {
            word.get_or_insert_default().push(c);
            escaped = false;
            continue;
        }
        let State { single, double, back, dollar } = state;
        match c {
            '\\' if single => word.get_or_insert_default().push(c),
            '\\' => escaped = true,
            ' ' | '\t' | '\r' | '\n' if state.open() => word.get_or_insert_default().push(c),
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '"' if !single && !dollar => {
                state.double = !double;
                word.get_or_insert_default();
            }
            '\'' if !double && !dollar => {
                state.single = !single;
                word.get_or_insert_default();
            }
            ';' | '&' | '|' | '<' | '>' if !state.open() => {
                // A number before `>` is the shell's, too.
                let number =
                    |word: &String| c == '>' && word.starts_with(|c: char| c.is_ascii_digit());
                words.extend(word.filter(|word| !number(word)));
                return Some(Words { words, end: at });
            }
            '(' if !single && !double && !back => {
                let word = word.as_mut().filter(|word| !dollar && word.ends_with('$'))?;
                word.push(c);
                state.dollar = true;
            }
            _ => {
                match c {
                    ')' if !single && !double && !back => state.dollar = !dollar,
                    '`' if !single && !double && !dollar => state.back = !back,
                    _ => {}
                }
                word.get_or_insert_default().push(c);
            }
        }
    }
    if escaped || state.open() {
        return None;
    }
    words.extend(word);
    Some(Words { words, end: line.len() })
}

/// The open quote or bracket.
#[derive(Clone, Copy, Default)]
struct State {
    single: bool,
    double: bool,
    back: bool,
    dollar: bool,
}

impl State {
    fn open(self) -> bool {
        self.single || self.double || self.back || self.dollar
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    /// The output of `docker compose config` for each.
    #[test]
    fn words_are_those_of_compose() {
        for (line, expected) in [
            (
                r#"run --name "a b" 'c "d"' e\ f "" "#,
                &["run", "--name", "a b", "c \"d\"", "e f", ""][..],
            ),
            ("", &[]),
            ("a && b", &["a"]),
            ("a 2>b", &["a"]),
            ("a2>b", &["a2"]),
            ("a `b c` d", &["a", "`b c`", "d"]),
            ("a$(b 'c)d e", &["a$(b 'c)d", "e"]),
            (r#"a "b\c\"" \n"#, &["a", "bc\"", "n"]),
            ("a # 'x'y\"z\"", &["a", "#", "xyz"]),
            ("\"a;b\" '&' \\; c", &["a;b", "&", ";", "c"]),
        ] {
            assert_eq!(split(line).unwrap().words, expected, "{line}");
        }
        for line in ["a 'b", "a \"b", "a b\\", "a (b) c", "a ) b", "a`b"] {
            assert_eq!(split(line), None, "{line}");
        }
    }
}

//! A command line split into words as Compose splits it: a shell's quotes, nothing else of it.

/// The words; `None` where a quote does not end.
pub(crate) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => loop {
                let word = word.get_or_insert_default();
                match characters.next()? {
                    '\'' => break,
                    c => word.push(c),
                }
            },
            '"' => loop {
                let word = word.get_or_insert_default();
                match characters.next()? {
                    '"' => break,
                    '\\' => match characters.next()? {
                        c @ ('"' | '\\' | '$' | '`') => word.push(c),
                        c => word.extend(['\\', c]),
                    },
                    c => word.push(c),
                }
            },
            '\\' => word.get_or_insert_default().push(characters.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_keep_words_together() {
        let words = split(r#"run --name "a b" 'c "d"' e\ f "" "#).unwrap();
        assert_eq!(words, ["run", "--name", "a b", r#"c "d""#, "e f", ""]);
        assert_eq!(split("a 'b"), None);
        assert_eq!(split("").unwrap(), [""; 0]);
    }
}

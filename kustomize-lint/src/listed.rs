//! Tables that are words with blanks between them.

pub(crate) fn is_listed(table: &str, word: &str) -> bool {
    table.split_ascii_whitespace().any(|known| known == word)
}

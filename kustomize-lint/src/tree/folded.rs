//! Folded blocks (`>`) after kustomize has written and read them once more.
//!
//! go-yaml, which kustomize uses, puts an empty line behind each line that does not begin with a blank.
//! The reader takes it away again, except before a line that is indented further, and at the end of a
//! block that keeps its last line ends.

/// The text of a folded block after that.
pub(super) fn rewritten(text: &str) -> String {
    let is_blank = |line: &str| line.starts_with([' ', '\t']);
    // go-yaml looks at the first line with a letter, whatever line it writes.
    let first = text.trim_start_matches('\n');
    if first.is_empty() || is_blank(first) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut lines = text.split('\n').peekable();
    let (mut last, mut ended) = ("", false);
    while let Some(line) = lines.next() {
        out.push_str(line);
        if !line.is_empty() {
            last = line;
        }
        let Some(next) = lines.peek() else { break };
        out.push('\n');
        let ends =
            !ended && next.is_empty() && out.ends_with("\n\n") && lines.clone().all(str::is_empty);
        let first = !line.is_empty();
        let indented = first && {
            let mut rest = lines.clone();
            rest.find(|line| !line.is_empty()).is_some_and(is_blank)
        };
        if !is_blank(last) && (indented || ends) {
            out.push('\n');
            ended |= ends;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::rewritten;

    #[test]
    fn only_lines_before_indented_ones_get_further_apart() {
        for (text, wanted) in [
            ("a\nb\n", "a\nb\n"),
            ("[\n  one,\n  two\n]", "[\n\n  one,\n  two\n]"),
            ("a\n\n  b\nc\n", "a\n\n\n  b\nc\n"),
            ("a\n\n", "a\n\n\n"),
            (" a\n  b\n", " a\n  b\n"),
            ("\na\n  b\n", "\na\n\n  b\n"),
            ("\n a\n", "\n a\n"),
            ("\n\n", "\n\n"),
        ] {
            assert_eq!(rewritten(text), wanted, "{text:?}");
        }
    }
}

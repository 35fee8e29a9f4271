//! Flow lists and mappings and quoted texts of several lines, in one line.
//!
//! YAML asks for every line of these to be indented deeper than its parent. libyaml, go-yaml and with them
//! Docker Compose and kubectl do not, and a closing bracket is often written below the key.

use std::borrow::Cow;

use super::quoted::OLD_BREAKS;

/// The text with every line break and comment inside of a flow collection, and every line break inside
/// of quotes, replaced by as many spaces, so that each byte keeps its place.
pub(super) fn in_one_line(text: &str) -> Cow<'_, str> {
    let mut bytes = text.as_bytes().to_vec();
    let mut scan = Scan::default();
    let mut at = 0;
    while at < bytes.len() {
        let end =
            bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |length| at + length);
        if scan.is_block(&bytes[at..end]) {
            at = end + 1;
            continue;
        }
        scan.line(&mut bytes, at, end);
        at = end + 1;
    }
    match String::from_utf8(bytes) {
        Ok(joined) if joined != text => Cow::Owned(joined),
        _ => Cow::Borrowed(text),
    }
}

/// Where in a text a reader stands.
#[derive(Default)]
struct Scan {
    /// How many flow collections are open.
    depth: usize,
    /// The quote that is open.
    quote: Option<u8>,
    /// The indentation of the key of a block of text, whose lines are deeper.
    block: Option<usize>,
    /// Whether a value may begin here: behind `:`, `-`, `,` or a bracket.
    fresh: bool,
}

impl Scan {
    /// Whether a line belongs to a block of text.
    fn is_block(&mut self, line: &[u8]) -> bool {
        let Some(indent) = self.block else { return false };
        let leading = line.iter().take_while(|byte| **byte == b' ').count();
        let inside = leading > indent || line.trim_ascii().is_empty();
        if !inside {
            self.block = None;
        }
        inside
    }

    /// Reads the line between two places of the text.
    fn line(&mut self, bytes: &mut [u8], start: usize, end: usize) {
        let mut at = start;
        if self.depth == 0 && self.quote.is_none() {
            self.fresh = true;
        }
        while at < end {
            let (byte, blank) = (bytes[at], at == start || bytes[at - 1].is_ascii_whitespace());
            if let Some(quote) = self.quote {
                let escape = if quote == b'"' { &b"\\"[..] } else { b"''" };
                let escaped = usize::from(bytes[at..end].starts_with(escape));
                let length = line_end(&bytes[at + escaped..end]);
                if length > 0 {
                    bytes[at..at + escaped + length].fill(b' ');
                } else if byte == quote && escaped == 0 {
                    self.quote = None;
                }
                at += 1 + escaped;
                continue;
            }
            match byte {
                b'#' if blank => {
                    if self.depth > 0 {
                        bytes[at..end].fill(b' ');
                    }
                    break;
                }
                b'\'' | b'"' if self.fresh => (self.quote, self.fresh) = (Some(byte), false),
                b'[' | b'{' if self.fresh || self.depth > 0 => {
                    self.depth += 1;
                    self.fresh = true;
                }
                b']' | b'}' if self.depth > 0 => {
                    self.depth -= 1;
                    self.fresh = false;
                }
                b',' if self.depth > 0 => self.fresh = true,
                b':' | b'-' | b'?' if byte == b':' || self.fresh => {
                    let next = bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
                    self.fresh = next || self.depth > 0 && byte == b':';
                }
                // An anchor or a tag stands before its value.
                b'&' | b'!' if self.fresh => {
                    while at + 1 < end && !bytes[at + 1].is_ascii_whitespace() {
                        at += 1;
                    }
                }
                b'|' | b'>' if self.fresh && self.depth == 0 => {
                    let line = &bytes[start..end];
                    self.block = Some(line.iter().take_while(|byte| **byte == b' ').count());
                    break;
                }
                byte if byte.is_ascii_whitespace() => {}
                _ => self.fresh = false,
            }
            at += 1;
        }
        let marks = [&b"---"[..], b"..."];
        let is_mark = marks
            .iter()
            .any(|mark| bytes.get(end + 1..).is_some_and(|next| next.starts_with(mark)));
        if self.depth > 0 && self.quote.is_none() || self.quote.is_some() && !is_mark {
            bytes[end..].iter_mut().take(1).for_each(|byte| *byte = b' ');
        }
    }
}

/// How many bytes the end of a line takes that a text begins with, other than a line feed.
fn line_end(bytes: &[u8]) -> usize {
    let starts = |end: &char| bytes.starts_with(end.encode_utf8(&mut [0; 4]).as_bytes());
    let end = OLD_BREAKS.into_iter().chain(['\r']).find(starts);
    end.map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::in_one_line;

    #[test]
    fn only_what_is_inside_of_brackets_is_joined() {
        for (text, joined) in [
            ("a: [\n  x, # ö\n\"y\"\n]\nb: 1\n", "a: [   x,      \"y\" ]\nb: 1\n"),
            ("a: &k {\n b: 'x\n y'\n}\n", "a: &k {  b: 'x  y' }\n"),
            ("a: \"x \\\r\ny\u{85}z\"\n", "a: \"x    y  z\"\n"),
            ("a: 'x\n---\ny'\n", "a: 'x\n--- y'\n"),
            ("a: x[0\nb: 'it''s [\n'\n", "a: x[0\nb: 'it''s [ '\n"),
            ("a: |\n  [ x\n  y\nb: it's [\n", "a: |\n  [ x\n  y\nb: it's [\n"),
            ("- [a,\nb]\n- c # [\n", "- [a, b]\n- c # [\n"),
        ] {
            assert_eq!(in_one_line(text), joined);
            assert_eq!(text.len(), joined.len());
        }
    }
}

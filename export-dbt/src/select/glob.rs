//! Patterns as Python's `fnmatch` and `Path.glob` read them, because dbt asks those.

/// A piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// `*`
    Any,
    /// `?`
    One,
    Char(char),
    /// `[abc]`, `[a-z]`, `[!a]`
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Piece {
    fn is(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Char(wanted) => *wanted == c,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
            }
        }
    }
}

/// Whether a text has a sign of a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', ']'])
}

/// Whether the whole text matches: `*`, `?`, `[abc]`, `[a-z]` and `[!a]`. Capitals matter.
pub(super) fn fnmatch(pattern: &str, text: &str) -> bool {
    let (pieces, text) = (pieces(pattern), text.chars().collect::<Vec<_>>());
    let (mut piece, mut at) = (0, 0);
    // Where the last `*` is, and the first character that it does not take.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                star = Some((piece, at));
                piece += 1;
            }
            Some(found) if found.is(text[at]) => {
                piece += 1;
                at += 1;
            }
            _ => {
                let Some((any, taken)) = star else { return false };
                star = Some((any, taken + 1));
                (piece, at) = (any + 1, taken + 1);
            }
        }
    }
    pieces[piece..].iter().all(|rest| *rest == Piece::Any)
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let chars: Vec<char> = pattern.chars().collect();
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let piece = match chars[at] {
            '*' => Piece::Any,
            '?' => Piece::One,
            '[' => match set(&chars[at + 1..]) {
                Some((set, length)) => {
                    at += length;
                    set
                }
                None => Piece::Char('['),
            },
            c => Piece::Char(c),
        };
        pieces.push(piece);
        at += 1;
    }
    pieces
}

/// The set that begins behind a `[`, and its length with the `]`; none when nothing closes it.
fn set(chars: &[char]) -> Option<(Piece, usize)> {
    let negated = chars.first() == Some(&'!');
    let start = usize::from(negated);
    // A `]` in the first place is a member.
    let end = start + 1 + chars.get(start + 1..)?.iter().position(|c| *c == ']')?;
    let (mut ranges, mut members) = (Vec::new(), &chars[start..end]);
    while let [first, rest @ ..] = members {
        members = match rest {
            ['-', last, rest @ ..] => {
                ranges.push((*first, *last));
                rest
            }
            _ => {
                ranges.push((*first, *first));
                rest
            }
        };
    }
    Some((Piece::Set { negated, ranges }, end + 1))
}

/// Whether a pattern of paths finds a file or folder: `*` within a name, `**` for any number of folders.
pub(super) fn finds(pattern: &str, path: &str, is_folder: bool) -> bool {
    let parts = |text: &str| {
        let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let (wanted, found) = (parts(pattern), parts(path));
    // `**` at the end finds folders alone.
    if wanted.is_empty() || (!is_folder && wanted.last().is_some_and(|last| last == "**")) {
        return false;
    }
    walk(&wanted, &found)
}

fn walk(wanted: &[String], found: &[String]) -> bool {
    match wanted {
        [] => found.is_empty(),
        [first, rest @ ..] if first == "**" => {
            (0..=found.len()).any(|taken| walk(rest, &found[taken..]))
        }
        [first, rest @ ..] => match found {
            [name, below @ ..] => fnmatch(first, name) && walk(rest, below),
            [] => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_names() {
        let good = [
            ("", ""),
            ("a", "a"),
            ("*", ""),
            ("a*c", "abbc"),
            ("*ab*ab", "abxabab"),
            ("a?c", "a.c"),
            ("[ab]c", "bc"),
            ("[a-c]x", "bx"),
            ("[!a]x", "bx"),
            ("[]]", "]"),
            ("[!]]", "a"),
            ("[a", "[a"),
            ("[a-]", "-"),
            ("é*", "éx"),
        ];
        for (pattern, text) in good {
            assert!(fnmatch(pattern, text), "{pattern} {text}");
        }
        let bad = [
            ("a", "A"),
            ("a", "ab"),
            ("a?", "a"),
            ("[a-c]", "d"),
            ("[!a]", "a"),
            ("*b", "abc"),
            ("[^a]", "b"),
            ("[]", "]"),
        ];
        for (pattern, text) in bad {
            assert!(!fnmatch(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_of_paths() {
        let good = [
            ("models", "models", true),
            ("./models//gold/", "models/gold", true),
            ("models/*", "models/gold", true),
            ("models/**", "models", true),
            ("**/gold", "models/gold", true),
            ("models/**/*.sql", "models/a/b/t.sql", false),
            ("models/**/t.sql", "models/t.sql", false),
            ("**", "", true),
        ];
        for (pattern, path, is_folder) in good {
            assert!(finds(pattern, path, is_folder), "{pattern} {path}");
        }
        let bad = [
            ("models/*", "models/a/b", true),
            ("models/**", "models/t.sql", false),
            (".", "", true),
            ("models/go", "models/gold", true),
            ("models/gold/t", "models/gold", true),
        ];
        for (pattern, path, is_folder) in bad {
            assert!(!finds(pattern, path, is_folder), "{pattern} {path}");
        }
    }
}

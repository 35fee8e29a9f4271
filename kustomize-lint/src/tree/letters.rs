//! Letters as YAML and go-yaml see them.

/// Whether YAML forbids a sign.
pub(super) fn is_control(sign: char) -> bool {
    let is_free = matches!(sign, '\t' | '\n' | '\r' | '\u{85}');
    sign.is_control() && !is_free || matches!(sign, '\u{fffe}' | '\u{ffff}')
}

/// Whether go-yaml can write a text as a block while kustomize works on it. Unlike the last writer, it
/// takes tabs there.
pub(super) fn may_be_block(text: &str) -> bool {
    let is_plain = |letter| letter == '\t' || is_printable(letter);
    !text.is_empty() && !text.contains(" \n") && !text.ends_with(' ') && text.chars().all(is_plain)
}

/// As go-yaml sees it: neither a tab nor a letter beyond the basic plane.
pub(super) fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && letter != '\u{feff}'
}

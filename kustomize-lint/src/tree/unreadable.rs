//! Texts and keys that kustomize prints and cannot read.

use super::letters::is_control;
use super::scalar::{Kind, Scalar};
use super::timestamp;

/// Why kustomize cannot read a text again after it has written it.
pub(crate) fn unreadable(scalar: &Scalar) -> Option<&'static str> {
    // Control characters of ASCII are escaped.
    let is_lost = |letter| letter > '~' && is_control(letter);
    if scalar.kind != Kind::Text {
        None
    } else if scalar.text.contains(is_lost) {
        Some("kustomize cannot print a text with this control character")
    } else if scalar.text.starts_with('\t') && scalar.is_block() {
        Some("kustomize cannot print a block of which the first line begins with a tab")
    } else {
        None
    }
}

/// Whether a key is read as text again where kustomize writes it without quotes.
pub(crate) fn stays_a_key(key: &str) -> bool {
    Scalar::plain(key).kind == Kind::Text && timestamp::canonical(key).is_none()
}

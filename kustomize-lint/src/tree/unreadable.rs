//! Texts that kustomize prints and cannot read.

use super::read::is_control;
use super::scalar::{Kind, Scalar};
use super::text::may_be_block;

/// Why kustomize cannot read a text again after it has written it.
pub(crate) fn unreadable(scalar: &Scalar) -> Option<&'static str> {
    // Control characters of ASCII are escaped.
    let is_lost = |letter| letter > '~' && is_control(letter);
    let is_block = !scalar.was_quoted() && may_be_block(&scalar.text);
    if scalar.kind != Kind::Text {
        None
    } else if scalar.text.contains(is_lost) {
        Some("kustomize cannot print a text with this control character")
    } else if is_block && scalar.text.starts_with('\t') {
        Some("kustomize cannot print several lines of which the first begins with a tab")
    } else {
        None
    }
}

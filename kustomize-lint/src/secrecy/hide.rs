//! Keeping secrets of the files that were read out of every message.

use common::secrets::{names_secret, unreadable};

use super::places::places;
use crate::tree::{Files, Node, Place};

impl Files {
    /// Keeps the secrets of an object, a patch or a list of them out of every message.
    pub(crate) fn hide_secrets(&mut self, node: &Node) {
        self.hide_secrets_for(node, false);
    }

    /// The same for what may be about a Secret without saying so.
    pub(crate) fn hide_secrets_for(&mut self, node: &Node, secret: bool) {
        for place in places(node, secret) {
            self.hide(place);
        }
    }

    /// Keeps what may be secret in a part of a file that cannot be read out of every message.
    pub(crate) fn hide_unreadable(&mut self, part: Place) {
        let text = self.get(part.file).text.get(part.span()).unwrap_or_default();
        for range in unreadable(text) {
            let start = part.start as usize;
            self.hide(Place::new(part.file, &(start + range.start..start + range.end)));
        }
    }

    /// Keeps the values of keys that stand twice out of every message, where they may be secret:
    /// of one of them nothing else is known.
    pub(crate) fn hide_twice(&mut self, pairs: &[(Place, Place)]) {
        for key in pairs.iter().flat_map(|(later, earlier)| [*later, *earlier]) {
            let text = &self.get(key.file).text;
            let name = text.get(key.span()).unwrap_or_default().trim_matches(['"', '\'']);
            let rest = text.get(key.end as usize..).and_then(|rest| rest.lines().next());
            let end = key.end as usize + rest.map_or(0, str::len);
            if name.starts_with("val") || names_secret(name) {
                self.hide(Place::new(key.file, &(key.end as usize + 1..end)));
            }
        }
    }
}

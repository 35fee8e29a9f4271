//! Patches that stand in a kustomization: their places are lines of that file.

use super::documents::{parsed, understood};
use crate::load::Context;
use crate::tree::{FileId, Node, Place};

/// A patch that stands in the kustomization itself: its places are lines of that file.
pub(crate) fn inline(text: &str, place: Place, context: &mut Context) -> Vec<Node> {
    let lines = Lines::new(&context.files.get(place.file).text, place, text);
    let read = understood(place.file, text);
    let mut nodes = match read {
        Ok(mut read) => {
            for (later, earlier) in &mut read.duplicates {
                *later = lines.map(*later);
                *earlier = lines.map(*earlier);
            }
            read.odd_keys.iter_mut().for_each(|key| *key = lines.map(*key));
            parsed(Ok(read), context)
        }
        Err((at, message)) => parsed(Err((lines.map(at), message)), context),
    };
    for node in &mut nodes {
        lines.move_node(node);
    }
    nodes
}

/// Where the lines of a block scalar stand in its file.
pub(super) struct Lines {
    place: Place,
    /// For each line of the text its first byte there and in the file.
    starts: Vec<(u32, u32)>,
}

impl Lines {
    pub(super) fn new(file: &str, place: Place, text: &str) -> Self {
        let region = file.get(place.span()).unwrap_or_default();
        let mut starts = Vec::new();
        let (mut in_text, mut in_region) = (0, 0);
        for line in text.split_inclusive('\n') {
            let content = line.trim_end();
            let found = region.get(in_region..).and_then(|rest| rest.find(content));
            let Some(found) = found.filter(|_| !content.is_empty()) else {
                in_text += line.len();
                continue;
            };
            starts.push((in_text as u32, place.start + (in_region + found) as u32));
            in_region += found + content.len();
            in_text += line.len();
        }
        Lines { place, starts }
    }

    pub(super) fn map(&self, place: Place) -> Place {
        let shift = |byte: u32| {
            let at = self.starts.partition_point(|(start, _)| *start <= byte);
            match at.checked_sub(1).map(|at| self.starts[at]) {
                Some((text, file)) => (file + (byte - text)).min(self.place.end),
                None => self.place.start,
            }
        };
        let file: FileId = self.place.file;
        let start = shift(place.start);
        Place { file, start, end: shift(place.end).max(start) }
    }

    pub(super) fn move_node(&self, node: &mut Node) {
        node.each_origin_mut(&mut |origin| origin.base = self.map(origin.base));
    }
}

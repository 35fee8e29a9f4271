//! The image of a service, and the texts that can name one.

use super::Builder;
use crate::spec::text;
use crate::spec::types;

impl Builder<'_> {
    /// The image; that of a build where none is named.
    pub(super) fn image(&mut self, name: &str, service: &types::Service) -> String {
        let path = ["services", name, "image"];
        let Some(image) = service.image.as_ref().filter(|image| !image.is_empty()) else {
            if service.build.is_none() {
                let message = format!("service \"{name}\" has no image");
                let place = if service.image.is_some() { &path[..] } else { &path[..2] };
                self.say.hinted("no-image", message, place, "image: name:tag");
            }
            return self.built_image(name);
        };
        // A variable that is missing has been reported.
        if !image.contains('$') && !is_image(&text::settled(image)) {
            let message = format!("\"{}\" is not an image name", text::settled(image));
            let hint = "[registry/]name[:tag], in lower-case letters; a variable may have no value";
            self.say.hinted("bad-image", message, &path, hint);
        }
        image.clone()
    }

    /// Compose's name of the image that it builds.
    pub(super) fn built_image(&self, name: &str) -> String {
        let project = self.document.name.clone().unwrap_or_else(|| self.project());
        format!("{project}-{name}")
    }
}

/// Whether a text is a reference to an image: `[registry[:port]/]name[:tag][@digest]`.
fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let tag = name.rfind(':').filter(|at| !name[*at..].contains('/'));
    let (repository, tag) = match tag {
        Some(at) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let good_tag = |tag: &str| !tag.is_empty() && tag.len() <= 128 && tag.chars().all(word);
    let mut parts = repository.split('/').enumerate();
    let several = repository.contains('/');
    let part = |(index, part): (usize, &str)| {
        let registry = index == 0 && several;
        let good = |c: char| {
            c.is_ascii_lowercase()
                || c.is_ascii_digit()
                || "_.-".contains(c)
                || registry && (c == ':' || c.is_ascii_uppercase() || c == '[' || c == ']')
        };
        // Only a registry may have capitals, and it has a dot, a port, or is localhost.
        let capitals = part.chars().any(|c| c.is_ascii_uppercase());
        let host = part.contains(['.', ':']) || part == "localhost";
        !part.is_empty()
            && part.chars().all(good)
            && (!capitals || host)
            && part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && (registry || part.ends_with(|c: char| c.is_ascii_alphanumeric()))
    };
    parts.all(part) && tag.is_none_or(good_tag) && digest.is_none_or(|digest| digest.contains(':'))
}

//! Names of images.

use crate::transform::image_parts;

/// `registry/repository:tag@digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Image<'a> {
    /// Without the registry, and without the `library/` of Docker's own images.
    pub(crate) repository: &'a str,
    /// The tag as written.
    pub(crate) tag: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// Takes a name apart.
    pub(crate) fn parse(text: &'a str) -> Self {
        let (path, tag, digest) = image_parts(text);
        let is_registry = |first: &str| first.contains(['.', ':']) || first == "localhost";
        let repository = match path.split_once('/') {
            Some((first, repository)) if is_registry(first) => repository,
            _ => path,
        };
        let repository = repository.strip_prefix("library/").unwrap_or(repository);
        Image { repository, tag, digest }
    }

    /// Whether both are the same repository: a mirror puts something before its path.
    pub(crate) fn same_repository(&self, other: &Image<'_>) -> bool {
        let below = |long: &str, short: &str| {
            long.strip_suffix(short)
                .is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        below(self.repository, other.repository) || below(other.repository, self.repository)
    }

    /// Whether both are the same version; a tag or digest that only one of them has is not compared.
    pub(crate) fn same_version(&self, other: &Image<'_>) -> bool {
        match (self.digest, other.digest) {
            (Some(digest), Some(other)) => return digest == other,
            // A digest without a tag may be any version.
            (Some(_), None) if self.tag.is_none() => return true,
            (None, Some(_)) if other.tag.is_none() => return true,
            _ => {}
        }
        self.tag.unwrap_or("latest") == other.tag.unwrap_or("latest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let parts = |text| {
            let image = Image::parse(text);
            (image.repository, image.tag, image.digest)
        };
        assert_eq!(parts("nginx"), ("nginx", None, None));
        assert_eq!(parts("docker.io/library/nginx:1"), ("nginx", Some("1"), None));
        assert_eq!(parts("localhost:5000/a/b"), ("a/b", None, None));
        assert_eq!(parts("r.io:1/a:2@sha256:0"), ("a", Some("2"), Some("sha256:0")));
    }

    #[test]
    fn mirrors_and_digests() {
        let same = |a, b| {
            let (a, b) = (Image::parse(a), Image::parse(b));
            (a.same_repository(&b), a.same_version(&b))
        };
        assert_eq!(same("nginx:1", "mirror.io/hub/nginx:1"), (true, true));
        assert_eq!(same("nginx:1", "my-nginx:1"), (false, true));
        assert_eq!(same("nginx", "nginx:latest"), (true, true));
        assert_eq!(same("nginx:1", "nginx:2"), (true, false));
        assert_eq!(same("nginx:1@sha256:a", "nginx:1@sha256:b"), (true, false));
        assert_eq!(same("nginx:1", "nginx@sha256:b"), (true, true));
        assert_eq!(same("nginx:1", "nginx:2@sha256:b"), (true, false));
    }
}

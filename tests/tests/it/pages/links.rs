//! Every relative link leads to a file, and every `#fragment` to a heading.

use std::path::{Component, Path, PathBuf};

use super::{Page, all, prose};
use rideshare_tests::root;

/// GitHub's identifier of a heading: lower case, punctuation gone, blanks as hyphens.
fn identifier(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The targets of `[text](target)` in a line, images included.
fn targets(line: &str) -> Vec<&str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
        .collect()
}

fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        match component {
            Component::ParentDir => _ = path.pop(),
            Component::CurDir => {}
            other => path.push(other),
        }
        path
    })
}

fn broken(page: &Page, pages: &[Page]) -> Vec<String> {
    let folder = Path::new(&page.path).parent().unwrap();
    let mut broken = Vec::new();
    for (number, line) in prose(&page.text) {
        for target in targets(line) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                PathBuf::from(&page.path)
            } else {
                normal(&folder.join(file))
            };
            let heading = |to: &Page| {
                to.text.lines().any(|line| line.starts_with('#') && identifier(line) == fragment)
            };
            let found = (file.is_empty() || root().join(&path).exists())
                && (fragment.is_empty()
                    || pages.iter().find(|to| Path::new(&to.path) == path).is_some_and(heading));
            if !found {
                broken.push(format!("{}:{number}: {target}", page.path));
            }
        }
    }
    broken
}

#[test]
fn every_link_leads_somewhere() {
    let pages = all();
    let broken: Vec<String> = pages.iter().flat_map(|page| broken(page, &pages)).collect();
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    let page = Page {
        path: "docs/a.md".into(),
        text: "# A b, c\n[x](no.md) [y](#a-b-c) [z](#none)\n```\n[q](no.md)\n```\n".into(),
    };
    assert_eq!(
        broken(&page, std::slice::from_ref(&page)),
        ["docs/a.md:2: no.md", "docs/a.md:2: #none"]
    );
}

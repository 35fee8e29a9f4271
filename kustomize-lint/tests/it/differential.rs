//! One small kustomization per semantic, rendered here, by `kubectl kustomize` and by the
//! standalone kustomize: the same objects in the same order (with upstream's kubectl the same bytes), or
//! an error everywhere.

use std::path::PathBuf;
use std::process::Command;

use libtest_mimic::Trial;
use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::{Case, cases};

use crate::trial;

const FAMILIES: &[(&str, &str)] = &[
    ("resources", include_str!("cases/resources.txt")),
    ("generators", include_str!("cases/generators.txt")),
    ("merge", include_str!("cases/merge.txt")),
    ("json", include_str!("cases/json.txt")),
    ("names", include_str!("cases/names.txt")),
    ("fields", include_str!("cases/fields.txt")),
    ("replacements", include_str!("cases/replacements.txt")),
    ("configured", include_str!("cases/configured.txt")),
    ("details", include_str!("cases/details.txt")),
];

/// A program that renders kustomizations, as `scripts/peers` installs it.
#[derive(Clone, Copy)]
struct Peer {
    /// The name of its path.
    key: &'static str,
    name: &'static str,
    arguments: &'static [&'static str],
    build: Build,
}

#[derive(Clone, Copy)]
enum Build {
    /// kubectl with the libraries of its own project, by its minor version of Kubernetes 1.
    Upstream(u32),
    /// kubectl with the libraries of Debian.
    Debian,
    /// kustomize alone.
    Kustomize,
}

const KUBECTL: &[&str] = &["kustomize"];

/// The oldest and the newest semantics, and the builds of Debian. The newest semantics count: cases
/// named `(since 1.31)` are those in which older versions, measured with 1.27 to 1.33, do something
/// else.
const PEERS: [Peer; 4] = [
    Peer {
        key: "PEER_KUBECTL_1_27",
        name: "kubectl 1.27.1",
        arguments: KUBECTL,
        build: Build::Upstream(27),
    },
    Peer {
        key: "PEER_KUBECTL_1_33",
        name: "kubectl 1.33.9",
        arguments: KUBECTL,
        build: Build::Upstream(33),
    },
    Peer {
        key: "PEER_KUBECTL",
        name: "Debian's kubectl 1.32.3",
        arguments: KUBECTL,
        build: Build::Debian,
    },
    Peer {
        key: "PEER_KUSTOMIZE",
        name: "Debian's kustomize 5.6.0",
        arguments: &["build"],
        build: Build::Kustomize,
    },
];

impl Peer {
    /// Whether its answer counts for a case.
    fn decides(self, case: &Case) -> bool {
        let says = |word: &str| case.name.contains(word);
        match self.build {
            Build::Upstream(minor) => minor >= since(case),
            Build::Debian => !says("(upstream only)"),
            Build::Kustomize => !says("(upstream only)") && !says("(kubectl only)"),
        }
    }
}

/// The version since which a case is as it is here.
fn since(case: &Case) -> u32 {
    let version = case.name.split_once("(since 1.").and_then(|(_, rest)| rest.strip_suffix(')'));
    version.map_or(0, |version| version.parse().unwrap())
}

/// A test for each case: `merge: a list of ports`.
pub(crate) fn trials() -> Vec<Trial> {
    let peers: Vec<(Peer, PathBuf)> =
        PEERS.iter().filter_map(|peer| Some((*peer, peers::find(peer.key)?))).collect();
    let peers: &'static [(Peer, PathBuf)] = peers.leak();
    let of_family = |(family, text): &(&str, &str)| {
        let family = (*family).to_owned();
        cases(text)
            .into_iter()
            .map(move |case| trial(format!("{family}: {}", case.name), move || same(&case, peers)))
    };
    FAMILIES.iter().flat_map(of_family).collect()
}

/// Every peer renders the same, or refuses as well.
fn same(case: &Case, peers: &[(Peer, PathBuf)]) {
    let folder = tempfile::tempdir().unwrap();
    let top = case.write(folder.path());
    let ours = run(Command::new(env!("CARGO_BIN_EXE_kustomize-lint")).arg("build").arg(&top));
    for (peer, path) in peers.iter().filter(|(peer, _)| peer.decides(case)) {
        let theirs = run(Command::new(path).args(peer.arguments).arg(&top));
        let agrees = match peer.build {
            Build::Upstream(_) if ours.status == 0 => ours.stdout == theirs.stdout,
            _ => agrees(&ours, &theirs),
        };
        assert!(
            agrees,
            "--- ours\n{}--- {}\n{}",
            ours.transcript(&[]),
            peer.name,
            theirs.transcript(&[])
        );
    }
}

fn agrees(ours: &Run, theirs: &Run) -> bool {
    match (ours.status, theirs.status) {
        // Nothing at all is one empty document for this reader.
        (0, 0) => {
            rideshare_tests::yaml::documents(&ours.stdout)
                == rideshare_tests::yaml::documents(&theirs.stdout)
        }
        (0, _) | (_, 0) => false,
        // Bad input, said in an orderly way.
        (status, _) => status == 2,
    }
}

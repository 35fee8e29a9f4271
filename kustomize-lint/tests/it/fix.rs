//! `--fix`: the rendering stays, comments stay, and there is nothing left to fix.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::cases;

const OLD: &str = "## case
-- base/kustomization.yaml --
# The platform's base.
bases: [../web] # moved here
commonLabels:
  # who pays
  team: data
-- web/kustomization.yaml --
resources: [web.yaml]
-- web/web.yaml --
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
-- overlay/kustomization.yaml --
bases:
  # one base only
  - ../base
patchesStrategicMerge:
  - patch.yaml # the port
-- overlay/patch.yaml --
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort}
";

fn tool(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.current_dir(folder).args(arguments))
}

fn texts(folder: &Path) -> Vec<String> {
    ["base", "overlay", "web"]
        .map(|name| fs::read_to_string(folder.join(name).join("kustomization.yaml")).unwrap())
        .to_vec()
}

#[test]
fn deprecated_fields_are_replaced_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    cases(OLD)[0].write(folder.path());
    let render = || tool(folder.path(), &["build", "overlay"]).expect(0).stdout;
    let (before, old) = (render(), texts(folder.path()));
    let found = tool(folder.path(), &["--select", "KB015"]).expect(1);
    assert!(found.stdout.contains("--fix does this"), "{}", found.stdout);

    let fixed = tool(folder.path(), &["--select", "KB015", "--fix"]).expect(0);
    assert!(fixed.stderr.contains("fixed in base/kustomization.yaml"), "{}", fixed.stderr);
    assert_eq!(render(), before);
    let new = texts(folder.path());
    assert_ne!(new, old);
    for comment in ["# The platform's base.", "# moved here", "# who pays"] {
        assert!(new[0].contains(comment), "{comment}\n{}", new[0]);
    }
    for comment in ["# one base only", "# the port"] {
        assert!(new[1].contains(comment), "{comment}\n{}", new[1]);
    }

    // Nothing is left to do, and nothing is done.
    let again = tool(folder.path(), &["--select", "KB015", "--fix"]).expect(0);
    assert_eq!((again.stderr.as_str(), texts(folder.path())), ("", new));
}

#[test]
fn line_ends_of_windows_stay() {
    let folder = tempfile::tempdir().unwrap();
    cases(OLD)[0].write(folder.path());
    for name in ["base", "overlay", "web"] {
        let path = folder.path().join(name).join("kustomization.yaml");
        let text = fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
        fs::write(path, text).unwrap();
    }
    tool(folder.path(), &["--select", "KB015", "--fix"]).expect(0);
    for text in texts(folder.path()) {
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
    }
    assert!(texts(folder.path())[1].contains("patches:\r\n"));
}

#[test]
fn what_does_not_build_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    cases(&OLD.replace("  - ../base\n", "  - ../base\n  - ../missing\n"))[0].write(folder.path());
    let old = texts(folder.path());
    tool(folder.path(), &["--select", "KB015", "--fix"]);
    assert_eq!(texts(folder.path()), old);
}

#[test]
fn without_fix_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    cases(OLD)[0].write(folder.path());
    let old = texts(folder.path());
    tool(folder.path(), &[]);
    assert_eq!(texts(folder.path()), old);
}

#[test]
fn what_is_suppressed_is_not_fixed() {
    let folder = tempfile::tempdir().unwrap();
    let text = OLD.replace(
        "bases:\n  # one base only",
        "bases: # kustomize-lint: ignore[KB015] until everybody has kustomize 5\n  # one base only",
    );
    cases(&text)[0].write(folder.path());
    tool(folder.path(), &["--select", "KB015", "--fix"]).expect(0);
    let overlay = &texts(folder.path())[1];
    assert!(overlay.contains("bases:") && !overlay.contains("patchesStrategicMerge"), "{overlay}");
}

#[test]
fn a_file_that_cannot_be_written_is_said_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    cases(OLD)[0].write(folder.path());
    let old = texts(folder.path());
    // A folder that takes no new file; root is refused, too, where the flag can be set.
    let protect =
        |flag: &str| run(Command::new("chattr").arg(flag).arg(folder.path().join("base")));
    if protect("+i").status != 0 {
        rideshare_tests::peers::skip("a file system with immutable folders (chattr)");
        return;
    }
    let refused = tool(folder.path(), &["--select", "KB015", "--fix"]);
    protect("-i").expect(0);
    assert_eq!(refused.status, 2, "{}", refused.transcript(&[]));
    assert!(refused.stderr.contains("cannot write"), "{}", refused.stderr);
    assert_eq!(texts(folder.path())[0], old[0]);
}

//! The hook of pre-commit and the step of the GitHub action, as these run them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, root};

use rideshare_tests::archive::cases;

const BAD: &str = "## case
-- overlay/kustomization.yaml --
resources: [web.yaml]
-- overlay/web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: \"nginx:1.27\", envFrom: [{configMapRef: {name: a}}]}]}
-- .kustomize-lint.toml --
select = [\"KR001\"]
";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    cases(BAD)[0].write(folder.path());
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    run(Command::new("git").current_dir(folder).args(settings).args(arguments)).expect(0);
}

/// The folder of the tool, first on a PATH.
fn path() -> String {
    let tool = PathBuf::from(env!("CARGO_BIN_EXE_kustomize-lint"));
    format!("{}:{}", tool.parent().unwrap().display(), std::env::var("PATH").unwrap())
}

#[test]
fn pre_commit_runs_the_hook() {
    let Some(pre_commit) = peers::find("PEER_PRE_COMMIT") else { return };
    // The hooks' own repository, as pre-commit clones it.
    let hooks = tempfile::tempdir().unwrap();
    fs::create_dir_all(hooks.path().join("scripts/release")).unwrap();
    for file in [".pre-commit-hooks.yaml", "scripts/release/hook", "scripts/release/install"] {
        fs::copy(root().join(file), hooks.path().join(file)).unwrap();
    }
    git(hooks.path(), &["init", "--quiet"]);
    git(hooks.path(), &["add", "."]);
    git(hooks.path(), &["commit", "--quiet", "--message", "hooks"]);
    let project = project();
    git(project.path(), &["init", "--quiet"]);
    git(project.path(), &["add", "."]);
    let hook = || -> Run {
        let mut command = Command::new(&pre_commit);
        command.current_dir(project.path()).env("PATH", path());
        command.env("PRE_COMMIT_HOME", hooks.path().join("cache")).arg("try-repo");
        run(command.arg(hooks.path()).args(["kustomize-lint", "--all-files"]))
    };
    let failed = hook().expect(1);
    assert!(failed.stdout.contains("overlay/web.yaml:4:86"), "{}", failed.transcript(&[]));
    let web = project.path().join("overlay/web.yaml");
    let optional =
        fs::read_to_string(&web).unwrap().replace("name: a}}", "name: a, optional: true}}");
    fs::write(&web, optional).unwrap();
    git(project.path(), &["add", "."]);
    let passed = hook().expect(0);
    assert!(passed.stdout.contains("Passed"), "{}", passed.transcript(&[]));
}

#[test]
fn the_action_annotates_and_hands_its_sarif_on() {
    let project = project();
    let temporary = tempfile::tempdir().unwrap();
    let output = temporary.path().join("output");
    let step = |paths: &str, severity: &str| {
        fs::write(&output, "").unwrap();
        let mut command = Command::new(root().join(".github/actions/kustomize-lint/run"));
        command.current_dir(project.path());
        command.env("KUSTOMIZE_LINT", env!("CARGO_BIN_EXE_kustomize-lint"));
        command.env("RUNNER_TEMP", temporary.path()).env("GITHUB_OUTPUT", &output);
        command.envs([("INPUT_PATHS", paths), ("INPUT_SEVERITY", severity)]);
        run(command.envs([("INPUT_COMPOSE", ""), ("KUSTOMIZE_LINT_CONFIG", "")]))
    };
    let failed = step("overlay\n", "warning").expect(1);
    assert!(failed.stdout.starts_with("::error file=overlay/web.yaml,"), "{}", failed.stdout);
    let named = fs::read_to_string(&output).unwrap();
    let file = named.trim().strip_prefix("sarif=").unwrap();
    assert!(fs::read_to_string(file).unwrap().contains("\"KR001\""));
    // A step that could not run has nothing to upload.
    step("missing", "warning").expect(2);
    assert_eq!(fs::read_to_string(&output).unwrap(), "");
}

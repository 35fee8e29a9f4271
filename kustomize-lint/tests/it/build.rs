//! The command `build`: status, messages and origins.

use std::process::Command;

use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::cases;

fn build(text: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let top = cases(&format!("## case\n{text}"))[0].write(folder.path());
    let top = top.strip_prefix(folder.path()).unwrap();
    let top = if top.as_os_str().is_empty() { "." } else { top.to_str().unwrap() };
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.arg("build").arg(top).args(arguments).current_dir(folder.path()))
}

const CONFIG_MAP: &str = "
-- base/kustomization.yaml --
resources: [map.yaml]
-- base/map.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: map
data:
  a: base
";

#[test]
fn origins_name_the_base_line_and_the_patch_line() {
    let text = format!(
        "{CONFIG_MAP}
-- top/kustomization.yaml --
namespace: prod
resources: [../base]
patches:
- path: patch.yaml
- patch: |-
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: map
    data:
      b: inline
-- top/patch.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: map
data:
  a: patched
"
    );
    let shown = build(&text, &["--origins"]).expect(0).stdout;
    for line in [
        "  a: patched # base/map.yaml:6:6 -> top/patch.yaml:6:6 (merge patch)",
        "  b: inline # top/kustomization.yaml:11:10 (merge patch)",
        "kind: ConfigMap # base/map.yaml:2:7",
        "  namespace: prod # top/kustomization.yaml:1:12 (namespace)",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line}\n{shown}");
    }
}

#[test]
fn what_is_not_rendered_is_said_and_the_status_is_3() {
    let text = "-- kustomization.yaml --\nresources: [map.yaml, 'https://example.com/base?ref=1']\n\
                helmCharts: [{name: x}]\n-- map.yaml --\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n";
    let done = build(text, &[]).expect(3);
    assert!(done.stdout.contains("name: a"), "{}", done.stdout);
    assert!(done.stderr.contains("remote base") && done.stderr.contains("helmCharts"));
}

#[test]
fn problems_of_one_run_are_reported_together_with_their_places() {
    let text = "-- kustomization.yaml --\nresources: [missing.yaml, broken.yaml]\nunknown: 1\n\
                -- broken.yaml --\na: [\n";
    let done = build(text, &[]).expect(2);
    for word in ["there is no file or folder", "not valid YAML", "unknown field `unknown`"] {
        assert!(done.stderr.contains(word), "{word}\n{}", done.stderr);
    }
    assert!(done.stderr.contains("kustomization.yaml:1:13"), "{}", done.stderr);
}

#[test]
fn bombs_and_depths_are_errors() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
                g: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\nh: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    let deep = format!("a: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    for text in [bomb, &deep] {
        let text = format!("-- kustomization.yaml --\nresources: [r.yaml]\n-- r.yaml --\n{text}");
        build(&text, &[]).expect(2);
    }
}

#[test]
fn no_message_shows_a_secret() {
    for text in [
        "-- kustomization.yaml --\nsecretGenerator: [{name: a, literals: [k=hunter2, k=hunter2]}]\n",
        "-- kustomization.yaml --\nsecretGenerator: [{name: a, envs: [a.env]}]\n\
         -- a.env --\nk=hunter2\nk=hunter2\n",
        "-- kustomization.yaml --\nresources: [a.yaml]\n\
         -- a.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  k: hunter2\n  k: hunter2\n",
        "-- kustomization.yaml --\nresources: [a.yaml]\n\
         -- a.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  k: [hunter2\n",
    ] {
        let done = build(text, &[]).expect(2);
        assert!(!done.stderr.contains("unter2"), "{}", done.stderr);
    }
}

#[test]
fn very_large_mappings_are_merged_in_bounded_time() {
    let data: String = (0..60_000).map(|at| format!("  k{at}: v\n")).collect();
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n";
    let text = format!(
        "## case\n-- kustomization.yaml --\nresources: [a.yaml]\npatches: [{{path: p.yaml}}]\n\
         -- a.yaml --\n{head}{data}-- p.yaml --\n{head}{}",
        data.replace(": v", ": w")
    );
    let folder = tempfile::tempdir().unwrap();
    cases(&text)[0].write(folder.path());
    // Seconds of the processor, which other programs on the machine do not add to.
    run(Command::new("sh")
        .args(["-c", "ulimit -t 20; exec \"$@\"", "sh"])
        .args([env!("CARGO_BIN_EXE_kustomize-lint"), "build", "."])
        .current_dir(folder.path()))
    .expect(0);
}

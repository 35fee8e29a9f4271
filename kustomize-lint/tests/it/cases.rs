//! The tables of cases: each case is a test with a name, so that one that fails names itself and can
//! be run alone: `cargo test -p kustomize-lint --test cases -- 'KR004 bad a generator'`.

mod differential;
mod objects;
mod peer;
mod rules;
mod secrets;
mod silent;

use libtest_mimic::{Arguments, Failed, Trial};
use rideshare_tests::run::Run;

/// A case as a test. A panic is its failure, as in other tests.
fn trial(name: String, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok::<(), Failed>(())
    })
}

/// Compares a run with the recorded one. The names are those of `tests/it/snapshots`.
fn snapshot(name: &str, done: &Run) {
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format!("it__{name}"), done.transcript(&[]));
    });
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = rules::trials();
    trials.extend(differential::trials());
    trials.extend(silent::trials());
    trials.extend(objects::trials());
    trials.extend(secrets::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

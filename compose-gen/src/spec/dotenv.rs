//! Env files that a specification names: read now, so that both sides have the same values.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use common::compose::dotenv::{self, Value};
use common::compose::variables::Names;
use common::diagnostic::Report;
use common::project::Env;

/// The form of an env file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With quotes and variables.
    Compose,
    /// `format: raw`: everything behind the `=` is the value.
    Raw,
}

/// The assignments of a file, whose variables are earlier lines and those of `env`; one without a value
/// is blank, as Compose takes it. A line that is no assignment goes to the report. A name alone takes
/// its value from whoever runs Compose, so it has none here.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn read(
    path: &Path,
    form: Form,
    env: &Env,
    report: &mut Report,
) -> io::Result<BTreeMap<String, String>> {
    if form == Form::Raw {
        let text = std::fs::read_to_string(path)?;
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once('='));
        return Ok(pairs.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect());
    }
    let mut file = dotenv::read(path, report)?;
    file.assignments.retain(|assignment| !matches!(assignment.value, Value::Outside));
    let value = |name: &str| env.get(name).cloned();
    let names = Names {
        value: &value,
        missing: &|reference| reference.operator.is_empty().then(String::new),
    };
    Ok(dotenv::values(&file.assignments, &names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, form: Form) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.env");
        std::fs::write(&path, text).unwrap();
        let env = Env::from([("OUTER".to_owned(), "o".to_owned())]);
        super::read(&path, form, &env, &mut Report::default()).unwrap().into_iter().collect()
    }

    #[test]
    fn a_value_may_mention_earlier_lines_and_the_projects_variables() {
        let text = "A='x $y'\nB=\"\\$z\"\nC=$A-$OUTER-$U-${U:-d}\nD\nE=\n";
        let all = read(text, Form::Compose);
        let shown: Vec<_> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(shown, [("A", "x $y"), ("B", "$z"), ("C", "x $y-o--d"), ("E", "")]);
    }

    #[test]
    fn a_raw_file_has_no_quotes_and_no_variables() {
        let all = read("# c\nA='x' $y # z\nB=\n", Form::Raw);
        let shown: Vec<_> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(shown, [("A", "'x' $y # z"), ("B", "")]);
    }
}

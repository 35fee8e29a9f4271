//! The `$GITHUB_ENV` file of a GitHub Actions job, and the masks that keep values out of its log.

use anyhow::{Result, anyhow};
use common::github;
use secrecy::ExposeSecret;

use crate::variables::Variables;

/// `NAME<<DELIMITER`, the value, `DELIMITER`. The delimiter is random, so that a value that
/// holds one could only have guessed it; it is checked all the same.
pub(super) fn render(variables: &Variables) -> Result<String> {
    let mut text = String::new();
    for (name, value) in variables {
        let value = value.expose_secret();
        let delimiter = loop {
            let candidate = delimiter()?;
            if !value.contains(&candidate) {
                break candidate;
            }
        };
        text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    }
    Ok(text)
}

/// One `::add-mask::` command for every non-empty line of every value.
pub(crate) fn masks(variables: &Variables) -> String {
    let mut text = String::new();
    for value in variables.values() {
        for line in value.expose_secret().split(['\n', '\r']).filter(|line| !line.is_empty()) {
            text.push_str(&format!("::add-mask::{}\n", github::data(line)));
        }
    }
    text
}

fn delimiter() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("cannot read random numbers: {error}"))?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("fetch_secrets_{hex}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_masked_and_percent_escaped() {
        let variables: Variables =
            [("A".into(), "one\r\n\n50%".into()), ("B".into(), "".into())].into();
        assert_eq!(masks(&variables), "::add-mask::one\n::add-mask::50%25\n");
    }

    #[test]
    fn a_value_stands_between_two_delimiters_of_its_own() {
        let variables: Variables = [("A".into(), "x\ny\n".into())].into();
        let text = render(&variables).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        let delimiter = first.strip_prefix("A<<").unwrap();
        assert_eq!(rest, format!("x\ny\n\n{delimiter}\n"));
    }
}

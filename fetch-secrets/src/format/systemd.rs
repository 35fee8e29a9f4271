//! systemd's `EnvironmentFile=` (systemd.exec(5)): like the shell's quoting, but nothing is
//! expanded and a backtick may be escaped.
//!
//! systemd leaves a variable out, with a line in its journal, when the value has a control character other than tab
//! and line feed. Such a value is refused.

use anyhow::{Result, bail};
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use secrecy::ExposeSecret;

use crate::envfile::HEADER;
use crate::quote;
use crate::variables::Variables;

pub(super) fn render(variables: &Variables) -> Result<String> {
    let mut text = String::from(HEADER);
    let mut report = Report::default();
    for (name, value) in variables {
        let value = value.expose_secret();
        let lost = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n');
        if value.contains(lost) {
            let message =
                format!("the value of {name} has a control character, which systemd leaves out");
            report.push(Diagnostic::error("not-for-systemd", message).hint(
                "use --format env for a shell or Docker Compose, --format json, or fetch-secrets exec",
            ));
            continue;
        }
        text.push_str(&quote::systemd(name, value));
        text.push('\n');
    }
    if report.has_errors() {
        bail!(Stop { status: Status::No, report });
    }
    Ok(text)
}

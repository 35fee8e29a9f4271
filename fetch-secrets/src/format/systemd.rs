//! systemd's `EnvironmentFile=` (systemd.exec(5)): like the shell's quoting, but nothing is
//! expanded and a backtick may be escaped.

use secrecy::ExposeSecret;

use crate::envfile::HEADER;
use crate::quote;
use crate::variables::Variables;

pub(super) fn render(variables: &Variables) -> String {
    let mut text = String::from(HEADER);
    for (name, value) in variables {
        text.push_str(&quote::systemd(name, value.expose_secret()));
        text.push('\n');
    }
    text
}

//! systemd's `EnvironmentFile=` (systemd.exec(5)): like the shell's quoting, but nothing is
//! expanded and a backtick may be escaped.
//!
//! A systemd before 248 leaves a variable out when its value has a control character other than tab and line feed.

use secrecy::ExposeSecret;

use crate::envfile::HEADER;
use crate::quote;
use crate::variables::Variables;

pub(super) fn render(variables: &Variables) -> String {
    let mut text = HEADER.to_owned();
    for (name, value) in variables {
        text.push_str(&(quote::systemd(name, value.expose_secret()) + "\n"));
    }
    text
}

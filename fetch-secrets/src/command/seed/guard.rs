//! Where `seed` may write: a stand-in that says that it is one, or an account that was named.

use anyhow::{Result, bail};
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;

use crate::source::aws::{Emulator, Session};

/// The target of a session's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Emulator(Emulator),
    /// An account whose number is that of `--account`.
    Account,
}

/// Lets `seed` write only where development values belong. Signs in on the way.
///
/// # Errors
/// The target is AWS, does not say what it is, or is another account.
pub(super) async fn check(session: &mut Session, account: Option<&str>) -> Result<Target> {
    if let Some(wanted) = account {
        session.sign_in().await?;
        let found = match session.verified_account().await {
            Ok(found) => found,
            Err(failure) => {
                let message =
                    format!("the account of the credentials cannot be verified: {failure}");
                let hint = "allow sts:GetCallerIdentity, or set AWS_ENDPOINT_URL_STS";
                bail!(Stop::new(
                    Status::Unfinished,
                    Diagnostic::error("account-unknown", message).hint(hint)
                ));
            }
        };
        if found != wanted {
            let message = format!(
                "the credentials are of account {found}, and --account names {wanted}: nothing is written"
            );
            let hint = "choose other credentials (AWS_PROFILE), or another account";
            bail!(Diagnostic::error("other-account", message).hint(hint));
        }
        return Ok(Target::Account);
    }
    if session.url.is_none() {
        let message = format!(
            "no endpoint is configured: this would write development values to AWS, {}",
            session.endpoint
        );
        bail!(refused(message));
    }
    if session.is_of_aws() {
        let message = format!(
            "{} is a host of AWS: this would write development values to it",
            session.endpoint
        );
        bail!(refused(message));
    }
    session.sign_in().await?;
    match Emulator::at(session).await {
        Some(emulator) => Ok(Target::Emulator(emulator)),
        None => {
            let message = format!(
                "{} does not say that it is LocalStack or moto: it may pass development values on to AWS",
                session.endpoint
            );
            bail!(refused(message))
        }
    }
}

fn refused(message: String) -> Diagnostic {
    Diagnostic::error("would-write-to-aws", message).hint(
        "set AWS_ENDPOINT_URL to LocalStack or moto, or name the account to write to with --account ID",
    )
}

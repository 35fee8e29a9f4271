//! Why a request got no answer.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;

use super::credentials::NoCredentials;
use crate::diagnostic::last_cause;

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// It was not sent: there are no usable credentials.
    NoCredentials(NoCredentials),
    /// Nobody was reached, in the operating system's words, such as "Connection refused".
    Unreachable(String),
}

impl Unanswered {
    /// Sorts an SDK's error that has no response.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        let mut is_credentials = false;
        while let Some(cause) = next {
            if let Some(found) = cause.downcast_ref::<NoCredentials>() {
                return Unanswered::NoCredentials(found.clone());
            }
            is_credentials |= cause.is::<CredentialsError>();
            next = cause.source();
        }
        if is_credentials {
            return Unanswered::NoCredentials(NoCredentials::unknown());
        }
        Unanswered::Unreachable(last_cause(error))
    }
}

impl NoCredentials {
    /// The reason that an error of a provider of [`super::Settings`] holds.
    pub fn of(error: &CredentialsError) -> Self {
        match Unanswered::of(error) {
            Unanswered::NoCredentials(reason) => reason,
            Unanswered::Unreachable(_) => NoCredentials::unknown(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    #[derive(Debug)]
    struct Because(&'static str, Option<Box<dyn Error>>);

    impl fmt::Display for Because {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Because {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref()
        }
    }

    fn because(text: &'static str, cause: impl Error + 'static) -> Because {
        Because(text, Some(Box::new(cause)))
    }

    #[test]
    fn the_deepest_cause_is_told() {
        let refused = because("dispatch", because("connect", Because("Connection refused", None)));
        assert_eq!(Unanswered::of(&refused), Unanswered::Unreachable("Connection refused".into()));
        let alone = Because("timeout", None);
        assert_eq!(Unanswered::of(&alone), Unanswered::Unreachable("timeout".into()));
    }

    #[test]
    fn credentials_are_told_by_their_type() {
        let missing = CredentialsError::not_loaded("the chain has none");
        assert_eq!(
            Unanswered::of(&because("dispatch", missing)),
            Unanswered::NoCredentials(NoCredentials::unknown())
        );
        let words = because("dispatch", Because("no credentials at proxy", None));
        assert_eq!(
            Unanswered::of(&words),
            Unanswered::Unreachable("no credentials at proxy".into())
        );
    }
}

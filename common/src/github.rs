//! Texts in the workflow commands of GitHub Actions, such as `::error file=a::message`.
//!
//! Source: GitHub's documentation of workflow commands.

/// The text behind a command.
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stays_one_line_and_a_property_one_property() {
        assert_eq!(data("50%, a:\r\nb"), "50%25, a:%0D%0Ab");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}

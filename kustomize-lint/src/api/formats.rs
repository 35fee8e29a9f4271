//! How texts are written that the API server decodes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Whether the text is base64 as Go's decoder reads it: line ends do not count.
pub(super) fn is_base64(text: &str) -> bool {
    let letters: Vec<u8> = text.bytes().filter(|byte| !b"\r\n".contains(byte)).collect();
    STANDARD.decode(letters).is_ok()
}

/// Whether the text is a time as RFC 3339 writes it.
pub(super) fn is_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else { return false };
    let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let zone_fits =
        zone == "Z" || zone.strip_prefix(['+', '-']).is_some_and(|zone| has_shape(zone, "99:99"));
    has_shape(date, "9999-99-99")
        && has_shape(time, "99:99:99")
        && zone_fits
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && in_range(&date[5..7], 1, 12)
        && in_range(&date[8..], 1, 31)
        && in_range(&time[..2], 0, 23)
        && in_range(&time[3..5], 0, 59)
        && in_range(&time[6..], 0, 59)
}

/// Whether the text has a digit for each `9` and is otherwise the same.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'9' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

fn in_range(digits: &str, first: u8, last: u8) -> bool {
    digits.parse().is_ok_and(|number: u8| (first..=last).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_what_go_decodes() {
        for text in ["", "YQ==", "YWJj", "YW\nJj\n", "/+8="] {
            assert!(is_base64(text), "{text:?}");
        }
        for text in ["a", "YQ", "YQ=", "YW Jj", "secret", "<value>", "_-8="] {
            assert!(!is_base64(text), "{text:?}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for text in
            ["2024-02-29T23:59:59Z", "2024-01-01T00:00:00.123+02:00", "2024-01-01T00:00:00-11:30"]
        {
            assert!(is_time(text), "{text}");
        }
        for text in [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+2",
            "ä024-01-01T00:00:00Z",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}

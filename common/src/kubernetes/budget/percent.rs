//! Numbers that may be written as a share: `maxSurge: 1`, `minAvailable: 50%`.

use crate::kubernetes::Tree;

/// The number that is meant of `whole`, a share rounded up. `None` for what is neither a number
/// nor a share, or below zero.
pub(super) fn of(text: &str, whole: i64) -> Option<i64> {
    let count = match text.strip_suffix('%') {
        Some(share) => {
            let share: i64 = share.parse().ok()?;
            let part = i128::from(share) * i128::from(whole);
            let up = part.div_euclid(100) + i128::from(part.rem_euclid(100) != 0);
            i64::try_from(up).unwrap_or(i64::MAX)
        }
        None => text.parse().ok()?,
    };
    (count >= 0).then_some(count)
}

/// The same for a value of an object.
pub fn of_node<T: Tree>(node: &T, whole: i64) -> Option<i64> {
    of(&node.literal()?, whole)
}

#[cfg(test)]
mod tests {
    #[test]
    fn shares_are_rounded_up() {
        for (text, whole, count) in [
            ("25%", 1, Some(1)),
            ("25%", 4, Some(1)),
            ("25%", 5, Some(2)),
            ("0%", 5, Some(0)),
            ("100%", 3, Some(3)),
            ("3", 1, Some(3)),
            ("-1", 1, None),
            ("-5%", 100, None),
            ("many", 1, None),
            ("9223372036854775807%", i64::MAX, Some(i64::MAX)),
        ] {
            assert_eq!(super::of(text, whole), count, "{text} of {whole}");
        }
    }
}

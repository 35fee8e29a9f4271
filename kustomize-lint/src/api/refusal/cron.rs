//! Cron expressions, as the library that Kubernetes uses (robfig/cron) reads them.

/// A field: its smallest and largest value, and the names that it knows.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Field {
        name: "day of the week",
        least: 0,
        most: 6,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

const WORDS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Reads an expression.
///
/// # Errors
/// What is wrong, as the end of a sentence about it.
pub(super) fn parse(text: &str) -> Result<(), String> {
    if let Some(every) = text.strip_prefix("@every ") {
        let fits = crate::api::definition::Form::GoDuration.fits(every);
        return if fits { Ok(()) } else { Err("has no duration behind `@every`".to_owned()) };
    }
    if text.starts_with('@') {
        let known = WORDS.contains(&text);
        return if known { Ok(()) } else { Err(format!("is none of {}", WORDS.join(", "))) };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("has {} fields and needs 5", fields.len()));
    }
    for (text, field) in fields.iter().zip(&FIELDS) {
        for part in text.split(',').filter(|part| !part.is_empty()) {
            self::part(part, field)
                .ok_or_else(|| format!("has `{part}`, which is not a valid {}", field.name))?;
        }
    }
    Ok(())
}

/// `*`, `5`, `1-5`, each perhaps with `/2`.
fn part(text: &str, field: &Field) -> Option<()> {
    let (range, step) = match text.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (text, None),
    };
    let (first, last) = match range {
        // The library reads no further.
        _ if range.split('-').next().is_some_and(|first| matches!(first, "*" | "?")) => {
            (field.least, field.most)
        }
        _ => match range.split_once('-') {
            Some((first, last)) => (number(first, field)?, number(last, field)?),
            None => {
                let first = number(range, field)?;
                (first, if step.is_some() { field.most } else { first })
            }
        },
    };
    let step = step.map_or(Some(1), |step| step.parse::<u32>().ok())?;
    (field.least <= first && first <= last && last <= field.most && step > 0).then_some(())
}

fn number(text: &str, field: &Field) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let named = field.names.iter().position(|name| *name == lower);
    match named {
        Some(at) => Some(at as u32 + field.least),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn expressions_are_those_of_the_library() {
        for text in [
            "0 0 * * *",
            "*/5 1-3 ? jan-mar sun",
            "0,30 9-17/2 1 12 6",
            "@daily",
            "@every 1h30m",
            "5/15 * * * *",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "a * * * *",
            "*/0 * * * *",
            "5-1 * * * *",
            "@nightly",
            "@every day",
            "* * * * * *",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

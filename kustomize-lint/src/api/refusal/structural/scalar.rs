//! Values without children, and sizes.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::Value as Json;

use super::super::at::{At, Refusals};
use super::super::syntax;
use super::keyword::is_set;

pub(super) fn check(schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.is_empty()) {
        let found = at.node.to_json();
        if !allowed.contains(&found) {
            let text = |value: &Json| match value {
                Json::String(text) => format!("`{text}`"),
                other => format!("`{other}`"),
            };
            let allowed: Vec<String> = allowed.iter().map(text).collect();
            let why = format!("has to be {}", allowed.join(", "));
            refusals.add(at, why, "Unsupported value: supported values");
        }
    }
    match at.node.as_str() {
        Some(text) => self::text(schema, at, text, refusals),
        None => number(schema, at, refusals),
    }
}

fn text(schema: &Json, at: &At<'_>, text: &str, refusals: &mut Refusals) {
    let length = text.chars().count();
    size(schema, at, length, ["minLength", "maxLength"], "letters", refusals);
    if let Some(pattern) = schema["pattern"].as_str()
        && matches(pattern, text) == Some(false)
    {
        refusals.add(at, format!("does not match `{pattern}`"), "in body should match");
    }
    let fits = match schema["format"].as_str() {
        Some("ipv4") => text.parse::<std::net::Ipv4Addr>().is_ok(),
        Some("ipv6") => text.parse::<std::net::Ipv6Addr>().is_ok(),
        Some("cidr") => syntax::is_cidr(text),
        _ => true,
    };
    if !fits {
        let format = schema["format"].as_str().unwrap_or_default();
        refusals.add(at, format!("is not a valid {format}"), "in body must be of type");
    }
}

/// Whether a pattern is in a text; `None` for a pattern that cannot be read.
pub(super) fn matches(pattern: &str, text: &str) -> Option<bool> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if !known.contains_key(pattern) {
            known.insert(pattern.to_owned(), Regex::new(pattern).ok());
        }
        known[pattern].as_ref().map(|pattern| pattern.is_match(text))
    })
}

fn number(schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
    let Some(value) = at.node.to_json().as_f64() else { return };
    let bound = |key: &str| schema[key].as_f64();
    let is_excluded = |key: &str| is_set(schema, key);
    if let Some(least) = bound("minimum") {
        let excluded = is_excluded("exclusiveMinimum");
        if value < least || excluded && value <= least {
            let why = if excluded { "more than" } else { "at least" };
            let server = "in body should be greater than or equal to";
            refusals.add(at, format!("has to be {why} {least}"), server);
        }
    }
    if let Some(most) = bound("maximum") {
        let excluded = is_excluded("exclusiveMaximum");
        if value > most || excluded && value >= most {
            let why = if excluded { "less than" } else { "at most" };
            let server = "in body should be less than or equal to";
            refusals.add(at, format!("has to be {why} {most}"), server);
        }
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0)
        && (value / step).fract().abs() > 1e-9
    {
        let server = "in body should be a multiple of";
        refusals.add(at, format!("has to be a multiple of {step}"), server);
    }
}

/// The least and the greatest number of letters, items or fields.
pub(super) fn size(
    schema: &Json,
    at: &At<'_>,
    size: usize,
    [least, most]: [&str; 2],
    unit: &str,
    refusals: &mut Refusals,
) {
    let bound = |key: &str| schema[key].as_u64().and_then(|bound| usize::try_from(bound).ok());
    if let Some(least) = bound(least).filter(|least| size < *least) {
        let server = "in body should be at least";
        refusals.add(at, format!("needs {least} {unit} or more"), server);
    }
    if let Some(most) = bound(most).filter(|most| size > *most) {
        refusals.add(at, format!("has more than {most} {unit}"), "Too long: may not be more than");
    }
}

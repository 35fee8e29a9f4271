//! Definitions of custom resources: the keywords that a structural schema cannot have together.
//! Source: `ValidateCustomResourceDefinition` of `apiextensions-apiserver`.

use regex_syntax::ast::ErrorKind;
use regex_syntax::ast::parse::Parser;

use super::at::{At, Refusals};

/// The group, which is a domain; those of the project need an approval.
pub(super) fn group(object: &At<'_>, spec: &At<'_>, refusals: &mut Refusals) {
    let Some(group) = spec.get("group") else { return };
    let text = group.word().unwrap_or_default();
    if !text.is_empty() && !text.contains('.') {
        let server = "should be a domain with at least one dot";
        refusals.add(&group, "is not a domain with a dot", server);
    }
    let is_protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|domain| text == *domain || text.ends_with(&format!(".{domain}")));
    let approval = "api-approved.kubernetes.io";
    if is_protected && object.at(&["metadata", "annotations", approval]).is_none() {
        let server = "protected groups must have approval annotation";
        refusals.add(&group, format!("needs the annotation `{approval}`"), server);
    }
}

/// The paths of a version's numbers of replicas.
pub(super) fn scale(version: &At<'_>, refusals: &mut Refusals) {
    let Some(scale) = version.at(&["subresources", "scale"]) else { return };
    for (key, start) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
        if let Some(at) = scale.get(key)
            && at.word().is_some_and(|text| !text.is_empty() && !text.starts_with(start))
        {
            let server = format!("should be a json path under {}", start.trim_end_matches('.'));
            refusals.add(&at, format!("has to begin with `{start}`"), server);
        }
    }
}

/// The top of a schema.
pub(super) fn top(schema: &At<'_>, refusals: &mut Refusals) {
    if let Some(at) = schema.get("additionalProperties") {
        refusals.add(&at, "is not for the top of a schema", "must not be used at the root");
    }
    let metadata = schema.at(&["properties", "metadata"]);
    for (entry, at) in metadata.iter().flat_map(|metadata| metadata.pairs("properties")) {
        if !matches!(entry.key.as_str(), "name" | "generateName") {
            let server = "must not specify anything other than name and generateName, but metadata is implicitly specified";
            refusals.key(
                &at,
                entry,
                "is not for a definition: only `name` and `generateName`",
                server,
            );
        }
    }
}

/// A part of a schema.
pub(super) fn part(schema: &At<'_>, refusals: &mut Refusals) {
    if let Some(at) = schema.get("pattern")
        && at.word().is_some_and(is_refused_pattern)
    {
        let server = "must be a valid regular expression";
        refusals.add(&at, "is not a regular expression", server);
    }
    if let Some(at) = schema.get("uniqueItems").filter(|_| schema.is("uniqueItems")) {
        let server =
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        refusals.add(&at, "may not be true; `x-kubernetes-list-type: set` says it", server);
    }
    if schema.text("x-kubernetes-list-type") == Some("set")
        && let Some(items) = schema.get("items")
        && items.text("type") == Some("object")
        && items.text("x-kubernetes-map-type") != Some("atomic")
    {
        let server = "must be atomic as item of a list with x-kubernetes-list-type=set";
        refusals.add(&items, "needs `x-kubernetes-map-type: atomic` in a set", server);
    }
    if schema.is("x-kubernetes-embedded-resource")
        && !schema.has("properties")
        && !schema.is("x-kubernetes-preserve-unknown-fields")
    {
        let server = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        refusals.add(schema, "needs `properties` for an embedded resource", server);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        schema.list(key).iter().for_each(|inner| typeless(inner, true, refusals));
    }
    if let Some(inner) = schema.get("not") {
        typeless(&inner, true, refusals);
    }
    for rule in schema.list("x-kubernetes-validations") {
        let reasons = [
            "FieldValueDuplicate",
            "FieldValueForbidden",
            "FieldValueInvalid",
            "FieldValueRequired",
        ];
        if let Some(at) = rule.get("reason")
            && at.word().is_some_and(|text| !reasons.contains(&text))
        {
            let why = format!("has to be `{}`", reasons.join("`, `"));
            refusals.add(&at, why, "Unsupported value: supported values");
        }
        if let Some(at) = rule.get("fieldPath")
            && at.word().is_some_and(|text| !text.starts_with(['.', '[']))
        {
            refusals.add(&at, "has to begin with a dot", "fieldPath must be a valid path");
        }
    }
}

/// Whether Go's `regexp` refuses a pattern. Rust's parser refuses more: an unescaped `[` in a class, a `{` that
/// begins no repetition, `\0`, `\Q`. Only the faults that Go has, too, count here.
fn is_refused_pattern(pattern: &str) -> bool {
    let Err(error) = Parser::new().parse(pattern) else { return false };
    let at = error.span().start.offset;
    match error.kind() {
        ErrorKind::EscapeUnexpectedEof
        | ErrorKind::GroupUnclosed
        | ErrorKind::GroupUnopened
        | ErrorKind::UnsupportedLookAround => true,
        // In Go, flags such as `(?i)` stand between a part and its repetition without a fault.
        ErrorKind::RepetitionMissing => {
            !pattern[at..].starts_with('{') && !pattern[..at].ends_with(')')
        }
        _ => false,
    }
}

/// A schema in a condition, which repeats no type. The condition itself may list the types of an integer or text.
fn typeless(schema: &At<'_>, is_condition: bool, refusals: &mut Refusals) {
    let is_either = |at: &At<'_>| {
        schema.is("x-kubernetes-int-or-string") || matches!(at.word(), Some("integer" | "string"))
    };
    if let Some(at) = schema.get("type")
        && !(is_condition && is_either(&at))
    {
        refusals.add(&at, "is not for a condition", "must be empty to be structural");
    }
    for (_, property) in schema.pairs("properties") {
        typeless(&property, false, refusals);
    }
}

#[cfg(test)]
mod tests {
    use super::is_refused_pattern;

    #[test]
    fn patterns_are_read_as_in_go() {
        for pattern in
            [r"^[\w-.]+$", r"^[^[\]]+$", "^{.*}$", r"^[^\0]*$", r"\Q(\E", "a(?i)*", "a{,5}", "()*"]
        {
            assert!(!is_refused_pattern(pattern), "{pattern}");
        }
        for pattern in ["(", "a)", "(?", "(?=a)", "*a", "a|+", r"a\"] {
            assert!(is_refused_pattern(pattern), "{pattern}");
        }
    }
}

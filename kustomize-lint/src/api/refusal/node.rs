//! Terms that select nodes.

use super::at::{At, Refusals};
use super::syntax;

/// The conditions on labels and fields of a node.
pub(super) fn term(term: &At<'_>, refusals: &mut Refusals) {
    for expression in term.list("matchExpressions") {
        let alone = matches!(expression.text("operator"), Some("Gt" | "Lt"));
        if alone && expression.list("values").len() != 1 {
            let server = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            refusals.add(&expression, "needs one value for `Gt` and `Lt`", server);
        }
        let (with, without) = (["In", "NotIn"], ["Exists", "DoesNotExist"]);
        syntax::requirement(&expression, &with, &without, refusals);
    }
    for field in term.list("matchFields") {
        if let Some(key) = field.get("key")
            && key.word().is_some_and(|text| text != "metadata.name")
        {
            refusals.add(&key, "has to be `metadata.name`", "not a valid field selector key");
        }
        match field.text("operator") {
            Some("In" | "NotIn") => {
                if field.list("values").len() != 1 {
                    let server = "must be only one value when `operator` is 'In' or 'NotIn'";
                    refusals.add(&field, "needs exactly one value", server);
                }
            }
            Some(_) => {}
            None => refusals.add(&field, "needs an `operator`", "not a valid selector operator"),
        }
        for value in field.list("values") {
            let expected = "the name of a node";
            let server = "a lowercase RFC 1123 subdomain must consist of";
            if value.word() == Some("") {
                refusals.add(&value, format!("is not {expected}"), server);
            }
            syntax::form(Some(value), syntax::is_subdomain, expected, server, refusals);
        }
    }
}

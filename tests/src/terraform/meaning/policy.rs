//! IAM's rules of evaluation, for what policies of these layers contain: statements with conditions,
//! boundaries, and policies of resources. An operator that is not known allows nothing.
//!
//! Source: the IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".

use std::collections::BTreeMap;

use serde_json::Value;

/// A policy's decision about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A statement forbids it.
    Denied,
    /// A statement allows it, and none forbids it.
    Allowed,
    /// No statement is about it.
    Nothing,
}

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Such as `s3:GetObject`.
    pub action: String,
    /// The ARN of what it is about.
    pub resource: String,
    /// The caller, as policies of resources name it: `AWS:<arn>`, `Service:<name>`, `Federated:<arn>`.
    pub principal: String,
    /// Keys of the request.
    pub context: BTreeMap<String, String>,
}

/// The verdict of one policy.
pub fn ask(policy: &Value, request: &Request) -> Verdict {
    let mut verdict = Verdict::Nothing;
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        if !concerns(statement, request) {
            continue;
        }
        match statement["Effect"].as_str() {
            Some("Deny") => return Verdict::Denied,
            Some("Allow") => verdict = Verdict::Allowed,
            _ => {}
        }
    }
    verdict
}

fn concerns(statement: &Value, request: &Request) -> bool {
    let named = |list: &str, not: &str, subject: &str, fold: bool| match (
        statement.get(list),
        statement.get(not),
    ) {
        (Some(patterns), _) => any(patterns, subject, fold),
        (None, Some(patterns)) => !any(patterns, subject, fold),
        // Trust policies name no resource.
        (None, None) => list == "Resource",
    };
    named("Action", "NotAction", &request.action, true)
        && named("Resource", "NotResource", &request.resource, false)
        && principal(statement, request)
        && conditions(statement, request)
}

fn any(patterns: &Value, subject: &str, fold: bool) -> bool {
    let matches = |pattern: &Value| {
        pattern.as_str().is_some_and(|pattern| {
            if fold {
                like(&pattern.to_lowercase(), &subject.to_lowercase())
            } else {
                like(pattern, subject)
            }
        })
    };
    match patterns {
        Value::Array(list) => list.iter().any(matches),
        one => matches(one),
    }
}

/// Policies of roles name no principal: they hold for each principal of the role.
fn principal(statement: &Value, request: &Request) -> bool {
    let (named, expected) = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (None, None) => return true,
        (Some(named), _) => (named, true),
        (None, Some(named)) => (named, false),
    };
    if named.as_str() == Some("*") {
        return expected;
    }
    let (kind, who) = request.principal.split_once(':').unwrap_or_default();
    // "AWS": "*" is everybody, also who has no name.
    let everybody = any(&named["AWS"], "*", false);
    // The account itself stands for all its roles, whose policies decide.
    let account = who.split(':').nth(4).unwrap_or_default();
    let account = format!("arn:aws:iam::{account}:root");
    let found = everybody
        || named[kind].as_array().into_iter().flatten().any(|one| {
            one.as_str() == Some(who) || (kind == "AWS" && one.as_str() == Some(&account))
        });
    found == expected
}

fn conditions(statement: &Value, request: &Request) -> bool {
    statement["Condition"].as_object().into_iter().flatten().all(|(operator, keys)| {
        keys.as_object().into_iter().flatten().all(|(key, values)| {
            let given = request.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
            condition(operator, given.map(|(_, value)| value.as_str()), values)
        })
    })
}

fn condition(operator: &str, given: Option<&str>, values: &Value) -> bool {
    let values: Vec<&str> =
        values.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if operator == "Null" {
        return values.iter().any(|value| (*value == "true") == given.is_none());
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let negated = operator.contains("Not");
    // A key that is missing matches a negated operator, and no other.
    let Some(given) = given else { return if_exists || negated };
    let matches = |value: &str| match operator {
        "StringEquals" | "StringNotEquals" => value == given,
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" | "Bool" => {
            value.eq_ignore_ascii_case(given)
        }
        "StringLike" | "StringNotLike" => like(value, given),
        "ArnLike" | "ArnEquals" | "ArnNotLike" | "ArnNotEquals" => arn_like(value, given),
        _ => false,
    };
    values.into_iter().any(matches) != negated
}

/// `*` is any text, `?` any character.
pub fn like(pattern: &str, subject: &str) -> bool {
    let (pattern, subject) = (pattern.as_bytes(), subject.as_bytes());
    let (mut p, mut s, mut star) = (0, 0, None);
    while s < subject.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, s));
                p += 1;
            }
            Some(b'?') => (p, s) = (p + 1, s + 1),
            Some(byte) if *byte == subject[s] => (p, s) = (p + 1, s + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, s) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// The first five parts of an ARN are compared one by one.
fn arn_like(pattern: &str, subject: &str) -> bool {
    let (pattern, subject): (Vec<_>, Vec<_>) =
        (pattern.splitn(6, ':').collect(), subject.splitn(6, ':').collect());
    pattern.len() == subject.len() && pattern.iter().zip(subject).all(|(p, s)| like(p, s))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(action: &str, resource: &str, context: &[(&str, &str)]) -> Request {
        let context = context.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Request {
            action: action.into(),
            resource: resource.into(),
            principal: "AWS:arn:aws:iam::123456789012:role/r".into(),
            context,
        }
    }

    #[test]
    fn a_wildcard_goes_over_slashes_and_gives_back() {
        for (pattern, subject, expected) in [
            ("*", "", true),
            ("a*c", "a/b/c", true),
            ("a*bc", "abcbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("abc*", "ab", false),
        ] {
            assert_eq!(like(pattern, subject), expected, "{pattern} {subject}");
        }
    }

    #[test]
    fn a_deny_wins_and_silence_allows_nothing() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"] },
            { "Effect": "Deny", "NotAction": ["s3:Get*"], "Resource": ["b/*"] },
        ] });
        assert_eq!(ask(&policy, &request("s3:GetObject", "b/o", &[])), Verdict::Allowed);
        assert_eq!(ask(&policy, &request("s3:PutObject", "b/o", &[])), Verdict::Denied);
        assert_eq!(ask(&policy, &request("sqs:Send", "q", &[])), Verdict::Nothing);
    }

    #[test]
    fn a_missing_key_fails_all_but_negated_and_optional_operators() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringEqualsIfExists", true),
            ("Bool", false),
            ("NumericLessThan", false),
        ] {
            assert_eq!(condition(operator, None, &json!(["x"])), expected, "{operator}");
        }
        assert!(condition("Null", None, &json!(["true"])));
        assert!(!condition("Null", Some("x"), &json!(["true"])));
    }

    #[test]
    fn the_account_stands_for_its_roles() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Action": ["kms:*"], "Resource": ["*"],
              "Principal": { "AWS": ["arn:aws:iam::123456789012:root"] } },
        ] });
        assert_eq!(ask(&policy, &request("kms:Decrypt", "k", &[])), Verdict::Allowed);
        let mut other = request("kms:Decrypt", "k", &[]);
        other.principal = "AWS:arn:aws:iam::999999999999:role/r".into();
        assert_eq!(ask(&policy, &other), Verdict::Nothing);
    }
}

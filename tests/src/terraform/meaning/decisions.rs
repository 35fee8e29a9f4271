//! The table of decisions: `decisions.txt` says of single requests whether they pass, and the policies
//! of the layers are asked.

use super::access::{Role, of_resources, roles};
use super::layers::Layers;
use super::policy::{Request, Verdict, ask};
use crate::terraform::plan::ACCOUNT;

const TABLE: &str = include_str!("decisions.txt");

/// Every line whose answer is another one.
pub fn problems(layers: &Layers) -> Vec<String> {
    let (roles, policies) = (roles(layers), of_resources(layers));
    let mut problems = Vec::new();
    for (at, line) in TABLE.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let &[answer, who, action, resource, ref context @ ..] = &words[..] else { continue };
        if answer.starts_with('#') {
            continue;
        }
        let mut request = Request {
            action: action.to_owned(),
            resource: resource.replace("ACCOUNT", ACCOUNT),
            principal: String::new(),
            context: [("aws:SecureTransport".to_owned(), "true".to_owned())].into(),
        };
        for pair in context {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            request.context.insert(key.to_owned(), value.replace("ACCOUNT", ACCOUNT));
        }
        let expected = match answer {
            "yes" => true,
            "no" => false,
            other => {
                problems.push(format!("decisions.txt:{}: {other} is neither yes nor no", at + 1));
                continue;
            }
        };
        let found = match (who.split_once(':'), roles.get(who)) {
            (Some(("taken-by", who)), _) => {
                who.clone_into(&mut request.principal);
                request.principal = request.principal.replace("ACCOUNT", ACCOUNT);
                roles.get(resource).map(|role| {
                    request.resource.clear();
                    ask(&role.trust, &request) == Verdict::Allowed
                })
            }
            (Some(("Service" | "AWS" | "Federated", _)), _) => {
                request.principal = who.replace("ACCOUNT", ACCOUNT);
                Some(resource_says(&policies, &request) == Verdict::Allowed)
            }
            (None, Some(role)) => Some(passes(who, role, &policies, &mut request)),
            _ => None,
        };
        if found != Some(expected) {
            problems.push(format!(
                "decisions.txt:{}: expected {answer}: {}",
                at + 1,
                words[1..].join(" ")
            ));
        }
    }
    problems
}

/// A role's request to a resource of the same account: one of both allows, and neither forbids. The key
/// is the exception; its policy hands the decision to the account's policies.
fn passes(
    name: &str,
    role: &Role,
    policies: &std::collections::BTreeMap<String, serde_json::Value>,
    request: &mut Request,
) -> bool {
    request.principal = format!("AWS:arn:aws:iam::{ACCOUNT}:role/{name}");
    let resource = resource_says(policies, request);
    role.may(request) && resource != Verdict::Denied
}

/// The policy of the bucket or the key that the request is about.
fn resource_says(
    policies: &std::collections::BTreeMap<String, serde_json::Value>,
    request: &Request,
) -> Verdict {
    let mut parts = request.resource.splitn(6, ':');
    let (service, name) = (parts.nth(2).unwrap_or_default(), parts.nth(2).unwrap_or_default());
    let bucket = name.split('/').next().unwrap_or_default();
    let found = match service {
        "s3" => policies.get(bucket),
        "sns" => policies.iter().find(|(name, _)| name.contains("aws_sns_topic")).map(|(_, p)| p),
        "kms" => policies.iter().find(|(name, _)| name.contains("aws_kms_key")).map(|(_, p)| p),
        _ => None,
    };
    found.map_or(Verdict::Nothing, |policy| ask(policy, request))
}

//! The roles: their trust, the grants of their policies, and their limits. And the policies of
//! buckets and of the key.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::layers::{Layers, policy_of, shown, texts};
use super::policy::{Request, Verdict, ask};
use crate::terraform::plan::Resource;

/// A role with everything that decides about its requests.
#[derive(Debug)]
pub struct Role {
    /// Where it is made.
    pub address: String,
    /// The trust policy: the principals that may assume the role.
    pub trust: Value,
    /// Policies that are written in the layers, by their names.
    pub policies: BTreeMap<String, Value>,
    /// Policies of AWS.
    pub managed: Vec<String>,
    /// The most that it can be granted.
    pub boundary: Option<Value>,
    /// How long a session may last, in seconds.
    pub session: Value,
}

/// All roles, by their names.
pub fn roles(layers: &Layers) -> BTreeMap<String, Role> {
    let mut roles = BTreeMap::new();
    let policies: BTreeMap<String, Value> = layers
        .of("aws_iam_policy")
        .map(|(_, found)| (policy_arn(found), policy_of(found, "policy")))
        .collect();
    for (address, found) in layers.of("aws_iam_role") {
        let boundary = found.values.get("permissions_boundary").map(|arn| {
            // A boundary that is not known grants nothing.
            policies.get(arn.as_str().unwrap_or_default()).cloned().unwrap_or_default()
        });
        let role = Role {
            address,
            trust: policy_of(found, "assume_role_policy"),
            policies: BTreeMap::new(),
            managed: Vec::new(),
            boundary,
            session: found.get("max_session_duration").clone(),
        };
        roles.insert(found.text("name").to_owned(), role);
    }
    for (_, found) in layers.of("aws_iam_role_policy") {
        if let Some(role) = roles.get_mut(found.text("role")) {
            role.policies.insert(found.text("name").to_owned(), policy_of(found, "policy"));
        }
    }
    for (_, found) in layers.of("aws_iam_role_policy_attachment") {
        let Some(role) = roles.get_mut(found.text("role")) else { continue };
        let arn = found.text("policy_arn");
        match policies.get(arn) {
            Some(policy) => drop(role.policies.insert(arn.to_owned(), policy.clone())),
            None => role.managed.push(arn.to_owned()),
        }
    }
    roles
}

fn policy_arn(policy: &Resource) -> String {
    format!("arn:aws:iam::{}:policy/{}", crate::terraform::plan::ACCOUNT, policy.text("name"))
}

/// Policies that resources have, by what they are about.
pub fn of_resources(layers: &Layers) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for kind in ["aws_s3_bucket_policy", "aws_kms_key", "aws_sns_topic_policy", "aws_sns_topic"] {
        for (address, resource) in layers.of(kind) {
            if !resource.get("policy").is_null() {
                let name = resource.values.get("bucket").map_or(address, shown);
                found.insert(name, policy_of(resource, "policy"));
            }
        }
    }
    found
}

impl Role {
    /// Whether a request of a session of this role is let through, before the resource has its say.
    pub fn may(&self, request: &Request) -> bool {
        let verdicts: Vec<Verdict> =
            self.policies.values().map(|policy| ask(policy, request)).collect();
        let bounded = match &self.boundary {
            Some(boundary) => ask(boundary, request) == Verdict::Allowed,
            None => true,
        };
        bounded && verdicts.contains(&Verdict::Allowed) && !verdicts.contains(&Verdict::Denied)
    }
}

/// Violations of the rules for every role and every policy, which no change of the tables may relax.
pub fn problems(layers: &Layers) -> Vec<String> {
    let mut problems = Vec::new();
    // These need what the boundary forbids; decisions.txt says what they may do instead.
    let unbounded = ["-github-apply", "-github-inspect", "-github-plan"];
    let roles = roles(layers);
    for (name, role) in &roles {
        let mut complain = |problem: String| problems.push(format!("role {name}: {problem}"));
        if role.boundary.is_none() != unbounded.iter().any(|end| name.ends_with(end)) {
            complain("has a boundary, or has none, against the rule".into());
        }
        if role.policies.is_empty() && role.managed.is_empty() {
            complain("has no policy".into());
        }
        for statement in statements(&role.trust) {
            let principal = &statement["Principal"];
            if principal["AWS"].as_array().is_some_and(|all| all.iter().any(|one| one == "*")) {
                complain("anybody may take it".into());
            }
            if statement["Effect"] != "Allow" || statement.get("NotAction").is_some() {
                complain("its trust does more than allow single actions".into());
            }
        }
        for (policy, text) in &role.policies {
            for statement in statements(text).filter(|found| found["Effect"] == "Allow") {
                for action in texts(&statement["Action"]) {
                    if action.contains('*') {
                        complain(format!("{policy} allows {action}: name the actions"));
                    }
                }
                if statement.get("NotAction").is_some() || statement.get("NotResource").is_some() {
                    complain(format!("{policy} allows all but some: name what is allowed"));
                }
            }
        }
    }
    for (name, _) in layers.of("aws_iam_user").chain(layers.of("aws_iam_access_key")) {
        problems.push(format!("{name}: keys that do not expire; take a role"));
    }
    problems
}

pub(super) fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    policy["Statement"].as_array().into_iter().flatten()
}

/// Every role and every statement, one action a line.
pub fn table(layers: &Layers) -> String {
    let mut made = String::new();
    for (name, role) in roles(layers) {
        let _ = writeln!(made, "role {name}");
        let limits = match &role.boundary {
            Some(_) => "within the boundary",
            None => "without a boundary",
        };
        let _ = writeln!(made, "  {limits}; session {}", shown(&role.session));
        for arn in &role.managed {
            let _ = writeln!(made, "  has {arn}");
        }
        list(&mut made, "taken by", &role.trust);
        for (policy, text) in &role.policies {
            let short = policy.rsplit('/').next().unwrap_or(policy);
            list(&mut made, short, text);
        }
    }
    for (_, policy) in layers.of("aws_iam_policy") {
        if policy.text("name").ends_with("-boundary") {
            let _ = writeln!(made, "boundary");
            list(&mut made, "limits", &policy_of(policy, "policy"));
        }
    }
    for (name, policy) in of_resources(layers) {
        let _ = writeln!(made, "policy of {name}");
        list(&mut made, "says", &policy);
    }
    made
}

fn list(made: &mut String, title: &str, policy: &Value) {
    let _ = writeln!(made, "  {title}:");
    for statement in statements(policy) {
        let effect = statement["Effect"].as_str().unwrap_or_default();
        let sid = statement["Sid"].as_str().map(|sid| format!(" ({sid})")).unwrap_or_default();
        let _ = writeln!(made, "    {effect}{sid}");
        for name in ["Principal", "NotPrincipal"] {
            for (kind, who) in statement[name].as_object().into_iter().flatten() {
                for one in texts(who) {
                    let _ = writeln!(made, "      {name} {kind} {one}");
                }
            }
        }
        for name in ["Action", "NotAction", "Resource", "NotResource"] {
            for one in texts(&statement[name]) {
                let _ = writeln!(made, "      {name} {one}");
            }
        }
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                let _ = writeln!(made, "      if {operator} {key} = {}", shown(values));
            }
        }
    }
}

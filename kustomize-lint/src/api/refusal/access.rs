//! Roles and their bindings.

use super::at::{At, Refusals};

pub(super) fn role(object: &At<'_>, kind: &str, refusals: &mut Refusals) {
    for rule in object.list("rules") {
        if rule.list("verbs").is_empty() {
            let server = "verbs must contain at least one value";
            refusals.add(&rule, "needs `verbs`", server);
        }
        let urls = rule.list("nonResourceURLs");
        let (groups, resources) = (rule.list("apiGroups"), rule.list("resources"));
        if !urls.is_empty() {
            if kind == "Role" {
                let server = "namespaced rules cannot apply to non-resource URLs";
                refusals.add(&rule, "may not have `nonResourceURLs` in a Role", server);
            }
            if !groups.is_empty() || !resources.is_empty() || !rule.list("resourceNames").is_empty()
            {
                let server = "rules cannot apply to both regular resources and non-resource URLs";
                refusals.add(&rule, "is for resources and for addresses", server);
            }
            continue;
        }
        if groups.is_empty() {
            let server = "resource rules must supply at least one api group";
            refusals.add(&rule, "needs `apiGroups`", server);
        }
        if resources.is_empty() {
            let server = "resource rules must supply at least one resource";
            refusals.add(&rule, "needs `resources`", server);
        }
    }
}

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn binding(object: &At<'_>, kind: &str, refusals: &mut Refusals) {
    match object.get("roleRef") {
        None => refusals.missing(object, "roleRef"),
        Some(role) => {
            if let Some(group) = role
                .get("apiGroup")
                .filter(|_| role.text("apiGroup").is_some_and(|text| text != GROUP))
            {
                let server = "Unsupported value: supported values: \"rbac.authorization.k8s.io\"";
                refusals.add(&group, format!("has to be `{GROUP}`"), server);
            }
            let kinds: &[&str] =
                if kind == "RoleBinding" { &["ClusterRole", "Role"] } else { &["ClusterRole"] };
            match role.get("kind").filter(|_| role.text("kind").is_some()) {
                None => refusals.missing(&role, "kind"),
                Some(at) if at.word().is_some_and(|text| !kinds.contains(&text)) => {
                    refusals.add(
                        &at,
                        format!("has to be `{}`", kinds.join("` or `")),
                        "Unsupported value",
                    );
                }
                Some(_) => {}
            }
            if let Some(name) = refusals.required(&role, "name")
                && name.word().is_some_and(|text| !super::syntax::is_path_segment(text))
            {
                refusals.add(&name, "is not a valid name of a role", "may not contain '/'");
            }
        }
    }
    for subject in object.list("subjects") {
        self::subject(&subject, kind, refusals);
    }
}

fn subject(at: &At<'_>, binding: &str, refusals: &mut Refusals) {
    refusals.required(at, "name");
    let group = at.text("apiGroup");
    match at.text("kind") {
        Some("ServiceAccount") => {
            super::syntax::subdomain(at.get("name"), refusals);
            if let Some(group) = at.get("apiGroup").filter(|_| group.is_some()) {
                refusals.add(&group, "has to be empty for an account", "Unsupported value");
            }
            if binding == "ClusterRoleBinding" && at.text("namespace").is_none() {
                refusals.missing(at, "namespace");
            }
        }
        Some("User" | "Group") => {
            if let Some(group) =
                at.get("apiGroup").filter(|_| group.is_some_and(|text| text != GROUP))
            {
                refusals.add(&group, format!("has to be `{GROUP}`"), "Unsupported value");
            }
        }
        Some(_) => {}
        None => refusals.missing(at, "kind"),
    }
}

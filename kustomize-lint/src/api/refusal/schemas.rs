//! Well-known custom resources: the rules of their definitions for values, which the bundle has.

use super::super::bundle::Schemas;
use super::at::{At, Refusals};
use super::structural::{self, Others};

pub(super) fn check(object: &At<'_>, api_version: &str, kind: &str, refusals: &mut Refusals) {
    if let Some(schema) = Schemas::values(api_version, kind) {
        structural::check(schema, object, Others::Unlisted, refusals);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::super::structural::is_expression;
    use super::*;

    fn rules<'a>(schema: &'a Json, found: &mut Vec<&'a str>) {
        match schema {
            Json::Object(map) => {
                found.extend(map.get("rule").and_then(Json::as_str));
                map.values().for_each(|value| rules(value, found));
            }
            Json::Array(items) => items.iter().for_each(|item| rules(item, found)),
            _ => {}
        }
    }

    /// A rule that is called broken would be a false error for everyone who writes one like it.
    #[test]
    fn every_rule_of_the_bundle_can_be_read() {
        let mut found = Vec::new();
        for (api_version, kind) in [
            ("gateway.networking.k8s.io/v1", "HTTPRoute"),
            ("gateway.networking.k8s.io/v1", "Gateway"),
            ("gateway.networking.k8s.io/v1", "GRPCRoute"),
            ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"),
            ("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy"),
            ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy"),
        ] {
            rules(Schemas::values(api_version, kind).expect("rules"), &mut found);
        }
        let broken: Vec<_> = found.iter().filter(|rule| !is_expression(rule)).collect();
        assert!(broken.is_empty() && found.len() > 200, "{}: {broken:#?}", found.len());
    }
    /// Rules see the keys of a map as they are, also where its values have no rules.
    #[test]
    fn maps_are_told_from_objects() {
        let schema =
            Schemas::values("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy").expect("rules");
        let pod = "/properties/spec/properties/provider/properties/kubernetes/properties/envoyDeployment/properties/pod";
        let labels = format!("{pod}/properties/labels/additionalProperties");
        assert_eq!(schema.pointer(&labels), Some(&Json::Bool(true)));
    }
}

//! `--layer`: which schemas, tags or `meta` values make a layer.

use std::str::FromStr;

use crate::catalog::Relation;
use crate::manifest::Node;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayerRule {
    /// `[DATABASE.]SCHEMA[=LAYER]`
    Schema { database: Option<String>, schema: String, layer: String },
    /// `tag:NAME[=LAYER]`
    Tag { tag: String, layer: String },
    /// `meta:KEY`: the layer is the value.
    Meta { key: String },
}

impl FromStr for LayerRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || {
            format!(
                "{text:?} is not a layer; write SCHEMA, SCHEMA=LAYER, tag:NAME=LAYER or meta:KEY"
            )
        };
        let filled = |text: &str| {
            let text = text.trim();
            if text.is_empty() { Err(bad()) } else { Ok(text.to_owned()) }
        };
        if let Some(key) = text.strip_prefix("meta:") {
            return Ok(Self::Meta { key: filled(key)? });
        }
        let (from, layer) = match text.split_once('=') {
            Some((from, layer)) => (from, Some(filled(layer)?)),
            None => (text, None),
        };
        if let Some(tag) = from.strip_prefix("tag:") {
            let tag = filled(tag)?;
            return Ok(Self::Tag { layer: layer.unwrap_or_else(|| tag.clone()), tag });
        }
        let (database, schema) = match from.split_once('.') {
            Some((database, schema)) => (Some(filled(database)?), filled(schema)?),
            None => (None, filled(from)?),
        };
        Ok(Self::Schema { layer: layer.unwrap_or_else(|| schema.clone()), database, schema })
    }
}

impl LayerRule {
    /// The rule of a schema that is a layer of the same name.
    pub(crate) fn schema(name: &str) -> Self {
        Self::Schema { database: None, schema: name.into(), layer: name.into() }
    }

    /// Whether the rule needs dbt's manifest.
    pub(crate) fn needs_manifest(&self) -> bool {
        !matches!(self, Self::Schema { .. })
    }

    /// The layer that the rule names; for `meta` the key.
    pub(crate) fn target(&self) -> &str {
        match self {
            Self::Schema { layer, .. } | Self::Tag { layer, .. } => layer,
            Self::Meta { key } => key,
        }
    }

    /// The layer that the rule gives a relation, or none when it is about others.
    pub(crate) fn layer<'a>(
        &'a self,
        relation: &Relation,
        node: Option<&'a Node>,
    ) -> Option<&'a str> {
        match self {
            Self::Meta { key } => node?.meta(key)?.as_str(),
            Self::Tag { tag, layer } => node?.has_tag(tag).then_some(layer),
            Self::Schema { database, schema, layer } => {
                let same = |name: &str| name.eq_ignore_ascii_case(schema);
                let in_database = database
                    .as_ref()
                    .is_none_or(|name| name.eq_ignore_ascii_case(&relation.database));
                // dbt makes `main_gold` of a configured `gold`.
                let configured = || node.and_then(Node::configured_schema).is_some_and(same);
                (in_database && (same(&relation.schema) || configured())).then_some(layer)
            }
        }
    }
}

impl std::fmt::Display for LayerRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Schema { database: Some(database), schema, .. } => {
                write!(f, "schema {database}.{schema}")
            }
            Self::Schema { schema, .. } => write!(f, "schema {schema}"),
            Self::Tag { tag, .. } => write!(f, "model with the tag {tag}"),
            Self::Meta { key } => write!(f, "model with the meta key {key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::json;

    use crate::manifest::Manifest;

    fn layer(rule: &str) -> Option<String> {
        let manifest = Manifest::for_test(json!({"nodes": {"model.p.t": {
            "resource_type": "model", "name": "t", "schema": "main_gold", "tags": ["daily"],
            "config": {"schema": "gold", "meta": {"zone": "marts"}},
        }}}));
        let relation = Relation {
            database: "lake".into(),
            schema: "main_gold".into(),
            layer: "main_gold".into(),
            name: "t".into(),
            is_view: false,
            comment: None,
            estimated_rows: 0,
        };
        let rule: LayerRule = rule.parse().unwrap();
        rule.layer(&relation, manifest.node(&relation)).map(str::to_owned)
    }

    /// One test for each rule and the layer that it gives.
    macro_rules! rules {
        ($($test:ident: $rule:literal => $layer:expr;)*) => {
            $(
                #[test]
                fn $test() {
                    assert_eq!(layer($rule).as_deref(), $layer);
                }
            )*
        };
    }

    rules! {
        a_schema: "main_gold" => Some("main_gold");
        a_schema_of_another_name: "MAIN_GOLD=gold" => Some("gold");
        a_schema_of_a_database: "lake.main_gold=gold" => Some("gold");
        a_schema_of_another_database: "other.main_gold=gold" => None;
        a_schema_as_the_project_has_it: "gold" => Some("gold");
        a_tag: "tag:daily=gold" => Some("gold");
        a_tag_that_is_the_layer: "tag:daily" => Some("daily");
        another_tag: "tag:hourly=gold" => None;
        a_value_of_meta: "meta:zone" => Some("marts");
        another_key_of_meta: "meta:layer" => None;
    }

    #[test]
    fn no_layers() {
        for bad in ["", "=gold", "main=", "tag:", "meta:", ".x"] {
            assert!(bad.parse::<LayerRule>().is_err(), "{bad}");
        }
    }
}

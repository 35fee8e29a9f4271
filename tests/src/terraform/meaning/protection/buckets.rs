//! Buckets: who reads them, how they are encrypted, and how long an object and its old versions stay.

use serde_json::{Value, json};

use super::line::{Line, each};
use crate::terraform::meaning::access::of_resources;
use crate::terraform::meaning::layers::Layers;
use crate::terraform::meaning::policy::{Request, Verdict, ask};
use crate::terraform::plan::{ACCOUNT, Resource};

/// The bucket's resource of a kind.
fn about<'a>(layers: &'a Layers, kind: &'a str, bucket: &str) -> Option<&'a Resource> {
    layers.of(kind).find(|(_, found)| found.text("bucket") == bucket).map(|(_, found)| found)
}

pub(super) fn buckets(layers: &Layers, lines: &mut Vec<Line>) {
    let policies = of_resources(layers);
    each(layers, lines, "aws_s3_bucket", |of, bucket| {
        let name = bucket.text("bucket");
        let states = name.ends_with("-terraform-state");
        let lake = ["-bronze", "-silver", "-gold"].iter().any(|layer| name.ends_with(layer));
        let value = |kind, path: &str| {
            about(layers, kind, name).map_or(Value::Null, |found| found.at(path).clone())
        };
        for (property, path) in [
            ("public ACLs blocked", "block_public_acls"),
            ("public policies blocked", "block_public_policy"),
            ("public ACLs ignored", "ignore_public_acls"),
            ("public access restricted", "restrict_public_buckets"),
        ] {
            of.is(property, &value("aws_s3_bucket_public_access_block", path), json!(true));
        }
        of.is(
            "owner",
            &value("aws_s3_bucket_ownership_controls", "rule/object_ownership"),
            json!("BucketOwnerEnforced"),
        );
        of.is(
            "versions",
            &value("aws_s3_bucket_versioning", "versioning_configuration/status"),
            json!("Enabled"),
        );
        let encryption = "aws_s3_bucket_server_side_encryption_configuration";
        let way = "rule/apply_server_side_encryption_by_default";
        let algorithm = if lake { "aws:kms" } else { "AES256" };
        of.is("encryption", &value(encryption, &format!("{way}/sse_algorithm")), json!(algorithm));
        let key = &value(encryption, &format!("{way}/kms_master_key_id"));
        if lake {
            of.is_the_key("key", key);
        } else {
            of.is("key", key, Value::Null);
        }
        let rules = about(layers, "aws_s3_bucket_lifecycle_configuration", name);
        let rules = rules.map_or(&Value::Null, |found| found.get("rule"));
        let old = rules.as_array().into_iter().flatten().find(|rule| {
            rule["status"] == "Enabled" && !rule["noncurrent_version_expiration"].is_null()
        });
        let days = old.map_or(
            &Value::Null,
            |rule| &rule["noncurrent_version_expiration"][0]["noncurrent_days"],
        );
        of.at_least("days of old versions", days, if states { 30 } else { 1 });
        let expiring = |prefix: Option<&str>| -> Vec<&Value> {
            let all = rules.as_array().into_iter().flatten();
            all.filter(|rule| rule["filter"][0]["prefix"].as_str() == prefix)
                .filter_map(|rule| rule["expiration"][0].get("days"))
                .collect()
        };
        let logs = name.ends_with("-logs");
        let whole = expiring(None);
        of.line("days of objects", &json!(whole), whole.is_empty() != logs);
        let prefixes: Vec<&str> = rules
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|rule| rule["filter"][0]["prefix"].as_str())
            .collect();
        let expected: &[&str] = if states { &["plans/"] } else { &[] };
        of.line("objects that expire", &json!(prefixes), prefixes == expected);
        if states {
            let days = expiring(Some("plans/"));
            of.at_least("days of plans", days.first().unwrap_or(&&Value::Null), 7);
        }
        let markers =
            old.map_or(&Value::Null, |rule| &rule["expiration"][0]["expired_object_delete_marker"]);
        of.is("expired delete markers deleted", markers, json!(true));
        let policy = policies.get(name).cloned().unwrap_or_default();
        of.line(
            "without TLS",
            &json!(shown_verdict(&policy, name, "false")),
            denied_everywhere(&policy, name),
        );
        if !states && !logs {
            let target = &value("aws_s3_bucket_logging", "target_bucket");
            of.ends_with("access log", target, "-logs");
        }
        if states {
            of.is("destroyed by Terraform", bucket.lifecycle("prevent_destroy"), json!("true"));
        } else {
            of.is("destroyed with objects", bucket.get("force_destroy"), json!(false));
        }
    });
}

/// The verdict of the bucket's policy about everybody's request.
fn asked(policy: &Value, resource: &str, action: &str, tls: &str) -> Verdict {
    let request = Request {
        action: action.into(),
        resource: resource.into(),
        principal: format!("AWS:arn:aws:iam::{ACCOUNT}:role/anybody"),
        context: [("aws:SecureTransport".to_owned(), tls.to_owned())].into(),
    };
    ask(policy, &request)
}

fn shown_verdict(policy: &Value, bucket: &str, tls: &str) -> String {
    format!("{:?}", asked(policy, &format!("arn:aws:s3:::{bucket}/object"), "s3:GetObject", tls))
}

/// Nothing passes without TLS, and with it the policy grants nothing to roles.
fn denied_everywhere(policy: &Value, bucket: &str) -> bool {
    let bucket = format!("arn:aws:s3:::{bucket}");
    let object = format!("{bucket}/folder/object");
    [
        ("s3:ListBucket", &bucket),
        ("s3:GetObject", &object),
        ("s3:PutObject", &object),
        ("s3:DeleteObject", &object),
        ("s3:PutBucketPolicy", &bucket),
    ]
    .iter()
    .all(|(action, resource)| {
        asked(policy, resource, action, "false") == Verdict::Denied
            && asked(policy, resource, action, "true") == Verdict::Nothing
    })
}

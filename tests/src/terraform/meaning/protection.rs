//! How everything that holds data, or leads to it, is protected: one line for each property of each
//! resource, and for each whether it is enough.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::access::of_resources;
use super::layers::{Layers, shown, texts};
use super::policy::{Request, Verdict, ask};
use crate::terraform::plan::{ACCOUNT, Resource};

/// The tags that everything has.
const TAGS: [&str; 4] = ["Environment", "Layer", "ManagedBy", "Project"];

struct Line {
    resource: String,
    property: &'static str,
    value: String,
    enough: bool,
}

/// Collects the lines of one resource.
struct Of<'a> {
    lines: &'a mut Vec<Line>,
    resource: String,
}

impl Of<'_> {
    fn line(&mut self, property: &'static str, value: &Value, enough: bool) {
        let line = Line { resource: self.resource.clone(), property, value: shown(value), enough };
        self.lines.push(line);
    }

    fn is(&mut self, property: &'static str, value: &Value, expected: Value) {
        self.line(property, value, *value == expected);
    }

    fn at_least(&mut self, property: &'static str, value: &Value, least: i64) {
        self.line(property, value, value.as_i64().is_some_and(|value| value >= least));
    }

    fn is_the_key(&mut self, property: &'static str, value: &Value) {
        self.line(
            property,
            value,
            value.as_str().is_some_and(|arn| arn.starts_with("arn:aws:kms:")),
        );
    }
}

/// What is not protected enough.
pub fn problems(layers: &Layers) -> Vec<String> {
    let weak = lines(layers).into_iter().filter(|line| !line.enough);
    weak.map(|line| format!("{}: {} is {}", line.resource, line.property, line.value)).collect()
}

/// Every property with its value.
pub fn table(layers: &Layers) -> String {
    let mut made = String::new();
    let mut last = String::new();
    for line in lines(layers) {
        if line.resource != last {
            let _ = writeln!(made, "{}", line.resource);
            last.clone_from(&line.resource);
        }
        let _ = writeln!(made, "  {}: {}", line.property, line.value);
    }
    made
}

fn lines(layers: &Layers) -> Vec<Line> {
    let mut lines = Vec::new();
    let checks: [fn(&Layers, &mut Vec<Line>); 11] =
        [layer, buckets, tables, databases, key, logs, secrets, images, cluster, edge, operation];
    for check in checks {
        check(layers, &mut lines);
    }
    lines
}

fn each(layers: &Layers, lines: &mut Vec<Line>, kind: &str, check: impl Fn(&mut Of, &Resource)) {
    let all: Vec<_> = layers.of(kind).collect();
    if all.is_empty() {
        Of { lines, resource: kind.to_owned() }.line("there is one", &json!(false), false);
    }
    for (address, resource) in all {
        check(&mut Of { lines, resource: address }, resource);
    }
}

fn layer(layers: &Layers, lines: &mut Vec<Line>) {
    for (layer, plan) in &layers.0 {
        let mut of = Of { lines, resource: format!("layer {layer}") };
        for tag in TAGS {
            let value = &plan.tags[tag];
            let expected = if tag == "Layer" { Some(*layer) } else { value.as_str() };
            of.line(
                "tag",
                &json!(format!("{tag}={}", shown(value))),
                value.as_str() == expected && value.is_string(),
            );
        }
    }
}

/// The one resource of a kind that is about the bucket.
fn about<'a>(layers: &'a Layers, kind: &'a str, bucket: &str) -> Option<&'a Resource> {
    layers.of(kind).find(|(_, found)| found.text("bucket") == bucket).map(|(_, found)| found)
}

fn buckets(layers: &Layers, lines: &mut Vec<Line>) {
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
            of.line("access log", target, target.as_str().is_some_and(|to| to.ends_with("-logs")));
        }
        if states {
            of.is(
                "destroyed by Terraform",
                bucket.meta.get("lifecycle").map_or(&Value::Null, |l| &l["prevent_destroy"]),
                json!("true"),
            );
        } else {
            of.is("destroyed with objects", bucket.get("force_destroy"), json!(false));
        }
    });
}

/// What the bucket's policy says of everybody's request.
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

fn tables(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_dynamodb_table", |of, table| {
        of.is("point-in-time recovery", table.at("point_in_time_recovery/enabled"), json!(true));
        of.is("encryption", table.at("server_side_encryption/enabled"), json!(true));
        of.is(
            "destroyed by Terraform",
            table.meta.get("lifecycle").map_or(&Value::Null, |l| &l["prevent_destroy"]),
            json!("true"),
        );
    });
}

fn databases(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_db_instance", |of, database| {
        of.is("encryption", database.get("storage_encrypted"), json!(true));
        of.is_the_key("key", database.get("kms_key_id"));
        of.is("public", database.get("publicly_accessible"), json!(false));
        of.is("deletion protection", database.get("deletion_protection"), json!(true));
        of.is("final snapshot skipped", database.get("skip_final_snapshot"), json!(false));
        of.line(
            "final snapshot",
            database.get("final_snapshot_identifier"),
            !database.get("final_snapshot_identifier").is_null(),
        );
        of.is(
            "automated backups deleted with it",
            database.values.get("delete_automated_backups").unwrap_or(&json!(true)),
            json!(false),
        );
        of.at_least("days of backups", database.get("backup_retention_period"), 7);
        of.is("snapshots have its tags", database.get("copy_tags_to_snapshot"), json!(true));
        of.is("RDS keeps the password", database.get("manage_master_user_password"), json!(true));
        of.is("password", database.get("password"), Value::Null);
        of.is_the_key("the password's key", database.get("master_user_secret_kms_key_id"));
        of.is("minor versions", database.get("auto_minor_version_upgrade"), json!(true));
        of.is(
            "major versions",
            database.values.get("allow_major_version_upgrade").unwrap_or(&json!(false)),
            json!(false),
        );
        of.is(
            "logs",
            database.get("enabled_cloudwatch_logs_exports"),
            json!(["postgresql", "upgrade"]),
        );
        let ignored = database.meta.get("lifecycle").map_or(&Value::Null, |l| &l["ignore_changes"]);
        let ignored_text = shown(ignored);
        of.line(
            "changes ignored",
            ignored,
            ignored_text.contains("snapshot_identifier") && !ignored_text.contains("all"),
        );
        let group = layers.of("aws_db_parameter_group").find(|(_, group)| {
            group.get("name") == database.get("parameter_group_name") || {
                let name = group.text("name_prefix");
                !name.is_empty() && name.starts_with(&format!("{}-", database.text("identifier")))
            }
        });
        let parameters = group.map_or(&Value::Null, |(_, group)| group.get("parameter"));
        let parameter = |name: &str| {
            let all = parameters.as_array().into_iter().flatten();
            all.filter(|found| found["name"] == name).map(|found| found["value"].clone()).next()
        };
        of.is("without TLS", &json!(parameter("rds.force_ssl").map(|on| on != "1")), json!(false));
        of.is("connections logged", &parameter("log_connections").unwrap_or_default(), json!("1"));
    });
}

fn key(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_kms_key", |of, key| {
        of.is("rotation", key.get("enable_key_rotation"), json!(true));
        of.is("days until it is deleted", key.get("deletion_window_in_days"), json!(30));
        let lockout = key.values.get("bypass_policy_lockout_safety_check");
        of.is("lockout check bypassed", lockout.unwrap_or(&json!(false)), json!(false));
    });
}

fn logs(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_cloudwatch_log_group", |of, group| {
        of.is_the_key("key", group.get("kms_key_id"));
        of.at_least("days", group.get("retention_in_days"), 365);
    });
    each(layers, lines, "aws_flow_log", |of, log| {
        of.is("traffic", log.get("traffic_type"), json!("ALL"));
        of.line("of", log.get("vpc_id"), log.text("vpc_id").contains("aws_vpc.this"));
        of.line(
            "to",
            log.get("log_destination"),
            log.text("log_destination").contains(":log-group:"),
        );
    });
}

fn secrets(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_secretsmanager_secret", |of, secret| {
        of.is_the_key("key", secret.get("kms_key_id"));
        of.at_least("days until it is deleted", secret.get("recovery_window_in_days"), 7);
    });
}

fn images(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_ecr_repository", |of, repository| {
        of.is(
            "encryption",
            repository.at("encryption_configuration/encryption_type"),
            json!("KMS"),
        );
        of.is_the_key("key", repository.at("encryption_configuration/kms_key"));
        of.is("tags", repository.get("image_tag_mutability"), json!("IMMUTABLE"));
        of.is("scan", repository.at("image_scanning_configuration/scan_on_push"), json!(true));
        of.is("deleted with images", repository.get("force_delete"), json!(false));
    });
}

fn cluster(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_eks_cluster", |of, cluster| {
        of.is("encrypted", cluster.at("encryption_config/resources"), json!(["secrets"]));
        of.is_the_key("key", cluster.at("encryption_config/provider/key_arn"));
        of.is("private API", cluster.at("vpc_config/endpoint_private_access"), json!(true));
        let from = cluster.at("vpc_config/public_access_cidrs");
        let wide = texts(from).iter().any(|cidr| {
            cidr.rsplit('/')
                .next()
                .and_then(|bits| bits.parse::<u8>().ok())
                .is_none_or(|bits| bits < 16)
        });
        of.line("public API from", from, !wide && !texts(from).is_empty());
        of.is("access", cluster.at("access_config/authentication_mode"), json!("API"));
        of.is(
            "its maker is its administrator",
            cluster.at("access_config/bootstrap_cluster_creator_admin_permissions"),
            json!(false),
        );
        let all = json!(["api", "audit", "authenticator", "controllerManager", "scheduler"]);
        of.is("logs", cluster.get("enabled_cluster_log_types"), all);
    });
    each(layers, lines, "aws_launch_template", |of, template| {
        of.is("IMDSv2 alone", template.at("metadata_options/http_tokens"), json!("required"));
        of.is(
            "hops to the metadata",
            template.at("metadata_options/http_put_response_hop_limit"),
            json!(1),
        );
        of.is("disks encrypted", template.at("block_device_mappings/ebs/encrypted"), json!(true));
        let tagged: Vec<&str> = template
            .get("tag_specifications")
            .as_array()
            .into_iter()
            .flatten()
            .filter(|made| TAGS.iter().all(|tag| made["tags"][tag].is_string()))
            .filter_map(|made| made["resource_type"].as_str())
            .collect();
        of.is("tagged", &json!(tagged), json!(["instance", "volume"]));
    });
    each(layers, lines, "aws_eks_access_policy_association", |of, access| {
        of.line(
            "administrator",
            access.get("principal_arn"),
            access.text("principal_arn").ends_with("-operator"),
        );
    });
    each(layers, lines, "aws_eks_access_entry", |of, access| {
        of.line(
            "administrator",
            access.get("principal_arn"),
            access.text("principal_arn").ends_with("-operator"),
        );
    });
    // A role that only one service account may take is of no use to another one.
    each(layers, lines, "aws_eks_pod_identity_association", |of, association| {
        let (namespace, account) =
            (association.text("namespace"), association.text("service_account"));
        let role = super::access::roles(layers)
            .remove(association.text("role_arn").rsplit('/').next().unwrap_or_default());
        let request = Request {
            action: "sts:AssumeRole".into(),
            principal: "Service:pods.eks.amazonaws.com".into(),
            context: [
                (
                    "aws:RequestTag/eks-cluster-arn".into(),
                    format!(
                        "arn:aws:eks:us-east-1:{ACCOUNT}:cluster/{}",
                        association.text("cluster_name")
                    ),
                ),
                ("aws:RequestTag/kubernetes-namespace".into(), namespace.into()),
                ("aws:RequestTag/kubernetes-service-account".into(), account.into()),
            ]
            .into(),
            ..Request::default()
        };
        let fits = role.is_some_and(|role| ask(&role.trust, &request) == Verdict::Allowed);
        of.line(
            "role",
            &json!(format!("{namespace}/{account} takes {}", association.text("role_arn"))),
            fits,
        );
    });
}

fn edge(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_lb", |of, balancer| {
        of.is("deletion protection", balancer.get("enable_deletion_protection"), json!(true));
        of.is("bad headers dropped", balancer.get("drop_invalid_header_fields"), json!(true));
        of.is("access log", balancer.at("access_logs/enabled"), json!(true));
        of.line(
            "access log in",
            balancer.at("access_logs/bucket"),
            balancer.text("access_logs/bucket").ends_with("-logs"),
        );
    });
    each(layers, lines, "aws_cloudfront_distribution", |of, distribution| {
        of.is(
            "HTTP",
            distribution.at("default_cache_behavior/viewer_protocol_policy"),
            json!("redirect-to-https"),
        );
        of.is(
            "TLS",
            distribution.at("viewer_certificate/minimum_protocol_version"),
            json!("TLSv1.2_2021"),
        );
        let headers = distribution.at("default_cache_behavior/response_headers_policy_id");
        of.is("headers", headers, json!("67f7725c-6f97-4210-82d7-5512b31e9d03"));
        let signer = distribution.at("origin/origin_access_control_id");
        of.line(
            "signs with",
            signer,
            signer.as_str().is_some_and(|id| id.contains("aws_cloudfront_origin_access_control")),
        );
    });
    each(layers, lines, "aws_cloudfront_origin_access_control", |of, control| {
        of.is("signs", control.get("signing_behavior"), json!("always"));
        of.is("protocol", control.get("signing_protocol"), json!("sigv4"));
    });
    each(layers, lines, "aws_cloudwatch_log_delivery_source", |of, source| {
        of.is("log", source.get("log_type"), json!("ACCESS_LOGS"));
    });
    each(layers, lines, "aws_acm_certificate", |of, certificate| {
        of.is(
            "there before the old one goes",
            certificate.meta.get("lifecycle").map_or(&Value::Null, |l| &l["create_before_destroy"]),
            json!("true"),
        );
    });
}

fn operation(layers: &Layers, lines: &mut Vec<Line>) {
    let topics: Vec<Value> = layers
        .of("aws_sns_topic")
        .map(|(_, topic)| json!(format!("arn:aws:sns:us-east-1:{ACCOUNT}:{}", topic.text("name"))))
        .collect();
    let to_a_topic = |list: &Value| {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        !list.is_empty() && list.iter().all(|to| topics.contains(to))
    };
    each(layers, lines, "aws_sns_topic", |of, topic| {
        of.is_the_key("key", topic.get("kms_master_key_id"));
    });
    each(layers, lines, "aws_cloudwatch_metric_alarm", |of, alarm| {
        of.line("tells", alarm.get("alarm_actions"), to_a_topic(alarm.get("alarm_actions")));
        of.line(
            "above or below",
            &json!(format!("{} {}", alarm.text("comparison_operator"), alarm.get("threshold"))),
            alarm.text("comparison_operator").ends_with("Threshold"),
        );
        of.line(
            "without data",
            alarm.get("treat_missing_data"),
            alarm.values.contains_key("treat_missing_data"),
        );
    });
    each(layers, lines, "aws_budgets_budget", |of, budget| {
        let notices = budget.get("notification").as_array().cloned().unwrap_or_default();
        let told = notices.iter().all(|notice| to_a_topic(&notice["subscriber_sns_topic_arns"]));
        of.line("notices", &json!(notices.len()), notices.len() >= 2 && told);
        of.is("of", budget.get("time_unit"), json!("MONTHLY"));
    });
    each(layers, lines, "aws_backup_vault", |of, vault| {
        of.is_the_key("key", vault.get("kms_key_arn"));
        of.is("destroyed with backups", vault.get("force_destroy"), json!(false));
    });
    each(layers, lines, "aws_backup_plan", |of, plan| {
        of.at_least("days of backups", plan.at("rule/lifecycle/delete_after"), 7);
        let schedule = plan.at("rule/schedule");
        of.line(
            "every day",
            schedule,
            schedule.as_str().is_some_and(|at| at.ends_with(" * * ? *)")),
        );
        let vault = plan.at("rule/target_vault_name");
        let known = layers.of("aws_backup_vault").any(|(_, found)| found.get("name") == vault);
        of.line("into", vault, known);
    });
    each(layers, lines, "aws_backup_selection", |of, selection| {
        let plan = selection.text("plan_id");
        of.line("by", &json!(plan), plan.contains("aws_backup_plan"));
        for (_, database) in layers.of("aws_db_instance") {
            let arn = format!("arn:aws:rds:us-east-1:{ACCOUNT}:db:{}", database.text("identifier"));
            let tags = &layers.0["platform"].tags;
            of.line("has", &json!(arn), selects(selection, &arn, tags));
        }
        // The tags that the driver gives the volumes of pods.
        let volume = format!("arn:aws:ec2:us-east-1:{ACCOUNT}:volume/vol-1");
        let driver = layers.of("aws_eks_addon").find(|(at, _)| at.contains("aws-ebs-csi-driver"));
        let settings = driver.map_or("", |(_, addon)| addon.text("configuration_values"));
        let settings: Value = serde_json::from_str(settings).unwrap_or_default();
        let tags = &settings["controller"]["extraVolumeTags"];
        of.line("has the volumes of pods", tags, selects(selection, &volume, tags));
        let node = layers.of("aws_launch_template").next().map(|(_, template)| {
            let all = template.get("tag_specifications").as_array().cloned().unwrap_or_default();
            all.into_iter().find(|made| made["resource_type"] == "volume").unwrap_or_default()
        });
        let tags = node.unwrap_or_default()["tags"].clone();
        of.line("leaves out the nodes' disks", &tags, !selects(selection, &volume, &tags));
    });
}

/// Whether AWS Backup takes the resource with these tags: one of the patterns, and every condition.
fn selects(selection: &Resource, arn: &str, tags: &Value) -> bool {
    let patterns = texts(selection.get("resources"));
    let conditions = |name: &str| {
        let all = selection.at(&format!("condition/{name}")).clone();
        match all {
            Value::Array(all) => all,
            Value::Null => Vec::new(),
            one => vec![one],
        }
    };
    let tag = |condition: &Value| {
        let key = condition["key"].as_str().unwrap_or_default();
        tags[key.trim_start_matches("aws:ResourceTag/")].clone()
    };
    patterns.iter().any(|pattern| super::policy::like(pattern, arn))
        && conditions("string_equals").len() >= 2
        && conditions("string_equals").iter().all(|one| tag(one) == one["value"])
        && conditions("string_not_equals").iter().all(|one| tag(one) != one["value"])
}

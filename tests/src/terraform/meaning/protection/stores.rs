//! Everything else that keeps data: tables, databases, keys, logs, secrets and images.

use serde_json::{Value, json};

use super::line::{Line, each};
use crate::terraform::meaning::layers::{Layers, shown};

pub(super) fn tables(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_dynamodb_table", |of, table| {
        of.is("point-in-time recovery", table.at("point_in_time_recovery/enabled"), json!(true));
        of.is("encryption", table.at("server_side_encryption/enabled"), json!(true));
        of.is("destroyed by Terraform", table.lifecycle("prevent_destroy"), json!("true"));
    });
}

pub(super) fn databases(layers: &Layers, lines: &mut Vec<Line>) {
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
        let ignored = database.lifecycle("ignore_changes");
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

pub(super) fn key(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_kms_key", |of, key| {
        of.is("rotation", key.get("enable_key_rotation"), json!(true));
        of.is("days until it is deleted", key.get("deletion_window_in_days"), json!(30));
        let lockout = key.values.get("bypass_policy_lockout_safety_check");
        of.is("lockout check bypassed", lockout.unwrap_or(&json!(false)), json!(false));
    });
}

pub(super) fn logs(layers: &Layers, lines: &mut Vec<Line>) {
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

pub(super) fn secrets(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_secretsmanager_secret", |of, secret| {
        of.is_the_key("key", secret.get("kms_key_id"));
        of.at_least("days until it is deleted", secret.get("recovery_window_in_days"), 7);
    });
}

pub(super) fn images(layers: &Layers, lines: &mut Vec<Line>) {
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

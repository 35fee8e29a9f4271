//! Alarms that reach somebody, the budget, and backups that hold every database and volume.

use serde_json::{Value, json};

use super::line::{Line, each};
use crate::terraform::meaning::layers::{Layers, texts};
use crate::terraform::meaning::policy::like;
use crate::terraform::plan::{ACCOUNT, Resource};

pub(super) fn operation(layers: &Layers, lines: &mut Vec<Line>) {
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
    patterns.iter().any(|pattern| like(pattern, arn))
        && conditions("string_equals").len() >= 2
        && conditions("string_equals").iter().all(|one| tag(one) == one["value"])
        && conditions("string_not_equals").iter().all(|one| tag(one) != one["value"])
}

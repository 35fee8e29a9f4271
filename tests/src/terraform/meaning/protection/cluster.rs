//! The cluster, its nodes, and who may take which role in it.

use serde_json::json;

use super::line::{Line, TAGS, each};
use crate::terraform::meaning::access::roles;
use crate::terraform::meaning::layers::{Layers, texts};
use crate::terraform::meaning::policy::{Request, Verdict, ask};
use crate::terraform::plan::ACCOUNT;

pub(super) fn cluster(layers: &Layers, lines: &mut Vec<Line>) {
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
    for kind in ["aws_eks_access_policy_association", "aws_eks_access_entry"] {
        each(layers, lines, kind, |of, access| {
            of.ends_with("administrator", access.get("principal_arn"), "-operator");
        });
    }
    // A role that only one service account may take is of no use to another one.
    each(layers, lines, "aws_eks_pod_identity_association", |of, association| {
        let (namespace, account) =
            (association.text("namespace"), association.text("service_account"));
        let role = roles(layers)
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

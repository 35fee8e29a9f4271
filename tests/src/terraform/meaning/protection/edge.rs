//! The edge: load balancers, CloudFront and certificates.

use serde_json::json;

use super::line::{Line, each};
use crate::terraform::meaning::layers::Layers;

pub(super) fn edge(layers: &Layers, lines: &mut Vec<Line>) {
    each(layers, lines, "aws_lb", |of, balancer| {
        of.is("deletion protection", balancer.get("enable_deletion_protection"), json!(true));
        of.is("bad headers dropped", balancer.get("drop_invalid_header_fields"), json!(true));
        of.is("access log", balancer.at("access_logs/enabled"), json!(true));
        of.ends_with("access log in", balancer.at("access_logs/bucket"), "-logs");
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
            certificate.lifecycle("create_before_destroy"),
            json!("true"),
        );
    });
}

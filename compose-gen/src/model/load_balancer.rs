//! The clients that reach a host through a load balancer, and those that have to sign in first.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::checks::Checks;
use crate::spec::types::{Alb, Authentication};

/// A rule of an ALB takes five values; the host and the path are two of them.
const MOST_BLOCKS: usize = 3;

/// The members of the identity provider for each type, as the AWS Load Balancer Controller reads them.
const PROVIDERS: [(&str, &[&str]); 3] = [
    ("none", &[]),
    ("cognito", &["userPoolARN", "userPoolClientID", "userPoolDomain"]),
    (
        "oidc",
        &["authorizationEndpoint", "issuer", "secretName", "tokenEndpoint", "userInfoEndpoint"],
    ),
];

impl Checks<'_> {
    /// A host without sources would be open to the addresses of all the others, so it is an error.
    pub(super) fn load_balancers(&mut self) {
        let platform = self.platform;
        for (environment, settings) in &platform.environments {
            let Some(alb) = settings.exposure.as_ref().and_then(|exposure| exposure.alb.as_ref())
            else {
                continue;
            };
            let mut hosts: BTreeMap<&str, &str> = BTreeMap::new();
            for service in platform.services_in(Some(environment)) {
                let routed = service.routes.iter().filter_map(|route| route.host.as_deref());
                let routed: Vec<&str> = routed.collect();
                hosts.extend(routed.iter().map(|host| (*host, service.name.as_str())));
                self.same_for_all_hosts(environment, alb, &service.name, &routed);
            }
            self.sources(environment, alb, &hosts);
            if let Some(authentication) = &alb.authentication {
                self.authentication(environment, authentication, &hosts);
            }
        }
    }

    fn sources(&mut self, environment: &str, alb: &Alb, hosts: &BTreeMap<&str, &str>) {
        let Some(sources) = &alb.sources else { return };
        let known: Vec<&str> = hosts.keys().copied().collect();
        let place = ["x-environments", environment, "exposure", "alb", "sources"];
        for (host, service) in hosts.iter().filter(|(host, _)| !sources.contains_key(**host)) {
            let message =
                format!("the host \"{host}\" of the service \"{service}\" has no sources");
            let hint = format!("write {host}: and the blocks of addresses that it is reached from");
            self.say.hinted("no-sources", message, &place, hint);
        }
        for host in sources.keys() {
            let path = [&place[..], &[host.as_str()]].concat();
            if !hosts.contains_key(host.as_str()) {
                self.say.unknown("unknown-host", "host", host, &known, &path);
            }
            let blocks = alb.blocks(host).unwrap_or_default();
            for block in blocks.iter().filter(|block| !is_block(block)) {
                let message = format!("\"{block}\" is not an IPv4 CIDR block");
                let hint =
                    "write the first address of the block and its length, such as 203.0.113.0/24";
                self.say.hinted("bad-sources", message, &path, hint);
            }
            if blocks.len() > MOST_BLOCKS {
                let message = format!("\"{host}\" has {} blocks of addresses", blocks.len());
                let hint =
                    format!("a rule of the load balancer takes {MOST_BLOCKS}: take larger blocks");
                self.say.hinted("bad-sources", message, &path, hint);
            }
        }
    }

    /// The controller has one condition and one way to ask for all rules of a service.
    fn same_for_all_hosts(&mut self, environment: &str, alb: &Alb, service: &str, hosts: &[&str]) {
        let Some((first, others)) = hosts.split_first() else { return };
        let excepted = |host: &str| {
            let except = alb.authentication.as_ref().map(|authentication| &authentication.except);
            except.is_some_and(|except| except.iter().any(|one| one == host))
        };
        for other in others {
            if alb.blocks(first) != alb.blocks(other) || excepted(first) != excepted(other) {
                let message = format!(
                    "\"{first}\" and \"{other}\" lead to the service \"{service}\" and differ in who reaches them"
                );
                let path = ["x-environments", environment, "exposure", "alb"];
                let hint = "give both the same sources and the same authentication";
                self.say.hinted("conflict", message, &path, hint);
            }
        }
    }

    fn authentication(
        &mut self,
        environment: &str,
        authentication: &Authentication,
        hosts: &BTreeMap<&str, &str>,
    ) {
        let place = ["x-environments", environment, "exposure", "alb", "authentication"];
        let path = |key| [&place[..], &[key]].concat();
        let known: Vec<&str> = hosts.keys().copied().collect();
        for (index, host) in authentication.except.iter().enumerate() {
            if !hosts.contains_key(host.as_str()) {
                let index = index.to_string();
                let path = [&place[..], &["except", &index]].concat();
                self.say.unknown("unknown-host", "host", host, &known, &path);
            }
        }
        let kinds = PROVIDERS.map(|(kind, _)| kind);
        let Some((kind, members)) = PROVIDERS.iter().find(|(kind, _)| *kind == authentication.kind)
        else {
            let kind = &authentication.kind;
            self.say.unknown("unknown-name", "type of authentication", kind, &kinds, &path("type"));
            return;
        };
        let provider = serde_json::from_str::<BTreeMap<String, String>>(&authentication.provider);
        let given: Option<Vec<&str>> =
            provider.as_ref().ok().map(|keys| keys.keys().map(String::as_str).collect());
        if given.as_deref() != Some(*members) {
            let message = format!("the identity provider does not fit the type {kind}");
            let hint = match members {
                [] => "write {}".to_owned(),
                members => format!("write JSON with the texts {}", members.join(", ")),
            };
            self.say.hinted("bad-provider", message, &path("provider"), hint);
        }
    }
}

/// Whether a text is the first address of a block and the block's length.
fn is_block(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let (Ok(address), Ok(bits)) = (address.parse::<Ipv4Addr>(), bits.parse::<u32>()) else {
        return false;
    };
    let inside = u32::MAX.checked_shr(bits).unwrap_or(0);
    bits <= 32 && u32::from(address) & inside == 0
}

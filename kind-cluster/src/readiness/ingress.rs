//! Ingress: its class exists, and a controller has given it an address. Without a class nobody will.

use serde_json::Value;

use super::{State, World};
use crate::object::{list, meta, name, text};

const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

pub(super) fn state(object: &Value, world: &World) -> State {
    if !list(object, "/status/loadBalancer/ingress").is_empty() {
        return State::Ready;
    }
    let wanted = text(object, "/spec/ingressClassName");
    let mut classes = world.all("IngressClass", "");
    let found = match wanted {
        "" => classes.any(|class| meta(class, "annotations", DEFAULT_CLASS) == Some("true")),
        wanted => classes.any(|class| name(class) == wanted),
    };
    // A controller may follow the annotation of before there were classes.
    let old = meta(object, "annotations", "kubernetes.io/ingress.class").is_some();
    State::Skipped(match (found || old, wanted) {
        (true, _) => "no ingress controller has given it an address".into(),
        (false, "") => "no ingress controller: it names no class, and none is the default".into(),
        (false, wanted) => format!("no ingress controller: there is no IngressClass/{wanted}"),
    })
}

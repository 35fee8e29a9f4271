use common::quantity::Quantity;

use super::prelude::*;
use crate::tree::Kind;

rule! {
    /// An amount of memory, storage or CPU that is not what it looks like.
    ///
    /// `512mb` and `1GB` are no quantities, and the API server refuses the object; so it does with
    /// amounts below zero. Other suffixes are accepted and mean something else: `128m` of memory is an eighth
    /// of a byte, `memory: 512` is 512 bytes, and `cpu: 500Mi` is half a billion cores. Such a container does
    /// not start, or is never scheduled.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       resources: {limits: {memory: 128m}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       resources: {limits: {memory: 128Mi}}
    /// ```
    KQ008 "bad-quantity" Error Check::Overlay(check)
}

/// No container runs in less memory; a smaller amount is a forgotten unit.
const SMALLEST_MEMORY: i64 = 1 << 20;

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for object in overlay.objects() {
        let mut judge = Judge { object, findings: &mut *findings };
        if let Some(workload) = Workload::of(object) {
            judge.pod(&workload);
        }
        let node = &object.node;
        match object.kind() {
            "PersistentVolumeClaim" => judge.claim(node),
            "PersistentVolume" => judge.list(node.at(&["spec", "capacity"]), false),
            "ResourceQuota" => judge.list(node.at(&["spec", "hard"]), false),
            "LimitRange" => {
                for range in node.items_at(&["spec", "limits"]) {
                    for list in ["default", "defaultRequest", "max", "min"] {
                        judge.list(range.get(list), false);
                    }
                }
            }
            _ => {}
        }
    }
}

struct Judge<'a, 'f, 'l> {
    object: &'a Object,
    findings: &'f mut Findings<'l>,
}

impl Judge<'_, '_, '_> {
    fn pod(&mut self, workload: &Workload<'_>) {
        let containers = workload.containers();
        for node in containers.iter().map(|one| one.node).chain([workload.pod]) {
            for list in ["requests", "limits"] {
                self.list(node.at(&["resources", list]), true);
            }
        }
        for volume in workload.pod.items_at(&["volumes"]) {
            if let Some(size) = volume.at(&["emptyDir", "sizeLimit"]) {
                self.one("sizeLimit", size, false);
            }
            if let Some(claim) = volume.at(&["ephemeral", "volumeClaimTemplate"]) {
                self.claim(claim);
            }
        }
        for claim in workload.object.node.items_at(&["spec", "volumeClaimTemplates"]) {
            self.claim(claim);
        }
    }

    fn claim(&mut self, node: &Node) {
        for list in ["requests", "limits"] {
            self.list(node.at(&["spec", "resources", list]), false);
        }
    }

    fn list(&mut self, node: Option<&Node>, container: bool) {
        for entry in node.map_or(&[][..], Node::entries) {
            self.one(&entry.key, &entry.value, container);
        }
    }

    fn one(&mut self, name: &str, node: &Node, container: bool) {
        let Some(scalar) = node.scalar().filter(|scalar| scalar.kind != Kind::Null) else { return };
        let text = scalar.text.as_str();
        if let Some((problem, hint)) = judge(name, text, container) {
            self.findings
                .value(node, format!("{problem} in {}", self.object.id()))
                .about(self.object, hint);
        }
    }
}

/// The mistake in an amount, and its correction.
fn judge(name: &str, text: &str, container: bool) -> Option<(String, String)> {
    let Some(amount) = Quantity::parse(text) else {
        let hint = match nearest(text) {
            Some(meant) => format!("write `{meant}`"),
            None => "write a number with a unit like Mi, Gi or, for CPU, m".to_owned(),
        };
        return Some((format!("`{name}: {text}` is not a quantity"), hint));
    };
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if amount < Quantity::ZERO {
        return Some((format!("`{name}: {text}` is below zero"), "write an amount".to_owned()));
    }
    let resource = name.rsplit('.').next().unwrap_or(name);
    match resource {
        "cpu" if text.ends_with('i') => Some((
            format!("`{name}: {text}` is {} CPU cores", amount.ceil()),
            format!("CPU is counted in cores or thousandths: write `{number}m`"),
        )),
        "memory" | "storage" | "ephemeral-storage" | "sizeLimit" if amount.is_fractional() => {
            let small = text.ends_with('m');
            let meant = if small { format!("{number}Mi") } else { amount.ceil().to_string() };
            Some((
                format!("`{name}: {text}` is a fraction of a byte"),
                format!("write `{meant}`: m is for thousandths, Mi for mebibytes"),
            ))
        }
        "memory"
            if container
                && amount != Quantity::ZERO
                && amount < Quantity::units(SMALLEST_MEMORY) =>
        {
            Some((
                format!(
                    "`{name}: {text}` is less than any container needs, {} bytes,",
                    amount.ceil()
                ),
                format!("write the unit: `{number}Mi`"),
            ))
        }
        _ => None,
    }
}

/// The likely meaning of `512mb`, `1GB`, `1 Gi`, `64K`.
fn nearest(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let letter = unit.chars().next().filter(|letter| "kmgtpe".contains(*letter))?;
    let rest = &unit[1..];
    let known = ["", "b", "i", "ib", "byte", "bytes"].contains(&rest);
    Quantity::parse(number).filter(|_| known)?;
    Some(format!("{number}{}i", letter.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_guessed() {
        for (text, meant) in [
            ("512mb", Some("512Mi")),
            ("1GB", Some("1Gi")),
            ("1 Gi", Some("1Gi")),
            ("64K", Some("64Ki")),
            ("1.5gib", Some("1.5Gi")),
            ("much", None),
            ("mb", None),
            ("", None),
        ] {
            assert_eq!(nearest(text).as_deref(), meant, "{text}");
        }
    }
}

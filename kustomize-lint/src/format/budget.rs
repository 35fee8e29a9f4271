//! An overlay's budget as a table, and for programs.

use common::table;
use serde_json::json;

use crate::budget::{Budget, Part};
use crate::lint::Overlay;
use crate::view::Container;
use common::kubernetes::effective;
use common::quantity::Quantity;

/// How wide the longest bar is.
const BAR: usize = 24;

/// The table, the total and the verdict; with a bar for each workload where somebody looks.
pub(crate) fn human(overlay: &Overlay<'_>, budget: &Budget<'_>, bars: bool) -> String {
    let available = available(overlay);
    let mut header = vec!["workload", "pods", "counted as", "request", "limit"];
    if available.is_some() {
        header.push("share");
    }
    if bars {
        header.push("");
    }
    let longest = budget.parts.iter().map(|part| part.limit()).max().unwrap_or_default();
    let row = |part: &Part<'_>| {
        let mut row = vec![
            part.workload.object.id().to_string(),
            part.pods.most.to_string(),
            part.pods.why.clone(),
            amount(part.request()),
            limit(part),
        ];
        row.extend(available.map(|available| share(part.limit(), available)));
        if bars {
            row.push(table::bar(part.limit().ceil(), longest.ceil(), BAR));
        }
        row
    };
    let mut rows: Vec<Vec<String>> = budget.parts.iter().map(row).collect();
    let pods: i128 = budget.parts.iter().map(|part| i128::from(part.pods.most)).sum();
    let mut total = vec![
        "total".to_owned(),
        pods.to_string(),
        String::new(),
        amount(budget.requests),
        amount(budget.limits),
    ];
    total.extend(available.map(|available| share(budget.limits, available)));
    if bars {
        total.push(String::new());
    }
    rows.push(total);
    let mut text = table::render(&header, &rows, &[1, 3, 4, 5]);
    text.push_str(&unlimited(budget));
    text.push_str(&verdict(overlay, budget));
    text
}

/// All pods' limits together: `at least 1Gi` where a container has none.
fn limit(part: &Part<'_>) -> String {
    match (part.memory.unlimited.is_empty(), part.limit() == Quantity::ZERO) {
        (true, _) => amount(part.limit()),
        (false, true) => "unset".to_owned(),
        (false, false) => format!("≥ {}", amount(part.limit())),
    }
}

fn unlimited(budget: &Budget<'_>) -> String {
    let without = budget.parts.iter().filter(|part| !part.memory.unlimited.is_empty());
    let names: Vec<String> = without
        .map(|part| format!("{} ({})", part.workload.object.id(), names(part).join(", ")))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!("\nwithout a memory limit, counted as requested: {}\n", names.join("; "))
}

fn names<'a>(part: &Part<'a>) -> Vec<&'a str> {
    part.memory.unlimited.iter().map(Container::name).collect()
}

fn verdict(overlay: &Overlay<'_>, budget: &Budget<'_>) -> String {
    let Some(environment) = &overlay.environment else { return String::new() };
    let (Some(whole), Some(available)) = (environment.budget, environment.available()) else {
        return String::new();
    };
    let needed = budget.needed;
    let of = if environment.reserved == Quantity::ZERO {
        format!("{} available", amount(available))
    } else {
        let (available, whole) = (amount(available), amount(whole));
        format!("{available} available ({whole}, {} reserved)", amount(environment.reserved))
    };
    if needed > available {
        let more = amount(needed - available);
        format!("\n{} of {of}: {more} too much\n", amount(needed))
    } else {
        let left = amount(available - needed);
        format!("\n{} of {of}: fits, {left} left\n", amount(needed))
    }
}

/// The budget, versioned; amounts are bytes, those of a workload are its pods' together.
pub(crate) fn json(overlay: &Overlay<'_>, budget: &Budget<'_>, complete: bool) -> String {
    let environment = overlay.environment.as_ref();
    let available = available(overlay);
    let workloads: Vec<_> = budget
        .parts
        .iter()
        .map(|part| {
            let object = part.workload.object;
            json!({
                "kind": object.kind(),
                "namespace": effective(object.namespace()),
                "name": object.name(),
                "pods": part.pods.most,
                "counted": part.pods.why,
                "pod": {"request": bytes(part.memory.request), "limit": bytes(part.memory.limit)},
                "request": bytes(part.request()),
                "limit": bytes(part.limit()),
                "unlimited": names(part),
            })
        })
        .collect();
    let document = json!({
        "version": 1,
        "overlay": overlay.name,
        "environment": environment.map(|environment| &environment.name),
        "budget": environment.and_then(|environment| environment.budget).map(bytes),
        "reserved": environment.map(|environment| bytes(environment.reserved)),
        "available": available.map(bytes),
        "requests": bytes(budget.requests),
        "limits": bytes(budget.limits),
        "needed": bytes(budget.needed),
        "fits": available.map(|available| budget.needed <= available),
        "complete": complete,
        "workloads": workloads,
    });
    format!("{document:#}\n")
}

fn available(overlay: &Overlay<'_>) -> Option<Quantity> {
    overlay.environment.as_ref()?.available()
}

fn bytes(quantity: Quantity) -> u64 {
    u64::try_from(quantity.ceil()).unwrap_or(u64::MAX)
}

/// In MiB where that is exact, so that a column is easy to compare; else as it is.
pub(crate) fn amount(quantity: Quantity) -> String {
    const MIB: i128 = 1 << 20;
    let whole = quantity.ceil();
    if !quantity.is_fractional() && whole != 0 && whole % MIB == 0 {
        format!("{}Mi", whole / MIB)
    } else {
        quantity.to_string()
    }
}

fn share(part: Quantity, whole: Quantity) -> String {
    let whole = whole.ceil();
    if whole == 0 {
        return String::new();
    }
    // Rounded to the nearest tenth of a percent.
    let tenths = (part.ceil() * 1000 + whole / 2) / whole;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        let shown = |text| amount(Quantity::parse(text).unwrap());
        assert_eq!(shown("9Gi"), "9216Mi");
        assert_eq!(shown("10737418241"), "10737418241");
        assert_eq!(shown("512Ki"), "512Ki");
        assert_eq!(shown("0"), "0");
        assert_eq!(share(Quantity::units(1), Quantity::units(3)), "33.3%");
    }
}

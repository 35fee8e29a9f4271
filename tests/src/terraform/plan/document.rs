//! `aws_iam_policy_document` as a policy. Lists are sorted, and never a single text.

use serde_json::{Map, Value, json};

use super::convert::set;
use super::model::Answer;

pub(super) fn json(values: &Map<String, Value>) -> Answer {
    let mut statements: Vec<Value> = Vec::new();
    for name in ["source_policy_documents", "override_policy_documents"] {
        for source in values.get(name).and_then(Value::as_array).into_iter().flatten() {
            let text = source.as_str().ok_or("a policy is no text")?;
            let read: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            statements.extend(read["Statement"].as_array().into_iter().flatten().cloned());
        }
    }
    for written in values.get("statement").and_then(Value::as_array).into_iter().flatten() {
        statements.push(statement(written)?);
    }
    Ok(json!(json!({ "Version": "2012-10-17", "Statement": statements }).to_string()))
}

fn statement(written: &Value) -> Answer {
    let mut made = Map::new();
    made.insert("Effect".into(), written.get("effect").cloned().unwrap_or(json!("Allow")));
    if let Some(sid) = written.get("sid") {
        made.insert("Sid".into(), sid.clone());
    }
    for (from, to) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        if let Some(list) = written.get(from) {
            made.insert(to.into(), set(list.as_array().ok_or("no list")?.clone()));
        }
    }
    for (from, to) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        let mut all = Map::new();
        for block in written.get(from).and_then(Value::as_array).into_iter().flatten() {
            add(&mut all, block["type"].as_str(), &block["identifiers"])?;
        }
        if !all.is_empty() {
            made.insert(to.into(), Value::Object(all));
        }
    }
    let mut conditions: Map<String, Value> = Map::new();
    for block in written.get("condition").and_then(Value::as_array).into_iter().flatten() {
        let test = block["test"].as_str().ok_or("a condition without a test")?;
        let of_test = conditions.entry(test).or_insert_with(|| json!({}));
        let of_test = of_test.as_object_mut().expect("made as an object");
        add(of_test, block["variable"].as_str(), &block["values"])?;
    }
    if !conditions.is_empty() {
        made.insert("Condition".into(), Value::Object(conditions));
    }
    Ok(Value::Object(made))
}

fn add(all: &mut Map<String, Value>, name: Option<&str>, more: &Value) -> Answer<()> {
    let name = name.ok_or("a block without a name")?;
    let mut list = all.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    list.extend(more.as_array().ok_or("a block without its list")?.iter().cloned());
    all.insert(name.to_owned(), set(list));
    Ok(())
}

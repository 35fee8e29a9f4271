//! Health checks.

use common::compose::{OPAQUE, quantity};
use common::project::{Tree, Value};

use super::model::{Field, Healthcheck, Test};
use super::typed::Typed;

pub(super) fn read(tree: &Tree, typed: &mut Typed<'_>) -> Option<Healthcheck> {
    if !matches!(tree.value, Value::Map(_)) {
        return typed.wrong("healthcheck", "a mapping", tree);
    }
    let off = typed.switch("disable", tree.get("disable"), false);
    let test = match tree.get("test") {
        _ if off => Some(Field { value: Some(Test::Off), place: tree.place() }),
        Some(node) => test(node, typed),
        None => None,
    };
    let mut time = |key: &str| {
        let read = |text: &str| if text == "0" { Some(0) } else { quantity::duration(text) };
        tree.get(key).and_then(|node| typed.amount(key, node, read, "a duration such as 1m30s"))
    };
    Some(Healthcheck {
        test,
        interval: time("interval"),
        timeout: time("timeout"),
        start_period: time("start_period"),
        retries: tree.get("retries").and_then(|node| typed.number("retries", node)),
    })
}

fn test(tree: &Tree, typed: &mut Typed<'_>) -> Option<Field<Test>> {
    let words: Vec<String> = match &tree.value {
        Value::Text(line) => vec!["CMD-SHELL".to_owned(), line.value.clone()],
        Value::List(items) => {
            let word = |item: &Tree| item.text().map(str::to_owned);
            items.iter().map(word).collect::<Option<_>>().unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let place = tree.place();
    let test = match words.as_slice() {
        [kind] if kind == "NONE" => Test::Off,
        [kind, line] if kind == "CMD-SHELL" => Test::Shell(line.clone()),
        // Docker hands all of them to the shell, which runs the first.
        [kind, words @ ..] if kind == "CMD-SHELL" => {
            Test::Words([&["/bin/sh".to_owned(), "-c".to_owned()][..], words].concat())
        }
        [kind, words @ ..] if kind == "CMD" => Test::Words(words.to_vec()),
        _ => {
            let expected = "a line, or a list that begins with CMD, CMD-SHELL or NONE";
            return typed.wrong("test", expected, tree);
        }
    };
    let unknown = words.iter().any(|word| word.contains(OPAQUE));
    Some(Field { value: (!unknown).then_some(test), place })
}

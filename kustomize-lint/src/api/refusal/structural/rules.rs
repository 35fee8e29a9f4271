//! The rules that a schema states in CEL (`x-kubernetes-validations`).
//!
//! A rule that cannot be read or evaluated here is passed over: the API server has functions that the
//! library lacks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use cel::{Context, Env, ExecutionError, Program, Value, extensions, to_value};
use serde_json::{Map, Value as Json};

use super::super::at::{At, Refusals};
use super::keyword::is_set;

/// Evaluates the rules of a schema, and of the schemas in it, for the values that are there.
pub(super) fn check(schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
    if at.node.is_null() {
        return;
    }
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        evaluate(rule, schema, at, refusals);
    }
    for (entry, value) in at.own_pairs() {
        let known = &schema["properties"][entry.key.as_str()];
        let inner = if known.is_object() { known } else { &schema["additionalProperties"] };
        if inner.is_object() {
            check(inner, &value, refusals);
        }
    }
    if schema["items"].is_object() {
        at.items().iter().for_each(|item| check(&schema["items"], item, refusals));
    }
}

fn evaluate(rule: &Json, schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
    let Some(text) = rule["rule"].as_str() else { return };
    // There is no former object to compare with.
    if text.contains("oldSelf") {
        return;
    }
    let Ok(program) = compiled(text) else { return };
    let Some(value) = value(schema, &at.node.to_json()) else { return };
    let mut context = Context::with_env(ENV.clone());
    context.add_variable_from_value("self", value);
    match program.execute(&context) {
        // The server refuses an object whose rule it cannot evaluate for want of a field.
        Ok(Value::Bool(false)) | Err(ExecutionError::NoSuchKey(_)) => {}
        _ => return,
    }
    // A `messageExpression` is not evaluated: its text can have any value of the object, a password too.
    let message = rule["message"].as_str().map(str::to_owned);
    let server = message.unwrap_or_else(|| format!("failed rule: {}", text.trim()));
    refusals.add(at, "breaks a rule of its definition", server);
}

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(true);
    for extension in [extensions::strings, extensions::lists] {
        // Both are the library's, and their names differ.
        let _ = env.add_extension(extension);
    }
    Arc::new(env)
});

/// Why there is no program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is not an expression.
    Malformed,
    /// It is nested so deeply that reading it could exhaust the stack.
    Deep,
}

/// More than any rule that a person writes.
const DEPTH: usize = 10;
const LENGTH: usize = 8 << 10;

/// The program of a rule.
pub(super) fn compiled(text: &str) -> Result<Rc<Program>, Unread> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Result<Rc<Program>, Unread>>> = RefCell::default();
    }
    if text.len() > LENGTH || depth(text) > DEPTH || text.matches('?').count() > DEPTH {
        return Err(Unread::Deep);
    }
    KNOWN.with_borrow_mut(|known| {
        if !known.contains_key(text) {
            let program = ENV.compile(text).map(Rc::new).map_err(|_| Unread::Malformed);
            known.insert(text.to_owned(), program);
        }
        known[text].clone()
    })
}

/// The greatest number of brackets that are open at a time.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0usize, 0);
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Whether a text is an expression.
pub(in super::super) fn is_expression(text: &str) -> bool {
    !matches!(compiled(text), Err(Unread::Malformed))
}

/// A variable of an expression that nobody declares. An expression with a loop has variables of its own, so it is
/// passed over, and so are the names that functions of the server begin with.
pub(in super::super) fn undeclared(text: &str, known: &[&str]) -> Option<String> {
    const LOOPS: [&str; 11] = [
        "all(",
        "bind(",
        "exists(",
        "existsOne(",
        "exists_one(",
        "filter(",
        "map(",
        "optFlatMap(",
        "optMap(",
        "sortBy(",
        "transform",
    ];
    const NAMES: [&str; 26] = [
        "base64",
        "bool",
        "bytes",
        "cel",
        "cidr",
        "double",
        "duration",
        "dyn",
        "format",
        "google",
        "int",
        "ip",
        "jsonpatch",
        "list",
        "lists",
        "map",
        "math",
        "net",
        "null_type",
        "optional",
        "semver",
        "sets",
        "string",
        "strings",
        "type",
        "uint",
    ];
    // White space and comments may stand between a function and its bracket.
    let dense: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    if LOOPS.iter().any(|word| dense.contains(word)) || dense.contains("//") {
        return None;
    }
    let program = compiled(text).ok()?;
    let references = program.references();
    let mut unknown: Vec<&str> = references
        .variables()
        .into_iter()
        .filter(|name| !known.contains(name) && !NAMES.contains(name) && !name.starts_with('@'))
        .collect();
    unknown.sort_unstable();
    unknown.first().map(|name| (*name).to_owned())
}

/// The value as rules see it.
fn value(schema: &Json, json: &Json) -> Option<Value> {
    to_value(typed(schema, json)).ok()
}

fn typed(schema: &Json, json: &Json) -> Json {
    match json {
        Json::Object(map) => {
            let mut found = Map::new();
            let properties = schema["properties"].as_object();
            for (name, inner) in properties.into_iter().flatten() {
                if let Some(value) = map.get(name).filter(|value| !value.is_null()) {
                    found.insert(escaped(name), typed(inner, value));
                }
            }
            let inner = &schema["additionalProperties"];
            for (name, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                if properties.is_none_or(|known| !known.contains_key(name)) {
                    let is_map = inner.is_object() || is_set(schema, "additionalProperties");
                    let name = if is_map { name.clone() } else { escaped(name) };
                    found.insert(name, typed(inner, value));
                }
            }
            Json::Object(found)
        }
        Json::Array(items) => items.iter().map(|item| typed(&schema["items"], item)).collect(),
        Json::Number(number) if schema["type"] == "number" => {
            number.as_f64().map_or_else(|| json.clone(), Json::from)
        }
        other => other.clone(),
    }
}

/// The words of the language, which are no names of fields there.
const WORDS: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The name of a field as a rule writes it.
pub(super) fn escaped(name: &str) -> String {
    if WORDS.contains(&name) {
        return format!("__{name}__");
    }
    name.replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(rule: &str, schema: &Json, object: &Json) -> Option<bool> {
        let mut context = Context::with_env(ENV.clone());
        context.add_variable_from_value("self", value(schema, object)?);
        match compiled(rule).ok()?.execute(&context) {
            Ok(Value::Bool(holds)) => Some(holds),
            _ => None,
        }
    }

    #[test]
    fn rules_see_numbers_and_escaped_names() {
        let schema = json!({"properties": {
            "mode": {"type": "string"},
            "share": {"type": "number"},
            "namespace": {"type": "string"},
            "x-y": {"type": "integer"},
        }});
        let object = json!({"mode": "A", "share": 2, "namespace": "n", "x-y": 3});
        assert_eq!(holds("self.mode == 'A'", &schema, &object), Some(true));
        assert_eq!(holds("self.share < 2.5", &schema, &object), Some(true));
        assert_eq!(holds("self.__namespace__ == 'n'", &schema, &object), Some(true));
        assert_eq!(holds("self.x__dash__y == 3", &schema, &object), Some(true));
        assert_eq!(holds("has(self.other)", &schema, &object), Some(false));
        // An operand without a value does not matter where the other one decides.
        assert_eq!(holds("self.other == 1 || true", &schema, &object), Some(true));
        assert_eq!(holds("!(self.other == 1 && false)", &schema, &object), Some(true));
        assert_eq!(
            holds("[1, 2].exists(x, x == 2 || x == self.other)", &schema, &object),
            Some(true)
        );
        assert_eq!(holds("self.mode.matches('^[A-Z]$')", &schema, &object), Some(true));
    }

    #[test]
    fn variables_of_loops_and_names_of_types_are_known() {
        for rule in [
            "self.all (x, x > 0)",
            "self.all\n(x, x > 0)",
            "self.all // each\n(x, x > 0)",
            "self.existsOne(i, x, x > 0)",
            "self.?a.optFlatMap(x, x.?b).hasValue()",
            "type(self) == net.IP",
        ] {
            assert_eq!(undeclared(rule, &["self"]), None, "{rule}");
        }
        assert_eq!(undeclared("size > 1", &["self"]).as_deref(), Some("size"));
    }

    #[test]
    fn a_rule_that_cannot_be_evaluated_says_nothing() {
        let (schema, object) = (json!({}), json!({"a": "1"}));
        for rule in ["quantity(self.a).isGreaterThan(quantity('2'))", "self.b", "self.", "self.a"] {
            assert_eq!(holds(rule, &schema, &object), None, "{rule}");
        }
        let deep = format!("{}true{}", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(holds(&deep, &schema, &object), None);
        assert!(is_expression(&deep) && !is_expression("A B!"));
        let nested = format!("{}true{}", "(".repeat(DEPTH), ")".repeat(DEPTH));
        assert_eq!(holds(&nested, &schema, &object), Some(true));
    }
}

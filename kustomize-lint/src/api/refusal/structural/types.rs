//! The types of a rule's expression, as far as the schema tells them.
//!
//! The API server compiles a rule with the types of its schema, and refuses a definition whose rule does
//! not fit. Where a type is not certain here, nothing is said.

use cel::common::ast::operators as operator;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use serde_json::{Map, Value as Json, json};

use super::keyword::is_set;
use super::rules::{compiled, escaped};

/// The result that an expression has to have.
#[derive(Clone, Copy)]
pub(in super::super) enum Wanted {
    /// Of a `rule`.
    Boolean,
    /// Of a `messageExpression`.
    Text,
}

/// Why the server cannot compile an expression.
pub(in super::super) struct Misfit {
    pub(in super::super) problem: String,
    /// The server's words.
    pub(in super::super) server: String,
}

#[derive(Clone, Copy)]
enum Type<'a> {
    /// Nothing is known of it.
    Any,
    Bool,
    Number,
    Text,
    /// With the schema of its items.
    List(&'a Json),
    /// With the schema of its values.
    Map(&'a Json),
    /// With its schema.
    Object(&'a Json),
    /// An object with `apiVersion`, `kind` and `metadata`, whatever its schema says.
    Root(&'a Json),
}

static ANY: Json = Json::Null;

impl<'a> Type<'a> {
    fn of(schema: &'a Json) -> Self {
        let free = [
            "nullable",
            "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-int-or-string",
            "x-kubernetes-embedded-resource",
        ];
        if free.iter().any(|key| is_set(schema, key)) {
            return Type::Any;
        }
        match schema["type"].as_str() {
            Some("boolean") => Type::Bool,
            Some("integer" | "number") => Type::Number,
            // Some formats are types of their own, such as durations.
            Some("string") if schema["format"].is_null() => Type::Text,
            Some("array") => Type::List(&schema["items"]),
            Some("object") => match (&schema["additionalProperties"], &schema["properties"]) {
                (Json::Object(_), _) => Type::Map(&schema["additionalProperties"]),
                (Json::Null | Json::Bool(false), Json::Object(_)) => Type::Object(schema),
                _ => Type::Any,
            },
            _ => Type::Any,
        }
    }

    /// The name of the type. Two different names are certainly two different types.
    fn name(self) -> Option<&'static str> {
        match self {
            Type::Any => None,
            Type::Bool => Some("a boolean"),
            Type::Number => Some("a number"),
            Type::Text => Some("a text"),
            Type::List(_) => Some("a list"),
            Type::Map(_) | Type::Object(_) | Type::Root(_) => Some("a mapping"),
        }
    }

    fn is(self, names: &[&str]) -> bool {
        self.name().is_none_or(|name| names.contains(&name))
    }

    fn differs(self, other: Type<'_>) -> bool {
        matches!((self.name(), other.name()), (Some(a), Some(b)) if a != b)
    }
}

/// The first field of `variables` that an expression reads and that is not among these names.
pub(in super::super) fn unknown_variable(text: &str, names: &[&str]) -> Option<Misfit> {
    let program = compiled(text).ok()?;
    let properties: Map<String, Json> =
        names.iter().map(|name| ((*name).to_owned(), Json::Object(Map::new()))).collect();
    let schema = json!({ "properties": properties });
    let variables = vec![("variables".to_owned(), Type::Object(&schema))];
    let mut types = Types { variables, misfit: None };
    types.of(program.expression());
    let mut misfit = types.misfit?;
    let field = misfit.server.split('\'').nth(1)?;
    misfit.problem = format!("reads the variable `{field}`, which the policy does not declare");
    Some(misfit)
}

/// The first part of an expression that does not fit the schema; `is_root` where the schema is of a whole
/// object.
pub(in super::super) fn misfit(
    text: &str,
    schema: &Json,
    is_root: bool,
    wanted: Wanted,
) -> Option<Misfit> {
    let program = compiled(text).ok()?;
    let itself = match Type::of(schema) {
        Type::Object(schema) if is_root => Type::Root(schema),
        other => other,
    };
    let mut types = Types { variables: vec![("self".to_owned(), itself)], misfit: None };
    let result = types.of(program.expression());
    let (names, server) = match wanted {
        Wanted::Boolean => (["a boolean"], "must evaluate to a bool"),
        Wanted::Text => (["a text"], "must evaluate to a string"),
    };
    if let Some(name) = result.name().filter(|_| !result.is(&names)) {
        types.found(format!("results in {name}, not in {}", names[0]), server);
    }
    types.misfit
}

struct Types<'a> {
    variables: Vec<(String, Type<'a>)>,
    misfit: Option<Misfit>,
}

impl<'a> Types<'a> {
    fn found(&mut self, problem: String, server: impl Into<String>) {
        self.misfit.get_or_insert(Misfit { problem, server: server.into() });
    }

    fn of(&mut self, part: &IdedExpr) -> Type<'a> {
        match &part.expr {
            Expr::Ident(name) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                known.map_or(Type::Any, |(_, known)| *known)
            }
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Type::Bool,
                LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => {
                    Type::Number
                }
                LiteralValue::String(_) => Type::Text,
                LiteralValue::Bytes(_) | LiteralValue::Null => Type::Any,
            },
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::List(list) => {
                for item in &list.elements {
                    self.of(item);
                }
                Type::List(&ANY)
            }
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => Type::Any,
        }
    }

    fn select(&mut self, select: &SelectExpr) -> Type<'a> {
        let field = &select.field;
        let operand = self.of(&select.operand);
        let inner = match operand {
            Type::Object(schema) | Type::Root(schema) => {
                let mut properties = schema["properties"].as_object().into_iter().flatten();
                let known = properties.find(|(name, _)| escaped(name) == *field);
                match (field.as_str(), known) {
                    ("apiVersion" | "kind" | "metadata", _) if matches!(operand, Type::Root(_)) => {
                        Type::Any
                    }
                    (_, Some((_, schema))) => Type::of(schema),
                    (_, None) => {
                        let problem = format!("reads `{field}`, which the schema does not have");
                        self.found(problem, format!("undefined field '{field}'"));
                        Type::Any
                    }
                }
            }
            Type::Map(values) => Type::of(values),
            Type::Any => Type::Any,
            Type::Bool | Type::Number | Type::Text | Type::List(_) => {
                let problem = format!("reads `{field}` of {}", operand.name().unwrap_or_default());
                self.found(problem, "does not support field selection");
                Type::Any
            }
        };
        if select.test { Type::Bool } else { inner }
    }

    fn call(&mut self, call: &CallExpr) -> Type<'a> {
        let target = call.target.as_ref().map(|target| self.of(target));
        let arguments = call.args.iter().map(|argument| self.of(argument));
        let operands: Vec<Type<'a>> = arguments.collect();
        let operands: Vec<Type<'a>> = target.into_iter().chain(operands).collect();
        let (fits, result) = fit(&call.func_name, &operands);
        if !fits {
            let named = |operand: &Type<'_>| operand.name().unwrap_or("anything");
            let list: Vec<&str> = operands.iter().map(named).collect();
            let name = call.func_name.trim_matches(['_', '@']);
            let problem = format!("cannot apply `{name}` to {}", list.join(" and "));
            let server = match call.func_name.as_str() {
                operator::LOGICAL_AND | operator::LOGICAL_OR => {
                    "expected type 'bool' but found".to_owned()
                }
                function => format!("found no matching overload for '{function}'"),
            };
            self.found(problem, server);
        }
        result
    }

    fn comprehension(&mut self, part: &ComprehensionExpr) -> Type<'a> {
        let range = self.of(&part.iter_range);
        let (first, second) = match range {
            Type::List(items) if part.iter_var2.is_some() => (Type::Number, Type::of(items)),
            Type::List(items) => (Type::of(items), Type::Any),
            Type::Map(values) => (Type::Text, Type::of(values)),
            Type::Any => (Type::Any, Type::Any),
            _ => {
                let problem = format!("takes {} for a list", range.name().unwrap_or_default());
                self.found(problem, "cannot be range of a comprehension");
                (Type::Any, Type::Any)
            }
        };
        let result = self.of(&part.accu_init);
        let known = self.variables.len();
        self.variables.push((part.iter_var.clone(), first));
        self.variables.extend(part.iter_var2.clone().map(|name| (name, second)));
        self.variables.push((part.accu_var.clone(), result));
        for inner in [&part.loop_cond, &part.loop_step] {
            self.of(inner);
        }
        let result = self.of(&part.result);
        self.variables.truncate(known);
        result
    }
}

/// Whether a function has operands of these types, and the type of its result.
fn fit<'a>(function: &str, operands: &[Type<'a>]) -> (bool, Type<'a>) {
    let all = |names: &[&str]| operands.iter().all(|operand| operand.is(names));
    let [first, rest @ ..] = operands else { return (true, Type::Any) };
    let second = rest.first().copied().unwrap_or(Type::Any);
    match function {
        operator::LOGICAL_AND | operator::LOGICAL_OR | operator::LOGICAL_NOT => {
            (all(&["a boolean"]), Type::Bool)
        }
        operator::EQUALS | operator::NOT_EQUALS => (!first.differs(second), Type::Bool),
        operator::LESS | operator::LESS_EQUALS | operator::GREATER | operator::GREATER_EQUALS => {
            let comparable = all(&["a boolean", "a number", "a text"]);
            (comparable && !first.differs(second), Type::Bool)
        }
        operator::ADD => {
            let fits = all(&["a number", "a text", "a list"]) && !first.differs(second);
            (fits, if first.name() == second.name() { *first } else { Type::Any })
        }
        operator::SUBSTRACT | operator::MULTIPLY | operator::DIVIDE | operator::MODULO => {
            let known = operands.iter().all(|operand| operand.name().is_some());
            (all(&["a number"]), if known { Type::Number } else { Type::Any })
        }
        operator::CONDITIONAL => {
            let same = rest.len() == 2 && rest[0].name() == rest[1].name();
            (first.is(&["a boolean"]), if same { second } else { Type::Any })
        }
        operator::IN => {
            let differs = matches!(second, Type::List(items) if first.differs(Type::of(items)));
            (second.is(&["a list", "a mapping"]) && !differs, Type::Bool)
        }
        operator::INDEX => match first {
            Type::List(items) => (second.is(&["a number"]), Type::of(items)),
            Type::Map(values) => (second.is(&["a text"]), Type::of(values)),
            _ => (first.is(&["a mapping"]), Type::Any),
        },
        "size" => (first.is(&["a text", "a list", "a mapping"]), Type::Number),
        "startsWith" | "endsWith" | "contains" | "matches" if operands.len() == 2 => {
            (all(&["a text"]), Type::Bool)
        }
        _ => (true, Type::Any),
    }
}

//! Expressions of HCL and their values. A set is a sorted list without duplicates.

use hcl_edit::expr::{
    BinaryOperator, Conditional, Expression, ForExpr, ObjectKey, Traversal, TraversalOperator,
    UnaryOperator,
};
use hcl_edit::template::{Element, Template};
use serde_json::{Map, Number, Value, json};

use super::module::Module;
use super::{Answer, computed, function};

/// What an expression's names mean besides the module's: `each`, `count`, `self`, and those of `for`.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope(pub(super) Vec<(String, Value)>);

impl Scope {
    pub(super) fn with(&self, name: &str, value: Value) -> Scope {
        let mut more = self.clone();
        more.0.push((name.to_owned(), value));
        more
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value)
    }
}

pub(super) fn evaluate(module: &Module, scope: &Scope, expression: &Expression) -> Answer {
    Ok(match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(value) => json!(**value),
        Expression::Number(number) => json!(number.value().as_f64().map(number_of)),
        Expression::String(text) => json!(text.as_str()),
        Expression::Array(array) => {
            array.iter().map(|item| evaluate(module, scope, item)).collect::<Answer>()?
        }
        Expression::Object(object) => {
            let mut made = Map::new();
            for (key, value) in object.iter() {
                let key = match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(Expression::Variable(name)) => name.as_str().to_owned(),
                    ObjectKey::Expression(key) => text(&evaluate(module, scope, key)?)?,
                };
                made.insert(key, evaluate(module, scope, value.expr())?);
            }
            Value::Object(made)
        }
        Expression::StringTemplate(template) => {
            if let [Element::Interpolation(only)] = template.iter().collect::<Vec<_>>()[..] {
                return evaluate(module, scope, &only.expr);
            }
            json!(elements(module, scope, template.iter())?)
        }
        Expression::HeredocTemplate(heredoc) => json!(template(module, scope, &heredoc.template)?),
        Expression::Parenthesis(inner) => evaluate(module, scope, inner.inner())?,
        Expression::Variable(name) => named(scope, name.as_str())?.clone(),
        Expression::Conditional(choice) => conditional(module, scope, choice)?,
        Expression::FuncCall(call) => function::call(module, scope, call)?,
        Expression::Traversal(traversal) => traverse(module, scope, traversal)?,
        Expression::UnaryOp(operation) => {
            let value = evaluate(module, scope, &operation.expr)?;
            match *operation.operator.value() {
                UnaryOperator::Not => json!(!truth(&value)?),
                UnaryOperator::Neg => json!(number_of(-number(&value)?)),
            }
        }
        Expression::BinaryOp(operation) => {
            let left = evaluate(module, scope, &operation.lhs_expr)?;
            let right = || evaluate(module, scope, &operation.rhs_expr);
            binary(*operation.operator.value(), &left, right)?
        }
        Expression::ForExpr(each) => for_each(module, scope, each)?,
    })
}

fn conditional(module: &Module, scope: &Scope, choice: &Conditional) -> Answer {
    let chosen = truth(&evaluate(module, scope, &choice.cond_expr)?)?;
    evaluate(module, scope, if chosen { &choice.true_expr } else { &choice.false_expr })
}

fn binary(operator: BinaryOperator, left: &Value, right: impl Fn() -> Answer) -> Answer {
    use BinaryOperator as B;
    let numbers = || Ok::<_, String>((number(left)?, number(&right()?)?));
    Ok(match operator {
        // Terraform evaluates both sides, so a fault on the right is never hidden.
        B::And => json!(truth(&right()?)? && truth(left)?),
        B::Or => json!(truth(&right()?)? || truth(left)?),
        B::Eq => json!(*left == right()?),
        B::NotEq => json!(*left != right()?),
        B::Less => numbers().map(|(a, b)| json!(a < b))?,
        B::LessEq => numbers().map(|(a, b)| json!(a <= b))?,
        B::Greater => numbers().map(|(a, b)| json!(a > b))?,
        B::GreaterEq => numbers().map(|(a, b)| json!(a >= b))?,
        B::Plus => numbers().map(|(a, b)| json!(number_of(a + b)))?,
        B::Minus => numbers().map(|(a, b)| json!(number_of(a - b)))?,
        B::Mul => numbers().map(|(a, b)| json!(number_of(a * b)))?,
        B::Div => numbers().map(|(a, b)| json!(number_of(a / b)))?,
        B::Mod => numbers().map(|(a, b)| json!(number_of(a % b)))?,
    })
}

fn for_each(module: &Module, scope: &Scope, each: &ForExpr) -> Answer {
    let over = evaluate(module, scope, &each.intro.collection_expr)?;
    let (mut list, mut map) = (Vec::new(), Map::new());
    for (key, value) in entries(&over)? {
        let mut inner = scope.with(each.intro.value_var.as_str(), value);
        if let Some(name) = &each.intro.key_var {
            inner = inner.with(name.as_str(), key);
        }
        if let Some(condition) = &each.cond
            && !truth(&evaluate(module, &inner, &condition.expr)?)?
        {
            continue;
        }
        let value = evaluate(module, &inner, &each.value_expr)?;
        let Some(key) = &each.key_expr else {
            list.push(value);
            continue;
        };
        let key = text(&evaluate(module, &inner, key)?)?;
        if each.grouping {
            let group = map.entry(key).or_insert_with(|| json!([]));
            group.as_array_mut().unwrap().push(value);
        } else if map.insert(key.clone(), value).is_some() {
            return Err(format!("two elements have the key {key}"));
        }
    }
    Ok(if each.key_expr.is_some() { Value::Object(map) } else { Value::Array(list) })
}

/// Keys and values of a list, set or map.
pub(super) fn entries(over: &Value) -> Answer<Vec<(Value, Value)>> {
    match over {
        Value::Array(list) => {
            Ok(list.iter().enumerate().map(|(at, value)| (json!(at), value.clone())).collect())
        }
        Value::Object(map) => {
            let own = map.iter().filter(|(key, _)| !key.starts_with('$'));
            Ok(own.map(|(key, value)| (json!(key), value.clone())).collect())
        }
        other => Err(format!("{other} has no elements")),
    }
}

fn named<'a>(scope: &'a Scope, name: &str) -> Answer<&'a Value> {
    scope.get(name).ok_or_else(|| format!("nothing is called {name}"))
}

fn traverse(module: &Module, scope: &Scope, traversal: &Traversal) -> Answer {
    let steps: Vec<&TraversalOperator> =
        traversal.operators.iter().map(|step| step.value()).collect();
    let Expression::Variable(root) = &traversal.expr else {
        return follow(module, scope, evaluate(module, scope, &traversal.expr)?, &steps);
    };
    if let Some(value) = scope.get(root.as_str()) {
        return follow(module, scope, value.clone(), &steps);
    }
    let name = |at: usize| match steps.get(at) {
        Some(TraversalOperator::GetAttr(name)) => Ok(name.as_str()),
        _ => Err(format!("{} is not followed by a name", root.as_str())),
    };
    let (value, used) = match root.as_str() {
        "var" => (module.variable(name(0)?)?, 1),
        "local" => (module.local(name(0)?)?, 1),
        "data" => (module.resource(&format!("data.{}", name(0)?), name(1)?)?, 2),
        "path" => (json!(format!("path.{}", name(0)?)), 1),
        "module" => match steps.get(1) {
            // One output of one instance, so that modules may use each other.
            Some(TraversalOperator::Index(key)) => {
                let key = text(&evaluate(module, scope, key)?)?;
                (module.output_of(name(0)?, &key, name(2)?)?, 3)
            }
            Some(TraversalOperator::GetAttr(output)) => {
                (module.output_of(name(0)?, "", output.as_str())?, 2)
            }
            _ => (module.outputs_of(name(0)?)?, 1),
        },
        kind => (module.resource(kind, name(0)?)?, 1),
    };
    follow(module, scope, value, &steps[used..])
}

fn follow(module: &Module, scope: &Scope, from: Value, steps: &[&TraversalOperator]) -> Answer {
    let Some((step, rest)) = steps.split_first() else { return Ok(from) };
    let next = match step {
        TraversalOperator::GetAttr(name) => attribute(module, &from, name.as_str())?,
        TraversalOperator::Index(key) => index(&from, &evaluate(module, scope, key)?)?,
        TraversalOperator::LegacyIndex(at) => index(&from, &json!(**at))?,
        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
            let each = match from {
                Value::Null => Vec::new(),
                Value::Array(list) => list,
                one => vec![one],
            };
            let found = each.into_iter().map(|one| follow(module, scope, one, rest));
            return found.collect();
        }
    };
    follow(module, scope, next, rest)
}

fn attribute(module: &Module, from: &Value, name: &str) -> Answer {
    let Value::Object(object) = from else {
        return Err(format!("{from} has no attribute {name}"));
    };
    match object.get(name) {
        Some(value) => Ok(value.clone()),
        None => computed::attribute(module, object, name),
    }
}

fn index(from: &Value, key: &Value) -> Answer {
    let found = match (from, key) {
        (Value::Array(list), key) => list.get(number(key)? as usize),
        (Value::Object(map), key) => map.get(&text(key)?),
        _ => None,
    };
    found.cloned().ok_or_else(|| format!("there is no element {key}"))
}

fn template(module: &Module, scope: &Scope, template: &Template) -> Answer<String> {
    elements(module, scope, template.iter())
}

fn elements<'a>(
    module: &Module,
    scope: &Scope,
    elements: impl Iterator<Item = &'a Element>,
) -> Answer<String> {
    let mut made = String::new();
    for element in elements {
        match element {
            Element::Literal(literal) => made.push_str(literal.as_str()),
            Element::Interpolation(inner) => {
                made.push_str(&text(&evaluate(module, scope, &inner.expr)?)?);
            }
            Element::Directive(_) => return Err("a template with a directive".to_owned()),
        }
    }
    Ok(made)
}

/// As Terraform converts to a text.
pub(super) fn text(value: &Value) -> Answer<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        other => Err(format!("{other} is no text")),
    }
}

pub(super) fn truth(value: &Value) -> Answer<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text == "true" || text == "false" => Ok(text == "true"),
        other => Err(format!("{other} is neither true nor false")),
    }
}

pub(super) fn number(value: &Value) -> Answer<f64> {
    match value {
        Value::Number(number) => number.as_f64().ok_or_else(|| format!("{number} is too large")),
        Value::String(text) => text.parse().map_err(|_| format!("{text} is no number")),
        other => Err(format!("{other} is no number")),
    }
}

/// Whole numbers are written without a fraction.
pub(super) fn number_of(value: f64) -> Number {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Number::from(value as i64)
    } else {
        Number::from_f64(value).unwrap_or_else(|| Number::from(0))
    }
}

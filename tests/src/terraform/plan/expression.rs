//! Expressions of HCL and their values. A set is a sorted list without duplicates.

use hcl_edit::expr::{
    BinaryOperator, Conditional, Expression, ForExpr, FuncCall, ObjectKey, Traversal,
    TraversalOperator, UnaryOperator,
};
use hcl_edit::template::{Element, Template};
use serde_json::{Map, Value, json};

use super::convert::{entries, list, number, number_of, text, truth};
use super::function;
use super::model::Answer;
use super::scope::{References, Scope};

pub(super) fn evaluate(module: &dyn References, scope: &Scope, expression: &Expression) -> Answer {
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
        Expression::FuncCall(function_call) => call(module, scope, function_call)?,
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

fn call(module: &dyn References, scope: &Scope, call: &FuncCall) -> Answer {
    let written: Vec<&Expression> = call.args.iter().collect();
    let name = call.name.name.as_str();
    // These two ask whether an argument has a value.
    match name {
        "can" => {
            return Ok(json!(written.iter().all(|one| evaluate(module, scope, one).is_ok())));
        }
        "try" => {
            let mut tried = written.iter().map(|one| evaluate(module, scope, one));
            return tried.find(Result::is_ok).unwrap_or_else(|| Err("try: nothing left".into()));
        }
        _ => {}
    }
    let mut given = written
        .into_iter()
        .map(|one| evaluate(module, scope, one))
        .collect::<Answer<Vec<Value>>>()?;
    if call.args.expand_final()
        && let Some(last) = given.pop()
    {
        given.extend(list(&last)?);
    }
    function::apply(name, &given).map_err(|error| format!("{name}: {error}"))
}

fn conditional(module: &dyn References, scope: &Scope, choice: &Conditional) -> Answer {
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

fn for_each(module: &dyn References, scope: &Scope, each: &ForExpr) -> Answer {
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

fn named<'a>(scope: &'a Scope, name: &str) -> Answer<&'a Value> {
    scope.get(name).ok_or_else(|| format!("nothing is called {name}"))
}

fn traverse(module: &dyn References, scope: &Scope, traversal: &Traversal) -> Answer {
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

fn follow(
    module: &dyn References,
    scope: &Scope,
    from: Value,
    steps: &[&TraversalOperator],
) -> Answer {
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

fn attribute(module: &dyn References, from: &Value, name: &str) -> Answer {
    let Value::Object(object) = from else {
        return Err(format!("{from} has no attribute {name}"));
    };
    match object.get(name) {
        Some(value) => Ok(value.clone()),
        None => module.attribute(object, name),
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

fn template(module: &dyn References, scope: &Scope, template: &Template) -> Answer<String> {
    elements(module, scope, template.iter())
}

fn elements<'a>(
    module: &dyn References,
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

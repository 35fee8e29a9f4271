//! A module: its variables, locals, resources and outputs, each evaluated once, when it is asked for.
//! Outputs are asked for one by one, because modules may use each other, as in Terraform.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};

use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;
use serde_json::{Map, Value, json};

use super::convert::{entries, number, text, truth};
use super::expression::evaluate;
use super::model::{Answer, Plan, Resource};
use super::scope::{References, Scope};
use super::sources::Sources;
use super::{body, computed};
use crate::terraform::tree::{expression, inner, label, source};

/// The arguments of a module call besides the module's variables.
const CALL: [&str; 6] = ["count", "depends_on", "for_each", "providers", "source", "version"];

/// The state that all modules of a layer share.
#[derive(Debug)]
struct World<'a> {
    sources: &'a Sources,
    variables: &'a Map<String, Value>,
    foundation: &'a BTreeMap<String, Value>,
}

/// A layer's top module.
#[derive(Debug)]
pub(super) struct Root<'a>(Rc<Module<'a>>);

#[derive(Debug)]
pub(super) struct Module<'a> {
    world: Rc<World<'a>>,
    folder: PathBuf,
    blocks: Vec<&'a Block>,
    /// `module.rds["airflow"].`, or nothing.
    address: String,
    /// The calling module, its block, and the scope of the call.
    caller: Option<(Weak<Module<'a>>, &'a Block, Scope)>,
    this: Weak<Module<'a>>,
    known: RefCell<HashMap<String, Option<Answer>>>,
    children: RefCell<HashMap<String, Answer<Children<'a>>>>,
}

type Children<'a> = Vec<(Option<String>, Rc<Module<'a>>)>;

impl<'a> Root<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        layer: &'a Path,
        variables: &'a Map<String, Value>,
        foundation: &'a BTreeMap<String, Value>,
    ) -> Root<'a> {
        let world = Rc::new(World { sources, variables, foundation });
        Root(Module::new(world, layer.to_owned(), String::new(), None))
    }

    pub(super) fn plan(&self) -> Answer<Plan> {
        let module = &self.0;
        let mut plan = Plan { tags: module.default_tags()?, ..Plan::default() };
        let names = module.labels("variable");
        if let Some(unknown) = module.world.variables.keys().find(|name| !names.contains(name)) {
            return Err(format!("the layer has no variable {unknown}"));
        }
        module.collect(&mut plan)?;
        for name in module.labels("output") {
            plan.outputs.insert(name.clone(), module.output(&name)?);
        }
        Ok(plan)
    }

    pub(super) fn refused(&self) -> Answer<Vec<String>> {
        let mut plan = Plan::default();
        self.0.check_variables(&mut plan)?;
        Ok(plan.refused)
    }
}

impl<'a> Module<'a> {
    fn new(
        world: Rc<World<'a>>,
        folder: PathBuf,
        address: String,
        caller: Option<(Weak<Module<'a>>, &'a Block, Scope)>,
    ) -> Rc<Module<'a>> {
        let blocks = world.sources.blocks_of(&folder);
        Rc::new_cyclic(|this| Module {
            world,
            folder,
            blocks,
            address,
            caller,
            this: this.clone(),
            known: RefCell::default(),
            children: RefCell::default(),
        })
    }

    fn blocks(&self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        let all: Vec<&'a Block> = self.blocks.clone();
        all.into_iter().filter(move |block| block.ident.as_str() == kind)
    }

    fn labels(&self, kind: &'a str) -> Vec<String> {
        self.blocks(kind).map(|block| label(block, 0).to_owned()).collect()
    }

    fn block(&self, kind: &'a str, labels: &[&str]) -> Option<&'a Block> {
        self.blocks(kind).find(|block| {
            block.labels.len() == labels.len()
                && labels.iter().enumerate().all(|(at, name)| label(block, at) == *name)
        })
    }

    /// Evaluates something once, and sees when it needs itself.
    fn once(&self, name: String, find: impl FnOnce() -> Answer) -> Answer {
        match self.known.borrow().get(&name) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return Err(format!("{}{name} needs itself", self.address)),
            None => {}
        }
        self.known.borrow_mut().insert(name.clone(), None);
        let found = find().map_err(|error| {
            // The innermost place leads to the mistake.
            if error.contains(": ") { error } else { format!("{}{name}: {error}", self.address) }
        });
        self.known.borrow_mut().insert(name, Some(found.clone()));
        found
    }

    pub(super) fn variable(&self, name: &str) -> Answer {
        self.once(format!("var.{name}"), || {
            let declared = self
                .block("variable", &[name])
                .ok_or_else(|| format!("no variable is called {name}"))?;
            let given = match &self.caller {
                None => self.world.variables.get(name).cloned(),
                Some((caller, call, scope)) => {
                    let caller = caller.upgrade().ok_or("the caller is gone")?;
                    let argument = expression(&call.body, name);
                    argument.map(|argument| evaluate(&*caller, scope, argument)).transpose()?
                }
            };
            if let Some(given) = given {
                return Ok(given);
            }
            let default = expression(&declared.body, "default")
                .ok_or_else(|| format!("the variable {name} has no value"))?;
            evaluate(self, &Scope::default(), default)
        })
    }

    pub(super) fn local(&self, name: &str) -> Answer {
        self.once(format!("local.{name}"), || {
            let found = self.blocks("locals").find_map(|block| expression(&block.body, name));
            let found = found.ok_or_else(|| format!("no local is called {name}"))?;
            evaluate(self, &Scope::default(), found)
        })
    }

    fn output(&self, name: &str) -> Answer {
        self.once(format!("output.{name}"), || {
            let block = self
                .block("output", &[name])
                .ok_or_else(|| format!("no output is called {name}"))?;
            let value = expression(&block.body, "value").ok_or("an output without a value")?;
            evaluate(self, &Scope::default(), value)
        })
    }

    /// `kind` is `aws_s3_bucket`, or `data.aws_region`. All instances of it: a map, a list, or the one.
    pub(super) fn resource(&self, kind: &str, name: &str) -> Answer {
        self.once(format!("{kind}.{name}"), || {
            let block = match kind.strip_prefix("data.") {
                Some(kind) => self.block("data", &[kind, name]),
                None => self.block("resource", &[kind, name]),
            };
            let block = block.ok_or_else(|| format!("there is no {kind}.{name}"))?;
            let instance = |index: &str, scope: &Scope| -> Answer {
                let address = format!("{}{kind}.{name}{index}", self.address);
                let mut values = body::values(self, scope, &block.body)
                    .map_err(|error| format!("{address}: {error}"))?;
                mark(&mut values, kind, &address);
                Ok(Value::Object(values))
            };
            let each = instances(self, &Scope::default(), block)?;
            match each {
                Instances::One => instance("", &Scope::default()),
                Instances::Count(scopes) => scopes
                    .iter()
                    .enumerate()
                    .map(|(at, scope)| instance(&format!("[{at}]"), scope))
                    .collect(),
                Instances::Each(scopes) => scopes
                    .iter()
                    .map(|(key, scope)| Ok((key.clone(), instance(&format!("[{key:?}]"), scope)?)))
                    .collect::<Answer<Map<_, _>>>()
                    .map(Value::Object),
            }
        })
    }

    fn children_of(&self, name: &str) -> Answer<Children<'a>> {
        if let Some(known) = self.children.borrow().get(name) {
            return known.clone();
        }
        let found = self.call(name);
        self.children.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    fn call(&self, name: &str) -> Answer<Children<'a>> {
        let block =
            self.block("module", &[name]).ok_or_else(|| format!("no module is called {name}"))?;
        let from = expression(&block.body, "source").and_then(Expression::as_str);
        let folder = normal(&self.folder.join(from.ok_or("a module without a source")?));
        if !self.world.sources.has_folder(&folder) {
            return Err(format!("the module {name} has no files in {}", folder.display()));
        }
        let child = |index: String, scope: &Scope| {
            let address = format!("{}module.{name}{index}.", self.address);
            let caller = Some((self.this.clone(), block, scope.clone()));
            Module::new(self.world.clone(), folder.clone(), address, caller)
        };
        let made: Children<'a> = match instances(self, &Scope::default(), block)? {
            Instances::One => vec![(None, child(String::new(), &Scope::default()))],
            Instances::Count(scopes) => scopes
                .iter()
                .enumerate()
                .map(|(at, scope)| (Some(at.to_string()), child(format!("[{at}]"), scope)))
                .collect(),
            Instances::Each(scopes) => scopes
                .iter()
                .map(|(key, scope)| (Some(key.clone()), child(format!("[{key:?}]"), scope)))
                .collect(),
        };
        if let Some((_, module)) = made.first() {
            let names = module.labels("variable");
            for attribute in block.body.attributes() {
                let argument = attribute.key.as_str();
                if !CALL.contains(&argument) && !names.iter().any(|name| name == argument) {
                    return Err(format!("the module {name} has no variable {argument}"));
                }
            }
        }
        Ok(made)
    }

    pub(super) fn output_of(&self, name: &str, key: &str, output: &str) -> Answer {
        let children = self.children_of(name)?;
        let found = children.iter().find(|(index, _)| index.as_deref().unwrap_or("") == key);
        found.ok_or_else(|| format!("there is no module.{name}[{key}]"))?.1.output(output)
    }

    /// All outputs of a module, or of its instances by their keys.
    pub(super) fn outputs_of(&self, name: &str) -> Answer {
        let outputs = |module: &Module| -> Answer {
            let names = module.labels("output");
            names.into_iter().map(|name| Ok((name.clone(), module.output(&name)?))).collect()
        };
        let children = self.children_of(name)?;
        match &children[..] {
            [(None, only)] => outputs(only),
            all => all
                .iter()
                .map(|(key, module)| Ok((key.clone().unwrap_or_default(), outputs(module)?)))
                .collect::<Answer<Map<_, _>>>()
                .map(Value::Object),
        }
    }

    pub(super) fn remote_outputs(&self) -> Value {
        self.world.foundation.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The tags of the layer's provider.
    pub(super) fn default_tags(&self) -> Answer {
        if let Some((caller, ..)) = &self.caller {
            return caller.upgrade().ok_or("the caller is gone")?.default_tags();
        }
        let provider = self.block("provider", &["aws"]).ok_or("the layer has no provider")?;
        let tags = inner(&provider.body, "default_tags");
        let tags = tags.and_then(|block| expression(&block.body, "tags"));
        tags.map_or(Ok(Value::Null), |tags| evaluate(self, &Scope::default(), tags))
    }

    fn check_variables(&self, plan: &mut Plan) -> Answer<()> {
        for name in self.labels("variable") {
            let value = self.variable(&name)?;
            let block = self.block("variable", &[&name]).ok_or("no variable")?;
            let null_is_refused = expression(&block.body, "nullable")
                .and_then(Expression::as_bool)
                .is_some_and(|nullable| !nullable);
            if value.is_null() && null_is_refused {
                return Err(format!("the variable {name} is null"));
            }
            for check in block.body.get_blocks("validation") {
                self.check(plan, &format!("var.{name}"), check, &Scope::default())?;
            }
        }
        Ok(())
    }

    /// The resources of this module and of those below.
    fn collect(&self, plan: &mut Plan) -> Answer<()> {
        self.check_variables(plan)?;
        for block in self.blocks("locals") {
            for attribute in block.body.attributes() {
                self.local(attribute.key.as_str())?;
            }
        }
        for (kind, prefix) in [("resource", ""), ("data", "data.")] {
            for block in self.blocks(kind) {
                self.collect_resource(plan, &format!("{prefix}{}", label(block, 0)), block)?;
            }
        }
        for block in self.blocks("check") {
            for check in block.body.get_blocks("assert") {
                self.check(plan, &format!("check.{}", label(block, 0)), check, &Scope::default())?;
            }
        }
        for name in self.labels("output") {
            self.output(&name)?;
        }
        for name in self.labels("module") {
            for (_, child) in self.children_of(&name)? {
                child.collect(plan)?;
            }
        }
        Ok(())
    }

    fn collect_resource(&self, plan: &mut Plan, kind: &str, block: &'a Block) -> Answer<()> {
        let name = label(block, 1);
        let all = self.resource(kind, name)?;
        let scopes: Vec<(String, Scope, Value)> = match instances(self, &Scope::default(), block)? {
            Instances::One => vec![(String::new(), Scope::default(), all)],
            Instances::Count(scopes) => scopes
                .into_iter()
                .enumerate()
                .map(|(at, scope)| (format!("[{at}]"), scope, all[at].clone()))
                .collect(),
            Instances::Each(scopes) => scopes
                .into_iter()
                .map(|(key, scope)| (format!("[{key:?}]"), scope, all[&key].clone()))
                .collect(),
        };
        for (index, scope, instance) in scopes {
            let address = format!("{}{kind}.{name}{index}", self.address);
            for lifecycle in block.body.get_blocks("lifecycle") {
                for check in lifecycle.body.blocks() {
                    let scope = scope.with("self", instance.clone());
                    self.check(plan, &address, check, &scope)?;
                }
            }
            let mut values = unmarked(instance);
            let values = std::mem::take(values.as_object_mut().ok_or("no object")?);
            let resource =
                Resource { kind: kind.to_owned(), values, meta: body::meta(&block.body) };
            plan.resources.insert(address, resource);
        }
        Ok(())
    }

    fn check(&self, plan: &mut Plan, label: &str, check: &Block, scope: &Scope) -> Answer<()> {
        let condition =
            expression(&check.body, "condition").ok_or("a check without a condition")?;
        expression(&check.body, "error_message").ok_or("a check without a message")?;
        if !truth(&evaluate(self, scope, condition)?)? {
            plan.refused.push(format!("{}{label}: {}", self.address, source(condition)));
        }
        Ok(())
    }
}

impl References for Module<'_> {
    fn variable(&self, name: &str) -> Answer {
        Module::variable(self, name)
    }

    fn local(&self, name: &str) -> Answer {
        Module::local(self, name)
    }

    fn resource(&self, kind: &str, name: &str) -> Answer {
        Module::resource(self, kind, name)
    }

    fn output_of(&self, name: &str, key: &str, output: &str) -> Answer {
        Module::output_of(self, name, key, output)
    }

    fn outputs_of(&self, name: &str) -> Answer {
        Module::outputs_of(self, name)
    }

    fn attribute(&self, object: &Map<String, Value>, name: &str) -> Answer {
        computed::attribute(self, object, name)
    }

    fn default_tags(&self) -> Answer {
        Module::default_tags(self)
    }

    fn remote_outputs(&self) -> Value {
        Module::remote_outputs(self)
    }
}

enum Instances {
    One,
    Count(Vec<Scope>),
    Each(Vec<(String, Scope)>),
}

/// How often a resource or a module is there, with `each` or `count` for each time.
fn instances(module: &Module, scope: &Scope, block: &Block) -> Answer<Instances> {
    if let Some(count) = expression(&block.body, "count") {
        let count = number(&evaluate(module, scope, count)?)?;
        let scopes = (0..count as usize).map(|at| scope.with("count", json!({ "index": at })));
        return Ok(Instances::Count(scopes.collect()));
    }
    let Some(each) = expression(&block.body, "for_each") else { return Ok(Instances::One) };
    let over = evaluate(module, scope, each)?;
    let mut scopes = Vec::new();
    for (key, value) in entries(&over)? {
        // Of a set, the key is the element.
        let key = text(if over.is_array() { &value } else { &key })?;
        let each = json!({ "key": key, "value": value });
        scopes.push((key, scope.with("each", each)));
    }
    Ok(Instances::Each(scopes))
}

/// Marks an instance and its nested blocks, so that a reference to what AWS answers can be told.
fn mark(values: &mut Map<String, Value>, kind: &str, address: &str) {
    for (name, value) in values.iter_mut() {
        for (at, block) in value.as_array_mut().into_iter().flatten().enumerate() {
            if let Value::Object(block) = block {
                mark(block, &format!("{kind}.{name}"), &format!("{address}.{name}[{at}]"));
            }
        }
    }
    values.insert("$kind".into(), json!(kind));
    values.insert("$address".into(), json!(address));
}

fn unmarked(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(name, _)| !name.starts_with('$'))
            .map(|(name, value)| (name, unmarked(value)))
            .collect(),
        Value::Array(list) => list.into_iter().map(unmarked).collect(),
        other => other,
    }
}

/// Without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut made = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(made.pop()),
            other => made.push(other),
        }
    }
    made
}

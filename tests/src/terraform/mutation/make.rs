//! Makes the mutants: reads each file, and replaces one part of its text at a time.

use std::ops::Range;
use std::path::Path;

use hcl_edit::Span;
use hcl_edit::expr::{BinaryOperator, Expression, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use hcl_edit::template::Element;

use super::mutant::{Kind, Mutant};
use super::words::{EQUIVALENT, HARMLESS, NEIGHBOURS, others};
use crate::terraform::plan::Sources;
use crate::terraform::tree::{File, label};

/// Texts for people, which nothing depends on.
const PROSE: [&str; 4] = ["description", "error_message", "sid", "comment"];

/// Every mutant of every file, in the order of the files.
///
/// # Panics
/// A change that is known to have no effect is none, or several.
pub fn mutants(sources: &Sources) -> Vec<Mutant> {
    let mut made = Vec::new();
    for (name, file) in sources.files() {
        let mut maker = Maker { name, file, path: Vec::new(), made: &mut made };
        maker.body(&file.body);
    }
    for (file, change, why) in EQUIVALENT {
        let before = made.len();
        made.retain(|mutant| {
            !(mutant.file.to_string_lossy().ends_with(file) && mutant.change.ends_with(change))
        });
        let left_out = before - made.len();
        assert_eq!(left_out, 1, "{file}: {change} ({why}) is to leave out one mutant");
    }
    made
}

struct Maker<'a> {
    name: &'a Path,
    file: &'a File,
    /// Kinds of the blocks around, with labels, and the attribute.
    path: Vec<String>,
    made: &'a mut Vec<Mutant>,
}

impl Maker<'_> {
    fn add(&mut self, kind: Kind, span: Option<Range<usize>>, with: &str) {
        let text = self.file.text();
        let Some(span) = span.filter(|span| &text[span.clone()] != with) else { return };
        let before = text[span.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let short = |text: &str| text.chars().take(70).collect::<String>();
        let after = if with.is_empty() { "nothing" } else { with };
        self.made.push(Mutant {
            file: self.name.to_owned(),
            line: text[..span.start].matches('\n').count() + 1,
            kind,
            security: self.security(),
            change: format!("{}: {} -> {}", self.path.join("."), short(&before), short(after)),
            text: format!("{}{with}{}", &text[..span.start], &text[span.end..]),
        });
    }

    fn security(&self) -> bool {
        let top = self.path.first().map_or("", String::as_str);
        let plain =
            ["output ", "resource aws_route53_record", "resource aws_eip", "data aws_region"];
        !plain.iter().any(|kind| top.starts_with(kind))
            && (!top.starts_with("variable ") || self.path.iter().any(|name| name == "validation"))
            && !self.path.iter().any(|name| HARMLESS.contains(&name.as_str()))
    }

    fn body(&mut self, body: &Body) {
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => self.attribute(attribute),
                Structure::Block(block) => self.block(block),
            }
        }
    }

    fn block(&mut self, block: &Block) {
        let kind = block.ident.as_str();
        let labels = [kind, label(block, 0), label(block, 1)].join(" ");
        self.path.push(labels.trim_end().to_owned());
        // A variable, an output or a module that is used is missed by Terraform.
        self.add(Kind::DropBlock, block.span(), "");
        self.body(&block.body);
        self.path.pop();
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let name = attribute.key.as_str();
        if PROSE.contains(&name) {
            return;
        }
        self.path.push(name.to_owned());
        self.add(Kind::DropAttribute, attribute.span(), "");
        self.widen(name, &attribute.value);
        self.expression(&attribute.value);
        self.path.pop();
    }

    /// Mutants that let more in, or more out.
    fn widen(&mut self, name: &str, value: &Expression) {
        let wider: &[&str] = match name {
            "actions" | "resources" | "identifiers" | "values" => &["[\"*\"]"],
            "not_actions" => &["[\"iam:*\"]"],
            "cidr_ipv4" => &["\"0.0.0.0/0\""],
            "referenced_security_group_id" => &["null", "aws_security_group.this.id"],
            "from_port" => &["0"],
            "to_port" => &["65535"],
            "endpoint_cidrs" | "allowed_cidrs" | "public_access_cidrs" => &["[\"0.0.0.0/0\"]"],
            "permissions_boundary" => &["\"arn:aws:iam::aws:policy/AdministratorAccess\""],
            "policy_arn" => &["\"arn:aws:iam::aws:policy/AdministratorAccess\""],
            "prevent_destroy" => &["false"],
            "ignore_changes" => &["all", "[]"],
            "depends_on" => &["[]"],
            _ => &[],
        };
        for with in wider {
            self.add(Kind::Widen, value.span(), with);
        }
        if let (Expression::Array(array), "actions") = (value, name)
            && let Some(first) = array.get(0)
        {
            let text = first.as_str().unwrap_or_default().to_owned();
            if let Some((service, _)) = text.split_once(':') {
                self.add(Kind::Widen, first.span(), &format!("\"{service}:*\""));
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Bool(value) => {
                let with = if **value { "false" } else { "true" };
                self.add(Kind::Flip, expression.span(), with);
            }
            Expression::Number(number) => {
                let value = number.value().as_f64().unwrap_or_default();
                self.add(Kind::Number, expression.span(), &format!("{}", value + 1.0));
                self.add(Kind::Number, expression.span(), "0");
            }
            Expression::String(text) => {
                let text = text.as_str();
                for with in others(text) {
                    self.add(Kind::Word, expression.span(), &format!("{with:?}"));
                }
                if others(text).is_empty() {
                    self.add(Kind::Word, expression.span(), &format!("\"{}x\"", escaped(text)));
                }
                if text.contains('/') && text.starts_with(|c: char| c.is_ascii_digit()) {
                    self.add(Kind::Widen, expression.span(), "\"0.0.0.0/0\"");
                }
            }
            Expression::Array(array) => {
                let all: Vec<&Expression> = array.iter().collect();
                for left_out in 0..all.len() {
                    self.without(&all, left_out, expression.span(), ("[", "]"));
                }
                all.into_iter().for_each(|item| self.expression(item));
            }
            Expression::Object(object) => {
                for (key, value) in object.iter() {
                    let from = key.span().map(|span| span.start);
                    let to = value.expr().span().map(|span| span.end);
                    let mut span = from.zip(to).map(|(from, to)| from..to);
                    // On one line the comma goes, too.
                    if let Some(span) = &mut span
                        && self.file.text()[span.end..].trim_start().starts_with(',')
                    {
                        span.end += self.file.text()[span.end..].find(',').map_or(0, |at| at + 1);
                    }
                    self.add(Kind::DropElement, span, "");
                    self.expression(value.expr());
                }
            }
            Expression::StringTemplate(template) => {
                self.template(expression.span(), template.iter());
            }
            Expression::Parenthesis(inner) => self.expression(inner.inner()),
            Expression::Conditional(choice) => {
                let parts = (choice.true_expr.span(), choice.false_expr.span());
                if let (Some(yes), Some(no)) = parts {
                    let text = self.file.text();
                    let (yes, no) = (text[yes].to_owned(), text[no].to_owned());
                    self.add(Kind::Flip, expression.span(), &yes);
                    self.add(Kind::Flip, expression.span(), &no);
                }
                self.expression(&choice.cond_expr);
                self.expression(&choice.true_expr);
                self.expression(&choice.false_expr);
            }
            Expression::FuncCall(call) => {
                let other = match call.name.name.as_str() {
                    "alltrue" => Some("anytrue"),
                    "anytrue" => Some("alltrue"),
                    "setsubtract" => Some("setunion"),
                    "setunion" => Some("setsubtract"),
                    "values" => Some("keys"),
                    _ => None,
                };
                if let Some(other) = other {
                    self.add(Kind::Flip, call.name.name.span(), other);
                }
                call.args.iter().for_each(|argument| self.expression(argument));
            }
            Expression::Traversal(traversal) => {
                if let Expression::Variable(_) = traversal.expr {
                    self.swap(expression.span());
                } else {
                    self.expression(&traversal.expr);
                }
                for step in &traversal.operators {
                    if let TraversalOperator::Index(key) = step.value() {
                        self.expression(key);
                    }
                }
            }
            Expression::UnaryOp(operation) => {
                if *operation.operator.value() == UnaryOperator::Not
                    && let Some(inner) = operation.expr.span()
                {
                    let text = self.file.text()[inner].to_owned();
                    self.add(Kind::Flip, expression.span(), &text);
                }
                self.expression(&operation.expr);
            }
            Expression::BinaryOp(operation) => {
                use BinaryOperator as B;
                let others: &[&str] = match *operation.operator.value() {
                    B::And => &["||"],
                    B::Or => &["&&"],
                    B::Eq => &["!="],
                    B::NotEq => &["=="],
                    B::Less => &["<=", ">"],
                    B::LessEq => &["<", ">"],
                    B::Greater => &[">=", "<"],
                    B::GreaterEq => &[">", "<"],
                    B::Plus => &["-"],
                    _ => &[],
                };
                for other in others {
                    self.add(Kind::Flip, operation.operator.span(), other);
                }
                self.expression(&operation.lhs_expr);
                self.expression(&operation.rhs_expr);
            }
            Expression::ForExpr(each) => {
                if let Some(condition) = &each.cond {
                    self.add(Kind::Flip, condition.expr.span(), "true");
                    self.expression(&condition.expr);
                }
                self.expression(&each.intro.collection_expr);
                self.expression(&each.value_expr);
            }
            _ => {}
        }
    }

    fn without(
        &mut self,
        all: &[&Expression],
        left_out: usize,
        span: Option<Range<usize>>,
        (open, close): (&str, &str),
    ) {
        let kept: Option<Vec<&str>> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != left_out)
            .map(|(_, one)| one.span().map(|span| &self.file.text()[span]))
            .collect();
        let kept = kept.map(|kept| format!("{open}{}{close}", kept.join(", ")));
        if let Some(kept) = kept {
            self.add(Kind::DropElement, span, &kept);
        }
    }

    fn template<'t>(
        &mut self,
        span: Option<Range<usize>>,
        elements: impl Iterator<Item = &'t Element>,
    ) {
        // A policy's resource that ends earlier is about more.
        if let Some(span) = span {
            let text = self.file.text()[span.clone()].to_owned();
            if let Some((head, tail)) = text.trim_end_matches('"').rsplit_once('/')
                && tail != "*"
                && text.starts_with("\"arn:")
                && head.matches("${").count() == head.matches('}').count()
            {
                self.add(Kind::Widen, Some(span.clone()), &format!("{head}/*\""));
            }
            let end = text.len() - 1;
            self.add(Kind::Word, Some(span), &format!("{}x\"", &text[..end]));
        }
        for element in elements {
            if let Element::Interpolation(inner) = element {
                self.expression(&inner.expr);
            }
        }
    }

    /// A reference with one step called like its neighbour.
    fn swap(&mut self, span: Option<Range<usize>>) {
        let Some(span) = span else { return };
        let text = self.file.text()[span.clone()].to_owned();
        for (from, to) in NEIGHBOURS {
            for (at, _) in text.match_indices(from) {
                let around = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
                let end = at + from.len();
                if around(text[..at].chars().next_back()) && around(text[end..].chars().next()) {
                    let with = format!("{}{to}{}", &text[..at], &text[end..]);
                    self.add(Kind::Swap, Some(span.clone()), &with);
                }
            }
        }
        // Another variable or local of the same file that is not of the same name.
        if let Some(name) = text.strip_prefix("var.").filter(|name| !name.contains(['.', '['])) {
            let file = self.file.text();
            let other = file.match_indices("var.").map(|(at, _)| {
                let rest = &file[at + 4..];
                &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(0)]
            });
            if let Some(other) = other.into_iter().find(|other| *other != name && !other.is_empty())
            {
                let with = format!("var.{other}");
                self.add(Kind::Swap, Some(span), &with);
            }
        }
    }
}

fn escaped(text: &str) -> String {
    let quoted = format!("{text:?}");
    quoted[1..quoted.len() - 1].replace("${", "$${")
}

//! What a policy looks at, found in its text ahead of time: only that has to be built for a
//! request, and an explanation can name it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::facts::Fact;
use crate::fields::Field;

/// What a policy looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The facts, in order.
    pub facts: BTreeSet<Fact>,
    /// What facts are compared with by `==`, as far as it is written out: a text or a number; and
    /// for an address the networks.
    pub compared: BTreeSet<(Fact, Constant)>,
}

/// A value that is written out in a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constant {
    /// A text; of an address, the network.
    Text(String),
    /// A number.
    Number(i64),
}

/// Reads the conditions and the scope of a policy in Cedar's JSON form
/// (<https://docs.cedarpolicy.com/policies/json-format.html>), or says why it may not be so.
pub(crate) fn find(policy: &Value) -> Result<Reads, String> {
    let mut reads = Reads::default();
    for (part, fact) in
        [("principal", Fact::Principal), ("action", Fact::Action), ("resource", Fact::Resource)]
    {
        let operator = policy.get(part).and_then(|scope| scope.get("op")).and_then(Value::as_str);
        if operator.is_some_and(|operator| operator != "All") {
            reads.facts.insert(fact);
        }
    }
    let conditions = policy.get("conditions").and_then(Value::as_array);
    for condition in conditions.into_iter().flatten() {
        reads.descend(condition.get("body").unwrap_or(&Value::Null))?;
    }
    Ok(reads)
}

impl Reads {
    fn descend(&mut self, expression: &Value) -> Result<(), String> {
        let Value::Object(members) = expression else { return self.descend_list(expression) };
        if let Some(fact) = fact(expression)? {
            self.facts.insert(fact);
            return Ok(());
        }
        if members.contains_key("Value") {
            return Ok(());
        }
        self.compare(members)?;
        members.values().try_for_each(|operand| self.descend_operand(operand))
    }

    /// What an operator is applied to: `{"left": …, "right": …}`, a list, or one expression.
    fn descend_operand(&mut self, operand: &Value) -> Result<(), String> {
        match operand {
            Value::Object(named) if !is_expression(named) => {
                named.values().try_for_each(|part| self.descend(part))
            }
            other => self.descend(other),
        }
    }

    fn descend_list(&mut self, list: &Value) -> Result<(), String> {
        list.as_array().into_iter().flatten().try_for_each(|part| self.descend(part))
    }

    fn compare(&mut self, members: &Map<String, Value>) -> Result<(), String> {
        if let Some(operands) = members.get("==") {
            let (left, right) = (operands.get("left"), operands.get("right"));
            for (one, other) in [(left, right), (right, left)] {
                let (Some(one), Some(other)) = (one, other) else { continue };
                if let (Some(fact), Some(constant)) = (fact(one)?, constant(other)) {
                    self.compared.insert((fact, constant));
                }
            }
        }
        if let Some(network) =
            members.get("ip").and_then(|operands| operands.get(0)).and_then(constant)
        {
            self.compared.insert((Fact::Address, network));
        }
        Ok(())
    }
}

/// An expression is an object with one member, whose name is no operand's.
fn is_expression(members: &Map<String, Value>) -> bool {
    members.len() == 1 && !members.keys().any(|name| matches!(name.as_str(), "arg" | "left"))
}

/// The fact that an expression is, if it is one.
fn fact(expression: &Value) -> Result<Option<Fact>, String> {
    let Value::Object(members) = expression else { return Ok(None) };
    let Some((operator, operand)) = members.iter().next() else { return Ok(None) };
    match operator.as_str() {
        "Var" => match operand.as_str() {
            Some("principal") => Ok(Some(Fact::Principal)),
            Some("action") => Ok(Some(Fact::Action)),
            Some("resource") => Ok(Some(Fact::Resource)),
            _ => Err("`context` is read member by member: write `context.person`".to_owned()),
        },
        "." | "has" => attribute(operand),
        "getTag" | "hasTag" => field(operand).map(Some),
        _ => Ok(None),
    }
}

fn attribute(operand: &Value) -> Result<Option<Fact>, String> {
    let variable = operand.get("left").and_then(|left| left.get("Var")).and_then(Value::as_str);
    let Some(attribute) = operand.get("attr").and_then(Value::as_str) else { return Ok(None) };
    match variable {
        Some("principal") => Ok(Some(Fact::OfPrincipal(attribute.into()))),
        Some("resource") => Ok(Some(Fact::OfResource(attribute.into()))),
        Some("context") => match Fact::of_context(attribute) {
            Some(fact) => Ok(Some(fact)),
            None => Err(format!(
                "`context.{attribute}` is read field by field: \
                 write `context.{attribute}.hasTag(\"path/id\")`"
            )),
        },
        _ => Ok(None),
    }
}

fn field(operand: &Value) -> Result<Fact, String> {
    let entity = operand.get("left").and_then(|left| left.get(".")).and_then(|it| it.get("attr"));
    let as_number = match entity.and_then(Value::as_str) {
        Some("text") => false,
        Some("number") => true,
        _ => return Err("fields are read of `context.text` and `context.number` only".to_owned()),
    };
    let name = operand.get("right").and_then(|right| right.get("Value")).and_then(Value::as_str);
    let name = name.ok_or("the name of a field is written out: a text in quotes")?;
    Field::named(name, as_number).map(Fact::Field).map_err(|refused| refused.to_string())
}

fn constant(expression: &Value) -> Option<Constant> {
    match expression.get("Value")? {
        Value::String(text) => Some(Constant::Text(text.clone())),
        Value::Number(number) => number.as_i64().map(Constant::Number),
        _ => None,
    }
}

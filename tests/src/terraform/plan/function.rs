//! The functions of Terraform that the layers call.

use std::net::Ipv4Addr;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::convert::{entries, list, number, number_of, set, set_with_duplicates, text, truth};
use super::model::Answer;

/// The value of a function, but for `can` and `try`, which ask whether an argument has one.
pub(super) fn apply(name: &str, given: &[Value]) -> Answer {
    let at = |index: usize| given.get(index).ok_or_else(|| "too few arguments".to_owned());
    let string = |index: usize| text(at(index)?);
    let items = |index: usize| list(at(index)?);
    Ok(match name {
        "toset" | "setunion" => {
            let mut all = Vec::new();
            for value in given {
                all.extend(list(value)?);
            }
            set(all)
        }
        "setsubtract" => {
            let without = items(1)?;
            set(items(0)?.into_iter().filter(|one| !without.contains(one)).collect())
        }
        "setintersection" => {
            let other = items(1)?;
            set(items(0)?.into_iter().filter(|one| other.contains(one)).collect())
        }
        "tolist" => json!(items(0)?),
        "flatten" => json!(flat(at(0)?)),
        "tomap" => at(0)?.clone(),
        "tonumber" => json!(number_of(number(at(0)?)?)),
        "tostring" => json!(string(0)?),
        "concat" => {
            let mut all = Vec::new();
            for value in given {
                all.extend(list(value)?);
            }
            json!(all)
        }
        "distinct" => {
            let mut seen = Vec::new();
            for one in items(0)? {
                if !seen.contains(&one) {
                    seen.push(one);
                }
            }
            json!(seen)
        }
        "sort" => set_with_duplicates(items(0)?),
        "reverse" => json!(items(0)?.into_iter().rev().collect::<Vec<_>>()),
        "slice" => {
            let (from, to) = (number(at(1)?)? as usize, number(at(2)?)? as usize);
            json!(items(0)?.get(from..to).ok_or("out of range")?)
        }
        "length" => match at(0)? {
            Value::String(text) => json!(text.chars().count()),
            other => json!(entries(other)?.len()),
        },
        "keys" => json!(entries(at(0)?)?.into_iter().map(|(key, _)| key).collect::<Vec<_>>()),
        "values" => json!(entries(at(0)?)?.into_iter().map(|(_, value)| value).collect::<Vec<_>>()),
        "contains" => json!(items(0)?.contains(at(1)?)),
        "index" => {
            let sought = at(1)?;
            json!(items(0)?.iter().position(|one| one == sought).ok_or("not among the elements")?)
        }
        "element" => {
            let all = items(0)?;
            all[number(at(1)?)? as usize % all.len().max(1)].clone()
        }
        "one" => match &items(0)?[..] {
            [] => Value::Null,
            [only] => only.clone(),
            more => return Err(format!("{} elements", more.len())),
        },
        "alltrue" => {
            json!(items(0)?.iter().map(truth).collect::<Answer<Vec<_>>>()?.iter().all(|t| *t))
        }
        "anytrue" => {
            json!(items(0)?.iter().map(truth).collect::<Answer<Vec<_>>>()?.iter().any(|t| *t))
        }
        "sum" => json!(number_of(items(0)?.iter().map(number).sum::<Answer<f64>>()?)),
        "max" | "min" => {
            let all = given.iter().map(number).collect::<Answer<Vec<f64>>>()?;
            let pick = if name == "max" { f64::max } else { f64::min };
            json!(number_of(all.into_iter().reduce(pick).ok_or("nothing to choose from")?))
        }
        "floor" => json!(number_of(number(at(0)?)?.floor())),
        "ceil" => json!(number_of(number(at(0)?)?.ceil())),
        "lookup" => match at(0)?.get(string(1)?) {
            Some(found) => found.clone(),
            None => at(2)?.clone(),
        },
        "merge" => {
            let mut all = Map::new();
            for map in given.iter().filter(|map| !map.is_null()) {
                all.extend(map.as_object().ok_or("no map")?.clone());
            }
            Value::Object(all)
        }
        "zipmap" => {
            let keys = items(0)?.iter().map(text).collect::<Answer<Vec<_>>>()?;
            Value::Object(keys.into_iter().zip(items(1)?).collect())
        }
        "coalesce" => {
            let filled = |value: &&Value| !value.is_null() && value.as_str() != Some("");
            given.iter().find(filled).ok_or("all are empty")?.clone()
        }
        "compact" => {
            let filled = |value: &Value| !value.is_null() && value.as_str() != Some("");
            json!(items(0)?.into_iter().filter(filled).collect::<Vec<_>>())
        }
        "join" => {
            let parts = items(1)?.iter().map(text).collect::<Answer<Vec<_>>>()?;
            json!(parts.join(&string(0)?))
        }
        "split" => json!(string(1)?.split(&string(0)?).collect::<Vec<_>>()),
        "replace" => json!(string(0)?.replace(&string(1)?, &string(2)?)),
        "lower" => json!(string(0)?.to_lowercase()),
        "upper" => json!(string(0)?.to_uppercase()),
        "trimprefix" => json!(string(0)?.strip_prefix(&string(1)?).unwrap_or(&string(0)?)),
        "trimsuffix" => json!(string(0)?.strip_suffix(&string(1)?).unwrap_or(&string(0)?)),
        "startswith" => json!(string(0)?.starts_with(&string(1)?)),
        "endswith" => json!(string(0)?.ends_with(&string(1)?)),
        "strcontains" => json!(string(0)?.contains(&string(1)?)),
        "basename" => json!(string(0)?.rsplit('/').next()),
        "substr" => {
            let (from, count) = (number(at(1)?)?, number(at(2)?)?);
            let all = string(0)?.chars().collect::<Vec<_>>();
            // A negative place counts from the end.
            let from = if from < 0.0 { all.len() as f64 + from } else { from } as usize;
            let rest = all.into_iter().skip(from).collect::<Vec<_>>();
            let count = if count < 0.0 { rest.len() } else { count as usize };
            json!(rest.into_iter().take(count).collect::<String>())
        }
        "format" => {
            let mut made = string(0)?;
            for value in &given[1..] {
                made = made.replacen("%s", &text(value)?, 1).replacen("%d", &text(value)?, 1);
            }
            json!(made)
        }
        "regex" => {
            let pattern = Regex::new(&string(0)?).map_err(|error| error.to_string())?;
            let subject = string(1)?;
            json!(pattern.find(&subject).ok_or("no match")?.as_str())
        }
        "jsonencode" | "yamlencode" => json!(at(0)?.to_string()),
        "jsondecode" | "yamldecode" => {
            serde_json::from_str(&string(0)?).map_err(|error| error.to_string())?
        }
        "plantimestamp" | "timestamp" => json!("2027-01-01T12:00:00Z"),
        "formatdate" => {
            let parts = [
                ("YYYY", "2027"),
                ("MM", "01"),
                ("DD", "01"),
                ("hh", "12"),
                ("mm", "00"),
                ("ss", "00"),
            ];
            json!(parts.iter().fold(string(0)?, |made, (part, with)| made.replace(part, with)))
        }
        "cidrhost" => {
            let (base, prefix) = block(&string(0)?)?;
            let host = number(at(1)?)? as u32;
            let mask = mask(prefix);
            json!(Ipv4Addr::from((base & mask) + host).to_string())
        }
        "cidrnetmask" => json!(Ipv4Addr::from(mask(block(&string(0)?)?.1)).to_string()),
        "cidrsubnet" => {
            let (base, prefix) = block(&string(0)?)?;
            let (bits, number) = (number(at(1)?)? as u32, number(at(2)?)? as u32);
            let longer = prefix + bits;
            if longer > 32 || u64::from(number) >= 1 << bits {
                return Err(format!("there is no block {number} of {bits} more bits"));
            }
            let made = (base & mask(prefix)) + (u64::from(number) << (32 - longer)) as u32;
            json!(format!("{}/{longer}", Ipv4Addr::from(made)))
        }
        _ => return Err("the evaluation has no such function; add it".to_owned()),
    })
}

fn flat(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        other => vec![other.clone()],
    }
}

/// Address and length of a block of IPv4 addresses.
fn block(cidr: &str) -> Answer<(u32, u32)> {
    let bad = || format!("{cidr} is not an IPv4 CIDR block");
    let (address, prefix) = cidr.split_once('/').ok_or_else(bad)?;
    let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
    let prefix: u32 = prefix.parse().map_err(|_| bad())?;
    if prefix > 32 { Err(bad()) } else { Ok((u32::from(address), prefix)) }
}

fn mask(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix).unwrap_or(0)
}

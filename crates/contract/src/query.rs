//! A query against the parameters that are described: each as it should be, and no others.

use std::collections::BTreeSet;

use crate::fit::Misfit;
use crate::parameter::{Parameter, Place};
use crate::percent;
use crate::pointer::join;
use crate::unread::shorten;

/// The most parameters one query has.
const MAX_PARAMETERS: usize = 256;
/// The most bytes of a name that are shown.
const SHOWN_BYTES: usize = 100;

/// The parameters of a query: names decoded, values as they came.
struct Pairs<'a>(Vec<(String, &'a str)>);

/// Checks a query, without its question mark.
pub(crate) fn check<'a>(
    parameters: impl Iterator<Item = &'a Parameter>,
    query: Option<&str>,
) -> Result<(), Misfit> {
    let pairs = Pairs::read(query.unwrap_or_default())?;
    let mut described: BTreeSet<String> = BTreeSet::new();
    for parameter in parameters.filter(|it| it.place == Place::Query) {
        let below = |misfit: Misfit| Misfit {
            pointer: format!("{}{}", join("", &parameter.name), misfit.pointer),
            ..misfit
        };
        let given = pairs.values(&parameter.name);
        let mut members = Vec::new();
        if parameter.spreads() {
            for (member, name) in parameter.spread_names() {
                members.extend(pairs.values(&name).into_iter().map(|value| (member, value)));
                described.insert(name);
            }
        }
        if !given.is_empty() {
            parameter.check(&given).map_err(below)?;
        } else if !members.is_empty() {
            parameter.check_members(&members).map_err(below)?;
        } else if parameter.required {
            let reason = "is missing".to_owned();
            return Err(below(Misfit { pointer: String::new(), reason }));
        }
        described.insert(parameter.name.clone());
    }
    match pairs.0.iter().find(|(name, _)| !described.contains(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let pointer = shorten(&join("", name), SHOWN_BYTES);
            Err(Misfit { pointer, reason: "is not described".to_owned() })
        }
    }
}

impl<'a> Pairs<'a> {
    /// A raw semicolon is refused: some servers take it for an ampersand, and others do not.
    fn read(query: &'a str) -> Result<Self, Misfit> {
        let misfit = |reason: &str| Misfit { pointer: String::new(), reason: reason.to_owned() };
        if query.contains(';') {
            return Err(misfit("has a semicolon, which is to be written %3B"));
        }
        let mut pairs = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(misfit("has more parameters than are read"));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent::decode_form(name);
            pairs.push((name.ok_or_else(|| misfit("has a name that cannot be read"))?, value));
        }
        Ok(Self(pairs))
    }

    fn values(&self, name: &str) -> Vec<&'a str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| *value).collect()
    }
}

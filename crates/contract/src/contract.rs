//! Whether a request fits what its operation describes.
//!
//! Path and query parameters, described headers, and JSON bodies are checked against their schemas.
//! Query parameters and body properties that are not described are refused; headers that are not
//! are let through, since every client sends some. A body is refused where none is described, and
//! when its content type is not. Content other than JSON is known by its type only. Of a tool or a
//! prompt of MCP it is the arguments that are checked, as a body is.
//!
//! Formats (`date-time`, `uuid`) are annotations, as JSON Schema 2020-12 has them by default.

use std::sync::Arc;

use serde_json::Value;

use crate::arguments::Arguments;
use crate::body::{Body, Content, essence, is_json, is_of_another_charset};
use crate::fit::Misfit;
pub use crate::mirrored::Mirrored;
use crate::parameter::{Parameter, Place};
use crate::percent;
use crate::pointer::join;
use crate::query;
use crate::unread::shorten;

/// The most bytes of the pointer of a violation.
pub const POINTER_BYTES: usize = 256;

/// What an operation takes, compiled once.
#[derive(Debug, Default)]
pub struct Contract {
    /// The names of the path's segments that are parameters; nothing for a literal.
    pub(crate) segments: Vec<Option<String>>,
    pub(crate) parameters: Vec<Arc<Parameter>>,
    pub(crate) body: Option<Body>,
    /// What a tool or a prompt is called with.
    pub(crate) arguments: Option<Arguments>,
    /// What of it a header repeats.
    pub(crate) mirrored: Vec<Mirrored>,
}

/// A request, as far as a contract speaks of it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The path that the operation was found by.
    pub path: &'a str,
    /// The query, without its question mark.
    pub query: Option<&'a str>,
    /// The values of a header, by its name in lower case.
    pub header: &'a dyn Fn(&str) -> Vec<&'a [u8]>,
    /// The body.
    pub payload: Payload<'a>,
}

/// The body of a request, as far as it is there.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// There is none.
    Empty,
    /// It was not read, because [`Contract::reads`] said it need not be.
    Unread,
    /// All of it.
    Whole(&'a [u8]),
}

/// What of a request does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where: `/body/amount`, `/query/limit`, `/path/id`, `/header/x-version`,
    /// `/params/arguments/amount`; at most [`POINTER_BYTES`] long.
    pub pointer: String,
    /// Why, in a few words; what was sent is not repeated.
    pub reason: String,
}

impl Contract {
    /// Whether the body has to be there, whole, for [`Contract::check`]: it is JSON and described.
    pub fn reads(&self, content_type: Option<&[u8]>) -> bool {
        let content_type = content_type.and_then(|it| std::str::from_utf8(it).ok());
        self.body.is_some() && content_type.is_some_and(|it| is_json(&essence(it)))
    }

    /// Checks a request that names this operation.
    pub fn check(&self, request: &Request<'_>) -> Result<(), Violation> {
        self.check_path(request.path).map_err(|it| violation("/path", it))?;
        let parameters = self.parameters.iter().map(|it| &**it);
        query::check(parameters, request.query).map_err(|it| violation("/query", it))?;
        self.check_headers(request).map_err(|it| violation("/header", it))?;
        self.check_body(request)
    }

    /// Checks what a tool is called with, or a prompt got with: `params.arguments`, an empty object
    /// where it is missing. Where nothing is described, as for a resource, there is nothing to call
    /// it with.
    pub fn check_arguments(&self, arguments: &Value) -> Result<(), Violation> {
        let found = match &self.arguments {
            Some(described) => described.check(arguments),
            None => Arguments::none(arguments),
        };
        found.map_err(|it| violation("/params/arguments", it))
    }

    /// The arguments of a tool that headers of the request repeat.
    pub fn mirrored(&self) -> &[Mirrored] {
        &self.mirrored
    }

    fn check_path(&self, path: &str) -> Result<(), Misfit> {
        let given = path.strip_prefix('/').unwrap_or(path).split('/');
        for (name, text) in self.segments.iter().zip(given) {
            let Some(name) = name else { continue };
            let below = |misfit: Misfit| Misfit {
                pointer: format!("{}{}", join("", name), misfit.pointer),
                ..misfit
            };
            let is_it = |it: &&Arc<Parameter>| it.place == Place::Path && it.name == *name;
            match self.parameters.iter().find(is_it) {
                Some(parameter) => parameter.check(&[text]).map_err(below)?,
                None if percent::decode(text).is_some_and(|it| !it.contains(['/', '\\'])) => {}
                None => return Err(below(misfit("has an encoding that cannot be read"))),
            }
        }
        Ok(())
    }

    fn check_headers(&self, request: &Request<'_>) -> Result<(), Misfit> {
        for parameter in self.parameters.iter().filter(|it| it.place == Place::Header) {
            let below = |misfit: Misfit| Misfit {
                pointer: format!("{}{}", join("", &parameter.name), misfit.pointer),
                ..misfit
            };
            match *(request.header)(&parameter.name) {
                [] if parameter.required => return Err(below(misfit("is missing"))),
                [] => {}
                [value] => {
                    let text = std::str::from_utf8(value);
                    let text =
                        text.map_err(|_| below(misfit("has characters that are not text")))?;
                    parameter.check(&[text]).map_err(below)?;
                }
                _ => return Err(below(misfit("is there more than once"))),
            }
        }
        Ok(())
    }

    fn check_body(&self, request: &Request<'_>) -> Result<(), Violation> {
        let refused = |reason: &str| Err(violation("/body", misfit(reason)));
        let empty = matches!(request.payload, Payload::Empty | Payload::Whole([]));
        match (&self.body, empty) {
            (None, false) => return refused("is not described: this operation takes no body"),
            (Some(body), true) if body.required => return refused("is missing"),
            (_, true) => return Ok(()),
            (Some(_), false) => {}
        }
        let (content_type, content) = self.content(request)?;
        if !is_json(&essence(content_type)) {
            return Ok(());
        }
        if is_of_another_charset(content_type) {
            let other = misfit("names another encoding than UTF-8");
            return Err(violation("/header/content-type", other));
        }
        let encodings = (request.header)("content-encoding");
        if encodings.iter().any(|it| !it.eq_ignore_ascii_case(b"identity")) {
            let plain = misfit("is compressed; it is checked, and so has to be sent as it is");
            return Err(violation("/header/content-encoding", plain));
        }
        match request.payload {
            Payload::Whole(body) => content.check(body).map_err(|it| violation("/body", it)),
            Payload::Empty | Payload::Unread => refused("was not read"),
        }
    }

    /// The content type that was sent, and what is described for it.
    fn content<'r>(
        &'r self,
        request: &'r Request<'_>,
    ) -> Result<(&'r str, &'r Content), Violation> {
        let refused = |reason| violation("/header/content-type", misfit(reason));
        let values = (request.header)("content-type");
        let &[value] = &*values else {
            return Err(refused("has to be there once when there is a body"));
        };
        let content_type =
            std::str::from_utf8(value).map_err(|_| refused("has characters that are not text"))?;
        let content = self.body.as_ref().and_then(|body| body.content(content_type));
        content
            .map(|content| (content_type, content))
            .ok_or_else(|| refused("is not one that is described"))
    }
}

fn misfit(reason: &str) -> Misfit {
    Misfit { pointer: String::new(), reason: reason.to_owned() }
}

fn violation(place: &str, misfit: Misfit) -> Violation {
    let pointer = shorten(&format!("{place}{}", misfit.pointer), POINTER_BYTES);
    Violation { pointer, reason: misfit.reason }
}

#[cfg(test)]
#[path = "contract/tests.rs"]
mod tests;

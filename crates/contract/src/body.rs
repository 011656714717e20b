//! The body that is described: of which content types, and of JSON what it may be.

use serde_json::Value;

use crate::fit::{Fit, Misfit};
use crate::json;
use crate::library::Library;
use crate::pointer::join;
use crate::unread::Unread;

/// A request's body as it is described.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) required: bool,
    pub(crate) contents: Vec<Content>,
}

/// One content type of it.
#[derive(Debug)]
pub(crate) struct Content {
    /// Lower case, without parameters; may be a range: `image/*`.
    pub(crate) media_type: String,
    /// What it may be, where it says so.
    pub(crate) schema: Option<Value>,
    fit: Option<Fit>,
}

impl Body {
    /// Reads what a body may be.
    pub(crate) fn read(given: &Value, at: &str, library: &mut Library<'_>) -> Result<Self, Unread> {
        let at = join(at, "content");
        let described = given.get("content").and_then(Value::as_object);
        let mut contents = Vec::new();
        for (media_type, media) in described.into_iter().flatten() {
            let at = join(&join(&at, media_type), "schema");
            let media_type = essence(media_type);
            let schema = media.get("schema").map(|it| library.read(it, &at)).transpose()?;
            let read = schema.as_ref().filter(|_| may_be_json(&media_type));
            let fit = read
                .map(|schema| Fit::new(schema, library.definitions()))
                .transpose()
                .map_err(|reason| Unread::new(&at, reason))?;
            contents.push(Content { media_type, schema, fit });
        }
        let required = given.get("required") == Some(&Value::Bool(true));
        Ok(Self { required, contents })
    }

    /// What is described for a content type: itself, else a range it is in.
    pub(crate) fn content(&self, content_type: &str) -> Option<&Content> {
        let wanted = essence(content_type);
        let range = || wanted.split_once('/').map(|(kind, _)| format!("{kind}/*"));
        let find = |name: &str| self.contents.iter().find(|it| it.media_type == name);
        find(&wanted).or_else(|| find(&range()?)).or_else(|| find("*/*"))
    }
}

impl Content {
    /// Checks a body of this content.
    pub(crate) fn check(&self, body: &[u8]) -> Result<(), Misfit> {
        let misfit = |reason: &str| Misfit { pointer: String::new(), reason: reason.to_owned() };
        let value = json::read(body).map_err(misfit)?;
        self.fit.as_ref().map_or(Ok(()), |fit| fit.check(&value))
    }
}

/// The media type without parameters, in lower case.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether it is JSON, and so is checked (RFC 6839, section 3.1).
pub(crate) fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

fn may_be_json(essence: &str) -> bool {
    is_json(essence) || essence.ends_with("/*")
}

/// Whether the parameters of a content type name another encoding than UTF-8.
pub(crate) fn is_of_another_charset(content_type: &str) -> bool {
    content_type.split(';').skip(1).any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        name.trim().eq_ignore_ascii_case("charset")
            && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

//! A form that a page sent (HTML Standard, `application/x-www-form-urlencoded`).

use axum::RequestExt;
use axum::extract::{Query, Request};
use http::Uri;

use crate::http::read::Whole;
use crate::refusal::Refusal;

/// The most fields of one form.
const FIELDS: usize = 256;

/// The fields of a form or of a query, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request.
    pub(crate) async fn read(whole: &Whole) -> Result<Self, Refusal> {
        let mut request = Request::new(whole.body.clone().into());
        *request.method_mut() = whole.head.method.clone();
        *request.headers_mut() = whole.head.headers.clone();
        let fields = request.extract::<axum::Form<Vec<(String, String)>>, _>().await;
        let Ok(axum::Form(fields)) = fields else {
            return Err(Refusal::Malformed("the form cannot be read".to_owned()));
        };
        if fields.len() > FIELDS {
            return Err(Refusal::Malformed(format!("the form has more than {FIELDS} fields")));
        }
        Ok(Self(fields))
    }

    /// The query of an address.
    pub(crate) fn query(uri: &Uri) -> Result<Self, Refusal> {
        let read = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let unreadable = |_| Refusal::Malformed("the query cannot be read".to_owned());
        read.map(|Query(fields)| Self(fields)).map_err(unreadable)
    }

    /// The value of a field; nothing when it is not there, or twice.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Every value of a field that may be there several times: checkboxes.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

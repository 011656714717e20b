//! What a client asks the token endpoint for.

use std::fmt;

use crate::authority::LONGEST_TTL_SECONDS;
use crate::issue::refused::Refused;

/// The most `resource` and `audience` parameters of one request, together.
const TARGETS: usize = 16;

/// A token request, read. Parameters that are not known are ignored (RFC 6749, section 3.2).
#[derive(Clone, Default)]
pub(crate) struct Form {
    /// `grant_type`.
    pub(crate) grant_type: Option<String>,
    /// `scope`.
    pub(crate) scope: Option<String>,
    /// `resource`: resource identifiers (RFC 8707).
    pub(crate) resources: Vec<String>,
    /// `audience`: APIs by their name in the configuration.
    pub(crate) audiences: Vec<String>,
    /// `client_id`.
    pub(crate) client_id: Option<String>,
    /// `client_assertion_type` (RFC 7521, section 4.2).
    pub(crate) client_assertion_type: Option<String>,
    /// `client_assertion`.
    pub(crate) client_assertion: Option<String>,
    /// `ttl_seconds`: how long the token is to live.
    pub(crate) ttl_seconds: Option<u32>,
    /// `token_binding`.
    pub(crate) binding: Option<Binding>,
    /// `actor_token` (RFC 8693, section 2.1).
    pub(crate) actor_token: Option<String>,
    /// `actor_token_type`.
    pub(crate) actor_token_type: Option<String>,
    /// `assertion` (RFC 7521, section 4.1).
    pub(crate) assertion: Option<String>,
    /// `authorization_details`, as it was sent (RFC 9396, section 6).
    pub(crate) authorization_details: Option<String>,
    /// `may_act`: the one agent that may exchange the token.
    pub(crate) may_act: Option<String>,
    /// `requested_token_type`.
    pub(crate) requested_token_type: Option<String>,
    /// `subject_token`.
    pub(crate) subject_token: Option<String>,
    /// `subject_token_type`.
    pub(crate) subject_token_type: Option<String>,
    /// `token`: the one that is asked about, or taken back (RFC 7662, section 2.1).
    pub(crate) token: Option<String>,
    /// `task`: the task that the token is for.
    pub(crate) task: Option<String>,
    /// `code` (RFC 6749, section 4.1.3).
    pub(crate) code: Option<String>,
    /// `redirect_uri`.
    pub(crate) redirect_uri: Option<String>,
    /// `code_verifier` (RFC 7636, section 4.5).
    pub(crate) code_verifier: Option<String>,
    /// `refresh_token` (RFC 6749, section 6).
    pub(crate) refresh_token: Option<String>,
    /// `device_code` (RFC 8628, section 3.4).
    pub(crate) device_code: Option<String>,
    /// `auth_req_id` (CIBA Core 1.0, section 10.1).
    pub(crate) auth_req_id: Option<String>,
}

/// What a token is good for without the agent's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// Nothing: `token_binding=key`.
    Key,
    /// All of it: `token_binding=none`.
    None,
}

/// Much of it is secret.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form")
    }
}

impl Form {
    /// Reads the parameters; one that is there twice is refused (RFC 6749, section 3.2), except
    /// for targets, which may be several. One without a value counts as left out.
    pub(crate) fn read(pairs: Vec<(String, String)>) -> Result<Self, Refused> {
        let mut form = Self::default();
        for (name, value) in pairs {
            if !value.is_empty() {
                form.take(&name, value)?;
            }
        }
        Ok(form)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Refused> {
        let twice = match name {
            "actor_token" => self.actor_token.replace(value).is_some(),
            "actor_token_type" => self.actor_token_type.replace(value).is_some(),
            "assertion" => self.assertion.replace(value).is_some(),
            "authorization_details" => self.authorization_details.replace(value).is_some(),
            "may_act" => self.may_act.replace(value).is_some(),
            "requested_token_type" => self.requested_token_type.replace(value).is_some(),
            "subject_token" => self.subject_token.replace(value).is_some(),
            "subject_token_type" => self.subject_token_type.replace(value).is_some(),
            "token" => self.token.replace(value).is_some(),
            "task" => self.task.replace(value).is_some(),
            "grant_type" => self.grant_type.replace(value).is_some(),
            "scope" => self.scope.replace(value).is_some(),
            "client_id" => self.client_id.replace(value).is_some(),
            "client_assertion_type" => self.client_assertion_type.replace(value).is_some(),
            "client_assertion" => self.client_assertion.replace(value).is_some(),
            "ttl_seconds" => self.ttl_seconds.replace(ttl(&value)?).is_some(),
            "token_binding" => self.binding.replace(binding(&value)?).is_some(),
            "code" => self.code.replace(value).is_some(),
            "redirect_uri" => self.redirect_uri.replace(value).is_some(),
            "code_verifier" => self.code_verifier.replace(value).is_some(),
            "refresh_token" => self.refresh_token.replace(value).is_some(),
            "device_code" => self.device_code.replace(value).is_some(),
            "auth_req_id" => self.auth_req_id.replace(value).is_some(),
            "resource" => return add(&mut self.resources, value),
            "audience" => return add(&mut self.audiences, value),
            "client_secret" => return Err(Refused::InvalidRequest("there are no client secrets")),
            _ => false,
        };
        if twice { Err(Refused::InvalidRequest("a parameter is there twice")) } else { Ok(()) }
    }
}

fn add(targets: &mut Vec<String>, value: String) -> Result<(), Refused> {
    if targets.len() == TARGETS {
        return Err(Refused::InvalidRequest("more than 16 targets"));
    }
    targets.push(value);
    Ok(())
}

fn ttl(text: &str) -> Result<u32, Refused> {
    let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST_TTL_SECONDS).contains(seconds));
    seconds.ok_or(Refused::InvalidRequest("ttl_seconds is a number from 1 to 86400"))
}

fn binding(text: &str) -> Result<Binding, Refused> {
    match text {
        "key" => Ok(Binding::Key),
        "none" => Ok(Binding::None),
        _ => Err(Refused::InvalidRequest("token_binding is `key` or `none`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Form, Refused> {
        Form::read(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn parameters_are_read_and_unknown_ones_ignored() {
        let form = read(&[
            ("grant_type", "client_credentials"),
            ("resource", "http://a"),
            ("resource", "http://b"),
            ("scope", ""),
            ("ttl_seconds", "60"),
            ("token_binding", "none"),
            ("x", "1"),
            ("x", "2"),
        ])
        .unwrap();
        assert_eq!(form.grant_type.as_deref(), Some("client_credentials"));
        assert_eq!((form.resources.len(), form.scope, form.ttl_seconds), (2, None, Some(60)));
        assert_eq!(form.binding, Some(Binding::None));
    }

    #[test]
    fn what_is_repeated_out_of_range_or_unknown_is_refused() {
        let many = [("resource", "http://a"); TARGETS + 1];
        for pairs in [
            &[("scope", "a:read"), ("scope", "a:read")][..],
            &[("grant_type", "client_credentials"), ("grant_type", "refresh_token")],
            &[("ttl_seconds", "0")],
            &[("ttl_seconds", "86401")],
            &[("ttl_seconds", "-1")],
            &[("ttl_seconds", "15m")],
            &[("token_binding", "maybe")],
            &[("client_secret", "hunter2")],
            &many,
        ] {
            assert!(matches!(read(pairs), Err(Refused::InvalidRequest(_))), "{pairs:?}");
        }
    }
}

//! The components a signature covers, by their identifiers (RFC 9421, section 2).

use bailiwick_domain::denial::Denial;
use http::header::HeaderName;

/// One covered component: name and parameters together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Component {
    /// A derived component of the request (section 2.2).
    Derived(Derived),
    /// `@query-param` with the encoded name of one parameter (section 2.2.8).
    QueryParam(Box<str>),
    /// A field (section 2.1).
    Field(HeaderName, Form),
}

/// The derived components that stand for one thing without parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Derived {
    Method,
    TargetUri,
    Authority,
    Scheme,
    RequestTarget,
    Path,
    Query,
}

/// In which form a field's value is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// As received, lines joined (section 2.1).
    Plain,
    /// `sf`: strictly serialized (section 2.1.1).
    Strict(Structure),
    /// `key`: one member of a dictionary (section 2.1.2).
    Member(Box<str>),
    /// `bs`: each line as a byte sequence (section 2.1.3).
    Bytes,
}

/// The structure a field is registered with, which `sf` needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    Dictionary,
    List,
}

/// The parameters of a component identifier, as they are read.
#[derive(Debug, Default)]
pub(super) struct Modifiers {
    pub(super) strict: bool,
    pub(super) bytes: bool,
    pub(super) member: Option<Box<str>>,
    pub(super) name: Option<Box<str>>,
}

impl Component {
    /// The component with this name and these parameters, if it is one that is supported.
    pub(super) fn new(name: &str, modifiers: Modifiers) -> Result<Self, Denial> {
        if !name.starts_with('@') {
            return Self::field(name, modifiers);
        }
        let of_field = modifiers.strict || modifiers.bytes || modifiers.member.is_some();
        match (name, modifiers.name) {
            _ if of_field => refuse("a derived component has a parameter of a field"),
            ("@query-param", Some(parameter)) => Ok(Self::QueryParam(parameter)),
            ("@query-param", None) => refuse("@query-param names no parameter"),
            (_, Some(_)) => refuse("only @query-param takes a name"),
            (name, None) => Derived::named(name).map(Self::Derived),
        }
    }

    fn field(name: &str, modifiers: Modifiers) -> Result<Self, Denial> {
        let lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| lower);
        let Some(field) = parsed else {
            return refuse("a component's name is not a field name in lower case");
        };
        let form = match (modifiers.strict, modifiers.bytes, modifiers.member, modifiers.name) {
            (false, false, None, None) => Form::Plain,
            (true, false, None, None) => Form::Strict(Structure::of(name)?),
            (false, true, None, None) => Form::Bytes,
            // `key` serializes strictly by itself, so `sf` beside it changes nothing.
            (_, false, Some(member), None) => Form::Member(member),
            _ => return refuse("a field's parameters exclude one another"),
        };
        Ok(Self::Field(field, form))
    }

    /// Whether its value has to be taken out of, or written anew from, a larger one.
    pub(super) fn is_part(&self) -> bool {
        match self {
            Self::QueryParam(_) | Self::Field(_, Form::Strict(_) | Form::Member(_)) => true,
            Self::Derived(_) | Self::Field(_, Form::Plain | Form::Bytes) => false,
        }
    }

    /// The member that it is of this field, if it is one.
    pub(super) fn member_of(&self, name: &HeaderName) -> Option<&str> {
        match self {
            Self::Field(field, Form::Member(member)) if field == name => Some(member),
            Self::Derived(_) | Self::QueryParam(_) | Self::Field(..) => None,
        }
    }

    /// Whether this is the component with that name and no parameters.
    pub(super) fn is_plain(&self, name: &str) -> bool {
        match self {
            Self::Derived(derived) => derived.name() == name,
            Self::Field(field, Form::Plain) => field.as_str() == name,
            Self::Field(..) | Self::QueryParam(_) => false,
        }
    }
}

impl Derived {
    fn named(name: &str) -> Result<Self, Denial> {
        match name {
            "@method" => Ok(Self::Method),
            "@target-uri" => Ok(Self::TargetUri),
            "@authority" => Ok(Self::Authority),
            "@scheme" => Ok(Self::Scheme),
            "@request-target" => Ok(Self::RequestTarget),
            "@path" => Ok(Self::Path),
            "@query" => Ok(Self::Query),
            _ => refuse("a derived component is not one of a request"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Method => "@method",
            Self::TargetUri => "@target-uri",
            Self::Authority => "@authority",
            Self::Scheme => "@scheme",
            Self::RequestTarget => "@request-target",
            Self::Path => "@path",
            Self::Query => "@query",
        }
    }
}

impl Structure {
    /// The structure of a field of a request that is known to have one. A field that is not known
    /// cannot be serialized strictly (section 2.1.1), so `sf` on it is refused.
    fn of(name: &str) -> Result<Self, Denial> {
        match name {
            "accept-signature"
            | "content-digest"
            | "priority"
            | "repr-digest"
            | "want-content-digest"
            | "want-repr-digest" => Ok(Self::Dictionary),
            "cache-status" | "client-cert-chain" | "proxy-status" => Ok(Self::List),
            _ => refuse("sf on a field that is not known to be structured"),
        }
    }
}

fn refuse<T>(detail: &'static str) -> Result<T, Denial> {
    Err(Denial::CredentialMalformed(detail))
}

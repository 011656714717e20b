//! Reading the parameters of a signature and of its components (RFC 9421, sections 2.1 to 2.3).
//! Structured fields let the last of two parameters of one name win; here they are refused.

use bailiwick_domain::denial::Denial;
use sfv::visitor::ParameterVisitor;
use sfv::{BareItemFromInput, KeyRef};

use super::component::{Component, Modifiers};
use super::input::{Reading, Refused};

/// The most parameters, of the signature or of one component.
const MAX_PARAMETERS: usize = 16;
/// The longest `keyid`.
const MAX_KEYID: usize = 256;

/// The names seen so far.
#[derive(Default)]
pub(super) struct Seen<'de> {
    names: [&'de str; MAX_PARAMETERS],
    count: usize,
}

impl<'de> Seen<'de> {
    fn add(&mut self, name: &'de str) -> Result<(), &'static str> {
        if self.names.iter().take(self.count).any(|seen| *seen == name) {
            return Err("a parameter is named twice");
        }
        let place = self.names.get_mut(self.count).ok_or("more than 16 parameters")?;
        *place = name;
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

/// The parameters of one component.
pub(super) struct OfComponent<'r, 'de> {
    pub(super) reading: &'r mut Reading<'de>,
    pub(super) name: BareItemFromInput<'de>,
    pub(super) start: usize,
    pub(super) modifiers: Modifiers,
    pub(super) seen: Seen<'de>,
}

impl<'de> ParameterVisitor<'de> for OfComponent<'_, 'de> {
    type Out = ();
    type Error = Refused;

    fn parameter(
        &mut self,
        key: &'de KeyRef,
        value: BareItemFromInput<'de>,
    ) -> Result<(), Refused> {
        self.seen.add(key.as_str()).map_err(|detail| self.reading.malformed(detail))?;
        self.reading.write_parameter(key, &value);
        let modifiers = &mut self.modifiers;
        match (key.as_str(), &value) {
            ("sf", BareItemFromInput::Boolean(true)) => modifiers.strict = true,
            ("bs", BareItemFromInput::Boolean(true)) => modifiers.bytes = true,
            ("key", BareItemFromInput::String(member)) => {
                modifiers.member = Some(member.as_str().into());
            }
            ("name", BareItemFromInput::String(name)) => {
                modifiers.name = Some(name.as_str().into());
            }
            _ => return Err(self.reading.malformed("a component's parameter is not supported")),
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Refused> {
        let name = self.name.as_string().map_or("", |name| name.as_str());
        let component = Component::new(name, self.modifiers);
        let component = component.map_err(|denial| self.reading.refuse(denial))?;
        self.reading.cover(component, self.start)
    }
}

/// The parameters of the signature.
pub(super) struct OfSignature<'r, 'de> {
    pub(super) reading: &'r mut Reading<'de>,
    pub(super) seen: Seen<'de>,
}

impl<'de> ParameterVisitor<'de> for OfSignature<'_, 'de> {
    type Out = ();
    type Error = Refused;

    fn parameter(
        &mut self,
        key: &'de KeyRef,
        value: BareItemFromInput<'de>,
    ) -> Result<(), Refused> {
        self.seen.add(key.as_str()).map_err(|detail| self.reading.malformed(detail))?;
        self.reading.write_parameter(key, &value);
        let parameters = &mut self.reading.input.parameters;
        let read = match key.as_str() {
            "created" => instant(&value).map(|read| parameters.created = Some(read)),
            "expires" => instant(&value).map(|read| parameters.expires = Some(read)),
            "nonce" => text(&value).map(|read| parameters.nonce = Some(read)),
            "alg" => text(&value).map(|read| parameters.alg = Some(read)),
            "keyid" => text(&value).and_then(named).map(|read| parameters.keyid = Some(read)),
            "tag" => text(&value).map(|read| parameters.tag = Some(read)),
            _ => Ok(()),
        };
        read.map_err(|denial| self.reading.refuse(denial))
    }

    fn finish(self) -> Result<(), Refused> {
        Ok(())
    }
}

fn instant(value: &BareItemFromInput<'_>) -> Result<i64, Denial> {
    let seconds = value.as_integer().map(i64::from);
    seconds.ok_or(Denial::CredentialMalformed("created or expires is not an integer"))
}

fn text(value: &BareItemFromInput<'_>) -> Result<Box<str>, Denial> {
    let text = value.as_string().map(|text| text.as_str().into());
    text.ok_or(Denial::CredentialMalformed("nonce, alg, keyid or tag is not a string"))
}

fn named(keyid: Box<str>) -> Result<Box<str>, Denial> {
    if keyid.is_empty() || keyid.len() > MAX_KEYID {
        return Err(Denial::CredentialMalformed("keyid is empty or longer than 256 characters"));
    }
    Ok(keyid)
}

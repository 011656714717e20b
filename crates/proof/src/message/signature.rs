//! Reading the one member of `Signature`: a byte sequence (RFC 9421, section 4.2).

use bailiwick_domain::denial::Denial;
use sfv::visitor::{
    DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor,
};
use sfv::{BareItemFromInput, KeyRef, Parser};

/// The longest signature, in bytes.
const MAX_BYTES: usize = 1024;

/// The label and the bytes of a `Signature` that holds exactly one member.
pub(super) fn read(field: &[u8]) -> Result<(&str, Vec<u8>), Denial> {
    let mut reading = Reading::default();
    let read = Parser::new(field).parse_dictionary_with_visitor(&mut reading);
    match (read, reading.members) {
        (_, 2..) => Err(Denial::CredentialConflict("more than one signature")),
        (Err(_), _) => Err(Denial::CredentialMalformed("Signature cannot be read")),
        (Ok(()), 0) => Err(Denial::CredentialMalformed("Signature is empty")),
        (Ok(()), 1) if reading.bytes.len() > MAX_BYTES => {
            Err(Denial::CredentialMalformed("the signature is larger than 1 KiB"))
        }
        (Ok(()), 1) => Ok((reading.label, reading.bytes)),
    }
}

#[derive(Default)]
struct Reading<'de> {
    label: &'de str,
    bytes: Vec<u8>,
    members: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("not a signature")]
struct Refused;

impl<'de> DictionaryVisitor<'de> for &mut Reading<'de> {
    type Out = ();
    type Error = Refused;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Refused> {
        self.members = self.members.saturating_add(1);
        if self.members > 1 {
            return Err(Refused);
        }
        self.label = key.as_str();
        Ok(Member(&mut self.bytes))
    }

    fn finish(self) -> Result<(), Refused> {
        Ok(())
    }
}

struct Member<'r>(&'r mut Vec<u8>);

impl<'de> EntryVisitor<'de> for Member<'_> {
    type Error = Refused;

    fn item(self) -> Result<impl ItemVisitor<'de>, Refused> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Refused> {
        Err::<Ignored, _>(Refused)
    }
}

impl<'de> ItemVisitor<'de> for Member<'_> {
    type Out = ();
    type Error = Refused;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = ()>, Refused> {
        let BareItemFromInput::ByteSequence(bytes) = item else { return Err(Refused) };
        *self.0 = bytes;
        Ok(NoParameters)
    }
}

/// A signature's own member takes no parameters: nothing would protect them.
struct NoParameters;

impl<'de> ParameterVisitor<'de> for NoParameters {
    type Out = ();
    type Error = Refused;

    fn parameter(&mut self, _: &'de KeyRef, _: BareItemFromInput<'de>) -> Result<(), Refused> {
        Err(Refused)
    }

    fn finish(self) -> Result<(), Refused> {
        Ok(())
    }
}

//! Reading the one member of `Signature-Input` (RFC 9421, section 4.1; RFC 9651, section 3.1.1).

use bailiwick_domain::denial::Denial;
use sfv::visitor::{
    DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor,
};
use sfv::{BareItemFromInput, KeyRef, Parser};

use super::component::Modifiers;
use super::input::{Input, MAX_COMPONENTS, Reading, Refused};
use super::parameters::{OfComponent, OfSignature, Seen};

/// The label and the meaning of a `Signature-Input` that holds exactly one member.
pub(super) fn input(field: &[u8]) -> Result<(&str, Input), Denial> {
    let mut reading = Reading::default();
    let read = Parser::new(field).parse_dictionary_with_visitor(&mut reading);
    match (read, reading.refused, reading.label) {
        (_, Some(refused), _) => Err(refused),
        (Err(_), None, _) => Err(Denial::CredentialMalformed("Signature-Input cannot be read")),
        (Ok(()), None, None) => Err(Denial::CredentialMalformed("Signature-Input is empty")),
        (Ok(()), None, Some(label)) => Ok((label, reading.input)),
    }
}

impl<'de> DictionaryVisitor<'de> for &mut Reading<'de> {
    type Out = ();
    type Error = Refused;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Refused> {
        if self.label.is_some() {
            return Err(self.refuse(Denial::CredentialConflict("more than one signature")));
        }
        self.label = Some(key.as_str());
        Ok(Member(self))
    }

    fn finish(self) -> Result<(), Refused> {
        Ok(())
    }
}

struct Member<'r, 'de>(&'r mut Reading<'de>);

impl<'de> EntryVisitor<'de> for Member<'_, 'de> {
    type Error = Refused;

    fn item(self) -> Result<impl ItemVisitor<'de>, Refused> {
        Err::<Ignored, _>(self.0.malformed("Signature-Input is not a list of components"))
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Refused> {
        self.0.input.text.push('(');
        Ok(self)
    }
}

impl<'de> InnerListVisitor<'de> for Member<'_, 'de> {
    type Error = Refused;

    fn item(&mut self) -> Result<impl ItemVisitor<'de>, Refused> {
        match self.0.input.components.len() {
            0 => {}
            MAX_COMPONENTS => return Err(self.0.malformed("more than 32 components")),
            _ => self.0.input.text.push(' '),
        }
        Ok(OneComponent(self.0))
    }

    fn finish(self) -> Result<impl ParameterVisitor<'de>, Refused> {
        self.0.input.text.push(')');
        Ok(OfSignature { reading: self.0, seen: Seen::default() })
    }
}

struct OneComponent<'r, 'de>(&'r mut Reading<'de>);

impl<'de> ItemVisitor<'de> for OneComponent<'_, 'de> {
    type Out = ();
    type Error = Refused;

    fn bare_item(
        self,
        name: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = ()>, Refused> {
        if name.as_string().is_none() {
            return Err(self.0.malformed("a component is not named by a string"));
        }
        let start = self.0.input.text.len();
        self.0.write_item(&name);
        let modifiers = Modifiers::default();
        Ok(OfComponent { reading: self.0, name, start, modifiers, seen: Seen::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &str = "(@method|@path|[a-z][a-z0-9-]{0,5})";
    const PARAMETER: &str = "(;[ ]{0,2}x[0-9]=(-?[1-9][0-9]{0,5}|[1-9]\\.[1-9]|tok/en|\\?[01]\
                             |\"[ -!#-Z]{0,5}\"|:AAE=:|@[1-9]{3})){0,1}";

    prop_compose! {
        fn any_input()(
            components in proptest::collection::hash_set(NAME, 0..6),
            space in " {1,3}",
            parameter in PARAMETER,
        ) -> String {
            let quoted = components.iter().map(|name| format!("\"{name}\""));
            let list = quoted.collect::<Vec<_>>().join(&space);
            format!("l=({space}{list}{space});{space}created=1;keyid=\"k\"{parameter}")
        }
    }

    proptest! {
        #[test]
        fn the_text_of_an_input_is_its_one_strict_form(field in any_input()) {
            let (label, read) = input(field.as_bytes()).unwrap();
            prop_assert_eq!(label, "l");
            let strict = format!("l={}", read.text);
            let (_, again) = input(strict.as_bytes()).unwrap();
            prop_assert_eq!(&again.text, &read.text);
            let squeezed = |text: &str| text.replace("=?1", "").replace(' ', "");
            prop_assert_eq!(squeezed(&strict), squeezed(&field));
        }

        #[test]
        fn every_identifier_stands_where_it_says(field in any_input()) {
            let (_, read) = input(field.as_bytes()).unwrap();
            for covered in &read.components {
                let identifier = &read.text[covered.identifier.clone()];
                let name = identifier.trim_matches('"');
                prop_assert!(covered.component.is_plain(name), "{identifier}");
            }
        }
    }
}

//! The few words of the contract ABI that a verification says and hears.

use crate::keys::Address;

/// One word.
pub(super) type Word = [u8; 32];

/// The selector of `isValidSignature(bytes32,bytes)` (ERC-1271), which is also the answer that
/// takes the signature.
const IS_VALID_SIGNATURE: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// The call `isValidSignature(hash, signature)`.
pub(super) fn is_valid_signature(hash: &Word, signature: &[u8]) -> Vec<u8> {
    let padding = signature.len().next_multiple_of(32).saturating_sub(signature.len());
    let mut call = Vec::with_capacity(signature.len().saturating_add(132));
    call.extend_from_slice(&IS_VALID_SIGNATURE);
    call.extend_from_slice(hash);
    call.extend_from_slice(&number(64));
    call.extend_from_slice(&number(signature.len()));
    call.extend_from_slice(signature);
    call.resize(call.len().saturating_add(padding), 0);
    call
}

/// Whether what was returned begins with the word that takes the signature.
pub(super) fn is_taken(returned: &[u8]) -> bool {
    let mut taken = [0; 32];
    taken.iter_mut().zip(IS_VALID_SIGNATURE).for_each(|(place, byte)| *place = byte);
    returned.first_chunk::<32>() == Some(&taken)
}

/// The address in a word whose other bytes are zero.
pub(super) fn address(word: &Word) -> Option<Address> {
    let (padding, address) = word.split_last_chunk::<20>()?;
    padding.iter().all(|byte| *byte == 0).then(|| Address::new(*address))
}

/// The number in a word, if it is one that can be a length.
pub(super) fn length(word: &Word) -> Option<usize> {
    let (padding, low) = word.split_last_chunk::<8>()?;
    let low = usize::try_from(u64::from_be_bytes(*low)).ok()?;
    padding.iter().all(|byte| *byte == 0).then_some(low)
}

/// The word at this place.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<&Word> {
    bytes.get(at..)?.first_chunk::<32>()
}

/// The `bytes` whose length stands at this place.
pub(super) fn bytes(body: &[u8], at: usize) -> Option<&[u8]> {
    let length = length(word(body, at)?)?;
    let start = at.checked_add(32)?;
    body.get(start..start.checked_add(length)?)
}

fn number(value: usize) -> Word {
    let mut word = [0; 32];
    let bytes = value.to_be_bytes();
    word.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(place, byte)| *place = *byte);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_encoded_as_contracts_read_it() {
        let check = |length: usize, words: usize| {
            let call = is_valid_signature(&[7; 32], &vec![9; length]);
            assert_eq!(call.len(), 4 + 32 * (3 + words), "{length}");
            assert_eq!(call[..4], IS_VALID_SIGNATURE);
            assert_eq!(call[4..36], [7; 32]);
            let arguments = &call[36..];
            assert_eq!(super::length(word(arguments, 0).unwrap()), Some(64));
            assert_eq!(bytes(&call[4..], 64), Some(vec![9; length].as_slice()));
            assert!(call[4 + 96 + length..].iter().all(|byte| *byte == 0));
        };
        check(0, 0);
        check(1, 1);
        check(32, 1);
        check(65, 3);
        check(8 * 1024, 256);
    }

    #[test]
    fn only_the_whole_word_takes_a_signature() {
        let mut word = vec![0; 32];
        word[..4].copy_from_slice(&IS_VALID_SIGNATURE);
        assert!(is_taken(&word));
        assert!(is_taken(&[word.clone(), vec![1; 32]].concat()));
        assert!(!is_taken(&word[..31]));
        assert!(!is_taken(&IS_VALID_SIGNATURE));
        assert!(!is_taken(&[]));
        assert!(!is_taken(&[0; 32]));
        for place in [0, 3, 4, 31] {
            let mut other = word.clone();
            other[place] ^= 1;
            assert!(!is_taken(&other), "{place}");
        }
        let mut right = vec![0; 32];
        right[28..].copy_from_slice(&IS_VALID_SIGNATURE);
        assert!(!is_taken(&right));
    }
}

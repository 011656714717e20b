//! Which account signs, and how the two generations write it.

use std::fmt;
use std::str::FromStr;

use super::refused::Refused;
use crate::keys::Address;

/// The most digits of a chain's number (CAIP-2).
const MAX_CHAIN_DIGITS: usize = 32;

/// An Ethereum account on one chain. Its one text is that of CAIP-10, `eip155:<chain>:<address>`,
/// with the address in lower case; nonces are spent under it, whichever generation was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account {
    /// The chain's number (EIP-155). Only this chain is asked about the account.
    pub chain: u64,
    /// The account's address.
    pub address: Address,
}

/// The two forms of ERC-8128 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Generation {
    /// What published clients send: `keyid` is `erc8128:<chain>:<address>`, there is no `tag`.
    One,
    /// The current draft: `tag` is `erc8128`, `keyid` is `eip155:<chain>:<address>`.
    Two,
}

impl Generation {
    /// What stands before the chain in `keyid`.
    pub(super) const fn namespace(self) -> &'static str {
        match self {
            Self::One => "erc8128",
            Self::Two => "eip155",
        }
    }
}

impl Account {
    /// Reads a `keyid` (ERC-8128, section 3.3.1). The first generation writes addresses in any
    /// case, the second in lower case only. A chain whose number is too large for any that is
    /// served here is well formed all the same.
    pub(super) fn from_keyid(keyid: &str, generation: Generation) -> Result<Self, Refused> {
        let mut parts = keyid.split(':');
        let named = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(namespace), Some(chain), Some(text), None) = named else {
            return Err(Refused::InvalidKeyid);
        };
        if namespace != generation.namespace() || !is_chain(chain) {
            return Err(Refused::InvalidKeyid);
        }
        let address = Address::from_any_case(text).map_err(|_| Refused::InvalidKeyid)?;
        if generation == Generation::Two && address.as_str() != text {
            return Err(Refused::InvalidKeyid);
        }
        let chain = chain.parse().map_err(|_| Refused::UnsupportedChain)?;
        Ok(Self { chain, address })
    }

    /// The `keyid` of this account.
    pub(super) fn keyid(&self, generation: Generation) -> String {
        format!("{}:{}:{}", generation.namespace(), self.chain, self.address)
    }
}

impl FromStr for Account {
    type Err = Refused;

    /// Reads the text of CAIP-10, the address in any case.
    fn from_str(text: &str) -> Result<Self, Refused> {
        let lower = text.to_ascii_lowercase();
        Self::from_keyid(&lower, Generation::Two)
    }
}

fn is_chain(text: &str) -> bool {
    let leading = text.len() > 1 && text.starts_with('0');
    let digits = text.bytes().all(|digit| digit.is_ascii_digit());
    digits && !leading && (1..=MAX_CHAIN_DIGITS).contains(&text.len())
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "eip155:{}:{}", self.chain, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOWER: &str = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";
    const MIXED: &str = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";

    fn check(keyid: &str, generation: Generation, expected: Result<u64, Refused>) {
        let read = Account::from_keyid(keyid, generation);
        assert_eq!(read.map(|account| account.chain), expected, "{keyid}");
        if let Ok(account) = read {
            assert_eq!(account.to_string(), format!("eip155:{}:{LOWER}", account.chain));
            assert_eq!(account.keyid(generation).to_lowercase(), keyid.to_lowercase());
        }
    }

    #[test]
    fn an_account_has_one_text_whichever_generation_was_sent() {
        check(&format!("eip155:1:{LOWER}"), Generation::Two, Ok(1));
        check(&format!("eip155:8453:{LOWER}"), Generation::Two, Ok(8453));
        check(&format!("erc8128:1:{LOWER}"), Generation::One, Ok(1));
        check(&format!("erc8128:1:{MIXED}"), Generation::One, Ok(1));
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        let digits = "1".repeat(32);
        for (chain, expected) in [
            ("0", Ok(0)),
            ("18446744073709551615", Ok(u64::MAX)),
            ("18446744073709551616", Err(Refused::UnsupportedChain)),
            (&digits, Err(Refused::UnsupportedChain)),
            (&format!("{digits}1"), Err(Refused::InvalidKeyid)),
            ("01", Err(Refused::InvalidKeyid)),
            ("", Err(Refused::InvalidKeyid)),
            ("+1", Err(Refused::InvalidKeyid)),
            ("0x1", Err(Refused::InvalidKeyid)),
        ] {
            check(&format!("eip155:{chain}:{LOWER}"), Generation::Two, expected);
        }
        for keyid in [
            format!("eip155:1:{MIXED}"),
            format!("eip155:1:{}", LOWER.to_uppercase()),
            format!("EIP155:1:{LOWER}"),
            format!("erc8128:1:{LOWER}"),
            format!("eip155:1:{LOWER}:"),
            format!("eip155:{LOWER}"),
            format!("eip155:1:{LOWER} "),
            String::new(),
        ] {
            check(&keyid, Generation::Two, Err(Refused::InvalidKeyid));
        }
        check(&format!("eip155:1:{LOWER}"), Generation::One, Err(Refused::InvalidKeyid));
    }
}

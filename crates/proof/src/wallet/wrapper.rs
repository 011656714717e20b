//! Signatures of accounts that are not deployed yet (ERC-6492): how to deploy, and the signature.

use super::abi::{self, Word};
use crate::keys::Address;

/// What a wrapped signature ends with.
const ENDING: Word = [
    0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92,
    0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92,
];
/// What one program hands back: whether the account answered, how much, and its first word.
const REPORT_BYTES: usize = 96;

/// A wrapped signature, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wrapper<'a> {
    factory: Address,
    deployment: &'a [u8],
    signature: &'a [u8],
}

/// Whether a signature is wrapped.
pub(super) fn is_wrapped(signature: &[u8]) -> bool {
    signature.ends_with(&ENDING)
}

impl<'a> Wrapper<'a> {
    /// Takes it apart: the factory's address, the call that deploys, and the signature within.
    pub(super) fn read(signature: &'a [u8]) -> Option<Self> {
        let body = signature.strip_suffix(&ENDING)?;
        let factory = abi::address(abi::word(body, 0)?)?;
        let deployment = abi::bytes(body, abi::length(abi::word(body, 32)?)?)?;
        let signature = abi::bytes(body, abi::length(abi::word(body, 64)?)?)?;
        Some(Self { factory, deployment, signature })
    }

    /// A program for a call that creates a contract, and creates nothing because it is only asked
    /// what would happen: deploys the account unless it has code, then asks it whether the
    /// signature over this hash is its own. An account that is there already is asked as it is:
    /// calls that would change it first are not made on a stranger's word.
    pub(super) fn program(&self, account: &Address, hash: &Word) -> Vec<u8> {
        let call = abi::is_valid_signature(hash, self.signature);
        let start = self.code(account, &call, 0).len();
        let code = self.code(account, &call, start);
        [code.as_slice(), self.deployment, &call].concat()
    }

    /// The instructions, when the data after them starts at this place. There are no jumps: the
    /// factory is called with no gas where the account has code.
    fn code(&self, account: &Address, call: &[u8], start: usize) -> Vec<u8> {
        let (account, factory) = (account.as_bytes().as_slice(), self.factory.as_bytes());
        let deployment = size(self.deployment.len());
        let asked = size(call.len());
        let arguments = [op::PUSH1, 96];
        [
            // memory[96..] = deployment
            push3(deployment).as_slice(),
            &push3(size(start)),
            &arguments,
            &[op::CODECOPY],
            // factory(deployment), with all gas or none
            &[op::PUSH1, 0, op::PUSH1, 0],
            &push3(deployment),
            &arguments,
            &[op::PUSH1, 0],
            &[op::PUSH20],
            factory,
            &[op::PUSH20],
            account,
            &[op::EXTCODESIZE, op::ISZERO, op::GAS, op::MUL, op::CALL, op::POP],
            // memory[96..] = isValidSignature(hash, signature)
            &push3(asked),
            &push3(size(start.saturating_add(self.deployment.len()))),
            &arguments,
            &[op::CODECOPY],
            // memory[0] = whether it answered, memory[64] = the first word of its answer
            &[op::PUSH1, 32, op::PUSH1, 64],
            &push3(asked),
            &arguments,
            &[op::PUSH20],
            account,
            &[op::GAS, op::STATICCALL, op::PUSH1, 0, op::MSTORE],
            // memory[32] = how long its answer is
            &[op::RETURNDATASIZE, op::PUSH1, 32, op::MSTORE],
            &[op::PUSH1, 96, op::PUSH1, 0, op::RETURN],
        ]
        .concat()
    }
}

/// Whether the account answered the program, in a whole word, that it takes the signature.
pub(super) fn is_taken(report: &[u8]) -> bool {
    let answered = abi::word(report, 0).and_then(abi::length) == Some(1);
    let whole = abi::word(report, 32).and_then(abi::length).is_some_and(|length| length >= 32);
    let word = report.get(64..).unwrap_or_default();
    report.len() == REPORT_BYTES && answered && whole && abi::is_taken(word)
}

/// A number below 2^24: no signature field holds as much.
fn size(value: usize) -> [u8; 3] {
    let [_, bytes @ ..] = u32::try_from(value).unwrap_or_default().to_be_bytes();
    bytes
}

fn push3(value: [u8; 3]) -> [u8; 4] {
    let [high, middle, low] = value;
    [op::PUSH3, high, middle, low]
}

/// Instructions of the Ethereum virtual machine.
mod op {
    pub(super) const MUL: u8 = 0x02;
    pub(super) const ISZERO: u8 = 0x15;
    pub(super) const CODECOPY: u8 = 0x39;
    pub(super) const EXTCODESIZE: u8 = 0x3b;
    pub(super) const RETURNDATASIZE: u8 = 0x3d;
    pub(super) const POP: u8 = 0x50;
    pub(super) const MSTORE: u8 = 0x52;
    pub(super) const GAS: u8 = 0x5a;
    pub(super) const PUSH1: u8 = 0x60;
    pub(super) const PUSH3: u8 = 0x62;
    pub(super) const PUSH20: u8 = 0x73;
    pub(super) const CALL: u8 = 0xf1;
    pub(super) const RETURN: u8 = 0xf3;
    pub(super) const STATICCALL: u8 = 0xfa;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: u64) -> Vec<u8> {
        [vec![0; 24], value.to_be_bytes().to_vec()].concat()
    }

    fn padded(bytes: &[u8]) -> Vec<u8> {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(32), 0);
        [number(u64::try_from(bytes.len()).unwrap()), padded].concat()
    }

    fn factory() -> Vec<u8> {
        [vec![0; 12], vec![0xfa; 20]].concat()
    }

    #[test]
    fn a_wrapper_is_taken_apart() {
        let head = [factory(), number(96), number(160)].concat();
        let wrapped = [head, padded(b"deploy"), padded(b"signature"), ENDING.to_vec()].concat();
        assert!(is_wrapped(&wrapped));
        let wrapper = Wrapper::read(&wrapped).unwrap();
        assert_eq!(wrapper.factory, Address::new([0xfa; 20]));
        assert_eq!((wrapper.deployment, wrapper.signature), (&b"deploy"[..], &b"signature"[..]));
    }

    #[test]
    fn what_points_outside_is_no_wrapper() {
        let check = |parts: &[Vec<u8>]| {
            let wrapped = [parts.concat(), ENDING.to_vec()].concat();
            assert!(is_wrapped(&wrapped));
            assert!(Wrapper::read(&wrapped).is_none(), "{parts:?}");
        };
        check(&[]);
        check(&[factory()]);
        check(&[factory(), number(96), number(96)]);
        check(&[factory(), number(96), number(160), padded(b"deploy"), number(1)]);
        check(&[factory(), number(u64::MAX), number(96), padded(b"deploy")]);
        check(&[factory(), number(96), number(u64::MAX - 31), padded(b"deploy")]);
        check(&[factory(), number(96), number(96), number(u64::MAX)]);
        check(&[factory(), vec![1; 32], number(96), padded(b"deploy")]);
        check(&[vec![0xfa; 32], number(96), number(96), padded(b"deploy")]);
        assert!(Wrapper::read(&[0; 256]).is_none());
        assert!(!is_wrapped(&ENDING[1..]));
    }

    /// These bytes were run: they deploy with CREATE2 what has no code, leave alone what has, and
    /// report reverts, short answers and long ones as such.
    #[test]
    fn the_program_is_the_one_that_was_run() {
        let wrapper =
            Wrapper { factory: Address::new([0xfa; 20]), deployment: b"deploy", signature: b"s" };
        let account = Address::new([0xac; 20]);
        let program = wrapper.program(&account, &[0x11; 32]);
        let (factory, account) = ("fa".repeat(20), "ac".repeat(20));
        let code = format!(
            "620000066200007f606039600060006200000660606000\
             73{factory}73{account}3b155a02f150\
             620000846200008560603960206040620000846060\
             73{account}5afa6000523d60205260606000f3",
        );
        let written: Vec<String> = program.iter().map(|byte| format!("{byte:02x}")).collect();
        let call = abi::is_valid_signature(&[0x11; 32], b"s");
        let (_, data) = program.split_at(code.len() / 2);
        assert_eq!(written.concat()[..code.len()], code);
        assert_eq!(data, [b"deploy".as_slice(), &call].concat());
    }

    #[test]
    fn only_a_whole_report_is_believed() {
        let word = abi::is_valid_signature(&[0; 32], &[])[..4].to_vec();
        let word = [word, vec![0; 28]].concat();
        let report = |answered, length| [number(answered), number(length), word.clone()].concat();
        assert!(is_taken(&report(1, 32)));
        assert!(is_taken(&report(1, 96)));
        assert!(!is_taken(&report(0, 32)));
        assert!(!is_taken(&report(2, 32)));
        assert!(!is_taken(&report(1, 31)));
        assert!(!is_taken(&report(1, 32)[..95]));
        assert!(!is_taken(&[report(1, 32), vec![0]].concat()));
        assert!(!is_taken(&[number(1), number(32), vec![0; 32]].concat()));
        assert!(!is_taken(&word));
        assert!(!is_taken(&[]));
    }
}

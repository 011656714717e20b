//! Whether the account takes the signature (ERC-8128, section 4.1), as steps between which somebody
//! else asks a chain.

use super::abi;
use super::account::Account;
use super::chain::{Answer, Question};
use super::presented::Presented;
use super::refused::Refused;
use super::served::Accounts;
use super::wrapper::{self, Wrapper};
use crate::keys::wallet;
use crate::message::Request;

/// How an account proved itself.
///
/// A contract says what it likes on its own chain, and the same address may be another's contract
/// on another chain: what is registered for a contract has to name the chain too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// By the key that its address is made of.
    Key,
    /// By its code (ERC-1271).
    Contract,
    /// By the code that it would have (ERC-6492).
    Undeployed,
}

/// How far a verification has come.
#[derive(Debug)]
pub enum Progress {
    /// A chain has to be asked.
    Ask(Box<Pending>),
    /// The account signed this request.
    Verified(Means),
}

/// A verification that waits for an answer.
#[derive(Debug)]
pub struct Pending {
    question: Question,
    account: Account,
    hash: [u8; 32],
    signature: Vec<u8>,
    awaited: Awaited,
}

#[derive(Debug, Clone, Copy)]
enum Awaited {
    Code(Accounts),
    Verdict(Means),
}

impl Presented {
    /// Begins to verify the signature over this request. For accounts of a kind that needs no
    /// chain the verdict is there at once. The order is the draft's: a wrapped signature is never
    /// taken for any other, code is asked before a key is recovered, and nothing that fails is
    /// tried another way.
    pub fn begin(&self, request: &Request<'_>, accounts: Accounts) -> Result<Progress, Refused> {
        let (hash, account) = (self.hash(request)?, self.account());
        let signature = self.signature();
        let (question, awaited) = match accounts {
            Accounts::EoaOnly | Accounts::Offline if wrapper::is_wrapped(signature) => {
                return Err(Refused::UnsupportedAccount);
            }
            Accounts::Offline => return by_key(&account, &hash, signature),
            Accounts::Universal if wrapper::is_wrapped(signature) => {
                let wrapper = Wrapper::read(signature).ok_or(Refused::BadSignature)?;
                let program = wrapper.program(&account.address, &hash);
                let question = Question::call(account.chain, None, program);
                (question, Awaited::Verdict(Means::Undeployed))
            }
            Accounts::Universal | Accounts::EoaOnly => {
                let question = Question::code(account.chain, account.address);
                (question, Awaited::Code(accounts))
            }
        };
        let signature = signature.to_vec();
        let pending = Pending { question, account, hash, signature, awaited };
        Ok(Progress::Ask(Box::new(pending)))
    }
}

impl Pending {
    /// What the chain has to be asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Goes on with the chain's answer. An answer that says nothing of the account is never held
    /// against the signature.
    pub fn answer(self, answer: &Answer) -> Result<Progress, Refused> {
        match (self.awaited, answer) {
            (_, Answer::Unavailable) | (Awaited::Code(_), Answer::Reverted) => {
                Err(Refused::SignatureVerificationUnavailable)
            }
            (Awaited::Code(accounts), Answer::Returned(code)) => self.classify(accounts, code),
            (Awaited::Verdict(means), Answer::Returned(returned)) if takes(means, returned) => {
                Ok(Progress::Verified(means))
            }
            (Awaited::Verdict(_), Answer::Returned(_) | Answer::Reverted) => {
                Err(Refused::BadSignature)
            }
        }
    }

    /// An account with code, be it only a delegation (EIP-7702), speaks through it.
    fn classify(self, accounts: Accounts, code: &[u8]) -> Result<Progress, Refused> {
        let Account { chain, address } = self.account;
        if code.is_empty() {
            return by_key(&self.account, &self.hash, &self.signature);
        }
        if accounts != Accounts::Universal {
            return Err(Refused::UnsupportedAccount);
        }
        let call = abi::is_valid_signature(&self.hash, &self.signature);
        let question = Question::call(chain, Some(address), call);
        let awaited = Awaited::Verdict(Means::Contract);
        Ok(Progress::Ask(Box::new(Self { question, awaited, ..self })))
    }
}

fn by_key(account: &Account, hash: &[u8; 32], signature: &[u8]) -> Result<Progress, Refused> {
    let verified = wallet::verify(hash, signature, &account.address);
    verified.map(|()| Progress::Verified(Means::Key)).map_err(|_| Refused::BadSignature)
}

fn takes(means: Means, returned: &[u8]) -> bool {
    match means {
        Means::Undeployed => wrapper::is_taken(returned),
        Means::Contract | Means::Key => abi::is_taken(returned),
    }
}

use proptest::prelude::*;

use super::*;
use crate::sample::{ORIGIN, key, signer};

/// The example of C2SP signed-note; its key is published with the Go implementation's tests.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2p\
    ZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn note() -> String {
    signer().sign(7, [5; 32])
}

fn check(note: &str, expected: Result<u64, Invalid>) {
    assert_eq!(Checkpoint::open(note, &key()).map(|it| it.size), expected, "{note}");
}

#[test]
fn a_signature_by_an_independent_implementation_verifies() {
    let key: VerifierKey = PETER.parse().unwrap();
    assert_eq!(key.to_string(), PETER);
    // The signature holds; the text is not a checkpoint, and that is noticed only afterwards.
    assert_eq!(Checkpoint::open(PETER_NOTE, &key), Err(Invalid::Checkpoint));
    let changed = PETER_NOTE.replace("answer", "Answer");
    assert_eq!(Checkpoint::open(&changed, &key), Err(Invalid::Signature));
}

#[test]
fn a_signed_checkpoint_opens_with_its_key() {
    let expected = Checkpoint { origin: ORIGIN.into(), size: 7, root: [5; 32] };
    assert_eq!(Checkpoint::open(&note(), &key()), Ok(expected.clone()));
    assert_eq!(Checkpoint::claimed(&note()), Ok(expected));
}

#[test]
fn every_changed_character_is_refused() {
    let note = note();
    for place in 0..note.len() {
        let mut changed = note.clone().into_bytes();
        changed[place] ^= 1;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        assert!(Checkpoint::open(&changed, &key()).is_err(), "{place}");
    }
}

fn line(name: &str, signature: &[u8]) -> String {
    format!("— {name} {}\n", STANDARD.encode(signature))
}

#[test]
fn signatures_of_others_are_passed_over() {
    let mut crowded = note();
    for witness in 0..40_u8 {
        crowded.push_str(&line(&format!("witness{witness}.example"), &[witness; 2_500]));
    }
    check(&crowded, Ok(7));
    check(&format!("{}{}", note(), line(ORIGIN, &[0, 0, 0, 0, 9])), Ok(7));
}

#[test]
fn a_failing_signature_of_the_known_key_spoils_the_note() {
    let mut forged = key().id.to_vec();
    forged.extend_from_slice(&[9; 64]);
    check(&format!("{}{}", note(), line(ORIGIN, &forged)), Err(Invalid::Signature));
    let text = Checkpoint::claimed(&note()).unwrap().text();
    check(&format!("{text}\n{}", line(ORIGIN, &forged)), Err(Invalid::Signature));
    check(&format!("{text}\n{}", line(ORIGIN, &key().id)), Err(Invalid::Note));
}

#[test]
fn a_note_without_the_known_key_is_refused() {
    let text = Checkpoint::claimed(&note()).unwrap().text();
    check(&format!("{text}\n{}", line("other", &[1; 68])), Err(Invalid::Unsigned));
    let other = Signer::from_seed(ORIGIN, &[8; 32]).unwrap();
    check(&other.sign(7, [5; 32]), Err(Invalid::Unsigned));
}

#[test]
fn what_is_not_a_note_is_refused() {
    let note = note();
    check("", Err(Invalid::Note));
    check(note.trim_end(), Err(Invalid::Note));
    check(&note.replace('—', "-"), Err(Invalid::Note));
    check(&format!("{note}\n"), Err(Invalid::Note));
    check(&format!("{note}x"), Err(Invalid::Note));
    check(&note.replace('7', "7\r"), Err(Invalid::Note));
    check(&format!("{note}— a+b AAAAAAA=\n"), Err(Invalid::Note));
    check(&format!("{note}— a !\n"), Err(Invalid::Note));
    check(&format!("{note}{}", "x".repeat(MAX_NOTE_BYTES)), Err(Invalid::Note));
    let crowd = line("witness.example", &[1; 8]).repeat(MAX_SIGNATURES);
    check(&format!("{note}{crowd}"), Err(Invalid::Note));
}

fn signed(text: &str) -> String {
    let signer = signer();
    let mut signature = signer.verifier.id.to_vec();
    signature.extend_from_slice(signer.pair.sign(text.as_bytes()).as_ref());
    format!("{text}\n{}", line(ORIGIN, &signature))
}

#[test]
fn a_signed_text_that_is_not_a_checkpoint_is_refused() {
    let root = STANDARD.encode([5; 32]);
    check(&signed(&format!("{ORIGIN}\n7\n{root}\n")), Ok(7));
    check(&signed(&format!("{ORIGIN}\n0\n{root}\nextension\n")), Ok(0));
    check(&signed(&format!("other\n7\n{root}\n")), Err(Invalid::Origin));
    for text in [
        format!("{ORIGIN}\n7\n"),
        format!("{ORIGIN}\n07\n{root}\n"),
        format!("{ORIGIN}\n+7\n{root}\n"),
        format!("{ORIGIN}\n-1\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n7\n{}\n", STANDARD.encode([5; 31])),
        format!("{ORIGIN}\n7\n{}\n", root.trim_end_matches('=')),
        format!("\n7\n{root}\n"),
        format!("{ORIGIN}\n7\n{root}\n\nextension\n"),
    ] {
        check(&signed(&text), Err(Invalid::Checkpoint));
    }
}

#[test]
fn verifier_keys_read_back_and_bad_ones_are_refused() {
    let text = key().to_string();
    assert_eq!(text.parse(), Ok(key()));
    let with = |from: &str, to: &str| text.replacen(from, to, 1).parse::<VerifierKey>();
    assert_eq!("".parse::<VerifierKey>(), Err(NotAKey::Malformed));
    assert_eq!("a+b".parse::<VerifierKey>(), Err(NotAKey::Malformed));
    assert_eq!(with("acme", "a me"), Err(NotAKey::Name));
    assert_eq!(with("acme", "bcme"), Err(NotAKey::Id));
    assert_eq!(with("+A", "+B"), Err(NotAKey::Malformed));
    assert_eq!(format!("{text}=").parse::<VerifierKey>(), Err(NotAKey::Malformed));
    assert_eq!(Signer::from_seed("", &[1; 32]).err(), Some(NotAKey::Name));
    assert_eq!(Signer::from_seed("a b", &[1; 32]).err(), Some(NotAKey::Name));
}

#[test]
fn a_signer_prints_without_its_secret() {
    assert_eq!(format!("{:?}", signer()), format!("Signer({})", key()));
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(
        text in "(— |\n|\n\n|\\PC|[A-Za-z0-9+/= ]){0,60}",
        tail: String,
    ) {
        for text in [text.clone(), format!("{text}\n\n— {ORIGIN} {tail}\n")] {
            prop_assert!(Checkpoint::open(&text, &key()).is_err());
            prop_assert!(crate::proof::verify(&text, &key()).is_err());
            let _ = Checkpoint::claimed(&text);
            let _ = text.parse::<VerifierKey>();
        }
    }
}

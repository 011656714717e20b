//! One certificate, read.

use aws_lc_rs::digest::{SHA256, digest};
use bailiwick_domain::time::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::certificate::{TbsCertificate, X509Certificate};
use x509_parser::error::X509Error;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

use super::Refused;
use crate::base64url;

/// The most bytes of one certificate in DER, and of a chain of them together.
pub const MAX_BYTES: usize = 16 * 1024;

/// An X.509 certificate: its bytes, and what they say. Nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    thumbprint: String,
    not_before: Timestamp,
    not_after: Timestamp,
    uris: Vec<String>,
    uses: Uses,
}

/// What a certificate says its key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uses {
    /// `cA` of the basic constraints (RFC 5280, section 4.2.1.9).
    pub(super) authority: bool,
    /// `pathLenConstraint`: how many authorities may stand below it.
    pub(super) path_length: Option<u32>,
    /// The key usage, where there is one (section 4.2.1.3).
    pub(super) key: Option<KeyUse>,
    /// Whether the extended key usage, where there is one, has `clientAuth` (section 4.2.1.12).
    pub(super) client: Option<bool>,
}

/// The bits of the key usage that are asked about here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a bit string is so many answers, each its own")]
pub(super) struct KeyUse {
    pub(super) critical: bool,
    pub(super) signs: bool,
    pub(super) signs_certificates: bool,
    pub(super) signs_revocations: bool,
}

impl Certificate {
    /// Reads a certificate in DER, of at most [`MAX_BYTES`]. Version 1 is read too: RFC 8705 has
    /// one in its appendix A. Refused: what is not a certificate to its last byte, an extension
    /// that stands twice or that is known and cannot be read.
    pub fn from_der(der: &[u8]) -> Result<Self, Refused> {
        if der.len() > MAX_BYTES {
            return Err(Refused::Malformed("it is larger than 16 KiB"));
        }
        let unreadable = Refused::Malformed("it is not X.509 in DER");
        let (rest, read) = X509Certificate::from_der(der).map_err(|_| unreadable)?;
        if !rest.is_empty() {
            return Err(unreadable);
        }
        let body = &read.tbs_certificate;
        check_extensions(body)?;
        let unreadable = |_| Refused::Malformed("an extension cannot be read");
        Ok(Self {
            der: CertificateDer::from(der.to_vec()),
            thumbprint: base64url::encode(digest(&SHA256, der).as_ref()),
            not_before: Timestamp::from_seconds(body.validity.not_before.timestamp()),
            not_after: Timestamp::from_seconds(body.validity.not_after.timestamp()),
            uris: find_uris(body)?,
            uses: find_uses(body).map_err(unreadable)?,
        })
    }

    /// Reads the one certificate of a PEM text (RFC 7468, section 5).
    pub fn from_pem(text: &str) -> Result<Self, Refused> {
        if text.len() > 2 * MAX_BYTES {
            return Err(Refused::Malformed("the PEM text is larger than 32 KiB"));
        }
        let mut found = CertificateDer::pem_slice_iter(text.as_bytes());
        let unreadable = |_| Refused::Malformed("the PEM text cannot be read");
        match (found.next().transpose().map_err(unreadable)?, found.next()) {
            (Some(only), None) => Self::from_der(&only),
            (None, _) => Err(Refused::Malformed("the text has no certificate in PEM")),
            (Some(_), Some(_)) => Err(Refused::Malformed("the text has more than one certificate")),
        }
    }

    /// Its bytes, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// `x5t#S256`: base64url of the SHA-256 of the DER (RFC 8705, section 3.1). 43 characters.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The first second of its validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second of its validity.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The URIs among its subject alternative names (RFC 5280, section 4.2.1.6), in its order.
    pub fn uris(&self) -> &[String] {
        &self.uris
    }

    /// Holds the present against the validity, whose both ends are in it (RFC 5280, section
    /// 4.1.2.5).
    pub fn check_validity(&self, now: Timestamp) -> Result<(), Refused> {
        if now.as_seconds() < self.not_before.as_seconds() {
            return Err(Refused::NotYetValid);
        }
        if now.as_seconds() > self.not_after.as_seconds() {
            return Err(Refused::Expired);
        }
        Ok(())
    }

    pub(super) fn as_pki(&self) -> &CertificateDer<'static> {
        &self.der
    }

    pub(super) fn uses(&self) -> Uses {
        self.uses
    }
}

/// Each extension stands once (RFC 5280, section 4.2), and none that is known is broken: a library
/// that passes over such a one would read another certificate than its neighbor.
fn check_extensions(body: &TbsCertificate<'_>) -> Result<(), Refused> {
    if body.extensions_map().is_err() {
        return Err(Refused::Malformed("an extension stands twice"));
    }
    let broken = |it: &ParsedExtension<'_>| matches!(it, ParsedExtension::ParseError { .. });
    if body.extensions().iter().any(|extension| broken(extension.parsed_extension())) {
        return Err(Refused::Malformed("an extension cannot be read"));
    }
    Ok(())
}

fn find_uris(body: &TbsCertificate<'_>) -> Result<Vec<String>, Refused> {
    let unreadable = Refused::Malformed("its alternative names cannot be read");
    let Some(names) = body.subject_alternative_name().map_err(|_| unreadable)? else {
        return Ok(Vec::new());
    };
    let mut uris = Vec::new();
    for name in &names.value.general_names {
        match name {
            GeneralName::URI(uri) => uris.push((*uri).to_owned()),
            GeneralName::Invalid(..) => return Err(unreadable),
            _ => {}
        }
    }
    Ok(uris)
}

fn find_uses(body: &TbsCertificate<'_>) -> Result<Uses, X509Error> {
    let constraints = body.basic_constraints()?;
    let key = body.key_usage()?.map(|usage| KeyUse {
        critical: usage.critical,
        signs: usage.value.digital_signature(),
        signs_certificates: usage.value.key_cert_sign(),
        signs_revocations: usage.value.crl_sign(),
    });
    Ok(Uses {
        authority: constraints.as_ref().is_some_and(|found| found.value.ca),
        path_length: constraints.and_then(|found| found.value.path_len_constraint),
        key,
        client: body.extended_key_usage()?.map(|usage| usage.value.client_auth),
    })
}

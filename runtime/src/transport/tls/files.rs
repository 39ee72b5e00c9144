//! PEM files, and what is wrong with them.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::message::Error;

/// What a file is for, and where it is said.
#[derive(Clone, Copy)]
pub(super) struct Role {
    what: &'static str,
    flag: &'static str,
    option: &'static str,
}

pub(super) const CERT: Role = Role { what: "the TLS certificate", flag: "--tls-cert", option: "tls_cert" };
pub(super) const KEY: Role = Role { what: "the TLS key", flag: "--tls-key", option: "tls_key" };
pub(super) const CA: Role = Role { what: "the CA bundle for servers", flag: "--tls-ca", option: "tls_ca" };
pub(super) const CLIENT_CA: Role =
    Role { what: "the CA bundle for clients", flag: "--tls-client-ca", option: "tls_client_ca" };

impl Role {
    pub(super) fn wrong(self, path: &Path, what: impl std::fmt::Display) -> Error {
        let Role { what: role, flag, option } = self;
        Error::usage(format!("{role} `{}` ({flag} or `{option}`) {what}", path.display()))
    }

    fn read(self, path: &Path) -> Result<Vec<u8>, Error> {
        std::fs::read(path).map_err(|cause| {
            self.wrong(
                path,
                format!("cannot be read: {cause}; give the path of a PEM file that this user may read"),
            )
        })
    }
}

/// All certificates of a file, in its order.
pub(super) fn certificates(role: Role, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = role.read(path)?;
    let all = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let all =
        all.map_err(|cause| role.wrong(path, format!("is not well-formed PEM: {cause:?}; make it anew")))?;
    if all.is_empty() {
        let why = if has(&bytes, "PRIVATE KEY-----") {
            "has a private key and no certificate; are the two files given the wrong way round?"
        } else {
            "has no certificate; it must be PEM with `-----BEGIN CERTIFICATE-----` (for DER: openssl x509 -inform der)"
        };
        return Err(role.wrong(path, why));
    }
    Ok(all)
}

/// The private key of a file. Nothing of it is ever in an error.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let bytes = KEY.read(path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|cause| {
        let why = if has(&bytes, "BEGIN ENCRYPTED PRIVATE KEY-----") {
            "is encrypted, and nobody is there to ask for its password; decrypt it with `openssl pkey`"
        } else if has(&bytes, "BEGIN CERTIFICATE-----") {
            "has a certificate and no private key; are the two files given the wrong way round?"
        } else if matches!(cause, pem::Error::NoItemsFound) {
            "has no private key; it must be PEM with `-----BEGIN PRIVATE KEY-----`"
        } else {
            "is not well-formed PEM; make it anew"
        };
        KEY.wrong(path, why)
    })
}

/// The authorities of a file.
pub(super) fn authorities(role: Role, path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for (n, certificate) in certificates(role, path)?.into_iter().enumerate() {
        roots.add(certificate).map_err(|cause| {
            role.wrong(
                path,
                format!("has as number {} a certificate that cannot be used: {cause}; take it out", n + 1),
            )
        })?;
    }
    Ok(roots)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

//! Why a handshake failed, in words that name the cure.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// rustls' own error behind an error of a socket or of hyper.
fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found);
        }
        // The source of an I/O error is the source of what it holds, and not that itself.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match held {
            Some(held) => Some(held as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

/// What a client is told of a handshake that failed.
pub(super) fn of_client(cause: &io::Error, ca: &str, shows: bool) -> String {
    match find(cause) {
        Some(error) => of_error(error, ca, shows),
        None if cause.kind() == io::ErrorKind::UnexpectedEof => {
            "the other side closed the connection during the TLS handshake; is it a TLS port?".into()
        }
        None => format!("the TLS handshake failed: {cause}"),
    }
}

fn of_error(error: &Error, ca: &str, shows: bool) -> String {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        UnknownIssuer,
    };
    let cure = match error {
        Error::InvalidCertificate(UnknownIssuer) => {
            format!(
                "; none of the authorities in `{ca}` has signed it: add its CA there (--tls-ca or `tls_ca`)"
            )
        }
        Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "; put a name of the certificate into the address, or say it with `tls_name`".into()
        }
        Error::InvalidCertificate(Expired | ExpiredContext { .. }) => "; it must be renewed there".into(),
        Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            "; are the clocks of both hosts right?".into()
        }
        Error::InvalidMessage(_) => {
            "; the other side does not speak TLS: give it a certificate, or use the scheme without the `s`"
                .into()
        }
        Error::AlertReceived(alert) => return of_alert(*alert, shows),
        _ => String::new(),
    };
    format!("the TLS handshake failed: {error}{cure}")
}

fn of_alert(alert: AlertDescription, shows: bool) -> String {
    let cure = match alert {
        _ if !is_about_certificates(alert) => "; do both sides have a TLS version in common?",
        _ if shows => {
            "; it does not accept this process's certificate: the CA that signed it must be in the listener's \
             `tls_client_ca`, and it must not be expired and must be for client authentication"
        }
        _ => "; it wants a client certificate: give this process one (--tls-cert and --tls-key)",
    };
    format!("the other side refused the TLS handshake ({alert:?}){cure}")
}

fn is_about_certificates(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::CertificateRequired
            | AlertDescription::HandshakeFailure
    )
}

/// What a client is told that the other side did not let in. In TLS 1.3 the client's half of the handshake has ended by
/// then, and what it has sent is thrown away unread.
pub(super) fn refused(error: &(dyn StdError + 'static), shows: bool) -> Option<String> {
    match find(error)? {
        Error::AlertReceived(alert) if is_about_certificates(*alert) => Some(of_alert(*alert, shows)),
        _ => None,
    }
}

/// What a listener's log says of a handshake that failed.
pub(super) fn of_server(cause: &io::Error) -> String {
    let cure = match find(cause) {
        Some(Error::NoCertificatesPresented) => {
            "; the client needs a certificate from the listener's `tls_client_ca`"
        }
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "; no authority of the listener's `tls_client_ca` has signed the client's certificate"
        }
        Some(Error::AlertReceived(AlertDescription::UnknownCA)) => {
            "; the client does not know the CA of this listener's certificate"
        }
        Some(Error::AlertReceived(AlertDescription::BadCertificate)) => {
            "; is the name that the client uses in this listener's certificate?"
        }
        Some(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered)) => "; the client is too old",
        _ => "",
    };
    format!("{cause}{cure}")
}

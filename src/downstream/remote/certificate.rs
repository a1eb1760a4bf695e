//! What is wrong with a server's certificate. What stands in it is the server's own text, and is not repeated.

use rustls::CertificateError;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Flaw {
    #[error("is of an authority that this machine does not trust")]
    Authority,
    #[error("is for another host")]
    Host,
    #[error("has run out")]
    Expired,
    #[error("is not valid yet")]
    Early,
    #[error("cannot be used")]
    Unusable,
}

impl Flaw {
    pub(super) fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::Authority,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::Host,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::Early,
            _ => Self::Unusable,
        }
    }

    pub fn hint(self) -> &'static str {
        match self {
            Self::Authority => {
                "if the authority is your own, add its certificate to those of the system, or to a file that `SSL_CERT_FILE` names for the gateway, and start the gateway anew; a server has to send its certificate with those between it and the authority"
            }
            Self::Host => {
                "write a host into `url` that the certificate is for, or give the server a certificate for this one"
            }
            Self::Expired | Self::Early => {
                "renew the server's certificate, and check the clock of this machine"
            }
            Self::Unusable => {
                "give the server a certificate that an authority has signed for servers: one that is its own authority is not taken"
            }
        }
    }
}

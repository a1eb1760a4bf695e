//! The listener's certificate and key, read at the start and whenever the operator asks for it.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{Error, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::{ListenFault, TlsFiles};
use crate::lock::Lock;

/// What connections are taken with. One that is there keeps what it began with.
pub struct Certificate {
    files: TlsFiles,
    acceptor: Lock<TlsAcceptor>,
}

impl Certificate {
    pub(super) fn read(files: &TlsFiles) -> Result<Self, ListenFault> {
        Ok(Self { files: files.clone(), acceptor: Lock::new(acceptor(files)?) })
    }

    /// Reads the files again; what cannot be used changes nothing.
    pub fn renew(&self) -> Result<(), ListenFault> {
        *self.acceptor.lock() = acceptor(&self.files)?;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.lock().clone()
    }
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ListenFault> {
    crate::web::install_crypto();
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(&files.certificate, &error, "certificate"))?;
    if chain.is_empty() {
        return Err(fault(&files.certificate, &Error::NoItemsFound, "certificate"));
    }
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| fault(&files.key, &error, "private key"))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.map_err(|error| ListenFault::Tls {
        file: files.key.display().to_string(),
        problem: format!("does not fit `{}`: {error}", files.certificate.display()),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn fault(file: &Path, error: &Error, wanted: &str) -> ListenFault {
    let problem = match error {
        Error::Io(error) => format!("cannot be read: {error}"),
        _ => format!("holds no {wanted} in PEM form"),
    };
    ListenFault::Tls { file: file.display().to_string(), problem }
}

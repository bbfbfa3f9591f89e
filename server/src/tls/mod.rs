//! The certificate of the server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aether_api::runtime::server::Tls;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The files of a certificate and its key.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate chain in PEM.
    pub certificate: PathBuf,
    /// The private key in PEM.
    pub key: PathBuf,
}

/// The certificate of a running server.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    files: CertificateFiles,
    tls: Tls,
}

impl Certificate {
    /// Loads the files.
    pub(crate) fn load(files: CertificateFiles) -> Result<Self, TlsError> {
        let tls = Tls::new(files.load()?);
        Ok(Self { files, tls })
    }

    /// Loads the files again, for new connections.
    ///
    /// # Errors
    /// Fails if the certificate cannot be used. The old one stays in use.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        self.tls.replace(self.files.load()?);
        Ok(())
    }

    pub(crate) fn tls(&self) -> Tls {
        self.tls.clone()
    }
}

/// The reason why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: {cause}", path = .path.display())]
    File { path: PathBuf, cause: pem::Error },
    #[error("{path}: the file contains no certificate", path = .0.display())]
    Empty(PathBuf),
    #[error("{certificate} and {key}: {cause}", certificate = .files.certificate.display(), key = .files.key.display())]
    Unusable { files: CertificateFiles, cause: rustls::Error },
}

impl CertificateFiles {
    /// Reads both files, and checks that they can be used and belong together.
    ///
    /// # Errors
    /// Fails if they cannot be read or used.
    pub fn load(&self) -> Result<ServerConfig, TlsError> {
        let file_error = |path: &Path| {
            let path = path.to_owned();
            move |cause| TlsError::File { path, cause }
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(file_error(&self.certificate))?;
        if chain.is_empty() {
            return Err(TlsError::Empty(self.certificate.clone()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(file_error(&self.key))?;
        let unusable = |cause| TlsError::Unusable { files: self.clone(), cause };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

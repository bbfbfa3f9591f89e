//! The certificate that HTTPS is served with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where the certificate and its key are.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What is wrong with a certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: {cause}", path = .path.display())]
    File { path: PathBuf, cause: pem::Error },
    #[error("{path}: there is no certificate in it", path = .0.display())]
    Empty(PathBuf),
    #[error("{certificate} and {key}: {cause}", certificate = .files.certificate.display(), key = .files.key.display())]
    Unfit { files: CertificateFiles, cause: rustls::Error },
}

impl CertificateFiles {
    /// Reads both, and checks that they can be served with and belong together.
    ///
    /// # Errors
    /// Where they cannot.
    pub fn load(&self) -> Result<ServerConfig, TlsError> {
        let wrong = |path: &Path| {
            let path = path.to_owned();
            move |cause| TlsError::File { path, cause }
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(wrong(&self.certificate))?;
        if chain.is_empty() {
            return Err(TlsError::Empty(self.certificate.clone()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(wrong(&self.key))?;
        let unfit = |cause| TlsError::Unfit { files: self.clone(), cause };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unfit)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

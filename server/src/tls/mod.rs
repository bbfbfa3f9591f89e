//! The certificate of the server.

mod validity;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aether_api::runtime::server::Tls;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Serve;
use crate::input;
use crate::timestamp::Timestamp;

pub(crate) use validity::{Phase, Validity};

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
    validity: Arc<Mutex<Validity>>,
}

/// The contents of the files.
#[derive(Debug)]
pub(crate) struct Loaded {
    config: ServerConfig,
    /// The validity of the chain.
    pub(crate) validity: Validity,
}

impl Certificate {
    /// Loads the files.
    pub(crate) fn load(files: CertificateFiles) -> Result<Self, TlsError> {
        let Loaded { config, validity } = files.load()?;
        Ok(Self { files, tls: Tls::new(config), validity: Arc::new(Mutex::new(validity)) })
    }

    /// Loads the files again, for new connections.
    ///
    /// # Errors
    /// Fails if the certificate cannot be used. The old one stays in use.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let Loaded { config, validity } = self.files.load()?;
        *self.lock() = validity;
        self.tls.replace(config);
        Ok(())
    }

    /// The validity of the chain in use.
    pub(crate) fn validity(&self) -> Validity {
        *self.lock()
    }

    /// The earliest end of the validity of a certificate of the chain in use.
    pub(crate) fn not_after(&self) -> Timestamp {
        self.validity().not_after
    }

    fn lock(&self) -> MutexGuard<'_, Validity> {
        self.validity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of the private key.
    pub(crate) fn key(&self) -> &Path {
        &self.files.key
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
    #[error("{path}: the dates of a certificate cannot be read", path = .0.display())]
    Dates(PathBuf),
    #[error("{certificate} and {key}: {cause}", certificate = .files.certificate.display(), key = .files.key.display())]
    Unusable { files: CertificateFiles, cause: rustls::Error },
}

impl CertificateFiles {
    /// The files of a configuration that has both.
    pub(crate) fn of(config: &Serve) -> Option<Self> {
        let (certificate, key) = config.tls_certificate.clone().zip(config.tls_key.clone())?;
        Some(Self { certificate, key })
    }

    /// Reads both files, and checks that they can be used and belong together.
    ///
    /// # Errors
    /// Fails if they cannot be read or used.
    pub(crate) fn load(&self) -> Result<Loaded, TlsError> {
        let file_error = |path: &Path| {
            let path = path.to_owned();
            move |cause| TlsError::File { path, cause }
        };
        let read = |path: &Path| input::read(path).map_err(pem::Error::Io).map_err(file_error(path));
        let chain = CertificateDer::pem_slice_iter(&read(&self.certificate)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(file_error(&self.certificate))?;
        if chain.is_empty() {
            return Err(TlsError::Empty(self.certificate.clone()));
        }
        let validity = Validity::of_chain(&chain).ok_or_else(|| TlsError::Dates(self.certificate.clone()))?;
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?).map_err(file_error(&self.key))?;
        let unusable = |cause| TlsError::Unusable { files: self.clone(), cause };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Loaded { config, validity })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// Writes a certificate that is valid until the first day of a year.
    fn write(files: &CertificateFiles, year: i32) -> Timestamp {
        let mut params = CertificateParams::new(["a.test".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        fs::write(&files.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        Timestamp::parse(&format!("{year}-01-01T00:00:00Z")).unwrap()
    }

    #[test]
    fn end_of_the_validity_is_that_of_the_certificate_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name| directory.path().join(name);
        let files = CertificateFiles { certificate: file("server.crt"), key: file("server.key") };
        let first = write(&files, 2040);
        let certificate = Certificate::load(files.clone()).unwrap();
        assert_eq!(certificate.not_after(), first);
        let second = write(&files, 2050);
        assert_eq!(certificate.not_after(), first, "before the reload");
        certificate.clone().reload().unwrap();
        assert_eq!(certificate.not_after(), second);
        fs::write(&files.key, "nonsense").unwrap();
        assert!(certificate.reload().is_err());
        assert_eq!(certificate.not_after(), second, "the old certificate stays in use");
    }
}

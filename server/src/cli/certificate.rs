//! The certificate of a running server: its reload, and the remarks on its validity in the log.

use std::fmt::Display;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::signal::unix::Signal;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use crate::exposure::exposure;
use crate::service_manager;
use crate::timestamp::Timestamp;
use crate::tls::{Certificate, Phase, Validity};

/// The time between two remarks on a certificate that ends or has ended.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Loads the certificate again at each signal, and remarks on its validity at the start, after each load and once a day.
pub(super) async fn watch(reload: Signal, certificate: Option<Certificate>) {
    match certificate {
        Some(certificate) => {
            remark(certificate.validity());
            tokio::join!(reload_at(reload, &certificate), remind(&certificate, DAY, remark));
        }
        None => without_certificate(reload).await,
    }
}

async fn without_certificate(mut signal: Signal) {
    while signal.recv().await.is_some() {
        service_manager::reloading();
        info!("the server has no certificate to reload");
        service_manager::ready();
    }
}

async fn reload_at(mut signal: Signal, certificate: &Certificate) {
    while signal.recv().await.is_some() {
        let loaded = certificate.clone();
        service_manager::reloading();
        let result = tokio::task::spawn_blocking(move || loaded.reload()).await;
        service_manager::ready();
        match result {
            Ok(Ok(())) => {
                info!(until = text(certificate.not_after()), "the certificate was reloaded");
                remark_on_problem(certificate, remark);
                // Another program wrote the files since the start.
                if let Some(exposure) = exposure(certificate.key()) {
                    warn!("{exposure}");
                }
            }
            Ok(Err(error)) => keep_old(&error),
            Err(error) => keep_old(&error),
        }
    }
}

fn keep_old(error: &dyn Display) {
    error!(%error, "the certificate could not be reloaded; the server keeps the old one");
    service_manager::status("serving; the certificate could not be reloaded");
}

/// Calls `tell` in each period in which the certificate ends soon or is not valid.
async fn remind(certificate: &Certificate, period: Duration, tell: impl Fn(Validity)) {
    let mut periods = interval(period);
    periods.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once.
    periods.tick().await;
    loop {
        periods.tick().await;
        remark_on_problem(certificate, &tell);
    }
}

fn remark_on_problem(certificate: &Certificate, tell: impl Fn(Validity)) {
    let validity = certificate.validity();
    if validity.phase(Timestamp::now()) != Phase::Valid {
        tell(validity);
    }
}

/// Logs the validity. A server with an invalid certificate serves all the same: clients that do not check it would lose it, too.
fn remark(validity: Validity) {
    let Validity { not_before, not_after } = validity;
    let (from, until) = (text(not_before), text(not_after));
    match validity.phase(Timestamp::now()) {
        Phase::Valid => info!(until, "the certificate is valid"),
        Phase::Ending => warn!(until, "the certificate ends soon; renew it, and send SIGHUP to load it"),
        Phase::Expired => {
            error!(until, "the certificate has expired, and clients refuse it; renew it, and send SIGHUP to load it");
        }
        Phase::Early => {
            error!(from, "the certificate is not valid yet, and clients refuse it; check the clock of this machine");
        }
    }
}

/// A time in RFC 3339.
pub(super) fn text(time: Timestamp) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;
    use crate::tls::CertificateFiles;

    fn until(year: i32) -> (tempfile::TempDir, Certificate) {
        let directory = tempfile::tempdir().unwrap();
        let file = |name| directory.path().join(name);
        let files = CertificateFiles { certificate: file("server.crt"), key: file("server.key") };
        let mut params = CertificateParams::new(["a.test".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        std::fs::write(&files.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        let certificate = Certificate::load(files).unwrap();
        (directory, certificate)
    }

    #[tokio::test]
    async fn expired_certificate_is_reported_in_each_period() {
        let ((_first, expired), (_second, valid)) = (until(2020), until(2999));
        let (told, mut is_told) = tokio::sync::mpsc::unbounded_channel();
        let tell = |validity: Validity| told.send(validity).unwrap();
        let three = async {
            for _ in 0..3 {
                assert_eq!(is_told.recv().await, Some(expired.validity()));
            }
        };
        tokio::select! {
            biased;
            () = remind(&valid, Duration::from_millis(1), tell) => {}
            () = remind(&expired, Duration::from_millis(1), tell) => {}
            () = three => {}
        }
    }
}

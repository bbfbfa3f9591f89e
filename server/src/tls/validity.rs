//! The dates between which the certificates of a chain are valid.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::{Validity as Dates, X509CertificateParser};
use x509_parser::nom::Parser;

use crate::timestamp::Timestamp;

/// The time before the end of the validity in which warnings are logged, in seconds.
const NOTICE: i64 = 14 * 24 * 60 * 60;

/// The time in which every certificate of a chain is valid. Both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    /// The latest beginning.
    pub(crate) not_before: Timestamp,
    /// The earliest end.
    pub(crate) not_after: Timestamp,
}

/// The relation of a time to a validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the beginning.
    Early,
    /// Within the validity, and not near its end.
    Valid,
    /// In the last 14 days.
    Ending,
    /// After the end.
    Expired,
}

impl Validity {
    /// Reads the dates of a chain. Returns `None` if a certificate cannot be read, or there is none.
    pub(super) fn of_chain(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let each = chain.iter().map(|certificate| dates(certificate)).collect::<Option<Vec<_>>>()?;
        Some(Self {
            not_before: each.iter().map(|it| it.not_before).max()?,
            not_after: each.iter().map(|it| it.not_after).min()?,
        })
    }

    /// The phase at a time.
    pub(crate) fn phase(&self, now: Timestamp) -> Phase {
        if now > self.not_after {
            Phase::Expired
        } else if now < self.not_before {
            Phase::Early
        } else if now.plus_seconds(NOTICE) > self.not_after {
            Phase::Ending
        } else {
            Phase::Valid
        }
    }
}

fn dates(certificate: &[u8]) -> Option<Validity> {
    // An extension that it does not know is no obstacle to the dates.
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    let (_, certificate) = parser.parse(certificate).ok()?;
    let Dates { not_before, not_after } = certificate.validity();
    let time = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
    Some(Validity { not_before: time(not_before.timestamp()), not_after: time(not_after.timestamp()) })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: i32, to: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["a.test".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn chain_is_valid_while_every_certificate_is() {
        let chain = [certificate(2010, 2030), certificate(2020, 2060), certificate(2000, 2050)];
        let validity = Validity::of_chain(&chain).unwrap();
        assert_eq!(validity.not_before, at("2020-01-01T00:00:00Z"));
        assert_eq!(validity.not_after, at("2030-01-01T00:00:00Z"));
        assert_eq!(Validity::of_chain(&[]), None);
        assert_eq!(Validity::of_chain(&[certificate(2020, 2030), vec![0].into()]), None);
    }

    #[test]
    fn phases_follow_each_other() {
        let validity = Validity { not_before: at("2020-01-01T00:00:00Z"), not_after: at("2030-01-01T00:00:00Z") };
        for (time, phase) in [
            ("2019-12-31T23:59:59Z", Phase::Early),
            ("2020-01-01T00:00:00Z", Phase::Valid),
            ("2029-12-18T00:00:00Z", Phase::Valid),
            ("2029-12-18T00:00:01Z", Phase::Ending),
            ("2030-01-01T00:00:00Z", Phase::Ending),
            ("2030-01-01T00:00:01Z", Phase::Expired),
        ] {
            assert_eq!(validity.phase(at(time)), phase, "{time}");
        }
    }
}

//! Sealing an answer so that only who asked for it can have it opened.
//!
//! The key comes from the caller's own bearer token, of which the database has no more than a hash, and from the
//! idempotency key: HKDF-SHA-256 with a salt of its own for each answer. So each key is used once, and the nonce of
//! ChaCha20-Poly1305 can come out of the same derivation.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use rand::TryRng;
use secrecy::zeroize::Zeroizing;
use uuid::Uuid;

use super::{Fingerprint, Key};
use crate::tokens::PlainToken;

const SALT_LENGTH: usize = 32;
const KEY_LENGTH: usize = 32;

/// What the derived bytes are for. Another use has to have another name.
const PURPOSE: &[u8] = b"aether sealed answer v1";

/// A sealed answer. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub salt: [u8; SALT_LENGTH],
    pub ciphertext: Vec<u8>,
}

/// Why an answer was not sealed, or not opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the operating system gives no random numbers: {0}")]
    Random(String),
    #[error("the answer cannot be sealed or opened")]
    Unspecified,
}

impl From<Unspecified> for SealError {
    fn from(_: Unspecified) -> Self {
        Self::Unspecified
    }
}

/// Seals `answer`, the answer of `request` to the caller with the id `caller` and the token `bearer`.
///
/// # Errors
/// Where there is no randomness.
pub fn seal<R: TryRng>(
    (caller, bearer): (Uuid, &PlainToken),
    (key, request): (&Key, Fingerprint),
    mut answer: Vec<u8>,
    random: &mut R,
) -> Result<Sealed, SealError> {
    let mut salt = [0; SALT_LENGTH];
    random.try_fill_bytes(&mut salt).map_err(|error| SealError::Random(error.to_string()))?;
    let (cipher, nonce) = derive(bearer, key, &salt)?;
    // In place: the plain text is gone when this returns.
    cipher.seal_in_place_append_tag(nonce, context(caller, request), &mut answer)?;
    Ok(Sealed { salt, ciphertext: answer })
}

/// Opens an answer that was sealed for the same caller, token, key and request.
///
/// # Errors
/// Where any of them is another, or the sealed answer was changed.
pub fn open(
    (caller, bearer): (Uuid, &PlainToken),
    (key, request): (&Key, Fingerprint),
    sealed: Sealed,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (cipher, nonce) = derive(bearer, key, &sealed.salt)?;
    let mut answer = Zeroizing::new(sealed.ciphertext);
    let length = cipher.open_in_place(nonce, context(caller, request), &mut answer)?.len();
    answer.truncate(length);
    Ok(answer)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(bearer: &PlainToken, key: &Key, salt: &[u8]) -> Result<(LessSafeKey, Nonce), Unspecified> {
    let secret = Salt::new(HKDF_SHA256, salt).extract(bearer.expose().as_bytes());
    let mut bytes = [0; KEY_LENGTH + NONCE_LEN];
    secret.expand(&[PURPOSE, key.expose().as_bytes()], Length(bytes.len()))?.fill(&mut bytes)?;
    let (key, nonce) = bytes.split_at(KEY_LENGTH);
    Ok((LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key)?), Nonce::try_assume_unique_for_key(nonce)?))
}

/// What the answer belongs to: a row that was moved to another caller or request does not open.
fn context(caller: Uuid, request: Fingerprint) -> Aad<[u8; 48]> {
    let mut bytes = [0; 48];
    bytes[..16].copy_from_slice(caller.as_bytes());
    bytes[16..].copy_from_slice(request.as_bytes());
    Aad::from(bytes)
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_who_asked_for_the_same_gets_the_answer() {
        let (bearer, other) = (PlainToken::generate(&mut SysRng).unwrap(), PlainToken::generate(&mut SysRng).unwrap());
        let (key, request) = (Key::new("k"), Fingerprint::of(&json!({"name": "a"})));
        let caller = Uuid::from_u128(1);
        let sealed = seal((caller, &bearer), (&key, request), b"the secret".to_vec(), &mut SysRng).unwrap();
        assert!(!sealed.ciphertext.windows(6).any(|window| window == b"secret"));
        let again = seal((caller, &bearer), (&key, request), b"the secret".to_vec(), &mut SysRng).unwrap();
        assert_ne!(sealed.ciphertext, again.ciphertext, "each has a salt of its own");
        assert_eq!(open((caller, &bearer), (&key, request), sealed.clone()).unwrap().as_slice(), b"the secret");
        let (another, changed) = (Key::new("l"), Fingerprint::of(&json!({"name": "b"})));
        assert!(open((caller, &other), (&key, request), sealed.clone()).is_err());
        assert!(open((Uuid::nil(), &bearer), (&key, request), sealed.clone()).is_err());
        assert!(open((caller, &bearer), (&another, request), sealed.clone()).is_err());
        assert!(open((caller, &bearer), (&key, changed), sealed.clone()).is_err());
        for index in 0..sealed.ciphertext.len() {
            let mut bad = sealed.clone();
            bad.ciphertext[index] ^= 1;
            assert!(open((caller, &bearer), (&key, request), bad).is_err());
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        assert!(!format!("{:?}", Key::new("hunter2")).contains("hunter2"));
    }
}

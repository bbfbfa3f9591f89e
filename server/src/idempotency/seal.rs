//! Sealed responses: encrypted, so that only the caller's token and key open them.
//!
//! The encryption key is derived from the caller's token, whose hash alone is in the database, and from the idempotency key, by HKDF-SHA-256
//! with a random salt for each response. Each encryption key is used once, so the nonce of ChaCha20-Poly1305 comes from the same
//! derivation.

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

/// The purpose of the derived bytes. Another use needs another name.
const PURPOSE: &[u8] = b"aether sealed answer v1";

/// A sealed response. It is not secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The salt of the key derivation.
    pub salt: [u8; SALT_LENGTH],
    /// The encrypted response with its tag.
    pub ciphertext: Vec<u8>,
}

/// The reason why a response was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The random number generator failed.
    #[error("the random number generator of the operating system failed: {0}")]
    Random(String),
    /// The response cannot be serialized.
    #[error("the response cannot be serialized: {0}")]
    Serialize(#[from] serde_json::Error),
    /// The cipher failed.
    #[error("the stored response cannot be sealed or opened")]
    Unspecified,
}

impl From<Unspecified> for SealError {
    fn from(_: Unspecified) -> Self {
        Self::Unspecified
    }
}

/// Seals the response to `request` of the caller with the id `caller` and the raw `token`.
///
/// # Errors
/// Fails if the random number generator fails.
pub fn seal<R: TryRng>(
    (caller, token): (Uuid, &PlainToken),
    (key, request): (&Key, Fingerprint),
    mut response: Vec<u8>,
    random: &mut R,
) -> Result<Sealed, SealError> {
    let mut salt = [0; SALT_LENGTH];
    random.try_fill_bytes(&mut salt).map_err(|error| SealError::Random(error.to_string()))?;
    let (cipher, nonce) = derive(token, key, &salt)?;
    // In place, so the plain text is gone when this returns.
    cipher.seal_in_place_append_tag(nonce, context(caller, request), &mut response)?;
    Ok(Sealed { salt, ciphertext: response })
}

/// Opens a response that was sealed for the same caller, token, key and request.
///
/// # Errors
/// Fails if one of them differs, or the sealed response was altered.
pub fn open(
    (caller, token): (Uuid, &PlainToken),
    (key, request): (&Key, Fingerprint),
    sealed: Sealed,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (cipher, nonce) = derive(token, key, &sealed.salt)?;
    let mut response = Zeroizing::new(sealed.ciphertext);
    let length = cipher.open_in_place(nonce, context(caller, request), &mut response)?.len();
    response.truncate(length);
    Ok(response)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(token: &PlainToken, key: &Key, salt: &[u8]) -> Result<(LessSafeKey, Nonce), Unspecified> {
    let secret = Salt::new(HKDF_SHA256, salt).extract(token.expose().as_bytes());
    let mut bytes = [0; KEY_LENGTH + NONCE_LEN];
    secret.expand(&[PURPOSE, key.expose().as_bytes()], Length(bytes.len()))?.fill(&mut bytes)?;
    let (key, nonce) = bytes.split_at(KEY_LENGTH);
    Ok((LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key)?), Nonce::try_assume_unique_for_key(nonce)?))
}

/// The caller and the request. A row that is moved to another caller or request does not open.
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
    fn sealed_response_opens_for_its_caller_key_and_request_only() {
        let (token, other) = (PlainToken::generate(&mut SysRng).unwrap(), PlainToken::generate(&mut SysRng).unwrap());
        let (key, request) = (Key::new("k"), Fingerprint::of(&json!({"name": "a"})));
        let caller = Uuid::from_u128(1);
        let sealed = seal((caller, &token), (&key, request), b"the secret".to_vec(), &mut SysRng).unwrap();
        assert!(!sealed.ciphertext.windows(6).any(|window| window == b"secret"));
        let again = seal((caller, &token), (&key, request), b"the secret".to_vec(), &mut SysRng).unwrap();
        assert_ne!(sealed.ciphertext, again.ciphertext, "each has its own salt");
        assert_eq!(open((caller, &token), (&key, request), sealed.clone()).unwrap().as_slice(), b"the secret");
        let (another, changed) = (Key::new("l"), Fingerprint::of(&json!({"name": "b"})));
        assert!(open((caller, &other), (&key, request), sealed.clone()).is_err());
        assert!(open((Uuid::nil(), &token), (&key, request), sealed.clone()).is_err());
        assert!(open((caller, &token), (&another, request), sealed.clone()).is_err());
        assert!(open((caller, &token), (&key, changed), sealed.clone()).is_err());
        for index in 0..sealed.ciphertext.len() {
            let mut bad = sealed.clone();
            bad.ciphertext[index] ^= 1;
            assert!(open((caller, &token), (&key, request), bad).is_err());
        }
    }

    #[test]
    fn debug_output_has_no_key() {
        assert!(!format!("{:?}", Key::new("hunter2")).contains("hunter2"));
    }
}

//! The memory form of a cached token: one allocation of 100 to 200 bytes, a third of a record's.

use uuid::Uuid;

use crate::timestamp::Timestamp;
use crate::tokens::{Scopes, TokenRecord};

/// A token in memory.
#[derive(Debug, Clone)]
pub(super) struct PackedToken(Box<[u8]>);

/// The writer of the fields. A field that can be absent begins with a byte that tells it.
struct Fields(Vec<u8>);

/// The reader of the fields, in the order of their writing.
struct Reader<'b>(&'b [u8]);

impl PackedToken {
    /// Packs a record. One with a longer text than 64 KiB cannot be packed.
    pub(super) fn of(record: &TokenRecord) -> Option<Self> {
        let mut fields = Fields(Vec::with_capacity(256));
        fields.bytes(record.id.as_bytes());
        fields.bytes(record.organization_id.as_bytes());
        fields.text(&record.name)?;
        fields.text(&record.prefix)?;
        fields.text(&record.scopes.to_string())?;
        fields.time(record.created_at);
        fields.optional(record.expires_at, Fields::time);
        fields.optional(record.revoked_at, Fields::time);
        fields.optional(record.last_used_at, Fields::time);
        fields.optional(record.expired_seen_at, Fields::time);
        fields.optional(record.created_by, |fields, id| fields.bytes(id.as_bytes()));
        fields.optional(record.rotated_to, |fields, id| fields.bytes(id.as_bytes()));
        fields.bytes(&[u8::from(record.tree_revoked)]);
        Some(Self(fields.0.into()))
    }

    /// The record.
    pub(super) fn unpack(&self) -> Option<TokenRecord> {
        let mut fields = Reader(&self.0);
        Some(TokenRecord {
            id: fields.id()?,
            organization_id: fields.id()?,
            name: fields.text()?.to_owned(),
            prefix: fields.text()?.to_owned(),
            scopes: Scopes::parse(fields.text()?)?,
            created_at: fields.time()?,
            expires_at: fields.optional(Reader::time)?,
            revoked_at: fields.optional(Reader::time)?,
            last_used_at: fields.optional(Reader::time)?,
            expired_seen_at: fields.optional(Reader::time)?,
            created_by: fields.optional(Reader::id)?,
            rotated_to: fields.optional(Reader::id)?,
            tree_revoked: fields.array::<1>()? != [0],
        })
    }

    /// The size in bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Fields {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) -> Option<()> {
        self.bytes(&u16::try_from(text.len()).ok()?.to_le_bytes());
        self.bytes(text.as_bytes());
        Some(())
    }

    fn time(&mut self, time: Timestamp) {
        self.bytes(&time.as_millis().to_le_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bytes(&[u8::from(value.is_some())]);
        if let Some(value) = value {
            write(self, value);
        }
    }
}

impl<'b> Reader<'b> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn text(&mut self) -> Option<&'b str> {
        let length = u16::from_le_bytes(self.array()?);
        let (text, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        str::from_utf8(text).ok()
    }

    fn id(&mut self) -> Option<Uuid> {
        self.array().map(Uuid::from_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.array().map(i64::from_le_bytes).map(Timestamp::from_millis)
    }

    #[expect(clippy::option_option, reason = "the outer one is a failure")]
    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.array()? == [0] { Some(None) } else { read(self).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::testing::record;

    #[test]
    fn unpacked_record_is_the_packed_one() {
        let time = |millis| Some(Timestamp::from_millis(millis));
        let plain = record("a b:* c", None);
        let full = TokenRecord {
            name: "ä".repeat(200),
            expires_at: time(1),
            revoked_at: time(i64::MAX),
            last_used_at: time(-1),
            expired_seen_at: time(2),
            created_by: Some(Uuid::from_u128(3)),
            rotated_to: Some(Uuid::from_u128(4)),
            tree_revoked: true,
            ..record("", None)
        };
        for record in [plain, full] {
            let packed = PackedToken::of(&record).unwrap();
            assert_eq!(format!("{:?}", packed.unpack().unwrap()), format!("{record:?}"));
        }
        assert!(PackedToken::of(&TokenRecord { name: "x".repeat(1 << 16), ..record("", None) }).is_none());
    }
}

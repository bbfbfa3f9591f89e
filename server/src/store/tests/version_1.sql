-- A database as version 1 left it, with one organization and its owner token.
CREATE TABLE organizations (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Times are milliseconds since 1970, ids are UUIDs. Of a secret there is its SHA-256 and nothing else.
CREATE TABLE api_tokens (
    org_id           BLOB NOT NULL REFERENCES organizations (id),
    id               BLOB NOT NULL CHECK (length(id) = 16),
    name             TEXT NOT NULL,
    prefix           TEXT NOT NULL,
    hash             BLOB NOT NULL CHECK (length(hash) = 32),
    scopes           TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER,
    revoked_at       INTEGER,
    last_used_at     INTEGER,
    expired_seen_at  INTEGER,
    created_by       BLOB,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (hash);
CREATE INDEX api_tokens_created_by ON api_tokens (org_id, created_by);

INSERT INTO organizations (id, name, created_at)
VALUES (X'01939f3e7c1a7b529c0e3f6f2c9f1a00', 'acme', 1700000000000);
INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at)
VALUES (X'01939f3e7c1a7b529c0e3f6f2c9f1a00', X'01939f3e7c1a7b529c0e3f6f2c9f1a01', 'owner', 'aether_00000000',
        zeroblob(32), '*', 1700000000000);
PRAGMA application_id = 1095062600;
PRAGMA user_version = 1;

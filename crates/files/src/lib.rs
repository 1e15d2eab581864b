//! Uploads and produced files: bytes in an object store (a folder, later S3), facts in `stored_file`. Names stay in the
//! database; the store knows ids only.

pub mod picture;

use base::{FileId, Result};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path};
use sqlx::PgConnection;
use std::sync::Arc;
use uuid::Uuid;

/// Where the bytes lie.
#[derive(Clone, Debug)]
pub struct Store(Arc<dyn ObjectStore>);

/// A stored file's facts.
#[derive(Clone, Debug)]
pub struct StoredFile {
    /// Who may fetch it: a person or an organisation.
    pub owner: Uuid,
    /// Name to save it under.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Until when it can be fetched.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Store {
    /// A folder on this machine, made if missing.
    pub fn folder(folder: &std::path::Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self(Arc::new(LocalFileSystem::new_with_prefix(folder)?)))
    }

    /// Keeps bytes under a new id. Write the row that mentions the id afterwards: bytes without a row are harmless.
    pub async fn put(&self, file: FileId, bytes: Bytes) -> Result<()> {
        self.0
            .put(&key(file), PutPayload::from_bytes(bytes))
            .await
            .map_err(anyhow::Error::from)?;
        Ok(())
    }

    /// The bytes.
    pub async fn get(&self, file: FileId) -> Result<Bytes> {
        let found = self.0.get(&key(file)).await.map_err(anyhow::Error::from)?;
        Ok(found.bytes().await.map_err(anyhow::Error::from)?)
    }

    /// Removes the bytes; gone already is gone.
    pub async fn delete(&self, file: FileId) -> Result<()> {
        match self.0.delete(&key(file)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(other) => Err(anyhow::Error::from(other).into()),
        }
    }
}

fn key(file: FileId) -> Path {
    Path::from(file.to_string())
}

/// Writes a file's row.
pub async fn register(
    conn: &mut PgConnection,
    file: FileId,
    facts: &StoredFile,
    purpose: &str,
    size: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into stored_file (file_id, owner_id, purpose, name, content_type, size, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        file.0,
        facts.owner,
        purpose,
        facts.name,
        facts.content_type,
        size as i64,
        now,
        facts.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Purposes of files somebody produced to take away.
const EXPORTS: [&str; 3] = ["codes", "people.export", "export"];

fn exports() -> Vec<String> {
    EXPORTS.map(str::to_owned).to_vec()
}

/// How many produced files an owner can still download.
pub async fn owned(conn: &mut PgConnection, owner: Uuid, now: DateTime<Utc>) -> Result<usize> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "n!" from stored_file
           where owner_id = $1 and purpose = any($2) and (expires_at is null or expires_at > $3)"#,
        owner,
        &exports(),
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Takes them away from an owner: they expire now.
pub async fn expire(conn: &mut PgConnection, owner: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update stored_file set expires_at = $3
         where owner_id = $1 and purpose = any($2) and (expires_at is null or expires_at > $3)",
        owner,
        &exports(),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a file of this purpose holds is shown once: initial passwords (ACC-29).
pub const ONCE: &str = "credentials";

/// Ends a file that may be taken once, soon after somebody has begun to take it; answers whether it is one.
pub async fn take(conn: &mut PgConnection, file: FileId, until: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "update stored_file set expires_at = $2 where file_id = $1 and purpose = $3 and expires_at > $2",
        file.0,
        until,
        ONCE
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A file's row, if it has not expired.
pub async fn find(
    conn: &mut PgConnection,
    file: FileId,
    now: DateTime<Utc>,
) -> Result<Option<StoredFile>> {
    Ok(sqlx::query_as!(
        StoredFile,
        "select owner_id as owner, name, content_type, expires_at from stored_file
         where file_id = $1 and (expires_at is null or expires_at > $2)",
        file.0,
        now
    )
    .fetch_optional(conn)
    .await?)
}

//! Pictures that show a person: cleaned, sealed, kept apart from the database, removed when their time is over (SEC-32).

use crate::store;
use base::{FileId, Result};
use bytes::Bytes;
use db::{Db, Keyring, Tx};
use files::{Store, picture::Bounds};
use uuid::Uuid;

/// Field pictures are sealed as.
const FIELD: &str = "picture";

/// Keeps an uploaded picture. Its row comes with the transaction; bytes without a row are sealed and harmless.
pub(crate) async fn keep(
    tx: &mut Tx,
    files: &Store,
    owner: Uuid,
    purpose: &str,
    bytes: Bytes,
    bounds: Bounds,
) -> Result<Uuid> {
    let clean = files::picture::clean(bytes, bounds).await?;
    let id: Uuid = tx.new_id();
    let sealed = tx.keys().seal_bytes(tx.random(), FIELD, id, &clean);
    files.put(FileId(id), Bytes::from(sealed)).await?;
    store::picture::insert(tx, owner, id, purpose).await?;
    Ok(id)
}

/// The picture, as a JPEG.
pub(crate) async fn open(files: &Store, keys: &Keyring, id: Uuid) -> Result<Vec<u8>> {
    let sealed = files.get(FileId(id)).await?;
    Ok(keys.open_bytes(FIELD, id, &sealed)?)
}

/// Removes the pictures whose time is over (ACC-54). Bytes first: a row without bytes is found again the next night.
pub(crate) async fn sweep(db: &Db, files: &Store) -> Result<u64> {
    let mut gone = 0;
    loop {
        let mut reader = db.read().await?;
        let now = reader.now();
        let due = store::picture::due(&mut reader, now).await?;
        drop(reader);
        if due.is_empty() {
            return Ok(gone);
        }
        for (owner, picture) in due {
            files.delete(FileId(picture)).await?;
            let mut tx = db.begin(access::Actor::system("accounts.sweep")).await?;
            store::picture::delete(&mut tx, owner, picture).await?;
            tx.commit_housekeeping().await?;
            gone += 1;
        }
    }
}

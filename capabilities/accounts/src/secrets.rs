//! Password hashing (SEC-03): Argon2id, 19 MiB, 2 passes, peppered from the key store; queued, so that a rush of
//! sign-ins cannot take all memory and processors (01-accounts section 8).

use anyhow::anyhow;
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use base::{Random, Result};
use db::Keyring;
use tokio::sync::Semaphore;

mod breached;
mod strangers;

pub use breached::Breached;
pub(crate) use strangers::crowded;

const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes computed at a time for people the program knows.
static QUEUE: Semaphore = Semaphore::const_new(4);

/// Who waits for a computation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lane {
    /// Somebody signed in, or in a browser used before.
    Known,
    /// Anybody else: guessing takes only what nobody needs (01-accounts section 8, SEC-04).
    Stranger,
}

fn hasher(pepper: &[u8]) -> anyhow::Result<Argon2<'_>> {
    let params = Params::new(MEMORY, PASSES, 1, None).map_err(|e| anyhow!("argon2: {e}"))?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|e| anyhow!("argon2: {e}"))
}

#[cfg(test)]
thread_local! {
    static COMPUTED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// Computations asked for on this thread, which is one test's: nobody's sign-in is cheaper (SEC-04).
#[cfg(test)]
pub(crate) fn computed() -> u32 {
    COMPUTED.get()
}

/// Runs the work in the lane of whoever asks.
async fn queued<T: Send + 'static>(
    lane: Lane,
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T> {
    #[cfg(test)]
    COMPUTED.set(COMPUTED.get() + 1);
    let done = match lane {
        Lane::Known => {
            let _turn = QUEUE.acquire().await.map_err(anyhow::Error::from)?;
            tokio::task::spawn_blocking(work).await
        }
        Lane::Stranger => return Ok(strangers::run(work).await??),
    };
    Ok(done.map_err(anyhow::Error::from)??)
}

/// The hash to keep of a password.
pub async fn hash(keys: &Keyring, random: &Random, password: &str) -> Result<String> {
    let (pepper, salt, password) = (
        keys.derive("password"),
        random.bytes::<16>(),
        password.to_owned(),
    );
    queued(Lane::Known, move || {
        let hash = hasher(&pepper)?.hash_password_with_salt(password.as_bytes(), &salt);
        Ok(hash.map_err(|e| anyhow!("argon2: {e}"))?.to_string())
    })
    .await
}

/// Whether the password belongs to the hash. Without a hash the same work is done for nothing, so that the time taken
/// does not tell whether there is an account (ACC-02).
pub(crate) async fn verify(
    keys: &Keyring,
    password: &str,
    hash: Option<String>,
    lane: Lane,
) -> Result<bool> {
    let (pepper, password) = (keys.derive("password"), password.to_owned());
    queued(lane, move || {
        let hasher = hasher(&pepper)?;
        let Some(hash) = hash else {
            let spent = hasher.hash_password_with_salt(password.as_bytes(), &[7; 16]);
            spent.map_err(|e| anyhow!("argon2: {e}"))?;
            return Ok(false);
        };
        let parsed = PasswordHash::new(&hash).map_err(|e| anyhow!("stored hash: {e}"))?;
        Ok(hasher.verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
}

/// Whether a hash was made with weaker numbers than today's and is to be made again (SEC-03).
pub fn is_weak(hash: &str) -> bool {
    !hash.starts_with(&format!("$argon2id$v=19$m={MEMORY},t={PASSES},p=1$"))
}

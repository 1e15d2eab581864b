//! The lane of strangers: threads of low priority, half as many as processors, and a short queue. However many guess,
//! pages of others keep the processors, and people known to the program do not stand in this line.

use anyhow::anyhow;
use std::{
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};
use tokio::sync::oneshot;

/// Who may wait; the next is told to come back.
const WAITING: usize = 48;
/// Below what serves pages, above nothing.
const NICE: i32 = 15;

type Work = Box<dyn FnOnce() + Send>;

static LINE: AtomicUsize = AtomicUsize::new(0);

static POOL: LazyLock<Mutex<mpsc::Sender<Work>>> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::channel::<Work>();
    let receiver = std::sync::Arc::new(Mutex::new(receiver));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    for n in 0..(processors / 2).max(1) {
        let receiver = receiver.clone();
        let named = thread::Builder::new().name(format!("stranger-{n}"));
        let started = named.spawn(move || {
            // Of this thread only; where it is not allowed the lane is narrow all the same.
            let _ = rustix::process::setpriority_process(None, NICE);
            loop {
                let next = receiver
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .recv();
                let Ok(work) = next else { return };
                work();
                LINE.fetch_sub(1, Ordering::Relaxed);
            }
        });
        if let Err(cause) = started {
            tracing::error!(%cause, "no thread for strangers' sign-ins");
        }
    }
    Mutex::new(sender)
});

/// Whether another stranger would wait too long.
pub(crate) fn crowded() -> bool {
    LINE.load(Ordering::Relaxed) >= WAITING
}

/// Runs the work in its turn.
pub(super) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let (answer, answered) = oneshot::channel();
    let work: Work = Box::new(move || {
        // Whoever asked may have gone.
        let _ = answer.send(work());
    });
    LINE.fetch_add(1, Ordering::Relaxed);
    let sent = POOL
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send(work);
    if sent.is_err() {
        LINE.fetch_sub(1, Ordering::Relaxed);
        return Err(anyhow!("strangers' sign-ins: no thread"));
    }
    answered
        .await
        .map_err(|_| anyhow!("strangers' sign-ins: a computation failed"))
}

//! Group commit: one thread flushes a file again and again for as long as anyone waits.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::watch;

/// Flushes one file. Dropped, it finishes what was asked and ends.
#[derive(Debug)]
pub(super) struct Flusher {
    asked: Arc<Asked>,
    flushed: watch::Receiver<Flushed>,
}

#[derive(Debug, Default)]
struct Asked {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    through: u64,
    stopped: bool,
}

#[derive(Debug, Clone, Copy)]
enum Flushed {
    Through(u64),
    /// What the operating system forgets after a failed flush is unknown, so this is final.
    Failed,
}

/// The promise that everything up to one byte of the file is on disk.
#[derive(Debug)]
pub(super) struct Flush {
    through: u64,
    flushed: watch::Receiver<Flushed>,
}

impl Flusher {
    pub(super) fn start(file: &Arc<File>) -> io::Result<Self> {
        let asked = Arc::new(Asked::default());
        let (sender, flushed) = watch::channel(Flushed::Through(0));
        let (file, waiting) = (Arc::clone(file), Arc::clone(&asked));
        std::thread::Builder::new()
            .name("journal-flush".into())
            .spawn(move || flush_until_stopped(&file, &waiting, &sender))?;
        Ok(Self { asked, flushed })
    }

    /// Has everything up to this byte flushed, at once or right after the flush that is under way.
    pub(super) fn ask(&self, through: u64) -> Flush {
        self.asked.change(|state| state.through = through);
        Flush { through, flushed: self.flushed.clone() }
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(*self.flushed.borrow(), Flushed::Failed)
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.asked.change(|state| state.stopped = true);
    }
}

impl Asked {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Waits until more than `flushed` is asked for; nothing when that never comes.
    fn beyond(&self, flushed: u64) -> Option<u64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |state: &mut State| state.through <= flushed && !state.stopped;
        let state = self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        (state.through > flushed).then_some(state.through)
    }
}

fn flush_until_stopped(file: &File, asked: &Asked, sender: &watch::Sender<Flushed>) {
    let mut flushed = 0;
    while let Some(through) = asked.beyond(flushed) {
        if file.sync_data().is_err() {
            sender.send_replace(Flushed::Failed);
            return;
        }
        flushed = through;
        sender.send_replace(Flushed::Through(through));
    }
}

impl Flush {
    pub(super) async fn done(mut self) -> io::Result<()> {
        let settled = |flushed: &Flushed| match flushed {
            Flushed::Through(through) => *through >= self.through,
            Flushed::Failed => true,
        };
        match self.flushed.wait_for(settled).await.as_deref() {
            Ok(Flushed::Through(_)) => Ok(()),
            Ok(Flushed::Failed) | Err(_) => Err(io::Error::other("the flush to disk failed")),
        }
    }
}

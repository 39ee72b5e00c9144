//! Effects that outlive the process, so that they can be counted when it is dead.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use matchbus::prelude::*;
use matchbus_tests::faults::{Add, Deposit, Once, Put};

pub(crate) struct Store {
    directory: Option<PathBuf>,
    next: AtomicU64,
    log: Mutex<Option<File>>,
}

impl Store {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Store { directory, next: AtomicU64::new(0), log: Mutex::new(None) }
    }

    fn directory(&self) -> io::Result<&PathBuf> {
        self.directory.as_ref().ok_or_else(|| io::Error::other("FAULTS_DIR is not set"))
    }

    /// A symbolic link that is named for the key and points to what made it: the system makes it in one step or not at all,
    /// and only one for each name. Whoever comes second finds it.
    fn put(&self, key: &str) -> io::Result<String> {
        let path = self.directory()?.join("effects").join(key);
        let made = format!("{}-{}", std::process::id(), self.next.fetch_add(1, Ordering::Relaxed));
        match std::os::unix::fs::symlink(&made, &path) {
            Ok(()) => Ok(made),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                Ok(std::fs::read_link(path)?.to_string_lossy().into_owned())
            }
            Err(cause) => Err(cause),
        }
    }

    /// A row for the idempotency key; a repeat finds it, and writes that down.
    fn deposit(&self, idempotency_key: &str, what: &str) -> io::Result<String> {
        let made = format!("{what} {} {}", std::process::id(), self.next.fetch_add(1, Ordering::Relaxed));
        let ledger = Ledger(self.directory()?.join("ledger"));
        let (made, found) = ledger.transact(idempotency_key, &made)?;
        if found {
            self.add("found")?;
        }
        Ok(made)
    }

    /// A line for each effect: a second one for the same key would be seen.
    fn add(&self, key: &str) -> io::Result<String> {
        let made = format!("{key} {} {}\n", std::process::id(), self.next.fetch_add(1, Ordering::Relaxed));
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *log {
            Some(file) => file,
            none => {
                let path = self.directory()?.join("log").join(std::process::id().to_string());
                none.insert(OpenOptions::new().append(true).create_new(true).open(path)?)
            }
        };
        file.write_all(made.as_bytes())?;
        Ok(made)
    }
}

/// What a data base is to services that share it: rows that are there whoever dies, and one writer at a time for a key. Rows lie
/// in many files by their key, as an index has them: were they in one, each new process would first read all that was ever
/// written, and while it held the lock no other would get on.
struct Ledger(PathBuf);

impl Ledger {
    const PAGES: u64 = 256;

    /// A row for the key, unless there is one, and whether there was: in one transaction over all processes. The row is both the
    /// effect and what is remembered of it, and it is one write.
    fn transact(&self, key: &str, made: &str) -> io::Result<(String, bool)> {
        // All processes are one program, which hashes a key to one number.
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let page = self.0.join((hasher.finish() % Self::PAGES).to_string());
        let mut page = OpenOptions::new().read(true).append(true).create(true).open(page)?;
        // Given back when the file is closed, also by a process that is killed.
        page.lock()?;
        let mut rows = String::new();
        page.read_to_string(&mut rows)?;
        let mut rows = rows.lines().filter_map(|row| row.split_once(' '));
        if let Some((_, made)) = rows.find(|row| row.0 == key) {
            return Ok((made.to_owned(), true));
        }
        page.write_all(format!("{key} {made}\n").as_bytes())?;
        Ok((made.to_owned(), false))
    }
}

fn failed(cause: &io::Error) -> matchbus::Error {
    matchbus::Error::refused(format!("the effect cannot be stored: {cause}"))
}

#[service(fault = "put", effect(idempotent))]
async fn put(msg: Put, store: State<Store>) -> Result<String, matchbus::Error> {
    let half = Duration::from_millis(msg.ms) / 2;
    tokio::time::sleep(half).await;
    let made = store.put(&msg.key).map_err(|cause| failed(&cause))?;
    tokio::time::sleep(half).await;
    Ok(made)
}

#[service(fault = "deposit", effect(dedup))]
async fn deposit(msg: Deposit, meta: Meta, store: State<Store>) -> Result<String, matchbus::Error> {
    let half = Duration::from_millis(msg.ms) / 2;
    tokio::time::sleep(half).await;
    let made = store.deposit(&meta.idempotency_key(), &msg.key).map_err(|cause| failed(&cause))?;
    tokio::time::sleep(half).await;
    Ok(made)
}

#[service(fault = "once", effect(dedup))]
async fn once(msg: Once, store: State<Store>) -> Result<String, matchbus::Error> {
    work(&msg.key, msg.ms, store).await
}

#[service(fault = "add")]
async fn add(msg: Add, store: State<Store>) -> Result<String, matchbus::Error> {
    work(&msg.key, msg.ms, store).await
}

async fn work(key: &str, ms: u64, store: State<Store>) -> Result<String, matchbus::Error> {
    let made = store.add(key).map_err(|cause| failed(&cause))?;
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    Ok(made)
}

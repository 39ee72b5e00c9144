//! A process of the microblog.

use std::process::Stdio;
use std::time::Duration;

use matchbus::transport::Url;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a process may take to be ready on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that is ready; killed when dropped.
pub(crate) struct Process {
    pub(crate) service: String,
    child: Child,
    /// Where it listens.
    pub(crate) listens: Vec<Url>,
    /// Where its pages are, if it has some.
    pub(crate) pages: Option<String>,
}

/// A process that was started and is not yet ready.
pub(crate) struct Starting {
    service: String,
    child: Child,
}

impl Starting {
    /// Starts `microblog run` with these arguments; `service` is its name for people.
    pub(crate) fn new(service: &str, args: &[String]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_microblog"))
            .arg("run")
            .args(args)
            .env("MICROBLOG_FRONT", "127.0.0.1:0")
            .env_remove("MATCHBUS_URL")
            .env_remove("MATCHBUS_LISTEN")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Starting { service: service.to_owned(), child }
    }

    /// Waits until it says that it answers, and where; with `front` also where its pages are.
    pub(crate) async fn ready(mut self, front: bool) -> Process {
        let mut lines = BufReader::new(self.child.stderr.take().unwrap()).lines();
        let (mut listens, mut pages, mut said, mut all) = (Vec::new(), None, false, String::new());
        let ready = async {
            while !said || (front && pages.is_none()) {
                let line = lines.next_line().await.unwrap();
                let line = line.unwrap_or_else(|| panic!("{} ended: {all}", self.service));
                if let Some(url) = line.strip_prefix("listening at ") {
                    listens.push(url.parse().unwrap());
                }
                if let Some(url) = line.strip_prefix("pages at ") {
                    pages = Some(url.trim_end_matches('/').to_owned());
                }
                said |= line.contains("ctrl-c ends it");
                all += &format!("{line}\n");
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, ready).await.is_ok();
        assert!(in_time, "{} is not ready: {all}", self.service);
        // The rest is read too, so that the process never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Process { service: self.service, child: self.child, listens, pages }
    }
}

impl Process {
    /// As kill -9 does, and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

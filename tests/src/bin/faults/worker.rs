//! The processes that are harmed, and those who call them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, SystemTime};

use matchbus::Bus;
use matchbus::transport::http::Http;
use matchbus::transport::tcp::Tcp;
use matchbus::transport::{Link, Transport, Url};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use crate::Result;

/// How long a process may take to start on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a process is started.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    url: Url,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Plan {
    /// One that mounts these services and listens at a free port, with these options in its URL.
    pub(crate) fn new(over: &str, services: &str, options: &str) -> Result<Self> {
        // As text: a URL shows nothing of its options.
        let listen = format!("{over}://127.0.0.1:{}{options}", free_port()?);
        let url: Url = listen.parse()?;
        let arguments = ["run", "--only", services, "--listen", &listen].map(str::to_owned).to_vec();
        Ok(Plan { url, arguments, environment: Vec::new() })
    }

    pub(crate) fn argument(mut self, flag: &str, value: impl Into<String>) -> Self {
        self.arguments.extend([flag.to_owned(), value.into()]);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Its effects go there.
    pub(crate) fn store(self, directory: &RunDirectory) -> Self {
        self.environment("FAULTS_DIR", directory.path().display().to_string())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Result<Url> {
        Ok(format!("{}://127.0.0.1:{}", self.url.scheme(), self.url.port().unwrap_or(0)).parse()?)
    }

    /// Starts it, and waits until it answers.
    pub(crate) async fn start(self) -> Result<Worker> {
        let mut child = self.spawn()?;
        let Some(stderr) = child.stderr.take() else { return Err("the worker has no stderr".into()) };
        let mut lines = BufReader::new(stderr).lines();
        let mut all = String::new();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains("ends it") {
                    return Ok(());
                }
                all += &format!("{line}\n");
            }
            Err(Box::<dyn std::error::Error + Send + Sync>::from("it ended"))
        };
        match timeout(PATIENCE, ready).await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => return Err(format!("a worker does not start: {cause}: {all}").into()),
            Err(_) => return Err(format!("a worker is not ready after {PATIENCE:?}: {all}").into()),
        }
        // The rest is read too, so that the process never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Worker { plan: self, child })
    }

    fn spawn(&self) -> Result<Child> {
        let here = std::env::current_exe()?;
        let program = here.with_file_name(format!("fault-worker{}", std::env::consts::EXE_SUFFIX));
        if !program.exists() {
            let program = program.display();
            return Err(format!("{program} is not there: cargo build -p matchbus-tests --bins").into());
        }
        let mut command = Command::new(program);
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        for name in ["MATCHBUS_URL", "MATCHBUS_LISTEN", "MATCHBUS_ROUTES"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        Ok(command.spawn()?)
    }
}

/// A process that answers; killed when dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    plan: Plan,
    child: Child,
}

impl Worker {
    pub(crate) fn address(&self) -> Result<Url> {
        self.plan.address()
    }

    /// 0 when it has ended.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// Whether the process that was started last still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// By SIGKILL.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// By SIGTERM; how long it took, and how it ended.
    pub(crate) async fn terminate(&mut self) -> Result<(Duration, ExitStatus)> {
        let began = Instant::now();
        let pid = self.pid().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().await?;
        if !told.success() {
            return Err(format!("kill -TERM {pid}: {told}").into());
        }
        let status = self.ended(PATIENCE).await?;
        Ok((began.elapsed(), status))
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Result<ExitStatus> {
        let ended = timeout(patience, self.child.wait()).await;
        Ok(ended.map_err(|_| format!("a worker has not ended after {patience:?}"))??)
    }

    /// Another one in the place of one that has ended.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        *self = self.plan.clone().start().await?;
        Ok(())
    }

    /// A way to it without a bus: one message is one attempt.
    pub(crate) fn link(&self) -> Result<Arc<dyn Link>> {
        link(&self.address()?)
    }
}

/// A way to a process without a bus around it.
pub(crate) fn link(url: &Url) -> Result<Arc<dyn Link>> {
    match url.scheme() {
        "http" => Ok(Http::new().connect(url)?),
        _ => Ok(Tcp::new().connect(url)?),
    }
}

/// A bus that calls these workers, and has learnt what they answer.
pub(crate) async fn caller(urls: impl IntoIterator<Item = Url>) -> Result<Bus> {
    let bus = Bus::builder().in_part().start()?;
    for url in urls {
        bus.connect(&url).await?;
    }
    Ok(bus)
}

/// A directory of one run and no other: two runs in one place would make each other's losses.
#[derive(Debug)]
pub(crate) struct RunDirectory(PathBuf);

impl RunDirectory {
    pub(crate) fn new(setting: &crate::Setting) -> Result<Self> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
        let name = format!("matchbus-{}-{}-{}-{now}", setting.test, setting.over, std::process::id());
        // In memory where that is to be had: what is killed here is processes, and not the machine.
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let path = base.join(name);
        // Not `create_dir_all`: this one refuses a directory that is there.
        std::fs::create_dir(&path)?;
        for part in ["effects", "ledger", "log"] {
            std::fs::create_dir(path.join(part))?;
        }
        Ok(RunDirectory(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The effect of [`Put`](matchbus_tests::faults::Put) with this key.
    pub(crate) fn effect(&self, key: &str) -> Option<String> {
        Some(std::fs::read_link(self.0.join("effects").join(key)).ok()?.to_string_lossy().into_owned())
    }

    pub(crate) fn effects(&self) -> Result<u64> {
        Ok(std::fs::read_dir(self.0.join("effects"))?.count() as u64)
    }

    /// The rows of [`Deposit`](matchbus_tests::faults::Deposit), by all processes: the idempotency key, and what was made.
    pub(crate) fn ledger(&self) -> Result<Vec<String>> {
        self.all_lines("ledger")
    }

    /// The lines of [`Once`](matchbus_tests::faults::Once) of all processes.
    pub(crate) fn lines(&self) -> Result<Vec<String>> {
        self.all_lines("log")
    }

    fn all_lines(&self, part: &str) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for file in std::fs::read_dir(self.0.join(part))? {
            lines.extend(std::fs::read_to_string(file?.path())?.lines().map(str::to_owned));
        }
        Ok(lines)
    }
}

/// When a process's threads were taken and given back, and when it was ready and was not, since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) what: String,
    pub(crate) at: Duration,
}

impl RunDirectory {
    /// What the process that takes [`Block`](matchbus_tests::faults::Block) wrote down.
    pub(crate) fn diary(&self) -> Result<Vec<Note>> {
        let path = self.0.join("diary");
        let text = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
        let note = |line: &str| {
            let (what, at) = line.split_once(' ').ok_or("a line of the diary has no time")?;
            Ok(Note { what: what.to_owned(), at: Duration::from_millis(at.parse()?) })
        };
        text.lines().map(note).collect()
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, as everything in a directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A port that is free now and that the system gives to nobody by itself: a worker that was killed must find it free again,
/// and not taken by the near end of some connection.
pub(crate) fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    // Programs that run at the same time begin at different places.
    let start = u16::try_from(std::process::id() % 120).unwrap_or(0) * 100;
    for _ in 0..COUNT {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port is free".into())
}

/// Random numbers for faults; not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Another one in each run; its seed is in the line.
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Random(u64::from(now.subsec_nanos()) << 20 | u64::from(std::process::id()) | 1)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.0
    }

    /// From 0 to `below`, exclusive.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % below.max(1)
    }
}

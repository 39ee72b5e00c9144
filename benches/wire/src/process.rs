//! Servers in processes of their own, and what Linux says of a process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A server: this program again, with the server's name. It ends with its input.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// What it said when it was ready: its port.
    pub(crate) port: u16,
}

impl Server {
    /// Starts this program as that server.
    pub(crate) fn start(name: &str) -> Self {
        let itself = std::env::current_exe().expect("Linux knows the running program");
        let mut command = Command::new(itself);
        command.args(["serve", name]);
        Server::of(&mut command)
    }

    /// Starts a program that first says its port.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|cause| panic!("{command:?} does not start: {cause}"));
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut server = Server { child, stdin, stdout, port: 0 };
        server.port = server.hear().parse().unwrap_or_else(|_| panic!("{command:?} says no port"));
        server
    }

    /// Says one line and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        let stdin = self.stdin.as_mut().expect("closed only at the end");
        writeln!(stdin, "{line}").expect("the other process lives");
        self.hear()
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the other process says something");
        line.trim().to_owned()
    }

    /// Processor time so far, in nanoseconds.
    pub(crate) fn cpu_ns(&self) -> u64 {
        let tasks = self.tasks();
        let read = |task: &String| std::fs::read_to_string(format!("{task}/schedstat")).ok();
        let first = |text: String| text.split_whitespace().next()?.parse::<u64>().ok();
        tasks.iter().filter_map(read).filter_map(first).sum()
    }

    /// Memory that it has now, in megabytes.
    pub(crate) fn resident_mb(&self) -> f64 {
        self.status(&format!("/proc/{}", self.child.id()), "VmRSS:") / 1024.0
    }

    /// How often its threads were woken so far.
    pub(crate) fn wake_ups(&self) -> f64 {
        self.tasks().iter().map(|task| self.status(task, "voluntary_ctxt_switches:")).sum()
    }

    fn tasks(&self) -> Vec<String> {
        let folder = format!("/proc/{}/task", self.child.id());
        let tasks = std::fs::read_dir(&folder).expect("Linux shows the threads of a process that lives");
        tasks.flatten().map(|task| task.path().display().to_string()).collect()
    }

    #[allow(clippy::unused_self)] // So that nobody asks for a process that is gone.
    fn status(&self, folder: &str, name: &str) -> f64 {
        let text = std::fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_else(|| panic!("{folder}/status has no {name}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.stdin = None;
        let _ = self.child.wait();
    }
}

/// Says a server's port to whoever started it, and ends the program with its input.
pub(crate) fn ready(port: u16) {
    println!("{port}");
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}

//! A NATS server for a single test.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

/// A NATS server on a free port. Dropping it kills the process.
pub struct NatsServer {
    child: Child,
    pub url: String,
}

impl NatsServer {
    /// Starts a server on a free port.
    pub fn start() -> Self {
        let (child, port) = run("-1");
        Self { child, url: format!("nats://127.0.0.1:{port}") }
    }

    /// Kills the server and starts another one on the same port.
    pub fn restart(&mut self) {
        self.stop();
        let port = self.url.rsplit(':').next().expect("a port");
        (self.child, _) = run(port);
    }

    fn stop(&mut self) {
        self.child.kill().expect("the server is running");
        self.child.wait().expect("the server was started");
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a server. Returns the process and its port; `-1` picks a free one.
fn run(port: &str) -> (Child, String) {
    // Debian's package installs it in a folder that is not in the `PATH` of most users.
    let program = if cfg!(unix) && std::path::Path::new("/usr/sbin/nats-server").exists() {
        "/usr/sbin/nats-server"
    } else {
        "nats-server"
    };
    let mut child = Command::new(program)
        .args(["--addr", "127.0.0.1", "--port", port])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nats-server is not installed; run `make test`, which installs it");
    let mut log = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let port = log.by_ref().map(|line| line.expect("UTF-8")).find_map(|line| {
        let (_, address) = line.split_once("Listening for client connections on ")?;
        Some(address.rsplit(':').next()?.to_owned())
    });
    let port = port.expect("nats-server logs its port");
    // A full pipe would block the server.
    thread::spawn(move || log.for_each(drop));
    (child, port)
}

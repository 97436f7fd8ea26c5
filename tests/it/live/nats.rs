//! A NATS server of a test's own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

pub struct NatsServer {
    child: Child,
    pub url: String,
}

impl NatsServer {
    /// On a free port.
    pub fn start() -> Self {
        let (child, port) = run("-1");
        Self { child, url: format!("nats://127.0.0.1:{port}") }
    }

    /// Ends it and starts another in its place.
    pub fn restart(&mut self) {
        self.stop();
        let port = self.url.rsplit(':').next().expect("a port");
        (self.child, _) = run(port);
    }

    fn stop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was started");
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The server and the port that it has taken.
fn run(port: &str) -> (Child, String) {
    // Where Debian keeps it is not in everybody's path.
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
        .expect("there is no nats-server; run `make test`, which installs one");
    let mut log = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let port = log.by_ref().map(|line| line.expect("UTF-8")).find_map(|line| {
        let (_, address) = line.split_once("Listening for client connections on ")?;
        Some(address.rsplit(':').next()?.to_owned())
    });
    let port = port.expect("nats-server has no port");
    // A log that nobody reads would stop it.
    thread::spawn(move || log.for_each(drop));
    (child, port)
}

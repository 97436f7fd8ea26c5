//! The real binary as a separate process.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

/// Builds a command that runs the program without inheriting this environment.
pub fn cruddur(args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cruddur"));
    command.args(args).env_clear().envs(env.iter().copied()).stdin(Stdio::null());
    command
}

pub fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    cruddur(args, env).output().expect("the program starts")
}

pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

pub fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("UTF-8")
}

/// A gateway process on a free port. Dropping it kills the process.
pub struct Gateway {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// The log's lines. A thread drains the pipe, because a full pipe would block the gateway.
    log: Receiver<String>,
    pub url: String,
}

impl Gateway {
    /// Starts a gateway. Its data is in memory unless `args` name a database.
    pub fn start(args: &[&str]) -> Self {
        let env = [
            ("PORT", "0"),
            ("DATABASE_URL", "mock:"),
            // DynamoDB Local accepts any credentials.
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        let mut child = cruddur(args, &env)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (lines, log) = channel();
        thread::spawn(move || {
            for line in stderr.lines() {
                // The test may have dropped the receiver.
                let _ = lines.send(line.expect("UTF-8"));
            }
        });
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the program prints a line");
        let url = line
            .trim()
            .strip_prefix("Cruddur is at ")
            .expect("the first line has the address")
            .to_owned();
        Self { child, stdout, log, url }
    }

    pub fn port(&self) -> &str {
        self.url.rsplit(':').next().expect("a port")
    }

    /// Polls the health check until the gateway is ready. Panics after five seconds.
    pub fn wait_until_ready(&self) {
        let mut health = run(&["health"], &[("PORT", self.port())]);
        for _ in 0..100 {
            if health.status.success() {
                break;
            }
            thread::sleep(std::time::Duration::from_millis(50));
            health = run(&["health"], &[("PORT", self.port())]);
        }
        assert_eq!(stdout(&health), "{\"status\":\"ready\"}\n", "{}", stderr(&health));
    }

    /// Reads the log up to a line with this text. Returns the line. Panics if the log ends first.
    pub fn wait_for_log(&self, text: &str) -> String {
        self.log.iter().find(|line| line.contains(text)).expect("the log contains the text")
    }

    /// Sends a request with curl, as the README does. Returns the status and the JSON body.
    pub fn curl(&self, path: &str, args: &[&str]) -> (u16, serde_json::Value) {
        let url = format!("{}{path}", self.url);
        let output = Command::new("curl")
            .args(["-sS", "-w", "\n%{http_code}", &url])
            .args(args)
            .output()
            .expect("curl runs");
        assert!(output.status.success(), "{}", stderr(&output));
        let (body, status) = stdout(&output).rsplit_once('\n').expect("a status line");
        let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
        (status.parse().expect("a status"), body)
    }

    /// Replays recordings with the checker in `shared`, the folder of both. Returns the checker's
    /// output. Panics if a recorded response differs.
    pub fn replay(&self, shared: &Path, recordings: &str, args: &[impl AsRef<OsStr>]) -> String {
        let replay = Command::new("python3")
            .arg(shared.join("checks/rest-replay"))
            .arg(shared.join("rest-recordings").join(recordings))
            .args(["--url", &self.url])
            .args(args)
            .output()
            .expect("python3 runs");
        let output = stdout(&replay);
        assert!(replay.status.success(), "{recordings}: {output}");
        output.to_owned()
    }

    /// Sends a GraphQL document with curl. Returns the response body.
    pub fn graphql(
        &self,
        token: Option<&str>,
        query: &str,
        variables: serde_json::Value,
    ) -> serde_json::Value {
        let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
        let mut args = vec!["-H", "Content-Type: application/json", "-d", &body];
        let bearer = token.map(|token| format!("Authorization: Bearer {token}"));
        if let Some(bearer) = &bearer {
            args.extend(["-H", bearer]);
        }
        self.curl("/graphql", &args).1
    }

    /// Posts JSON with curl.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        self.curl(path, &["-H", "Content-Type: application/json", "-d", &body.to_string()])
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process is running");
        self.child.wait().expect("the process was started");
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Sends a signal and waits for the process to end. Returns its output, its log and its exit code.
    pub fn stop(mut self, signal: &str) -> (String, String, Option<i32>) {
        self.signal(signal);
        let mut out = String::new();
        self.stdout.read_to_string(&mut out).expect("UTF-8");
        let err = self.log.iter().map(|line| line + "\n").collect();
        (out, err, self.child.wait().expect("the process was started").code())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

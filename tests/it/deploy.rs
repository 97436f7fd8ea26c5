//! docs/deploy.md and deploy/, as far as they can run without a cloud account, a cluster or root.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::fs::symlink,
    path::Path,
    process::Command,
};

use crate::support::gateway::{run, stderr, stdout};
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/deploy.md");

/// Returns the page's code blocks: the text before each, its language and its code.
fn blocks() -> Vec<(&'static str, &'static str, &'static str)> {
    let parts: Vec<_> = PAGE.split("```").collect();
    let block = |pair: &[&'static str]| {
        let [before, block] = pair else { panic!("unclosed code block") };
        let (language, text) = block.split_once('\n').expect("a language");
        (*before, language, text)
    };
    parts[..parts.len() - 1].chunks(2).map(block).collect()
}

fn installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[test]
fn the_commands_of_the_page_succeed() {
    let binary = Path::new(env!("CARGO_BIN_EXE_cruddur")).parent().expect("a folder");
    let path = env::var("PATH").unwrap_or_default();
    let folder = tempfile::tempdir().expect("a folder");
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    symlink(deploy, folder.path().join("deploy")).expect("a link");
    let mut count = 0;
    for (_, _, text) in blocks().into_iter().filter(|(_, language, _)| *language == "sh") {
        count += 1;
        let needs = ["systemd-analyze", "kubectl", "python3"];
        let missing = needs.iter().find(|program| text.contains(**program) && !installed(program));
        if let Some(program) = missing {
            // Written to stderr directly, because the test harness captures printed text.
            writeln!(io::stderr(), "NOT RUN: {program} is not installed:\n{text}")
                .expect("stderr is open");
            continue;
        }
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", text])
            .env("PATH", format!("{}:{path}", binary.display()))
            .current_dir(folder.path())
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{text}\n{}{}", stdout(&output), stderr(&output));
    }
    assert_eq!(count, 4);
}

#[test]
fn untested_commands_are_marked() {
    for (before, language, text) in blocks() {
        let note = before.rsplit("\n\n").nth(1).or_else(|| before.rsplit("\n\n").next());
        let marked = note.unwrap_or_default().contains("**Not run here**");
        match language {
            "sh" | "yaml" => assert!(!marked, "{text}"),
            "console" => assert!(marked, "{text}"),
            other => panic!("unexpected language: {other}"),
        }
    }
}

#[test]
fn the_ecs_task_definition_configures_the_gateway() {
    let task = include_str!("../../deploy/ecs/task-definition.json");
    let task: Value = serde_json::from_str(task).expect("JSON");
    let container = &task["containerDefinitions"][0];
    let mut variables = Vec::new();
    for variable in container["environment"].as_array().expect("a list") {
        variables.push((
            variable["name"].as_str().expect("a name"),
            variable["value"].as_str().expect("a value"),
        ));
    }
    for secret in container["secrets"].as_array().expect("a list") {
        assert_eq!(secret["name"], "CONNECTION_URL");
        variables.push(("CONNECTION_URL", "postgres://cruddur:s3cret@db.example/cruddur"));
    }
    let output = run(&["check-config"], &variables);
    assert!(output.status.success(), "{}", stderr(&output));
    for line in [
        "DATABASE_URL=postgres://cruddur:***@db.example/cruddur",
        "MESSAGES_URL=dynamodb:cruddur-messages",
        "REST=final",
        "AWS_COGNITO_USER_POOL_CLIENT_ID=CLIENT",
    ] {
        assert!(stdout(&output).lines().any(|found| found == line), "{line}\n{}", stdout(&output));
    }
}

/// Runs scripts/make-secrets in a new folder that has these files in secrets/. Returns the exit code,
/// what it printed, and then the password and the URL.
fn make_secrets(files: &[(&str, &str)]) -> (Option<i32>, String, [String; 2]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (scripts, secrets) = (folder.path().join("scripts"), folder.path().join("secrets"));
    fs::create_dir(&scripts).expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/make-secrets");
    fs::copy(script, scripts.join("make-secrets")).expect("a copy");
    for (name, text) in files {
        fs::create_dir_all(&secrets).expect("a folder");
        fs::write(secrets.join(name), text).expect("a file");
    }
    let output = Command::new(scripts.join("make-secrets")).output().expect("bash runs");
    let text = |name| fs::read_to_string(secrets.join(name)).unwrap_or_default();
    let printed = format!("{}{}", stdout(&output), stderr(&output));
    (output.status.code(), printed, [text("postgres-password"), text("database-url")])
}

#[test]
fn make_secrets_writes_what_is_missing() {
    let (code, printed, [password, url]) = make_secrets(&[]);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(password.len(), 49);
    assert_eq!(url, format!("postgres://cruddur:{}@postgres:5432/cruddur\n", password.trim()));
    assert!(!printed.contains(password.trim()));

    let (password_file, url_file) = (("postgres-password", "p4ss\n"), ("database-url", &*url));
    let complete = [password_file, ("database-url", "postgres://u:q@elsewhere/x")];
    let (code, _, files) = make_secrets(&complete);
    assert_eq!((code, files), (Some(0), complete.map(|(_, text)| text.to_owned())));

    let (code, _, files) = make_secrets(&[url_file]);
    assert_eq!((code, files), (Some(0), [password.clone(), url.clone()]));
    let (code, _, files) = make_secrets(&[password_file, ("database-url", "")]);
    let url = "postgres://cruddur:p4ss@postgres:5432/cruddur\n".to_owned();
    assert_eq!((code, files), (Some(0), ["p4ss\n".to_owned(), url]));
}

#[test]
fn make_secrets_fails_if_it_cannot_write_what_is_missing() {
    for file in [
        ("database-url", "postgres://other:s3cret@postgres:5432/cruddur\n"),
        ("database-url", "postgres://cruddur:s3cret@elsewhere:5432/cruddur\n"),
        ("database-url", "postgres://cruddur:s3cret/@postgres:5432/cruddur\n"),
        ("postgres-password", "s3cret@\n"),
    ] {
        let (code, printed, files) = make_secrets(&[file]);
        assert_eq!(code, Some(1), "{file:?}");
        assert!(printed.contains(file.0) && !printed.contains("s3cret"), "{printed}");
        assert_eq!(files.concat(), file.1);
    }
}

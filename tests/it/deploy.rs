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
    let mut proxies = None;
    for variable in container["environment"].as_array().expect("a list") {
        let name = variable["name"].as_str().expect("a name");
        let value = variable["value"].as_str().expect("a value");
        match name {
            "TRUSTED_PROXIES" => proxies = Some(value),
            _ => variables.push((name, value)),
        }
    }
    for secret in container["secrets"].as_array().expect("a list") {
        assert_eq!(secret["name"], "CONNECTION_URL");
        variables.push(("CONNECTION_URL", "postgres://cruddur:s3cret@db.example/cruddur"));
    }
    assert_requires_proxies(proxies, "VPC-NETWORK", &variables);
    variables.push(("TRUSTED_PROXIES", "10.0.0.0/16"));
    let output = run(&["check-config"], &variables);
    assert!(output.status.success(), "{}", stderr(&output));
    for line in [
        "TRUSTED_PROXIES=10.0.0.0/16",
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

/// Asserts that a configuration has a placeholder for the networks of its proxies, that the page
/// explains it, and that the gateway does not start before the operator has replaced it.
fn assert_requires_proxies(value: Option<&str>, placeholder: &str, rest: &[(&str, &str)]) {
    assert_eq!(value, Some(placeholder));
    assert!(PAGE.contains(placeholder));
    let output = run(&["check-config"], &[rest, &[("TRUSTED_PROXIES", placeholder)]].concat());
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(stderr(&output).contains("TRUSTED_PROXIES"), "{}", stderr(&output));
}

#[test]
fn the_kubernetes_settings_configure_the_gateway() {
    let kustomization = include_str!("../../deploy/kubernetes/kustomization.yaml");
    let (_, literals) = kustomization.split_once("    literals:\n").expect("literals");
    let literals = literals.lines().filter_map(|it| it.trim().strip_prefix("- "));
    let literals = literals.map(|it| it.split_once('=').expect("a variable and its value"));
    let (proxies, rest): (Vec<_>, Vec<_>) =
        literals.partition(|(name, _)| *name == "TRUSTED_PROXIES");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("database-url");
    fs::write(&file, "postgres://cruddur:s3cret@db.example/cruddur").expect("a file");
    let file = file.to_str().expect("UTF-8");
    let rest: Vec<_> = rest
        .into_iter()
        .map(|(name, value)| (name, if name == "DATABASE_URL_FILE" { file } else { value }))
        .chain([("DEMO", "true")])
        .collect();
    let [(_, proxies)] = proxies[..] else { panic!("one TRUSTED_PROXIES: {proxies:?}") };
    assert_requires_proxies(Some(proxies), "POD-NETWORK", &rest);
    // The overlay of the page sets it.
    let overlay = blocks().into_iter().find(|(_, language, _)| *language == "yaml");
    let (_, _, overlay) = overlay.expect("an overlay");
    let set = overlay.lines().find_map(|it| it.trim().strip_prefix("- TRUSTED_PROXIES="));
    let set = set.expect("the overlay sets the network");
    let output = run(&["check-config"], &[&rest[..], &[("TRUSTED_PROXIES", set)]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let line = format!("TRUSTED_PROXIES={set}");
    assert!(stdout(&output).lines().any(|it| it == line), "{}", stdout(&output));
}

#[test]
fn the_page_names_the_proxies_of_every_deployment() {
    for section in ["For every deployment:", "## Plain machine", "## Kubernetes", "## AWS"] {
        let (_, text) = PAGE.split_once(section).expect("the page has the section");
        let text = text.split("\n## ").next().unwrap_or_default();
        assert!(text.contains("`TRUSTED_PROXIES"), "{section}");
    }
}

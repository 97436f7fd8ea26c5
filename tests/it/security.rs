//! SECURITY.md and what it says about releases.

use std::{fs, path::Path, process::Command};

use crate::support::gateway::{stderr, stdout};

const PAGE: &str = include_str!("../../SECURITY.md");

/// Returns the rows of the threat model, each with the four texts of its cells.
fn threats() -> Vec<Vec<&'static str>> {
    let (_, table) = PAGE.split_once("| who | wants |").expect("the threat model");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns whether a file has a test that runs: a function of Rust, a test of Node, or a check of a script.
fn has_test(path: &str, name: &str) -> bool {
    let text = read(path);
    if path.ends_with(".rs") {
        let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
        let attributes = before.rsplit("\n\n").next().unwrap_or_default();
        (attributes.contains("#[test]") || attributes.contains("#[tokio::test"))
            && !attributes.contains("#[ignore")
    } else {
        ["test('", "test(\"", "it('", "it(\"", "pass \""].iter().any(|start| {
            let quote = &start[start.len() - 1..];
            text.contains(&format!("{start}{name}{quote}"))
        })
    }
}

#[test]
fn every_threat_has_tests_that_exist() {
    let threats = threats();
    assert!(threats.len() >= 20, "{} threats", threats.len());
    for threat in threats {
        let [who, wants, stops, tests] = &threat[..] else { panic!("not four cells: {threat:?}") };
        assert!(!who.is_empty() && !wants.is_empty() && !stops.is_empty(), "{threat:?}");
        let tests: Vec<_> = tests.split("`, `").map(|test| test.trim_matches('`')).collect();
        for test in tests {
            let (path, name) = test.split_once("::").unwrap_or_else(|| panic!("{who}: {test}"));
            assert!(has_test(path, name), "{who} {wants}: no test {test}");
        }
    }
}

#[test]
fn missing_and_ignored_tests_are_noticed() {
    let here = "tests/it/security.rs";
    assert!(has_test(here, "missing_and_ignored_tests_are_noticed"));
    assert!(!has_test(here, "has_test"));
    assert!(!has_test(here, "a_missing_test"));
    assert!(has_test("web/e2e/session.e2e.ts", "the app sends only documents from its manifest"));
    assert!(!has_test("web/e2e/session.e2e.ts", "the app sends"));
}

#[test]
fn releases_are_built_from_pinned_parts() {
    let is_hash = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let mut actions = 0;
    for workflow in ["ci.yml", "release.yml", "advisories.yml"] {
        let text = read(&format!(".github/workflows/{workflow}"));
        for (_, action) in text.lines().filter_map(|line| line.split_once("uses: ")) {
            let (_, version) = action.split_once('@').expect("a version");
            let (commit, _) = version.split_once(" # v").unwrap_or_else(|| panic!("{action}"));
            assert!(is_hash(commit, 40), "{workflow}: {action}");
            actions += 1;
        }
        assert_eq!(
            text.matches("uses: docker/build-push-action@").count(),
            text.matches("${{ steps.base.outputs.images }}").count(),
            "{workflow}: each build has the base images",
        );
    }
    assert!(actions > 10, "{actions} actions");
    let folder = env!("CARGO_MANIFEST_DIR");
    let images = Command::new(".ci/base-images").current_dir(folder).output().expect("bash");
    assert!(images.status.success(), "{}", stderr(&images));
    let images: Vec<_> = stdout(&images).lines().collect();
    assert_eq!(images.len(), 3, "{images:?}");
    for image in images {
        let (_, digest) = image.split_once("@sha256:").expect("a digest");
        assert!(is_hash(digest, 64), "{image}");
    }
    let dockerfile = read("Dockerfile");
    for line in dockerfile.lines().filter(|line| line.contains("cargo ") && !line.starts_with('#'))
    {
        assert!(line.contains("--locked") || line.contains("cargo clean"), "{line}");
        assert!(!line.contains("cargo build"), "cargo auditable lists the crates: {line}");
    }
    assert!(dockerfile.contains("npm ci --ignore-scripts") && !dockerfile.contains("npm install"));
}

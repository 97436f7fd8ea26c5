//! The examples of the README and the settings of docs/configuration.md.

use std::process::Command;

use crate::support::gateway::{Gateway, stderr, stdout};
use serde_json::{Value, json};

/// Returns the README's shell blocks that send requests to the gateway.
fn examples() -> Vec<&'static str> {
    let blocks = include_str!("../../README.md").split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().expect("unclosed code block"));
    blocks.filter(|block| block.starts_with("curl ")).collect()
}

#[test]
fn every_curl_example_of_the_readme_works() {
    let gateway = Gateway::start(&[]);
    gateway.wait_until_ready();
    let answers: Vec<Value> = examples()
        .into_iter()
        .map(|example| {
            let example = example.replace("http://127.0.0.1:4567", &gateway.url);
            let output = Command::new("sh").args(["-c", &example]).output().expect("a shell");
            assert!(output.status.success(), "{example}\n{}", stderr(&output));
            let answer = stdout(&output);
            serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
        })
        .collect();
    let [rest, feed, created, refused, viewer] = &answers[..] else {
        panic!("expected five examples, found {}", answers.len());
    };
    assert_eq!(rest[0]["handle"], "altbrown");
    let node = &feed["data"]["home"]["nodes"][2];
    assert_eq!(node["message"], "This was imported as seed data!");
    assert_eq!(node["author"]["handle"], "andrewbrown");
    assert_eq!(node["replies"]["nodes"][0]["author"]["handle"], "bayko");
    let created = &created["data"]["createActivity"];
    assert_eq!(created["activity"]["message"], "Hello #cloud!");
    assert_eq!(created["userErrors"], json!([]));
    assert_eq!(*refused, json!(["message_blank"]));
    let viewer = &viewer["data"]["viewer"];
    assert_eq!(viewer["user"]["handle"], "andrewbrown");
    assert_eq!(viewer["notifications"]["nodes"].as_array().map(Vec::len), Some(5));
}

#[test]
fn the_readme_has_every_variable_of_the_help_and_its_default() {
    let help = crate::support::gateway::run(&["--help"], &[]);
    let readme = include_str!("../../docs/configuration.md");
    let parts: Vec<_> = stdout(&help).split("[env: ").collect();
    let (mut variables, mut defaults) = (0, 0);
    for pair in parts.windows(2) {
        let variable = pair[1].split(['=', ']']).next().expect("a name");
        let named = format!("`{variable}`");
        let names = |row: &str| row.split('|').nth(1).is_some_and(|cell| cell.contains(&named));
        let row = readme.lines().find(|row| names(row));
        let row = row.unwrap_or_else(|| panic!("{variable} is not in docs/configuration.md"));
        variables += 1;
        let default = pair[0].rsplit_once("[default: ").and_then(|(_, rest)| rest.split_once(']'));
        let default = default.map(|(default, _)| default.split(';').next().expect("a default"));
        // A default of several words explains a condition; the page may word that differently.
        if let Some(default) = default.filter(|default| !default.contains(' ')) {
            assert!(
                row.contains(default),
                "the default of {variable} is {default}, but the row is {row}"
            );
            defaults += 1;
        }
    }
    assert!(variables > 30 && defaults > 15, "{variables} variables, {defaults} defaults");
}

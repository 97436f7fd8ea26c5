//! The README's examples, run as they stand there.

use std::process::Command;

use crate::support::gateway::{Gateway, stderr, stdout};
use serde_json::{Value, json};

/// The README's shell blocks that ask the gateway.
fn examples() -> Vec<&'static str> {
    let blocks = include_str!("../../README.md").split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().expect("a block ends"));
    blocks.filter(|block| block.starts_with("curl ")).collect()
}

#[test]
fn every_curl_command_of_the_readme_works() {
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
        panic!("five examples, not {}", answers.len());
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
fn the_settings_table_is_current() {
    let table = crate::support::gateway::run(&["settings-table"], &[]);
    let page = include_str!("../../docs/configuration.md");
    let (_, after) = page.split_once("<!-- settings: make generate -->\n").expect("a start marker");
    let (written, _) = after.split_once("<!-- settings end -->").expect("an end marker");
    assert_eq!(written, stdout(&table), "`make generate` writes the table");
}

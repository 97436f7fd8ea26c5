//! The limits on documents, tested with hostile documents and against a naive count of the cost.

use std::{collections::BTreeMap, fmt::Write};

use async_graphql::{Variables, parser::parse_query, value};
use cruddur::graphql::pipeline::limits::{Cost, CostAnalyzer, DocumentError, DocumentLimits};
use proptest::{prelude::*, test_runner::RngSeed};

const SDL: &str = "type Query { home(first: Int, after: String, last: Int): Connection! me: User \
                   nodes(ids: [ID!]!): [User]! } \
                   type User { name: String friends(first: Int): Connection! best: User } \
                   type Connection { nodes: [User!]! }";

fn analyzer() -> CostAnalyzer {
    CostAnalyzer::new(DocumentLimits::default(), SDL)
}

fn analyze(text: &str) -> Result<Cost, DocumentError> {
    let analyzer = analyzer();
    let (document, tokens) = analyzer.parse(text)?;
    let cost = analyzer.analyze(&document, &Variables::default())?;
    Ok(Cost { tokens, ..cost })
}

fn too_much(text: &str) -> &'static str {
    match analyze(text) {
        Err(DocumentError::LimitExceeded { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_query_costs_its_fields_and_nodes() {
    let cost = analyze("{ home(first: 5) { nodes { name friends { nodes { name } } } } }");
    // Five users, and twenty friends of each.
    let cost = cost.expect("a harmless document");
    assert_eq!(cost, Cost { tokens: 21, depth: 5, selections: 6, nodes: 105, ..Cost::default() });
}

#[test]
fn pages_are_counted_by_their_variables() {
    let document = parse_query("query($n: Int = 7) { home(first: $n) { nodes { name } } }");
    let document = document.expect("a document");
    let nodes = |variables: async_graphql::Value| {
        let variables = Variables::from_value(variables);
        analyzer().measure(&document, &variables).expect("no cycle").nodes
    };
    assert_eq!(nodes(value!({})), 7);
    assert_eq!(nodes(value!({ "n": 100 })), 100);
    assert_eq!(nodes(value!({ "n": null })), 20);
    assert_eq!(nodes(value!({ "n": "x" })), 20);
    assert_eq!(nodes(value!({ "n": -3 })), 0);
}

#[test]
fn nodes_are_counted_by_their_ids() {
    let ids = vec!["\"x\""; 60].join(" ");
    let text = format!("{{ nodes(ids: [{ids}]) {{ friends(first: 9) {{ nodes {{ name }} }} }} }}");
    assert_eq!(analyze(&text).expect("harmless").nodes, 600);
}

#[test]
fn three_levels_of_full_pages_are_rejected() {
    let text = "{ home(first: 100) { nodes { friends(first: 100) { nodes { friends(first: 100) { \
                nodes { name } } } } } } }";
    assert_eq!(too_much(text), "nodes");
}

#[test]
fn fragment_bombs_are_rejected() {
    for doublings in [13, 22, 30, 100] {
        let mut text = String::from("{ me { ...F0 } }");
        for n in 0..doublings {
            let next = n + 1;
            write!(text, " fragment F{n} on User {{ ...F{next} ...F{next} }}").expect("a string");
        }
        write!(text, " fragment F{doublings} on User {{ name best {{ name }} }}")
            .expect("a string");
        assert_eq!(too_much(&text), "fields", "2^{doublings}");
    }
}

#[test]
fn fragment_cycles_are_rejected() {
    for text in [
        "{ me { ...A } } fragment A on User { ...A }",
        "{ me { name } } fragment A on User { best { ...B } } fragment B on User { ...A }",
    ] {
        assert!(matches!(analyze(text), Err(DocumentError::FragmentCycle(_))), "{text}");
    }
}

#[test]
fn floods_of_tokens_are_rejected() {
    let million = |what: &str| format!("{{ {} }}", what.repeat(1_000_000 / what.len()));
    assert_eq!(too_much(&million("a: name ")), "tokens");
    assert_eq!(too_much(&million("name @skip(if: true) ")), "tokens");
    assert_eq!(too_much(&million("me{")), "levels of brackets");
    assert_eq!(too_much(&million("[")), "levels of brackets");
    assert_eq!(too_much(&million("\u{1f600}")), "tokens");
    assert_eq!(too_much(&format!("{{ {} }}", "a: __typename ".repeat(31))), "aliases");
    assert_eq!(too_much(&format!("{{ me {{ name {} }} }}", "@x ".repeat(51))), "directives");
    let deep = format!("{{ me {} name {}", "{ best ".repeat(15), "} ".repeat(16));
    assert_eq!(too_much(&deep.replace("best  name", "best { name }")), "levels of fields");
    // A single token that takes up the whole document.
    for text in [million("#"), "\"".repeat(3) + &"x".repeat(1_000_000)] {
        assert_eq!(too_much(&text), "bytes");
    }
    assert!(matches!(analyze("\""), Err(DocumentError::Syntax(_))));
}

#[test]
fn brackets_in_strings_and_comments_are_not_counted() {
    let text = "{ home(after: \"}}{{ \\\" #\", first: 1) { # }}} \"\n\
                nodes { name } } nodes(ids: [\"\"\"a \"\" \\\"\"\" {{{ \"\"\"]) { name } }";
    let cost = analyze(text).expect("harmless");
    assert_eq!(cost.tokens, 28);
    assert_eq!(cost.selections, 5);
}

#[test]
fn introspection_does_not_count_towards_the_depth() {
    let text =
        format!("{{ __schema {{ types {} kind {} }} }}", "{ ofType ".repeat(20), "} ".repeat(20));
    assert_eq!(
        analyze(&text.replace("ofType  kind", "ofType { kind }")).expect("harmless").depth,
        1
    );
}

/// A part of a selection set.
#[derive(Debug, Clone)]
enum Part {
    Name(bool),
    Best(Vec<Part>),
    Friends(Option<u8>, Vec<Part>),
    Spread(usize),
}

/// Generates selections for a fragment. They may spread fragments with higher numbers only.
fn parts(fragment: usize) -> impl Strategy<Value = Vec<Part>> {
    let leaf =
        prop_oneof![any::<bool>().prop_map(Part::Name), (fragment + 1..5).prop_map(Part::Spread),];
    let part = leaf.prop_recursive(3, 12, 3, |part| {
        let set = prop::collection::vec(part, 1..3);
        prop_oneof![
            set.clone().prop_map(Part::Best),
            (prop::option::of(0..9_u8), set).prop_map(|(first, set)| Part::Friends(first, set)),
        ]
    });
    prop::collection::vec(part, 1..4)
}

fn print(parts: &[Part]) -> String {
    let part = |part: &Part| match part {
        Part::Name(false) => "name".to_owned(),
        Part::Name(true) => "other: name".to_owned(),
        Part::Best(set) => format!("best {{ {} }}", print(set)),
        Part::Friends(None, set) => format!("friends {{ {} }}", print(set)),
        Part::Friends(Some(first), set) => format!("friends(first: {first}) {{ {} }}", print(set)),
        Part::Spread(fragment) => format!("...F{fragment}"),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(" ")
}

/// Returns depth, selections and nodes, with every fragment expanded where it is spread.
fn expand(parts: &[Part], fragments: &BTreeMap<usize, Vec<Part>>) -> (usize, u64, u64) {
    let mut total = (0, 0, 0);
    for part in parts {
        let (depth, selections, nodes) = match part {
            Part::Name(_) => (1, 1, 0),
            Part::Best(set) => {
                let inner = expand(set, fragments);
                (inner.0 + 1, inner.1 + 1, inner.2)
            }
            Part::Friends(first, set) => {
                let inner = expand(set, fragments);
                let first = first.map_or(20, u64::from);
                (inner.0 + 1, inner.1 + 1, first * (inner.2 + 1))
            }
            Part::Spread(fragment) => expand(&fragments[fragment], fragments),
        };
        total = (total.0.max(depth), total.1 + selections, total.2 + nodes);
    }
    total
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(1), ..Default::default() })]

    #[test]
    fn the_cost_equals_a_naive_count(
        operation in parts(0),
        one in parts(1),
        two in parts(2),
        three in parts(3),
    ) {
        let last = vec![Part::Name(false)];
        let fragments = BTreeMap::from([(1, one), (2, two), (3, three), (4, last)]);
        let mut text = format!("{{ {} }}", print(&operation));
        for (name, set) in &fragments {
            write!(text, " fragment F{name} on User {{ {} }}", print(set)).expect("a string");
        }
        let document = parse_query(&text).expect("a document");
        let cost = analyzer().measure(&document, &Variables::default()).expect("no cycle");
        prop_assert_eq!(
            (cost.depth, cost.selections, cost.nodes),
            expand(&operation, &fragments),
            "{}", text
        );
        prop_assert_eq!(cost.aliases, text.matches("other:").count());
    }
}

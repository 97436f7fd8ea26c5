//! The limits on documents, tested with hostile documents and against a naive count of the cost.

use std::{collections::BTreeMap, fmt::Write};

use async_graphql::{Request, Variables, value};
use cruddur::graphql::{
    DocumentLimits, TrustedDocuments,
    pipeline::{
        Pipeline, RequestError, cost::Cost, introspection::IntrospectionError,
        normalization::NormalizationError, validation::DocumentError,
    },
};
use proptest::{prelude::*, test_runner::RngSeed};

const SDL: &str = "type Query { home(first: Int, after: String, last: Int): Connection! me: User \
                   nodes(ids: [ID!]!): [User]! } \
                   type User { name: String friends(first: Int): Connection! best: User } \
                   type Connection { nodes: [User!]! }";

fn pipeline(limits: DocumentLimits) -> Pipeline {
    let schema = apollo_compiler::Schema::parse_and_validate(SDL, "").expect("a schema");
    Pipeline::new(schema, limits, true, TrustedDocuments::default())
}

fn analyze(text: &str) -> Result<Cost, RequestError> {
    let prepared = pipeline(DocumentLimits::default()).prepare(&mut Request::new(text));
    prepared.map(|prepared| prepared.cost)
}

fn too_much(text: &str) -> &'static str {
    match analyze(text) {
        Err(
            RequestError::LimitExceeded(exceeded)
            | RequestError::Document(DocumentError::LimitExceeded(exceeded))
            | RequestError::Normalization(NormalizationError::LimitExceeded(exceeded)),
        ) => exceeded.what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_query_costs_its_fields_and_nodes() {
    let cost = analyze("{ home(first: 5) { nodes { name friends { nodes { name } } } } }");
    // Five users, and twenty friends of each.
    let cost = cost.expect("a harmless document");
    // `home`, `nodes`, and of each user a name and friends with twenty names.
    let fields = 2 + 5 * (2 + 1 + 20);
    let expected =
        Cost { tokens: 21, depth: 5, selections: 6, nodes: 105, fields, ..Cost::default() };
    assert_eq!(cost, expected);
}

#[test]
fn a_field_costs_once_however_often_it_is_selected() {
    let names = "name ".repeat(700);
    let cost = analyze(&format!("{{ home(first: 5) {{ nodes {{ {names} }} }} }}"));
    let cost = cost.expect("a harmless document");
    assert_eq!((cost.selections, cost.fields), (3, 7));
}

#[test]
fn only_the_operation_that_runs_costs() {
    let text = "query A { me { name } } query B { home(first: 100) { nodes { friends(first: 100) \
                { nodes { friends(first: 100) { nodes { name } } } } } } }";
    let pipeline = pipeline(DocumentLimits::default());
    let cost = |name: &str| {
        let mut request = Request::new(text).operation_name(name);
        pipeline.prepare(&mut request).map(|prepared| prepared.cost.nodes)
    };
    assert_eq!(cost("A").expect("a harmless operation"), 0);
    assert!(matches!(cost("B"), Err(RequestError::LimitExceeded(_))));
}

#[test]
fn an_operation_has_its_own_defaults() {
    let text = "query A($n: Int = 100) { home(first: $n) { nodes { name } } } \
                query B($n: Int = 1) { home(first: $n) { nodes { name } } }";
    for (name, nodes) in [("A", 100), ("B", 1)].repeat(3) {
        let mut request = Request::new(text).operation_name(name);
        let prepared = pipeline(DocumentLimits::default()).prepare(&mut request);
        assert_eq!(prepared.expect("a harmless document").cost.nodes, nodes);
    }
}

#[test]
fn pages_are_counted_by_their_variables() {
    let text = "query($n: Int = 7) { home(first: $n) { nodes { name } } }";
    let pipeline = pipeline(DocumentLimits::default());
    let nodes = |variables: async_graphql::Value| {
        let mut request = Request::new(text).variables(Variables::from_value(variables));
        pipeline.prepare(&mut request).expect("a harmless document").cost.nodes
    };
    assert_eq!(nodes(value!({})), 7);
    assert_eq!(nodes(value!({ "n": 100 })), 100);
    assert_eq!(nodes(value!({ "n": null })), 20);
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
    for doublings in [13, 22, 30, 60] {
        let mut text = String::from("{ me { ...F0 } }");
        for n in 0..doublings {
            let next = n + 1;
            write!(text, " fragment F{n} on User {{ ...F{next} ...F{next} }}").expect("a string");
        }
        write!(text, " fragment F{doublings} on User {{ name best {{ name }} }}")
            .expect("a string");
        assert!(analyze(&text).expect("one field of each").selections <= 4, "2^{doublings}");
    }
}

#[test]
fn operations_that_share_many_fragments_are_rejected() {
    let text = |operations: usize| {
        let operations = (0..operations).map(|n| format!("query Q{n} {{ me {{ ...F0 }} }} "));
        let fragments = (0..50).map(|n| format!("fragment F{n} on User {{ ...F{} }} ", n + 1));
        let text = operations.chain(fragments).collect::<String>();
        text + "fragment F50 on User { name }"
    };
    assert_eq!(too_much(&text(40)), "fragments, times operations");
    let mut request = Request::new(text(39)).operation_name("Q7");
    assert!(pipeline(DocumentLimits::default()).prepare(&mut request).is_ok());
}

#[test]
fn fragment_cycles_are_rejected() {
    for text in [
        "{ me { ...A } } fragment A on User { ...A }",
        "{ me { name } } fragment A on User { best { ...B } } fragment B on User { ...A }",
    ] {
        let error = analyze(text).expect_err(text);
        assert!(matches!(error, RequestError::Document(DocumentError::Invalid(_))), "{text}");
    }
}

#[test]
fn floods_of_tokens_are_rejected() {
    let million = |what: &str| format!("{{ {} }}", what.repeat(1_000_000 / what.len()));
    assert_eq!(too_much(&million("a: name ")), "tokens");
    assert_eq!(too_much(&million("name @skip(if: true) ")), "tokens");
    assert_eq!(too_much(&"{me".repeat(101)), "levels of nesting");
    assert_eq!(too_much(&format!("{{ nodes(ids: {}", "[".repeat(101))), "levels of nesting");
    assert_eq!(too_much(&million("\u{1f600}")), "tokens");
    assert_eq!(too_much(&format!("{{ {} }}", "a: __typename ".repeat(31))), "aliases");
    assert_eq!(too_much(&format!("{{ me {{ name {} }} }}", "@x ".repeat(51))), "directives");
    let deep = format!("{{ me {} name {}", "{ best ".repeat(15), "} ".repeat(16));
    assert_eq!(too_much(&deep.replace("best  name", "best { name }")), "levels of fields");
    // A single token that takes up the whole document.
    for text in [million("#"), "\"".repeat(3) + &"x".repeat(1_000_000)] {
        assert_eq!(too_much(&text), "bytes");
    }
    let error = analyze("\"").expect_err("an open string");
    assert!(matches!(error, RequestError::Document(DocumentError::Syntax(_))));
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
fn introspection_has_limits_of_its_own() {
    let types = |below: &str| format!("{{ __schema {{ types {{ {below} }} }} }}");
    let chain = format!("{} kind {}", "ofType { ".repeat(9), "} ".repeat(9));
    let fields = format!("fields {{ name args {{ name type {{ {chain} }} }} type {{ {chain} }} }}");
    assert_eq!(analyze(&types(&fields)).expect("harmless").depth, 1);
    let nested = types("fields { type { fields { type { fields { name } } } } }");
    let error = analyze(&nested).expect_err("lists in lists in lists");
    assert!(matches!(error, RequestError::Introspection(IntrospectionError::TooDeep)));
    let aliases =
        |below: &str| (0..30).fold(String::new(), |text, n| format!("{text} a{n}: {below}"));
    let wide = types(&format!(
        "fields {{ type {{ {} }} }}",
        aliases("fields { name args { name type { name } } }")
    ));
    let error = analyze(&wide).expect_err("many fields");
    assert!(matches!(error, RequestError::Introspection(IntrospectionError::LimitExceeded(_))));
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
        Part::Friends(None, set) => format!("friends {{ nodes {{ {} }} }}", print(set)),
        Part::Friends(Some(first), set) => {
            format!("friends{first}: friends(first: {first}) {{ nodes {{ {} }} }}", print(set))
        }
        Part::Spread(fragment) => format!("...F{fragment}"),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(" ")
}

/// Merges the parts of one object by their response keys, with every fragment expanded. Each has the
/// number of friends, if it selects some, and the selections below it.
fn merge<'p>(
    parts: &'p [Part],
    fragments: &'p BTreeMap<usize, Vec<Part>>,
    merged: &mut BTreeMap<String, (Option<u64>, Vec<&'p [Part]>)>,
) {
    for part in parts {
        let (key, friends, below): (_, _, &[Part]) = match part {
            Part::Name(other) => (if *other { "other" } else { "name" }.to_owned(), None, &[]),
            Part::Best(set) => ("best".to_owned(), None, set),
            Part::Friends(None, set) => ("friends".to_owned(), Some(20), set),
            Part::Friends(Some(first), set) => {
                (format!("friends{first}"), Some(u64::from(*first)), set)
            }
            Part::Spread(fragment) => {
                merge(&fragments[fragment], fragments, merged);
                continue;
            }
        };
        merged.entry(key).or_insert((friends, Vec::new())).1.push(below);
    }
}

/// Returns depth, selections, nodes and fields of one object.
fn count(sets: &[&[Part]], fragments: &BTreeMap<usize, Vec<Part>>) -> (usize, u64, u64, u64) {
    let mut merged = BTreeMap::new();
    for set in sets {
        merge(set, fragments, &mut merged);
    }
    let mut total = (0, 0, 0, 0);
    for (friends, below) in merged.values() {
        let inner = count(below, fragments);
        let (depth, selections, nodes, fields) = match friends {
            None => (inner.0 + 1, inner.1 + 1, inner.2, inner.3 + 1),
            Some(n) => (inner.0 + 2, inner.1 + 2, n * (inner.2 + 1), n * inner.3 + 2),
        };
        total = (total.0.max(depth), total.1 + selections, total.2 + nodes, total.3 + fields);
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
        // Every fragment is used, and the fields of a query are those of a user.
        let all = [Part::Best(operation), Part::Spread(1), Part::Spread(2), Part::Spread(3),
            Part::Spread(4)];
        let mut text = format!("{{ me {{ {} }} }}", print(&all));
        for (name, set) in &fragments {
            write!(text, " fragment F{name} on User {{ {} }}", print(set)).expect("a string");
        }
        let limits = DocumentLimits {
            tokens: 100_000, aliases: 10_000, depth: 100, selections: u64::MAX, nodes: u64::MAX,
            fields: u64::MAX, ..DocumentLimits::default()
        };
        let prepared = pipeline(limits).prepare(&mut Request::new(&text));
        let cost = prepared.map(|prepared| prepared.cost).expect(&text);
        let (depth, selections, nodes, fields) = count(&[&all], &fragments);
        prop_assert_eq!(
            (cost.depth, cost.selections, cost.nodes, cost.fields),
            (depth + 1, selections + 1, nodes, fields + 1),
            "{}", text
        );
        let colons = text.matches(':').count() - text.matches("first:").count();
        prop_assert_eq!(cost.aliases, colons);
    }
}

use crate::common::*;
use cruddur::domain::Viewer;
use async_graphql::*;
#[tokio::test]
async fn probe() {
    let q = "{__schema{types{fields{type{ofType{fields{type{ofType{fields{type{ofType{fields{type{name}}}}}}}}}}}}}}";
    let t = std::time::Instant::now(); let r = world(ADA).await.ask(q).await; println!("bomb {:?} {} {:?}", t.elapsed(), serde_json::to_string(&r).unwrap().len(), r.errors);

    let w = world(ADA).await;
    let i = std::fs::read_to_string("/tmp/i.graphql").unwrap();
    let r = w.ask(i).await;
    println!("introspection: {:?}", r.errors);
    for (q, v) in [
        ("{ nope }", "{}"), ("{", "{}"), ("", "{}"), ("query($f: Int) { home(first: $f) { nodes { id } } }", r#"{"f":"x"}"#),
        ("query($f: Int) { home(first: $f) { nodes { id } } }", r#"{"f":3000000000}"#),
        ("query($f: String!) { user(handle: $f) { id } }", r#"{}"#),
        ("query($f: String!) { user(handle: $f) { id } }", r#"{"f":null}"#),
        ("query($f: String!) { user(handle: $f) { id } }", r#"{"f":["a"]}"#),
        ("query($f: [ID!]!) { nodes(ids: $f) { id } }", r#"{"f":[null]}"#),
        ("query($f: CreateActivityInput!) { __typename } ", r#"{"f":7}"#),
        ("mutation($f: CreateActivityInput!) { createActivity(input: $f) {edge {cursor}} } ", r#"{"f":7}"#),
        ("mutation($f: CreateActivityInput!) { createActivity(input: $f) {edge {cursor}} } ", r#"{"f":{"message":"a"}}"#),
        ("mutation($f: CreateActivityInput!) { createActivity(input: $f) {edge {cursor}} } ", r#"{"f":{"message":"a","ttl":"X"}}"#),
        ("mutation($f: CreateActivityInput!) { createActivity(input: $f) {edge {cursor}} } ", r#"{"f":{"message":"a","ttl":"ONE_DAY","x":1}}"#),
        ("mutation($f: CreateActivityInput!) { createActivity(input: $f) {edge {cursor}} } ", r#"{"f":{"message":null,"ttl":"ONE_DAY"}}"#),
        ("mutation { createActivity(input: {message: null, ttl: ONE_DAY}) {edge {cursor}} } ", r#"{}"#),
        ("query($f: Strin) { user(handle: $f) { id } }", r#"{"f":["a"]}"#),
        ("{ home(first: 1000) { nodes { id } } }", "{}"),
        ("{ home(first: \"1\") { nodes { id } } }", "{}"),
        ("{ home(first: 3000000000) { nodes { id } } }", "{}"),
        ("query A { viewer {user{id}} } query B { viewer {user{id}} }", "{}"),
        ("subscription { x }", "{}"),
        ("{ home { nodes { replies { nodes { replies { nodes { replies { nodes { replies { nodes { replies { nodes { replies { nodes { replies { nodes { id } } } } } } } } } } } } } } } }", "{}"),
        ("{ home(first: 100) { nodes { replies(first: 100) { nodes { id message } } } } }", "{}"),
        ("{ a:activity(id: \"zzz\") { id } n:nodes(ids:[\"zz\"]) {id} u: user(handle: \"\") { id } }", "{}"),
        ("{ home { nodes { message @include(if: 3) id @skip(if: $x) } } }", "{}"),
        ("query($x: Boolean!) { home(first:1) { nodes { message id @skip(if: $x) } } }", "{}"),
        ("fragment A on Query { ...A } { ...A }", "{}"),
        ("fragment A on Query { ...B } fragment B on Query {...A} { ...A }", "{}"),
    ] {
        let mut r = Request::new(q).variables(Variables::from_json(serde_json::from_str(v).unwrap()));
        let _ = &mut r;
        println!("{q} {v}\n    {}", serde_json::to_string(&w.ask(r).await).unwrap());
    }
    let _ = Viewer::Anonymous;
}

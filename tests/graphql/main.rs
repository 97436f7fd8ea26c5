#[test]
fn sdl() { std::fs::write("schema.graphql", cruddur::graphql::sdl()).unwrap(); }

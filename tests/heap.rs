//! The memory of documents, compared with what the allocator is asked for.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    fmt::Write,
    sync::Arc,
};

use apollo_compiler::Schema;
use async_graphql::Variables;
use cruddur::graphql::{
    DocumentLimits,
    pipeline::{
        cache::{CachedDocument, DocumentCache, MAX_BYTES},
        coercion::coerce,
        normalization::PossibleTypes,
        operation::{NormalOperation, OperationKey},
        validation::Validator,
    },
    sdl,
};

/// The system's allocator, which counts the bytes that each thread has.
struct Counting;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: usize, sign: isize) {
    // The counter is gone while a thread ends.
    let _ = LIVE.try_with(|live| live.set(live.get() + sign * bytes.cast_signed()));
}

// SAFETY: each method passes its arguments on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the value of a function, and the bytes that it has left allocated.
fn measured<T>(make: impl FnOnce() -> T) -> (T, f64) {
    let before = LIVE.get();
    let value = make();
    (value, (LIVE.get() - before) as f64)
}

struct Reader {
    validator: Validator,
    types: PossibleTypes,
}

impl Reader {
    fn new() -> Self {
        let schema = Arc::new(Schema::parse_and_validate(sdl(), "").expect("the gateway's schema"));
        let limits = DocumentLimits {
            tokens: 10_000,
            aliases: 4000,
            directives: 4000,
            ..DocumentLimits::default()
        };
        Self {
            validator: Validator::new(Arc::clone(&schema), limits),
            types: PossibleTypes::new(schema),
        }
    }

    /// Returns a document as the cache has it, with the normal form of its operation.
    fn read(&self, text: &str) -> Arc<CachedDocument> {
        let valid =
            self.validator.validate(text).unwrap_or_else(|it| panic!("{text:.200}: {it:?}"));
        let document = CachedDocument::new(valid);
        let valid = &document.valid;
        let operation = valid.document.operations.get(None).expect("one operation");
        let values = coerce(&self.types.schema, operation, &Variables::default()).expect("values");
        let normal = NormalOperation::new(&self.types, valid, operation, &values, 5000);
        let key = OperationKey::new(valid, operation, &values);
        document.set_last(key, &Arc::new(normal.expect("a normal form")));
        Arc::new(document)
    }
}

/// Documents of many kinds, with a number in each.
fn documents(number: usize) -> Vec<(&'static str, String)> {
    let repeat = |count: usize, part: &dyn Fn(usize) -> String| {
        (0..count).fold(String::new(), |mut text, n| {
            text.push_str(&part(n));
            text
        })
    };
    let fragments = (0..22).fold(String::new(), |mut text, n| {
        write!(text, "fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1).expect("a String");
        text
    });
    let deep = format!("{}__typename{}", "...{".repeat(28), "}".repeat(28));
    let id = "0".repeat(60);
    [
        ("one field", "{ __typename }".to_owned()),
        (
            "a feed",
            "query Home($first: Int = 20) { home(first: $first) { pageInfo { hasNextPage endCursor }
               edges { cursor node { id message createdAt likesCount author { handle displayName }
                 replies(first: 3) { nodes { message author { handle } } } } } } }"
                .to_owned(),
        ),
        ("deep inline fragments", format!("{{{}}}", deep.repeat(43))),
        ("one field many times", format!("{{ home {{ nodes {{ {} }} }} }}", "id ".repeat(3900))),
        (
            "many aliases",
            format!("{{ {} }}", repeat(1200, &|n| format!("alias{n}: __typename "))),
        ),
        (
            "many arguments",
            format!(
                "{{ {} }}",
                repeat(300, &|n| format!("a{n}: home(first: {n}, after: null) {{ __typename }} "))
            ),
        ),
        ("long strings", format!("{{ node(id: {:?}) {{ id }} }}", "x".repeat(90_000))),
        ("a block string", format!("{{ node(id: \"\"\"{}\"\"\") {{ id }} }}", "x\n  ".repeat(9000))),
        (
            "many variables",
            format!(
                "query Q({}) {{ {} }}",
                repeat(190, &|n| format!("$variable{n}: [ID!]! = [\"{n}\"] ")),
                repeat(190, &|n| format!("a{n}: nodes(ids: $variable{n}) {{ __typename }} "))
            ),
        ),
        (
            "many fragments",
            format!("{{ ...F0 }} {fragments} fragment F22 on Query {{ __typename }}"),
        ),
        (
            "many small fragments",
            format!(
                "{{ {} }} {}",
                repeat(400, &|n| format!("...F{n} ")),
                repeat(400, &|n| format!("fragment F{n} on Query {{ __typename }} "))
            ),
        ),
        (
            "many directives",
            format!("{{ {} }}", repeat(400, &|_| "__typename @include(if: true) ".to_owned())),
        ),
("a long list", format!("{{ nodes(ids: [{}]) {{ id }} }}", repeat(3900, &|n| format!("\"{n}\" ")))),
        ("long items", format!("{{ nodes(ids: [{}]) {{ id }} }}", format!("\"{id}\" ").repeat(1500))),
        (
            "different objects",
            format!(
                "{{ nodes(ids: []) {{ {} }} }}",
                "... on Activity { id message author { handle } } ... on User { id handle } "
                    .repeat(200)
            ),
        ),
        ("a comment", "{ __typename } #".to_owned() + &"x".repeat(90_000)),
        ("blanks and commas", "{ __typename }".to_owned() + &" ,".repeat(40_000)),
    ]
    .map(|(kind, text)| (kind, format!("{text}\n#{number}")))
    .into()
}

#[test]
fn the_memory_of_documents_is_that_of_their_allocations() {
    let reader = Reader::new();
    // What is allocated once does not count.
    for (_, text) in documents(0) {
        reader.read(&text);
    }
    for (kind, text) in documents(1) {
        let (document, real) = measured(|| reader.read(&text));
        let factor = document.bytes() as f64 / real;
        println!("{kind}: {} bytes of text, {real} of memory, factor {factor:.2}", text.len());
        assert!((0.9..1.3).contains(&factor), "{kind}: {factor}");
    }
}

#[test]
fn the_cache_takes_at_most_its_bound() {
    let reader = Reader::new();
    let kinds = ["a feed", "deep inline fragments", "long strings"];
    for (kind, text) in documents(0).into_iter().filter(|(kind, _)| kinds.contains(kind)) {
        reader.read(&text);
        let (cache, real) = measured(|| {
            let cache = DocumentCache::default();
            let each = reader.read(&text).bytes();
            for number in 0..MAX_BYTES as usize / each * 5 / 4 {
                let text = format!("{text}{number}");
                cache.insert(&reader.read(&text));
            }
            cache
        });
        let share = real / MAX_BYTES as f64;
        println!("{kind}: {share:.2} of the bound");
        assert!((0.7..1.05).contains(&share), "{kind}: {share}");
        drop(cache);
    }
}

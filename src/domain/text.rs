//! What a message says beyond its characters: the words it is found by and the people it mentions.

use std::collections::BTreeSet;

/// The most people whom one message can notify by mentioning them.
pub const MAX_MENTIONS: usize = 20;

/// The most characters of a word that count. Indexes have a limit.
const MAX_WORD: usize = 64;

/// The most words of a text that count, more than a text of 1024 characters can have.
const MAX_WORDS: usize = 1_000;

/// The words by which a text is found, lower-case, each once, in alphabetical order.
///
/// A word is a run of letters, digits and `_`. A word right after `#` is a hashtag and stands twice,
/// with and without its `#`.
pub fn words(text: &str) -> BTreeSet<String> {
    tokens(text)
        .take(MAX_WORDS)
        .flat_map(|(tag, word)| [Some(word.clone()), tag.then(|| format!("#{word}"))])
        .flatten()
        .collect()
}

/// What a search looks for: activities that have every one of these words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Search {
    pub words: Vec<String>,
    /// Whether the last word may go on, as it does while somebody types it.
    pub prefix: bool,
}

impl Search {
    /// The most words that a search looks for; further ones are ignored.
    pub const MAX_WORDS: usize = 16;

    /// Reads a search term. Whatever is neither word nor hashtag only separates the words.
    pub fn parse(term: &str) -> Self {
        let mut tokens: Vec<_> = tokens(term).take(Self::MAX_WORDS).collect();
        let prefix = term.ends_with(is_word) && tokens.last().is_some_and(|(tag, _)| !tag);
        let words = tokens
            .drain(..)
            .map(|(tag, word)| if tag { format!("#{word}") } else { word })
            .collect();
        Self { words, prefix }
    }

    /// Whether a text with these [`words`] is what is looked for. A search without words finds nothing.
    pub fn matches(&self, words: &BTreeSet<String>) -> bool {
        let Some((last, rest)) = self.words.split_last() else { return false };
        let found = if self.prefix {
            words.range(last.clone()..).next().is_some_and(|word| word.starts_with(last))
        } else {
            words.contains(last)
        };
        found && rest.iter().all(|word| words.contains(word))
    }
}

/// The handles that a text mentions as `@handle`, each once, in order, at most [`MAX_MENTIONS`].
///
/// A handle is letters, digits, `_`, `-` and inner dots; an `@` inside of a word, as in an e-mail
/// address, mentions nobody.
pub fn mentions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        if text[..at].ends_with(is_handle) {
            continue;
        }
        let rest = &text[at + 1..];
        let end = rest.find(|c| !is_handle(c)).unwrap_or(rest.len());
        let handle = rest[..end].trim_end_matches(['.', '-']).to_owned();
        if !handle.is_empty() && !found.contains(&handle) {
            found.push(handle);
            if found.len() == MAX_MENTIONS {
                break;
            }
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_handle(c: char) -> bool {
    is_word(c) || c == '-' || c == '.'
}

/// The words of a text in order, lower-case, and whether each is a hashtag.
fn tokens(text: &str) -> impl Iterator<Item = (bool, String)> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(is_word)?;
        let tag = rest[..start].ends_with('#');
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = rest[..end].chars().take(MAX_WORD).collect::<String>().to_lowercase();
        rest = &rest[end..];
        Some((tag, word))
    })
}

//! The words that a text is found by, and the handles that it mentions.

use std::collections::BTreeSet;

/// The most users that one message can notify by mentioning them.
pub const MAX_MENTIONS: usize = 20;

/// The most characters of a word that are indexed. Indexes have a limit.
const MAX_WORD: usize = 64;

/// The most words of a text that are indexed. A text of 1024 characters has fewer.
const MAX_WORDS: usize = 1_000;

/// The words by which a text is found, lower-case, each once, in alphabetical order.
///
/// A word is a run of letters, digits and `_`. A word right after `#` is a hashtag and appears twice,
/// with and without its `#`.
pub fn words(text: &str) -> BTreeSet<String> {
    tokens(text)
        .take(MAX_WORDS)
        .flat_map(|(tag, word)| [Some(word.clone()), tag.then(|| format!("#{word}"))])
        .flatten()
        .collect()
}

/// A search: it matches texts that have every one of these words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Search {
    pub words: Vec<String>,
    /// Whether the last word may be a prefix, as it is while a user types it.
    pub prefix: bool,
}

impl Search {
    /// The most words of a search; further ones are ignored.
    pub const MAX_WORDS: usize = 16;

    /// Reads a search term. Characters outside of words and hashtags only separate them.
    pub fn parse(term: &str) -> Self {
        let mut tokens: Vec<_> = tokens(term).take(Self::MAX_WORDS).collect();
        let prefix = term.ends_with(is_word) && tokens.last().is_some_and(|(tag, _)| !tag);
        let words = tokens
            .drain(..)
            .map(|(tag, word)| if tag { format!("#{word}") } else { word })
            .collect();
        Self { words, prefix }
    }

    /// Whether a text with these [`words`] matches. A search without words matches nothing.
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
/// address, is no mention.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts that are full of what matters: words, marks, other scripts, controls.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-cA-C0-2_#@.\\- %'\"]{0,24}",
            "(#|@|x|Ü|ß|İ|Σ|Ⓐ|東|é|\u{301}|_|%|'|\"|\\\\|\u{0}| |🚀|\\.|-){0,16}",
            any::<String>(),
        ]
    }

    /// Where each run of characters of a kind begins, and the run.
    fn runs(text: &str, kind: fn(char) -> bool) -> Vec<(usize, String)> {
        let mut runs: Vec<(usize, String)> = Vec::new();
        let mut inside = false;
        for (at, c) in text.char_indices() {
            match runs.last_mut() {
                Some((_, run)) if inside && kind(c) => run.push(c),
                _ if kind(c) => runs.push((at, c.into())),
                _ => {}
            }
            inside = kind(c);
        }
        runs
    }

    proptest! {
        #[test]
        fn words_are_the_runs_of_letters_digits_and_underscores(text in text()) {
            let mut expected = BTreeSet::new();
            for (at, run) in runs(&text, is_word) {
                let word = run.chars().take(64).collect::<String>().to_lowercase();
                if text[..at].ends_with('#') {
                    expected.insert(format!("#{word}"));
                }
                expected.insert(word);
            }
            prop_assert_eq!(words(&text), expected);
        }

        #[test]
        fn no_word_holds_what_a_query_language_could_read(text in text()) {
            for word in words(&text).into_iter().chain(Search::parse(&text).words) {
                let bare = word.strip_prefix('#').unwrap_or(&word);
                prop_assert!(!bare.is_empty());
                let ascii = bare.chars().filter(char::is_ascii);
                prop_assert!(ascii.clone().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{}", word);
                prop_assert!(!bare.contains(char::is_whitespace) && !bare.contains(char::is_control));
            }
        }

        #[test]
        fn a_text_is_found_by_itself_and_by_each_beginning_of_it(text in text()) {
            let words = words(&text);
            for (end, _) in text.char_indices() {
                let term = &text[..end];
                let search = Search::parse(term);
                // A hashtag is not completed, and lower case may depend on what follows.
                let complete = search.prefix || !term.ends_with(is_word);
                if !search.words.is_empty() && complete && !text.contains(['Σ', 'İ']) && text.len() < 90 {
                    prop_assert!(search.matches(&words), "{:?}", search);
                }
            }
            let whole = Search::parse(&text);
            prop_assert_eq!(whole.matches(&words), !words.is_empty());
        }

        #[test]
        fn mentions_are_the_handles_behind_an_at_sign_that_ends_no_word(text in text()) {
            let mut expected: Vec<String> = Vec::new();
            for (at, run) in runs(&text, is_handle) {
                let before = &text[..at];
                let Some(before) = before.strip_suffix('@') else { continue };
                let handle = run.trim_end_matches(['.', '-']).to_owned();
                if !before.ends_with(is_handle) && !handle.is_empty() && !expected.contains(&handle) {
                    expected.push(handle);
                }
            }
            expected.truncate(MAX_MENTIONS);
            prop_assert_eq!(mentions(&text), expected);
        }
    }

    #[test]
    fn a_message_mentions_at_most_twenty_people_and_each_once() {
        let crowd: Vec<_> = (0..30).map(|n| format!("@fan{n}")).collect();
        assert_eq!(mentions(&crowd.join(" ")).len(), 20);
        assert_eq!(mentions("@worf, @Worf and @worf: a@b.c"), ["worf", "Worf"]);
        assert_eq!(mentions("@Londo.M. (@new-user_1-)"), ["Londo.M", "new-user_1"]);
        assert!(mentions("@ @. @- andrew@example.com").is_empty());
    }

    #[test]
    fn a_search_is_for_at_most_sixteen_words_of_sixty_four_characters() {
        let term: Vec<_> = (0..20).map(|n| format!("w{n}")).collect();
        assert_eq!(Search::parse(&term.join(" ")).words.len(), 16);
        assert_eq!(Search::parse(&"x".repeat(100)).words, ["x".repeat(64)]);
    }
}

//! Display names that cannot deceive, and handles that do not look alike.
//!
//! The rules are those of Unicode Technical Standard 39, "Unicode Security Mechanisms". Names and
//! handles that exist already are not checked again.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiControl, CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji,
        ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, Ideographic, JoiningType,
        VariationSelector, WhiteSpace,
    },
};
use unicode_security::confusable_detection::skeleton;

use crate::error::{Result, UserErrorCode};

/// The most characters of a display name.
const MAX_DISPLAY_NAME: usize = 64;

/// The most nonspacing marks in a row, as UTS 39 section 5.4 has it. Taller stacks cover the lines
/// around them.
const MAX_MARKS: usize = 4;

/// Symbols without ink: BRAILLE PATTERN BLANK and MUSICAL SYMBOL NULL NOTEHEAD.
const BLANK_SYMBOLS: [char; 2] = ['\u{2800}', '\u{1D159}'];

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';

/// Handles that a new user cannot have, nor one that looks like them: names of roles, of parts of the
/// service and of missing values.
const RESERVED_HANDLES: [&str; 24] = [
    "admin",
    "administrator",
    "anonymous",
    "api",
    "cruddur",
    "everyone",
    "graphiql",
    "graphql",
    "health",
    "help",
    "identity",
    "me",
    "metrics",
    "moderator",
    "none",
    "null",
    "official",
    "root",
    "security",
    "staff",
    "support",
    "system",
    "undefined",
    "viewer",
];

/// Returns a display name as it is stored: each run of white space is one U+0020, and there is none at
/// either end.
///
/// In this order:
/// * [`UserErrorCode::DisplayNameBlank`] if it is missing or only white space.
/// * [`UserErrorCode::DisplayNameInvalid`] if it then has more than 64 characters; if it contains a
///   control character, a bidirectional control or an invisible character; if none of its characters is
///   visible by itself; if more than four nonspacing marks follow each other.
///
/// Invisible characters are those with the property `Default_Ignorable_Code_Point`. They are allowed at
/// the places where they change what is displayed:
/// * U+200C and U+200D in scripts that need them, by the rules of RFC 5892 appendix A, and U+200D before
///   a virama, as Bengali writes `র‍্য`.
/// * U+200D between two emoji, and tags after U+1F3F4, by UTS 51.
/// * A variation selector after an emoji, an ideograph or a Mongolian letter.
pub fn checked_display_name(name: Option<&str>) -> Result<String> {
    let name = name.unwrap_or_default();
    let words = name.split(is_blank).filter(|word| !word.is_empty());
    let folded = words.collect::<Vec<_>>().join(" ");
    if folded.is_empty() {
        return Err(UserErrorCode::DisplayNameBlank.into());
    }
    let fits = folded.chars().count() <= MAX_DISPLAY_NAME;
    // Tabs and line breaks are white space as well.
    let is_honest = !name.chars().any(char::is_control)
        && folded.char_indices().all(|(at, c)| is_allowed(&folded, at, c))
        && folded.chars().any(is_visible)
        && !has_stacked_marks(&folded);
    if fits && is_honest { Ok(folded) } else { Err(UserErrorCode::DisplayNameInvalid.into()) }
}

/// Returns what a handle looks like: handles with the same skeleton are confusable, or differ in case
/// alone.
///
/// It is the skeleton of UTS 39 section 4, regardless of case. `I` is confusable with `l` and `1`, so `i`
/// is as well. `w` is `vv`, which the data of UTS 39 lack. The skeleton is for comparisons only, and
/// neither for display nor for lookups.
pub fn handle_skeleton(handle: &str) -> String {
    // The data have I and 0, but not i and o. They have m, but not M.
    let lower = skeleton(handle).collect::<String>().to_lowercase();
    let lower = skeleton(&lower).collect::<String>().to_lowercase();
    lower.replace('i', "l").replace('w', "vv")
}

/// Returns whether a handle is reserved, or confusable with a reserved one.
pub fn is_reserved_handle(handle: &str) -> bool {
    let skeleton = handle_skeleton(handle);
    RESERVED_HANDLES.iter().any(|reserved| handle_skeleton(reserved) == skeleton)
}

fn is_blank(c: char) -> bool {
    CodePointSetData::new::<WhiteSpace>().contains(c) || BLANK_SYMBOLS.contains(&c)
}

/// Returns whether a name may contain `c` at the byte `at`. Controls are checked elsewhere.
fn is_allowed(name: &str, at: usize, c: char) -> bool {
    let (before, after) = (&name[..at], &name[at + c.len_utf8()..]);
    match c {
        // Interlinear annotations hide text, and are not default-ignorable.
        '\u{FFF9}'..='\u{FFFB}' => false,
        _ if CodePointSetData::new::<BidiControl>().contains(c) => false,
        _ if !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) => true,
        ZERO_WIDTH_NON_JOINER => ends_in_virama(before) || breaks_joining(before, after),
        ZERO_WIDTH_JOINER => {
            ends_in_virama(before)
                || after.chars().next().is_some_and(is_virama)
                || joins_emoji(before, after)
        }
        _ if is_tag(c) => before.trim_end_matches(is_tag).ends_with('\u{1F3F4}'),
        _ if CodePointSetData::new::<VariationSelector>().contains(c) => {
            before.chars().next_back().is_some_and(has_variations)
        }
        _ => false,
    }
}

fn is_virama(c: char) -> bool {
    let class = CodePointMapData::<CanonicalCombiningClass>::new().get(c);
    class == CanonicalCombiningClass::Virama
}

fn ends_in_virama(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_virama)
}

/// Returns whether two letters, around marks that joining skips, would join without what is between
/// them: RFC 5892, appendix A.1.
fn breaks_joining(before: &str, after: &str) -> bool {
    let joining = |c: char| CodePointMapData::<JoiningType>::new().get(c);
    let skipped = |joining: &JoiningType| *joining != JoiningType::Transparent;
    let left = before.chars().rev().map(joining).find(skipped);
    let right = after.chars().map(joining).find(skipped);
    matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// Returns whether there is an emoji, with its modifiers, at either side.
fn joins_emoji(before: &str, after: &str) -> bool {
    let is_pictograph = |c: char| CodePointSetData::new::<ExtendedPictographic>().contains(c);
    let is_modifier = |c: char| matches!(c, '\u{1F3FB}'..='\u{1F3FF}' | '\u{FE0F}');
    before.trim_end_matches(is_modifier).ends_with(is_pictograph)
        && after.starts_with(is_pictograph)
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0020}'..='\u{E007F}')
}

/// Returns whether a variation selector after `c` can change how `c` is displayed.
fn has_variations(c: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(c)
        || CodePointSetData::new::<Ideographic>().contains(c)
        || matches!(c, '\u{1820}'..='\u{18AA}')
}

/// Returns whether `c` is visible by itself, which neither spaces nor marks nor formats are.
fn is_visible(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    !GeneralCategoryGroup::Mark
        .union(GeneralCategoryGroup::Separator)
        .union(GeneralCategoryGroup::Control)
        .union(GeneralCategoryGroup::Format)
        .contains(category)
}

fn has_stacked_marks(name: &str) -> bool {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let mut marks = 0;
    name.chars().any(|c| {
        let category = categories.get(c);
        let is_mark =
            matches!(category, GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark);
        marks = if is_mark { marks + 1 } else { 0 };
        marks > MAX_MARKS
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(name: &str) -> std::result::Result<String, UserErrorCode> {
        checked_display_name(Some(name)).map_err(|error| match error {
            crate::error::Error::User(code) => code,
            error => panic!("{error}"),
        })
    }

    #[test]
    fn blank_names_are_refused() {
        assert!(checked_display_name(None).is_err());
        for name in ["", " ", "\t\r\n", "\u{A0}", "\u{2003}\u{3000}", "\u{2028}", "\u{2800}"] {
            assert_eq!(checked(name), Err(UserErrorCode::DisplayNameBlank), "{name:?}");
        }
    }

    #[test]
    fn runs_of_blanks_are_folded() {
        let padded = format!("Andrew Brown @andrewbrown{}", "\u{3000}".repeat(38));
        assert_eq!(checked(&padded).unwrap(), "Andrew Brown @andrewbrown");
        assert_eq!(checked(" a \u{A0}\u{2009} b\u{2028}c\u{2800} ").unwrap(), "a b c");
        assert_eq!(checked(&format!("{}b{}", "a ".repeat(31), " ".repeat(999))).unwrap().len(), 63);
    }

    #[test]
    fn names_have_at_most_64_characters() {
        assert!(checked(&"é".repeat(64)).is_ok());
        assert_eq!(checked(&"é".repeat(65)), Err(UserErrorCode::DisplayNameInvalid));
    }

    #[test]
    fn characters_that_deceive_are_refused() {
        let bidi = ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}');
        let others = [
            '\0',
            '\t',
            '\n',
            '\u{7}',
            '\u{1B}',
            '\u{7F}',
            '\u{85}',
            '\u{9B}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{115F}',
            '\u{1160}',
            '\u{17B4}',
            '\u{180E}',
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{200E}',
            '\u{200F}',
            '\u{2060}',
            '\u{2064}',
            '\u{206F}',
            '\u{3164}',
            '\u{FE00}',
            '\u{FE0F}',
            '\u{FEFF}',
            '\u{FFA0}',
            '\u{FFF9}',
            '\u{FFFB}',
            '\u{1D173}',
            '\u{E0001}',
            '\u{E0041}',
            '\u{E0100}',
            '\u{E0FFF}',
        ];
        for c in bidi.chain(others) {
            for name in [format!("A{c}B"), format!("{c}AB"), format!("AB{c}"), format!("x {c} y")] {
                assert_eq!(checked(&name), Err(UserErrorCode::DisplayNameInvalid), "{name:?}");
            }
        }
    }

    #[test]
    fn names_without_a_visible_character_are_refused() {
        for name in ["\u{200B}", "\u{FEFF}", "\u{301}", "\u{301} \u{302}", "\u{3164}", "\u{20DD}"] {
            assert_eq!(checked(name), Err(UserErrorCode::DisplayNameInvalid), "{name:?}");
        }
        for name in [".", "💜", "7", "愛"] {
            assert_eq!(checked(name).unwrap(), name);
        }
    }

    #[test]
    fn stacked_marks_are_refused() {
        assert!(checked(&format!("Z{}", "\u{301}".repeat(4))).is_ok());
        let zalgo = format!("Z{}", "\u{301}".repeat(5));
        assert_eq!(checked(&zalgo), Err(UserErrorCode::DisplayNameInvalid));
    }

    #[test]
    fn names_of_many_scripts_are_kept() {
        for name in [
            "Andrew Brown",
            "D'Arcy O’Neill-Smith Jr.",
            "Nguyễn Thị Minh Khai",
            "Nguye\u{302}\u{303}n",
            "محمد بن سلمان",
            "משה כּהן",
            "علی\u{200C}رضا",
            "फ़ातिमा",
            "क्\u{200D}ष",
            "क्\u{200C}ष",
            "ක්\u{200D}ෂ",
            "র\u{200D}্যাব",
            "葛\u{E0100}城",
            "ᠠ\u{180B}",
            "Ⓐ",
        ] {
            assert_eq!(checked(name).unwrap(), name);
        }
    }

    #[test]
    fn emoji_sequences_are_kept() {
        for name in [
            "Worf 🖖🏽",
            "❤️",
            "❤️\u{200D}🔥",
            "👩🏽\u{200D}🚀",
            "👨\u{200D}👩\u{200D}👧\u{200D}👦",
            "🏳️\u{200D}🌈",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
            "1️⃣",
            "🇨🇦",
        ] {
            assert_eq!(checked(name).unwrap(), name);
        }
    }

    #[test]
    fn confusable_handles_have_one_skeleton() {
        for (one, other) in [
            ("alice", "Alice"),
            ("alice", "aIice"),
            ("alice", "a1ice"),
            ("Alice", "A1ICE"),
            ("alice", "allce"),
            ("vwv", "wvv"),
            ("londo", "l0ndo"),
            ("londo", "1OndO"),
            ("worf", "vvorf"),
            ("worf", "VVorf"),
            ("morn", "rnorn"),
            ("Morn", "rnOrn"),
            ("worf", "wоrf"),
            ("worf", "wo\u{200B}rf"),
        ] {
            assert_eq!(handle_skeleton(one), handle_skeleton(other), "{one} {other}");
        }
        for (one, other) in
            [("alice", "alicia"), ("worf", "wolf"), ("coco", "c0de"), ("a.b", "ab"), ("u1", "u2")]
        {
            assert_ne!(handle_skeleton(one), handle_skeleton(other), "{one} {other}");
        }
    }

    #[test]
    fn reserved_handles_and_those_that_look_like_them_are_reserved() {
        for handle in
            ["admin", "Admin", "adrnin", "adm1n", "nu11", "NULL", "me", "rne", "ApI", "ap1", "r00t"]
        {
            assert!(is_reserved_handle(handle), "{handle}");
        }
        for handle in ["andrewbrown", "adminton", "worf", "melanie", "the-admin"] {
            assert!(!is_reserved_handle(handle), "{handle}");
        }
    }

    proptest! {
        #[test]
        fn accepted_names_stay_as_they_are(name in any::<String>()) {
            if let Ok(name) = checked(&name) {
                prop_assert_eq!(checked(&name), Ok(name.clone()));
                prop_assert!(name.chars().count() <= MAX_DISPLAY_NAME);
                prop_assert!(!name.contains(|c: char| c.is_control() || c.is_whitespace() && c != ' '));
            }
        }

        #[test]
        fn a_skeleton_is_its_own_skeleton(handle in "[A-Za-z0-9_.-]{1,64}") {
            let skeleton = handle_skeleton(&handle);
            prop_assert_eq!(handle_skeleton(&skeleton), skeleton);
        }
    }
}

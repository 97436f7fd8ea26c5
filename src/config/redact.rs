//! Values without their secrets.

/// Returns a URL without its secrets: the password between user and host, and the value of a
/// `password` parameter. Any other text stays as it is.
pub fn redacted(url: &str) -> String {
    let rest = match url.split_once("://").or_else(|| url.split_once(':')) {
        Some((scheme, rest)) if !scheme.is_empty() => rest,
        _ => url,
    };
    let scheme = &url[..url.len() - rest.len()];
    let redacted = match rest.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((user, _)) => format!("{scheme}{user}:***@{place}"),
            None => format!("{scheme}***@{place}"),
        },
        None => url.to_owned(),
    };
    match redacted.split_once("password=") {
        Some((before, after)) => {
            let rest = after.find('&').map_or("", |end| &after[end..]);
            format!("{before}password=***{rest}")
        }
        None => redacted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_redacted_and_other_texts_are_not() {
        for (text, expected) in [
            ("postgres://u:p@ss:w@db:5432/x?a=b", "postgres://u:***@db:5432/x?a=b"),
            ("postgres://db/x?password=p&a=b", "postgres://db/x?password=***&a=b"),
            ("http://p@a.example", "http://***@a.example"),
            ("u:p@db", "u:***@db"),
            (":p@db", ":***@db"),
            ("://u:p@db", ":***@db"),
            ("::", "::"),
            ("2001:db8::1", "2001:db8::1"),
            ("not a host", "not a host"),
            ("", ""),
        ] {
            assert_eq!(redacted(text), expected, "{text}");
        }
    }
}

//! Values without their secrets.

/// Returns a URL without its secrets: the password between user and host, and the value of a
/// `password` parameter.
pub fn redacted(url: &str) -> String {
    let (start, rest) = match url.split_once("://").or_else(|| url.split_once(':')) {
        Some((scheme, rest)) => {
            (url.len() - rest.len(), if scheme.is_empty() { url } else { rest })
        }
        None => (0, url),
    };
    let mut shown = url[..start.min(url.len())].to_owned();
    match rest.rsplit_once('@') {
        Some((user, place)) => {
            let user = user.split_once(':').map(|(user, _)| format!("{user}:***"));
            shown.push_str(&user.unwrap_or_else(|| "***".to_owned()));
            shown.push('@');
            shown.push_str(place);
        }
        None => shown.push_str(rest),
    }
    match shown.find("password=").map(|at| at + "password=".len()) {
        Some(from) => {
            let to = shown[from..].find('&').map_or(shown.len(), |len| from + len);
            format!("{}***{}", &shown[..from], &shown[to..])
        }
        None => shown,
    }
}

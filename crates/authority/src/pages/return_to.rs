//! Where a person goes on after signing in: a page of this authority, out of a closed list, so that
//! no link makes this authority send anybody elsewhere (CWE-601).

use axum::response::{IntoResponse, Redirect, Response};
use bailiwick_fetch::form::escaped;
use http::Uri;

/// Where people go on who came from nowhere.
pub(crate) const HOME: &str = "/me/grants";

/// The pages that a sign-in may come from.
const PAGES: [&str; 4] = ["/me", "/oauth/authorize", "/device", "/approvals"];
/// The longest that is carried along.
const LONGEST: usize = 2_000;

/// The page to go on with: what was asked for if it is one of them, else [`HOME`].
pub(crate) fn page(asked: Option<&str>) -> &str {
    asked.filter(|text| is_page(text)).unwrap_or(HOME)
}

/// Sends a person to sign in first, and back here after.
pub(crate) fn sign_in_first(here: &Uri) -> Response {
    sign_in("/sign-in?return_to=", here)
}

/// The same for somebody who is signed in, and has to prove once more who they are.
pub(crate) fn sign_in_again(here: &Uri) -> Response {
    sign_in("/sign-in?again=1&return_to=", here)
}

fn sign_in(page: &str, here: &Uri) -> Response {
    let here = here.path_and_query().map_or(HOME, |it| it.as_str());
    let target = format!("{page}{}", escaped(self::page(Some(here))));
    Redirect::to(&target).into_response()
}

fn is_page(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let straight = !path.split('/').skip(1).any(|part| matches!(part, "" | "." | ".."))
        && !path.contains('%')
        && !text.contains('#');
    let listed = PAGES.into_iter().any(|page| {
        path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    text.len() <= LONGEST && plain && straight && listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, fine: bool) {
        assert_eq!(page(Some(text)) == text, fine, "{text}");
    }

    #[test]
    fn only_pages_of_this_authority_are_gone_back_to() {
        for text in [
            "/me",
            "/me/grants",
            "/me/grants?x=1",
            "/me/requests/abc",
            "/oauth/authorize?client_id=a%2Fb",
            "/device?user_code=WDJB-MJHT",
            "/approvals/apr_x",
        ] {
            check(text, true);
        }
        let long = format!("/me?{}", "x".repeat(LONGEST));
        for text in [
            "",
            "/",
            "//evil.example/me",
            "/\\evil.example",
            "https://evil.example/me",
            "/me//evil.example",
            "/me/../sign-out",
            "/me/%2e%2e/x",
            "/meadow",
            "/devices",
            "/me\r\nset-cookie: x",
            "/me#x",
            "/api/v1/agents",
            "me",
            " /me",
            &long,
        ] {
            check(text, false);
        }
        assert_eq!(page(None), HOME);
    }

    #[test]
    fn what_is_carried_along_stays_one_parameter() {
        let here = Uri::from_static("/oauth/authorize?client_id=a&scope=b%20c");
        let response = sign_in_first(&here);
        let target = response.headers()["location"].to_str().unwrap().to_owned();
        let carried = "/sign-in?return_to=%2Foauth%2Fauthorize%3Fclient_id%3Da%26scope%3Db%2520c";
        assert_eq!(target, carried);
    }
}

//! `/device`: a person enters the code that a device shows, and decides what it may do (RFC 8628,
//! section 3.3). The code that comes with a link is shown to be compared, and is never enough
//! (section 5.4).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};

use crate::authority::Authority;
use crate::http::device_authorization::PAGE;
use crate::http::peer::Peer;
use crate::pages::consent::{self, Decision, Place, Question};
use crate::pages::form::Form;
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::visit::{Posted, Turned, Visit};
use crate::people::session::SignedIn;
use crate::petitions::{decide, device, user_code};

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage<'a> {
    frame: Frame,
    form_token: String,
    entered: &'a str,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "device_done.html")]
struct DonePage {
    frame: Frame,
    allowed: bool,
}

/// Asks for the code; the one of the link stands there already.
pub(crate) async fn show(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
    uri: Uri,
) -> Result<Response, Turned> {
    let query = Form::query(&uri)?;
    let entered = query.one("user_code").and_then(user_code::read).unwrap_or_default();
    enter(&authority, &signed_in, &entered, false)
}

/// Takes the code, and asks what the device may do; then takes the decision.
pub(crate) async fn take(
    State(authority): State<Authority>,
    Peer(address): Peer,
    Posted { signed_in, form }: Posted,
) -> Result<Response, Turned> {
    let entered = form.one("user_code").unwrap_or_default();
    let found = device::find(&authority, (&signed_in, address), entered).await?;
    let (Some(petition), Some(code)) = (found, user_code::read(entered)) else {
        return enter(&authority, &signed_in, &user_code::read(entered).unwrap_or_default(), true);
    };
    let open = decide::read(&authority, petition).await?;
    if form.one("decision").is_none() {
        let question = Question {
            requester: &open.requester,
            asked: &open.asked,
            action: PAGE,
            place: Place::Device(&code),
        };
        return Ok(consent::show(&authority, &signed_in, &question, &Policy::default())?);
    }
    let allowed = match consent::read(&authority, &open.asked, &form)? {
        Decision::Allow(allowed) => {
            decide::allow(&authority, &signed_in, &open, allowed).await?;
            true
        }
        Decision::Deny => {
            decide::deny(&authority, &open.petition).await?;
            false
        }
    };
    let page = DonePage { frame: Frame::new(&authority, Some(&signed_in)), allowed };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}

fn enter(
    authority: &Authority,
    signed_in: &SignedIn,
    entered: &str,
    wrong: bool,
) -> Result<Response, Turned> {
    let page = DevicePage {
        frame: Frame::new(authority, Some(signed_in)),
        form_token: signed_in.form_token(),
        entered,
        wrong,
    };
    let status = if wrong { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(layout::show(status, &page, &Policy::default())?)
}

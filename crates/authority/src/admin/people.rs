//! `/api/v1/people`: who signs in, and what they may do.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::PersonId;
use bailiwick_domain::person::{Person, Role};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::page;
use crate::authority::Authority;
use crate::govern::people;
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// A person who signs in here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub(crate) struct PersonObject {
    /// Their identifier.
    #[schema(example = "psn_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// Who vouches for them.
    #[schema(example = "https://id.acme.example")]
    issuer: String,
    /// What that issuer calls them.
    subject: String,
    /// What they are called, for people to read.
    name: String,
    /// Their address, where the issuer says that it is theirs.
    email: Option<String>,
    /// `viewer`, `approver`, `operator` or `admin`; null: none.
    role: Option<&'static str>,
    /// `active` or `blocked`.
    state: &'static str,
    /// When they were first seen.
    #[schema(format = DateTime)]
    created_at: String,
}

/// What is to change of a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonChange {
    /// `viewer`, `approver`, `operator` or `admin`; `none` takes it away.
    role: String,
}

/// A person to let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonInvitation {
    /// `viewer`, `approver`, `operator`, `admin` or `none`.
    role: String,
    /// What they are called; they say it themselves when left out.
    name: Option<String>,
}

/// A link for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonInvited {
    /// The link, shown this once.
    #[schema(example = "https://authority.acme.example/welcome?code=bww_…")]
    link: String,
    /// What they are called.
    name: Option<String>,
    /// What they may do.
    role: Option<&'static str>,
    /// When it stops working.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Which people to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeopleQuery {
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
}

/// People, in the order in which they first came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeopleList {
    /// One page of them.
    people: Vec<PersonObject>,
    /// Where the next page starts, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<Person> for PersonObject {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.to_string(),
            issuer: person.issuer,
            subject: person.subject,
            name: person.name,
            email: person.email,
            role: person.role.map(Role::as_str),
            state: person.state.as_str(),
            created_at: person.created_at.to_string(),
        }
    }
}

/// List people.
#[utoipa::path(
    get,
    path = "/api/v1/people",
    tag = "people",
    params(PeopleQuery),
    responses(
        (status = 200, description = "One page", body = PeopleList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_people(
    State(authority): State<Authority>,
    Asked(query): Asked<PeopleQuery>,
) -> Result<Json<PeopleList>, Refusal> {
    let size = page::size(query.limit)?;
    let after: Option<PersonId> =
        query.after.map(|after| text::read("after", &after)).transpose()?;
    let found = authority.store.read().await?.people().list().await?;
    let (found, next) = page::cut(found, |person: &Person| person.id, after, size);
    let people = found.into_iter().map(PersonObject::from).collect();
    Ok(Json(PeopleList { people, next: next.map(|id| id.to_string()) }))
}

/// Make a link with which one person comes in, once, within a day, and makes a passkey.
#[utoipa::path(
    post,
    path = "/api/v1/people/invites",
    tag = "people",
    request_body = PersonInvitation,
    responses(
        (status = 201, description = "Made", body = PersonInvited),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 403, description = "No admin", body = Problem),
        (status = 409, description = "There are no passkeys here", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn invite_person(
    State(authority): State<Authority>,
    Given(new): Given<PersonInvitation>,
) -> Result<Response, Refusal> {
    let name = new.name.map(text::name).transpose()?;
    let role = read_role(&new.role)?;
    let (welcome, link) = people::invite(&authority, name, role).await?;
    let invited = PersonInvited {
        link: link.to_string(),
        name: welcome.name,
        role: welcome.role.map(Role::as_str),
        expires_at: welcome.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(invited)).into_response())
}

/// Show a person.
#[utoipa::path(
    get,
    path = "/api/v1/people/{id}",
    tag = "people",
    params(("id" = String, Path, description = "Their id")),
    responses(
        (status = 200, description = "The person", body = PersonObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such person", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_person(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<PersonObject>, Refusal> {
    let person = authority.store.read().await?.people().find(read(&id)?).await?;
    Ok(Json(person.ok_or(Refusal::NotFound("person"))?.into()))
}

/// Give a person a role, or take it away.
#[utoipa::path(
    patch,
    path = "/api/v1/people/{id}",
    tag = "people",
    params(("id" = String, Path, description = "Their id")),
    request_body = PersonChange,
    responses(
        (status = 200, description = "The person as they are now", body = PersonObject),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 403, description = "No admin", body = Problem),
        (status = 404, description = "No such person", body = Problem),
        (status = 409, description = "Nobody would be left who is an admin", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn change_person(
    State(authority): State<Authority>,
    Named(id): Named,
    Given(change): Given<PersonChange>,
) -> Result<Json<PersonObject>, Refusal> {
    let role = read_role(&change.role)?;
    Ok(Json(people::set_role(&authority, read(&id)?, role).await?.into()))
}

/// Keep a person out: their sign-ins end, and nothing that they granted holds.
#[utoipa::path(
    post,
    path = "/api/v1/people/{id}/block",
    tag = "people",
    params(("id" = String, Path, description = "Their id")),
    responses(
        (status = 200, description = "The person as they are now", body = PersonObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 403, description = "No admin", body = Problem),
        (status = 404, description = "No such person", body = Problem),
        (status = 409, description = "Nobody would be left who is an admin", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn block_person(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<PersonObject>, Refusal> {
    Ok(Json(people::block(&authority, read(&id)?).await?.into()))
}

/// Let a person sign in again.
#[utoipa::path(
    post,
    path = "/api/v1/people/{id}/unblock",
    tag = "people",
    params(("id" = String, Path, description = "Their id")),
    responses(
        (status = 200, description = "The person as they are now", body = PersonObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 403, description = "No admin", body = Problem),
        (status = 404, description = "No such person", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn unblock_person(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<PersonObject>, Refusal> {
    Ok(Json(people::unblock(&authority, read(&id)?).await?.into()))
}

fn read_role(text: &str) -> Result<Option<Role>, Refusal> {
    match text {
        "none" => Ok(None),
        role => text::read("role", role).map(Some),
    }
}

fn read(id: &str) -> Result<PersonId, Refusal> {
    id.parse().map_err(|_| Refusal::NotFound("person"))
}

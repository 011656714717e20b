//! The help desk over HTTP, with an eye on who came through.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::desk::{Declined, Desk, Note, RefundOrder};

/// A request as the API saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What the gateway said in `X-Agent-ID`.
    pub(crate) agent: String,
    /// Method and path.
    pub(crate) operation: String,
    /// Headers by which the caller proved itself to the gateway; none may get here.
    pub(crate) leaked: Vec<String>,
}

/// The help desk while it answers.
pub(crate) struct Sample {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    desk: Arc<Mutex<Desk>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Deserialize)]
struct Filter {
    status: Option<String>,
}

impl Sample {
    /// Opens the help desk on a port of the system's choice.
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::default();
        let shared = Shared { desk: Arc::new(Mutex::new(Desk::open())), seen: Arc::clone(&seen) };
        let task = tokio::spawn(async move {
            // It ends with the program; until then an error is one of a single connection.
            let _ = axum::serve(listener, router(shared)).await;
        });
        Ok(Self { address, seen, task })
    }

    /// Every request that reached it, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/tickets", get(list_tickets))
        .route("/tickets/{id}", get(show_ticket))
        .route("/tickets/{id}/notes", post(add_note))
        .route("/refunds", get(list_refunds).post(add_refund))
        .route("/customers/{id}", get(show_customer).delete(forget_customer))
        .route("/exports/customers", get(export_customers))
        .layer(middleware::from_fn_with_state(shared.clone(), watch))
        .with_state(shared)
}

async fn watch(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let operation = format!("{} {}", request.method(), request.uri().path());
    let proofs = ["authorization", "signature", "signature-input"];
    let leaked = proofs.into_iter().filter(|name| request.headers().contains_key(*name));
    let leaked = leaked.map(str::to_owned).collect();
    let agent = agent(request.headers()).to_owned();
    lock(&shared.seen).push(Seen { agent, operation, leaked });
    next.run(request).await
}

async fn list_tickets(State(shared): State<Shared>, Query(filter): Query<Filter>) -> Response {
    Json(lock(&shared.desk).tickets(filter.status.as_deref())).into_response()
}

async fn show_ticket(State(shared): State<Shared>, Path(id): Path<u32>) -> Response {
    answer(StatusCode::OK, lock(&shared.desk).ticket(id))
}

async fn add_note(
    State(shared): State<Shared>,
    Path(id): Path<u32>,
    Json(note): Json<Note>,
) -> Response {
    answer(StatusCode::CREATED, lock(&shared.desk).note(id, note))
}

async fn list_refunds(State(shared): State<Shared>) -> Response {
    Json(lock(&shared.desk).refunds()).into_response()
}

async fn add_refund(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(order): Json<RefundOrder>,
) -> Response {
    answer(StatusCode::CREATED, lock(&shared.desk).refund(order, agent(&headers)))
}

async fn show_customer(State(shared): State<Shared>, Path(id): Path<u32>) -> Response {
    answer(StatusCode::OK, lock(&shared.desk).customer(id))
}

async fn forget_customer(State(shared): State<Shared>, Path(id): Path<u32>) -> Response {
    answer(StatusCode::OK, lock(&shared.desk).forget(id))
}

async fn export_customers(State(shared): State<Shared>) -> Response {
    let csv = lock(&shared.desk).export();
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv).into_response()
}

fn answer(fine: StatusCode, result: Result<serde_json::Value, Declined>) -> Response {
    match result {
        Ok(value) => (fine, Json(value)).into_response(),
        Err(Declined::NotFound) => decline(StatusCode::NOT_FOUND, "no such record"),
        Err(Declined::TooMuch) => {
            decline(StatusCode::UNPROCESSABLE_ENTITY, "more than the order was worth")
        }
    }
}

fn decline(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

fn agent(headers: &HeaderMap) -> &str {
    headers.get("x-agent-id").and_then(|value| value.to_str().ok()).unwrap_or("nobody")
}

/// A handler that panicked leaves whole records behind: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

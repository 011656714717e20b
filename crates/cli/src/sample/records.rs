//! What the help desk knows on its first day.

use serde::Serialize;

/// A customer of the help desk.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Customer {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) city: &'static str,
    pub(super) plan: &'static str,
}

/// A complaint or a question.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Ticket {
    pub(super) id: u32,
    pub(super) customer: u32,
    pub(super) status: &'static str,
    pub(super) subject: &'static str,
    pub(super) body: &'static str,
    pub(super) order_cents: u32,
    pub(super) notes: Vec<String>,
}

/// Money given back.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Refund {
    pub(super) id: u32,
    pub(super) ticket: u32,
    pub(super) amount_cents: u32,
    pub(super) reason: String,
    pub(super) by: String,
}

pub(super) fn customers() -> Vec<Customer> {
    let rows = [
        (7, "Amara Okafor", "amara.okafor@mail.example", "Lagos", "family"),
        (8, "Jonas Lindqvist", "jonas@lindqvist.example", "Malmö", "single"),
        (9, "Mei Tanaka", "mei.tanaka@mail.example", "Osaka", "family"),
        (10, "Rafael Costa", "rafael.costa@post.example", "Recife", "team"),
        (11, "Nadia Haddad", "n.haddad@mail.example", "Tunis", "single"),
        (12, "Oskar Nowak", "oskar@nowak.example", "Gdańsk", "team"),
    ];
    rows.map(|(id, name, email, city, plan)| Customer { id, name, email, city, plan }).into()
}

pub(super) fn tickets() -> Vec<Ticket> {
    let rows = [
        (1041, 8, "closed", "Where is my parcel?", "It has been two weeks.", 4_250),
        (1042, 7, "open", "Kettle arrived broken", "The handle came off on day one.", 3_900),
        (1043, 9, "open", "Charged twice", "My card shows order 8812 two times.", 12_800),
        (1044, 10, "open", "Wrong size", "I ordered 42 and got 44.", 8_990),
        (1045, 11, "waiting", "Change of address", "Please send it to my office.", 2_100),
        (1046, 12, "open", "Invoice without VAT number", "Our accountant needs it.", 31_500),
        (1047, 7, "closed", "Thank you", "The new kettle is lovely.", 0),
    ];
    rows.map(|(id, customer, status, subject, body, order_cents)| Ticket {
        id,
        customer,
        status,
        subject,
        body,
        order_cents,
        notes: Vec::new(),
    })
    .into()
}

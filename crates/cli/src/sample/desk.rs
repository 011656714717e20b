//! What the help desk does when asked.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::records::{Customer, Refund, Ticket, customers, tickets};

/// The help desk's memory.
#[derive(Debug)]
pub(super) struct Desk {
    customers: BTreeMap<u32, Customer>,
    tickets: BTreeMap<u32, Ticket>,
    refunds: Vec<Refund>,
}

/// A refund as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundOrder {
    ticket: u32,
    amount_cents: u32,
    reason: String,
}

/// A note as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    text: String,
}

/// Why the help desk does not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declined {
    NotFound,
    TooMuch,
}

impl Desk {
    pub(super) fn open() -> Self {
        Self {
            customers: customers().into_iter().map(|it| (it.id, it)).collect(),
            tickets: tickets().into_iter().map(|it| (it.id, it)).collect(),
            refunds: Vec::new(),
        }
    }

    pub(super) fn tickets(&self, status: Option<&str>) -> Value {
        let asked = |ticket: &&Ticket| status.is_none_or(|status| ticket.status == status);
        json!({ "tickets": self.tickets.values().filter(asked).collect::<Vec<_>>() })
    }

    pub(super) fn ticket(&self, id: u32) -> Result<Value, Declined> {
        self.tickets.get(&id).map(|ticket| json!(ticket)).ok_or(Declined::NotFound)
    }

    pub(super) fn note(&mut self, id: u32, note: Note) -> Result<Value, Declined> {
        let ticket = self.tickets.get_mut(&id).ok_or(Declined::NotFound)?;
        ticket.notes.push(note.text);
        Ok(json!(ticket))
    }

    pub(super) fn customer(&self, id: u32) -> Result<Value, Declined> {
        self.customers.get(&id).map(|customer| json!(customer)).ok_or(Declined::NotFound)
    }

    pub(super) fn forget(&mut self, id: u32) -> Result<Value, Declined> {
        self.customers.remove(&id).map(|customer| json!(customer)).ok_or(Declined::NotFound)
    }

    pub(super) fn export(&self) -> String {
        let head = "id,name,email,city,plan\n".to_owned();
        self.customers.values().fold(head, |csv, it| {
            csv + &format!("{},{},{},{},{}\n", it.id, it.name, it.email, it.city, it.plan)
        })
    }

    pub(super) fn refund(&mut self, order: RefundOrder, by: &str) -> Result<Value, Declined> {
        let ticket = self.tickets.get(&order.ticket).ok_or(Declined::NotFound)?;
        let given: u32 =
            self.refunds.iter().filter(|it| it.ticket == ticket.id).map(|it| it.amount_cents).sum();
        if given.saturating_add(order.amount_cents) > ticket.order_cents {
            return Err(Declined::TooMuch);
        }
        let id = u32::try_from(self.refunds.len()).unwrap_or(0) + 501;
        let RefundOrder { ticket, amount_cents, reason } = order;
        let refund = Refund { id, ticket, amount_cents, reason, by: by.to_owned() };
        let value = json!(refund);
        self.refunds.push(refund);
        Ok(value)
    }

    pub(super) fn refunds(&self) -> Value {
        json!({ "refunds": self.refunds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(ticket: u32, amount_cents: u32) -> RefundOrder {
        RefundOrder { ticket, amount_cents, reason: "broken".into() }
    }

    #[test]
    fn no_more_is_given_back_than_was_paid() {
        let mut desk = Desk::open();
        assert_eq!(desk.refund(order(1042, 1_900), "a").unwrap()["id"], 501);
        assert_eq!(desk.refund(order(1042, 2_000), "a").unwrap()["id"], 502);
        assert_eq!(desk.refund(order(1042, 1), "a"), Err(Declined::TooMuch));
        assert_eq!(desk.refund(order(1042, u32::MAX), "a"), Err(Declined::TooMuch));
        assert_eq!(desk.refund(order(9, 1), "a"), Err(Declined::NotFound));
    }

    #[test]
    fn tickets_are_listed_by_status() {
        let desk = Desk::open();
        let count = |status| desk.tickets(status)["tickets"].as_array().unwrap().len();
        assert_eq!((count(None), count(Some("open")), count(Some("none"))), (7, 4, 0));
    }
}

//! Values going in and rows coming out, the same for both databases: text and 64-bit integers.

use std::fmt::Display;
use std::str::FromStr;

use bailiwick_domain::id::{Id, Named};
use bailiwick_domain::time::Timestamp;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Postgres, Row as _, Sqlite};

use crate::fault::Fault;

/// One bound value. An absent one still has a type, which PostgreSQL asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A `TEXT` column's.
    Text(String),
    /// A `BIGINT` column's.
    Int(i64),
    /// Null in a `TEXT` column.
    NoText,
    /// Null in a `BIGINT` column.
    NoInt,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.as_millis())
    }
}

impl<K: Named> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        Self::Text(id.to_string())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::NoText, Self::from)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::NoText, Self::from)
    }
}

impl<K: Named> From<Option<Id<K>>> for Value {
    fn from(id: Option<Id<K>>) -> Self {
        id.map_or(Self::NoText, Self::from)
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::NoInt, Self::from)
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Self::NoInt, Self::from)
    }
}

impl Value {
    pub(crate) fn bind_sqlite(
        self,
        query: Query<'_, Sqlite, SqliteArguments>,
    ) -> Query<'_, Sqlite, SqliteArguments> {
        match self {
            Self::Text(text) => query.bind(text),
            Self::Int(number) => query.bind(number),
            Self::NoText => query.bind(None::<String>),
            Self::NoInt => query.bind(None::<i64>),
        }
    }

    pub(crate) fn bind_postgres(
        self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Query<'_, Postgres, PgArguments> {
        match self {
            Self::Text(text) => query.bind(text),
            Self::Int(number) => query.bind(number),
            Self::NoText => query.bind(None::<String>),
            Self::NoInt => query.bind(None::<i64>),
        }
    }
}

/// One row of a result; columns are read by name.
pub struct Row(Origin);

enum Origin {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(Origin::Sqlite(row))
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(Origin::Postgres(row))
    }
}

impl Row {
    /// The text in a column, if any.
    pub fn text_or_null(&self, column: &str) -> Result<Option<&str>, Fault> {
        match &self.0 {
            Origin::Sqlite(row) => row.try_get(column).map_err(Fault::corrupt),
            Origin::Postgres(row) => row.try_get(column).map_err(Fault::corrupt),
        }
    }

    /// The integer in a column, if any.
    pub fn int_or_null(&self, column: &str) -> Result<Option<i64>, Fault> {
        match &self.0 {
            Origin::Sqlite(row) => row.try_get(column).map_err(Fault::corrupt),
            Origin::Postgres(row) => row.try_get(column).map_err(Fault::corrupt),
        }
    }

    /// The text in a column.
    pub fn text(&self, column: &str) -> Result<&str, Fault> {
        self.text_or_null(column)?.ok_or_else(|| absent(column))
    }

    /// The integer in a column.
    pub fn int(&self, column: &str) -> Result<i64, Fault> {
        self.int_or_null(column)?.ok_or_else(|| absent(column))
    }

    /// The instant in a column.
    pub fn instant(&self, column: &str) -> Result<Timestamp, Fault> {
        self.int(column).map(Timestamp::from_millis)
    }

    /// The instant in a column, if any.
    pub fn instant_or_null(&self, column: &str) -> Result<Option<Timestamp>, Fault> {
        Ok(self.int_or_null(column)?.map(Timestamp::from_millis))
    }

    /// What the text in a column says, read as a word of the domain.
    pub fn parsed<T>(&self, column: &str) -> Result<T, Fault>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.text(column)?.parse().map_err(|error| Fault::Corrupt(format!("{column}: {error}")))
    }

    /// As [`Self::parsed`], where the column may be null.
    pub fn parsed_or_null<T>(&self, column: &str) -> Result<Option<T>, Fault>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.text_or_null(column)?.is_some().then(|| self.parsed(column)).transpose()
    }
}

fn absent(column: &str) -> Fault {
    Fault::Corrupt(format!("{column} is null"))
}

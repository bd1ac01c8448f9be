//! Numbers for what models join and group on most: books, accounts and invoices, whose names are two, three and four texts.
//!
//! They are exact, given in the order in which the rows of a shard name them, and mean nothing outside of it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use foldhash::HashMap;

use crate::error::{Error, Result};

/// The tables whose rows are of an account, and where they name an invoice of one.
const NUMBERED: [&str; 4] = ["invoices", "payments", "positions", "item_flows"];
/// Columns that name an invoice, and those of its number.
const INVOICES: [(&str, &str); 2] = [("invoice_id", "invoice_key"), ("original_invoice_id", "original_invoice_key")];

type Table = (&'static str, SchemaRef, Vec<RecordBatch>);

/// A debtor in a company's books, in one currency; `company: None`: what names no company.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Account<'b> {
    debtor: &'b str,
    company: Option<&'b str>,
    currency: &'b str,
}

/// An account that has a number.
struct Named<'b> {
    account: Account<'b>,
    group_key: i64,
    book_key: i64,
}

/// What has a number so far.
pub(super) struct Keys<'b> {
    default_company: &'b str,
    default_currency: &'b str,
    accounts: HashMap<Account<'b>, i64>,
    /// The accounts by their numbers.
    named: Vec<Named<'b>>,
    /// The books by their numbers: a company, in one currency. There are few.
    books: Vec<(Option<&'b str>, &'b str)>,
    invoices: HashMap<(i64, &'b str), i64>,
}

impl<'b> Keys<'b> {
    pub(super) fn new(default_company: &'b str, default_currency: &'b str) -> Keys<'b> {
        Keys {
            default_company,
            default_currency,
            accounts: HashMap::default(),
            named: Vec::new(),
            books: Vec::new(),
            invoices: HashMap::default(),
        }
    }

    /// The table with `account_key` and `book_key`, and the numbers of the invoices that its rows name; other tables as they are.
    pub(super) fn number(&mut self, (name, schema, batches): &'b Table) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        if !NUMBERED.contains(name) {
            return Ok((Arc::clone(schema), batches.clone()));
        }
        let invoices: Vec<(&str, &str)> =
            INVOICES.into_iter().filter(|(column, _)| schema.index_of(column).is_ok()).collect();
        let mut fields: Vec<Arc<Field>> = schema.fields().to_vec();
        let added = ["account_key", "book_key"].into_iter().chain(invoices.iter().map(|(_, key)| *key));
        fields.extend(added.map(|key| Arc::new(Field::new(key, DataType::Int64, true))));
        let schema = Arc::new(Schema::new(fields));
        let numbered = batches.iter().map(|batch| {
            let accounts = self.accounts_of(name, batch)?;
            let mut columns = batch.columns().to_vec();
            let books = accounts.iter().map(|key| Some(self.named.get(key? as usize)?.book_key));
            columns.push(Arc::new(accounts.clone()));
            columns.push(Arc::new(books.collect::<Int64Array>()));
            for (column, _) in &invoices {
                columns.push(self.invoices_of(batch, column, &accounts)?);
            }
            RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|e| Error::columns(*name, &e))
        });
        let numbered = numbered.collect::<Result<Vec<_>>>()?;
        Ok((schema, numbered))
    }

    /// The account of each row.
    fn accounts_of(&mut self, table: &str, batch: &'b RecordBatch) -> Result<Int64Array> {
        let text = |name| texts(batch, name);
        let (debtors, companies, currencies) = (text("debtor_id")?, text("company_id")?, text("currency")?);
        let groups = batch.column_by_name("group_key").and_then(|c| c.as_primitive_opt::<Int64Type>());
        // A payment that names no company is of none.
        let default_company = (table != "payments").then_some(self.default_company);
        let mut last: Option<(Account<'_>, i64)> = None;
        let key = |row: usize| {
            let value = |column: &'b StringArray| column.is_valid(row).then(|| column.value(row));
            let account = Account {
                debtor: value(debtors)?,
                company: value(companies).or(default_company),
                currency: value(currencies).unwrap_or(self.default_currency),
            };
            if let Some((_, key)) = last.filter(|(before, _)| *before == account) {
                return Some(key);
            }
            let group_key = groups.map_or(0, |groups| groups.value(row));
            let known = self.named.len();
            let key = self.account(account, group_key);
            if self.named.len() > known {
                // What is taken back beyond a payment is of none of the debtor's companies.
                self.account(Account { company: None, ..account }, group_key);
            }
            last = Some((account, key));
            Some(key)
        };
        Ok((0..batch.num_rows()).map(key).collect())
    }

    fn account(&mut self, account: Account<'b>, group_key: i64) -> i64 {
        let next = self.named.len() as i64;
        let key = *self.accounts.entry(account).or_insert(next);
        if key == next {
            let book_key = self.book(account.company, account.currency);
            self.named.push(Named { account, group_key, book_key });
        }
        key
    }

    fn book(&mut self, company: Option<&'b str>, currency: &'b str) -> i64 {
        let known = self.books.iter().position(|book| *book == (company, currency));
        let key = known.unwrap_or(self.books.len());
        if known.is_none() {
            self.books.push((company, currency));
        }
        key as i64
    }

    /// The invoice that each row names.
    fn invoices_of(&mut self, batch: &'b RecordBatch, column: &str, accounts: &Int64Array) -> Result<ArrayRef> {
        let key = |(id, account): (Option<&'b str>, Option<i64>)| {
            let next = self.invoices.len() as i64;
            Some(*self.invoices.entry((account?, id?)).or_insert(next))
        };
        Ok(Arc::new(texts(batch, column)?.iter().zip(accounts).map(key).collect::<Int64Array>()))
    }

    /// The accounts that have a number: account_key, book_key, group_key, debtor_id, company_id and currency.
    pub(super) fn accounts(&self) -> Result<(SchemaRef, RecordBatch)> {
        let of = |text: &dyn Fn(&Account<'b>) -> Option<&'b str>| -> ArrayRef {
            Arc::new(self.named.iter().map(|named| text(&named.account)).collect::<StringArray>())
        };
        let number = |of: &dyn Fn(&Named<'b>) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(self.named.iter().map(of)))
        };
        super::table(vec![
            ("account_key", DataType::Int64, Arc::new(Int64Array::from_iter_values(0..self.named.len() as i64))),
            ("book_key", DataType::Int64, number(&|named| named.book_key)),
            ("group_key", DataType::Int64, number(&|named| named.group_key)),
            ("debtor_id", DataType::Utf8, of(&|account| Some(account.debtor))),
            ("company_id", DataType::Utf8, of(&|account| account.company)),
            ("currency", DataType::Utf8, of(&|account| Some(account.currency))),
        ])
    }

    /// The books that have a number: book_key, company_id and currency.
    pub(super) fn books(&self) -> Result<(SchemaRef, RecordBatch)> {
        super::table(vec![
            ("book_key", DataType::Int64, Arc::new(Int64Array::from_iter_values(0..self.books.len() as i64))),
            ("company_id", DataType::Utf8, Arc::new(self.books.iter().map(|book| book.0).collect::<StringArray>())),
            ("currency", DataType::Utf8, Arc::new(StringArray::from_iter_values(self.books.iter().map(|book| book.1)))),
        ])
    }
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray> {
    let column = batch.column_by_name(name).and_then(|c| c.as_string_opt());
    column.ok_or_else(|| Error::Model { model: "raw tables".to_owned(), what: format!("no text column {name}") })
}

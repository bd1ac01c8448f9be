//! One struct per input table, its fields in the order of the contract's columns.
//!
//! Because fields have names, a value cannot slip into the wrong column; a test compares the names with the contract.

use super::sink::{ColumnBuilder, Row};
use super::values::{Cell, Day, Micros, Rate};
use crate::domain::money::Amount;

macro_rules! rows {
    ($($name:ident<$life:lifetime> = $table:literal { $($field:ident: $kind:ty),* $(,)? })*) => {
        $(
            pub(super) struct $name<$life> { $(pub $field: $kind),* }

            impl Row for $name<'_> {
                const TABLE: &'static str = $table;
                #[cfg(test)]
                const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

                fn append_to(&self, columns: &mut [ColumnBuilder]) {
                    let cells = [$(Cell::from(self.$field)),*];
                    for (column, cell) in columns.iter_mut().zip(cells) {
                        column.append(cell);
                    }
                }
            }
        )*

        /// Table and columns of every row type.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &[&str])] = &[$(($name::TABLE, $name::COLUMNS)),*];
    };
}

rows! {
    InvoiceRow<'a> = "invoices" {
        invoice_id: &'a str,
        installment_no: i64,
        company_id: &'a str,
        debtor_id: &'a str,
        document_type: &'a str,
        original_invoice_id: Option<&'a str>,
        issue_date: Day,
        due_date: Day,
        currency: &'a str,
        amount: Amount,
        payment_method: Option<&'a str>,
        payment_reference: Option<&'a str>,
        payment_link: Option<&'a str>,
        dunning_block: Option<&'a str>,
        grace_until: Option<Day>,
        regua: Option<&'a str>,
        step_override: Option<&'a str>,
        collector_id: Option<&'a str>,
    }
    PaymentRow<'a> = "payments" {
        payment_id: &'a str,
        debtor_id: &'a str,
        company_id: Option<&'a str>,
        invoice_id: Option<&'a str>,
        installment_no: Option<i64>,
        paid_on: Day,
        currency: &'a str,
        amount: Amount,
        kind: &'a str,
        reverses: Option<&'a str>,
    }
    DebtorRow<'a> = "debtors" {
        debtor_id: &'a str,
        legal_name: &'a str,
        tax_id: Option<&'a str>,
        group_id: Option<&'a str>,
        language: Option<&'a str>,
        country: &'a str,
        state: Option<&'a str>,
        city: Option<&'a str>,
        time_zone: Option<&'a str>,
        customer_since: Option<Day>,
        regua: Option<&'a str>,
        dunning_block: Option<&'a str>,
        is_insolvent: Option<bool>,
        credit_limit: Option<Amount>,
        collector_id: Option<&'a str>,
        tier: Option<&'a str>,
    }
    ContactPointRow<'a> = "contact_points" {
        debtor_id: &'a str,
        channel: &'a str,
        address: &'a str,
        contact_name: Option<&'a str>,
        is_authorized: Option<bool>,
        opted_in: Option<bool>,
        opted_out_on: Option<Day>,
        is_valid: Option<bool>,
        preference_rank: Option<i64>,
    }
    ContactEventRow<'a> = "contact_log" {
        event_id: &'a str,
        action_id: Option<&'a str>,
        debtor_id: &'a str,
        company_id: Option<&'a str>,
        invoice_id: Option<&'a str>,
        channel: &'a str,
        direction: &'a str,
        occurred_at: Micros,
        status: &'a str,
        regua: Option<&'a str>,
        step_id: Option<&'a str>,
        address: Option<&'a str>,
        cost: Option<Rate>,
        cost_currency: Option<&'a str>,
        agent_id: Option<&'a str>,
        agency_id: Option<&'a str>,
    }
    AgreementRow<'a> = "agreements" {
        agreement_id: &'a str,
        debtor_id: &'a str,
        agreed_on: Option<Day>,
        installment_no: i64,
        due_date: Day,
        amount: Amount,
        currency: &'a str,
        paid_on: Option<Day>,
        cancelled_on: Option<Day>,
    }
    AgreementItemRow<'a> = "agreement_items" {
        agreement_id: &'a str,
        company_id: Option<&'a str>,
        invoice_id: &'a str,
        installment_no: Option<i64>,
    }
    PromiseRow<'a> = "promises" {
        promise_id: &'a str,
        debtor_id: &'a str,
        company_id: Option<&'a str>,
        invoice_id: Option<&'a str>,
        promised_on: Day,
        pay_by: Day,
        amount: Option<Amount>,
    }
    DisputeRow<'a> = "disputes" {
        dispute_id: &'a str,
        debtor_id: &'a str,
        company_id: Option<&'a str>,
        invoice_id: Option<&'a str>,
        opened_on: Day,
        closed_on: Option<Day>,
        kind: &'a str,
        amount: Option<Amount>,
    }
    ListingRow<'a> = "listings" {
        listing_id: &'a str,
        debtor_id: &'a str,
        company_id: Option<&'a str>,
        invoice_id: &'a str,
        installment_no: Option<i64>,
        kind: &'a str,
        bureau: &'a str,
        notice_sent_on: Option<Day>,
        included_on: Option<Day>,
        removal_requested_on: Option<Day>,
        removed_on: Option<Day>,
    }
    PlacementRow<'a> = "placements" {
        placement_id: &'a str,
        debtor_id: &'a str,
        company_id: Option<&'a str>,
        invoice_id: Option<&'a str>,
        agency_id: &'a str,
        placed_on: Day,
        recalled_on: Option<Day>,
    }
    FxRateRow<'a> = "fx_rates" {
        date: Day,
        from_currency: &'a str,
        to_currency: &'a str,
        rate: Rate,
    }
    IndexRateRow<'a> = "index_rates" {
        date: Day,
        index: &'a str,
        rate: Rate,
    }
    HolidayRow<'a> = "holidays" {
        date: Day,
        scope: &'a str,
        name: Option<&'a str>,
    }
}

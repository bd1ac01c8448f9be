//! What every section works with: the tables in one currency, the options of the page, and cells tied to their tables.

use std::collections::BTreeSet;

use super::data::{Data, Headline, count};
use super::model::Cell;
use super::suppress::withheld;
use super::{Options, Run};
use crate::domain::language::Language;
use crate::io::log::RecordKind;
use crate::io::tables::Row;
use crate::report::numbers::NONE;

/// Companies that are shown by name; the others are added up.
pub const COMPANIES_MAX: usize = 12;
/// Tables that tell what was decided: of an earlier date than the newest nothing is.
const OF_DECISIONS: [&str; 3] = ["kpi_actions", "kpi_holds", "kpi_experiments"];
/// Tables that are worked out from payments over time.
const OF_HISTORY: [&str; 5] = ["kpi_collection_effectiveness", "kpi_roll_rates", "kpi_vintage", "kpi_cures", FORECAST];
/// What may come in, week by week.
pub const FORECAST: &str = "kpi_cash_forecast";

/// One currency of one date, for one reader.
pub struct View<'a> {
    pub language: Language,
    pub data: Data<'a>,
    pub run: &'a Run,
    pub options: &'a Options,
    pub currency: &'a str,
    pub now: Headline,
}

/// Columns and values that tell the rows of a figure from others.
pub type Keys<'k> = &'k [(&'k str, &'k str)];

impl<'a> View<'a> {
    pub fn rows(&self, table: &str) -> Vec<Row<'a>> {
        self.data.rows(table, self.currency)
    }

    /// Companies to which something is owed, the one to which the most is first.
    pub fn companies(&self) -> Vec<&'a str> {
        let owing = |company: &&str| {
            let rows = self.rows("kpi_portfolio");
            rows.iter().any(|row| row.str("company_id") == *company && row.amount("open_amount") > 0)
        };
        self.data.companies(self.currency).into_iter().filter(owing).collect()
    }

    /// Portuguese or English.
    pub fn say(&self, pt_br: &str, en: &str) -> String {
        self.language.pick(pt_br, en).to_owned()
    }

    pub fn money(&self, minor: i128) -> String {
        self.language.money(self.currency, minor)
    }

    pub fn short(&self, minor: i128) -> String {
        self.language.money_short(self.currency, minor)
    }

    /// An amount to the cent.
    pub fn money_cell(&self, kpi: &str, keys: Keys<'_>, minor: Option<i128>) -> Cell {
        self.figure(kpi, keys, minor.map(|minor| (self.money(minor), minor.to_string())))
    }

    /// An amount in three figures.
    pub fn short_cell(&self, kpi: &str, keys: Keys<'_>, minor: Option<i128>) -> Cell {
        let cell = self.figure(kpi, keys, minor.map(|minor| (self.short(minor), minor.to_string())));
        cell.with_title(minor.map_or(String::new(), |minor| self.money(minor)))
    }

    pub fn count_cell(&self, kpi: &str, keys: Keys<'_>, number: i64) -> Cell {
        self.figure(kpi, keys, Some((self.language.count(number), number.to_string())))
    }

    pub fn percent_cell(&self, kpi: &str, keys: Keys<'_>, rate: Option<f64>) -> Cell {
        self.figure(kpi, keys, rate.map(|rate| (self.language.percent(rate), rate.to_string())))
    }

    pub fn days_cell(&self, kpi: &str, keys: Keys<'_>, days: Option<f64>) -> Cell {
        self.figure(kpi, keys, days.map(|days| (self.language.days(days), days.to_string())))
    }

    /// The heads of a table: the first ones name the rows, the others are figures.
    pub fn heads(&self, names: usize, heads: &[(&str, &str)]) -> Vec<Cell> {
        let cell = |(n, (pt_br, en)): (usize, &(&str, &str))| {
            let text = self.say(pt_br, en);
            if n < names { Cell::text(text) } else { Cell::number(text) }
        };
        heads.iter().enumerate().map(cell).collect()
    }

    /// A figure tied to the rows that it comes from; a dash where there is none.
    fn figure(&self, kpi: &str, keys: Keys<'_>, figure: Option<(String, String)>) -> Cell {
        let Some((text, value)) = figure else { return Cell::number(NONE) };
        let mut of = format!("currency={}", self.currency);
        let company = self.options.company.as_deref().map(|company| ("company_id", company));
        for (column, key) in company.iter().chain(keys) {
            of.push_str(&format!(";{column}={key}"));
        }
        Cell { kpi: kpi.to_owned(), of, value, ..Cell::number(text) }
    }

    /// Are these too few to show their amounts?
    pub fn is_few(&self, debtors: i64) -> bool {
        debtors > 0 && debtors < self.options.min_cell
    }

    /// Which amounts of a list are withheld whose total is shown: those of a few debtors, and what would give them away.
    pub fn hidden(&self, debtors: impl IntoIterator<Item = i64>) -> Vec<bool> {
        let column: Vec<Vec<i64>> = debtors.into_iter().map(|number| vec![number]).collect();
        withheld(&column, self.options.min_cell).into_iter().map(|row| row[0]).collect()
    }

    /// The same of parts with the group of each: the total of a group is shown; where there is none, nothing adds up.
    pub fn hidden_within(&self, parts: &[(Option<String>, i64)]) -> Vec<bool> {
        let mut hidden: Vec<bool> = parts.iter().map(|(_, debtors)| self.is_few(*debtors)).collect();
        let groups: BTreeSet<&String> = parts.iter().filter_map(|(group, _)| group.as_ref()).collect();
        for group in groups {
            let of: Vec<usize> = (0..parts.len()).filter(|n| parts[*n].0.as_ref() == Some(group)).collect();
            let few = self.hidden(of.iter().map(|n| parts[*n].1));
            of.into_iter().zip(few).for_each(|(n, is_few)| hidden[n] |= is_few);
        }
        hidden
    }

    /// The overdue share: in whole percent where a withheld bucket would follow from its digits.
    pub fn share(&self, rate: f64) -> String {
        if self.now.hides_overdue { self.language.percent_whole(rate) } else { self.language.percent(rate) }
    }

    /// The last digit of the overdue share that is shown.
    pub fn share_digit(&self) -> f64 {
        self.now.share_digit()
    }

    /// A rate from which the overdue amount follows: without its exact value where that is withheld.
    pub fn rate_of_overdue(&self, cell: Cell, rate: Option<f64>) -> Cell {
        match rate.filter(|_| self.now.hides_overdue) {
            Some(rate) => Cell::number(self.share(rate)),
            None => cell,
        }
    }

    /// What stands for an amount of too few debtors.
    pub fn withheld(&self) -> Cell {
        let title = self.say("retido: poucos clientes", "withheld: few debtors");
        Cell::number(self.few()).with_class("soft").with_title(title)
    }

    pub fn few(&self) -> String {
        self.say("oculto", "hidden")
    }

    /// What a part of a picture is that stands for such amounts.
    pub fn of_few_debtors(&self) -> String {
        let few = self.options.min_cell;
        self.language.pick(format!("menos de {few} clientes"), format!("fewer than {few} debtors"))
    }

    /// The amount, or what stands for it.
    pub fn unless_few(&self, debtors: i64, cell: Cell) -> Cell {
        self.unless(self.is_few(debtors), cell)
    }

    pub fn unless(&self, is_hidden: bool, cell: Cell) -> Cell {
        if is_hidden { self.withheld() } else { cell }
    }

    /// Was nothing decided, because a later date was published before or no more was asked for?
    pub fn is_kpi_only(&self) -> bool {
        self.run.kind == RecordKind::KpiOnly
    }

    /// Why a table has nothing to show.
    pub fn why_missing(&self, table: &str) -> String {
        if OF_DECISIONS.contains(&table) && self.is_kpi_only() {
            return self.say(
                "Para esta data nada foi decidido: só a posição foi publicada.",
                "Nothing was decided for this date: only its position was published.",
            );
        }
        if !self.data.has(table) {
            return self.language.pick(
                format!("A tabela {table} não existe nesta execução."),
                format!("This run has no table {table}."),
            );
        }
        if table == FORECAST && self.now.expects_nothing {
            return self.why_nothing_is_expected();
        }
        if OF_HISTORY.contains(&table) {
            return self.say(
                "Pede um histórico de pagamentos que ainda não existe, ou que um extrato só de títulos em aberto não traz.",
                "It needs a history of payments that is not there yet, or that an export of open items does not hold.",
            );
        }
        self.say("Nesta data não há nada a mostrar aqui.", "There is nothing to show here on this date.")
    }

    /// A week in which nothing is expected has no row, and one without history has a row without an amount: where something
    /// is open and no row is there, the forecast is nought.
    fn why_nothing_is_expected(&self) -> String {
        let is_agreed = |table: &str, column: &str| count(&self.rows(table), column) > 0;
        if is_agreed("kpi_promises", "pending") || is_agreed("kpi_agreements", "active") {
            return self.say(
                "Nada se espera receber em treze semanas.",
                "Nothing is expected to come in within thirteen weeks.",
            );
        }
        self.say(
            "Nada se espera receber em treze semanas: nas últimas 26 semanas, nada foi pago do que tinha a idade do que está em aberto.",
            "Nothing is expected to come in within thirteen weeks: in the last 26 weeks, nothing was paid of what was as old as what is open now.",
        )
    }
}

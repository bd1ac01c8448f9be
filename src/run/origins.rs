//! Where columns come from that no SQL makes, so that lineage goes on through the stages in Rust.
//!
//! What the models do, their plans say (`Engine::traced`). What stands here was read off the stages: a test compares what
//! is carried with the rows of a run, and another knows every column that a model reads. A decision depends on all that
//! the rules read: no column is its source, and each one of the candidates has an influence.

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::{self, Table};
use crate::io::engine::{Engine, Flow, Layer, ModelKind, Models, Sources, TableColumn, Traced};

/// Inputs (`*` = all), a column of their raw tables, and what it is worked out of: a column of the same input, or
/// `table.column` of another. Every other column of a raw table is that of the input.
const WORKED_OUT: &[(&str, &str, &str)] = &[
    // Who pays together is one group.
    ("*", "group_key", "debtors.debtor_id debtors.group_id debtors.tax_id"),
    ("debtors", "group_text", "debtor_id group_id tax_id"),
    ("debtors", "is_insolvent", "is_insolvent legal_name tax_id"),
    // What names an invoice is of its company, and what reverses a payment is of whoever made it.
    (
        "promises disputes listings placements agreement_items",
        "company_id",
        "company_id invoice_id invoices.company_id",
    ),
    ("payments", "company_id", "company_id invoice_id invoices.company_id reverses"),
    ("promises disputes listings placements", "debtor_id", "debtor_id invoice_id invoices.debtor_id"),
    ("payments", "debtor_id", "debtor_id invoice_id invoices.debtor_id reverses"),
    ("payments", "invoice_id", "invoice_id reverses"),
    ("payments", "installment_no", "installment_no reverses"),
    ("payments", "amount", "amount reverses"),
    ("*", "actor_id", "debtor_id"),
    ("*", "root_id", "payments.payment_id payments.reverses"),
    ("*", "takes_back", "payments.payment_id payments.reverses"),
    ("agreement_items", "debtor_id", "agreement_id agreements.agreement_id agreements.debtor_id"),
    ("agreements", "has_items", "agreement_id agreement_items.agreement_id"),
    // What is closed at an address is closed everywhere.
    (
        "contact_points",
        "address_opted_out",
        "address channel opted_in opted_out_on contact_log.address contact_log.status",
    ),
    ("contact_points", "address_bounced", "address channel is_valid contact_log.address contact_log.status"),
    ("contact_log", "debtor_id", "debtor_id action_id"),
    ("contact_log", "has_address", "address action_id"),
    ("contact_log", "is_echo", "debtor_id action_id"),
    // The days of the calendar.
    ("contact_log", "occurred_on", "occurred_at"),
    ("invoices", "payable_on", "due_date holidays.date"),
    ("agreements", "kept_until", "due_date holidays.date"),
    ("promises", "kept_until", "pay_by holidays.date"),
    ("actions", "published_on", "as_of_date"),
    ("actions", "needed_on", "as_of_date"),
    // Numbers for names.
    ("*", "account_key", "debtor_id company_id currency"),
    ("*", "book_key", "company_id currency"),
    ("*", "invoice_key", "debtor_id company_id currency invoice_id"),
    ("*", "original_invoice_key", "debtor_id company_id currency original_invoice_id"),
    ("*", "source_row", ""),
];

/// Raw tables of what earlier runs published, and the published tables that each is: what a run carried forward, and what
/// was published since.
const REMEMBERED: [(&str, &Table); 7] = [
    ("actions", &contract::CONTACT_STATE),
    ("actions", &contract::ACTIONS),
    ("action_items", &contract::CONTACT_STATE),
    ("action_items", &contract::ACTIONS),
    ("positions", &contract::DEBTORS),
    ("item_flows", &contract::ITEM_FLOWS),
    ("experiment_members", &contract::EXPERIMENT_MEMBERS),
];

/// A table that a rule makes, where some of its columns are taken from, how, and which: `name`, or `name=other` where it has
/// another name there. A fold takes them from its own query, a decision from the candidates.
const CARRIED: &[(&str, &str, Flow, &str)] = &[
    (
        "int_payment_applications",
        QUERY,
        Flow::Aggregation,
        "item_key paid_on=on_day applied_amount=amount paid_amount=amount credited_amount=amount written_off_amount=amount \
         kept_amount=amount",
    ),
    (
        "int_contact_sessions",
        QUERY,
        Flow::Aggregation,
        "group_key action_id debtor_id company_id channel destination=address regua step_id invoice_id occurred_on \
         answered_on=occurred_on state=status",
    ),
    (
        "int_outreach_days",
        QUERY,
        Flow::Aggregation,
        "debtor_id channel occurred_on company_key contact_day=occurred_on",
    ),
    (
        "int_expected_receipts",
        QUERY,
        Flow::Aggregation,
        "book_key source=payable_on expected_amount=part_amount variance=part_amount week_no=payable_on",
    ),
    (
        "int_told_chances",
        QUERY,
        Flow::Aggregation,
        "account_key chance=ended_on is_late=ended_on is_in_use=issue_date seen=payable_on bills=account_key counting_errors=ended_on",
    ),
    (
        "int_habits",
        QUERY,
        Flow::Aggregation,
        "account_key paid=ended_on delays=ended_on delay_squares=ended_on days_late=ended_on late=ended_on late_15=ended_on \
         late_30=ended_on sizes=amount recent=ended_on recent_delays=ended_on recent_late=ended_on open=ended_on \
         overdue=payable_on oldest_payable_on=payable_on second_payable_on=payable_on",
    ),
    (
        "out_items",
        "cnd_items",
        Flow::Identity,
        "company_id debtor_id currency invoice_id installment_no issue_date due_date payable_on days_past_due bucket_no \
         bucket original_amount applied_amount open_amount",
    ),
    (
        "out_debtors",
        "cnd_accounts",
        Flow::Identity,
        "company_id debtor_id currency previous_segment credit_amount months_as_customer items_due_in_window=items_due \
         paid_on_time paid_late late_ratio days_late_avg days_late_max last_payment_on largest_payment broken_promises \
         broken_agreements contacts answer_ratio bounces",
    ),
    (
        "out_items",
        "cnd_habits",
        Flow::Aggregation,
        "late_chance=delays late_15_chance=delays late_30_chance=delays expected_from=delays expected_on=delays \
         expected_to=delays late_reason=delays",
    ),
    ("out_debtors", "cnd_habits", Flow::Aggregation, "late_chance=delays late_30_chance=delays"),
    ("out_debtors", "cnd_items", Flow::Aggregation, "open_amount overdue_amount=open_amount oldest_due_date=due_date"),
    ("out_decisions", "cnd_accounts", Flow::Identity, "company_id debtor_id currency"),
    ("out_decisions", "cnd_items", Flow::Aggregation, "open_amount overdue_amount=open_amount"),
    ("out_actions", "cnd_accounts", Flow::Identity, "company_id debtor_id currency"),
    ("out_actions", "cnd_items", Flow::Aggregation, "open_amount"),
    ("out_action_items", "cnd_items", Flow::Identity, "invoice_id installment_no"),
    ("out_listings", "cnd_accounts", Flow::Identity, "company_id currency"),
];

/// The rows that the query of a fold selects.
const QUERY: &str = "its query";

/// Published tables that are made of no model of `40_kpis`, and the tables that their rows are of.
const PUBLISHED: [(&str, &[&str]); 8] = [
    ("actions", &["out_actions"]),
    ("outbox", &["out_actions"]),
    ("contact_state", &["out_actions", "cnd_remembered"]),
    ("decisions", &["out_decisions"]),
    ("items", &["out_items"]),
    ("debtors", &["out_debtors"]),
    ("item_flows", &["cnd_item_flows"]),
    ("experiment_members", &["fct_experiment_members"]),
];

/// The table that lineage calls an input by, so that none is taken for a published table of its name.
pub(super) fn input(table: &str) -> String {
    format!("input {table}")
}

/// The same of a table that an earlier run published.
pub(super) fn remembered(table: &str) -> String {
    format!("published {table}")
}

/// Published table = where its columns come from, down to the inputs and to what earlier runs published.
pub(super) fn traced(engine: &Engine, models: &Models) -> BTreeMap<String, Traced> {
    let queries = engine.traced(models);
    let mut known = raw_tables();
    let mut published = BTreeMap::new();
    for (layer, _) in Layer::ALL {
        if layer == Layer::Facts {
            known.extend(decided(models, &known));
        }
        for model in models.of(layer) {
            let Some(mut traced) = queries.get(&model.name).map(|traced| traced.through(&known)) else { continue };
            if model.kind == ModelKind::Fold {
                traced = carried(&model.name, &BTreeMap::from([(QUERY.to_owned(), traced)]));
            }
            if layer == Layer::Kpis && model.kind.has_rows() {
                published.insert(model.name.clone(), rated(traced.clone()));
            }
            known.insert(model.name.clone(), traced);
        }
    }
    let all = |tables: &[&str]| tables.iter().filter_map(|name| known.get(*name)).cloned().reduce(Traced::and);
    published.extend(PUBLISHED.iter().filter_map(|(table, of)| Some(((*table).to_owned(), all(of)?))));
    published
}

/// The tables that the first models read. Those of the configuration come from no column.
fn raw_tables() -> BTreeMap<String, Traced> {
    let of_inputs = contract::INPUTS.iter().map(|table| (format!("raw_{}", table.name), raw_table(input, table)));
    let of_history = REMEMBERED.iter().map(|(name, table)| (format!("raw_{name}"), raw_table(remembered, table)));
    let keys = ["account_key", "book_key", "group_key", "debtor_id", "company_id", "currency"];
    let of_keys = ["raw_accounts", "raw_books"].map(|name| (name.to_owned(), table(&keys, of_accounts)));
    let of_payments = |column: &str| source_of(input, "payments", column);
    let others = [
        ("raw_unidentified".to_owned(), table(&["company_id", "currency", "amount"], of_payments)),
        ("run_rates".to_owned(), table(&["rate"], |_| quotes())),
    ];
    let mut tables: BTreeMap<String, Traced> = of_inputs.chain(of_keys).chain(others).collect();
    for (name, table) in of_history {
        let known = tables.remove(&name).unwrap_or_default();
        tables.insert(name, known.and(table));
    }
    tables
}

fn table(columns: &[&str], of: impl Fn(&str) -> Sources) -> Traced {
    Traced { columns: columns.iter().map(|name| ((*name).to_owned(), of(name))).collect(), ..Traced::default() }
}

fn raw_table(name: fn(&str) -> String, of: &Table) -> Traced {
    let added = WORKED_OUT.iter().filter(|(tables, ..)| is_of(tables, of.name)).map(|(_, column, _)| *column);
    let own = of.columns.iter().map(|column| column.name);
    // What an action cited is a table of its own here.
    let is_cited = |column: &&str| of.column("items").is_some() && of.column(column).is_none();
    let cited: Vec<&str> =
        ["invoice_id", "installment_no", "step_id", "due_date"].into_iter().filter(is_cited).collect();
    let columns: BTreeSet<&str> = own.chain(added).chain(cited.iter().copied()).collect();
    table(&columns.into_iter().collect::<Vec<_>>(), |column| {
        source_of(name, of.name, if cited.contains(&column) { "items" } else { column })
    })
}

/// Where a column of a raw table comes from: what it is worked out of, or the column of that name.
fn source_of(name: fn(&str) -> String, of: &str, column: &str) -> Sources {
    let source = |text: &str| match text.split_once('.') {
        Some((other, column)) => TableColumn::new(input(other), column),
        None => TableColumn::new(name(of), text),
    };
    match WORKED_OUT.iter().find(|(tables, name, _)| *name == column && is_of(tables, of)) {
        Some((_, _, from)) => from.split_whitespace().map(|text| (source(text), Flow::Transformation)).collect(),
        None => Sources::from([(source(column), Flow::Identity)]),
    }
}

fn is_of(tables: &str, table: &str) -> bool {
    tables == "*" || tables.split(' ').any(|of| of == table)
}

/// Whoever owes or owed, as invoices and payments name them, and what was published before.
fn of_accounts(column: &str) -> Sources {
    let of_inputs = ["invoices", "payments"].into_iter().flat_map(|of| source_of(input, of, column));
    of_inputs.chain(["debtors", "item_flows"].into_iter().flat_map(|of| source_of(remembered, of, column))).collect()
}

/// All that a rate of exchange is worked out of.
fn quotes() -> Sources {
    let columns = contract::input("fx_rates").map_or(&[][..], |table| table.columns);
    columns.iter().map(|column| (TableColumn::new(input("fx_rates"), column.name), Flow::Transformation)).collect()
}

/// What was decided follows the candidates, the rates and the calendar.
fn decided(models: &Models, known: &BTreeMap<String, Traced>) -> BTreeMap<String, Traced> {
    let candidates = models.of(Layer::Candidates).filter_map(|model| known.get_key_value(&model.name));
    let mut reads: BTreeMap<String, Traced> = candidates.map(|(name, table)| (name.clone(), table.clone())).collect();
    let rules = ["fx_rates", "index_rates", "holidays"].into_iter().filter_map(contract::input);
    reads.extend(rules.map(|table| (table.name.to_owned(), raw_table(input, table))));
    let tables = CARRIED.iter().map(|(table, ..)| *table).filter(|table| table.starts_with("out_"));
    tables.map(|table| (table.to_owned(), carried(table, &reads))).collect()
}

/// A table that a rule makes of others: what is carried, and everything else that the rule could look at.
fn carried(name: &str, reads: &BTreeMap<String, Traced>) -> Traced {
    let mut made = Traced { tables: reads.keys().cloned().collect(), ..Traced::default() };
    for (table, of) in reads {
        made.influences.extend(of.columns.iter().map(|(column, _)| TableColumn::new(table, column)));
    }
    for (_, from, flow, columns) in CARRIED.iter().filter(|(table, ..)| *table == name) {
        made.columns.extend(columns.split_whitespace().map(|column| {
            let (own, other) = column.split_once('=').unwrap_or((column, column));
            (own.to_owned(), Sources::from([(TableColumn::new(*from, other), *flow)]))
        }));
    }
    made.through(reads)
}

/// A published KPI table, with the rates that amounts of several currencies are added up by.
fn rated(mut traced: Traced) -> Traced {
    traced.columns.push((contract::FX_RATE.name.to_owned(), quotes()));
    traced
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::NaiveDate;

    use super::*;
    use crate::config::{Plan, SqlFile};
    use crate::demo::Demo;
    use crate::io::engine::Engine;
    use crate::run::{Request, run};
    use crate::runtime::progress::Silent;
    use crate::runtime::timings::StageTimings;
    use crate::stage::{Revision, Shard, decide, materialize, transform};

    const PIPELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/daily.toml");
    /// What tells the rows of a table apart, where it has the columns.
    const KEYS: [&str; 5] = ["debtor_id", "company_id", "currency", "invoice_id", "installment_no"];
    /// Raw tables that no column of an input is in.
    const OF_NO_COLUMN: [&str; 2] = ["raw_held_debtors", "raw_voided"];

    /// An audit that finds the rows in which a column is not what it was among the candidates.
    fn audit(number: usize, table: &str, from: &str, columns: &str) -> SqlFile {
        let names: Vec<(&str, &str)> =
            columns.split_whitespace().map(|c| c.split_once('=').unwrap_or((c, c))).collect();
        let on: Vec<String> = KEYS
            .iter()
            .filter(|key| names.iter().any(|(own, _)| own == *key))
            .map(|key| format!("made.{key} = given.{key}"))
            .collect();
        let differs: Vec<String> =
            names.iter().map(|(own, other)| format!("(made.{own} is distinct from given.{other})")).collect();
        let text = format!(
            "-- Purpose: {table} carries {from}.\n-- Grain: none\n-- Reads: {table}\n-- Units: none\n-- Nulls: none\n\
             -- Kind: audit\nselect '{table}' as subject, 'carried' as expected, 'changed' as actual, '1' as difference \
             from {table} as made left join {from} as given on {} where {}",
            on.join(" and "),
            differs.join(" or ")
        );
        SqlFile { path: format!("50_audits/audit_9{number}_carried.sql"), text, is_own: true }
    }

    #[test]
    fn what_is_carried_is_what_was_given() {
        let sums = "(select debtor_id, company_id, currency, sum(open_amount) as open_amount, min(due_date) as due_date \
                    from cnd_items group by debtor_id, company_id, currency)";
        let is_checked = |(table, from, flow, _): &&(&str, &str, Flow, &str)| {
            *from != QUERY && *flow == Flow::Identity && *table != "out_listings"
        };
        let carried = CARRIED.iter().filter(is_checked);
        let mut audits: Vec<SqlFile> =
            carried.zip(0..).map(|((table, from, _, columns), at)| audit(at, table, from, columns)).collect();
        assert_eq!(audits.len(), 5);
        let keys = "debtor_id company_id currency";
        audits.push(audit(
            8,
            "(select * from out_debtors where open_items > 0)",
            sums,
            &format!("{keys} open_amount oldest_due_date=due_date"),
        ));
        audits.push(audit(9, "(select * from out_decisions where items > 0)", sums, &format!("{keys} open_amount")));
        let folder = tempfile::tempdir().unwrap();
        let as_of = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();
        let demo = Demo { dir: folder.path().to_owned(), invoices: 1_500, seed: 7, as_of };
        demo.write(&mut |_| ()).unwrap();
        let home = folder.path().to_string_lossy().into_owned();
        let mut plan = Plan::load(Path::new(PIPELINE), &|name| (name == "REGUA_DATA").then(|| home.clone())).unwrap();
        plan.output = format!("{home}/output");
        plan.sql.extend(audits);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let request = Request {
            as_of,
            nonce: "0".to_owned(),
            ran_by: BTreeMap::new(),
            revise: None,
            accept_volume: None,
            kpi_only: false,
            teller: None,
        };
        let ran = run(&mut plan, &request, runtime.handle(), &Silent).unwrap();
        assert!(ran.record.counts["items"] > 100 && ran.record.counts["actions"] > 10, "{:?}", ran.record.counts);
    }

    /// A column that the stages add is in `WORKED_OUT`, or lineage would end there unseen.
    #[test]
    fn every_column_that_a_model_reads_is_known() {
        let plan = Plan::load(Path::new(PIPELINE), &|_| None).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str()))).unwrap();
        let as_of = NaiveDate::default();
        let variables = transform::variables(&plan, as_of, transform::Seen::default());
        let engine = Engine::new(runtime.handle(), plan.limits.memory_bytes_max, variables).unwrap();
        let session = engine.session();
        let timings = StageTimings::default();
        transform::transform((&plan, as_of), &models, &session, &mut Shard::empty(), &timings).unwrap();
        let decided = decide::decide(&plan.rules, as_of, &Revision::first(), &session).unwrap();
        materialize::facts(&models, &session, &decided, &timings).unwrap();
        let queries = engine.traced(&models);
        let known = raw_tables();
        let read = queries
            .values()
            .flat_map(|traced| traced.columns.iter().flat_map(|(_, sources)| sources.keys()).chain(&traced.influences));
        let is_unknown = |column: &&TableColumn| {
            column.table.starts_with("raw_")
                && !OF_NO_COLUMN.contains(&column.table.as_str())
                && known.get(&column.table).is_none_or(|table| table.column(&column.column).is_none())
        };
        let unknown: BTreeSet<&TableColumn> = read.filter(is_unknown).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let folds = Layer::ALL.iter().flat_map(|(layer, _)| models.of(*layer)).filter(|m| m.kind == ModelKind::Fold);
        for fold in folds {
            let carried = carried(&fold.name, &BTreeMap::from([(QUERY.to_owned(), queries[&fold.name].clone())]));
            let without: Vec<&String> =
                carried.columns.iter().filter(|(_, of)| of.is_empty()).map(|(name, _)| name).collect();
            assert!(!carried.columns.is_empty() && without.is_empty(), "{}: {without:?}", fold.name);
        }
    }
}

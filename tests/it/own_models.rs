//! SQL of the user's own: a KPI beside the shipped ones, a model in place of a shipped one, and what is refused.

use serde_json::Value;

use crate::support::{Ended, House, as_of};

const TOTALS: &str = "-- Purpose: what each company is owed
-- Grain: company_id, currency
-- Reads: fct_aging
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    summed as (
        select @as_of as as_of_date, company_id, currency, cast(sum(open_amount) as decimal(18, 2)) as open_amount
        from fct_aging
        group by company_id, currency
    )
select * from summed
order by company_id, currency
";

/// One open invoice of 100.00, and a folder of SQL.
fn house(files: &[(&str, &str)]) -> House {
    let house = House::of_one_invoice();
    house.edit("pipelines/daily.toml", "[pipeline]", "[pipeline]\nsql_dir = \"../sql\"");
    for (file, text) in files {
        let path = house.path(&format!("sql/{file}"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
    house
}

fn check(house: &House) -> Ended {
    house.regua(&["check", "pipelines/daily.toml", "--output", "text"])
}

#[test]
fn a_kpi_of_ones_own_is_checked_published_and_described() {
    // A name is no call.
    let totals = TOTALS.replace("company_id, currency, cast(", "company_id, currency, company_id as today, cast(");
    assert_eq!(
        check(&house(&[(
            "40_kpis/kpi_totals.sql",
            &totals.replace("group by company_id", "group by today, company_id")
        )]))
        .code,
        0
    );
    let house = house(&[("40_kpis/kpi_totals.sql", TOTALS)]);
    assert_eq!(check(&house).code, 0, "{}", check(&house).stderr);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let columns = "company_id currency open_amount reporting_currency fx_rate";
    assert_eq!(house.published("kpi_totals", columns), ["1 BRL 100.00 BRL 1.00000000"]);
    assert_eq!(house.published("kpi_portfolio", "open_amount"), ["100.00"], "the shipped ones are there");
    let told = house.regua(&["schema", "kpi_totals", "--pipeline", "pipelines/daily.toml"]);
    let schema: Value = serde_json::from_str(&told.stdout).expect("a schema");
    assert_eq!(schema["description"], "One row per company_id, currency: what each company is owed");
    assert_eq!(schema["properties"]["open_amount"]["pattern"], "^-?[0-9]+\\.[0-9]{2}$");
    let unknown = house.regua(&["schema", "kpi_totals"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("--pipeline"), "{}", unknown.stderr);
}

/// A column that nothing of ours reads came as null to whoever asked for it, and nobody was told.
#[test]
fn a_column_that_only_ones_own_model_names_is_read() {
    let fact = TOTALS
        .replace("-- Grain: company_id, currency", "-- Grain: payment_method")
        .replace("-- Reads: fct_aging", "-- Reads: raw_invoices")
        .replace(
            "select @as_of as as_of_date, company_id, currency, cast(sum(open_amount) as decimal(18, 2)) as open_amount",
            "select payment_method, count(*) as invoices",
        )
        .replace("        from fct_aging\n        group by company_id, currency", "        from raw_invoices\n        group by payment_method")
        .replace("order by company_id, currency\n", "");
    let kpi = "-- Purpose: invoices by way of payment
-- Grain: payment_method
-- Reads: fct_methods
-- Units: numbers of invoices
-- Nulls: payment_method null = nobody says
-- Kind: table
select @as_of as as_of_date, payment_method, cast(sum(invoices) as bigint) as invoices from fct_methods group by payment_method
";
    let house = house(&[("35_facts/fct_methods.sql", fact.as_str()), ("40_kpis/kpi_methods.sql", kpi)]);
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount payment_method\nI1 D1 2026-01-05 2026-06-20 100.00 boleto",
    );
    assert_eq!(check(&house).code, 0, "{}", check(&house).stderr);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(house.published("kpi_methods", "payment_method invoices"), ["boleto 1"]);
}

/// Three lines of its head make it a card of the report.
#[test]
fn a_kpi_of_ones_own_is_a_card() {
    let head = "-- Title: Owed to each company\n-- Picture: bars\n-- Format: money\n";
    let house = house(&[("40_kpis/kpi_totals.sql", format!("{head}{TOTALS}").as_str())]);
    house.edit("pipelines/daily.toml", "[limits]", "[report]\nmin_cell = 0\n\n[limits]");
    assert_eq!(check(&house).code, 0, "{}", check(&house).stderr);
    assert_eq!(house.run(as_of()).code, 0);
    let ended = house.regua(&["report", "output", "--min-cell", "0"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let page = house.read("report-2026-06-30.html");
    let (_, card) = page.split_once("<h3>Owed to each company</h3>").expect("a card");
    let card = card.split("</figure>").next().unwrap_or_default();
    assert!(card.contains("class=\"bars\"") && card.contains("R$\u{a0}100,00"), "{card}");
    assert!(!card.contains("fx_rate"), "{card}");
}

/// A table without rows is one all the same.
#[test]
fn a_kpi_that_finds_nothing_is_published_empty() {
    let nothing = TOTALS.replace("from fct_aging", "from fct_aging where open_amount < 0");
    let house = house(&[("40_kpis/kpi_totals.sql", nothing.as_str())]);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(house.path(&format!("output/kpi/kpi_totals/dt={}/part-00000.parquet", as_of())).exists());
}

#[test]
fn a_file_stands_in_for_the_shipped_one_of_its_path() {
    let shipped = std::fs::read_to_string(crate::support::root().join("sql/40_kpis/kpi_aging.sql")).expect("a model");
    let doubled = shipped.replace("sum(items) as items", "2 * sum(items) as items");
    assert_ne!(doubled, shipped);
    let house = house(&[("40_kpis/kpi_aging.sql", doubled.as_str())]);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("sql_dir replaces the shipped kpi_aging"), "{}", ended.stderr);
    assert!(check(&house).stdout.contains("note: sql_dir replaces the shipped kpi_aging"));
    assert_eq!(house.published("kpi_aging", "items open_amount"), ["2 100.00"]);
}

#[test]
fn check_runs_sql_of_ones_own_over_nothing() {
    for (file, text, expected) in [
        ("40_kpis/kpi_totals.sql", TOTALS.replace("open_amount) as", "open_amonut) as"), "open_amonut"),
        ("40_kpis/kpi_totals.sql", TOTALS.replace("-- Units: amounts in units of currency\n", ""), "lacks Units"),
        (
            "40_kpis/kpi_totals.sql",
            TOTALS.replace("@as_of ", "@today "),
            "there is no parameter @today; the day of the run is @as_of",
        ),
        (
            "40_kpis/kpi_totals.sql",
            format!("-- Picture: pie\n{TOTALS}"),
            "model 40_kpis/kpi_totals.sql: its Picture is pie; write table, bars or lines",
        ),
        ("40_kpis/kpi_totals.sql", TOTALS.replace("@as_of ", "current_date() "), "it asks for current_date()"),
        (
            "40_kpis/kpi_totals.sql",
            TOTALS.replace("Grain: company_id", "Grain: company"),
            "model 40_kpis/kpi_totals.sql: its Grain names `company`, which it does not select",
        ),
        (
            "40_kpis/kpi_totals.sql",
            TOTALS.replace("company_id, currency, cast(", "company_id, currency, random () as x, cast("),
            "it asks for random()",
        ),
        (
            "40_kpis/kpi_totals.sql",
            TOTALS.replace("from fct_aging", "from fct_agings"),
            "model 40_kpis/kpi_totals.sql: there is no table fct_agings for it; a model reads what files before it make",
        ),
        (
            "40_kpis/kpi_totals.sql",
            TOTALS.replace("-- Reads: fct_aging", "-- Reads: fct_agin"),
            "model 40_kpis/kpi_totals.sql: its Reads: unknown model `fct_agin`; did you mean `fct_aging`?",
        ),
        ("40_kpis/totals.sql", TOTALS.to_owned(), "the name of a model in that folder begins with kpi_ or all_"),
        ("35_facts/kpi_mine.sql", TOTALS.to_owned(), "the name of a model in that folder begins with fct_"),
        (
            "40_kpis/kpi_totals.sql",
            TOTALS.replace("\nwith\n", "\nwith recursive\n"),
            "a query that calls itself (`with recursive`) may never end",
        ),
        (
            "35_facts/fct_rates.sql",
            TOTALS.replace("fct_aging", "raw_fx_rates"),
            "model 35_facts/fct_rates.sql: there is no table raw_fx_rates for it",
        ),
        (
            "40_kpis/kpi_aging.sql",
            TOTALS.to_owned(),
            "model 40_kpis/kpi_aging.sql: it lacks the column segment, which the table of that name has",
        ),
        (
            "40_kpis/kpi_totals.sql",
            TOTALS.replace("@as_of as as_of_date, ", ""),
            "model 40_kpis/kpi_totals.sql: a KPI table has a column as_of_date, a date; select `@as_of as as_of_date`",
        ),
        (
            "40_kpis/kpi_totals.sql",
            format!("-- Title: Totals\n{}", TOTALS.replace("Kind: table", "Kind: view")),
            "kpi_totals.sql: its Title is for the page, and a view is not published; write Kind: table, or take the Title out",
        ),
        (
            "40_kpis/kpi_dso.sql",
            TOTALS.replace("Kind: table", "Kind: view"),
            "model 40_kpis/kpi_dso.sql: a table of this name is published, so its Kind is table",
        ),
        (
            "50_audits/limit.sql",
            TOTALS.replace("Kind: table", "Kind: audit"),
            "model 50_audits/limit.sql: an audit selects subject, expected, actual, difference, and it has no subject",
        ),
        ("kpis/kpi_totals.sql", TOTALS.to_owned(), "it is not in a known folder"),
        (
            "35_facts/kpi_aging.sql",
            TOTALS.to_owned(),
            "35_facts/kpi_aging.sql has the name of 40_kpis/kpi_aging.sql; to replace it, put it into the folder of that name",
        ),
    ] {
        let house = house(&[(file, text.as_str())]);
        let said = check(&house);
        assert_eq!(said.code, 2, "{file}: {}", said.stderr);
        assert!(said.stderr.contains(expected), "{expected}: {}", said.stderr);
    }
}

#[test]
fn rows_that_repeat_their_grain_are_refused() {
    let house = house(&[(
        "40_kpis/kpi_totals.sql",
        TOTALS.replace("Grain: company_id, currency", "Grain: as_of_date").as_str(),
    )]);
    house.write(
        "invoices",
        "invoice_id debtor_id currency issue_date due_date amount
        I1 D1 BRL 2026-05-01 2026-06-10 100.00
        I2 D1 USD 2026-05-01 2026-06-10 80.00",
    );
    let ended = house.run(as_of());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("some of its rows have the same as_of_date; correct its Grain"), "{}", ended.stderr);
}

/// Its rows were written over the table of that name, and the run ended with "what was read back is not what was written".
#[test]
fn a_model_has_no_name_of_a_table_that_the_program_makes() {
    for name in ["items", "decisions", "contact_state", "Quarantine", "raw_invoices", "out_items", "run_mine"] {
        let header =
            "-- Purpose: p\n-- Grain: none\n-- Reads: fct_aging\n-- Units: none\n-- Nulls: none\n-- Kind: table\n";
        let sql = format!("{header}select 1 as a from fct_aging");
        let ended = check(&house(&[(&format!("40_kpis/{name}.sql"), &sql)]));
        assert_eq!(ended.code, 2, "{name}: {}", ended.stdout);
        assert!(ended.stderr.contains(&format!("{name}.sql has the name of a table")), "{}", ended.stderr);
    }
}

/// With an audit of its own in its place 7 letters went to blocked debtors, and the page said that every check had held.
#[test]
fn an_audit_of_the_program_cannot_be_replaced() {
    let audit = "50_audits/audit_10_no_held_debtor.sql";
    let ended = check(&house(&[(audit, "select 1 as subject where false")]));
    assert_eq!(ended.code, 2, "{}", ended.stdout);
    let refused = "is one of the program's audits, and those hold for every run; name yours otherwise";
    assert!(ended.stderr.contains(refused), "{}", ended.stderr);
}

/// The day of a row was another than that of its folder.
#[test]
fn a_kpi_is_of_the_day_of_its_run() {
    let house = house(&[("40_kpis/kpi_totals.sql", &TOTALS.replace("@as_of as", "date '2020-01-01' as"))]);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("its as_of_date is not the day of the run"), "{}", ended.stderr);
}

/// "200.0 % overdue" stood on the page, with a tick before "every check held".
#[test]
fn what_is_open_is_current_and_overdue_whoever_sums_it() {
    let shipped =
        std::fs::read_to_string(crate::support::root().join("sql/40_kpis/kpi_portfolio.sql")).expect("a model");
    let doubled = shipped.replace(
        "cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount",
        "cast(2 * sum(overdue_amount) as decimal(18, 2)) as overdue_amount",
    );
    assert_ne!(doubled, shipped);
    let ended = house(&[("40_kpis/kpi_portfolio.sql", doubled.as_str())]).run(as_of());
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("06 open is current and overdue (BRL): expected 100.00, actual 200.00"),
        "{}",
        ended.stderr
    );
}

/// The log of a scheduler is read by many: whoever an audit of one's own finds is told as a hash.
#[test]
fn a_finding_of_ones_own_audit_names_nobody() {
    let audit = "-- Purpose: p\n-- Grain: none\n-- Reads: stg_debtors\n-- Units: none\n-- Nulls: none\n-- Kind: audit\n\
                 select debtor_id as subject, '0' as expected, '1' as actual, '1' as difference from stg_debtors";
    let ended = house(&[("50_audits/limit.sql", audit)]).run(as_of());
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("audit limit (sha256 ") && !ended.stderr.contains("(D1)"), "{}", ended.stderr);
}

/// What its author says must agree is compared in every run, and shown with the other checks.
#[test]
fn a_kpi_of_ones_own_ties_to_another_table() {
    let tied = |tie: &str| format!("-- Ties: {tie}\n{TOTALS}");
    let sound = house(&[(
        "40_kpis/kpi_totals.sql",
        &tied("open_amount = kpi_portfolio.open_amount, open_amount = kpi_aging.open_amount"),
    )]);
    assert_eq!(check(&sound).code, 0, "{}", check(&sound).stderr);
    assert_eq!(sound.run(as_of()).code, 0);
    let record = sound.read("output/_log/00000000000000000001.json");
    assert!(record.contains("kpi_totals.open_amount ties to kpi_aging.open_amount"), "{record}");
    let half =
        tied("open_amount = kpi_portfolio.open_amount").replace("cast(sum(open_amount)", "cast(sum(open_amount) / 2");
    let half = house(&[("40_kpis/kpi_totals.sql", &half)]);
    assert_eq!(check(&half).code, 0, "{}", check(&half).stderr);
    let ended = half.run(as_of());
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    let expected = "audit kpi_totals.open_amount ties to kpi_portfolio.open_amount (1 BRL): expected 100.00, actual 50.00, difference -50.00";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    for (tie, expected) in [
        ("open_amount", "its Ties is \"open_amount\"; in a KPI file write `amount = kpi_portfolio.open_amount`"),
        (
            "open_amount = kpi_portfolios.open_amount",
            "its Ties names kpi_portfolios, which is not a KPI table of this run",
        ),
        ("open_amount = kpi_portfolio.open", "its Ties names kpi_portfolio.open, which is not there"),
        ("open_amount = kpi_portfolio.items", "compares an amount with a number"),
        ("currency = kpi_portfolio.items", "kpi_totals.currency, which is neither decimal(18, 2) nor bigint"),
    ] {
        let ended = check(&house(&[("40_kpis/kpi_totals.sql", &tied(tie))]));
        assert!(ended.code == 2 && ended.stderr.contains(expected), "{tie}: {}", ended.stderr);
    }
}

/// Rows in, rows out, as the shipped models are tested.
#[test]
fn a_specification_of_ones_own_model_is_run_by_check() {
    let told = |spec: &str| {
        let ended = check(&house(&[("40_kpis/kpi_totals.sql", TOTALS), ("40_kpis/kpi_totals.spec", spec)]));
        (ended.code, if ended.code == 0 { ended.stdout } else { ended.stderr })
    };
    let items = "out_items: company_id currency segment bucket_no bucket open_amount\n    \"Casa Sul\" BRL novo 0 not_due 60.00\n    \"Casa Sul\" BRL novo 1 1-30 40.00\n";
    let (code, text) = told(&format!(
        "-- From the first row to the last.\nas of 2026-06-30\n{items}kpi_totals = company_id currency open_amount\n    \"Casa Sul\" BRL 100.00\n\
         fct_aging: company_id currency open_amount\n    2 BRL 5.00\n    2 BRL 7.00\nkpi_totals == as_of_date company_id open_amount\n    2026-06-30 2 12.00\n"
    ));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(", 1 specification holds"), "{text}");
    for (spec, line, expected) in [
        (
            format!("{items}kpi_totals = company_id open_amount\n    \"Casa Sul\" 90.00\n"),
            4,
            "kpi_totals as of 2026-06-30: expected Casa Sul 90.00; found Casa Sul 100.00",
        ),
        ("invoics: invoice_id\n    I1\n".to_owned(), 1, "unknown table `invoics`; did you mean `invoices`?"),
        ("out_items: invoice\n    I1\nkpi_totals = currency\n".to_owned(), 3, "out_items: unknown column `invoice`"),
        ("invoices: invoice_id amount\n    I1\n".to_owned(), 2, "1 cells for 2 columns"),
        ("I1 2026-06-20\n".to_owned(), 1, "there is no table above this row"),
        ("kpi_total = currency\n".to_owned(), 1, "unknown model `kpi_total`; did you mean `kpi_totals`?"),
        ("kpi_totals = currencies\n".to_owned(), 1, "it has no column currencies"),
        (
            items.replace("60.00", "R$60") + "kpi_totals = currency\n",
            4,
            "out_items: a cell of open_amount is not Decimal128(18, 2)",
        ),
        ("as of June\n".to_owned(), 1, "\"June\" is not a date; write it like 2026-06-30"),
        (items.to_owned(), 1, "it expects nothing; name a model and its columns"),
    ] {
        let (code, text) = told(&spec);
        let place = format!("sql/40_kpis/kpi_totals.spec:{line}: ");
        let said = text.split_once(&place).map_or("", |(_, said)| said);
        assert!(code == 2 && said.contains(expected), "{spec}\n{line}: {expected}\n{text}");
    }
}

/// With the model comes what it makes of a few rows, and that holds until somebody changes it.
#[test]
fn an_ejected_model_brings_its_specification() {
    let house = House::of_one_invoice();
    house.edit("pipelines/daily.toml", "[pipeline]", "[pipeline]\nsql_dir = \"sql\"");
    house.edit("pipelines/daily.toml", "sql_dir = \"sql\"", "# sql_dir = \"sql\"");
    for model in ["20_intermediate/int_items", "35_facts/fct_aging", "40_kpis/kpi_aging", "40_kpis/kpi_actions"] {
        let ended = house.regua(&["eject", &format!("sql/{model}.sql"), "--output", "text"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stdout.contains(&format!("{model}.spec, which `regua check` runs")), "{}", ended.stdout);
    }
    house.edit("pipelines/daily.toml", "# sql_dir = \"sql\"", "sql_dir = \"sql\"");
    let ended = check(&house);
    assert!(ended.code == 0 && ended.stdout.contains("4 specifications hold"), "{}{}", ended.stdout, ended.stderr);
    house.edit("pipelines/sql/40_kpis/kpi_aging.sql", "sum(items) as items", "2 * sum(items) as items");
    let ended = check(&house);
    assert!(ended.code == 2 && ended.stderr.contains("pipelines/sql/40_kpis/kpi_aging.spec:"), "{}", ended.stderr);
}

/// What is let go of early must never read as an empty table: an address that is not there is closed to nobody.
#[test]
fn a_table_that_was_let_go_is_an_error_and_not_empty() {
    let late = |reads: &str| {
        format!(
            "-- Purpose: p\n-- Grain: none\n-- Reads: {reads}\n-- Units: none\n-- Nulls: none\n-- Kind: table\n\
             select count(*) as addresses from stg_contact_points"
        )
    };
    let named = check(&house(&[("35_facts/fct_addresses.sql", &late("stg_contact_points"))]));
    assert_eq!(named.code, 0, "{}", named.stderr);
    let unnamed = check(&house(&[("35_facts/fct_addresses.sql", &late("out_actions"))]));
    assert_eq!(unnamed.code, 2, "{}", unnamed.stdout);
    assert!(unnamed.stderr.contains("it reads raw_contact_points, itself or by a view"), "{}", unnamed.stderr);
    assert!(unnamed.stderr.contains("name all that it reads in its Reads"), "{}", unnamed.stderr);
}

/// Some editors begin a file with a byte order mark: a model had no header, and a block sent it to debtors.
#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
    let model = "\u{feff}-- Purpose: p\n-- Grain: none\n-- Reads: fct_aging\n-- Units: none\n-- Nulls: none\n-- Kind: table\n\
                 select @as_of as as_of_date, count(*) as facts from fct_aging";
    let house = house(&[("40_kpis/kpi_mine.sql", model)]);
    house.write_file(
        "pipelines/templates/en/overdue_first.email.j2",
        "\u{feff}Subject: x\n\nHello\n{{ creditor.opt_out }}",
    );
    let ended = check(&house);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

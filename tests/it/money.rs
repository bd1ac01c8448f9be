//! Charges, offers and the dunning currency through the program itself: from rates and payments to what is published.

use crate::support::{House, as_of};

const POINTS: &str = "debtor_id channel address\nD1 email a@acme.example\nD2 email b@bravo.example";

/// Ten days late each: D1 owes 3,000.00 reais, and was late before; D2 owes 100.00 euros.
fn house() -> House {
    let house = House::new();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date currency amount
         I1 D1 2026-05-01 2026-06-20 BRL 3000.00
         I2 D1 2026-05-01 2026-06-10 BRL 1000.00
         I3 D2 2026-05-01 2026-06-20 EUR 100.00",
    );
    house.write(
        "payments",
        "payment_id debtor_id invoice_id paid_on currency amount kind
         P1 D1 I2 2026-06-25 BRL 1000.00 payment
         P2 D1 I2 2026-06-25 BRL 20.00 charges",
    );
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP\nD2 Bravo SP");
    house.write("contact_points", POINTS);
    house
}

/// Runs the day of most tests and gives the named columns of the published table.
fn after_run(house: &House, table: &str, columns: &str) -> Vec<String> {
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut rows = house.published(table, columns);
    rows.sort();
    rows
}

const CLAIM: &str =
    "debtor_id open_amount fine_amount interest_amount fee_amount residual_amount waived_amount total_due";

#[test]
fn the_shipped_pipeline_charges_shows_and_offers() {
    let house = house();
    // Interest of 15 days on 1,000.00 and the fine, less the 20.00 that were paid of them, are waived.
    let expected = ["D1 3000.00 60.00 10.00 0.00 0.00 5.00 3070.00", "D2 100.00 2.00 0.33 0.00 0.00 0.00 102.33"];
    assert_eq!(after_run(&house, "actions", CLAIM), expected);
    let body = house.published("actions", "body").concat();
    for part in
        ["Multa: R$ 60,00", "Juros de mora: R$ 10,00", "Total em 30/06/2026: R$ 3.070,00", "dispensados: R$ 5,00"]
    {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    let offers = house.published("actions", "offer").concat();
    assert!(offers.contains("kind: extension, total: 3070.00"), "{offers}");
    assert!(body.contains("pode ser estendido"), "{body}");
    let explained = house.regua(&["explain", "D1", "--from", "output", "--output", "text"]).stdout;
    for part in [
        "Charges default: fine 2 % half_up, interest 1 % per month half_up",
        "Charges left on items paid late (1): 5.00 waived",
        "asks for R$3,000.00 + fine R$60.00 + interest R$10.00 = R$3,070.00",
        "waives charges of items paid late: R$5.00",
        "offers extension: R$3,070.00 until 2026-07-03: R$3,070.00 on 2026-07-07",
    ] {
        assert!(explained.contains(part), "no {part:?} in {explained}");
    }
    let outbox = house.path("output/outbox/dt=2026-06-30/channel=email/part-00000.ndjson");
    let lines = std::fs::read_to_string(outbox).expect("a gateway batch");
    let of_d1 = lines.lines().find(|line| line.contains("\"debtor_id\":\"D1\"")).expect("a line");
    let line: serde_json::Value = serde_json::from_str(of_d1).expect("JSON");
    assert_eq!(line["data"]["waived_amount"], "5.00");
    assert_eq!(line["data"]["offer"]["instalments"][0]["amount"], "3070.00");
}

#[test]
fn what_is_left_of_charges_can_be_claimed() {
    let house = house();
    house.edit("pipelines/daily.toml", "residual_charges = \"waive\" ", "residual_charges = \"claim\" ");
    let rows = after_run(&house, "actions", CLAIM);
    assert_eq!(rows[0], "D1 3000.00 60.00 10.00 0.00 5.00 0.00 3075.00");
    let body = house.published("actions", "body").concat();
    assert!(body.contains("Encargos de faturas pagas com atraso: R$ 5,00"), "{body}");
}

#[test]
fn statutory_interest_takes_its_rates_from_the_input_and_never_another() {
    let law = |house: &House| {
        house.edit(
            "pipelines/daily.toml",
            "interest = { percent = \"1\", per = \"per_month\", rounding = \"half_up\" }",
            "interest = { statutory = \"br_taxa_legal\", index = \"juros\", rounding = \"half_up\" }",
        );
    };
    let house = house();
    law(&house);
    house.write("index_rates", "date index rate\n2026-05-01 juros 0.8\n2026-06-01 juros 0.9");
    // 3,000.00 × 0.9 % × 10 / 30, of which nothing is known to be lower.
    assert_eq!(after_run(&house, "actions", "debtor_id interest_amount"), ["D1 9.00", "D2 0.30"]);

    let house = self::house();
    law(&house);
    house.write("index_rates", "date index rate\n2026-05-01 juros 0.8");
    let held = after_run(&house, "decisions", "debtor_id outcome reason step_id");
    assert_eq!(held, ["D1 hold quarantined_input d+5", "D2 hold quarantined_input d+5"]);
    let details = house.published("decisions", "detail").concat();
    assert!(details.contains("index \"juros\" has no rate for 2026-06-11"), "{details}");
}

#[test]
fn rates_that_cannot_be_right_stop_the_run() {
    for (table, rows, what) in [
        (
            "index_rates",
            "date index rate\n2026-07-01 ecb 2.15\n2026-07-01 ecb 2.4",
            "two rates of one index on one day",
        ),
        ("index_rates", "date index rate\n2026-01-01 ecb 2.4", "two rates of one index on one day"),
        ("index_rates", "date index rate\n2026-01-01 x 1000.01", "above 1,000 per cent"),
        ("index_rates", "date index rate\n- ecb 2.4", "row 0: column \"date\" is null"),
        ("fx_rates", "date from_currency to_currency rate\n2026-06-30 EUR CHF 0", "not above zero"),
        (
            "fx_rates",
            "date from_currency to_currency rate\n2026-06-30 EUR CHF 1.5\n2026-06-30 EUR CHF 1.6",
            "two different rates of one currency pair on one day",
        ),
    ] {
        let house = house();
        house.write(table, rows);
        let ended = house.run(as_of());
        assert_eq!(ended.code, 3, "{rows}: {}", ended.stderr);
        assert!(ended.stderr.replace("\\\"", "\"").contains(what), "{rows}: {}", ended.stderr);
    }
}

#[test]
fn a_regua_duns_in_its_currency_at_the_latest_rate() {
    let francs = |rates: &str| {
        let house = house();
        let file = "pipelines/reguas/b2b.toml";
        house.edit(file, "level_of = ", "dunning_currency = \"CHF\"\nfx_rounding = \"half_up\"\nlevel_of = ");
        house.edit("pipelines/daily.toml", "[charges.default]", "[charges.nobody]");
        house.write("fx_rates", &format!("date from_currency to_currency rate\n{rates}"));
        house
    };
    let columns = "debtor_id currency total_due dunning_currency dunning_amount fx_rate fx_date";
    let rates = "2026-06-29 EUR CHF 1.5\n2026-06-26 EUR CHF 1.4\n2026-07-01 EUR CHF 9\n2026-06-30 BRL KWD 3";
    let house = francs(rates);
    assert_eq!(after_run(&house, "actions", columns), ["D2 EUR 100.00 CHF 150.00 1.50000000 2026-06-29"]);
    assert!(house.published("actions", "body").concat().contains("€ 100,00 (CHF 150,00)"));
    let held = house.published("decisions", "debtor_id reason detail");
    let expected =
        "D1 quarantined_input fx_rates has no rate from BRL to CHF from 2026-06-23 to 2026-06-30; add it to the input";
    assert!(held.contains(&expected.to_owned()), "{held:?}");
    assert_eq!(house.published("kpi_portfolio", "currency open_amount"), ["BRL 3000.00", "EUR 100.00"], "the ledger");
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let files = || {
        let house = house();
        house.write("index_rates", "date index rate\n2026-07-01 ecb 2.15");
        house.write("fx_rates", "date from_currency to_currency rate\n2026-06-30 EUR CHF 1.5");
        assert_eq!(house.run(as_of()).code, 0);
        let pattern = house.path("output/runs/*/*/actions/*.parquet");
        let found = glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten().next().expect("actions");
        std::fs::read(found).expect("readable")
    };
    assert!(files() == files());
}

/// Every fault of the money sections at once, each with its line and its remedy.
#[test]
fn faults_of_charges_offers_and_rates_are_told_at_once() {
    let house = House::new();
    let daily = "pipelines/daily.toml";
    house.edit(daily, "fine = { percent = \"2\",", "fine = { percent = \"2.5\",");
    house.edit(
        daily,
        "interest = { percent = \"1\", per = \"per_month\",",
        "interest = { percent = \"12.1\", per = \"per_year\",",
    );
    house.edit(
        daily,
        "[charges.default]",
        "[charges.2]\ninterest = { statutory = \"uk_late_payment\", margin = \"9\", rounding = \"half_up\" }\n\
         [charges.3]\ninterest = { statutory = \"eu_late_payment\", percent = \"1\", rounding = \"half_up\" }\n\
         [charges.4]\nfine = { percent = \"1,5\", rounding = \"half_up\" }\n\
         [charges.default]",
    );
    house.edit(daily, "segments = [\"pontual\", \"novo\"]", "segments = [\"pontuall\", \"novo\"]");
    house.edit(daily, "percent = \"3\", percent_max = \"5\"", "percent = \"6\", percent_max = \"5\"");
    house.edit(daily, "count_max = 6,", "count_max = 1,");
    house.edit(daily, "days_past_due = \">= 15, < 30\"", "days_past_due = \"15 to 30\"");
    let regua = "pipelines/reguas/b2b.toml";
    house.edit(regua, "level_of = ", "dunning_currency = \"CHF\"\nfx_rounding = \"truncate\"\nlevel_of = ");
    house.edit(regua, "id = \"d-3\"\n", "id = \"d-3\"\nfee = { fixed = { JPY = \"5.50\" }, rounding = \"half_up\" }\n");
    house.edit("pipelines/rates/uk.toml", "from = \"2023-06-30\"", "from = \"2022-06-30\"");
    let said = house.regua(&["check", daily]).stderr.replace("\\\"", "\"");
    for fault in [
        "the fine of 2.5 % is above `caps.fine_max` = 2; lower one or raise the other",
        "interest of 12.1 % per year is above `caps.interest_max_per_month` = 1; lower one or raise the other",
        "the margin is fixed by the statute UkLatePayment; leave it out",
        "interest is { percent, per, rounding } by contract, or { statutory, rounding } by law",
        "\"1,5\" is not a percentage",
        "unknown segment `pontuall`; did you mean `pontual`?",
        "`percent` = 6 is above `percent_max` = 5; lower one or raise the other",
        "the number of instalments of 1 is not from 2 to 120",
        "\"15 to 30\" is not a comparison",
        "amounts are converted \"half_up\" or \"half_even\", not cut off",
        "JPY has no decimals; write a whole number",
        "a step that asks for nothing overdue bears no fee; take it out",
        "2022-06-30 does not come after the date before it",
    ] {
        assert!(said.contains(fault), "no {fault:?} in\n{said}");
    }
    assert!(said.contains("uk.toml:5") || said.contains("uk.toml:6"), "{said}");
}

/// Invariant 8, over a story of eight days: what is open in the evening is what was open the evening before, with what
/// was issued, without what was applied, and with what was taken back.
#[test]
fn what_is_open_rolls_forward_from_day_to_day() {
    let house = House::new();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount document_type original_invoice_id
        I1 D1 2026-06-01 2026-06-10 100.00 invoice -
        I2 D1 2026-06-02 2026-06-12 250.00 invoice -
        I3 D2 2026-06-02 2026-06-12 80.00 invoice -
        C1 D1 2026-06-05 2026-06-05 30.00 credit_note I2
        I4 D2 2026-06-07 2026-06-30 40.00 debit_note -",
    );
    house.write(
        "payments",
        "payment_id debtor_id invoice_id paid_on amount kind reverses
        P1 D1 I1 2026-06-02 60.00 payment -
        P2 D1 I1 2026-06-03 40.00 payment -
        P3 D1 I1 2026-06-04 40.00 chargeback P2
        P4 D2 I3 2026-06-06 95.00 payment -
        P5 D1 I2 2026-06-07 20.00 write_off -
        P6 D2 I3 2026-06-08 95.00 refund P4",
    );
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP\nD2 Bravo SP");
    house.write("contact_points", "debtor_id channel address\nD1 email a@acme.example");
    house.edit("pipelines/daily.toml", "max_age_days = 7", "max_age_days = 3650");
    let mut open = 0;
    for (day, issued, applied, taken_back) in [
        ("2026-06-01", 10_000, 0, 0),
        ("2026-06-02", 33_000, 6_000, 0),
        ("2026-06-03", 0, 4_000, 0),
        ("2026-06-04", 0, 0, 4_000),
        ("2026-06-05", 0, 3_000, 0),
        ("2026-06-06", 0, 8_000, 0), // 15.00 of 95.00 are a credit
        ("2026-06-07", 4_000, 2_000, 0),
        ("2026-06-08", 0, 0, 8_000),
    ] {
        open += issued - applied + taken_back;
        let ran = house.run(day);
        assert_eq!(ran.code, 0, "{day}: {}", ran.stderr);
        let expected = format!("{}.{:02}", open / 100, open % 100);
        assert_eq!(house.published("kpi_portfolio", "open_amount"), [expected], "{day}");
    }
}

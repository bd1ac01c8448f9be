//! Whole pages from small tables: of nothing, of one row, of nulls, of huge amounts, of many companies, of hostile names.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;

use super::*;
use crate::contract::{self, KPIS};

mod told;
mod withheld;

/// A KPI table from text: a line of column names, then a line a row; `-` is null. Columns that are not named
/// are null.
fn table(kpis: &mut Kpis, name: &str, text: &str) {
    let known = KPIS.iter().find(|table| table.name == name);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let names: Vec<&str> = lines.next().expect("a line of names").split_whitespace().collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let column = |at: usize, kind: &arrow::datatypes::DataType| -> ArrayRef {
        let text = |row: &Vec<&str>| Some(row[at].to_owned()).filter(|text| text != "-");
        let texts: ArrayRef = Arc::new(StringArray::from(rows.iter().map(text).collect::<Vec<_>>()));
        cast(&texts, kind).expect("a column")
    };
    let of_contract = known.map(contract::Table::schema);
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for field in of_contract.iter().flat_map(|schema| schema.fields()) {
        let array = match names.iter().position(|name| name == field.name()) {
            Some(at) => column(at, field.data_type()),
            None => new_null_array(field.data_type(), rows.len()),
        };
        columns.push((field.name().clone(), array));
    }
    for (at, name) in names.iter().enumerate() {
        if !columns.iter().any(|(known, _)| known == name) {
            columns.push(((*name).to_owned(), column(at, &kind_of(name))));
        }
    }
    let nullable = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(nullable).expect("a batch");
    kpis.insert(name.to_owned(), vec![batch]);
}

/// Of a column that the contract does not know.
fn kind_of(name: &str) -> arrow::datatypes::DataType {
    use arrow::datatypes::DataType;
    match name {
        _ if name.ends_with("_amount") => DataType::Decimal128(18, 2),
        _ if name.ends_with("_rate") || name.starts_with("difference") || name.ends_with("_avg") => DataType::Float64,
        _ if name.starts_with("week_f") || name.starts_with("week_t") || name == "day" => DataType::Date32,
        "owner_kind" | "owner_id" | "source" | "regua" | "step_id" | "channel" | "template_id" | "segment" => {
            DataType::Utf8
        }
        _ if name.ends_with("_id") || name == "currency" || name == "name" => DataType::Utf8,
        _ => DataType::Int64,
    }
}

fn run() -> Run {
    Run {
        tenant: "acme".to_owned(),
        as_of: "2026-06-30".parse().expect("a date"),
        kind: RecordKind::Actions,
        revision: 0,
        counts: BTreeMap::new(),
        notes: Vec::new(),
        experiments: BTreeMap::new(),
        audits: 25,
        inputs: BTreeMap::from([("invoices".to_owned(), 20_000)]),
        code_version: "0.1.0".to_owned(),
        input_digest: "0123456789abcdef".to_owned(),
        config_digest: "fedcba9876543210".to_owned(),
    }
}

fn options(language: Language) -> Options {
    Options { language, ..Options::default() }
}

fn made(run: &Run, kpis: &Kpis, options: &Options) -> String {
    let html = page(&Sources { run, kpis, before: None, own: &[], debtors: &[], options }).expect("a page");
    whole(&html);
    html
}

/// Every tag is closed, and nothing is drawn of what is no number.
fn whole(html: &str) {
    for tag in
        ["section", "table", "tr", "td", "th", "div", "figure", "svg", "details", "main", "footer", "span", "p", "i"]
    {
        let opened = html.matches(&format!("<{tag} ")).count() + html.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "<{tag}>");
    }
    for never in ["NaN", "inf ", "<script", "http://", "https://", "src=", "<link", "@import", "url(", "undefined"] {
        assert!(!html.contains(never), "{never}");
    }
    assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'"));
}

/// Without tags and with plain spaces.
fn text_of(html: &str) -> String {
    let (_, body) = html.split_once("</head>").expect("a head");
    let mut text = String::new();
    let mut is_tag = false;
    for letter in body.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            '\u{a0}' if !is_tag => text.push(' '),
            other if !is_tag => text.push(other),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#x2f;", "/").replace("&lt;", "<")
}

const PORTFOLIO: &str = "company_id currency debtors items open_amount current_amount overdue_amount overdue_30_amount overdue_60_amount overdue_90_amount credit_amount listed_amount unidentified_amount";

/// Two companies with something of everything.
fn portfolio() -> Kpis {
    let mut kpis = Kpis::new();
    let rows = "
        1 BRL 30 60 3000.00 2000.00 1000.00 500.00 300.00 200.00 10.00 90.00 0.00
        2 BRL 20 40 1000.00 900.00 100.00 50.00 30.00 20.00 0.00 0.00 7.00
        1 USD 3 3 500.00 500.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00";
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{rows}"));
    table(
        &mut kpis,
        "kpi_aging",
        "company_id currency segment bucket_no bucket items debtors open_amount
        1 BRL novo -1 credits 0 1 -10.00
        1 BRL novo 0 not_due 40 20 2000.00
        1 BRL novo 1 1-30 10 8 300.00
        1 BRL em_dia 1 1-30 5 4 200.00
        1 BRL novo 2 over_30 5 3 500.00
        2 BRL novo 0 not_due 30 15 900.00
        2 BRL novo 1 1-30 6 6 60.00
        2 BRL novo 2 over_30 4 3 40.00
        1 USD novo 0 not_due 3 3 500.00",
    );
    table(
        &mut kpis,
        "kpi_dso",
        "company_id currency open_amount current_amount credit_amount sales_amount sales_days dso_days
        1 BRL 3000.00 2000.00 10.00 4500.00 90 60.0
        2 BRL 1000.00 900.00 0.00 1500.00 90 60.0",
    );
    let months = "company_id currency month is_partial opening_amount billed_amount collected_amount credited_amount written_off_amount closing_amount closing_overdue_amount dso_days
        1 BRL 2026-04-01 false 2000.00 1000.00 800.00 0.00 0.00 2200.00 400.00 62.0
        1 BRL 2026-05-01 false 2200.00 1000.00 700.00 0.00 0.00 2500.00 500.00 63.5
        1 BRL 2026-06-01 false 2500.00 1500.00 950.00 50.00 0.00 3000.00 1000.00 60.0";
    table(&mut kpis, "kpi_collection_effectiveness", months);
    table(
        &mut kpis,
        "kpi_promises",
        "company_id currency pending pending_amount kept broken promised_amount kept_amount
        1 BRL 3 300.00 5 9 1000.00 400.00",
    );
    table(&mut kpis, "kpi_listings", "company_id currency kind bureau listings items listed_amount paid_while_listed removals_due removals_overdue overdue_days_max unknown_items
        1 BRL negativacao b 6 6 90.00 2 1 1 12 0");
    table(
        &mut kpis,
        "kpi_actions",
        "company_id currency regua step_id step_kind channel actions debtors open_amount
        1 BRL b2b d+5 reminder email 7 7 700.00
        1 BRL b2b d-0 negativacao_removal instruction 2 2 0.00",
    );
    table(
        &mut kpis,
        "kpi_holds",
        "company_id currency reason regua step_id debtors open_amount
        1 BRL not_due b2b - 20 2000.00
        1 BRL dispute_open b2b - 2 123.45",
    );
    kpis
}

#[test]
fn a_page_says_what_its_tables_say_in_both_languages() {
    let kpis = portfolio();
    let said = [
        (
            Language::PtBr,
            vec![
                "Recebíveis em 30 de junho de 2026",
                "R$ 4.000 em aberto, 27,5 % vencidos. Em junho foram pagos R$ 950 em títulos",
                "DSO) é de 60 dias, 16 acima do melhor DSO possível.",
                "✓ 25 verificações dos dados, todas em ordem",
                "1 dívida quitada continua negativada fora do prazo, a mais antiga há",
                "2 instruções de exclusão saem hoje.",
                "9 promessas de pagamento não foram cumpridas, 5 foram.",
                "R$ 7,00 em pagamentos não identificados.",
                "a parte vencida subiu 13,3 p.p. e é a maior em 3 meses; o DSO caiu 3,5 dias",
                "A tabela kpi_roll_rates não existe nesta execução.",
                "9 ações; 22 contas sem ação, cada uma com seu motivo: o mais comum é “ainda não venceu” (20).",
                "Moedas não são somadas: tudo acima é em BRL.",
                "invoices 20.000",
            ],
        ),
        (
            Language::En,
            vec![
                "Receivables on 30 June 2026",
                "R$ 4,000 is open, 27.5% of it overdue. In June, R$ 950 was applied to invoices",
                "the overdue share rose by 13.3 points and is the highest in 3 months; DSO fell by 3.5 days",
                "1 paid debt is still listed past the deadline, the worst by",
                "This run has no table kpi_vintage.",
            ],
        ),
    ];
    for (language, parts) in said {
        let html = made(&run(), &kpis, &options(language));
        let text = text_of(&html);
        for part in parts {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(html.contains(&format!("<html lang=\"{}\">", language.code())));
        assert_eq!(html, made(&run(), &kpis, &options(language)), "the same bytes");
    }
}

#[test]
fn of_nothing_a_page_says_why_and_draws_nothing() {
    let mut none = Kpis::new();
    for known in KPIS {
        none.insert(known.name.to_owned(), vec![RecordBatch::new_empty(known.schema())]);
    }
    for kpis in [Kpis::new(), none] {
        for language in Language::ALL {
            let html = made(&run(), &kpis, &options(language));
            let text = text_of(&html);
            assert!(!html.contains("<svg") && !text.contains("R$ 0"), "{text}");
            assert!(text.contains(language.pick("Nada está em aberto nesta data.", "Nothing is open on this date.")));
            assert!(html.matches("class=\"missing\"").count() >= 10, "{text}");
        }
    }
}

/// Every column that may be null is.
#[test]
fn of_nulls_a_page_says_that_history_is_missing() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_dso",
        "company_id currency open_amount current_amount credit_amount
        1 BRL 3000.00 2000.00 10.00",
    );
    table(
        &mut kpis,
        "kpi_ecl",
        "company_id currency bucket_no bucket open_amount reached_amount lost_amount forward_factor
        1 BRL 0 not_due 2000.00 0.00 0.00 1.0",
    );
    table(&mut kpis, "kpi_collection_effectiveness", "company_id currency month is_partial opening_amount billed_amount collected_amount credited_amount written_off_amount closing_amount closing_overdue_amount
        1 BRL 2026-06-01 true 0.00 0.00 0.00 0.00 0.00 0.00 0.00");
    table(
        &mut kpis,
        "kpi_cash_forecast",
        "company_id currency week_no week_from source due_amount expected_amount
        1 BRL 1 2026-07-01 not_due 100.00 -",
    );
    table(&mut kpis, "kpi_recovery", "company_id currency regua step_id channel segment contacts debtors contacted_amount recovered_amount recovery_rate
        1 BRL b2b d+1 email novo 0 0 0.00 - -");
    let text = text_of(&made(&run(), &kpis, &options(Language::PtBr)));
    for part in [
        "Prazo médio (DSO) – pede histórico que ainda não existe",
        "Perda esperada – pede histórico que ainda não existe",
        "O prazo médio de recebimento (DSO) não se sabe: faltam as vendas do período.",
        "Em junho foram pagos até agora R$ 0 em títulos.",
        "Ainda não há histórico para dizer o que vai entrar e o que se vai perder.",
        "Pede um histórico de pagamentos que ainda não existe",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn huge_amounts_and_many_companies_have_their_place() {
    let mut kpis = Kpis::new();
    let row = |n: usize| {
        format!(
            "\nC{n:02} BRL 90 900 1000000000000000.00 600000000000000.00 400000000000000.00 1.00 1.00 1.00 0.00 0.00 0.00"
        )
    };
    table(&mut kpis, "kpi_portfolio", &format!("{PORTFOLIO}{}", (0..40).map(row).collect::<String>()));
    let row = |n: usize| format!("\nC{n:02} BRL novo 0 not_due 900 90 1000000000000000.00");
    let aging = format!(
        "company_id currency segment bucket_no bucket items debtors open_amount{}",
        (0..40).map(row).collect::<String>()
    );
    table(&mut kpis, "kpi_aging", &aging);
    let html = made(&run(), &kpis, &options(Language::PtBr));
    let text = text_of(&html);
    for part in ["R$ 40.000 tri em aberto, 40,0 % vencidos.", "C11", "outras 28", "R$ 28.000.000.000.000.000,00"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(!text.contains("C12"), "the others are added up");
}

#[test]
fn the_longest_tables_are_cut_before_the_page_is_too_long() {
    let mut kpis = portfolio();
    let row = |n: usize| format!("\n1 BRL collector collector-{n:05} 9 9 1.00 1.00 1.00 1 1 1");
    let head = "company_id currency owner_kind owner_id debtors items open_amount overdue_amount collected_amount contacts answered promises_kept";
    table(&mut kpis, "kpi_collectors", &format!("{head}{}", (0..4_000).map(row).collect::<String>()));
    let html = made(&run(), &kpis, &options(Language::PtBr));
    assert!(html.len() <= BYTES_MAX, "{} bytes", html.len());
    assert!(text_of(&html).contains("… e mais 3.950 linhas, nas tabelas"));
    let without = Options { collectors: false, ..options(Language::PtBr) };
    let text = text_of(&made(&run(), &kpis, &without));
    assert!(!text.contains("collector-0") && text.contains("equipe própria"));
}

#[test]
fn a_hostile_name_is_text_everywhere() {
    let hostile = "<script>alert('x')</script>";
    let mut kpis = portfolio();
    let rows = format!("\n{hostile} BRL 30 60 3000.00 2000.00 1000.00 500.00 300.00 200.00 10.00 90.00 0.00");
    table(
        &mut kpis,
        "kpi_portfolio",
        &format!("{PORTFOLIO}\n1 BRL 30 60 4000.00 2000.00 1000.00 500.00 300.00 200.00 10.00 90.00 0.00{rows}"),
    );
    for (name, head) in [
        (
            "kpi_aging",
            "company_id currency segment bucket_no bucket items debtors open_amount\n{} BRL {} 1 {} 9 9 9.00\n1 BRL x 0 not_due 9 9 9.00",
        ),
        ("kpi_holds", "company_id currency reason regua step_id debtors open_amount\n{} BRL {} {} {} 9 9.00"),
        (
            "kpi_recovery",
            "company_id currency regua step_id channel template_id segment contacts debtors contacted_amount recovered_amount\n{} BRL {} {} {} {} {} 9 9 9.00 9.00",
        ),
        (
            "kpi_roll_rates",
            "company_id currency from_date from_state to_state amount items rate\n{} BRL 2026-05-31 {} {} 9.00 9 1.0",
        ),
        ("kpi_own", "company_id currency name debtors late_amount\n{} BRL {} 9 9.00"),
    ] {
        table(&mut kpis, name, &head.replace("{}", hostile));
    }
    let run = Run { tenant: hostile.to_owned(), notes: vec![hostile.to_owned()], ..run() };
    let own = OwnCard { title: hostile.to_owned(), shape: Shape::Bars, ..OwnCard::of_table("kpi_own") };
    let options = options(Language::En);
    let html = page(&Sources { run: &run, kpis: &kpis, before: None, own: &[own], debtors: &[], options: &options })
        .expect("a page");
    whole(&html);
    assert!(html.matches("&lt;script&gt;").count() > 10 && !html.contains("alert('x')"));
}

/// Each amount that must not be seen is one that nothing else gives.
#[test]
fn amounts_of_few_debtors_are_withheld() {
    let kpis = portfolio();
    let shown = text_of(&made(&run(), &kpis, &Options { min_cell: 0, ..options(Language::PtBr) }));
    let text = text_of(&made(&run(), &kpis, &options(Language::PtBr)));
    // Of a dispute two debtors; of a bucket of one company three, and so of the other company beside it.
    for amount in ["R$ 123 ", "R$ 40,00", "R$ 300"] {
        assert!(shown.contains(amount), "{amount} in\n{shown}");
    }
    for amount in ["R$ 123,45", "R$ 123 ", "R$ 300 ", "R$ 40,00", "R$ 60,00", "US$ 500,00"] {
        assert!(!text.contains(amount), "{amount} in\n{text}");
    }
    assert!(text.contains("oculto"));
}

/// Its row's total less the others was the cell that was withheld, and so was the channel's sum less its other steps.
#[test]
fn what_is_withheld_cannot_be_worked_out_from_what_is_shown() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_roll_rates",
        "from_date company_id currency from_state to_state amount items
        2026-05-31 1 BRL not_due not_due 900.00 20
        2026-05-31 1 BRL not_due 1-30 80.00 9
        2026-05-31 1 BRL not_due paid 7.77 1
        2026-05-31 1 BRL 1-30 1-30 500.00 30
        2026-05-31 1 BRL 1-30 paid 600.00 30",
    );
    table(
        &mut kpis,
        "kpi_recovery",
        "company_id currency step_id channel contacts debtors contacted_amount recovered_amount
        1 BRL d+1 email 90 80 900.00 300.00
        1 BRL d+5 email 50 40 500.00 200.00
        1 BRL d-1 email 1 1 10.00 3.33",
    );
    let html = made(&run(), &kpis, &options(Language::PtBr));
    for amount in ["7,77", "80,00", "3,33", "200,00"] {
        assert!(!html.contains(&format!("R$\u{a0}{amount}")), "{amount}");
    }
    // By channel, their sum: of 121 debtors.
    for amount in ["900,00", "503,33"] {
        assert!(html.contains(&format!("R$\u{a0}{amount}")), "{amount}");
    }
    let shown = made(&run(), &kpis, &Options { min_cell: 0, ..options(Language::PtBr) });
    assert!(shown.contains("R$\u{a0}7,77") && shown.contains("R$\u{a0}3,33"));
}

#[test]
fn of_a_date_for_which_nothing_was_decided_nothing_is_told_of_decisions() {
    let mut kpis = portfolio();
    kpis.remove("kpi_actions");
    kpis.remove("kpi_holds");
    let run = Run { kind: RecordKind::KpiOnly, ..run() };
    let html = made(&run, &kpis, &options(Language::PtBr));
    assert!(!html.contains("id=\"today\"") && html.contains("id=\"care\""));
}

#[test]
fn one_company_alone_and_two_dates() {
    let (kpis, options) = (portfolio(), Options { company: Some("2".to_owned()), ..options(Language::PtBr) });
    let text = text_of(&made(&run(), &kpis, &options));
    assert!(text.contains("R$ 1.000 em aberto, 10,0 % vencidos.") && text.contains("empresa 2"), "{text}");

    let mut then = portfolio();
    table(
        &mut then,
        "kpi_portfolio",
        &format!("{PORTFOLIO}\n1 BRL 10 20 5000.00 5000.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00"),
    );
    let options = Options::default();
    let before = Some(("2026-05-31".parse().expect("a date"), &then));
    let html =
        page(&Sources { run: &run(), kpis: &kpis, before, own: &[], debtors: &[], options: &options }).expect("a page");
    whole(&html);
    let text = text_of(&html);
    for part in [
        "O que mudou entre as duas datas? O valor em aberto caiu R$ 1.000; a parte vencida subiu 27,5 p.p.; o DSO não mudou.",
        "Em aberto R$ 5.000,00 R$ 4.000,00 −R$ 1.000,00",
        "Parte vencida 0,0 % 27,5 % 27,5 p.p.",
        "▼ R$ 1.000 desde 31/05/2026",
        "▲ 27,5 p.p. pior que em 31/05/2026",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn an_experiment_is_drawn_with_its_intervals_or_says_that_it_is_too_early() {
    let mut kpis = portfolio();
    let head = "company_id currency experiment arm is_champion share groups contacted_groups collectable_amount collected_amount collection_rate difference difference_low difference_high standard_error starts_on ends_on";
    table(
        &mut kpis,
        "kpi_experiments",
        &format!(
            "{head}
        1 BRL 2026-h2 champion true 50 80 70 1000.00 500.00 0.5 - - - 0.024 2026-01-01 2026-06-29
        1 BRL 2026-h2 challenger false 50 60 50 1000.00 600.00 0.6 0.1 0.02 0.18 0.033 2026-01-01 2026-06-29"
        ),
    );
    let html = made(&run(), &kpis, &options(Language::PtBr));
    let text = text_of(&html);
    for part in [
        "Qual variante ganhou? 1 de 1 diferenças são claras: o intervalo não contém o zero.",
        "challenger 60 R$ 1.000 R$ 600 60,0 % 10,0 p.p.",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    // The interval that the verdict goes by: Student's t of 58 degrees of freedom times the error of both.
    assert!(html.contains("2026-h2: challenger: 10,0\u{a0}p.p. (1,8\u{a0}p.p. – 18,2\u{a0}p.p.)"));
    // The challenger's rate, its interval and its last day.
    let cases = [
        ("0.02 0.18 0.033 2026-01-01 2026-07-31", "the verdict comes on 1 August 2026, once the last day"),
        ("0.02 0.18 0.033 2026-01-01 2026-06-30", "the verdict comes on 1 July 2026, once the last day"),
        ("0.02 0.18 0.033 2026-01-01 -", "There is no verdict: the experiment has no last day (`ends_on`)."),
        ("-0.02 0.22 0.06 2026-01-01 2026-06-29", "0 of 1 differences are clear"),
        ("- - - 2026-01-01 2026-06-29", "It cannot be said: each arm needs at least 30 groups."),
    ];
    let rows = |share: &str, end: &str| {
        let last_day = end.rsplit(' ').next().expect("a day");
        format!(
            "{head}
            1 BRL 2026-h2 champion true 50 80 70 1000.00 500.00 0.5 - - - 0.024 2026-01-01 {last_day}
            1 BRL 2026-h2 challenger false {share} 60 50 1000.00 600.00 0.6 0.1 {end}"
        )
    };
    for (end, expected) in cases {
        table(&mut kpis, "kpi_experiments", &rows("50", end));
        let text = text_of(&made(&run(), &kpis, &options(Language::En)));
        assert!(text.contains(expected), "{end}: no {expected:?} in\n{text}");
    }
    // Whoever changed it while it ran is told so, here as by `regua experiment report`.
    let end = "0.02 0.18 0.033 2026-01-01 2026-06-29";
    table(&mut kpis, "kpi_experiments", &rows("-", end));
    let text = text_of(&made(&run(), &kpis, &options(Language::En)));
    assert!(text.contains("There is no verdict: an arm was renamed, removed or made to do something else"), "{text}");
    table(&mut kpis, "kpi_experiments", &rows("50", end));
    for (starts_on, ends_on, is_moved) in
        [("2026-01-01", "2026-06-29", false), ("2026-01-01", "2026-05-31", true), ("2026-01-15", "2026-06-29", true)]
    {
        let day = |text: &str| text.parse().expect("a date");
        let terms = Terms {
            starts_on: day(starts_on),
            ends_on: Some(day(ends_on)),
            segments: Vec::new(),
            first_run_on: None,
            arms: Vec::new(),
            arms_changed_on: None,
            absent_since: None,
            absent_days: 0,
        };
        let run = Run { experiments: BTreeMap::from([("2026-h2".to_owned(), terms)]), ..run() };
        let text = text_of(&made(&run, &kpis, &options(Language::En)));
        let told = text.contains("There is no verdict: the first or last day was set or moved");
        assert_eq!(told, is_moved, "{starts_on} {ends_on}: {text}");
    }
}

#[test]
fn tables_of_the_users_own_become_cards() {
    let mut kpis = portfolio();
    table(
        &mut kpis,
        "kpi_late_fees",
        "company_id currency day debtors late_amount
        1 BRL 2026-06-01 9 10.00
        1 BRL 2026-06-02 2 77.77",
    );
    table(&mut kpis, "kpi_share", "name own_rate\nnorth 0.25\nsouth 0.5");
    let card = |table: &str, shape, format| OwnCard { shape, format, ..OwnCard::of_table(table) };
    let own = [
        card("kpi_late_fees", Shape::Table, None),
        card("kpi_late_fees", Shape::Lines, Some(Format::Money)),
        card("kpi_share", Shape::Bars, Some(Format::Percent)),
        card("kpi_gone", Shape::Table, None),
    ];
    let options = Options::default();
    let html = page(&Sources { run: &run(), kpis: &kpis, before: None, own: &own, debtors: &[], options: &options })
        .expect("a page");
    whole(&html);
    let text = text_of(&html);
    for part in ["late fees", "R$ 10,00", "25,0 %"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let table_of_days = html.split("<h3>late fees</h3>").nth(1).expect("a card");
    let first = table_of_days.split("</figure>").next().expect("its end");
    assert!(!first.contains("77,77"), "two debtors: withheld");
    let files = [("40_kpis/kpi_share.sql", "-- Title: Share"), ("40_kpis/kpi_dso.sql", "")];
    assert_eq!(own_cards(files).expect("sound").iter().map(|card| card.title.as_str()).collect::<Vec<_>>(), ["Share"]);
}

/// A count of another type, or under another name, let the amounts of two debtors onto the page.
#[test]
fn a_card_of_the_users_own_withholds_whatever_the_type_of_its_columns() {
    use arrow::array::{Decimal128Array, Float64Array, Int64Array};
    let amount: ArrayRef =
        Arc::new(Decimal128Array::from(vec![77_777]).with_precision_and_scale(18, 2).expect("an amount"));
    let double: ArrayRef = Arc::new(Float64Array::from(vec![777.77]));
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![777]));
    let counts = |count: i64| -> [ArrayRef; 4] {
        [
            Arc::new(Int64Array::from(vec![count])),
            Arc::new(Float64Array::from(vec![count as f64])),
            Arc::new(
                Decimal128Array::from(vec![i128::from(count) * 100]).with_precision_and_scale(18, 2).expect("a count"),
            ),
            Arc::new(StringArray::from(vec![count.to_string()])),
        ]
    };
    let unknown: ArrayRef = Arc::new(Int64Array::from(vec![None]));
    let few = counts(2).into_iter().chain([unknown]).map(|count| (count, false));
    for (count, is_shown) in few.chain(counts(9).into_iter().map(|count| (count, true))) {
        for (name, shape) in [("debtors", Shape::Table), ("Debtors", Shape::Bars)] {
            for figure in [&amount, &double, &whole] {
                let name_of_row: ArrayRef = Arc::new(StringArray::from(vec!["novo"]));
                let columns = [("name", name_of_row), (name, Arc::clone(&count)), ("figure", Arc::clone(figure))];
                let mut kpis = portfolio();
                kpis.insert("kpi_own".to_owned(), vec![RecordBatch::try_from_iter(columns).expect("a batch")]);
                let own = OwnCard { shape, format: Some(Format::Money), ..OwnCard::of_table("kpi_own") };
                let options = options(Language::En);
                let html = page(&Sources {
                    run: &run(),
                    kpis: &kpis,
                    before: None,
                    own: &[own],
                    debtors: &[],
                    options: &options,
                });
                let text = text_of(&html.expect("a page"));
                assert_eq!(text.contains("777"), is_shown, "{name} {:?} {:?}", count.data_type(), figure.data_type());
            }
        }
    }
}

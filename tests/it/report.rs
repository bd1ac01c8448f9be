//! The report: made by a run and made again from what is published, tied to its tables, and looked at in a real browser.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use arrow::util::display::array_value_to_string;
use serde_json::Value;

use crate::support::{Ended, House, as_of, read_parquet, root, rows, test_venv};

const NEXT: &str = "2026-07-01";

/// A demo of two days, made once: what every test reads.
fn demo() -> &'static Path {
    static DEMO: OnceLock<PathBuf> = OnceLock::new();
    DEMO.get_or_init(|| {
        // Nothing drops what is static: the next run of the tests takes the same place.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
        let _ = std::fs::remove_dir_all(&folder);
        let dir = folder.to_string_lossy().into_owned();
        let made = regua(&["demo", "--dir", &dir, "--invoices", "8000", "--months", "0"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let next = regua(&["run", &format!("{dir}/pipelines/daily.toml"), "--as-of", NEXT]);
        assert_eq!(next.code, 0, "{}", next.stderr);
        folder
    })
}

fn regua(arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regua"));
    command.args(arguments).env_remove("REGUA_DATA").env_remove("REGUA_OUTPUT");
    let output = command.output().expect("the program starts");
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The page that the program writes for these arguments.
fn page(name: &str, arguments: &[&str]) -> (PathBuf, String) {
    let file = demo().join(format!("{name}.html"));
    let output = demo().join("output").to_string_lossy().into_owned();
    let path = file.to_string_lossy().into_owned();
    let ended = regua(&[&["report", &output, "--file", &path], arguments].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let told: Value = serde_json::from_str(ended.stdout.lines().last().unwrap_or_default()).expect("a result");
    let html = std::fs::read_to_string(&file).expect("a page");
    assert_eq!((&told["outcome"], told["bytes"].as_u64()), (&"written".into(), Some(html.len() as u64)));
    (file, html)
}

fn published(pattern: &str) -> PathBuf {
    let pattern = demo().join("output").join(pattern);
    let mut found = glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten();
    found.next().unwrap_or_else(|| panic!("nothing matches {}", pattern.display()))
}

#[test]
fn a_run_writes_the_page_that_the_command_makes_again() {
    for date in [as_of(), NEXT] {
        let (_, again) = page(&format!("again-{date}"), &["--as-of", date]);
        let of_run = std::fs::read_to_string(published(&format!("runs/{date}/*/report.html"))).expect("the run's page");
        assert!(again == of_run, "{date}: the same tables and options, and other bytes");
        assert!(again.len() < 2_000_000, "{} bytes", again.len());
    }
    let record: Value =
        serde_json::from_slice(&std::fs::read(published("_log/00000000000000000001.json")).expect("a record"))
            .expect("JSON");
    let files = record["files"].as_array().expect("files");
    assert!(files.iter().any(|file| file["path"].as_str().is_some_and(|path| path.ends_with("/report.html"))));
    let (_, newest) = page("newest", &[]);
    assert!(newest.contains("1 de julho de 2026"), "without a date it is the newest");
}

/// A figure of a page: the table and columns that it names, the rows that it is of, and its exact value.
struct Figure {
    kpi: String,
    of: Vec<(String, String)>,
    value: String,
    text: String,
}

fn figures(html: &str) -> Vec<Figure> {
    let of = |part: &str| -> Option<Figure> {
        let (kpi, rest) = part.split_once('"')?;
        let (of, rest) = rest.split_once("data-of=\"")?.1.split_once('"')?;
        let (value, rest) = rest.split_once("data-value=\"")?.1.split_once('"')?;
        let text = rest.split_once('>')?.1;
        // A bar, or the key of a colour, may stand before the text.
        let text = text.rsplit_once("</i>").filter(|(before, _)| before.len() < 80).map_or(text, |(_, text)| text);
        let text = text.split('<').next().unwrap_or_default().replace('\u{a0}', " ");
        let keys =
            of.split(';').filter_map(|key| key.split_once('=')).map(|(k, v)| (k.to_owned(), v.replace("&#x2f;", "/")));
        Some(Figure { kpi: kpi.replace("&#x2f;", "/"), of: keys.collect(), value: value.to_owned(), text })
    };
    html.split("data-kpi=\"").skip(1).filter_map(of).collect()
}

/// The rows that a figure is of.
fn rows_of(batches: &[RecordBatch], of: &[(String, String)]) -> Vec<(usize, usize)> {
    let fits = |batch: &RecordBatch, row: usize| {
        of.iter().all(|(column, wanted)| {
            let array = batch.column_by_name(column).unwrap_or_else(|| panic!("no column {column}"));
            let found = array_value_to_string(array, row).expect("a text");
            let in_range = wanted.split_once('-').filter(|_| column == "week_no").is_some_and(|(from, to)| {
                let number = |text: &str| text.parse::<i64>().expect("a number");
                (number(from)..=number(to)).contains(&number(&found))
            });
            wanted == "*" && column == "currency" || found == *wanted || in_range
        })
    };
    let all = batches.iter().enumerate().flat_map(|(n, batch)| (0..batch.num_rows()).map(move |row| (n, row)));
    all.filter(|(n, row)| fits(&batches[*n], *row)).collect()
}

/// Sum of a column over rows: of amounts in minor units, of counts, or of floats.
fn sum(batches: &[RecordBatch], rows: &[(usize, usize)], column: &str) -> f64 {
    rows.iter()
        .map(|(n, row)| {
            let array = batches[*n].column_by_name(column).unwrap_or_else(|| panic!("no column {column}"));
            match array.data_type() {
                _ if array.is_null(*row) => 0.0,
                DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value(*row) as f64,
                DataType::Float64 => array.as_primitive::<Float64Type>().value(*row),
                _ => array.as_primitive::<Int64Type>().value(*row) as f64,
            }
        })
        .sum()
}

/// What a figure is, worked out from the published table anew.
fn worked_out(batches: &[RecordBatch], figure: &Figure) -> f64 {
    let (_, columns) = figure.kpi.split_once('.').expect("a table and a column");
    let rows = rows_of(batches, &figure.of);
    let of = |column: &str| sum(batches, &rows, column);
    let collectable = || {
        of("opening_amount") + of("billed_amount") - of("credited_amount") - of("closing_amount")
            + of("closing_overdue_amount")
    };
    match columns.split_once('/') {
        Some((part, whole)) => of(part) / of(whole),
        None if columns == "cei" => (of("collected_amount") + of("written_off_amount")) / collectable(),
        None if columns == "cei_cash" => of("collected_amount") / collectable(),
        None if columns == "dso_days" => {
            let with_sales: Vec<_> =
                rows.iter().filter(|row| sum(batches, &[**row], "sales_days") > 0.0).copied().collect();
            let a_day =
                |row: &(usize, usize)| sum(batches, &[*row], "sales_amount") / sum(batches, &[*row], "sales_days");
            of("open_amount") / with_sales.iter().map(a_day).sum::<f64>()
        }
        None => of(columns),
    }
}

/// An amount to the cent has the digits of the table; no others are on the page where nothing is scaled.
fn digits(text: &str) -> String {
    let sign = if text.contains('−') { "-" } else { "" };
    format!("{sign}{}", text.chars().filter(char::is_ascii_digit).collect::<String>().trim_start_matches('0'))
}

#[test]
fn every_figure_is_that_of_its_table() {
    for (name, arguments) in [
        ("figures", &["--as-of", "2026-06-30", "--min-cell", "0"][..]),
        ("figures-en", &["--as-of", "2026-06-30", "--language", "en", "--min-cell", "0"]),
        ("figures-few", &["--as-of", "2026-06-30"]),
        ("figures-one", &["--as-of", "2026-06-30", "--company", "BR01", "--min-cell", "0"]),
    ] {
        let (_, html) = page(name, arguments);
        let (mut tables, mut seen) = (BTreeMap::new(), BTreeSet::new());
        let figures = figures(&html);
        for figure in &figures {
            let (table, _) = figure.kpi.split_once('.').expect("a table");
            let batches = tables
                .entry(table.to_owned())
                .or_insert_with(|| read_parquet(&published(&format!("runs/2026-06-30/*/kpi/{table}.parquet"))));
            let (expected, value) = (worked_out(batches, figure), figure.value.parse::<f64>().expect("a number"));
            let at = format!("{name}: {} of {:?}: {} ({})", figure.kpi, figure.of, figure.text, figure.value);
            assert!((expected - value).abs() <= 1e-9 * expected.abs().max(1.0), "{at}: the table says {expected}");
            let is_in_full = figure.text.starts_with("R$") && figure.text.ends_with(|c: char| c.is_ascii_digit());
            if is_in_full && figure.kpi.ends_with("_amount") {
                let is_whole = !figure.text.contains(if name == "figures-en" { '.' } else { ',' });
                assert!(is_whole || digits(&figure.text) == digits(&figure.value), "{at}");
            }
            seen.insert(table.to_owned());
        }
        assert!(figures.len() > 150 && seen.len() > 12, "{name}: {} figures of {seen:?}", figures.len());
    }
}

#[test]
fn no_debtor_is_on_the_page() {
    let (_, html) = page("private", &["--min-cell", "0"]);
    let debtors = rows(&read_parquet(&published("runs/2026-07-01/*/debtors/part-00000.parquet")), "debtor_id");
    assert!(debtors.len() > 100);
    let found: Vec<&String> = debtors.iter().filter(|id| html.contains(id.as_str())).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// The accounts with the most overdue, the first the most, by id and under a warning; of one company where that is asked for.
#[test]
fn who_owes_most_is_shown_where_it_is_asked_for() {
    let (_, html) = page("top", &["--with-top-debtors=7", "--language", "en"]);
    assert!(html.contains("This page identifies debtors"));
    let published = read_parquet(&published("runs/2026-07-01/*/debtors/part-00000.parquet"));
    let columns = ["debtor_id", "company_id", "currency", "overdue_amount"].map(|column| rows(&published, column));
    let amount = |text: &str| text.replace('.', "").parse::<i128>().expect("cents");
    let mut late: Vec<(i128, &String, &String)> = (0..columns[0].len())
        .filter(|row| columns[2][*row] == "BRL")
        .map(|row| (amount(&columns[3][row]), &columns[0][row], &columns[1][row]))
        .collect();
    late.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let places: Vec<Option<usize>> = late[..7].iter().map(|(_, id, _)| html.find(&format!(">{id}<"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert!(!html.contains(late[7].1.as_str()), "an eighth");
    let company = late[0].2;
    let (_, html) = page("top-of-one", &["--with-top-debtors", "--company", company]);
    let of_others = |(_, id, of): &&(i128, &String, &String)| *of != company && html.contains(&format!(">{id}<"));
    let own: Vec<&String> = late.iter().filter(|(_, _, of)| *of == company).take(20).map(|(_, id, _)| *id).collect();
    assert!(own.iter().all(|id| html.contains(&format!(">{id}<"))));
    assert!(late.iter().filter(of_others).all(|(_, id, _)| own.contains(id)));
}

#[test]
fn two_dates_are_compared() {
    let (_, html) = page("between", &["--between", "2026-06-30", "2026-07-01"]);
    for part in
        ["id=\"between\"", "O que mudou entre as duas datas?", "1 de julho de 2026", "desde 30&#x2f;06&#x2f;2026"]
    {
        assert!(html.contains(part), "no {part:?}");
    }
    let output = demo().join("output").to_string_lossy().into_owned();
    for (arguments, message) in [
        (&["--between", "2026-07-01", "2026-06-30"][..], "name the earlier date first"),
        (&["--as-of", "2025-01-01"], "no run for 2025-01-01 is published there"),
        (&["--company", "BR99"], "there is no such company on 2026-07-01; there are: "),
        (&["--language", "es"], "written in pt-BR or en"),
        (&["--file", "/nowhere/report.html"], "name a file that can be written"),
    ] {
        let ended = regua(&[&["report", &output], arguments].concat());
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(message), "{arguments:?}: {}", ended.stderr);
    }
    let nothing = regua(&["report", "/nowhere"]);
    assert_ne!(nothing.code, 0);
}

#[test]
fn the_pipeline_says_how_the_page_of_a_run_is_written() {
    let house = House::of_one_invoice();
    house.edit("pipelines/daily.toml", "[limits]", "[report]\nlanguage = \"en\"\nmin_cell = 0\n\n[limits]");
    assert_eq!(house.run("2026-07-01").code, 0);
    let of_run = |date: &str| {
        let pattern = house.path(&format!("output/runs/{date}/*/report.html"));
        let found = glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten().next();
        std::fs::read_to_string(found.expect("a page")).expect("text")
    };
    let newest = of_run("2026-07-01");
    assert!(newest.contains("Receivables on 1 July 2026") && newest.contains("id=\"today\""), "{newest}");
    assert!(!newest.contains("Acme"), "no names");

    // Of an earlier date nothing is decided, and so nothing is told of it.
    assert_eq!(house.run("2026-06-30").code, 0);
    let earlier = of_run("2026-06-30");
    assert!(earlier.contains("Receivables on 30 June 2026") && !earlier.contains("id=\"today\""), "{earlier}");
    let again = house.regua(&["report", "output", "--as-of", "2026-06-30", "--language", "en", "--min-cell", "0"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(house.read("report-2026-06-30.html") == earlier, "the file is named after its date, here");
    assert!(
        house
            .regua(&["report", "output", "--output", "text"])
            .stdout
            .contains("report-2026-07-01.html: receivables on")
    );

    house.edit("pipelines/daily.toml", "min_cell = 0", "min_sell = 0");
    let refused = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("min_sell") && refused.stderr.contains("min_cell"), "{}", refused.stderr);
}

/// Opened in a browser at three widths, light, dark and on paper: nothing runs out of its box, nothing is asked for, and
/// axe-core finds nothing.
#[test]
fn a_browser_finds_nothing_wrong() {
    let npm = std::env::var_os("REGUA_TEST_NPM");
    let npm = npm.expect("REGUA_TEST_NPM is not set: start the tests by tests/run, which installs what they need");
    let plan = demo().join("plan.html");
    let pipeline = demo().join("pipelines/daily.toml").to_string_lossy().into_owned();
    let told = regua(&["plan", &pipeline, "--as-of", "2026-07-02", "--report", &plan.to_string_lossy()]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let (output, diff) = (demo().join("output").to_string_lossy().into_owned(), demo().join("diff.html"));
    let compared = [&format!("{output}@2026-06-30"), "@2026-07-01", "--report", &diff.to_string_lossy()];
    let told = regua(&[&["diff"], &compared[..]].concat());
    assert_eq!(told.code, 0, "{}", told.stderr);
    let pages = [
        diff,
        page("browser-pt", &["--as-of", "2026-06-30"]).0,
        page("browser-en", &["--between", "2026-06-30", "2026-07-01", "--language", "en", "--with-top-debtors"]).0,
        plan,
    ];
    let look = root().join("tests/it/report/look.mjs");
    let output =
        Command::new(test_venv().join("bin/node")).arg(look).arg(npm).args(&pages).output().expect("node starts");
    let (found, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && found.is_empty(), "{found}{failed}");
}

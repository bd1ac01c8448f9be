//! `docs/reference/errors.md`: every error with an example of its text, its exit code and what to do. The page is made
//! here, because an example is a value of the library's type; `REGUA_WRITE=1` writes it anew.

use std::io::Write as _;

use chrono::NaiveDate;
use regua::domain::message::MessageError;
use regua::error::{Damage, DeltaFault, Error, Fault, Finding, Lines, Unreadable};

use crate::support::root;

const PAGE: &str = "docs/reference/errors.md";
const HEAD: &str = "# Errors\n\nEvery error that Régua reports, by exit code, with an example of its text. 101 (a crash) and 128+n (a \
    signal) are in\n[operations.md](../operations.md), which also says what a scheduler does by exit code. Generated: a \
    test compares them (`tests/it/errors.rs`).\nNo message holds the value of a cell: values are personal data, and \
    messages go to logs.\n";

/// What to do about each variant. A variant that is added does not compile until it stands here, and has no place on the
/// page until it has an example below.
macro_rules! remedies {
    ($name:ident, $all:ident, $of:ident, { $($variant:ident => $remedy:expr,)+ }) => {
        const $all: &[&str] = &[$(stringify!($variant)),+];

        fn $name(value: &$of) -> (&'static str, &'static str) {
            match value {
                $($of::$variant { .. } => (stringify!($variant), $remedy),)+
            }
        }
    };
}

remedies!(of_error, ERRORS, Error, {
    Argument => "Correct the command line; `--help` of the command shows examples.",
    Unknown => "Correct the name; where there is one like it, or a command that lists them, the message says so.",
    NothingToShow => "Look at the date and the spelling of the id; `regua log` lists the dates.",
    Unwritable => "Name a file or folder that the user who runs regua may write.",
    Location => "Correct the path or URL, in the pipeline or on the command line.",
    LocationCredentials => "Take user and password out of the URL, and give them by the environment or the workload's identity.",
    OtherTenant => "Give each tenant an output of its own. After a renaming, restore the former name.",
    NothingToRevise => "Run the date without `--revise`.",
    NothingPublished => "Correct the output folder, or run the pipeline first.",
    Exists => "Name another place, or do what the message says: nothing of yours is overwritten unasked.",
    NoExports => "Name the folder or the files of your export; Régua reads Parquet.",
    Configuration => "Correct each line; `regua check` reports all of them at once and reads no data.",
    Model => "Correct the model in `sql_dir`, or take it out: then the shipped one runs again. If the model is shipped, report it.",
    Contract => "Fix the export, or map its columns and values in `[inputs.*]`; `regua inputs --profile` shows what it holds.",
    NoneRecognised => "Name the files of invoices, payments and debtors; docs/init.md says how they are known, and columns that it does not know can be mapped by hand.",
    Audit => "Do not override it. Take `sql_dir` out and run again; if it fails again, keep the inputs and report the message.",
    Incomplete => "Correct the export and train again, or accept what is as it is with `--accept-volume \"why\"`; the reason is kept in the model.",
    Surge => "Look at `regua plan`. If that many actions are right, accept them with `--accept-volume \"why\"`; the reason is kept in the record.",
    Message => "Correct the template; `regua template preview` shows the message.",
    Conflict => "Nothing, if the other run was right. Else publish a revision: `--revise --reason \"why\"`.",
    Overtaken => "For figures alone add `--kpi-only`. To write to debtors run the later date with `--revise`, or one after it; `max_age_days` keeps a mistyped year from being published.",
    Undecided => "Nothing, if the figures were all that was wanted. To send the actions of the date: `--revise --reason \"why\"`.",
    WouldRefuse => "`regua plan` found what would stop `regua run`. Exit code and remedy are those of the quoted error.",
    InputsMissing => "Wait for the export and run again; `regua inputs` shows which are there.",
    Moved => "Run again when the export has finished.",
    Halted => "Ask who halted it, remove the object, and run again.",
    ModelStands => "Nothing, if that model was right. Else train on a later date: the next run takes the newest.",
    NoModel => "Correct `[model].use`, or train that date first.",
    HeadMoved => "Run again: another date was published meanwhile.",
    Unavailable => "Run again later; if it lasts, check address, credentials and network.",
    StoreRefused => "Publish into a store that honours conditional writes (If-None-Match).",
    Torn => "Run again; if it comes twice, the store or the network between damages what is written.",
    Unfinished => "Run the same again: it publishes nothing and completes the copies. `regua log --repair` does it too, except for Delta tables.",
    File => "Make room, or give the folder to the user that runs regua, and run again. A wrong `limits.scratch_dir` ends with 2.",
    InputUnreadable => "Export the file again, as Parquet.",
    PublishedDamaged => "Restore the object from a backup, then `regua log --verify`. The kinds of damage are listed below.",
    DeltaTable => "Do what the message says. A Delta table holds nothing that is not in the log, and is made again from it. Before the record nothing was published.",
    OutOfMemory => "Raise `limits.memory_mb_max`, or lower `limits.shard_rows_max` or `limits.workers`, and run again.",
    Scratch => "Free the disk of `limits.scratch_dir`, or name a larger one, and run again: nothing was published.",
    Internal => "Report it: the line, `regua --version`, and `run_results.json` where there is one. `regua log` says whether the run was published.",
    Unsound => "Restore the files that it names from a backup; copies are made again by `regua log --repair`.",
    Demo => "Choose a folder with enough room.",
    Unchanged => "Nothing; reported with `--skip-if-unchanged` only.",
    Interrupted => "Run again.",
});

remedies!(of_damage, DAMAGES, Damage, {
    Gone => "",
    Changed => "",
    Unreadable => "",
    ColumnMissing => "",
    ActionId => "",
    NotARecord => "",
    ModelVersion => "",
    ModelOfTenant => "",
    NotAModel => "",
    RecordGone => "",
    OtherRecord => "",
    RecordMissing => "",
    UnknownVersion => "",
    ChainBroken => "",
    ChangedSinceRead => "",
    LogLost => "",
});

remedies!(of_delta_fault, DELTA_FAULTS, DeltaFault, {
    Foreign => "",
    Unreadable => "",
    ColumnType => "",
    NoSuchType => "",
});

remedies!(of_unreadable, UNREADABLE, Unreadable, {
    CutShort => "",
    UnknownFeature => "",
    NotParquet => "",
    TooManyRows => "",
    ColumnType => "",
    Dictionary => "",
});

fn date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, 30).expect("a date")
}

fn lines(text: &str) -> Lines<String> {
    Lines(vec![text.to_owned()])
}

fn damaged(damage: Damage) -> Error {
    Error::PublishedDamaged {
        object: "s3://out/regua/runs/2026-06-30/3f0c-1/items/part-00000.parquet".to_owned(),
        damage,
    }
}

fn conflict() -> Error {
    Error::Conflict {
        as_of: date(),
        record: "s3://out/regua/_log/00000000000000000042.json".to_owned(),
        run_id: "3f0c19b27a55de01-9c1e".to_owned(),
        differs: vec!["contact_log snapshot".to_owned(), "configuration".to_owned()],
    }
}

/// One of each variant, in the order of the page.
fn examples() -> Vec<Error> {
    let output = || "s3://out/regua".to_owned();
    let invoices = || "s3://in/2026-06-30/invoices-3.parquet".to_owned();
    vec![
        Error::Argument {
            given: "--between 2026-06-30 2026-05-31".to_owned(),
            why: "name the earlier date first, and another one after it".to_owned(),
        },
        Error::Unknown { what: "unknown template `overdue_frist`; did you mean `overdue_first`?".to_owned() },
        Error::NothingToShow {
            why: "D00001020 owes nothing on 2026-06-30, or is not known; was the id written as in the source?"
                .to_owned(),
        },
        Error::Unwritable {
            place: "--result-file /etc/result.json".to_owned(),
            why: std::io::Error::other("permission denied"),
            remedy: "name a file that can be written",
        },
        Error::Location {
            location: "ftp://x/y".to_owned(),
            why: "unknown scheme ftp://; use a path, file://, s3://, gs:// or az://".to_owned(),
        },
        Error::LocationCredentials,
        Error::OtherTenant { output: output(), published: "acme".to_owned(), configured: "acme-br".to_owned() },
        Error::NothingToRevise { as_of: date() },
        Error::NothingPublished { output: output(), as_of: Some(date()) },
        Error::Exists {
            path: "pipelines/daily.toml".into(),
            remedy: "is there already, and stays as it is; name another --file, or write over it with --replace"
                .to_owned(),
        },
        Error::NoExports { place: "exports".to_owned() },
        Error::Configuration(Lines(vec![Fault {
            file: "pipelines/daily.toml".into(),
            line: 14,
            message: "unknown key `tolerence`; did you mean `tolerance`?".to_owned(),
        }])),
        Error::Model {
            model: "kpi_own".to_owned(),
            what: "its Grain names `month`, which it does not select".to_owned(),
        },
        Error::StoreRefused { output: output() },
        Error::DeltaTable { table: "s3://bi/delta/kpi_own".to_owned(), fault: delta_faults().remove(2) },
        Error::Contract(lines(&format!(
            "invoices snapshot {}: column \"due_date\" is Utf8, expected Date32; cast it in the export or map another \
             column in [inputs.invoices.columns]",
            invoices()
        ))),
        Error::NoneRecognised(lines("exports/notes.parquet: no input has its columns (2 of them)")),
        Error::Audit(Lines(vec![Finding {
            audit: "06_totals_agree".to_owned(),
            subject: "1 BRL".to_owned(),
            expected: "1204.50".to_owned(),
            actual: "1200.00".to_owned(),
            difference: "-4.50".to_owned(),
        }])),
        Error::Incomplete(vec![
            "the payments snapshot has 1,204 rows, 61 % fewer than the run of 2026-06-27 read".to_owned(),
        ]),
        Error::Surge(vec![
            "1800 actions, but 600 are usual and at most 1200 are allowed (limits.volume_percent_max = 100)".to_owned(),
        ]),
        Error::Message(MessageError::TooLong {
            language: "pt-BR".to_owned(),
            file: "overdue_first.sms.j2".to_owned(),
            chars: 212,
            chars_max: 160,
        }),
        Error::InputUnreadable { object: invoices(), why: Unreadable::CutShort },
        damaged(Damage::Changed),
        Error::Unsound(lines(
            "record 42: s3://out/regua/runs/2026-06-30/3f0c-1/items/part-00000.parquet is gone; restore it from a backup",
        )),
        conflict(),
        Error::Overtaken {
            as_of: date(),
            later: "2026-07-06".parse().expect("a date"),
            record: "s3://out/regua/_log/00000000000000000042.json".to_owned(),
        },
        Error::Undecided { as_of: date(), record: "s3://out/regua/_log/00000000000000000042.json".to_owned() },
        Error::WouldRefuse(Box::new(conflict())),
        Error::InputsMissing(lines(
            "payments snapshot s3://in/2026-06-30/payments.parquet: nothing is there; wait for the export, or correct \
             [inputs.payments].path",
        )),
        Error::Moved { object: invoices() },
        Error::Halted { object: "s3://out/regua/_control/HALT".to_owned() },
        Error::ModelStands { as_of: date(), object: "s3://out/regua/models/2026-06-30.json".to_owned() },
        Error::NoModel { named: date(), is_late: false, dates: vec![date() - chrono::Days::new(7)] },
        Error::HeadMoved { head: "_log/00000000000000000042.json".to_owned() },
        Error::Unavailable { object: output(), what: "permission denied".to_owned() },
        Error::Unfinished {
            seq: 42,
            why: Box::new(Error::Unavailable { object: output(), what: "timed out".to_owned() }),
        },
        Error::Unchanged { as_of: date() },
        Error::Torn {
            object: "s3://out/regua/runs/2026-06-30/3f0c-1/items/part-00000.parquet".to_owned(),
            what: "size or SHA-256 differ".to_owned(),
        },
        Error::File {
            path: "/scratch/regua-x1/items.parquet".into(),
            source: std::io::Error::other("no space left on device"),
        },
        Error::OutOfMemory { object: "scratch".to_owned() },
        Error::Scratch { object: "scratch".to_owned(), what: "no storage space".to_owned() },
        Error::Internal { object: "decided rows".to_owned(), what: "a sum does not fit its type".to_owned() },
        Error::Demo("cannot write demo/input/invoices.parquet; is the disk full?".into()),
        Error::Interrupted { signal: 2 },
    ]
}

fn damages() -> Vec<Damage> {
    vec![
        Damage::Gone,
        Damage::Changed,
        Damage::Unreadable(Unreadable::NotParquet),
        Damage::ColumnMissing { column: "open_amount".to_owned() },
        Damage::ActionId,
        Damage::NotARecord,
        Damage::ModelVersion { found: 1, known: 2 },
        Damage::ModelOfTenant { found: "homolog".to_owned() },
        Damage::NotAModel,
        Damage::RecordGone,
        Damage::OtherRecord,
        Damage::RecordMissing,
        Damage::UnknownVersion,
        Damage::ChainBroken,
        Damage::ChangedSinceRead,
        Damage::LogLost { what: "it holds no record, but outbox/ holds messages of earlier runs".to_owned() },
    ]
}

fn delta_faults() -> Vec<DeltaFault> {
    vec![
        DeltaFault::Foreign,
        DeltaFault::Unreadable,
        DeltaFault::ColumnType {
            column: "share".to_owned(),
            found: "string".to_owned(),
            expected: "double".to_owned(),
        },
        DeltaFault::NoSuchType { column: "rank".to_owned(), found: "UInt64".to_owned() },
    ]
}

fn unreadable() -> Vec<Unreadable> {
    vec![
        Unreadable::CutShort,
        Unreadable::UnknownFeature,
        Unreadable::NotParquet,
        Unreadable::TooManyRows { rows: 9_000_000_000, bytes: 812 },
        Unreadable::ColumnType {
            column: "amount".to_owned(),
            found: "List(Utf8)".to_owned(),
            expected: "Decimal128(18, 2)".to_owned(),
        },
        Unreadable::Dictionary { values: "List(Utf8)".to_owned() },
    ]
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut code = None;
    let mut examples = examples();
    examples.sort_by_key(Error::exit_code);
    for error in examples {
        if code.replace(error.exit_code()) != Some(error.exit_code()) {
            page.push_str(&format!("\n## Exit code {}\n", error.exit_code()));
        }
        let (name, remedy) = of_error(&error);
        let text = error.to_string().replace('\n', "\n    ");
        page.push_str(&format!("\n### {name}\n\n    {text}\n\n{remedy}\n"));
    }
    page.push_str(
        "\n## Damage of what is published\n\nWhat `PublishedDamaged` says of the object, with the remedy.\n\n",
    );
    for damage in damages() {
        page.push_str(&format!("- `{}`: {damage}\n", of_damage(&damage).0));
    }
    page.push_str(
        "\n## What makes a file unreadable\n\nWhat `InputUnreadable` and `PublishedDamaged` say of a file.\n\n",
    );
    for why in unreadable() {
        page.push_str(&format!("- `{}`: {why}\n", of_unreadable(&why).0));
    }
    page.push_str(
        "\n## What keeps a Delta table from following\n\nWhat `DeltaTable` says of a table, with the remedy.\n\n",
    );
    for fault in delta_faults() {
        page.push_str(&format!("- `{}`: {fault}\n", of_delta_fault(&fault).0));
    }
    page
}

#[test]
fn the_page_has_every_error() {
    let same = |all: &[&str], mut named: Vec<&str>| {
        let mut all = all.to_vec();
        all.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, all, "one example of each variant");
    };
    same(ERRORS, examples().iter().map(|error| of_error(error).0).collect());
    same(DAMAGES, damages().iter().map(|damage| of_damage(damage).0).collect());
    same(DELTA_FAULTS, delta_faults().iter().map(|fault| of_delta_fault(fault).0).collect());
    same(UNREADABLE, unreadable().iter().map(|why| of_unreadable(why).0).collect());
}

#[test]
fn the_page_is_what_the_errors_say() {
    let (path, made) = (root().join(PAGE), page());
    if std::env::var_os("REGUA_WRITE").is_some() {
        std::fs::File::create(&path).and_then(|mut file| file.write_all(made.as_bytes())).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "{PAGE} is not up to date: REGUA_WRITE=1 cargo test --locked --test it errors::");
}

/// What a scheduler decides by: a variant changes its code only together with this line and docs/operations.md.
#[test]
fn exit_codes_stand() {
    let with = |code: u8| -> Vec<&str> {
        examples().iter().filter(|error| error.exit_code() == code).map(|error| of_error(error).0).collect()
    };
    assert_eq!(
        with(3),
        [
            "Contract",
            "NoneRecognised",
            "Audit",
            "Incomplete",
            "Surge",
            "Message",
            "InputUnreadable",
            "PublishedDamaged",
            "Unsound"
        ]
    );
    assert_eq!(with(4), ["Conflict", "Overtaken", "Undecided", "WouldRefuse", "ModelStands"]);
    assert_eq!(with(75), ["InputsMissing", "Moved", "Halted", "HeadMoved", "Unavailable", "Unfinished"]);
    assert_eq!(with(1), ["Torn", "File", "Scratch", "Internal", "Demo"]);
}

//! What `pipelines/bi/*.sql` says of each KPI table, written from the contract: between the two marks of a file stands this,
//! below them what people wrote.

use regua::contract::{Column, KPIS, Kind, Table};

use crate::support::root;

const BEGIN: &str = "-- From here to the next mark this is written from the contract:\n\
                     -- REGUA_WRITE=1 cargo test --locked --test it bi::\n";
const END: &str = "-- From here on it is written by hand.\n";
const WIDTH: usize = 100;

/// A dialect: its file, what makes a table in it, and what a view of the newest date takes for that date.
pub struct Dialect {
    pub file: &'static str,
    table: fn(&Table) -> String,
    newest: fn(&Table) -> String,
}

pub const DIALECTS: [Dialect; 3] = [
    Dialect { file: "duckdb.sql", table: duckdb_view, newest: duckdb_newest },
    Dialect { file: "trino.sql", table: trino_table, newest: newest_partition },
    Dialect { file: "athena.sql", table: athena_table, newest: newest_partition },
];

impl Dialect {
    fn written(&self) -> String {
        let both = |table: &Table| format!("\n{}\n{}", (self.table)(table), now(table, &(self.newest)(table)));
        KPIS.iter().map(both).collect()
    }

    /// The file as it should be, and as it is.
    pub fn compared(&self) -> (String, String) {
        let path = root().join("pipelines/bi").join(self.file);
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let (head, rest) = found.split_once(BEGIN).unwrap_or((found.as_str(), ""));
        let (_, own) = rest.split_once(END).unwrap_or(("", ""));
        let made = format!("{head}{BEGIN}{}\n{END}{own}", self.written());
        if std::env::var_os("REGUA_WRITE").is_some() {
            std::fs::write(&path, &made).expect("written");
            return (made.clone(), made);
        }
        (made, found)
    }
}

/// The view of the newest date: whether or not that date has rows, an older one is not now.
fn now(table: &Table, newest: &str) -> String {
    let name = table.name;
    let columns = wrapped(table.columns.iter().map(|column| column.name.to_owned()));
    format!("create or replace view {name}_now as\nselect\n{columns}\nfrom {name}\nwhere {newest};\n")
}

fn duckdb_view(table: &Table) -> String {
    let name = table.name;
    format!(
        "create or replace view {name} as\nselect * from read_parquet(\n    'output/kpi/{name}/dt=*/part-00000.parquet',\n    \
         hive_partitioning = false, union_by_name = true\n);\n"
    )
}

fn duckdb_newest(table: &Table) -> String {
    format!(
        "as_of_date = (\n    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))\n    \
         from glob('output/kpi/{}/dt=*/part-00000.parquet')\n)",
        table.name
    )
}

fn newest_partition(table: &Table) -> String {
    format!("dt = (select max(dt) from \"{}$partitions\")", table.name)
}

fn trino_table(table: &Table) -> String {
    let name = table.name;
    let dt = ["dt varchar".to_owned()];
    let columns = wrapped(table.columns.iter().map(|c| format!("{} {}", c.name, type_of(c, "varchar"))).chain(dt));
    format!(
        "create table if not exists {name} (\n{columns}\n)\nwith (\n    external_location = 's3://bucket/output/kpi/{name}',\n    \
         format = 'PARQUET', partitioned_by = array['dt']\n);\n\
         call system.sync_partition_metadata('regua', '{name}', 'FULL');\n"
    )
}

fn athena_table(table: &Table) -> String {
    let name = table.name;
    let columns = wrapped(table.columns.iter().map(|c| format!("{} {}", c.name, type_of(c, "string"))));
    format!(
        "create external table if not exists {name} (\n{columns}\n)\npartitioned by (dt string)\nstored as parquet\n\
         location 's3://bucket/output/kpi/{name}/';\nmsck repair table {name};\n"
    )
}

pub fn type_of(column: &Column, text: &str) -> String {
    match column.kind {
        Kind::Str | Kind::Enum(_) => text.to_owned(),
        Kind::Int => "bigint".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::Money => "decimal(18, 2)".to_owned(),
        Kind::Rate => "decimal(18, 8)".to_owned(),
        Kind::Float => "double".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        Kind::Ts | Kind::Items | Kind::NamedItems | Kind::Offer => panic!("{} in a KPI table", column.name),
    }
}

/// A list, as few lines as its width allows.
fn wrapped(parts: impl Iterator<Item = String>) -> String {
    let mut lines = vec![String::new()];
    for part in parts {
        let last = lines.last_mut().expect("a line");
        if last.is_empty() {
            last.push_str(&part);
        } else if last.len() + part.len() > WIDTH {
            last.push(',');
            lines.push(part);
        } else {
            last.push_str(", ");
            last.push_str(&part);
        }
    }
    lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

//! A house with an Airflow in it: its own database, the module and the DAGs, and what a person reads in the log.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{House, root, test_venv};

/// The environment with Airflow that tests/run makes.
fn airflow_venv() -> PathBuf {
    let venv = std::env::var_os("REGUA_TEST_AIRFLOW");
    PathBuf::from(
        venv.expect("REGUA_TEST_AIRFLOW is not set: start the tests by tests/run, which installs what they need"),
    )
}

pub struct Rig {
    pub house: House,
    /// What the DAGs call as `regua`.
    binary: PathBuf,
}

/// How `airflow` ended, and all that it said.
#[derive(Debug)]
pub struct Told {
    pub is_success: bool,
    pub log: String,
}

impl Rig {
    /// Airflow beside a house, with the module, the shipped DAG and those of the tests. Its database is made once.
    pub fn new(house: House) -> Rig {
        static MIGRATED: OnceLock<Vec<u8>> = OnceLock::new();
        let rig = Rig { house, binary: PathBuf::from(env!("CARGO_BIN_EXE_regua")) };
        for folder in ["airflow/dags", "bin", "reports"] {
            std::fs::create_dir_all(rig.house.path(folder)).expect("a folder");
        }
        for name in ["regua_airflow.py", "regua_daily.py"] {
            let shipped = rig.house.path(&format!("pipelines/airflow/{name}"));
            std::fs::copy(shipped, rig.house.path(&format!("airflow/dags/{name}"))).expect("a copy");
        }
        rig.house.write_file("airflow/dags/scenarios.py", include_str!("scenarios.py"));
        let database = MIGRATED.get_or_init(|| {
            let migrated = rig.airflow(&["db", "migrate"]);
            assert!(migrated.is_success, "{}", migrated.log);
            std::fs::read(rig.database()).expect("a database")
        });
        std::fs::write(rig.database(), database).expect("a copy");
        rig
    }

    fn database(&self) -> PathBuf {
        self.house.path("airflow/airflow.db")
    }

    /// Puts a program before `regua`, which finds it as `$REGUA_REAL`.
    pub fn put_before_regua(&mut self, program: &str) {
        self.binary = self.house.path("bin/regua");
        self.house.write_file("bin/regua", program);
        std::fs::set_permissions(&self.binary, PermissionsExt::from_mode(0o755)).expect("a program");
    }

    /// A program of the environment, with all that it asks of it.
    fn command(&self, program: &str) -> Command {
        let venv = airflow_venv();
        let mut command = Command::new(venv.join("bin").join(program));
        let home = self.house.path("airflow");
        let inherited = std::env::vars_os().map(|(name, _)| name);
        let of_others =
            inherited.filter(|name| ["REGUA_", "AIRFLOW"].iter().any(|p| name.to_string_lossy().starts_with(p)));
        for name in of_others {
            command.env_remove(name);
        }
        // The gateway runs in the environment that has pyarrow.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", test_venv().join("bin").display()));
        command.env("AIRFLOW_HOME", &home).env("AIRFLOW__CORE__DAGS_FOLDER", home.join("dags"));
        command.env("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", format!("sqlite:///{}", self.database().display()));
        command.env("AIRFLOW__CORE__LOAD_EXAMPLES", "False").env_remove("PYTHONPATH");
        command.env("AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", "False").env("PYTHONWARNINGS", "ignore");
        command.env("REGUA_HOME", self.house.folder.path()).env("REGUA_BINARY", &self.binary);
        command.env("REGUA_REAL", env!("CARGO_BIN_EXE_regua")).current_dir(self.house.folder.path());
        command.stdin(Stdio::null());
        command
    }

    pub fn airflow(&self, arguments: &[&str]) -> Told {
        let output = self.command("airflow").args(arguments).output().expect("it starts");
        let log = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Told { is_success: output.status.success(), log }
    }

    /// Runs a DAG with this as the conf, and no scheduler.
    pub fn test(&self, dag: &str, conf: &Value) -> Told {
        self.airflow(&["dags", "test", dag, "--conf", &conf.to_string()])
    }

    /// Starts the same; its log is on stdout.
    pub fn start(&self, dag: &str, conf: &Value) -> Child {
        let mut command = self.command("airflow");
        command.args(["dags", "test", dag, "--conf", &conf.to_string()]).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().expect("it starts")
    }

    /// What Airflow knows of the newest run of a DAG.
    pub fn known(&self, dag: &str) -> Value {
        let mut command = self.command("python");
        let database = self.database().to_string_lossy().into_owned();
        let output = command.args([&script("told.py"), &database, dag]).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Runs a script of the tests and gives its lines.
    pub fn python(&self, name: &str, environment: &[(&str, &str)], lines: &str) -> Vec<String> {
        self.house.write_file("lines", lines);
        let lines = std::fs::File::open(self.house.path("lines")).expect("a file");
        let mut command = self.command("python");
        command.env("PYTHONPATH", self.house.path("airflow/dags"));
        let output = command.arg(script(name)).envs(environment.iter().copied()).stdin(lines).output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// What a person reads of Régua in the log: its lines by their level, and the exception that a task ended by;
    /// without what differs from one day or machine to the next.
    pub fn read(&self, told: &Told) -> Vec<String> {
        let home = self.house.folder.path().to_string_lossy().into_owned();
        let line = |line: &str| {
            let said = match line.split_once(" [airflow.task.operators.regua_airflow.") {
                Some((before, _)) => {
                    let (level, said) = before.split_once('[')?.1.split_once(']')?;
                    let level = if level.trim() == "info" { String::new() } else { format!("{}: ", level.trim()) };
                    level + said.trim()
                }
                None if line.starts_with("audit ") => line.to_owned(),
                None => line.strip_prefix("airflow.sdk.exceptions.")?.to_owned(),
            };
            let said = said.replace(&home, "HOME").replace(env!("CARGO_BIN_EXE_regua"), "regua");
            Some(without_seconds(&without_run_id(said.trim_end())))
        };
        told.log.lines().filter_map(line).collect()
    }
}

fn script(name: &str) -> String {
    root().join("tests/it/airflow").join(name).to_string_lossy().into_owned()
}

fn without_seconds(line: &str) -> String {
    line.split_once(" ends after ").map_or(line.to_owned(), |(stage, _)| format!("{stage} ends after N s"))
}

fn without_run_id(line: &str) -> String {
    match line.split_once("\"run_id\": \"") {
        Some((before, after)) => {
            format!("{before}\"run_id\": \"ID\"{}", after.split_once('"').map_or("", |(_, rest)| rest))
        }
        None => line.to_owned(),
    }
}

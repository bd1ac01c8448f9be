//! The README and its pages say what the program does: the tables come from the contract, commands and links exist.

use crate::support::{House, root};

/// Lines of a page that is read to the end.
const LINES_MAX: usize = 150;

#[test]
fn the_tables_are_those_of_the_contract() {
    let page = std::fs::read_to_string(root().join("docs/reference/tables.md")).unwrap();
    let (_, tables) = page.split_once("a test compares them.\n").expect("the page says where it comes from");
    let printed = House::new().regua(&["schema", "--markdown"]).stdout;
    let remedy = "replace what stands below its head by the output of `regua schema --markdown`";
    assert!(tables.trim() == printed.trim(), "docs/reference/tables.md has not the contract's tables: {remedy}");
}

/// Whoever follows it opens each file as it is named.
#[test]
fn the_tour_leads_past_files_that_are_there() {
    let tour = std::fs::read_to_string(root().join("docs/tour.md")).unwrap();
    assert!(tour.lines().count() <= 120, "a tour that is walked to the end");
    let named = tour.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = named.filter(|name| name.contains('/') && !name.contains(' ')).collect();
    assert!(paths.len() > 40, "{paths:?}");
    let missing: Vec<&&str> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "docs/tour.md names {missing:?}");
}

/// A page that names another, or a file, names one that is there.
#[test]
fn every_audit_stands_among_the_invariants() {
    let page = std::fs::read_to_string(root().join("docs/invariants.md")).unwrap();
    for file in std::fs::read_dir(root().join("sql/50_audits")).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(page.contains(&name), "docs/invariants.md does not name {name}");
    }
}

#[test]
fn its_links_lead_somewhere() {
    let pages = [
        "README.md",
        "docs/kpis.md",
        "docs/messages.md",
        "docs/changes.md",
        "docs/tour.md",
        "docs/report.md",
        "docs/experiments.md",
        "docs/real-exports.md",
        "docs/operations.md",
        "docs/removals.md",
        "docs/evidence.md",
        "docs/invariants.md",
        "docs/publication.md",
        "docs/first-change.md",
        "docs/glossary.md",
        "docs/install.md",
        "docs/delta.md",
        "docs/lineage.md",
        "docs/release.md",
        "pipelines/bi/README.md",
        "docs/init.md",
    ];
    for page in pages {
        let path = root().join(page);
        let text = std::fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let is_there = link.contains("://") || file.is_empty() || path.parent().unwrap().join(file).exists();
            assert!(is_there, "{page}: {link}");
        }
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= LINES_MAX, "the README has {} lines", readme.lines().count());
    for page in pages.into_iter().skip(1).chain(["docs/reference/tables.md", "docs/reference/errors.md"]) {
        assert!(readme.contains(page), "the README does not lead to {page}");
    }
}

/// Every word of the glossary lives in a file.
#[test]
fn the_glossary_leads_to_files() {
    let text = std::fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let mut words = 0;
    for line in text.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let place = line.rsplit('`').nth(1).expect("a place");
        assert!(root().join(place).exists(), "{line}");
        words += 1;
    }
    assert!(words > 30, "{words} words");
}

#[test]
fn its_commands_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let house = House::new();
    let commands = readme.lines().filter_map(|l| l.strip_prefix("    regua ")).filter_map(|l| l.split(' ').next());
    let mut seen = 0;
    for command in commands {
        let ended = house.regua(&[command, "--help"]);
        assert_eq!(ended.code, 0, "regua {command}: {}", ended.stderr);
        seen += 1;
    }
    assert!(seen >= 3, "the README shows how to check, run and explain");
    for script in ["tests/run", "benches/scale.py"] {
        assert!(readme.contains(script) && root().join(script).exists(), "{script}");
    }
}

/// The lines of the first block of output below a text of a page.
fn quoted<'p>(page: &'p str, below: &str) -> Vec<&'p str> {
    let (_, rest) = page.split_once(below).unwrap_or_else(|| panic!("no page says {below}"));
    let block = rest.split("```\n").nth(1).expect("a block of output below it");
    block.lines().collect()
}

/// The default demo, what it teaches, and two policies over a week of it: whoever types the commands sees these lines.
#[test]
fn what_the_pages_quote_of_the_demo_is_what_it_says() {
    let page = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let (readme, learning, simulate) = (page("README.md"), page("docs/learning.md"), page("docs/simulate.md"));
    let house = House::new();
    let said = |line: &str| {
        let ended = house.regua(&[line.split(' ').collect::<Vec<_>>(), vec!["--output", "text"]].concat());
        assert_eq!(ended.code, 0, "{line}: {}", ended.stderr);
        ended.stdout
    };
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let holds = |said: &str, lines: &[&str]| {
        let told: Vec<String> = said.lines().map(words).collect();
        let missing: Vec<&&str> = lines.iter().filter(|line| !told.contains(&words(line))).collect();
        assert!(lines.len() > 2 && missing.is_empty(), "the pages quote {missing:#?}, and it says\n{said}");
    };
    let demo = said("demo --months 0");
    holds(&demo, &quoted(&readme, "Part of the demo's output"));
    let learnt = "train demo/pipelines/daily.toml --as-of 2026-06-30";
    let trained = said(learnt);
    for quote in [learnt, "of late bills that each account had before. From", "(here some lines of `regua demo`'s)"] {
        holds(&trained, &quoted(&learning, quote));
    }
    said("run demo/pipelines/daily.toml --as-of 2026-07-01");
    let explain = "explain D00000603 --from demo/output";
    holds(&said(explain), &quoted(&learning, explain));
    let against = "--against demo/pipelines/gentler.toml --from 2026-06-24 --to 2026-06-30";
    let simulated = said(&format!("simulate demo/pipelines/daily.toml {against}"));
    holds(&simulated, &quoted(&simulate, against));
    // The README sums it up beside the commands.
    for (command, numbers) in [
        (learnt, "17,598 bills, 4,879 of them late"),
        (explain, "52 % late, paid by 2026-07-09 as likely as not"),
        (against, "459 actions against 446"),
    ] {
        assert!(readme.lines().any(|line| line.contains(command) && line.contains(numbers)), "{command}: {numbers}");
    }
    said("demo --dir small --invoices 100 --months 0");
    let small = "train small/pipelines/daily.toml --as-of 2026-06-30";
    holds(&said(small), &quoted(&learning, small));
}

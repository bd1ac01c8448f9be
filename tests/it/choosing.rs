//! What the configuration chooses by: réguas by group, segment and tier, arms of experiments, channels and hours.

use crate::support::{House, as_of};

/// Three debtors, ten days late, two of them of one group.
fn house() -> House {
    let house = House::new();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount
        I1 D1 2026-05-01 2026-06-20 100.00
        I2 D2 2026-05-01 2026-06-20 100.00
        I3 D3 2026-05-01 2026-06-20 100.00",
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write(
        "debtors",
        "debtor_id legal_name state group_id time_zone
        D1 Acme SP G1 -
        D2 Acme_Norte AM G1 -
        D3 Bolt SP - Europe/Lisbon",
    );
    house.write(
        "contact_points",
        "debtor_id channel address
        D1 email a@acme.example
        D1 whatsapp +5511900000001
        D2 email n@acme.example
        D3 email b@bolt.example
        D3 whatsapp +5511900000003",
    );
    house
}

/// Edits the shipped pipeline: what is given goes before the section of creditors.
fn configured(house: &House, more: &str) {
    house.edit("pipelines/daily.toml", "[creditors.default]\n", &format!("{more}\n[creditors.default]\n"));
}

fn run(house: &House, as_of: &str) {
    let ended = house.run(as_of);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

/// One answer at 14:00 UTC: 11:00 in São Paulo; in Lisbon 14:00 in winter, 15:00 in summer.
fn log(house: &House) {
    let mut text = "event_id action_id debtor_id channel direction occurred_at status\n".to_owned();
    for (debtor, channel, contacts, answers) in
        [("D1", "whatsapp", 4, 3), ("D3", "whatsapp", 5, 4), ("D3", "email", 5, 0)]
    {
        for n in 0..contacts {
            let id = format!("{debtor}{channel}{n}");
            text += &format!("S{id} {id} {debtor} {channel} outbound 2026-0{}-02T12:00:00Z delivered\n", n + 1);
            if n < answers {
                text += &format!("R{id} {id} {debtor} {channel} inbound 2026-0{}-02T14:00:00Z replied\n", n + 1);
            }
        }
    }
    house.write("contact_log", &text);
}

#[test]
fn the_channel_and_the_hour_follow_the_answers() {
    let house = house();
    log(&house);
    run(&house, as_of());
    // Three of the answers from Lisbon came at 14:00 of winter, one at 15:00 of summer; 14:00 of 30 June is 13:00 UTC.
    let expected =
        ["D1 whatsapp 2026-06-30T14:00:00Z", "D2 email 2026-06-30T12:00:00Z", "D3 whatsapp 2026-06-30T13:00:00Z"];
    let mut sent = house.published("actions", "debtor_id channel not_before");
    sent.sort();
    assert_eq!(sent, expected);
    let trace = house.published("actions", "debtor_id rule_trace").join("\n");
    assert!(trace.contains("channel whatsapp: 3 of 4 answered, smoothed 36 %; email 20 %"), "{trace}");
    assert!(trace.contains("channel whatsapp: 4 of 5 answered, smoothed 40 %; email 13 %"), "{trace}");
    assert!(trace.contains("hour 11: 3 answers") && trace.contains("hour 14: 3 answers"), "{trace}");
    let of_channels = house.published("kpi_channels", "segment channel accounts contacts answered bounced answer_rate");
    assert_eq!(of_channels, ["novo email 1 5 0 0 0.0", "novo whatsapp 2 9 7 0 0.7777777777777778"]);
    let mut profiles = house.published("debtors", "debtor_id contacts answer_ratio bounces broken_agreements");
    profiles.sort();
    assert_eq!(profiles, ["D1 4 0.75 0 0", "D2 0 - 0 0", "D3 10 0.4 0 0"]);
}

#[test]
fn an_arm_is_of_the_whole_group_and_held_out_groups_hear_nothing() {
    let house = house();
    let arms = "arms = [{ name = \"a\", share = 99 }, { name = \"control\", share = 1, hold_out = true }]";
    configured(&house, &format!("[[experiments]]\nid = \"tone\"\nstarts_on = \"2026-06-01\"\n{arms}"));
    let find = |id: u32, shares: [u32; 2]| regua::domain::experiment::Experiment {
        id: format!("tone{id}"),
        starts_on: chrono::NaiveDate::default(),
        ends_on: None,
        segments: Vec::new(),
        arms: [("a", shares[0], false), ("control", shares[1], true)]
            .map(|(name, share, hold_out)| regua::domain::experiment::Arm {
                name: name.into(),
                share,
                regua: None,
                hold_out,
            })
            .to_vec(),
    };
    // An experiment whose draw holds out group G1, and D3 not.
    let arm = |shares: [u32; 2], id: u32, group: &str| find(id, shares).arm_of(group).unwrap().name.clone();
    let is_wanted = |id: &u32| {
        let [before, after] = [[99, 1], [2, 98]].map(|shares| arm(shares, *id, "debtor:D3"));
        arm([99, 1], *id, "group:G1") == "control" && before == "a" && after == "control"
    };
    let id = (0..10_000).find(is_wanted).unwrap();
    house.edit("pipelines/daily.toml", "id = \"tone\"", &format!("id = \"tone{id}\""));
    run(&house, as_of());
    let mut decided = house.published("decisions", "debtor_id arm outcome reason");
    decided.sort();
    assert_eq!(decided, ["D1 control hold hold_out_arm", "D2 control hold hold_out_arm", "D3 a action step_due"]);
    let columns = "arm is_champion groups collectable_amount collected_amount";
    assert_eq!(house.published("kpi_experiments", columns), ["a true 1 100.00 0.00", "control false 1 200.00 0.00"]);
    // Other shares draw nobody anew who was drawn: by these D3 would be held out.
    house.edit("pipelines/daily.toml", "share = 99", "share = 2");
    house.edit("pipelines/daily.toml", "share = 1,", "share = 98,");
    run(&house, "2026-07-01");
    let mut drawn = house.published("decisions", "debtor_id arm");
    drawn.sort();
    assert_eq!(drawn, ["D1 control", "D2 control", "D3 a"]);
    // Whoever has paid it all is what the arm is there for.
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP3 D3 I3 2026-07-02 100.00");
    run(&house, "2026-07-02");
    assert_eq!(house.published("kpi_experiments", columns), ["a true 1 100.00 100.00", "control false 1 200.00 0.00"]);
    house.edit("pipelines/daily.toml", "starts_on = \"2026-06-01\"", "starts_on = \"2026-07-10\"");
    run(&house, "2026-07-03");
    assert_eq!(house.published("decisions", "arm"), ["-", "-", "-"], "before its first day nobody is in an arm");
}

#[test]
fn a_move_from_one_segment_to_another_is_seen_against_the_last_run() {
    let house = house();
    run(&house, as_of());
    let columns = "from_segment to_segment accounts open_amount";
    assert!(
        house.published("kpi_segment_moves", columns).is_empty(),
        "nobody moves before there is a run to move from"
    );
    // D1 gets a history of late payments, D3 pays; four shards, so that each must find its own part of the last run.
    let old = (1..=4).map(|n| format!("O{n} D1 2026-01-01 2026-0{n}-10 50.00\n")).collect::<String>();
    house.write(
        "invoices",
        &format!(
            "invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-05-01 2026-06-20 100.00
            I2 D2 2026-05-01 2026-06-20 100.00
            I3 D3 2026-05-01 2026-06-20 100.00
            {old}"
        ),
    );
    let late = (1..=4).map(|n| format!("P{n} D1 O{n} 2026-0{n}-25 50.00\n")).collect::<String>();
    house.write(
        "payments",
        &format!("payment_id debtor_id invoice_id paid_on amount\nP9 D3 I3 2026-07-01 100.00\n{late}"),
    );
    house.edit("pipelines/daily.toml", "history_days = 730", "history_days = 730\nshards = 4");
    run(&house, "2026-07-01");
    let mut moved = house.published("debtors", "debtor_id previous_segment segment");
    moved.sort();
    assert_eq!(moved, ["D1 novo recorrente", "D2 novo novo"]);
    assert_eq!(
        house.published("kpi_segment_moves", columns),
        ["novo - 1 0.00", "novo novo 1 100.00", "novo recorrente 1 100.00"]
    );
}

#[test]
fn a_regua_by_group_by_segment_and_by_tier() {
    let house = house();
    let b2b = std::fs::read_to_string(house.path("pipelines/reguas/b2b.toml")).unwrap();
    for id in ["few", "many"] {
        std::fs::write(
            house.path(&format!("pipelines/reguas/{id}.toml")),
            b2b.replace("id = \"b2b\"", &format!("id = \"{id}\"")),
        )
        .unwrap();
    }
    house.edit(
        "pipelines/daily.toml",
        "[\"reguas/b2b.toml\"]",
        "[\"reguas/b2b.toml\", \"reguas/few.toml\", \"reguas/many.toml\"]",
    );
    configured(
        &house,
        "[[dunning.choose]]\nsegment = \"novo\"\ntier = \"A\"\nregua = \"none\"\n[[dunning.choose]]\nsegment = \"novo\"\nregua = \"few\"\n[dunning.by_group]\nG1 = \"many\"",
    );
    run(&house, as_of());
    let mut decided = house.published("decisions", "debtor_id regua outcome");
    decided.sort();
    assert_eq!(decided, ["D1 many action", "D2 many action", "D3 few action"]);
}

const FAULTY: &str = r#"
[[dunning.choose]]
segment = "novo"
regua = "b2b"
[[dunning.choose]]
segment = "novo"
tier = "A"
regua = "b2b"
[[dunning.choose]]
tier = "Z"
regua = "nobody"
[[dunning.choose]]
regua = "b2b"
[dunning.by_group]
G1 = "nobody"
[[experiments]]
id = "one"
starts_on = "2026-06-01"
ends_on = "2026-06-01"
segments = ["novo", "newish"]
arms = [{ name = "a", share = 50, regua = "none" }, { name = "a", share = 49, regua = "b2b", hold_out = true }]
[[experiments]]
id = "one"
starts_on = "2026-06-01"
arms = [{ name = "a", share = 100, regua = "nobody" }]
[[experiments]]
id = "two"
starts_on = "1 June"
ends_on = "31 June"
segments = ["novo"]
arms = [{ name = "a", share = 100 }]
[[experiments]]
id = ""
starts_on = "2026-06-01"
segments = ["em_dia"]
arms = [
    { name = "1", share = 50 }, { name = "2", share = 5 }, { name = "3", share = 5 }, { name = "4", share = 5 },
    { name = "5", share = 5 }, { name = "6", share = 5 }, { name = "7", share = 5 }, { name = "8", share = 5 },
    { name = "9", share = 5 }, { name = "10", share = 5 }, { name = "11", share = 5 },
]
"#;

#[test]
fn every_fault_in_what_chooses_is_found_at_once() {
    let house = house();
    configured(&house, FAULTY);
    house.edit("pipelines/daily.toml", "best_hours = { em_dia = 10 }", "best_hours = { em_dia = 24, nobody = 9 }");
    house.edit(
        "pipelines/daily.toml",
        "by_segment = { recorrente = 0.3 }",
        "by_segment = { recorrente = 1.3, x = 0.3 }\ncost = \"-1\"",
    );
    house.edit("pipelines/daily.toml", "{ pontual = 5, recorrente = 1 }", "{ pontual = 91, late = 1 }");
    let ended = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert_eq!(ended.code, 2);
    for fault in [
        "it never applies: line 1 of the list comes first",
        "unknown tier `Z`",
        "unknown régua `nobody`",
        "it names neither `segment` nor `tier`; for all accounts set dunning.regua",
        "unknown segment `newish`",
        "the shares add up to 99, not to 100",
        "one arm is compared with nothing; write at least two, the champion first",
        "for an arm that sends nothing write hold_out = true",
        "there are two arms named `a`; rename one",
        "an arm that holds out sends nothing; take its `regua` out",
        "\"1 June\" is not a date; write it as \"2026-07-01\"",
        "\"31 June\" is not a date; write it as \"2026-07-01\"",
        "the last day must come after the first; `regua experiment plan` says how long",
        "an experiment has a name of its own; write id = \"2026-h2\"",
        "more than 10 arms leave none with groups enough",
        "the id `one` is taken",
        "`one` takes the same segments on the same days; an account is in one experiment at a time",
        "24 is not an hour of the day; write 0 to 23",
        "unknown segment `nobody`",
        "1.3 is not a share; write 0 to 1, such as 0.2",
        "unknown segment `x`",
        "a cost is not below zero",
        "91 days are more than 90",
        "unknown segment `late`",
    ] {
        assert!(ended.stderr.contains(fault), "{fault}: {}", ended.stderr);
    }
    assert!(ended.stderr.lines().filter(|l| l.contains("daily.toml:")).count() >= 20, "{}", ended.stderr);
}

#[test]
fn what_the_schema_bounds_is_refused_with_its_line() {
    for (from, to, fault) in [
        ("prior_weight = 10", "prior_weight = 0", "prior_weight"),
        ("[channels.email]\nanswer_rate = 0.2", "[channels.email]\nanswer_rate = 1.2", "answer_rate"),
        ("[channels.sms]", "[channels.fax]", "fax"),
        ("hour_answers_min = 3", "hour_answers_min = 3\nexplore = 0.3", "explore"),
        ("hour_answers_min = 3", "hour_answers_min = 3\nexplore = -0.05", "explore"),
        ("hour_answers_min = 3", "hour_answers_min = 3\noutcome_days = 0", "outcome_days"),
        ("hour_answers_min = 3", "hour_answers_min = 3\ncontacts_min = 0", "contacts_min"),
    ] {
        let house = house();
        house.edit("pipelines/daily.toml", from, to);
        let ended = house.regua(&["check", "pipelines/daily.toml", "--output", "text"]);
        assert_eq!(ended.code, 2, "{to}");
        assert!(ended.stderr.contains(fault), "{to}: {}", ended.stderr);
    }
}

//! What `check` asks of the kinds of step: the keys that each has, its trigger, and what ends what was entered.

use crate::support::House;

const REGUA: &str = "pipelines/reguas/b2b.toml";
const REMOVAL: &str = "kind = \"negativacao_removal\"\ntrigger = { paid_while_listed = true }";

/// Name, file, text and what replaces it, and the line of the refusal.
const REFUSED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "a duty with another trigger",
        REGUA,
        REMOVAL,
        "kind = \"negativacao_removal\"\ntrigger = { days_past_due = 5 }",
        "a step of kind negativacao_removal has the trigger { paid_while_listed = true } and no other",
    ),
    (
        "a duty with one more condition",
        REGUA,
        REMOVAL,
        "kind = \"negativacao_removal\"\ntrigger = { paid_while_listed = true, open_items = 1 }",
        "a step of kind negativacao_removal has the trigger { paid_while_listed = true } and no other",
    ),
    (
        "a duty with a channel",
        REGUA,
        REMOVAL,
        "kind = \"negativacao_removal\"\nchannels = [\"email\"]\ntrigger = { paid_while_listed = true }",
        "`channels` has no effect on a step of kind negativacao_removal; take it out",
    ),
    (
        "a duty for some segments only",
        REGUA,
        REMOVAL,
        "kind = \"negativacao_removal\"\nsegments = [\"novo\"]\ntrigger = { paid_while_listed = true }",
        "`segments` has no effect on a step of kind negativacao_removal; take it out",
    ),
    (
        "a reminder triggered by a duty's trigger",
        REGUA,
        "trigger = { days_past_due = 5 }",
        "trigger = { any = [{ days_past_due = 5 }, { paid_while_listed = true }] }",
        "`paid_while_listed` triggers steps of kind negativacao_removal, protesto_release and agency_recall only",
    ),
    (
        "a reminder triggered by a receipt's",
        REGUA,
        "trigger = { days_past_due = 5 }",
        "trigger = { all_paid = true }",
        "`all_paid` triggers steps of kind receipt only",
    ),
    (
        "a receipt with another trigger",
        REGUA,
        "trigger = { all_paid = true }",
        "trigger = { days_past_due = 5 }",
        "a step of kind receipt has the trigger { all_paid = true } and no other",
    ),
    (
        "a deadline of a reminder",
        REGUA,
        "trigger = { days_past_due = 5 }",
        "trigger = { days_past_due = 5 }\ndeadline_business_days = 5",
        "`deadline_business_days` has no effect on a step of kind reminder; take it out",
    ),
    (
        "the listing limit of a reminder",
        REGUA,
        "trigger = { days_past_due = 5 }",
        "trigger = { days_past_due = 5 }\nlisting_years_max = 5",
        "`listing_years_max` has no effect on a step of kind reminder; take it out",
    ),
    (
        "listing without ever removing",
        REGUA,
        "id = \"removal\"\nkind = \"negativacao_removal\"\ntrigger = { paid_while_listed = true }\ndeadline_business_days = 5 ",
        "id = \"removal\"\nkind = \"agency_recall\"\ntrigger = { paid_while_listed = true }\ndeadline_business_days = 5 ",
        "no régua one of kind negativacao_removal: what is paid would never be ended",
    ),
    (
        "a listing without a notice before it",
        REGUA,
        "after_notice = \"d+45\"\n",
        "",
        "nobody is listed without a notice before (CDC art. 43 § 2): add `after_notice`",
    ),
    (
        "a portal step without a link",
        "pipelines/daily.toml",
        "portal_link = \"https://portal.exemplo.example\"\n",
        "",
        "régua `b2b` sends the portal's link: add `portal_link`",
    ),
];

#[test]
fn check_refuses_what_a_kind_would_not_obey() {
    for (name, file, from, to, expected) in REFUSED {
        let house = House::new();
        // A portal step, for the link that it needs.
        house.edit(REGUA, "\"d-1\"\nkind = \"verification\"", "\"d-1\"\nkind = \"portal\"");
        house.edit(
            REGUA,
            "channels = [\"phone\"]\nsegments = [\"ocasional\", \"recorrente\"]\ntemplate = \"verification\"",
            "channels = [\"portal\"]\ntemplate = \"portal\"",
        );
        house.edit(file, from, to);
        let ended = house.regua(&["check", "pipelines/daily.toml"]);
        assert_eq!(ended.code, 2, "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{name}: {}", ended.stderr);
    }
}

#[test]
fn a_portal_step_is_a_message_on_any_of_its_channels() {
    let house = House::new();
    house.edit(REGUA, "\"d+5\"\nkind = \"reminder\"", "\"d+5\"\nkind = \"portal\"");
    house.edit(
        REGUA,
        "channels = [\"email\", \"whatsapp\", \"sms\"]\ntemplate = \"overdue_second\"",
        "channels = [\"email\", \"whatsapp\"]\ntemplate = \"portal\"",
    );
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-05-01 2026-06-20 100.00");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP");
    house.write("contact_points", "debtor_id channel address\nD1 email finance@acme.example");
    let ended = house.run("2026-06-30");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(house.published("actions", "step_kind channel"), ["portal email"]);
    assert!(house.published("actions", "body")[0].contains("https://portal.exemplo.example"));
}

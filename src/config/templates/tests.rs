//! Templates as tables: what is refused, on which line and in which words, and what is not.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::message::fields::{FIELDS, Field, ITEMS_MAX, Kind, fitted};

const STOP: &str = "Para sair, responda SAIR.";

fn creditor() -> Value {
    sample_creditor("Acme", "a@acme.example", "+55 11 4000-0000", STOP)
}

fn source(file: &str, text: &str) -> Source {
    Source { language: "pt-BR".into(), file: file.into(), text: text.into(), is_shipped: false }
}

fn words() -> Words {
    let group = |reason: &str, except: &[&str], words: &[&str]| WordGroup {
        reason: reason.into(),
        except: except.iter().map(|e| (*e).to_owned()).collect(),
        words: words.iter().map(|w| Word::new(w)).collect(),
    };
    Words {
        forbidden: vec![
            group("shames the debtor", &[], &["caloteir*", "nome sujo"]),
            group("announces a listing", &["negativacao*"], &["negativação"]),
        ],
        debt: vec![Word::new("fatura*")],
    }
}

/// `line: what` of every fault.
fn faults_of(file: &str, text: &str) -> Vec<String> {
    let creditors = BTreeMap::from([("pt-BR".to_owned(), creditor())]);
    let words = BTreeMap::from([("pt-BR".to_owned(), words())]);
    let (_, faults) = check(&[source(file, text)], "pt-BR", &creditors, &words, &Senders::new());
    faults.into_iter().map(|f| format!("{}: {}", f.line.unwrap_or(0), f.what)).collect()
}

/// A letter, which needs neither subject nor opt-out.
fn letter(text: &str) -> Vec<String> {
    faults_of("t.letter.j2", text)
}

/// Each of these passed the check and chose the wrong sentence for ever.
#[test]
fn comparisons_that_never_mean_what_they_say() {
    let cents = "is an amount, and a number beside it would be cents";
    for (condition, expected) in [
        ("total_due > 1000", Some(cents)),
        ("1000 < total_due", Some(cents)),
        ("0 < total_due < 1000", Some(cents)),
        ("total_due > \"1000\"", Some("total_due is an amount, and what it is compared with is a text")),
        ("total_due == oldest_due_date", Some("total_due is an amount, and oldest_due_date is a date")),
        (
            "days_past_due == \"10\"",
            Some("days_past_due is a number, and what it is compared with is a text; write numbers without quotes"),
        ),
        ("days_past_due in [\"10\", 20]", Some("days_past_due is a number, and what it is compared with is a text")),
        ("(total_due | money) > \"R$ 5.000,00\"", Some("texts compare letter by letter")),
        ("(oldest_due_date | date) == (as_of | date)", Some("texts compare letter by letter")),
        (
            "oldest_due_date < \"25/06/2026\"",
            Some("oldest_due_date is never \"25/06/2026\"; write a date in quotes as 2026-11-20"),
        ),
        ("oldest_due_date < currency", Some("oldest_due_date is a date, and currency is a text")),
        ("tone == \"gentil\"", Some("tone is never \"gentil\"; it is one of gentle, firm, formal")),
        ("tone == \"form\"", Some("it is one of gentle, firm, formal")),
        ("tone in [\"firm\", \"hard\"]", Some("tone is never \"hard\"")),
        ("notice_days < 5", Some("notice_days can be null")),
        ("currency == \"R$\"", Some("currency is never \"R$\"; it is a code such as \"BRL\"")),
        ("oldest_due_date > \"2026-1-1\"", Some("oldest_due_date is never \"2026-1-1\"")),
        ("dunning and dunning.amount > total_due", Some("are amounts of two currencies")),
        ("tone not in [\"firm\", \"hard\"]", Some("tone is never \"hard\"")),
        ("offer and offer.kind == \"desconto\"", Some("it is one of discount, instalments, extension")),
        (
            "has_charges == 1",
            Some("has_charges is true or false; say {% if has_charges %}, or {% if not has_charges %}"),
        ),
        ("total_due > 0 and credit_amount < total_due", None),
        ("total_due != 0.0", None),
        ("days_past_due >= 10 and items | length > 1", None),
        ("oldest_due_date < \"2026-06-25\" or oldest_due_date == as_of", None),
        ("tone == \"gentle\" or tone in [\"firm\"]", None),
        ("offer and offer.kind == \"discount\"", None),
        ("currency == \"BRL\" and debtor.name != creditor.name", None),
        ("portal_link != none and \"x\" in debtor.name", None),
    ] {
        let found = letter(&format!("{{% if {condition} %}}a{{% else %}}b{{% endif %}}"));
        match expected {
            None => assert!(found.is_empty(), "{condition}: {found:?}"),
            Some(part) => assert!(found.len() == 1 && found[0].contains(part), "{condition}: {found:?}"),
        }
    }
}

/// "Please pay R$204.67" for R$1,023.33: each of these came out of a template that passed.
#[test]
fn amounts_that_come_out_as_another() {
    let sum = "an amount is added to an amount or taken from one, and nothing else";
    let mixed = "is now in one currency and now in another";
    let literal = "holds texts in quotes";
    let divided = "a division prints a long fraction, or fails where it is by 0";
    for (text, expected) in [
        ("{{ (dunning.amount if dunning else total_due) | money }}", Some(mixed)),
        (
            "{% if dunning %}{% set a = dunning.amount %}{% else %}{% set a = total_due %}{% endif %}{{ a | money }}",
            Some(mixed),
        ),
        ("{% if dunning %}{{ (dunning.amount + total_due) | money }}{% endif %}a", Some(mixed)),
        (
            "{% if dunning %}{{ dunning.amount | money }}{% endif %}a",
            Some("say dunning.amount | money(dunning.currency)"),
        ),
        ("{{ (total_due + 15) | money }}", Some(sum)),
        ("{% if total_due - 1000 > 0 %}a{% endif %}b", Some(sum)),
        ("{{ (total_due / items_count) | money }}", Some(sum)),
        ("{{ (total_due * 2) | money }}", Some(sum)),
        ("{{ (total_due, 1)[0] }}", Some(literal)),
        ("{{ {\"a\": total_due}.a }}", Some(literal)),
        ("{% for limit in [10000] %}{% if total_due > limit %}a{% endif %}{% endfor %}b", Some(literal)),
        ("{{ days_past_due / 7 }}", Some(divided)),
        ("{{ 100 // days_past_due }}", Some(divided)),
        ("{{ 100 // 0 }}", Some(divided)),
        ("{{ debtor.name * 3 }}", Some("only numbers are added and multiplied")),
        (
            "{% set n = 0 %}{% for item in items %}{% set n = n + 1 %}{% endfor %}{{ n }}",
            Some("what a loop sets is gone after it"),
        ),
        ("{{ (total_due - open_amount) | money }}", None),
        ("{{ (total_due + fine_amount) | money(currency) }}", None),
        ("{% if dunning %}{{ dunning.amount | money(dunning.currency) }}{% endif %}a", None),
        ("{{ days_past_due // 7 }} {{ items_count - 1 }} {{ days_past_due % 2 }}", None),
        ("{{ [\"jan\", \"fev\"][0] }} {% if tone in [\"firm\"] %}a{% endif %}", None),
        ("{% for item in items %}{% set d = item.due_date %}{{ d | date }}{% endfor %}", None),
        (
            "{% if debtor.contact_name %}{% set n = debtor.contact_name %}{% else %}{% set n = debtor.name %}{% endif %}{{ n }}",
            None,
        ),
        ("a{% if items[0].payment_link %}\n{{ items[0].payment_link }}\n{% endif %}", None),
    ] {
        let found = letter(text);
        match expected {
            None => assert!(found.is_empty(), "{text}: {found:?}"),
            Some(part) => assert!(found.iter().any(|what| what.contains(part)), "{text}: {found:?}"),
        }
    }
}

#[test]
fn a_name_that_is_set_for_nothing() {
    let unread = "1: nothing reads `provider_tempate`; did you mean `provider_template`?";
    for (text, expected) in [
        ("{% set provider_tempate = \"x_v1\" %}a", Some(unread)),
        ("{% set due = total_due %}a", Some("1: nothing reads `due`; take it out")),
        ("{% set due = total_due %}{{ due | money }}", None),
        ("{% set a = 1 %}{% if true %}{% set a = 2 %}{% endif %}{{ a }}", None),
    ] {
        assert_eq!(letter(text).first().map(String::as_str), expected, "{text}");
    }
}

/// No sample meets either condition, and a large claim both.
#[test]
fn words_that_meet_where_no_sample_goes() {
    let some = "{% if total_due > open_amount and items_count > 99 %}";
    let made = "1: the message comes out with \"nome sujo\", which shames the debtor; rephrase it";
    for (text, expected) in [
        (format!("{some}Nome{{% endif %}} {some}sujo{{% endif %}} a"), Some(made)),
        (format!("{some}a{{% else %}}Nome {{% endif %}}{some}b{{% else %}}sujo{{% endif %}}"), Some(made)),
        (format!("{some}Nome{{% endif %}} {{{{ debtor.name }}}} {some}sujo{{% endif %}} a"), None),
    ] {
        assert_eq!(letter(&text).first().map(String::as_str), expected, "{text}");
    }
    let include = "{% include \"_blocks/a.j2\" %}";
    let block = format!("{some}nome {{% endif %}}");
    let message = format!("a {include}{some}sujo{{% endif %}}.");
    let found = faults_in(&[("_blocks/a.j2", &block), ("t.letter.j2", &message)]);
    assert_eq!(found, [format!("t.letter.j2:{made}")]);
}

/// "debt*" is in `debtor.name`, and nobody reads that.
#[test]
fn words_are_looked_for_in_what_is_printed_and_not_in_code() {
    let group = WordGroup {
        reason: "r".into(),
        except: Vec::new(),
        words: ["default", "discount", "formal"].map(Word::new).into(),
    };
    let words = Words { forbidden: vec![group], debt: vec![Word::new("debt*")] };
    let words = BTreeMap::from([("pt-BR".to_owned(), words)]);
    let creditors = BTreeMap::from([("pt-BR".to_owned(), creditor())]);
    let faults = |text: &str| {
        let (_, faults) = check(&[source("t.letter.j2", text)], "pt-BR", &creditors, &words, &Senders::new());
        faults.into_iter().map(|f| format!("{}: {}", f.line.unwrap_or(0), f.what)).collect::<Vec<_>>()
    };
    let code = "{# names-debt: no #}\nOlá {{ debtor.contact_name\n | default(debtor.name, true) }}{% if tone == \"formal\" %}.{% endif %}";
    assert_eq!(faults(code), [""; 0]);
    assert_eq!(faults("{# x\n #}\n{{ \"a\" }} formal")[0], "3: \"formal\" r; rephrase it");
    assert!(
        !faults("{{ \"for\" ~ \"mal\" }}").is_empty()
            && !faults("{% if tone == \"firm\" %}{{ \"formal\" }}{% endif %} a").is_empty()
    );
    // Neither is what a condition that no sample meets would print.
    let rare = "total_due > open_amount and items_count > 99";
    for printed in [
        "{{ \"formal\" if RARE else \"a\" }}",
        "{{ \"a\" if RARE else \"formal\" }}",
        "{% set x = \"formal\" if RARE else \"a\" %}{{ x }}",
        "{% if RARE %}{{ \"for\" ~ \"mal\" }}{% else %}a{% endif %}",
        "{% if RARE %}{{ debtor.contact_name | default(\"formal\", true) }}{% else %}a{% endif %}",
        "{% with x = \"formal\" %}{% if RARE %}{{ x }}{% else %}a{% endif %}{% endwith %}",
        "{% if RARE %}{{ [\"a\", \"formal\"][0] }}{% else %}a{% endif %}",
        "{% for item in items if RARE %}a{% else %}formal{% endfor %}",
        "{% if RARE %}{{ \"x\" if tone == \"firm\" else (\"formal\" if RARE else \"y\") }}{% else %}a{% endif %}",
    ] {
        let found = faults(&printed.replace("RARE", rare));
        assert!(found.iter().any(|fault| fault.contains("\"formal\"")), "{printed}: {found:?}");
    }
    for (word, found) in
        [("a*", true), ("spc", true), ("*owe", false), ("ow*e", false), ("*", false), ("", false), ("!!!", false)]
    {
        assert_eq!(Word::can_be_found(word), found, "{word}");
    }
}

/// What a notice may say is a threat in a reminder, whatever the template is called.
#[test]
fn words_are_allowed_by_the_step_that_says_them() {
    let words = BTreeMap::from([("pt-BR".to_owned(), words())]);
    let creditors = BTreeMap::from([("pt-BR".to_owned(), creditor())]);
    for (template, kinds, is_refused) in [
        ("negativacao_amiga", &["reminder"][..], true),
        ("negativacao_amiga", &["negativacao_notice", "reminder"], true),
        ("aviso", &["negativacao_notice"], false),
        ("negativacao_notice", &[], false),
        ("aviso", &[], true),
    ] {
        let senders = Senders::from([(template.to_owned(), kinds.iter().copied().collect())]);
        let senders = if kinds.is_empty() { Senders::new() } else { senders };
        let message = source(&format!("{template}.letter.j2"), "Aviso de negativação.");
        let (_, faults) = check(&[message], "pt-BR", &creditors, &words, &senders);
        assert_eq!(!faults.is_empty(), is_refused, "{template} {kinds:?}: {faults:?}");
    }
}

/// The greeting went into the subject, where the white space before it was taken away.
#[test]
fn what_joins_the_body_to_the_subject() {
    let joins = |text: &str| faults_of("t.email.j2", &format!("{text}\n{{{{ creditor.opt_out }}}}"));
    for (text, expected) in [
        ("Subject: x\n\n{%- if true %}Olá{% endif %}", Some("3: {%- joins this line to the subject; write {% here")),
        ("Subject: x\n\n{{- debtor.name }}", Some("3: {{- joins this line to the subject; write {{ here")),
        ("Subject: x\n{#- note #}\nOlá", Some("2: {#- joins this line to the subject; write {# here")),
        ("Subject: x\n\nOlá\n{%- if true %}, Ana{% endif %}", None),
        ("Subject: x\n\n{% if true %}Olá{% endif %}", None),
    ] {
        assert_eq!(joins(text).first().map(String::as_str), expected, "{text:?}");
    }
    let header = joins("Subject: x\nBcc: all@acme.example\n\nOlá");
    assert_eq!(header[0], "2: below the subject comes an empty line; begin the message after it");
}

#[test]
fn a_field_that_no_message_has() {
    for (text, expected) in [
        ("Olá {{ debtor.nome }}", "1: unknown field `debtor.nome`; did you mean `debtor.name`?"),
        ("a\n{{ total_du | money }}", "2: unknown field `total_du`; did you mean `total_due`?"),
        ("{{ contact_name }}", "1: unknown field `contact_name`; did you mean `debtor.contact_name`?"),
        (
            "{{ invoice_id }}",
            "1: unknown field `invoice_id`; did you mean `item.invoice_id`, in {% for item in items %}?",
        ),
        (
            "{% for item in items %}\n{{ item.due_dat | date }}\n{% endfor %}",
            "2: unknown field `item.due_dat`; did you mean `item.due_date`?",
        ),
        // On a branch that no sample takes.
        (
            "x{% if items_count == 7 %}{{ debtor.nome }}{% endif %}",
            "1: unknown field `debtor.nome`; did you mean `debtor.name`?",
        ),
        ("{% set who = debtor %}{{ who.nme }}", "1: unknown field `who.nme`; did you mean `who.name`?"),
        ("{% for i in items %}{{ loop.indx }}{% endfor %}", "1: unknown field of `loop` `indx`; did you mean `index`?"),
        ("{{ debtor.name.first }}", "1: debtor.name has no field `first`: it is not a record"),
        ("{{ total_due | mony }}", "1: unknown filter `mony`; did you mean `money`?"),
        ("{% if offer is none_ %}x{% else %}y{% endif %}", "1: unknown test `none_`; did you mean `none`?"),
        (
            "x{% if bureau %}{% set a = 1 %}{% endif %}{{ a }}",
            "1: `a` is set on one branch only; set it before the {% if %} too",
        ),
        ("{{ items[1].invoice_id }}", "1: this entry of items may not exist; go over items with {% for %}"),
        (
            "{{ debtor.name.upper() }}",
            "1: nothing can be called in a template; use a filter, such as total_due | money",
        ),
        (
            "{% macro m() %}x{% endmacro %}",
            "1: syntax: unknown statement macro on line 1; a template has {% if %}, {% for %}, {% set %}, {% with %} and {% include %}",
        ),
        ("{{ items }}", "1: items is a list; go over it with {% for %}"),
        ("{{ debtor }}", "1: debtor is a record; print one of its fields: name, contact_name"),
        ("{{ has_charges }}", "1: has_charges is true or false; ask for it with {% if %}"),
        ("{{ total_due }}", "1: total_due would be printed in cents; say total_due | money"),
        (
            "{{ total_due | money('USD') }}",
            "1: total_due is not in the currency that it would be printed in; say total_due | money",
        ),
        (
            "{% if dunning %}{{ total_due | money(dunning.currency) }}{% endif %}",
            "1: total_due is not in the currency that it would be printed in; say total_due | money",
        ),
        (
            "{% if dunning %}{% set due = dunning.amount %}{{ due | money }}{% endif %}",
            "1: due is not in the currency that it would be printed in; say due | money(dunning.currency)",
        ),
        (
            "{% if dunning %}{{ dunning.amount | money }}{% endif %}",
            "1: dunning.amount is not in the currency that it would be printed in; say dunning.amount | money(dunning.currency)",
        ),
        ("{{ 'R$' ~ total_due }}", "1: total_due would be printed in cents; say total_due | money"),
        ("{{ as_of }}", "1: as_of would be printed as 2026-11-20; say as_of | date"),
        (
            "{{ 'de ' ~ oldest_due_date }}",
            "1: oldest_due_date would be printed as 2026-11-20; say oldest_due_date | date",
        ),
        ("{{ items_count | money }}", "1: items_count is not an amount, as `| money` wants it; take the filter out"),
        ("{{ days_past_due | date }}", "1: days_past_due is not a date, as `| date` wants it; take the filter out"),
        (
            "{% for x in debtor %}{{ x }}{% endfor %}y",
            "1: debtor is not a list; a loop goes over items or offer.instalments",
        ),
    ] {
        assert_eq!(letter(text), [expected], "{text}");
    }
}

#[test]
fn a_field_that_can_be_null() {
    for (text, name) in [
        ("{{ portal_link }}", "portal_link"),
        ("{{ portal_link | upper }}", "portal_link"),
        ("{{ 'see ' ~ portal_link }}", "portal_link"),
        ("{{ offer.total | money }}", "offer"),
        ("{% for p in offer.instalments %}x{% endfor %}", "offer"),
        ("x{% if portal_link or bureau %}{{ bureau }}{% endif %}", "bureau"),
        ("x{% if not bureau %}{{ bureau }}{% endif %}", "bureau"),
        ("x{% if bureau is defined %}{{ bureau }}{% endif %}", "bureau"),
        ("x{% if bureau %}y{% endif %}{{ bureau }}", "bureau"),
        ("{% if bureau %}y{% else %}{{ bureau }}{% endif %}", "bureau"),
        ("{% set b = bureau %}{{ b }}", "b"),
        ("{% for item in items %}{{ item.payment_link }}{% endfor %}", "item.payment_link"),
        ("x{% for a in items %}{% if a.payment_link %}y{% endif %}{{ a.payment_link }}{% endfor %}", "a.payment_link"),
        ("{{ notice_days + 1 }}", "notice_days"),
        ("{{ debtor['contact_name'] }}", "debtor[...]"),
    ] {
        let expected =
            format!("1: {name} can be null; put {{% if {name} %}} around it, or say {name} | default(\"...\", true)");
        assert_eq!(letter(text), [expected], "{text}");
    }
    let nameless = "1: what stands here can be null; give it a name with {% set %}, and put {% if %} around it";
    assert_eq!(letter("{{ bureau if portal_link else 'x' }}"), [nameless]);
    let bare = "1: portal_link | default(...) does not catch null; say default(..., true)";
    assert_eq!(letter("{{ portal_link | default('x') }}"), [bare]);
}

#[test]
fn a_guard_is_understood() {
    for text in [
        "{{ debtor.contact_name | default(debtor.name, true) }}",
        "{{ debtor.contact_name or debtor.name }}",
        "x{% if portal_link %}{{ portal_link }}{% endif %}",
        "x{% if portal_link is not none %}{{ portal_link }}{% endif %}",
        "x{% if portal_link != none %}{{ portal_link }}{% endif %}",
        "{% if portal_link is none %}x{% else %}{{ portal_link }}{% endif %}",
        "{% if not portal_link %}x{% else %}{{ portal_link }}{% endif %}",
        "x{% if portal_link and bureau %}{{ portal_link }} {{ bureau }}{% endif %}",
        "{% if not portal_link or not bureau %}x{% else %}{{ portal_link }} {{ bureau }}{% endif %}",
        "x{% if portal_link %}{% if bureau %}{{ portal_link }} {{ bureau }}{% endif %}{% endif %}",
        "x{% if offer and offer.discount %}{{ offer.discount | money }}{% endif %}",
        "x{% if notice_days > 1 %}{{ notice_days }}{% endif %}",
        "x{% if bureau == 'serasa' %}{{ bureau }}{% endif %}",
        "{{ bureau if bureau else 'x' }}",
        "{% set b = bureau %}x{% if b %}{{ b }}{% endif %}",
        "{% set b = bureau | default('x', true) %}{{ b }}",
        "{% if bureau %}{% set b = bureau %}{% else %}{% set b = 'x' %}{% endif %}{{ b | default('x', true) }}",
        "x{% for i in items[:3] if i.payment_link %}{{ i.payment_link }}{% endfor %}",
        "x{% for i in items[:3] %}{% if i.payment_link %}{{ i.payment_link }} {{ loop.index }}{% endif %}{% endfor %}",
        "{{ items[0].invoice_id }} {{ items | length }} {{ (items | first).due_date | date }}",
        "x{% if offer %}{% if offer.instalments %}{{ offer.instalments[0].amount | money }}{% endif %}{% endif %}",
        "{% with total = total_due %}{{ total | money }}{% endwith %}",
        "{{ (total_due - open_amount) | money }}",
        "{{ total_due | money(currency) }}",
        "{% set own = currency %}{{ total_due | money(own) }}",
        "x{% if dunning %}{{ dunning.amount | money(dunning.currency) }}{% endif %}",
    ] {
        assert_eq!(letter(text), [""; 0], "{text}");
    }
}

#[test]
fn the_subject_and_the_opt_out() {
    let body = format!("\n\nOlá {{{{ total_due | money }}}}\n{STOP}");
    let in_subject =
        |name: &str| format!("1: {name} puts an amount in the subject, where others see it; say it in the body");
    for (subject, expected) in [
        ("Subject: Olá {{ items_count }}", None),
        ("Subject: Olá {{ total_due | money }}", Some(in_subject("total_due | money"))),
        ("{% set t = total_due | money %}Subject: Olá {{ t }}", Some(in_subject("t"))),
        ("{% set t %}{{ total_due | money }}{% endset %}Subject: {{ t }}", Some(in_subject("t"))),
        (
            "Subject: x{% if items_count == 9 %}{{ total_due | money }}{% endif %}",
            Some(in_subject("total_due | money")),
        ),
        ("Subject: R$ 100", Some("1: the subject has an amount, where others see it; say it in the body".into())),
        ("Olá", Some("1: an e-mail opens with a line `Subject: ...` and an empty line".into())),
        ("Subject: {{ '' }}", Some("1: the subject can come out empty".into())),
    ] {
        assert_eq!(faults_of("t.email.j2", &format!("{subject}{body}")), Vec::from_iter(expected), "{subject}");
    }
    let long = format!("Subject: {}{{{{ debtor.name }}}}{body}", "x".repeat(130));
    let expected = "1: the subject has up to 210 characters, at most 200 fit; say less";
    assert_eq!(faults_of("t.email.j2", &long), [expected]);

    let missing = "2: the message does not say how to opt out; end it with {{ creditor.opt_out }}";
    for (file, text, expected) in [
        ("t.whatsapp.j2", "Olá\nAté logo", &[missing][..]),
        ("t.sms.j2", "Olá\nAté logo", &[missing]),
        (
            "t.email.j2",
            "Subject: Olá\n",
            &[
                "1: the message does not say how to opt out; end it with {{ creditor.opt_out }}",
                "1: the message can come out empty; write an {% else %}",
            ],
        ),
        ("t.sms.j2", "Olá\n{% if tone != 'formal' %}{{ creditor.opt_out }}{% endif %}", &[missing]),
        ("t.sms.j2", "Olá {{ creditor.opt_out }}", &[]),
        ("t.phone.j2", "Olá", &[]),
        ("t.instruction.j2", "x", &[]),
    ] {
        assert_eq!(faults_of(file, text), expected, "{file} {text}");
    }
}

#[test]
fn a_message_that_can_be_too_long() {
    let sms = |before: &str| faults_of("t.sms.j2", &format!("{before} {{{{ creditor.opt_out }}}}"));
    assert_eq!(sms("{{ debtor.name }}: {{ total_due | money }}"), [""; 0]);
    let expected = "1: with the longest values it has 30526 characters (200 segments), and at most 480 fit sms; say \
                    less, or show fewer items, such as items[:5]";
    assert_eq!(sms("{% for i in items %}{{ i.invoice_id }} {% endfor %}"), [expected]);
    let all = "{% for i in items %}{{ i.invoice_id }}\n{% endfor %}{{ creditor.opt_out }}";
    assert_eq!(faults_of("t.whatsapp.j2", all).len(), 1);
    assert_eq!(faults_of("t.letter.j2", all), [""; 0], "a letter may list all");
}

#[test]
fn words_that_no_message_has() {
    for (text, expected) in [
        ("um\nCaloteiros!", &["2: \"caloteir*\" shames the debtor; rephrase it"][..]),
        ("a NEGATIVACAO", &["1: \"negativação\" announces a listing; rephrase it"]),
        ("calo{{ 'teiro' }}", &["1: the message comes out with \"caloteir*\", which shames the debtor; rephrase it"]),
        ("seu nome\nsujo", &["2: the message comes out with \"nome sujo\", which shames the debtor; rephrase it"]),
        ("seu caloteamento", &[]),
    ] {
        assert_eq!(letter(text), expected, "{text}");
    }
    assert_eq!(faults_of("negativacao_notice.letter.j2", "a NEGATIVACAO"), [""; 0]);
}

#[test]
fn a_message_that_says_it_names_no_debt() {
    let tells = |name: &str| {
        format!("2: {name} mentions a debt, and line 1 says that this message names none; take one of them out")
    };
    for (text, expected) in [
        ("{# names-debt: no #}\nOlá {{ debtor.name }}, {{ portal_link or '' }}", None),
        ("{# names-debt: no #}\nOlá {{ total_due | money }}", Some(tells("total_due"))),
        ("{# names-debt: no #}\nOlá{% for i in items %}.{% endfor %}", Some(tells("items"))),
        ("{# names-debt: no #}\nx{% if has_charges %}y{% endif %}", Some(tells("has_charges"))),
        (
            "{# names-debt: no #}\nsuas FATURAS",
            Some("2: \"fatura*\" mentions a debt, and line 1 says that this message names none".into()),
        ),
        (
            "{# names-debt: no #}\nfat{{ 'ura' }}",
            Some("2: the message comes out with \"fatura*\", which mentions a debt".into()),
        ),
        (
            "{# names-debt: never #}\nOlá",
            Some("1: line 1 of a message is exactly {# names-debt: no #}, or nothing of the kind is said".into()),
        ),
        (
            "Olá\n{# names-debt: no #}",
            Some("2: line 1 of a message is exactly {# names-debt: no #}, or nothing of the kind is said".into()),
        ),
    ] {
        assert_eq!(letter(text), Vec::from_iter(expected), "{text}");
    }
}

#[test]
fn names_of_files_and_one_fault_does_not_hide_another() {
    assert_eq!(
        faults_of("t.emial.j2", "x"),
        [
            "0: the name of a template is <template>.<channel>.j2, with a channel of email, whatsapp, sms, phone, letter, \
          portal, instruction"
        ]
    );
    let sources = [source("a.letter.j2", "{{ x"), source("b.letter.j2", "\n{{ x }}{{ bureau }}")];
    let creditors = BTreeMap::from([("pt-BR".to_owned(), creditor())]);
    let (templates, faults) = check(&sources, "pt-BR", &creditors, &BTreeMap::new(), &Senders::new());
    let at: Vec<_> = faults.iter().map(|f| (f.file.as_str(), f.line)).collect();
    assert_eq!(at, [("a.letter.j2", Some(1)), ("b.letter.j2", Some(2)), ("b.letter.j2", Some(2))]);
    assert_eq!(templates.names().count(), 1);
    let strange = Source { language: "pt".into(), ..source("a.letter.j2", "x") };
    let (_, faults) = check(&[strange], "pt-BR", &creditors, &BTreeMap::new(), &Senders::new());
    assert!(faults[0].what.starts_with("unknown language `pt`"), "{}", faults[0].what);
}

/// A message that stands for a template of a provider.
#[test]
fn what_a_provider_is_given() {
    let named = "{% set provider_template = \"first_v1\" %}\n";
    let with = |parameters: &str| format!("{named}{{% set provider_parameters = {parameters} %}}\nx");
    let at_top =
        "it is set by {% set %} at the top of a message: outside of {% if %} and {% for %}, and not in a block";
    let null = |name: &str| {
        format!("2: {name} can be null; put {{% if {name} %}} around it, or say {name} | default(\"...\", true)")
    };
    let cents = "2: total_due would be printed in cents; say total_due | money";
    for (text, expected) in [
        (with("[debtor.name, total_due | money, oldest_due_date | date, items_count]"), None),
        (with("[debtor.contact_name | default(debtor.name, true), portal_link or creditor.email, 'x']"), None),
        (with("[]"), None),
        (format!("{named}x"), None),
        (with("[portal_link]"), Some(null("portal_link"))),
        (with("[debtor.name, offer.total | money]"), Some(null("offer"))),
        (
            with("[debtor.name, totl_due | money]"),
            Some("2: unknown field `totl_due`; did you mean `total_due`?".into()),
        ),
        (with("[total_due]"), Some(cents.into())),
        (with("[items]"), Some("2: items is a list; go over it with {% for %}".into())),
        (with("[debtor]"), Some("2: debtor is a record; print one of its fields: name, contact_name".into())),
        (with("[has_charges]"), Some("2: has_charges is true or false; ask for it with {% if %}".into())),
        (
            with("debtor.name"),
            Some("2: provider_parameters is a list, such as [debtor.name, total_due | money]".into()),
        ),
        (with("['']"), Some("2: parameter 1 can come out empty, and providers refuse that".into())),
        (
            with("[debtor.name, portal_link or '']"),
            Some("2: parameter 2 can come out empty, and providers refuse that".into()),
        ),
        (
            with("['calo' ~ 'teiro']"),
            Some("3: the message comes out with \"caloteir*\", which shames the debtor; rephrase it".into()),
        ),
        (
            "{% set provider_parameters = [debtor.name] %}x".into(),
            Some("1: provider_parameters has no template: set provider_template before it".into()),
        ),
        (
            "{% set provider_template = debtor.name %}x".into(),
            Some("1: provider_template is the provider's name of it, in quotes".into()),
        ),
        (
            "{% set provider_template = ' ' %}x".into(),
            Some("1: provider_template is the provider's name of it, in quotes".into()),
        ),
        (
            "x{% if offer %}{% set provider_template = 'with_offer' %}{% endif %}".into(),
            Some(format!("1: `provider_template`: {at_top}")),
        ),
        (
            format!("{named}{{% set provider_parameters %}}x{{% endset %}}y"),
            Some(format!("2: `provider_parameters`: {at_top}")),
        ),
        (
            format!("{{# names-debt: no #}}\n{}", with("[total_due | money]")),
            Some(
                "3: total_due mentions a debt, and line 1 says that this message names none; take one of them out"
                    .into(),
            ),
        ),
    ] {
        assert_eq!(letter(&text), Vec::from_iter(expected), "{text}");
    }
    let in_block = faults_in(&[("t.letter.j2", A), ("_blocks/a.j2", named)]);
    assert!(in_block[0].starts_with(&format!("_blocks/a.j2:1: `provider_template`: {at_top}")), "{in_block:?}");
}

/// `file: line: what` of every fault of some files.
fn faults_in(files: &[(&str, &str)]) -> Vec<String> {
    let creditors = BTreeMap::from([("pt-BR".to_owned(), creditor())]);
    let words = BTreeMap::from([("pt-BR".to_owned(), words())]);
    let sources: Vec<Source> = files.iter().map(|(file, text)| source(file, text)).collect();
    let (_, faults) = check(&sources, "pt-BR", &creditors, &words, &Senders::new());
    faults.into_iter().map(|f| format!("{}:{}: {}", f.file, f.line.unwrap_or(0), f.what)).collect()
}

const A: &str = "{% include \"_blocks/a.j2\" %}";

#[test]
fn an_include_that_names_no_block() {
    let in_quotes = "an include names one block, in quotes: {% include \"_blocks/charges.j2\" %}";
    let not_inside = |name: &str| format!("\"{name}\" is not a block: a block is in _blocks/ of the same language");
    let not_known = |statement: &str| {
        format!(
            "syntax: unknown statement {statement} on line 2; a template has {{% if %}}, {{% for %}}, {{% set %}}, \
             {{% with %}} and {{% include %}}"
        )
    };
    for (include, expected) in [
        (r#"{% include "_blocks/aa.j2" %}"#, "unknown block `_blocks/aa.j2`; did you mean `_blocks/a.j2`?".to_owned()),
        (r#"{% include "t.letter.j2" %}"#, not_inside("t.letter.j2")),
        (r#"{% include "a.j2" %}"#, not_inside("a.j2")),
        (r#"{% include "../en/_blocks/a.j2" %}"#, not_inside("../en/_blocks/a.j2")),
        (r#"{% include "_blocks/../t.letter.j2" %}"#, not_inside("_blocks/../t.letter.j2")),
        (r#"{% include "_blocks/" %}"#, not_inside("_blocks/")),
        (r#"{% include "_blocks/" ~ tone ~ ".j2" %}"#, in_quotes.into()),
        ("{% include tone %}", in_quotes.into()),
        (r#"{% include ["_blocks/a.j2", "_blocks/b.j2"] %}"#, in_quotes.into()),
        (
            r#"{% include "_blocks/b.j2" ignore missing %}"#,
            "`ignore missing` would leave words out unseen; take it out".into(),
        ),
        (r#"{% extends "_blocks/a.j2" %}"#, not_known("extends")),
        ("{% block x %}{% endblock %}", not_known("block")),
        (r#"{% import "_blocks/a.j2" as a %}"#, not_known("import")),
        (r#"{% from "_blocks/a.j2" import x %}"#, not_known("from")),
    ] {
        // Wherever it stands: on a branch that no sample takes, in a loop, in a text that is set.
        for (before, after) in [
            ("", ""),
            ("{% if items_count == 7 %}x{% else %}", "{% endif %}"),
            ("{% for item in items %}", "{% endfor %}"),
            ("{% set x %}", "{% endset %}"),
            ("{% with x = 1 %}", "{% endwith %}"),
        ] {
            let text = format!("Olá\n{before}{include}{after}");
            let found = faults_in(&[("t.letter.j2", &text), ("_blocks/a.j2", "x")]);
            assert_eq!(found, [format!("t.letter.j2:2: {expected}")], "{text}");
        }
    }
    let alone = faults_in(&[("t.letter.j2", A)]);
    assert_eq!(alone, ["t.letter.j2:1: unknown block `_blocks/a.j2`; there is none"]);
}

#[test]
fn a_block_that_leads_back_to_itself() {
    let include = |block: &str| format!("x\n{{% include \"_blocks/{block}.j2\" %}}");
    let back = |of: &str, to: &str| {
        format!(
            "_blocks/{of}.j2:2: \"_blocks/{to}.j2\" leads back to this block, which would never end; take the include out"
        )
    };
    assert_eq!(faults_in(&[("t.letter.j2", A), ("_blocks/a.j2", &include("a"))]), [back("a", "a")]);
    let two = [("t.letter.j2", A), ("_blocks/a.j2", &include("b")), ("_blocks/b.j2", &include("a"))];
    assert_eq!(faults_in(&two), [back("a", "b"), back("b", "a")]);
    let shared = [("t.letter.j2", A), ("_blocks/a.j2", &(include("b") + &include("b"))), ("_blocks/b.j2", "x")];
    assert_eq!(faults_in(&shared), [""; 0], "twice is no circle");
}

/// Thirty blocks, each with the next one twice, are a billion includes.
#[test]
fn blocks_that_double_each_other() {
    let name = |number: usize| format!("_blocks/{number}.j2");
    let twice = |number: usize| format!("{{% include {:?} %}}", name(number)).repeat(2);
    let mut files = vec![("t.letter.j2".to_owned(), twice(1)), (name(30), "x".to_owned())];
    files.extend((1..30).map(|number| (name(number), twice(number + 1))));
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let faults = faults_in(&files);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("the message has more than 1000 includes, one within another"), "{faults:?}");
}

/// Every rule goes through the blocks.
#[test]
fn what_is_wrong_in_a_block() {
    let null = "bureau can be null; put {% if bureau %} around it, or say bureau | default(\"...\", true)";
    let quiet = "{# names-debt: no #}\n{% include \"_blocks/a.j2\" %}";
    for (file, message, block, expected) in [
        ("t.letter.j2", A, "x\n{{ bureau }}", Some(format!("2: {null}"))),
        ("t.letter.j2", "{% if bureau %}{% include \"_blocks/a.j2\" %}{% else %}x{% endif %}", "{{ bureau }}", None),
        (
            "t.letter.j2",
            "{% if bureau %}x{% else %}{% include \"_blocks/a.j2\" %}{% endif %}",
            "y{{ bureau }}",
            Some(format!("1: {null}")),
        ),
        (
            "t.letter.j2",
            "{% for item in items %}{% include \"_blocks/a.j2\" %}{% endfor %}",
            "{{ item.invoice_id }}",
            None,
        ),
        ("t.letter.j2", A, "{{ item.invoice_id }}", Some("1: unknown field `item`; did you mean `items`?".into())),
        (
            "t.letter.j2",
            A,
            "\n\n{{ total_due }}",
            Some("3: total_due would be printed in cents; say total_due | money".into()),
        ),
        ("t.letter.j2", A, "um\ncaloteiro", Some("2: \"caloteir*\" shames the debtor; rephrase it".into())),
        ("t.letter.j2", A, "negativação", Some("1: \"negativação\" announces a listing; rephrase it".into())),
        ("negativacao_notice.letter.j2", A, "negativação", None),
        ("t.letter.j2", quiet, "Olá {{ debtor.name }}", None),
        (
            "t.letter.j2",
            quiet,
            "sua fatura",
            Some("1: \"fatura*\" mentions a debt, and line 1 says that this message names none".into()),
        ),
        (
            "t.letter.j2",
            quiet,
            "x{% if has_charges %}y{% endif %}",
            Some(
                "1: has_charges mentions a debt, and line 1 says that this message names none; take one of them out"
                    .into(),
            ),
        ),
        (
            "t.letter.j2",
            A,
            "{# names-debt: no #}\nx",
            Some("1: line 1 of a message is exactly {# names-debt: no #}, or nothing of the kind is said".into()),
        ),
        (
            "t.email.j2",
            "Subject: {% include \"_blocks/a.j2\" %}\n\n{{ creditor.opt_out }}",
            "{{ total_due | money }}{# inside a line -#}\n",
            Some("1: total_due | money puts an amount in the subject, where others see it; say it in the body".into()),
        ),
        ("t.sms.j2", "Olá {% include \"_blocks/a.j2\" %}", "{{ creditor.opt_out }}", None),
    ] {
        let expected = expected.map(|what| format!("_blocks/a.j2:{what} (in {file})"));
        assert_eq!(
            faults_in(&[(file, message), ("_blocks/a.j2", block)]),
            Vec::from_iter(expected),
            "{message} {block}"
        );
    }
    // What a block sets stays set, as if its text stood there.
    let set = [
        ("t.letter.j2", "{% include \"_blocks/a.j2\" %}{{ b }}"),
        ("_blocks/a.j2", "{% set b = bureau | default('x', true) %}"),
    ];
    assert_eq!(faults_in(&set), [""; 0]);
    let syntax = faults_in(&[("t.letter.j2", A), ("_blocks/a.j2", "x\n{{ y"), ("u.letter.j2", "{{ z }}")]);
    let found: Vec<&str> = syntax.iter().filter_map(|fault| fault.split(": ").next()).collect();
    assert_eq!(found, ["_blocks/a.j2:2", "u.letter.j2:1"], "the message that includes it is not told of: {syntax:?}");
}

#[test]
fn a_fault_of_a_block_is_told_once() {
    let nested = "{% include \"_blocks/b.j2\" %}{% include \"_blocks/b.j2\" %}";
    let files = [
        ("t.letter.j2", A),
        ("u.letter.j2", A),
        ("v.letter.j2", "x"),
        ("_blocks/a.j2", nested),
        ("_blocks/b.j2", "{{ x }}"),
    ];
    assert_eq!(
        faults_in(&files),
        ["_blocks/b.j2:1: unknown field `x`; known: debtor, creditor, items, items_count, open_amount, fine_amount, \
          interest_amount, fee_amount, residual_amount, waived_amount, credit_amount, is_credit_netted, total_due, \
          has_charges, oldest_due_date, days_past_due, as_of, currency, tone, portal_link, offer, dunning, notice_days, \
          bureau, agency_id, duty (in t.letter.j2 and 1 more)"]
    );
}

/// The templates that are shipped.
fn shipped() -> Vec<Source> {
    crate::config::shipped::templates().collect()
}

/// Any value of a field, as it may come in with the data: longer than it should be, and with line breaks.
fn any_value(field: &'static Field, filled: bool) -> BoxedStrategy<Value> {
    let value = match field.kind {
        Kind::Text(3) => Just("BRL".into()).boxed(),
        // What the configuration says is checked there.
        Kind::Text(_) if field.name == "opt_out" => Just(STOP.into()).boxed(),
        Kind::Text(chars_max) => {
            let text = "[ -~áçãõÉ€😀\r\n\t\u{0}]{1,30}".prop_map(Value::from);
            (text, 1..=chars_max).prop_map(|(text, times)| text.as_str().unwrap().repeat(times).into()).boxed()
        }
        Kind::Word(words) => proptest::sample::select(words).prop_map(Value::from).boxed(),
        Kind::Count(_, most) => (-400_i64.min(most)..=most).prop_map(Value::from).boxed(),
        Kind::Amount(_) => (0_i64..=9_999_999_999).prop_map(Value::from).boxed(),
        Kind::Date => (2020..2036, 1..13, 1..29).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}").into()).boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Record(inner) => any_record(inner, filled).boxed(),
        Kind::List(inner) => proptest::collection::vec(any_record(inner, filled), 1..4).prop_map(Value::from).boxed(),
    };
    if field.nullable { prop_oneof![Just(Value::Null), value].boxed() } else { value }
}

fn any_record(fields: &'static [Field], filled: bool) -> impl Strategy<Value = Value> {
    let values: Vec<_> = fields.iter().map(|f| any_value(f, filled)).collect();
    values.prop_map(|values| {
        fields.iter().map(|f| f.name.to_owned()).zip(values).collect::<serde_json::Map<_, _>>().into()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever comes in with the data, every shipped message keeps its shape.
    #[test]
    fn no_value_breaks_a_message(fields in any_record(FIELDS, true), many in any::<bool>()) {
        let mut fields = fields;
        if many {
            let first = fields["items"][0].clone();
            fields["items"] = vec![first; ITEMS_MAX].into();
            fields["items_count"] = ITEMS_MAX.into();
        }
        let sources = shipped();
        let templates = Templates::compile(sources.iter().map(Source::to_compile), "pt-BR").unwrap();
        let fields = fitted(&fields);
        for source in sources.iter().filter(|s| !is_block(&s.file)) {
            let (template, channel) = source.parts().unwrap();
            let rendered = templates.render(&source.language, template, channel, &fields);
            let rendered = rendered.unwrap_or_else(|e| panic!("{e}\n{fields:#}"));
            let subject = rendered.subject.unwrap_or_default();
            prop_assert!(!subject.contains(char::is_control), "{:?}", subject);
            prop_assert!(subject.chars().count() <= SUBJECT_CHARS_MAX);
            prop_assert!(rendered.body.chars().count() <= body_chars_max(channel));
            prop_assert!(!rendered.body.contains(|c: char| c.is_control() && c != '\n'), "{:?}", rendered.body);
            prop_assert!(channel != Channel::Sms || !rendered.body.contains('\n'));
        }
    }
}

#[test]
fn no_sample_of_a_shipped_message_says_none() {
    let sources = shipped();
    let templates = Templates::compile(sources.iter().map(Source::to_compile), "pt-BR").unwrap();
    let samples = samples::all(&creditor());
    assert!(samples.len() > 15, "three tones, and each field that can be null");
    for source in sources.iter().filter(|s| !is_block(&s.file)) {
        assert_eq!(check_fields(source, &blocks_of(source, &templates, &sources)), [], "{}", source.file);
        let (template, channel) = source.parts().unwrap();
        for sample in samples.iter().filter(|s| !s.name.starts_with("longest")) {
            let rendered = templates.render(&source.language, template, channel, &sample.fields).unwrap();
            // "none" is an English word; "None" within a sentence is not.
            let text = format!("{} {}", rendered.subject.unwrap_or_default(), rendered.body);
            let says =
                text.split(|c: char| !c.is_alphanumeric()).any(|word| ["None", "null", "undefined"].contains(&word));
            assert!(!says && (source.language == "en" || !words::folded(&text).contains(" none ")), "{text}");
        }
    }
}

//! Messages from outside: what `check` says of a template that somebody edited, and what `template preview` shows.

use serde_json::Value;

use crate::support::{House, as_of};

const DAILY: &str = "pipelines/daily.toml";

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|e| panic!("no JSON ({e}): {text}"))
}

fn check(house: &House) -> (i32, Vec<String>) {
    let ended = house.regua(&["check", DAILY, "--output", "text"]);
    let text = if ended.code == 0 { ended.stdout } else { ended.stderr.replace("error: ", "") };
    (ended.code, text.lines().map(str::to_owned).collect())
}

#[test]
fn check_names_file_line_and_remedy_of_every_message() {
    let house = House::new();
    let template = |file: &str| format!("pipelines/templates/pt-BR/{file}.j2");
    house.edit(&template("overdue_first.sms"), "\n{{ creditor.opt_out }}", "");
    house.edit(&template("overdue_first.email"), "sobre o vencimento", "{{ total_due | money }}");
    house.edit(&template("overdue_second.email"), "{{ creditor.opt_out }}", "Pague já! {{ creditor.opt_out }}");
    let items = "{% include \"_blocks/items.whatsapp.j2\" %}";
    house.edit(&template("reminder.whatsapp"), items, "{% for item in items %}{{ item.invoice_id }} {% endfor %}");
    house.edit(&template("reminder.sms"), "{{ creditor.name }}", "{{ creditor.nome }}");
    house.edit(
        &template("_blocks/greeting"),
        "debtor.contact_name | default(debtor.name, true)",
        "debtor.contact_name",
    );
    house.write_file(
        &template("hello.email"),
        "{# names-debt: no #}\nSubject: Oi\n\nSua fatura. {{ creditor.opt_out }}\n",
    );
    let (code, lines) = check(&house);
    let second = house.read(&template("overdue_second.email")).lines().count();
    let reminder = house.read(&template("reminder.whatsapp")).lines().count();
    let expected = [
        "_blocks/greeting.j2:1: debtor.contact_name can be null; put {% if debtor.contact_name %} around it, or \
         say debtor.contact_name | default(\"...\", true) (in formal_notice.email.j2 and 11 more)"
            .to_owned(),
        "hello.email.j2:4: \"fatura*\" mentions a debt, and line 1 says that this message names none".to_owned(),
        "overdue_first.email.j2:1: total_due | money puts an amount in the subject, where others see it; say it in the body"
            .to_owned(),
        "overdue_first.sms.j2:2: the message does not say how to opt out; end it with {{ creditor.opt_out }}".to_owned(),
        format!("overdue_second.email.j2:{second}: \"pague já\" creates false urgency; rephrase it"),
        "reminder.sms.j2:1: unknown field `creditor.nome`; did you mean `creditor.name`?".to_owned(),
        format!("reminder.whatsapp.j2:{reminder}: with the longest values it has "),
    ];
    assert_eq!((code, lines.len()), (2, expected.len()), "{lines:#?}");
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.starts_with(&format!("pipelines/templates/pt-BR/{expected}")), "{line}\nnot\n{expected}");
    }
}

/// Whoever forgot the underscore or the ending is told that the shipped text goes out.
#[test]
fn files_of_the_folder_that_nothing_reads_are_noted() {
    let house = House::new();
    for file in ["pt-BR/blocks/closing.j2", "en/reminder.email.j2.txt"] {
        let path = house.path(&format!("pipelines/templates/{file}"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, "Hello").expect("written");
    }
    let (code, lines) = check(&house);
    let note = "note: pipelines/templates: nothing reads en/reminder.email.j2.txt, pt-BR/blocks/closing.j2: neither its \
                folder nor its ending is one that counts";
    assert_eq!(code, 0, "{lines:#?}");
    assert!(lines.iter().any(|line| line == note), "{lines:#?}");
}

/// The messages of a house, as `template list` tells of them.
fn listed(house: &House) -> Vec<Value> {
    let told = json(&house.regua(&["template", "list", DAILY]).stdout);
    told["templates"].as_array().expect("a list").clone()
}

/// Two gateways must not take two texts for one: the version follows every block.
#[test]
fn a_block_changes_the_version_of_the_messages_that_include_it() {
    let house = House::new();
    let before = listed(&house);
    house.edit("pipelines/templates/pt-BR/_blocks/waived.j2", "dispensados", "perdoados");
    let mut changed = 0;
    for (before, after) in before.iter().zip(listed(&house)) {
        assert_eq!((&before["blocks"], &before["versions"]["es"]), (&after["blocks"], &after["versions"]["es"]));
        let blocks = after["blocks"]["pt-BR"].as_array().expect("blocks");
        let includes_it = blocks.contains(&"_blocks/waived.j2".into());
        assert_eq!(before["versions"]["pt-BR"] != after["versions"]["pt-BR"], includes_it, "{}", after["file"]);
        changed += usize::from(includes_it);
    }
    assert!(changed > 10, "{changed} messages name charges that are waived");
}

#[test]
fn a_block_that_no_message_includes_is_noted() {
    let house = House::new();
    house.write_file("pipelines/templates/es/_blocks/old.j2", "{{ nobody }}");
    let (code, lines) = check(&house);
    assert_eq!(code, 0, "{lines:#?}");
    let note = "note: pipelines/templates: no message includes es/_blocks/old.j2, so that nothing in it is checked";
    assert!(lines.iter().any(|line| line == note), "{lines:#?}");
}

#[test]
fn a_step_without_its_message_is_named_where_it_stands() {
    let house = House::new();
    house.edit("pipelines/reguas/b2b.toml", "template = \"formal_notice\"", "template = \"our_notice\"");
    let regua = house.read("pipelines/reguas/b2b.toml");
    let line = regua.lines().position(|l| l.contains("\"our_notice\"")).expect("the step") + 1;
    for file in [
        "pt-BR/our_notice.email",
        "pt-BR/our_notice.letter",
        "en/our_notice.email",
        "en/our_notice.letter",
        "es/our_notice.email",
    ] {
        house.write_file(&format!("pipelines/templates/{file}.j2"), "Subject: x\n\nHello.\n{{ creditor.opt_out }}");
    }
    let (code, lines) = check(&house);
    let missing = "there is no pipelines/templates/es/our_notice.letter.j2; write it, or take it out of the step";
    assert_eq!((code, lines), (2, vec![format!("pipelines/reguas/b2b.toml:{line}: step `d+30`: {missing}")]));

    // A language that the pipeline does not declare need not have it.
    house.edit(DAILY, "languages = [\"pt-BR\", \"en\", \"es\"]", "languages = [\"en\"]");
    let (code, lines) = check(&house);
    assert_eq!(code, 0, "{lines:#?}");
    let note = lines.first().map(String::as_str).unwrap_or_default();
    assert!(note.starts_with("note: pipelines/templates: no step uses "), "{note}");
    assert!(note.contains("portal.email.j2") && !note.contains("our_notice.email.j2"), "{note}");
}

/// Thanks for a payment that nobody made, a listing announced by a friendly reminder: all of it passed the check.
#[test]
fn a_message_is_sent_by_the_steps_that_it_is_about() {
    let bound = |template: &str, kind: &str| {
        format!("is of kind {kind}, and `{template}` is what steps of kind {template} say; name another template")
    };
    let silent = "another step waits for the notice of step `d+45` (after_notice), and pipelines/templates/en/overdue_third.email.j2 does not print `notice_days`";
    let ahead =
        "step `d+5`: the shipped `reminder` says that something is still to be paid in time; at its day it is not";
    let behind = "step `d-3`: the shipped `overdue_first` says that something is overdue; at its day it is not";
    for (from, to, code, expected) in [
        ("\"overdue_second\"", "\"receipt\"", 2, bound("receipt", "reminder")),
        ("overdue_second", "negativacao_notice", 2, bound("negativacao_notice", "reminder")),
        ("template = \"negativacao\"\n", "template = \"protesto\"\n", 2, bound("protesto", "negativacao")),
        ("template = \"negativacao_notice\"", "template = \"overdue_third\"", 2, silent.to_owned()),
        ("overdue_second", "reminder", 0, ahead.to_owned()),
        ("template = \"reminder\"", "template = \"overdue_first\"", 0, behind.to_owned()),
    ] {
        let house = House::new();
        house.edit("pipelines/reguas/b2b.toml", "channels = [\"letter\", \"email\"]", "channels = [\"email\"]");
        house.edit("pipelines/reguas/b2b.toml", from, to);
        let (found, lines) = check(&house);
        assert_eq!(found, code, "{from}: {lines:#?}");
        assert!(lines.iter().any(|line| line.contains(&expected)), "{expected}\n{lines:#?}");
    }
    // Whoever has paid is asked for nothing, and nobody is listed for what is not due, or was announced as something else.
    for (from, to, expected) in [
        (
            "kind = \"receipt\"",
            "kind = \"receipt\"\ntemplate = \"overdue_first\"",
            "thanks for a payment, and `overdue_first` is a message to whoever owes",
        ),
        (
            "trigger = { days_past_due = 60 }",
            "trigger = { days_past_due = -3 }",
            "a step of kind negativacao is about what is overdue",
        ),
        (
            "trigger = { days_past_due = 15 }",
            "trigger = { days_past_due = 0 }",
            "a step of kind notice is about what is overdue",
        ),
        (
            "after_notice = \"d+70\"",
            "after_notice = \"d+45\"",
            "is of kind negativacao_notice and announces something else; name one of kind protesto_notice",
        ),
        ("segments = [\"ocasional\", \"recorrente\"]", "segments = []", "step `d-1` is for no segment, so for nobody"),
    ] {
        let house = House::new();
        house.edit("pipelines/reguas/b2b.toml", from, to);
        let (code, lines) = check(&house);
        assert!(code == 2 && lines.iter().any(|line| line.contains(expected)), "{to}: {lines:#?}");
    }
    // Its name does not make a threat out of a reminder.
    let house = House::new();
    house.edit("pipelines/reguas/b2b.toml", "template = \"overdue_second\"", "template = \"negativacao_amiga\"");
    for (language, text) in [("pt-BR", "Vamos negativar a empresa no Serasa."), ("en", "Hello."), ("es", "Hola.")] {
        for channel in ["email", "whatsapp", "sms"] {
            let text = format!("Subject: x\n\n{text} {{{{ creditor.opt_out }}}}");
            house.write_file(&format!("pipelines/templates/{language}/negativacao_amiga.{channel}.j2"), &text);
        }
    }
    let (code, lines) = check(&house);
    let threat = "negativacao_amiga.email.j2:3: \"serasa\" announces a listing outside its prior notice; rephrase it";
    assert!(code == 2 && lines.iter().any(|line| line.contains(threat)), "{lines:#?}");
    house.edit("pipelines/words/pt-BR.toml", "\"protesto*\"]", "\"protestos\"]");
    let (_, lines) = check(&house);
    assert!(
        lines.iter().any(|line| line.contains("unknown kind of step `protestos`; did you mean `protesto`?")),
        "{lines:#?}"
    );
}

/// Whoever changes one sentence keeps one file, and gets the others with the next version of the program.
#[test]
fn a_file_of_the_user_takes_the_place_of_the_shipped_one() {
    let house = House::new();
    let whole = listed(&house);
    for language in ["en", "es", "pt-BR"] {
        std::fs::remove_dir_all(house.path("pipelines/templates").join(language)).expect("a folder");
    }
    let block = "templates/pt-BR/_blocks/already_paid.j2";
    let ejected = house.regua(&["eject", block, "--output", "text"]);
    assert_eq!((ejected.code, ejected.stdout.trim()), (0, "wrote pipelines/templates/pt-BR/_blocks/already_paid.j2"));
    let (code, lines) = check(&house);
    assert_eq!((code, lines.len()), (0, 1), "nothing is noted of what nobody wrote: {lines:#?}");
    let used = |all: &[Value]| Vec::from_iter(all.iter().filter(|t| t["steps"] != serde_json::json!([])).cloned());
    assert_eq!(used(&listed(&house)), used(&whole), "what was taken out and is not changed is the shipped one");

    house.edit(&format!("pipelines/{block}"), "já foi feito", "já saiu");
    let preview = |language: &str| {
        let arguments =
            ["template", "preview", "overdue_first", "--channel", "email", "--sample", "--language", language];
        json(&house.regua(&arguments).stdout)["messages"][0]["body"].as_str().expect("a body").to_owned()
    };
    assert!(preview("pt-BR").contains("Se o pagamento já saiu") && preview("en").contains("If you have already paid"));

    // What is wrong in a shipped file says how to change it.
    house.edit(&format!("pipelines/{block}"), "pagamento", "{{ pagamento }}");
    house.edit("pipelines/words/es.toml", "words = [", "words = [\"saludos\", ");
    let (code, lines) = check(&house);
    let remedy = "it is the shipped one: `regua eject templates/es/_blocks/closing.j2`";
    assert_eq!(code, 2);
    assert!(lines.iter().any(|l| l.contains("\"saludos\"") && l.ends_with(remedy)), "{lines:#?}");
    let own = format!("pipelines/{block}:1: unknown field `pagamento`");
    assert!(lines.iter().any(|l| l.starts_with(&own) && !l.contains("eject")), "{lines:#?}");
}

#[test]
fn what_the_creditor_says_fits_the_messages() {
    let house = House::new();
    house.edit(DAILY, "phone = \"+55 11 4000-0000\"", "phone = \"\"");
    house.edit(DAILY, "Distribuidora Exemplo Ltda.", &"Distribuidora ".repeat(8));
    house.edit(DAILY, "long_time_months = 24", "long_time_month = 24");
    let (code, lines) = check(&house);
    assert_eq!(code, 2);
    for expected in [
        "`name` has 112 characters, at most 80 fit; shorten it",
        "`phone` is empty; messages name it",
        "unknown key `long_time_month`; did you mean `long_time_months`?",
    ] {
        assert!(lines.iter().any(|l| l.starts_with(DAILY) && l.ends_with(expected)), "{expected}\n{lines:#?}");
    }
}

/// The English letter ended with the Portuguese sentence.
#[test]
fn every_language_with_templates_says_how_to_stop_them() {
    let house = House::new();
    let opt_out = house.read(DAILY).lines().position(|l| l == "[creditors.default.opt_out]").expect("the section") + 1;
    house.edit(DAILY, "en = \"To stop messages on this channel, reply STOP.\"\n", "");
    let lacks = "`opt_out` lacks `en`, and there are templates in it: say there how to stop messages, or take the \
                 templates away";
    assert_eq!(check(&house), (2, vec![format!("{DAILY}:{opt_out}: {lacks}")]));
    std::fs::remove_dir_all(house.path("pipelines/templates/en")).expect("a folder");
    house.edit(DAILY, "languages = [\"pt-BR\", \"en\", \"es\"]", "languages = [\"es\"]");
    let (code, lines) = check(&house);
    assert_eq!(code, 0, "{lines:#?}");
}

/// Whatever its step, a message may be the first that its debtor ever gets.
#[test]
fn no_message_says_that_it_is_not_the_first() {
    let house = House::new();
    let words =
        [("pt-BR", "de novo"), ("pt-BR", "novamente"), ("en", " again"), ("es", "de nuevo"), ("es", "otra vez")];
    for (language, word) in words {
        let pattern = house.path(&format!("pipelines/templates/{language}/*.j2"));
        let files: Vec<_> = glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten().collect();
        assert!(files.len() > 20, "{language}: {} templates", files.len());
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a template");
            assert!(!text.contains(word), "{}: {word:?}", file.display());
        }
    }
}

/// Language, text, and the word that is found in it.
const TEXTS: &[(&str, &str, Option<&str>)] = &[
    ("pt-BR", "Seu nome será negativado.", Some("negativad*")),
    ("pt-BR", "Enviaremos ao SERASA", Some("serasa")),
    ("pt-BR", "condições especiais", None),
    ("pt-BR", "voces sao caloteiros", Some("caloteir*")),
    ("pt-BR", "ULTIMA   CHANCE", Some("última chance")),
    ("pt-BR", "avisar seus clientes", Some("avisar seus clientes")),
    ("pt-BR", "chamaremos a policia", Some("polícia*")),
    ("pt-BR", "sob pena de protesto", Some("protesto")),
    ("pt-BR", "Somente hoje", Some("somente hoje")),
    ("pt-BR", "Agradecemos a atenção e ficamos à disposição.", None),
    ("pt-BR", "O golfe e a cadeira", None),
    ("en", "We will sue you", Some("sue you")),
    ("en", "This is urgent", Some("urgent*")),
    ("en", "He was embarrassed", Some("embarrass*")),
    ("en", "we may tell your customers", Some("tell your customers")),
    ("en", "Your statement is ready; thank you for your business.", None),
    ("en", "The threshold and the sheriff", None),
    ("es", "Usted es un moroso", Some("moroso*")),
    ("es", "POLICIA", Some("policía*")),
    ("es", "Sin embargo, quedamos a su disposición.", None),
    ("es", "de lo contrario", Some("de lo contrario")),
    ("es", "sus clientes sabran", Some("sus clientes sabrán")),
];

#[test]
fn words_of_the_shipped_lists() {
    let house = House::new();
    for (number, (language, text, _)) in TEXTS.iter().enumerate() {
        house.write_file(&format!("pipelines/templates/{language}/words{number}.letter.j2"), text);
    }
    house.write_file("pipelines/templates/pt-BR/negativacao_other.letter.j2", "A NEGATIVAÇÃO no Serasa");
    let (code, lines) = check(&house);
    assert_eq!(code, 2);
    for (number, (language, text, word)) in TEXTS.iter().enumerate() {
        let file = format!("pipelines/templates/{language}/words{number}.letter.j2:1: ");
        let found: Vec<&String> = lines.iter().filter(|l| l.starts_with(&file)).collect();
        match word {
            None => assert_eq!(found, [""; 0], "{text}"),
            Some(word) => {
                assert!(found.iter().any(|l| l[file.len()..].starts_with(&format!("{word:?} "))), "{text}: {found:?}")
            }
        }
    }
    assert!(!lines.iter().any(|l| l.contains("negativacao_other")), "{lines:#?}");
}

#[test]
fn a_preview_with_usual_values() {
    let house = House::new();
    let ended =
        house.regua(&["template", "preview", "overdue_first", "--channel", "sms", "--sample", "--output", "text"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let expected = "  | Distribuidora Exemplo Ltda.: ainda não identificamos o pagamento de 2 faturas, total R$ 2.560,78 \
                    (US$ 471,44) com encargos por atraso. Créditos a seu favor não aplicados: R$ 123,00. Se já pagou, desconsidere. \
                    Dúvidas: +55 11 4000-0000. Para sair, responda SAIR.\n  \
                    261 of 480 characters, 4 segments in UCS-2";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);

    let all = json(&house.regua(&["template", "preview", "reminder", "--language", "en", "--sample"]).stdout);
    let channels: Vec<&str> =
        all["messages"].as_array().expect("messages").iter().filter_map(|m| m["channel"].as_str()).collect();
    assert_eq!(channels, ["email", "whatsapp", "sms"]);
    assert_eq!(all["messages"][2]["blocks"], serde_json::json!(["_blocks/credit.sms.j2", "_blocks/total_due.j2"]));
    assert_eq!(all["messages"][2]["segments"], 2);

    // A fault is shown beside the message, with its line.
    let path = "pipelines/templates/en/overdue_first.email.j2";
    house.edit(path, "about the due date", "{{ total_due | money }}");
    let told = json(&house.regua(&["template", "preview", path, "--sample"]).stdout);
    let message = &told["messages"][0];
    assert!(message["subject"].as_str().is_some_and(|s| s.contains("R$2,560.78")), "{message}");
    assert!(message["faults"][0].as_str().is_some_and(|f| f.starts_with(&format!("{path}:1: total_due"))), "{message}");
}

#[test]
fn a_preview_with_published_values() {
    let house = House::new();
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-05-01 2026-06-20 100.00");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP");
    house.write("contact_points", "debtor_id channel address\nD1 email finance@acme.example");
    let ran = house.regua(&["run", DAILY, "--as-of", as_of()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let sent = house.published("actions", "template_id channel").remove(0);
    let template = sent.split(' ').next().expect("a template").to_owned();
    let file = format!("pipelines/templates/pt-BR/{template}.email.j2");
    house.edit(&file, "{{ creditor.opt_out }}", "Até logo!\n{{ creditor.opt_out }}");
    let preview = |template: &str, debtor: &str| {
        house.regua(&["template", "preview", template, "--debtor", debtor, "--from", "output"])
    };
    let told = json(&preview(&template, "D1").stdout);
    let messages = told["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 1, "the channel that it was sent by");
    let body = messages[0]["body"].as_str().expect("a body");
    assert!(body.contains("R$ 100,00") && body.contains("Acme") && body.contains("Até logo!"), "{body}");
    // Another template, with the same values, on every channel that it has.
    assert!(json(&preview("formal_notice", "D1").stdout)["messages"].as_array().is_some_and(|m| m.len() == 3));

    let nobody = preview(&template, "D9");
    assert_eq!(nobody.code, 2);
    assert!(
        nobody.stderr.contains("nothing was published for D9 on 2026-06-30; `regua explain D9 --from output` says why")
    );
}

#[test]
fn what_cannot_be_previewed_says_what_can() {
    let house = House::new();
    house.write_file("pipelines/templates/en/broken.email.j2", "Subject: x\n\n{{ nobody }}");
    for (arguments, expected) in [
        (&["overdue_frst", "--sample"][..], "unknown template `overdue_frst`; did you mean `overdue_first`?"),
        (&["overdue_first", "--channel", "emial", "--sample"], "unknown channel `emial`; did you mean `email`?"),
        (&["overdue_first", "--language", "pt", "--sample"], "unknown language `pt`; known: pt-BR, en, es"),
        (
            &["formal_notice", "--channel", "sms", "--sample"],
            "there is no formal_notice in pt-BR for sms; there is en/",
        ),
        (
            &["x", "--templates", "nowhere", "--sample"],
            "there are no templates below nowhere; pass the right folder with --templates",
        ),
        (&["overdue_first"], "say with which values: --sample, or --debtor ID --from OUTPUT"),
        (&["pipelines/templates/en/_blocks/offer.j2", "--sample"], "a block is not a message by itself"),
        (&["overdue_first", "--debtor", "D1"], "--from"),
        (
            &["broken", "--language", "en", "--sample"],
            "it names a field that does not exist on line 3; `regua schema template-fields` lists them",
        ),
    ] {
        let ended = house.regua(&[&["template", "preview"], arguments].concat());
        assert_eq!(ended.code, 2, "{arguments:?}\n{}", ended.stdout);
        assert!(ended.stderr.contains(expected), "{arguments:?}: no {expected:?} in\n{}", ended.stderr);
    }
}

#[test]
fn the_list_of_templates_names_their_steps() {
    let house = House::new();
    let told = json(&house.regua(&["template", "list", DAILY]).stdout);
    let of = |file: &str| told["templates"].as_array().expect("a list").iter().find(|t| t["file"] == file).cloned();
    let first = of("overdue_first.email.j2").expect("a template");
    assert_eq!(first["steps"], serde_json::json!(["b2b/d+1"]));
    assert_eq!(first["versions"].as_object().expect("versions").len(), 3);
    assert!(first["blocks"]["en"].as_array().is_some_and(|b| b.contains(&"_blocks/charges.j2".into())), "{first}");
    assert_eq!(of("portal.email.j2").expect("a template")["steps"], serde_json::json!([]));
    let text = house.regua(&["template", "list", DAILY, "--output", "text"]).stdout;
    assert!(text.contains("portal.portal.j2") && text.contains("none"), "{text}");
    assert!(text.contains("claim.sms, credit.sms, total_due"), "{text}");
}

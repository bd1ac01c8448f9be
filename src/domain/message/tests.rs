//! Templates from their text to the message that is sent: formats, languages, subjects, lengths, and what is refused.

use super::*;

fn templates(text: &str) -> Templates {
    Templates::compile([("pt-BR".into(), "t.email.j2".into(), text.into())], "pt-BR").unwrap()
}

#[test]
fn a_language_is_known_in_any_case_and_of_any_country() {
    let text = |language: &str| (language.to_owned(), "t.email.j2".to_owned(), "Subject: x\n\ny".to_owned());
    let templates = Templates::compile(["pt-BR", "en"].map(text), "pt-BR").unwrap();
    for (code, language) in [
        ("en", Some("en")),
        ("EN", Some("en")),
        ("en-GB", Some("en")),
        ("pt", Some("pt-BR")),
        ("PT_br", Some("pt-BR")),
        ("English (UK)", Some("en")),
        ("Inglês", Some("en")),
        ("Português", Some("pt-BR")),
        ("espanhol", None),
        ("fr", None),
    ] {
        assert_eq!(templates.language_like(code), language, "{code}");
    }
}

#[test]
fn formats_by_language() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    for (language, currency, money, date) in [
        ("pt-BR", "BRL", "R$ 1.234,56", "20/11/2026"),
        ("en", "BRL", "R$1,234.56", "20 Nov 2026"),
        ("es", "USD", "US$ 1.234,56", "20/11/2026"),
        ("en", "CHF", "CHF 1,234.56", "20 Nov 2026"),
        ("es", "EUR", "€ 1.234,56", "20/11/2026"),
        ("en", "JPY", "¥1,234.56", "20 Nov 2026"),
    ] {
        assert_eq!(money_text(language, currency, Amount(123_456)), money);
        assert_eq!(date_text(language, day), date);
    }
    assert_eq!(money_text("pt-BR", "BRL", Amount(100_000_000)), "R$ 1.000.000,00");
    assert_eq!(money_text("pt-BR", "BRL", Amount(-5)), "-R$ 0,05");
    assert_eq!(money_text("pt-BR", "BRL", Amount::ZERO), "R$ 0,00");
    for (language, currency, text) in [
        ("en", "JPY", "¥1,500"),
        ("pt-BR", "JPY", "¥ 1.500"),
        ("es", "CLP", "CLP 1.500"),
        ("pt-BR", "BRL", "R$ 1.500,00"),
    ] {
        assert_eq!(money_text(language, currency, Amount(150_000)), text);
    }
}

#[test]
fn an_unknown_field_is_an_error_without_its_value() {
    let error = templates("{{ nobody }}").render("pt-BR", "t", Channel::Email, &serde_json::json!({})).unwrap_err();
    assert_eq!(error.to_string(), "template pt-BR/t.email.j2: it names a field that does not exist on line 1");
}

#[test]
fn what_is_null_or_no_text_is_never_printed() {
    let fields = serde_json::json!({"gone": null, "items": [1], "is_it": true, "name": "Acme"});
    let print = |text: &str| templates(text).render("pt-BR", "t", Channel::Email, &fields).map(|r| r.body);
    assert_eq!(print("{{ name }} {{ gone | default('x', true) }}").unwrap(), "Acme x");
    for (text, what) in [("{{ gone }}", PRINTS_NULL), ("{{ items }}", PRINTS_NO_TEXT), ("{{ is_it }}", PRINTS_NO_TEXT)]
    {
        let error = print(text).unwrap_err().to_string();
        assert_eq!(error, format!("template pt-BR/t.email.j2: {what} on line 1"));
    }
}

#[test]
fn a_template_names_a_debt_unless_it_says_otherwise() {
    for (text, expected) in [
        ("Olá", true),
        ("{# names-debt: no #}\nOlá", false),
        ("Olá\n{# names-debt: no #}", true),
        ("{# names-debt: yes #}\nOlá", true),
    ] {
        let templates = templates(text);
        assert_eq!(templates.names_debt("en", "t", Channel::Email), expected, "{text}");
        assert_eq!(templates.draft("pt-BR", "t", Channel::Email, &()).unwrap().body, "Olá");
    }
    assert!(templates("x").names_debt("pt-BR", "nobody", Channel::Email));
}

#[test]
fn line_breaks_in_data_do_not_leave_the_subject() {
    let fields = serde_json::json!({"name": "Acme\r\nBcc: all@example.com", "currency": "BRL"});
    let rendered = templates("Subject: Para {{ name }}\n\nOlá").render("pt-BR", "t", Channel::Email, &fields).unwrap();
    assert!(!rendered.subject.as_deref().unwrap().contains(['\r', '\n']));
}

/// One template for e-mail in each of these languages.
fn in_languages(texts: &[(&str, &str)]) -> Templates {
    let files = texts.iter().map(|(language, text)| ((*language).into(), "t.email.j2".into(), (*text).into()));
    Templates::compile(files, "pt-BR").unwrap()
}

#[test]
fn the_debtors_language_then_the_default_one() {
    let templates = in_languages(&[("pt-BR", "Olá"), ("en", "Hello")]);
    let render = |language| templates.render(language, "t", Channel::Email, &()).map(|r| (r.language, r.body));
    for (language, found, body) in [("en", "en", "Hello"), ("pt-BR", "pt-BR", "Olá"), ("es", "pt-BR", "Olá")] {
        assert_eq!(render(language), Ok((found.to_owned(), body.to_owned())), "{language}");
    }
    let error = templates.render("es", "t", Channel::Sms, &()).unwrap_err();
    assert_eq!(error.to_string(), "there is no template t.sms.j2 in any of the languages es, pt-BR");
    assert!(templates.has("en", "t", Channel::Email) && !templates.has("es", "t", Channel::Email));
    assert!(!templates.has("en", "t", Channel::Sms) && !templates.has("en", "u", Channel::Email));
}

#[test]
fn every_template_has_its_name_and_the_hash_of_its_text() {
    let templates = in_languages(&[("pt-BR", "Olá"), ("en", "Hello")]);
    assert_eq!(templates.names().collect::<Vec<_>>(), [("en", "t.email.j2"), ("pt-BR", "t.email.j2")]);
    // sha256sum of `Hello`.
    let version = "185f8db32271";
    assert_eq!(templates.version("en", "t.email.j2"), Some(version));
    assert_eq!(templates.render("en", "t", Channel::Email, &()).unwrap().version, version);
    assert_ne!(templates.version("pt-BR", "t.email.j2"), Some(version), "another text, another version");
    assert_eq!((templates.version("en", "u.email.j2"), templates.version("es", "t.email.j2")), (None, None));
    assert_eq!(format!("{templates:?}"), r#"Templates { languages: ["en", "pt-BR"], .. }"#, "and none of its texts");
}

/// Messages `m` and `n` and the blocks that they include, as they are and with one file changed.
#[test]
fn a_version_follows_the_blocks() {
    const FILES: [(&str, &str); 5] = [
        ("m.email.j2", "m {% include \"_blocks/a.j2\" %}"),
        ("n.email.j2", "n {% include \"_blocks/b.j2\" %}"),
        ("_blocks/a.j2", "a {% include \"_blocks/b.j2\" %}\n"),
        ("_blocks/b.j2", "b\n"),
        ("_blocks/c.j2", "c\n"),
    ];
    let versions = |changed: &str| {
        let text = |file: &str, text: &str| if file == changed { format!("{text}!") } else { text.to_owned() };
        let files = FILES.map(|(file, t)| ("en".to_owned(), file.to_owned(), text(file, t)));
        let templates = Templates::compile(files, "en").unwrap();
        assert_eq!(templates.names().count(), 2, "a block is no message");
        ["m.email.j2", "n.email.j2"].map(|file| templates.version("en", file).unwrap().to_owned())
    };
    let as_they_are = versions("");
    for (changed, expected) in [
        ("m.email.j2", [true, false]),
        ("n.email.j2", [false, true]),
        ("_blocks/a.j2", [true, false]),
        ("_blocks/b.j2", [true, true]),
        ("_blocks/c.j2", [false, false]),
    ] {
        let now = versions(changed);
        assert_eq!([now[0] != as_they_are[0], now[1] != as_they_are[1]], expected, "{changed}");
    }
}

#[test]
fn a_block_stands_for_its_lines_and_is_named_where_it_fails() {
    let rendered = |block: &str| {
        let files = [("t.email.j2", "1\n{% include \"_blocks/a.j2\" %}\n3"), ("_blocks/a.j2", block)];
        let files = files.map(|(file, text)| ("en".to_owned(), file.to_owned(), text.to_owned()));
        Templates::compile(files, "en").unwrap().render("en", "t", Channel::Email, &()).map(|r| r.body)
    };
    assert_eq!(rendered("2\n").unwrap(), "1\n2\n3");
    assert_eq!(rendered("2\n\n").unwrap(), "1\n2\n\n3");
    assert_eq!(rendered("2, {# inside a line -#}\n").unwrap(), "1\n2, 3");
    let error = rendered("\n\n{{ nobody }}").unwrap_err().to_string();
    assert_eq!(error, "template en/t.email.j2: it names a field that does not exist on line 3 of _blocks/a.j2");
}

#[test]
fn a_message_says_which_template_of_a_provider_it_stands_for() {
    let fields =
        serde_json::json!({"currency": "BRL", "total": 123_456, "name": "Ana\r\nSilva", "count": 2, "no": null});
    let rendered = |text: &str| templates(text).render("pt-BR", "t", Channel::Email, &fields);
    let set =
        |parameters: &str| format!("{{% set provider_template = \"first_v1\" %}}\n{parameters}\nSubject: x\n\nOlá");
    let given = rendered(&set("{% set provider_parameters = [name, total | money, count] %}")).unwrap();
    let provider = given.provider.unwrap();
    assert_eq!((given.subject.as_deref(), given.body.as_str()), (Some("x"), "Olá"), "the text is as without it");
    assert_eq!(
        (provider.name.as_str(), provider.parameters.expose().join("|").as_str()),
        ("first_v1", "Ana Silva|R$ 1.234,56|2")
    );
    assert!(!format!("{provider:?}").contains("Ana"), "parameters are personal");
    assert_eq!(rendered(&set("")).unwrap().provider.map(|p| p.parameters.expose().len()), Some(0));
    assert_eq!(rendered("Olá").unwrap().provider, None);
    for (parameter, what) in [("no", PRINTS_NULL), ("[1]", PRINTS_NO_TEXT)] {
        let error = rendered(&set(&format!("{{% set provider_parameters = [{parameter}] %}}"))).unwrap_err();
        assert_eq!(error.to_string(), format!("template pt-BR/t.email.j2: {what}"));
    }
}

#[test]
fn every_template_that_does_not_compile_is_named_at_once() {
    let file = |name: &str, text: &str| ("en".to_owned(), format!("{name}.email.j2"), text.to_owned());
    let sources = [file("a", "{{ x"), file("b", "fine"), file("c", "\n{% if %}")];
    let faults = Templates::compile(sources, "en").unwrap_err();
    let found: Vec<_> = faults.iter().map(|f| (f.language.as_str(), f.file.as_str(), f.line)).collect();
    assert_eq!(found, [("en", "a.email.j2", Some(1)), ("en", "c.email.j2", Some(2))]);
    assert!(faults.iter().all(|f| f.what.starts_with("syntax: ")), "{faults:?}");
}

#[test]
fn a_text_that_is_too_long_is_no_message_and_a_subject_is_cut() {
    let long = |channel: Channel, chars: usize| {
        let file = ("en".to_owned(), file_name("t", channel), "ç".repeat(chars));
        Templates::compile([file], "en").unwrap().render("en", "t", channel, &())
    };
    for (channel, chars_max) in [(Channel::Sms, 480), (Channel::Whatsapp, 4_096), (Channel::Email, 50_000)] {
        assert_eq!(long(channel, chars_max).map(|r| r.body.chars().count()), Ok(chars_max), "{channel:?}");
        let (language, file, chars) = ("en".to_owned(), file_name("t", channel), chars_max + 1);
        assert_eq!(long(channel, chars), Err(MessageError::TooLong { language, file, chars, chars_max }));
    }
    let subject = |chars: usize| {
        let templates = templates(&format!("Subject: {}\n\nOlá", "ç".repeat(chars)));
        templates.render("pt-BR", "t", Channel::Email, &()).unwrap().subject.unwrap().chars().count()
    };
    assert_eq!([1, 200, 201].map(subject), [1, 200, 200]);
}

#[test]
fn a_subject_stands_above_the_body_and_a_short_message_has_one_line() {
    for (text, channel, subject, body) in [
        ("Subject: Fatura\n\nOlá,\r\nAna\n", Channel::Email, Some("Fatura"), "Olá,\nAna"),
        ("Subject:  A \t B", Channel::Letter, Some("A B"), ""),
        ("Olá\n\nSubject: no", Channel::Email, None, "Olá\n\nSubject: no"),
        ("Olá,\r\n  Ana\n\n tudo bem? ", Channel::Sms, None, "Olá, Ana tudo bem?"),
        ("Olá,\r\nAna", Channel::Whatsapp, None, "Olá,\nAna"),
    ] {
        assert_eq!(split_subject(text, channel), (subject.map(str::to_owned), body.to_owned()), "{text:?}");
    }
}

#[test]
fn an_amount_is_in_the_currency_of_the_message_unless_another_is_named() {
    let fields =
        serde_json::json!({"currency": "EUR", "total": 123_456, "other": "CHF", "on": "2026-11-20", "no": "x"});
    let print = |text: &str| templates(text).render("pt-BR", "t", Channel::Email, &fields).map(|r| r.body);
    assert_eq!(print("{{ total | money }}").unwrap(), "€ 1.234,56");
    assert_eq!(print("{{ total | money(other) }}").unwrap(), "CHF 1.234,56");
    assert_eq!(print("{{ on | date }}").unwrap(), "20/11/2026");
    let error = print("{{ no | date }}").unwrap_err().to_string();
    assert_eq!(error, "template pt-BR/t.email.j2: invalid operation on line 1", "the value is not told");
}

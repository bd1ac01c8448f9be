//! Sample messages: made-up values for every field, from the table of fields, to try a template with.
//!
//! There are usual values, values with null wherever a field can be null, and the longest values that can occur.

use serde_json::{Map, Value, json};

use super::fields::{FIELDS, Field, ITEMS_MAX, Kind};

/// One sample: what it stands for, and the fields, as templates take them.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Such as `usual, gentle` or `without portal_link`.
    pub name: String,
    /// What the template is rendered with.
    pub fields: minijinja::Value,
    /// It is there for the length of what comes out.
    pub is_longest: bool,
}

impl Sample {
    fn new(name: String, fields: &Value) -> Sample {
        // Made once: a sample of hundreds of items is tried with a hundred templates.
        let is_longest = name.starts_with("longest");
        Sample { name, fields: minijinja::Value::from_serialize(fields), is_longest }
    }

    /// How to stop messages, as every message must say it where it can be stopped.
    pub fn opt_out(&self) -> String {
        let creditor = self.fields.get_attr("creditor").and_then(|c| c.get_attr("opt_out"));
        creditor.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// Instalments of the longest offer.
const INSTALMENTS_MAX: usize = 36;
/// The largest amount that is tried, in minor units: 99,999,999.99.
const AMOUNT_MAX: i64 = 9_999_999_999;

/// How a sample fills its fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// Usual values, all set.
    Usual,
    /// All that can be null is.
    Bare,
    /// The longest.
    Longest,
}

/// A usual message, every field set: what `regua template preview --sample` shows.
pub fn usual(creditor: &Value) -> Value {
    sample(Fill::Usual, 0, creditor)
}

/// Every sample that a template is tried with. `creditor` is the record of the one that writes.
pub fn all(creditor: &Value) -> Vec<Sample> {
    let mut samples = Vec::new();
    for variant in 0..3 {
        for (name, fill) in [("usual", Fill::Usual), ("bare", Fill::Bare), ("longest", Fill::Longest)] {
            let fields = sample(fill, variant, creditor);
            samples.push(Sample::new(format!("{name}, {}", fields["tone"].as_str().unwrap_or_default()), &fields));
        }
    }
    let usual = usual(creditor);
    for field in nullable(FIELDS, "") {
        let mut fields = usual.clone();
        if let Some(value) = fields.pointer_mut(&field) {
            *value = Value::Null;
        }
        samples.push(Sample::new(format!("without {}", field[1..].replace('/', ".")), &fields));
    }
    samples
}

/// JSON pointers of every field that can be null; in lists that of the first entry.
pub fn nullable(fields: &[Field], before: &str) -> Vec<String> {
    let mut pointers = Vec::new();
    for field in fields {
        let pointer = format!("{before}/{}", field.name);
        match field.kind {
            Kind::Record(inner) => pointers.extend(nullable(inner, &pointer)),
            Kind::List(inner) => pointers.extend(nullable(inner, &format!("{pointer}/0"))),
            _ => {}
        }
        if field.nullable {
            pointers.push(pointer);
        }
    }
    pointers
}

fn sample(fill: Fill, variant: usize, creditor: &Value) -> Value {
    let mut map = record(FIELDS, fill, variant);
    map.insert("creditor".to_owned(), creditor.clone());
    let items = if fill == Fill::Bare { 1 } else { map["items"].as_array().map_or(0, Vec::len) };
    if let Some(list) = map.get_mut("items").and_then(Value::as_array_mut) {
        list.truncate(items);
    }
    if fill != Fill::Longest {
        map.insert("items_count".to_owned(), items.into());
    }
    if fill == Fill::Bare {
        let open = map["items"][0]["open_amount"].clone();
        let none =
            ["fine_amount", "interest_amount", "fee_amount", "residual_amount", "waived_amount", "credit_amount"];
        let none = none.map(|name| (name.to_owned(), json!(0)));
        map.extend(none);
        map.extend(["open_amount", "total_due"].map(|name| (name.to_owned(), open.clone())));
        map.insert("days_past_due".to_owned(), json!(1));
        map["items"][0]["days_past_due"] = json!(1);
    }
    // Of a credit that is netted, and of one that is not, the words differ.
    map.insert("is_credit_netted".to_owned(), (variant % 2 == 1).into());
    if fill == Fill::Longest {
        map.insert("currency".to_owned(), "USD".into());
    }
    Value::Object(map)
}

fn record(fields: &[Field], fill: Fill, variant: usize) -> Map<String, Value> {
    fields.iter().map(|field| (field.name.to_owned(), value(field, fill, variant))).collect()
}

fn value(field: &Field, fill: Fill, variant: usize) -> Value {
    if field.nullable && fill == Fill::Bare {
        return Value::Null;
    }
    match field.kind {
        Kind::Text(chars_max) if fill == Fill::Longest => longest(field.example, chars_max).into(),
        Kind::Text(_) | Kind::Date => field.example.into(),
        // Of the longest offers the one with instalments is the longest.
        Kind::Word(words) if fill == Fill::Longest && field.name == "kind" => {
            words.iter().max_by_key(|word| word.len()).copied().into()
        }
        Kind::Word(words) => words[variant % words.len()].into(),
        Kind::Count(_, most) if fill == Fill::Longest => most.into(),
        Kind::Count(usual, _) => usual.into(),
        Kind::Amount(_) if fill == Fill::Longest => AMOUNT_MAX.into(),
        Kind::Amount(usual) => usual.into(),
        Kind::Flag => (fill != Fill::Bare).into(),
        Kind::Record(inner) => Value::Object(record(inner, fill, variant)),
        Kind::List(inner) => {
            let most = if field.name == "items" { ITEMS_MAX } else { INSTALMENTS_MAX };
            let entries = if fill == Fill::Longest { most } else { 2 };
            Value::Array(vec![Value::Object(record(inner, fill, variant)); entries])
        }
    }
}

/// The example again and again, up to the length; a link grows at its end, a name by names.
fn longest(example: &str, chars_max: usize) -> String {
    let gap = if example.contains("://") || example.contains('@') { "" } else { " " };
    let again = format!("{gap}{}", example.rsplit('/').next().unwrap_or(example));
    let text: String = example.chars().chain(again.chars().cycle()).take(chars_max).collect();
    text.trim_end().chars().chain(std::iter::repeat('x')).take(chars_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creditor() -> Value {
        json!({"name": "Distribuidora", "opt_out": "Para sair, responda SAIR."})
    }

    fn filled(fill: Fill) -> Value {
        sample(fill, 0, &creditor())
    }

    fn items(fields: &Value) -> usize {
        fields["items"].as_array().unwrap().len()
    }

    #[test]
    fn the_usual_one_has_every_field_and_the_bare_one_none_that_can_be_null() {
        let (usual, bare) = (usual(&creditor()), filled(Fill::Bare));
        for pointer in nullable(FIELDS, "") {
            assert!(usual.pointer(&pointer).is_some_and(|value| !value.is_null()), "{pointer}");
            assert!(bare.pointer(&pointer).is_none_or(Value::is_null), "{pointer}");
        }
        for (fields, count, has_charges) in [(&usual, 2, true), (&bare, 1, false)] {
            assert_eq!((items(fields), &fields["items_count"]), (count, &json!(count)));
            assert_eq!((&fields["has_charges"], &fields["creditor"]), (&json!(has_charges), &creditor()));
            assert_eq!(fields["debtor"]["name"], json!("Comercial São João de Alimentos Ltda."), "as the table has it");
        }
        assert_eq!((&usual["days_past_due"], &usual["fine_amount"]), (&json!(21), &json!(4_938)));
    }

    #[test]
    fn the_bare_one_owes_its_one_item_since_yesterday_and_nothing_else() {
        let bare = filled(Fill::Bare);
        for name in
            ["fine_amount", "interest_amount", "fee_amount", "residual_amount", "waived_amount", "credit_amount"]
        {
            assert_eq!(bare[name], json!(0), "{name}");
        }
        let open = &bare["items"][0]["open_amount"];
        assert!(open.as_i64().is_some_and(|open| open > 0));
        assert_eq!((&bare["open_amount"], &bare["total_due"]), (open, open));
        assert_eq!((&bare["days_past_due"], &bare["items"][0]["days_past_due"]), (&json!(1), &json!(1)));
    }

    /// No text is shorter, no number smaller than the most that can come.
    fn assert_longest(fields: &[Field], map: &Value) {
        for field in fields.iter().filter(|field| field.name != "creditor") {
            let value = &map[field.name];
            match field.kind {
                Kind::Text(chars_max) => assert_eq!(value.as_str().unwrap().chars().count(), chars_max, "{value}"),
                Kind::Count(_, most) => assert_eq!(value, &json!(most), "{}", field.name),
                Kind::Amount(_) => assert_eq!(value, &json!(AMOUNT_MAX), "{}", field.name),
                Kind::Record(inner) => assert_longest(inner, value),
                Kind::List(inner) => assert_longest(inner, &value[0]),
                Kind::Word(_) | Kind::Date | Kind::Flag => {}
            }
        }
    }

    #[test]
    fn the_longest_one_is_as_long_as_a_message_can_come() {
        let longest = filled(Fill::Longest);
        assert_longest(FIELDS, &longest);
        assert_eq!((items(&longest), longest["offer"]["instalments"].as_array().unwrap().len()), (500, 36));
        assert_eq!((&longest["offer"]["kind"], &longest["currency"]), (&json!("instalments"), &json!("USD")));
    }

    #[test]
    fn a_text_grows_as_its_kind_does() {
        for (example, chars_max, expected) in [
            ("Ana Lima", 20, "Ana Lima Ana Lima An"),
            ("Ana", 8, "Ana Anax"), // none ends with a blank
            ("https://pay.example/i/8f", 28, "https://pay.example/i/8f8f8f"),
            ("a@b.example", 14, "a@b.examplea@b"),
            ("BRL", 3, "BRL"),
        ] {
            assert_eq!(longest(example, chars_max), expected);
        }
    }

    #[test]
    fn three_of_each_kind_and_one_without_each_field_that_can_be_null() {
        let samples = all(&creditor());
        let names: Vec<&str> = samples.iter().map(|sample| sample.name.as_str()).collect();
        let of_tone = |tone: &str| ["usual", "bare", "longest"].map(|kind| format!("{kind}, {tone}"));
        assert_eq!(names[..9], ["gentle", "firm", "formal"].map(of_tone).concat());
        assert_eq!(names.len(), 9 + nullable(FIELDS, "").len());
        for (name, path) in [
            ("without debtor.contact_name", &["debtor", "contact_name"][..]),
            ("without items.0.payment_link", &["items", "0", "payment_link"]),
            ("without offer", &["offer"]),
        ] {
            let sample = samples.iter().find(|sample| sample.name == name).unwrap_or_else(|| panic!("{names:?}"));
            let mut expected = filled(Fill::Usual);
            *expected.pointer_mut(&format!("/{}", path.join("/"))).unwrap() = Value::Null;
            assert_eq!(serde_json::to_value(&sample.fields).unwrap(), expected, "{name}");
        }
        for sample in &samples {
            assert_eq!(sample.is_longest, sample.name.starts_with("longest"), "{}", sample.name);
            assert_eq!(sample.opt_out(), "Para sair, responda SAIR.");
        }
        assert_eq!(all(&json!({}))[0].opt_out(), "", "a creditor who says nothing of it");
    }
}

//! How to read the page, and where it comes from.

use super::data::{at_least_of_accounts, sum};
use super::model::Footnote;
use super::view::View;
use crate::io::tables::Row;
use crate::report::page::isolated;

/// Hexadecimal digits of a digest that a person compares.
const DIGITS: usize = 12;

/// Whose figures they are, in one line.
pub fn meta(view: &View<'_>, others: &[String]) -> String {
    let companies = view.companies().len();
    let companies = match (&view.options.company, companies) {
        (Some(company), _) => {
            let company = isolated(company);
            view.language.pick(format!("empresa {company}"), format!("company {company}"))
        }
        (None, 1) => view.say("1 empresa", "1 company"),
        (None, number) => view.language.pick(format!("{number} empresas"), format!("{number} companies")),
    };
    let mut parts = vec![view.run.tenant.clone(), companies, view.currency.to_owned()];
    if !others.is_empty() {
        let others = others.join(", ");
        parts.push(view.language.pick(format!("{others} no fim"), format!("{others} at the end")));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// What was checked before it was published.
pub fn chip(view: &View<'_>) -> String {
    let audits = view.run.audits;
    view.language.pick(
        format!("✓ {audits} verificações dos dados, todas em ordem"),
        format!("✓ {audits} checks of the data, all passed"),
    )
}

pub fn notes(view: &View<'_>) -> Vec<Footnote> {
    let reading = [
        Some(view.say(
            "Moedas não são somadas. Sem histórico suficiente um valor fica em branco, nunca zero.",
            "Currencies are never added together. A figure that needs more history than there is is left blank, never shown as zero.",
        )),
        Some(view.say(
            "Vencido é o que passou do último dia para pagar (o dia útil seguinte, se vence em fim de semana ou feriado); a idade conta dias corridos desde o vencimento. Conta: um cliente com uma empresa.",
            "Overdue is what is past its last day for payment (the next business day where it falls due on a weekend or holiday); the age counts calendar days since it was due. An account is a debtor with one company.",
        )),
        few(view),
        Some(view.say(
            "Aqui não há nomes, documentos nem endereços de clientes.",
            "There are no names, numbers or addresses of debtors here.",
        )),
        credits(view),
    ];
    let mut notes = vec![Footnote {
        heading: view.say("Como ler", "How to read it"),
        text: reading.into_iter().flatten().collect::<Vec<_>>().join(" "),
    }];
    if !view.run.inputs.is_empty() {
        let list = view.run.inputs.iter().map(|(table, rows)| format!("{table} {}", view.language.count(*rows as i64)));
        notes.push(Footnote {
            heading: view.say("De onde vem", "Where it comes from"),
            text: view.language.pick(
                format!("Linhas lidas: {}.", list.clone().collect::<Vec<_>>().join(", ")),
                format!("Rows read: {}.", list.collect::<Vec<_>>().join(", ")),
            ),
        });
    }
    notes.extend(told(view));
    notes
}

fn few(view: &View<'_>) -> Option<String> {
    let least = view.options.min_cell;
    (least > 0).then(|| {
        view.language.pick(
            format!("“Oculto” está no lugar de valores de menos de {least} clientes, ou dos que os revelariam."),
            format!("“Hidden” stands for amounts of fewer than {least} debtors, or for those from which they could be worked out."),
        )
    })
}

/// Unapplied credits are in no bucket.
fn credits(view: &View<'_>) -> Option<String> {
    let rows = view.rows("kpi_portfolio");
    let credit = sum(&rows, "credit_amount").filter(|credit| *credit != 0)?;
    let aging: Vec<Row<'_>> = view.rows("kpi_aging").into_iter().filter(|row| row.int("bucket_no") < 0).collect();
    if view.is_few(at_least_of_accounts(&aging, "debtors")) {
        return Some(view.say(
            "Não descontados acima: créditos não aplicados, de poucos clientes e por isso sem valor aqui.",
            "Not deducted above: unapplied credits, of few debtors and so without their amount here.",
        ));
    }
    let credit = view.money(credit);
    Some(view.language.pick(
        format!("Não descontados acima: créditos não aplicados de {credit}."),
        format!("Not deducted above: unapplied credits of {credit}."),
    ))
}

/// What the run had to say.
fn told(view: &View<'_>) -> Option<Footnote> {
    let notes = &view.run.notes;
    (!notes.is_empty())
        .then(|| Footnote { heading: view.say("Avisos da execução", "Notes of the run"), text: notes.join(" · ") })
}

/// The run, so that somebody can find it again. Nothing that differs between two attempts at the same run.
pub fn provenance(view: &View<'_>) -> String {
    let run = view.run;
    let digits = |digest: &str| digest.chars().take(DIGITS).collect::<String>();
    let (inputs, configuration) = (digits(&run.input_digest), digits(&run.config_digest));
    let revision = if run.revision > 0 {
        view.language.pick(format!(" · revisão {}", run.revision), format!(" · revision {}", run.revision))
    } else {
        String::new()
    };
    let version = &run.code_version;
    view.language.pick(
        format!("entradas {inputs} · configuração {configuration}{revision} · régua {version} · fórmulas: regua schema kpi_dso"),
        format!("inputs {inputs} · configuration {configuration}{revision} · régua {version} · formulas: regua schema kpi_dso"),
    )
}

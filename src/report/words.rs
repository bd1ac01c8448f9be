//! The words of every code that a page shows, in both languages, in one table: a code that lacks them fails a test.
//!
//! Segments, companies, steps and templates are the user's own words and stay as they are.

use crate::domain::language::Language;

/// What a code is a code of: the same letters may mean something else elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Hold,
    Step,
    Channel,
    /// Where money of a bucket goes, besides another bucket.
    State,
    /// Where forecast cash comes from.
    Source,
    Listing,
    Owner,
}

/// Kind, code, Portuguese, English.
const WORDS: &[(Kind, &str, &str, &str)] = &[
    (Kind::Hold, "halted", "cobrança suspensa na configuração", "dunning is halted in the pipeline"),
    (Kind::Hold, "quarantined_input", "dado em quarentena", "bad input row"),
    (Kind::Hold, "settled", "quitado", "settled"),
    (Kind::Hold, "below_tolerance", "abaixo da tolerância", "below the tolerance"),
    (Kind::Hold, "not_due", "ainda não venceu", "not due yet"),
    (Kind::Hold, "insolvent_or_legal", "recuperação judicial ou jurídico", "insolvency or legal"),
    (Kind::Hold, "blocked_debtor", "cliente bloqueado", "debtor blocked"),
    (Kind::Hold, "blocked_item", "título bloqueado", "item blocked"),
    (Kind::Hold, "grace_until", "em carência", "grace period"),
    (Kind::Hold, "dispute_open", "contestação aberta", "open dispute"),
    (Kind::Hold, "goods_return_open", "devolução em andamento", "goods return in progress"),
    (Kind::Hold, "agreement_kept", "acordo em dia", "agreement kept"),
    (Kind::Hold, "promise_pending", "promessa no prazo", "promise pending"),
    (Kind::Hold, "credit_covers", "crédito cobre a dívida", "credit covers the debt"),
    (Kind::Hold, "regua_none", "sem régua", "no régua"),
    (Kind::Hold, "hold_out_arm", "grupo de controle", "hold-out group"),
    (Kind::Hold, "with_agency", "com a assessoria de cobrança", "with an agency"),
    (Kind::Hold, "below_minimum", "abaixo do mínimo", "below the minimum"),
    (Kind::Hold, "previous_unreported", "ação anterior sem retorno", "earlier action unreported"),
    (Kind::Hold, "min_gap", "intervalo mínimo entre contatos", "last contact too recent"),
    (Kind::Hold, "response_window", "respondeu ou pagou nos últimos dias", "answered or paid in the last days"),
    (Kind::Hold, "frequency_cap", "limite de contatos", "cap on contacts"),
    (Kind::Hold, "notice_period", "prazo do aviso em curso", "notice period runs"),
    (Kind::Hold, "step_exhausted", "régua concluída", "every step taken"),
    (Kind::Hold, "no_step_due", "nenhum passo hoje", "no step today"),
    (Kind::Hold, "opted_out", "pediu para não receber", "opted out"),
    (Kind::Hold, "no_contact_point", "sem contato válido", "no usable address"),
    (Kind::Hold, "no_legal_slot", "fora do horário permitido", "no lawful hour"),
    (Kind::Step, "reminder", "lembrete", "reminder"),
    (Kind::Step, "notice", "aviso", "notice"),
    (Kind::Step, "verification", "verificação", "verification"),
    (Kind::Step, "call", "ligação", "call"),
    (Kind::Step, "negotiation", "negociação", "negotiation"),
    (Kind::Step, "negativacao_notice", "aviso de negativação", "pre-listing notice"),
    (Kind::Step, "negativacao", "negativação", "listing with a bureau"),
    (Kind::Step, "negativacao_removal", "exclusão da negativação", "removal of a listing"),
    (Kind::Step, "protesto_notice", "aviso de protesto", "pre-protest notice"),
    (Kind::Step, "protesto", "protesto", "protest"),
    (Kind::Step, "protesto_release", "anuência para cancelar protesto", "release of a protest"),
    (Kind::Step, "agency_placement", "envio à assessoria", "placement with an agency"),
    (Kind::Step, "agency_recall", "retomada da assessoria", "recall from an agency"),
    (Kind::Step, "portal", "portal", "portal"),
    (Kind::Step, "receipt", "agradecimento", "thank-you note"),
    (Kind::Channel, "email", "e-mail", "e-mail"),
    (Kind::Channel, "whatsapp", "WhatsApp", "WhatsApp"),
    (Kind::Channel, "sms", "SMS", "SMS"),
    (Kind::Channel, "phone", "telefone", "phone"),
    (Kind::Channel, "letter", "carta", "letter"),
    (Kind::Channel, "portal", "portal", "portal"),
    (Kind::Channel, "instruction", "instrução", "instruction"),
    (Kind::State, "new", "faturado depois", "billed since"),
    (Kind::State, "reopened", "reaberto", "reopened"),
    (Kind::State, "paid", "pago", "paid"),
    (Kind::State, "credited", "abatido", "credited"),
    (Kind::State, "written_off", "baixado como perda", "written off"),
    (Kind::Source, "not_due", "a vencer", "not due yet"),
    (Kind::Source, "overdue", "vencido", "overdue"),
    (Kind::Source, "promise", "promessas", "promises"),
    (Kind::Source, "agreement", "acordos", "agreements"),
    (Kind::Listing, "negativacao", "negativação", "bureau listing"),
    (Kind::Listing, "protesto", "protesto", "protest"),
    (Kind::Owner, "agency", "assessoria", "agency"),
    (Kind::Owner, "collector", "equipe própria", "in-house collector"),
    (Kind::Owner, "none", "sem responsável", "unassigned"),
];

/// The words of a code; the code itself where a user has added one of their own.
pub fn of(language: Language, kind: Kind, code: &str) -> String {
    let found = WORDS.iter().find(|(of, name, ..)| (*of, *name) == (kind, code));
    found.map_or_else(|| code.to_owned(), |(_, _, pt_br, en)| language.pick(*pt_br, *en).to_owned())
}

/// What was decided on an account: an action, a hold reason, or nothing where a run does not know it.
pub fn decision(language: Language, code: &str) -> String {
    match code {
        "action" => language.pick("ação", "an action").to_owned(),
        "absent" => language.pick("sem conta", "not there").to_owned(),
        reason => of(language, Kind::Hold, reason),
    }
}

/// An aging bucket, by the name that its edges give it: `not_due`, `1-30`, `over_360`.
pub fn bucket(language: Language, name: &str) -> String {
    match (name, name.split_once('_'), name.split_once('-')) {
        ("not_due", ..) => language.pick("a vencer", "not due").to_owned(),
        ("credits", ..) => language.pick("créditos", "credits").to_owned(),
        (_, Some(("over", days)), _) => format!(">\u{a0}{days}"),
        (_, Some(("up", to)), _) => {
            format!("{}\u{a0}{}", language.pick("até", "up to"), to.trim_start_matches("to_"))
        }
        (_, _, Some((from, to))) if !from.is_empty() => format!("{from}–{to}"),
        _ => name.to_owned(),
    }
}

/// A state of a roll rate: a bucket, or what became of the money.
pub fn state(language: Language, name: &str) -> String {
    let words = of(language, Kind::State, name);
    if words == name { bucket(language, name) } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hold::HoldReason;
    use crate::domain::procedure::{Channel, StepKind};

    fn has(kind: Kind, code: &str) -> bool {
        WORDS.iter().any(|(of, name, pt, en)| (*of, *name) == (kind, code) && !pt.is_empty() && !en.is_empty())
    }

    #[test]
    fn every_code_has_its_words() {
        let holds = HoldReason::ALL.iter().map(|(_, name, _)| (Kind::Hold, *name));
        let steps = StepKind::ALL.iter().map(|(_, name)| (Kind::Step, *name));
        let channels = Channel::ALL.iter().map(|channel| (Kind::Channel, channel.as_str()));
        let states = ["new", "reopened", "paid", "credited", "written_off"].map(|name| (Kind::State, name));
        let sources = ["not_due", "overdue", "promise", "agreement"].map(|name| (Kind::Source, name));
        let listings = ["negativacao", "protesto"].map(|name| (Kind::Listing, name));
        let owners = ["agency", "collector", "none"].map(|name| (Kind::Owner, name));
        let all: Vec<_> =
            holds.chain(steps).chain(channels).chain(states).chain(sources).chain(listings).chain(owners).collect();
        let lacking: Vec<_> = all.iter().filter(|(kind, code)| !has(*kind, code)).collect();
        assert!(lacking.is_empty(), "without words: {lacking:?}");
        assert_eq!(WORDS.len(), all.len(), "words of what is no code any more");
    }

    #[test]
    fn buckets_are_named_by_their_days() {
        let cases = [
            ("not_due", "a vencer", "not due"),
            ("1-30", "1–30", "1–30"),
            ("over_360", "> 360", "> 360"),
            ("up_to_5", "até 5", "up to 5"),
            ("credits", "créditos", "credits"),
            ("7", "7", "7"),
            ("-", "-", "-"),
        ];
        for (name, pt, en) in cases {
            let plain = |language| bucket(language, name).replace('\u{a0}', " ");
            assert_eq!((plain(Language::PtBr), plain(Language::En)), (pt.to_owned(), en.to_owned()));
        }
        assert_eq!(state(Language::PtBr, "paid"), "pago");
        assert_eq!(state(Language::En, "31-60"), "31–60");
        assert_eq!(of(Language::En, Kind::Channel, "fax"), "fax", "a user's own code stays as it is");
    }
}

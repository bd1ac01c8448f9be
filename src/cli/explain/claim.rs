//! What an action asks for: charges, the dunning currency, the offer.

use arrow::array::{AsArray, RecordBatch};

use super::day;
use super::sentences::money;
use crate::domain::message::money_text;
use crate::domain::money::Amount;
use crate::io::tables::{Row, rows};

/// What is asked for beside the principal, and the offer.
pub(super) fn lines(action: &Row<'_>) -> Vec<String> {
    let parts = [("fine", "fine_amount"), ("interest", "interest_amount"), ("fee", "fee_amount")];
    let parts = parts.into_iter().chain([("charges of items paid late", "residual_amount")]);
    let charged: Vec<String> = parts
        .filter(|(_, column)| action.minor(column) != Amount::ZERO)
        .map(|(what, column)| format!(" + {what} {}", money(action, column)))
        .collect();
    let dunned = match action.text("dunning_currency") {
        currency if currency.is_empty() => String::new(),
        currency => format!(
            ", dunned as {} at the rate of {}",
            money_text("en", &currency, action.minor("dunning_amount")),
            day(action, "fx_date")
        ),
    };
    let (open, total) = (action.minor("open_amount"), action.minor("total_due"));
    let asked = match charged.is_empty() && open == total {
        true => money(action, "total_due"),
        false => format!("{}{} = {}", money(action, "open_amount"), charged.concat(), money(action, "total_due")),
    };
    // A removal and a receipt ask for nothing.
    let asks = (open, total) != (Amount::ZERO, Amount::ZERO);
    let mut lines: Vec<String> = asks.then(|| format!("    asks for {asked}{dunned}")).into_iter().collect();
    if action.minor("waived_amount") != Amount::ZERO {
        lines.push(format!("    waives charges of items paid late: {}", money(action, "waived_amount")));
    }
    lines.extend(offer_line(action));
    lines
}

fn offer_line(action: &Row<'_>) -> Option<String> {
    let offer = action.array("offer")?.as_struct_opt()?;
    let offer = RecordBatch::from(offer.slice(action.1, 1));
    let offer = Row(&offer, 0);
    let currency = action.text("currency");
    let in_words = |amount: Amount| money_text("en", &currency, amount);
    let instalments = offer.array("instalments")?.as_list_opt::<i32>()?.value(0);
    let instalments = RecordBatch::from(instalments.as_struct_opt()?.clone());
    let later = rows(std::slice::from_ref(&instalments))
        .map(|part| format!("{} on {}", in_words(part.minor("amount")), day(&part, "due_date")))
        .collect::<Vec<_>>();
    let down = match offer.minor("down_payment") {
        Amount::ZERO => String::new(),
        down => format!("{} down, ", in_words(down)),
    };
    Some(format!(
        "    offers {}: {} until {}: {down}{}",
        offer.text("kind"),
        in_words(offer.minor("total")),
        day(&offer, "valid_until"),
        later.join(", ")
    ))
}

-- Purpose: the shard's part of how each segment answers on each channel; who owes nothing any more answered too.
-- Grain: company_id, currency, segment, channel
-- Reads: int_answers, int_items, raw_accounts, out_debtors
-- Units: contacts of the profile window, with debtors that have or had an account there
-- Nulls: segment - = no account now
-- Kind: table
with
    answers as (select * from int_answers),
    debtors as (select * from out_debtors),
    owed_before as (
        select accounts.debtor_id, accounts.company_id, accounts.currency
        from raw_accounts as accounts
        left semi join answers on accounts.debtor_id = answers.debtor_id
        left semi join int_items as items on accounts.account_key = items.account_key
        left anti join debtors
            on accounts.debtor_id = debtors.debtor_id
            and accounts.company_id = debtors.company_id
            and accounts.currency = debtors.currency
    ),
    accounts as (
        select debtor_id, company_id, currency, segment from debtors
        union all
        select debtor_id, company_id, currency, '-' from owed_before
    ),
    grouped as (
        select
            accounts.company_id,
            accounts.currency,
            accounts.segment,
            answers.channel,
            count(*) as accounts,
            sum(answers.contacts) as contacts,
            sum(answers.answered) as answered,
            sum(answers.bounced) as bounced
        from answers
        inner join accounts on answers.debtor_id = accounts.debtor_id
        group by accounts.company_id, accounts.currency, accounts.segment, answers.channel
    )
select * from grouped

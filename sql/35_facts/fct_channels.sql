-- Purpose: the shard's part of how each segment answers on each channel.
-- Grain: company_id, currency, segment, channel
-- Reads: int_answers, out_debtors
-- Units: contacts of the profile window, with debtors that have an account there
-- Nulls: none
-- Kind: table
with
    answers as (select * from int_answers),
    debtors as (select * from out_debtors),
    grouped as (
        select
            debtors.company_id,
            debtors.currency,
            debtors.segment,
            answers.channel,
            count(*) as accounts,
            sum(answers.contacts) as contacts,
            sum(answers.answered) as answered,
            sum(answers.bounced) as bounced
        from answers
        inner join debtors on answers.debtor_id = debtors.debtor_id
        group by debtors.company_id, debtors.currency, debtors.segment, answers.channel
    )
select * from grouped

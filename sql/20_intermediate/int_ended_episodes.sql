-- Purpose: the last arrears episode of the accounts that have just paid all that was due; nobody is thanked for what was
--   written off or credited.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items, int_payment_parts, raw_accounts
-- Units: dates; episode_start is the due date that began it, ended_on the day of the last payment
-- Nulls: none
-- Kind: table
with
    items as (select * from int_items),
    recent as (
        select distinct account_key
        from items
        where settled_on >= @receipts_from and settled_on > payable_on
    ),
    owing as (
        -- What is due today counts: its episode may begin tomorrow, under a name of its own.
        select distinct account_key
        from items
        where settled_on is null and due_date <= @as_of
    ),
    clear as (
        select recent.*
        from recent
        left anti join owing on recent.account_key = owing.account_key
    ),
    late_items as (
        select items.account_key, items.invoice_key, items.installment_no, items.due_date, items.payable_on, items.settled_on
        from items
        left semi join clear on items.account_key = clear.account_key
        where items.settled_on > items.payable_on
    ),
    with_end_before as (
        select
            *,
            max(settled_on) over (
                partition by account_key
                order by payable_on, due_date
                rows between unbounded preceding and 1 preceding
            ) as end_before
        from late_items
    ),
    starts as (
        select account_key, max(due_date) as episode_start
        from with_end_before
        where coalesce(payable_on >= end_before, true)
        group by account_key
    ),
    of_episodes as (
        select late_items.*, starts.episode_start
        from late_items
        inner join starts
            on late_items.account_key = starts.account_key
            and late_items.due_date >= starts.episode_start
    ),
    unpaid_parts as (
        -- What settled something without anybody paying, by instalment where it names one.
        select invoice_key, coalesce(installment_no, 0) as installment_no
        from int_payment_parts
        where root_kind in ('credit_note', 'write_off') and invoice_key is not null
        group by invoice_key, coalesce(installment_no, 0)
        having sum(effect_amount) <> 0
    ),
    episodes as (
        select
            of_episodes.account_key,
            min(of_episodes.episode_start) as episode_start,
            max(of_episodes.settled_on) as ended_on
        from of_episodes
        left join unpaid_parts
            on of_episodes.invoice_key = unpaid_parts.invoice_key
            and unpaid_parts.installment_no in (0, of_episodes.installment_no)
        group by of_episodes.account_key
        having count(unpaid_parts.invoice_key) = 0
    ),
    just_ended as (
        select accounts.group_key, accounts.debtor_id, accounts.company_id, accounts.currency, episodes.episode_start, episodes.ended_on
        from episodes
        inner join raw_accounts as accounts on episodes.account_key = accounts.account_key
        where episodes.ended_on >= @receipts_from
    )
select * from just_ended

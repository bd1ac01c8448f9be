-- Purpose: the last arrears episode of the accounts that have just paid all that was due; nobody is thanked for what was
--   written off or credited.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items, int_payment_parts
-- Units: dates; episode_start is the due date that began it, ended_on the day of the last payment
-- Nulls: none
-- Kind: table
with
    items as (select * from int_items),
    recent as (
        select distinct debtor_id, company_id, currency
        from items
        where settled_on >= @receipts_from and settled_on > payable_on
    ),
    owing as (
        -- What is due today counts: its episode may begin tomorrow, under a name of its own.
        select distinct debtor_id, company_id, currency
        from items
        where settled_on is null and due_date <= @as_of
    ),
    clear as (
        select recent.*
        from recent
        left anti join owing
            on recent.debtor_id = owing.debtor_id
            and recent.company_id = owing.company_id
            and recent.currency = owing.currency
    ),
    late_items as (
        select
            items.group_key, items.debtor_id, items.company_id, items.currency, items.invoice_id, items.installment_no,
            items.due_date, items.payable_on, items.settled_on
        from items
        left semi join clear
            on items.debtor_id = clear.debtor_id
            and items.company_id = clear.company_id
            and items.currency = clear.currency
        where items.settled_on > items.payable_on
    ),
    with_end_before as (
        select
            *,
            max(settled_on) over (
                partition by debtor_id, company_id, currency
                order by payable_on, due_date
                rows between unbounded preceding and 1 preceding
            ) as end_before
        from late_items
    ),
    starts as (
        select debtor_id, company_id, currency, max(due_date) as episode_start
        from with_end_before
        where coalesce(payable_on >= end_before, true)
        group by debtor_id, company_id, currency
    ),
    of_episodes as (
        select late_items.*, starts.episode_start
        from late_items
        inner join starts
            on late_items.debtor_id = starts.debtor_id
            and late_items.company_id = starts.company_id
            and late_items.currency = starts.currency
            and late_items.due_date >= starts.episode_start
    ),
    unpaid_parts as (
        -- What settled something without anybody paying, by instalment where it names one.
        select debtor_id, company_id, invoice_id, coalesce(installment_no, 0) as installment_no
        from int_payment_parts
        where root_kind in ('credit_note', 'write_off') and invoice_id is not null
        group by debtor_id, company_id, invoice_id, coalesce(installment_no, 0)
        having sum(effect_amount) <> 0
    ),
    episodes as (
        select
            min(of_episodes.group_key) as group_key,
            of_episodes.debtor_id,
            of_episodes.company_id,
            of_episodes.currency,
            min(of_episodes.episode_start) as episode_start,
            max(of_episodes.settled_on) as ended_on
        from of_episodes
        left join unpaid_parts
            on of_episodes.debtor_id = unpaid_parts.debtor_id
            and of_episodes.company_id = unpaid_parts.company_id
            and of_episodes.invoice_id = unpaid_parts.invoice_id
            and unpaid_parts.installment_no in (0, of_episodes.installment_no)
        group by of_episodes.debtor_id, of_episodes.company_id, of_episodes.currency
        having count(unpaid_parts.invoice_id) = 0
    ),
    just_ended as (select * from episodes where ended_on >= @receipts_from)
select * from just_ended

-- Purpose: when the principal of items was paid that are settled now, at least in part after their payable day, in the
--   present arrears episode: what charges are left on. Nothing where a credit note or a write-off settled the invoice too.
-- Grain: debtor_id, company_id, invoice_id, installment_no, paid_on
-- Reads: int_items, int_episodes, int_payment_applications, int_payment_parts
-- Units: principal_amount in units of currency, above zero; the rows of an item add up to its amount, and charges are left
--   on those paid after payable_on
-- Nulls: none
-- Kind: table
with
    episodes as (select debtor_id, company_id, currency, episode_start from int_episodes),
    applications as (select * from int_payment_applications where applied_amount > 0),
    noted as (
        select distinct invoice_key
        from int_payment_parts
        where invoice_key is not null and root_kind in ('credit_note', 'write_off')
    ),
    in_episode as (
        select items.*
        from int_items as items
        inner join episodes
            on items.debtor_id = episodes.debtor_id
            and items.company_id = episodes.company_id
            and items.currency = episodes.currency
            and items.due_date >= episodes.episode_start
        where items.settled_on > items.payable_on
    ),
    late_items as (
        select in_episode.*
        from in_episode
        left anti join noted on in_episode.invoice_key = noted.invoice_key
    ),
    paid as (
        select
            late_items.debtor_id,
            late_items.company_id,
            late_items.currency,
            late_items.invoice_id,
            late_items.installment_no,
            late_items.due_date,
            late_items.payable_on,
            applications.paid_on,
            applications.applied_amount as principal_amount
        from late_items
        inner join applications on late_items.item_key = applications.item_key
    )
select * from paid
order by debtor_id, company_id, currency, due_date, invoice_id, installment_no, paid_on

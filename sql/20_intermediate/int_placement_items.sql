-- Purpose: what each placement with an agency is about, and since when all of it is paid or disputed.
-- Grain: placement_id, invoice_id, installment_no
-- Reads: stg_placements, stg_disputes, int_items
-- Units: amounts in units of currency
-- Nulls: done_on null = something is still owed and undisputed; settled_on and disputed_on null = not paid, not disputed
-- Kind: table
with
    placements as (select * from stg_placements),
    items as (select * from int_items),
    disputes as (
        -- A return of goods disputes the invoice as well.
        select debtor_id, coalesce(invoice_id, '') as invoice_id, min(opened_on) as disputed_on
        from stg_disputes
        group by debtor_id, coalesce(invoice_id, '')
    ),
    covered as (
        select
            placements.placement_id,
            placements.agency_id,
            placements.placed_on,
            items.group_key,
            items.debtor_id,
            items.company_id,
            items.currency,
            items.invoice_id,
            items.installment_no,
            items.issue_date,
            items.due_date,
            items.original_amount,
            items.open_amount,
            items.settled_on
        from placements
        inner join items on placements.debtor_id = items.debtor_id
        -- All the debtor owes: what was late when it was placed, or has become so since.
        where case
                when placements.invoice_id is not null then placements.invoice_id = items.invoice_id
                else items.due_date < @as_of
                    and coalesce(items.settled_on > greatest(items.due_date, placements.placed_on), true)
            end
    ),
    disputed as (
        -- least() passes over nulls: the earlier of the two, or the only one.
        select covered.*, least(of_invoice.disputed_on, of_debtor.disputed_on) as disputed_on
        from covered
        left join disputes as of_invoice
            on covered.debtor_id = of_invoice.debtor_id
            and covered.invoice_id = of_invoice.invoice_id
        left join disputes as of_debtor
            on covered.debtor_id = of_debtor.debtor_id
            and of_debtor.invoice_id = ''
    ),
    of_placements as (
        -- It is recalled once, in the name of the account with the oldest item.
        select
            placement_id,
            first_value(company_id order by due_date, company_id, currency) as company_id,
            first_value(currency order by due_date, company_id, currency) as currency,
            count(*) as items,
            count(coalesce(settled_on, disputed_on)) as done_items,
            count(settled_on) as paid_items,
            max(coalesce(settled_on, disputed_on)) as last_done_on
        from disputed
        group by placement_id
    ),
    joined as (
        select
            disputed.*,
            case when of_placements.done_items = of_placements.items then of_placements.last_done_on end as done_on,
            of_placements.paid_items = of_placements.items as is_paid
        from disputed
        inner join of_placements
            on disputed.placement_id = of_placements.placement_id
            and disputed.company_id = of_placements.company_id
            and disputed.currency = of_placements.currency
    )
select * from joined

-- Disputed charges. Empty until the gateway reports them; dashboards already query its columns.

select
    null::uuid as dispute_id,
    null::uuid as payment_id,
    null::integer as date_key,
    null::varchar as reason,
    null::decimal(10, 2) as disputed_amount,
    null::struct(url varchar, added_at timestamptz)[] as evidence,
    null::timestamptz as opened_at,
    null::timestamptz as resolved_at
where false

{{ config(materialized='incremental', unique_key='id', tags=['daily', 'Daily2']) }} select o.* from {{ ref('int_orders') }} o, {{ ref('countries') }} c

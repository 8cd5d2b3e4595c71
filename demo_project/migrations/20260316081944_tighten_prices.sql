-- Drop 2 columns: accounts_address.fax, catalogue_product.barcode.
-- Add 3 columns: accounts_organisation.payment_terms, catalogue_variant.margin, orders_order.source.
-- Alter 3 columns: catalogue_category.name, catalogue_variant.cost, orders_order.status.
-- Add 2 check constraints: accounts_organisation.accounts_organisation_credit_limit_not_negative, orders_order.orders_order_status_known.
-- Add index catalogue_product.catalogue_product_live.
-- DATA LOSS: drops column accounts_address.fax with all its values.
-- DATA LOSS: drops column catalogue_product.barcode with all its values.
-- Made by django-schema-migrations 0.1.0, proved on PostgreSQL 18.4.

-- Drop column "fax" of table "accounts_address"
ALTER TABLE "accounts_address" DROP COLUMN "fax";

-- Add check constraint "accounts_organisation_credit_limit_not_negative" to table "accounts_organisation"
ALTER TABLE "accounts_organisation" ADD CONSTRAINT "accounts_organisation_credit_limit_not_negative"
    CHECK (credit_limit IS NULL OR credit_limit >= 0::numeric);

-- Add column "payment_terms" to table "accounts_organisation"
ALTER TABLE "accounts_organisation" ADD COLUMN "payment_terms" interval;

-- Set the comment of column "accounts_organisation"."payment_terms"
COMMENT ON COLUMN "accounts_organisation"."payment_terms" IS 'Time from invoice to payment.';

-- Alter column "name" of table "catalogue_category"
ALTER TABLE "catalogue_category" ALTER COLUMN "name" TYPE character varying(120);

-- Drop column "barcode" of table "catalogue_product"
ALTER TABLE "catalogue_product" DROP COLUMN "barcode";

-- Alter column "cost" of table "catalogue_variant"
ALTER TABLE "catalogue_variant" ALTER COLUMN "cost" SET DEFAULT 0;

-- Give existing rows a value for column "cost" of table "catalogue_variant"
UPDATE "catalogue_variant" SET "cost" = 0 WHERE "cost" IS NULL;

-- Check them now: a table with checks put off cannot be altered
SET CONSTRAINTS ALL IMMEDIATE;

-- Alter column "cost" of table "catalogue_variant"
ALTER TABLE "catalogue_variant" ALTER COLUMN "cost" SET NOT NULL;

-- Add column "margin" to table "catalogue_variant"
ALTER TABLE "catalogue_variant" ADD COLUMN "margin" numeric(10,2) GENERATED ALWAYS AS ((price - cost)) STORED;

-- Set the comment of column "catalogue_variant"."margin"
COMMENT ON COLUMN "catalogue_variant"."margin" IS 'Computed by the database; never written.';

-- Alter column "status" of table "orders_order"
ALTER TABLE "orders_order"
    ALTER COLUMN "status" TYPE character varying(20),
    ALTER COLUMN "status" SET DEFAULT 'placed'::character varying;

-- Add check constraint "orders_order_status_known" to table "orders_order"
ALTER TABLE "orders_order" ADD CONSTRAINT "orders_order_status_known"
    CHECK (status::text = ANY (ARRAY['placed'::character varying::text, 'paid'::character varying::text, 'sent'::character varying::text, 'cancelled'::character varying::text]));

-- Add column "source" to table "orders_order"
ALTER TABLE "orders_order" ADD COLUMN "source" jsonb;

-- Set the comment of column "orders_order"."source"
COMMENT ON COLUMN "orders_order"."source" IS 'Campaign and referrer.';

-- Create index "catalogue_product_live" on table "catalogue_product"
CREATE INDEX "catalogue_product_live" ON "catalogue_product" USING btree (updated_at DESC, title) WHERE status = 1;

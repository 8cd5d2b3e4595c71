-- A view for the people in the warehouse, and the currencies that we sell in.
-- Written by hand: catalogue.StockReport is an unmanaged model that reads the view.

-- Create view catalogue_stock_report
CREATE VIEW "catalogue_stock_report" AS
SELECT
    "product"."id" AS "product_id",
    count("variant"."id")::integer AS "variants",
    coalesce(sum("variant"."stock"), 0)::integer AS "pieces",
    coalesce(sum("variant"."stock" * "variant"."price"), 0)::numeric(14, 2) AS "value"
FROM "catalogue_product" AS "product"
LEFT JOIN "catalogue_variant" AS "variant" ON "variant"."product_id" = "product"."id"
GROUP BY "product"."id";

-- Fill catalogue_currency
INSERT INTO "catalogue_currency" ("code", "name", "minor_units")
VALUES
    ('CHF', 'Swiss franc', 2),
    ('EUR', 'Euro', 2),
    ('JPY', 'Yen', 0),
    ('SEK', 'Swedish krona', 2);

-- Detached from what follows.

-- Two lines
-- above it.
SELECT 1; -- belongs to nothing
/* block */ SELECT 2 /* inside; */ + 3; /* also above */
/* a /* nested; */ one
over lines */
-- and a line
SELECT 2 */* no; operator */ 3;

SELECT 4--;
- -5 -- not the end;
;
-- detached by the blank line of a comment above

;; ;
SELECT 6
-- the last one has no semicolon

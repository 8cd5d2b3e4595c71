-- Above,
-- with CRLF.
SELECT 1,
  2;

-- detached

SELECT 3; SELECT 4
;

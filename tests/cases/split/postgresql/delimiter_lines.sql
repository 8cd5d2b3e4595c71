-- atlas:delimiter \n\n\n

-- Above the first.
SELECT 1;
SELECT 'a


b';


CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END; SELECT (


  2


);


-- Alone, so dropped.



SELECT 3

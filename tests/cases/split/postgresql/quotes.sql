INSERT INTO t VALUES ('a;b', 'it''s; fine', '');
SELECT 'C:\'; SELECT 'x' LIKE 'a\%' ESCAPE '\';
SELECT E'it\'s; \\', e'\'''; ;', N'\', B'101', X'1F', U&'\0441;';
SELECT E'one'
  'it\'s; two';
SELECT E'one' -- a comment between the two halves
  -- and another one
  'it\'s; two';
SELECT 'plain'
  'a\';
SELECT the'\', "quoted; ""name", U&"d\0061t;a" FROM "semi;colon";
SELECT 'many
lines; and -- no comment
/* nor this';

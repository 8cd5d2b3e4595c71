-- a carriage return ends the comment; SELECT 1; -- bSELECT 2;

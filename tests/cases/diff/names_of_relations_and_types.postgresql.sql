-- before
CREATE TABLE base (a integer);
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE TABLE remote (a integer);
CREATE TABLE composite (a integer);
CREATE TABLE enum (a integer);
CREATE TABLE domain (a integer);
CREATE TABLE range (a integer);
CREATE VIEW seen AS SELECT 1 AS a;
CREATE TYPE pair AS (a integer);
CREATE TABLE indexed (a integer, b integer UNIQUE);
CREATE INDEX of_table ON indexed (a);
CREATE INDEX of_view ON indexed (b);

-- after
CREATE TABLE base (a integer);
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE remote (a integer) SERVER far;
CREATE TYPE composite AS (a integer);
CREATE TYPE enum AS ENUM ('a');
CREATE DOMAIN domain AS text;
CREATE TYPE range AS RANGE (subtype = float8);
CREATE TYPE seen AS ENUM ('a');
CREATE TYPE pair AS ENUM ('a');
CREATE TYPE of_table AS (a integer);
CREATE TYPE indexed_b_key AS (a integer);
CREATE MATERIALIZED VIEW indexed AS SELECT a FROM base;
CREATE INDEX of_view ON indexed (a);

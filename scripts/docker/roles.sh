#!/bin/sh
# Run once by the postgres image on an empty volume: the owner, the web role, and the owner's database.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$(cat /run/secrets/owner_password)" -v web="$(cat /run/secrets/web_password)" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE trustledger_owner LOGIN PASSWORD :'owner';
CREATE ROLE trustledger_web LOGIN PASSWORD :'web';
CREATE DATABASE trustledger OWNER trustledger_owner;
REVOKE ALL ON DATABASE trustledger FROM PUBLIC;
GRANT CONNECT ON DATABASE trustledger TO trustledger_web;
SQL

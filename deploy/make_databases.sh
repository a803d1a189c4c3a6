#!/bin/bash
# Run once by the postgres image, on an empty volume: a database and a role each for Airflow and for the ledger.
# Neither role is a superuser, and neither can open the other's database: the ledger holds contacts, Airflow's need not.
set -euo pipefail

for name in airflow contactsync; do
    case $name in
        airflow) password=$AIRFLOW_DB_PASSWORD ;;
        contactsync) password=$CONTACTSYNC_DB_PASSWORD ;;
    esac
    # On standard input, as psql fills in variables there only; :'...' quotes whatever the password holds.
    psql -v ON_ERROR_STOP=1 -v name="$name" -v password="$password" --quiet \
        --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done

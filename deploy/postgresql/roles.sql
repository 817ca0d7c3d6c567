-- Once for each service's database, as a superuser:  psql -v service=chain -f roles.sql
-- Give each role a password (\password butik_app), and name the three in the service's settings.
SELECT format('CREATE ROLE %I LOGIN', name) FROM (VALUES ('butik_owner'), ('butik_app'), ('butik_backup')) AS roles (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE butik_backup BYPASSRLS;              -- an archive needs the rows of every tenant
GRANT pg_read_all_data TO butik_backup;
CREATE DATABASE :"service" OWNER butik_owner;   -- owns the tables and migrates; butik_app owns nothing

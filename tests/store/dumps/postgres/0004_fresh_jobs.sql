SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.make_partitions(until bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
DECLARE
  width   CONSTANT BIGINT := 10000000;
  parent  TEXT;
  key     TEXT;
  child   TEXT;
  first   BIGINT;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('kavle partitions', 0));
  SELECT coalesce(max(substring(c.relname FROM '[0-9]+$')::BIGINT) + width, 0) INTO first
    FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = 'receipt'::regclass;
  WHILE first <= until LOOP
    FOREACH parent IN ARRAY ARRAY['message', 'body', 'segment', 'receipt'] LOOP
      key := CASE parent WHEN 'message' THEN 'id' ELSE 'message_id' END;
      child := parent || '_' || first;
      -- The statuses of a message change twice, mostly: room for them in the row's own page.
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)', child, parent,
                     CASE parent WHEN 'message' THEN 80 ELSE 100 END);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, child,
                     first, first + width);
    END LOOP;
    first := first + width;
  END LOOP;
  RETURN first;                         -- ids below this one have their partitions
END $_$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.account (
    id bigint NOT NULL,
    created_at bigint NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    settings text DEFAULT '{}'::text NOT NULL
);
ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.awaiting (
    domain bigint NOT NULL,
    message_id bigint NOT NULL,
    at bigint NOT NULL,
    attempt integer NOT NULL,
    number smallint NOT NULL,
    network_id text NOT NULL,
    recipient text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='20000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='50000', autovacuum_vacuum_cost_delay='0', vacuum_truncate='false');
CREATE TABLE public.balance (
    account_id bigint NOT NULL,
    amount bigint NOT NULL,
    tag bigint DEFAULT 0 NOT NULL,
    weight integer DEFAULT 1 NOT NULL,
    CONSTRAINT balance_covers CHECK ((amount >= 0)),
    CONSTRAINT balance_weight_check CHECK ((weight > 0))
)
WITH (fillfactor='20', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE public.body (
    message_id bigint NOT NULL,
    text text NOT NULL
)
PARTITION BY RANGE (message_id);
CREATE TABLE public.body_0 (
    message_id bigint CONSTRAINT body_message_id_not_null NOT NULL,
    text text CONSTRAINT body_text_not_null NOT NULL
)
WITH (fillfactor='100');
CREATE TABLE public.body_10000000 (
    message_id bigint CONSTRAINT body_message_id_not_null NOT NULL,
    text text CONSTRAINT body_text_not_null NOT NULL
)
WITH (fillfactor='100');
CREATE TABLE public.carrier (
    id bigint NOT NULL,
    name text NOT NULL
);
ALTER TABLE public.carrier ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.carrier_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.contender (
    carrier_id bigint NOT NULL,
    node_id bigint NOT NULL,
    expires_at bigint NOT NULL
)
WITH (fillfactor='20', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE public.gateway (
    one smallint NOT NULL,
    id_key bytea NOT NULL,
    CONSTRAINT gateway_one_check CHECK ((one = 1))
);
CREATE TABLE public.job (
    message_id bigint NOT NULL,
    carrier_id bigint NOT NULL,
    tag bigint NOT NULL,
    unsent bigint NOT NULL,
    handed bigint NOT NULL,
    unsure bigint NOT NULL,
    due bigint NOT NULL,
    token bigint NOT NULL,
    expires_at bigint NOT NULL,
    attempt integer NOT NULL,
    priority smallint NOT NULL,
    state smallint NOT NULL,
    since xid8 DEFAULT pg_current_xact_id() NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='50000', autovacuum_vacuum_cost_delay='0', vacuum_truncate='false');
CREATE TABLE public.ledger (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    at bigint NOT NULL,
    amount bigint NOT NULL,
    balance bigint NOT NULL,
    message_id bigint,
    kind smallint NOT NULL
);
ALTER TABLE public.ledger ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.link (
    carrier_id bigint NOT NULL,
    node_id bigint,
    token bigint NOT NULL,
    expires_at bigint NOT NULL,
    number smallint NOT NULL
)
WITH (fillfactor='20', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE public.message (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    carrier_id bigint NOT NULL,
    segment_price bigint NOT NULL,
    accepted_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    status_at bigint NOT NULL,
    status smallint NOT NULL,
    segments smallint NOT NULL,
    priority smallint NOT NULL,
    encoding smallint NOT NULL,
    flash boolean NOT NULL,
    recipient text NOT NULL,
    sender text NOT NULL
)
PARTITION BY RANGE (id);
CREATE TABLE public.message_0 (
    id bigint CONSTRAINT message_id_not_null NOT NULL,
    account_id bigint CONSTRAINT message_account_id_not_null NOT NULL,
    carrier_id bigint CONSTRAINT message_carrier_id_not_null NOT NULL,
    segment_price bigint CONSTRAINT message_segment_price_not_null NOT NULL,
    accepted_at bigint CONSTRAINT message_accepted_at_not_null NOT NULL,
    expires_at bigint CONSTRAINT message_expires_at_not_null NOT NULL,
    status_at bigint CONSTRAINT message_status_at_not_null NOT NULL,
    status smallint CONSTRAINT message_status_not_null NOT NULL,
    segments smallint CONSTRAINT message_segments_not_null NOT NULL,
    priority smallint CONSTRAINT message_priority_not_null NOT NULL,
    encoding smallint CONSTRAINT message_encoding_not_null NOT NULL,
    flash boolean CONSTRAINT message_flash_not_null NOT NULL,
    recipient text CONSTRAINT message_recipient_not_null NOT NULL,
    sender text CONSTRAINT message_sender_not_null NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.message_10000000 (
    id bigint CONSTRAINT message_id_not_null NOT NULL,
    account_id bigint CONSTRAINT message_account_id_not_null NOT NULL,
    carrier_id bigint CONSTRAINT message_carrier_id_not_null NOT NULL,
    segment_price bigint CONSTRAINT message_segment_price_not_null NOT NULL,
    accepted_at bigint CONSTRAINT message_accepted_at_not_null NOT NULL,
    expires_at bigint CONSTRAINT message_expires_at_not_null NOT NULL,
    status_at bigint CONSTRAINT message_status_at_not_null NOT NULL,
    status smallint CONSTRAINT message_status_not_null NOT NULL,
    segments smallint CONSTRAINT message_segments_not_null NOT NULL,
    priority smallint CONSTRAINT message_priority_not_null NOT NULL,
    encoding smallint CONSTRAINT message_encoding_not_null NOT NULL,
    flash boolean CONSTRAINT message_flash_not_null NOT NULL,
    recipient text CONSTRAINT message_recipient_not_null NOT NULL,
    sender text CONSTRAINT message_sender_not_null NOT NULL
)
WITH (fillfactor='80');
CREATE SEQUENCE public.message_block
    START WITH 1
    INCREMENT BY 256
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE SEQUENCE public.receipt_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.receipt (
    id bigint DEFAULT nextval('public.receipt_id'::regclass) NOT NULL,
    message_id bigint NOT NULL,
    at bigint NOT NULL,
    attempt integer NOT NULL,
    number smallint NOT NULL,
    status smallint,
    raw text NOT NULL
)
PARTITION BY RANGE (message_id);
CREATE TABLE public.receipt_0 (
    id bigint DEFAULT nextval('public.receipt_id'::regclass) CONSTRAINT receipt_id_not_null NOT NULL,
    message_id bigint CONSTRAINT receipt_message_id_not_null NOT NULL,
    at bigint CONSTRAINT receipt_at_not_null NOT NULL,
    attempt integer CONSTRAINT receipt_attempt_not_null NOT NULL,
    number smallint CONSTRAINT receipt_number_not_null NOT NULL,
    status smallint,
    raw text CONSTRAINT receipt_raw_not_null NOT NULL
)
WITH (fillfactor='100');
CREATE TABLE public.receipt_10000000 (
    id bigint DEFAULT nextval('public.receipt_id'::regclass) CONSTRAINT receipt_id_not_null NOT NULL,
    message_id bigint CONSTRAINT receipt_message_id_not_null NOT NULL,
    at bigint CONSTRAINT receipt_at_not_null NOT NULL,
    attempt integer CONSTRAINT receipt_attempt_not_null NOT NULL,
    number smallint CONSTRAINT receipt_number_not_null NOT NULL,
    status smallint,
    raw text CONSTRAINT receipt_raw_not_null NOT NULL
)
WITH (fillfactor='100');
CREATE TABLE public.schema_step (
    step integer NOT NULL,
    name text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.segment (
    message_id bigint NOT NULL,
    at bigint NOT NULL,
    attempt integer NOT NULL,
    number smallint NOT NULL,
    outcome smallint NOT NULL,
    status smallint NOT NULL,
    network_id text,
    error text
)
PARTITION BY RANGE (message_id);
CREATE TABLE public.segment_0 (
    message_id bigint CONSTRAINT segment_message_id_not_null NOT NULL,
    at bigint CONSTRAINT segment_at_not_null NOT NULL,
    attempt integer CONSTRAINT segment_attempt_not_null NOT NULL,
    number smallint CONSTRAINT segment_number_not_null NOT NULL,
    outcome smallint CONSTRAINT segment_outcome_not_null NOT NULL,
    status smallint CONSTRAINT segment_status_not_null NOT NULL,
    network_id text,
    error text
)
WITH (fillfactor='100');
CREATE TABLE public.segment_10000000 (
    message_id bigint CONSTRAINT segment_message_id_not_null NOT NULL,
    at bigint CONSTRAINT segment_at_not_null NOT NULL,
    attempt integer CONSTRAINT segment_attempt_not_null NOT NULL,
    number smallint CONSTRAINT segment_number_not_null NOT NULL,
    outcome smallint CONSTRAINT segment_outcome_not_null NOT NULL,
    status smallint CONSTRAINT segment_status_not_null NOT NULL,
    network_id text,
    error text
)
WITH (fillfactor='100');
CREATE TABLE public.waiting (
    id bigint NOT NULL,
    domain bigint NOT NULL,
    at bigint NOT NULL,
    status smallint,
    network_id text NOT NULL,
    recipient text NOT NULL,
    raw text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', vacuum_truncate='false');
ALTER TABLE public.waiting ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.waiting_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.body ATTACH PARTITION public.body_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.body ATTACH PARTITION public.body_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.message ATTACH PARTITION public.message_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.message ATTACH PARTITION public.message_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.receipt ATTACH PARTITION public.receipt_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.receipt ATTACH PARTITION public.receipt_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.segment ATTACH PARTITION public.segment_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.segment ATTACH PARTITION public.segment_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES
	(1, 1767268800000, 'test', 'not a hash', '{}'),
	(2, 1767445200000, 'other', 'no hash', '{"sender":"ip1","charset":"latin-1"}');
INSERT INTO public.awaiting VALUES
	(1, 4, 1767445200000, 1, 2, 'open.2', '46701740605'),
	(1, 8, 1767445200000, 1, 1, 'leased.1', '46701740605');
INSERT INTO public.balance VALUES
	(2, 20000, 1767445200030, 1),
	(1, 880000, 1767445200130, 1);
INSERT INTO public.body_0 VALUES
	(1, 'expired'),
	(2, 'delivered'),
	(3, 'failed'),
	(4, 'open xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
	(5, 'refused'),
	(6, 'deferred'),
	(7, 'unsure'),
	(8, 'leased xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
	(9, 'queued å'),
	(10, 'queued ä'),
	(11, 'queued å'),
	(12, 'queued ä'),
	(13, 'queued å'),
	(14, 'queued ä');
INSERT INTO public.carrier OVERRIDING SYSTEM VALUE VALUES
	(1, 'telia');
INSERT INTO public.contender VALUES
	(1, 1, 1767445215000);
INSERT INTO public.gateway VALUES
	(1, '\x4803d0d32d8c30d1dfcf89b0ab8fc0ab4ed8e25ea7840dd87473fcc4bb7fb56a');
INSERT INTO public.job VALUES
	(6, 1, 1767445200050, 1, 0, 0, 1767445201000, 2889050599679841227, 1767618000000, 1, 2, 2, '782'),
	(7, 1, 1767445200060, 1, 0, 1, 1767445201000, 1029810743643284167, 1767618000000, 1, 2, 2, '786'),
	(8, 1, 1767445200070, 6, 6, 0, 1767445320000, 3103785989104577867, 1767618000000, 1, 2, 1, '790'),
	(9, 1, 1767445200000, 1, 0, 0, 0, 0, 1767618000000, 0, 1, 0, '798'),
	(10, 1, 1767445200100, 1, 0, 0, 0, 0, 1767618000000, 0, 1, 0, '800'),
	(11, 1, 1767445200010, 1, 0, 0, 0, 0, 1767618000000, 0, 2, 0, '801'),
	(12, 1, 1767445200110, 1, 0, 0, 0, 0, 1767618000000, 0, 2, 0, '802'),
	(13, 1, 1767445200020, 1, 0, 0, 0, 0, 1767618000000, 0, 3, 0, '803'),
	(14, 1, 1767445200120, 1, 0, 0, 0, 0, 1767618000000, 0, 3, 0, '804');
INSERT INTO public.ledger OVERRIDING SYSTEM VALUE VALUES
	(1, 1, 1767268800000, 1000000, 1000000, NULL, 1),
	(2, 1, 1767268800000, -10000, 990000, 1, 2),
	(3, 1, 1767445200000, 10000, 1000000, 1, 3),
	(4, 1, 1767445200000, -10000, 990000, 2, 2),
	(5, 1, 1767445200000, -10000, 980000, 3, 2),
	(6, 1, 1767445200000, -20000, 960000, 4, 2),
	(7, 1, 1767445200000, -10000, 950000, 5, 2),
	(8, 1, 1767445200000, 10000, 960000, 5, 3),
	(9, 1, 1767445200000, -10000, 950000, 6, 2),
	(10, 1, 1767445200000, -10000, 940000, 7, 2),
	(11, 1, 1767445200000, -30000, 910000, 8, 2),
	(12, 2, 1767445200000, 50000, 50000, NULL, 1),
	(13, 2, 1767445200000, -10000, 40000, 9, 2),
	(14, 1, 1767445200000, -10000, 900000, 10, 2),
	(15, 2, 1767445200000, -10000, 30000, 11, 2),
	(16, 1, 1767445200000, -10000, 890000, 12, 2),
	(17, 2, 1767445200000, -10000, 20000, 13, 2),
	(18, 1, 1767445200000, -10000, 880000, 14, 2);
INSERT INTO public.link VALUES
	(1, 1, 1, 1767445215000, 1),
	(1, 1, 1, 1767445215000, 2);
INSERT INTO public.message_0 VALUES
	(1, 1, 1, 10000, 1767268800000, 1767441600000, 1767445200000, 43, 1, 2, 0, false, '46701740605', 'ip1'),
	(2, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 22, 1, 2, 0, false, '46701740605', 'ip1'),
	(3, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 52, 1, 2, 0, false, '46701740605', 'ip1'),
	(4, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 21, 2, 2, 0, false, '46701740605', 'ip1'),
	(5, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 51, 1, 2, 0, false, '46701740605', 'ip1'),
	(6, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1'),
	(7, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1'),
	(8, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 3, 2, 0, false, '46701740605', 'ip1'),
	(9, 2, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 1, 0, false, '46701740605', 'ip1'),
	(10, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 1, 0, false, '46701740605', 'ip1'),
	(11, 2, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 2, 0, false, '46701740605', 'ip1'),
	(12, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 2, 0, false, '46701740605', 'ip1'),
	(13, 2, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 3, 0, false, '46701740605', 'ip1'),
	(14, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 3, 0, false, '46701740605', 'ip1');
INSERT INTO public.receipt_0 VALUES
	(1, 2, 1767445200000, 1, 1, 22, 'id:delivered'),
	(2, 3, 1767445200000, 1, 1, 52, 'id:failed'),
	(3, 4, 1767445200000, 1, 1, 22, 'id:open.1');
INSERT INTO public.schema_step VALUES
	(1, '0001_main_road', '2026-11-22 16:36:59.341854+00'),
	(2, '0002_accounts', '2026-11-22 16:36:59.610045+00'),
	(3, '0003_links', '2026-11-22 16:36:59.621279+00'),
	(4, '0004_fresh_jobs', '2026-11-22 16:36:59.641081+00');
INSERT INTO public.segment_0 VALUES
	(2, 1767445200000, 1, 1, 1, 21, 'delivered', NULL),
	(3, 1767445200000, 1, 1, 1, 21, 'failed', NULL),
	(4, 1767445200000, 1, 1, 1, 21, 'open.1', NULL),
	(4, 1767445200000, 1, 2, 1, 21, 'open.2', NULL),
	(5, 1767445200000, 1, 1, 2, 51, NULL, 'ESME_RSUBMITFAIL'),
	(6, 1767445200000, 1, 1, 3, 11, NULL, 'ESME_RTHROTTLED'),
	(7, 1767445200000, 1, 1, 4, 11, NULL, 'the link died'),
	(8, 1767445200000, 1, 1, 1, 21, 'leased.1', NULL);
INSERT INTO public.waiting OVERRIDING SYSTEM VALUE VALUES
	(1, 1, 1767445200000, 22, 'early', '46701740605', 'id:early');
SELECT pg_catalog.setval('public.account_id_seq', 2, true);
SELECT pg_catalog.setval('public.carrier_id_seq', 1, true);
SELECT pg_catalog.setval('public.ledger_id_seq', 18, true);
SELECT pg_catalog.setval('public.message_block', 1, true);
SELECT pg_catalog.setval('public.receipt_id', 3, true);
SELECT pg_catalog.setval('public.waiting_id_seq', 1, true);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_name_key UNIQUE (name);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.awaiting
    ADD CONSTRAINT awaiting_pkey PRIMARY KEY (domain, network_id, message_id, number, attempt);
ALTER TABLE ONLY public.balance
    ADD CONSTRAINT balance_pkey PRIMARY KEY (account_id);
ALTER TABLE ONLY public.body
    ADD CONSTRAINT body_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.body_0
    ADD CONSTRAINT body_0_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.body_10000000
    ADD CONSTRAINT body_10000000_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.carrier
    ADD CONSTRAINT carrier_name_key UNIQUE (name);
ALTER TABLE ONLY public.carrier
    ADD CONSTRAINT carrier_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.contender
    ADD CONSTRAINT contender_pkey PRIMARY KEY (carrier_id, node_id);
ALTER TABLE ONLY public.gateway
    ADD CONSTRAINT gateway_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (carrier_id, number);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.message_0
    ADD CONSTRAINT message_0_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.message_10000000
    ADD CONSTRAINT message_10000000_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (message_id, id);
ALTER TABLE ONLY public.receipt_0
    ADD CONSTRAINT receipt_0_pkey PRIMARY KEY (message_id, id);
ALTER TABLE ONLY public.receipt_10000000
    ADD CONSTRAINT receipt_10000000_pkey PRIMARY KEY (message_id, id);
ALTER TABLE ONLY public.schema_step
    ADD CONSTRAINT schema_step_pkey PRIMARY KEY (step);
ALTER TABLE ONLY public.segment
    ADD CONSTRAINT segment_pkey PRIMARY KEY (message_id, number, attempt);
ALTER TABLE ONLY public.segment_0
    ADD CONSTRAINT segment_0_pkey PRIMARY KEY (message_id, number, attempt);
ALTER TABLE ONLY public.segment_10000000
    ADD CONSTRAINT segment_10000000_pkey PRIMARY KEY (message_id, number, attempt);
ALTER TABLE ONLY public.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (id);
CREATE INDEX job_due ON public.job USING btree (state, due) WHERE (state <> 0);
CREATE INDEX job_fresh ON public.job USING btree (carrier_id, since) WHERE ((state < 1) AND (since > '0'::xid8));
CREATE INDEX job_ready ON public.job USING btree (carrier_id, priority DESC, tag, message_id) WHERE (state = 0);
CREATE INDEX waiting_id ON public.waiting USING btree (domain, network_id);
ALTER INDEX public.body_pkey ATTACH PARTITION public.body_0_pkey;
ALTER INDEX public.body_pkey ATTACH PARTITION public.body_10000000_pkey;
ALTER INDEX public.message_pkey ATTACH PARTITION public.message_0_pkey;
ALTER INDEX public.message_pkey ATTACH PARTITION public.message_10000000_pkey;
ALTER INDEX public.receipt_pkey ATTACH PARTITION public.receipt_0_pkey;
ALTER INDEX public.receipt_pkey ATTACH PARTITION public.receipt_10000000_pkey;
ALTER INDEX public.segment_pkey ATTACH PARTITION public.segment_0_pkey;
ALTER INDEX public.segment_pkey ATTACH PARTITION public.segment_10000000_pkey;
ALTER TABLE ONLY public.balance
    ADD CONSTRAINT balance_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

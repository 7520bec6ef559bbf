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
  FOREACH parent IN ARRAY ARRAY['message', 'body', 'file', 'segment', 'receipt', 'incoming', 'callback_try'] LOOP
    SELECT coalesce(max(substring(c.relname FROM '[0-9]+$')::BIGINT) + width,
                    (SELECT last_value / width * width FROM message_block)) INTO first
      FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = parent::regclass;
    WHILE first <= until LOOP
      key := CASE WHEN parent IN ('message', 'incoming') THEN 'id' WHEN parent = 'callback_try' THEN 'incoming_id'
                  ELSE 'message_id' END;
      child := parent || '_' || first;
      -- What changes is small, and room for it is in the row's own page. Of messages all change, twice, and a
      -- whole page of them in one transaction: it needs room for each once more.
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)', child, parent,
                     CASE parent WHEN 'message' THEN 50 WHEN 'incoming' THEN 80 ELSE 100 END);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, child,
                     first, first + width);
      first := first + width;
    END LOOP;
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
    settings text DEFAULT '{}'::text NOT NULL,
    portal_hash text
);
ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.audit (
    id bigint NOT NULL,
    at bigint NOT NULL,
    came smallint NOT NULL,
    operator text NOT NULL,
    what text NOT NULL,
    subject text NOT NULL,
    before text NOT NULL,
    after text NOT NULL
);
ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
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
CREATE TABLE public.bundle (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    accepted_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    due_at bigint,
    cancelled_at bigint,
    tag_step bigint NOT NULL,
    count integer NOT NULL,
    segments smallint NOT NULL,
    priority smallint NOT NULL,
    encoding smallint NOT NULL,
    sender text NOT NULL
);
CREATE TABLE public.bundle_part (
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    bundle_id bigint NOT NULL,
    tag bigint NOT NULL,
    priority smallint NOT NULL,
    work smallint NOT NULL,
    recipients jsonb
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE public.callback (
    incoming_id bigint NOT NULL,
    due bigint NOT NULL,
    token bigint NOT NULL,
    tries integer NOT NULL,
    round integer NOT NULL,
    state smallint NOT NULL,
    number text NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='50000', autovacuum_vacuum_cost_delay='0', vacuum_truncate='false');
CREATE TABLE public.callback_try (
    incoming_id bigint NOT NULL,
    at bigint NOT NULL,
    number integer NOT NULL,
    milliseconds integer NOT NULL,
    status smallint,
    head text NOT NULL,
    error text
)
PARTITION BY RANGE (incoming_id);
CREATE TABLE public.callback_try_0 (
    incoming_id bigint CONSTRAINT callback_try_incoming_id_not_null NOT NULL,
    at bigint CONSTRAINT callback_try_at_not_null NOT NULL,
    number integer CONSTRAINT callback_try_number_not_null NOT NULL,
    milliseconds integer CONSTRAINT callback_try_milliseconds_not_null NOT NULL,
    status smallint,
    head text CONSTRAINT callback_try_head_not_null NOT NULL,
    error text
)
WITH (fillfactor='100');
CREATE TABLE public.callback_try_10000000 (
    incoming_id bigint CONSTRAINT callback_try_incoming_id_not_null NOT NULL,
    at bigint CONSTRAINT callback_try_at_not_null NOT NULL,
    number integer CONSTRAINT callback_try_number_not_null NOT NULL,
    milliseconds integer CONSTRAINT callback_try_milliseconds_not_null NOT NULL,
    status smallint,
    head text CONSTRAINT callback_try_head_not_null NOT NULL,
    error text
)
WITH (fillfactor='100');
CREATE TABLE public.carrier (
    id bigint NOT NULL,
    name text NOT NULL,
    hold boolean DEFAULT false NOT NULL,
    whole boolean DEFAULT false NOT NULL,
    down_since bigint,
    service smallint DEFAULT 0 NOT NULL
);
ALTER TABLE public.carrier ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.carrier_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.closing (
    account_id bigint NOT NULL,
    entries bigint NOT NULL,
    last_id bigint NOT NULL,
    balance bigint NOT NULL,
    month integer NOT NULL
);
CREATE TABLE public.contender (
    carrier_id bigint NOT NULL,
    node_id bigint NOT NULL,
    expires_at bigint NOT NULL
)
WITH (fillfactor='20', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE public.erasure (
    at bigint NOT NULL,
    digest bytea NOT NULL
);
CREATE TABLE public.file (
    message_id bigint NOT NULL,
    size integer NOT NULL,
    number smallint NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    content_id text NOT NULL,
    data bytea NOT NULL
)
PARTITION BY RANGE (message_id);
ALTER TABLE ONLY public.file ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE public.file_0 (
    message_id bigint CONSTRAINT file_message_id_not_null NOT NULL,
    size integer CONSTRAINT file_size_not_null NOT NULL,
    number smallint CONSTRAINT file_number_not_null NOT NULL,
    name text CONSTRAINT file_name_not_null NOT NULL,
    content_type text CONSTRAINT file_content_type_not_null NOT NULL,
    content_id text CONSTRAINT file_content_id_not_null NOT NULL,
    data bytea CONSTRAINT file_data_not_null NOT NULL
)
WITH (fillfactor='100');
ALTER TABLE ONLY public.file_0 ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE public.file_10000000 (
    message_id bigint CONSTRAINT file_message_id_not_null NOT NULL,
    size integer CONSTRAINT file_size_not_null NOT NULL,
    number smallint CONSTRAINT file_number_not_null NOT NULL,
    name text CONSTRAINT file_name_not_null NOT NULL,
    content_type text CONSTRAINT file_content_type_not_null NOT NULL,
    content_id text CONSTRAINT file_content_id_not_null NOT NULL,
    data bytea CONSTRAINT file_data_not_null NOT NULL
)
WITH (fillfactor='100');
ALTER TABLE ONLY public.file_10000000 ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE public.gateway (
    one smallint NOT NULL,
    id_key bytea NOT NULL,
    CONSTRAINT gateway_one_check CHECK ((one = 1))
);
CREATE TABLE public.incoming (
    id bigint NOT NULL,
    account_id bigint,
    carrier_id bigint NOT NULL,
    received_at bigint NOT NULL,
    state_at bigint NOT NULL,
    parts smallint NOT NULL,
    got smallint NOT NULL,
    state smallint NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    mms text
)
PARTITION BY RANGE (id);
CREATE TABLE public.incoming_0 (
    id bigint CONSTRAINT incoming_id_not_null NOT NULL,
    account_id bigint,
    carrier_id bigint CONSTRAINT incoming_carrier_id_not_null NOT NULL,
    received_at bigint CONSTRAINT incoming_received_at_not_null NOT NULL,
    state_at bigint CONSTRAINT incoming_state_at_not_null NOT NULL,
    parts smallint CONSTRAINT incoming_parts_not_null NOT NULL,
    got smallint CONSTRAINT incoming_got_not_null NOT NULL,
    state smallint CONSTRAINT incoming_state_not_null NOT NULL,
    sender text CONSTRAINT incoming_sender_not_null NOT NULL,
    recipient text CONSTRAINT incoming_recipient_not_null NOT NULL,
    mms text
)
WITH (fillfactor='80');
CREATE TABLE public.incoming_10000000 (
    id bigint CONSTRAINT incoming_id_not_null NOT NULL,
    account_id bigint,
    carrier_id bigint CONSTRAINT incoming_carrier_id_not_null NOT NULL,
    received_at bigint CONSTRAINT incoming_received_at_not_null NOT NULL,
    state_at bigint CONSTRAINT incoming_state_at_not_null NOT NULL,
    parts smallint CONSTRAINT incoming_parts_not_null NOT NULL,
    got smallint CONSTRAINT incoming_got_not_null NOT NULL,
    state smallint CONSTRAINT incoming_state_not_null NOT NULL,
    sender text CONSTRAINT incoming_sender_not_null NOT NULL,
    recipient text CONSTRAINT incoming_recipient_not_null NOT NULL,
    mms text
)
WITH (fillfactor='80');
CREATE TABLE public.incoming_part (
    carrier_id bigint NOT NULL,
    received_at bigint NOT NULL,
    incoming_id bigint,
    reference integer NOT NULL,
    total smallint NOT NULL,
    number smallint NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    text bytea NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0', vacuum_truncate='false');
CREATE TABLE public.incoming_seen (
    at bigint NOT NULL,
    digest bytea NOT NULL
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
    number smallint NOT NULL,
    report text
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
    sender text NOT NULL,
    due_at bigint,
    bundle_id bigint,
    service smallint DEFAULT 0 NOT NULL
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
    sender text CONSTRAINT message_sender_not_null NOT NULL,
    due_at bigint,
    bundle_id bigint,
    service smallint DEFAULT 0 CONSTRAINT message_service_not_null NOT NULL
)
WITH (fillfactor='50');
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
    sender text CONSTRAINT message_sender_not_null NOT NULL,
    due_at bigint,
    bundle_id bigint,
    service smallint DEFAULT 0 CONSTRAINT message_service_not_null NOT NULL
)
WITH (fillfactor='50');
CREATE SEQUENCE public.message_block
    START WITH 1
    INCREMENT BY 256
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.number (
    account_id bigint NOT NULL,
    created_at bigint NOT NULL,
    msisdn text NOT NULL,
    host text NOT NULL,
    settings text NOT NULL
);
CREATE TABLE public.operator (
    created_at bigint NOT NULL,
    disabled boolean NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL
);
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
    raw text NOT NULL,
    whole boolean DEFAULT false NOT NULL
)
PARTITION BY RANGE (message_id);
CREATE TABLE public.receipt_0 (
    id bigint DEFAULT nextval('public.receipt_id'::regclass) CONSTRAINT receipt_id_not_null NOT NULL,
    message_id bigint CONSTRAINT receipt_message_id_not_null NOT NULL,
    at bigint CONSTRAINT receipt_at_not_null NOT NULL,
    attempt integer CONSTRAINT receipt_attempt_not_null NOT NULL,
    number smallint CONSTRAINT receipt_number_not_null NOT NULL,
    status smallint,
    raw text CONSTRAINT receipt_raw_not_null NOT NULL,
    whole boolean DEFAULT false CONSTRAINT receipt_whole_not_null NOT NULL
)
WITH (fillfactor='100');
CREATE TABLE public.receipt_10000000 (
    id bigint DEFAULT nextval('public.receipt_id'::regclass) CONSTRAINT receipt_id_not_null NOT NULL,
    message_id bigint CONSTRAINT receipt_message_id_not_null NOT NULL,
    at bigint CONSTRAINT receipt_at_not_null NOT NULL,
    attempt integer CONSTRAINT receipt_attempt_not_null NOT NULL,
    number smallint CONSTRAINT receipt_number_not_null NOT NULL,
    status smallint,
    raw text CONSTRAINT receipt_raw_not_null NOT NULL,
    whole boolean DEFAULT false CONSTRAINT receipt_whole_not_null NOT NULL
)
WITH (fillfactor='100');
CREATE TABLE public.recipient_run (
    run bigint NOT NULL,
    account_id bigint NOT NULL,
    message_id bigint NOT NULL,
    recipient text NOT NULL
);
CREATE TABLE public.recipient_runs (
    one smallint NOT NULL,
    first bigint NOT NULL,
    next bigint NOT NULL,
    CONSTRAINT recipient_runs_one_check CHECK ((one = 1))
)
WITH (fillfactor='20');
CREATE TABLE public.restoring (
    one smallint NOT NULL,
    home text NOT NULL,
    restored text,
    CONSTRAINT restoring_one_check CHECK ((one = 1))
);
CREATE TABLE public.schedule (
    one smallint NOT NULL,
    promoted_until bigint NOT NULL,
    CONSTRAINT schedule_one_check CHECK ((one = 1))
)
WITH (fillfactor='20', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE public.schema_step (
    step integer NOT NULL,
    name text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.seen (
    at bigint NOT NULL,
    doubted bigint,
    one smallint NOT NULL,
    CONSTRAINT seen_one_check CHECK ((one = 1))
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
CREATE TABLE public.stop (
    account_id bigint NOT NULL,
    at bigint NOT NULL,
    msisdn text NOT NULL
);
CREATE TABLE public.tally (
    since xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at bigint NOT NULL,
    account_id bigint NOT NULL,
    carrier_id bigint NOT NULL,
    accepted integer NOT NULL,
    sent integer NOT NULL,
    delivered integer NOT NULL,
    failed integer NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0', vacuum_truncate='false');
CREATE TABLE public.traffic (
    account_id bigint NOT NULL,
    at bigint NOT NULL,
    carrier_id bigint NOT NULL,
    accepted bigint NOT NULL,
    sent bigint NOT NULL,
    delivered bigint NOT NULL,
    failed bigint NOT NULL,
    minutes smallint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.waiting (
    id bigint NOT NULL,
    domain bigint NOT NULL,
    at bigint NOT NULL,
    status smallint,
    network_id text NOT NULL,
    recipient text NOT NULL,
    raw text NOT NULL,
    whole boolean DEFAULT false NOT NULL
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
ALTER TABLE ONLY public.callback_try ATTACH PARTITION public.callback_try_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.callback_try ATTACH PARTITION public.callback_try_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.file ATTACH PARTITION public.file_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.file ATTACH PARTITION public.file_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.incoming ATTACH PARTITION public.incoming_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.incoming ATTACH PARTITION public.incoming_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.message ATTACH PARTITION public.message_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.message ATTACH PARTITION public.message_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.receipt ATTACH PARTITION public.receipt_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.receipt ATTACH PARTITION public.receipt_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
ALTER TABLE ONLY public.segment ATTACH PARTITION public.segment_0 FOR VALUES FROM ('0') TO ('10000000');
ALTER TABLE ONLY public.segment ATTACH PARTITION public.segment_10000000 FOR VALUES FROM ('10000000') TO ('20000000');
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES
	(1, 1767268800000, 'test', 'not a hash', '{}', NULL),
	(2, 1767445200000, 'held', 'no hash', '{}', NULL),
	(3, 1767445200000, 'other', 'no hash', '{"sender":"ip1","charset":"latin-1"}', NULL),
	(4, 1767445200000, 'timed', 'no hash', '{}', NULL),
	(5, 1767445200000, 'mms', 'no hash', '{}', NULL);
INSERT INTO public.audit OVERRIDING SYSTEM VALUE VALUES
	(1, 1767445200000, 1, 'anna', 'Account disabled', 'timed', '{"log-in":"enabled"}', '{"log-in":"disabled"}');
INSERT INTO public.awaiting VALUES
	(1, 4, 1767445200000, 1, 2, 'open.2', '46701740605'),
	(1, 8, 1767445200000, 1, 1, 'leased.1', '46701740605');
INSERT INTO public.balance VALUES
	(4, 370000, 1767445200060, 1),
	(5, 30000, 1767445200020, 1),
	(2, 0, 1767445200010, 1),
	(3, 20000, 1767445200030, 1),
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
	(9, 'held'),
	(10, 'queued å'),
	(11, 'queued ä'),
	(12, 'queued å'),
	(13, 'queued ä'),
	(14, 'queued å'),
	(15, 'queued ä'),
	(16, 'scheduled'),
	(17, 'cancelled'),
	(257, 'made'),
	(261, 'made-timed'),
	(265, 'made-ending'),
	(269, 'unmade'),
	(273, 'unmade-timed'),
	(277, 'unmade-ending'),
	(513, 'called'),
	(514, 'given up'),
	(515, 'called again'),
	(516, 'waiting'),
	(517, 'unowned'),
	(18, 'pictured'),
	(19, 'picture-queued'),
	(518, 'Semester');
INSERT INTO public.bundle VALUES
	(257, 4, 1767445200000, 1767618000000, NULL, NULL, 10, 3, 1, 2, 0, 'ip1'),
	(261, 4, 1767445200000, 1767621660000, 1767448860000, NULL, 0, 3, 1, 2, 0, 'ip1'),
	(265, 4, 1767445200000, 1767621660000, 1767448860000, 1767445200000, 0, 3, 1, 2, 0, 'ip1'),
	(269, 4, 1767445200000, 1767618000000, NULL, NULL, 10, 3, 1, 2, 0, 'ip1'),
	(273, 4, 1767445200000, 1767621660000, 1767448860000, NULL, 0, 3, 1, 2, 0, 'ip1'),
	(277, 4, 1767445200000, 1767621660000, 1767448860000, 1767445200000, 0, 3, 1, 2, 0, 'ip1');
INSERT INTO public.bundle_part VALUES
	(258, 260, 257, 1767445200000, 2, 0, NULL),
	(262, 264, 261, 1767448860000, 2, 0, NULL),
	(266, 268, 265, 1767448860000, 2, 2, NULL),
	(270, 272, 269, 1767445200030, 2, 1, '[["46701740605", 1, 10000], ["hej", 0, 0], ["46701740605", 1, 10000]]'),
	(274, 276, 273, 1767448860000, 2, 1, '[["46701740605", 1, 10000], ["hej", 0, 0], ["46701740605", 1, 10000]]'),
	(278, 280, 277, 1767448860000, 2, 1, '[["46701740605", 1, 10000], ["hej", 0, 0], ["46701740605", 1, 10000]]');
INSERT INTO public.callback VALUES
	(516, 0, 0, 0, 0, 0, '46737494123'),
	(515, 1767447000000, 1, 1, 1, 2, '46737494123'),
	(518, 0, 0, 0, 0, 0, '46737494123');
INSERT INTO public.callback_try_0 VALUES
	(513, 1767445200000, 1, 12, 200, 'OK', NULL),
	(514, 1767445200000, 1, 12, 500, '', 'the answer is no OK'),
	(515, 1767445200000, 1, 12, NULL, '', 'refused');
INSERT INTO public.carrier OVERRIDING SYSTEM VALUE VALUES
	(1, 'telia', false, false, NULL, 0),
	(2, 'mmsc', false, false, NULL, 1);
INSERT INTO public.closing VALUES
	(1, 14, 20, 880000, 202601),
	(2, 2, 13, 0, 202601),
	(3, 4, 19, 20000, 202601),
	(4, 10, 30, 370000, 202601),
	(5, 3, 33, 30000, 202601);
INSERT INTO public.contender VALUES
	(1, 1, 1767445215000);
INSERT INTO public.file_0 VALUES
	(18, 29, 1, 'bild.jpg', 'image/jpeg', '', '\xffd8ffe000104a46494600010d0a2d2d626f756e646172790d0a00ffd9'),
	(18, 37, 2, 'kort.vcf', 'text/x-vcard', '', '\x424547494e3a56434152440d0a56455253494f4e3a322e310d0a454e443a56434152440d0a'),
	(19, 29, 1, 'bild.jpg', 'image/jpeg', '', '\xffd8ffe000104a46494600010d0a2d2d626f756e646172790d0a00ffd9'),
	(19, 37, 2, 'kort.vcf', 'text/x-vcard', '', '\x424547494e3a56434152440d0a56455253494f4e3a322e310d0a454e443a56434152440d0a'),
	(518, 29, 1, 'bild.jpg', 'image/jpeg', 'bild.jpg@phone', '\xffd8ffe000104a46494600010d0a2d2d626f756e646172790d0a00ffd9'),
	(518, 6, 2, 'text.txt', 'text/plain', 'text.txt@phone', '\x48656a20c3a5');
INSERT INTO public.gateway VALUES
	(1, '\x4c988162bc153d6ec3c1ddde18e8b9bec33b4471035098b31ef7cb93aef291c5');
INSERT INTO public.incoming_0 VALUES
	(515, 1, 1, 1767445200000, 1767445200000, 1, 1, 1, '46701740605', '46737494123', NULL),
	(516, 1, 1, 1767445200000, 1767445200000, 1, 1, 1, '46701740605', '46737494123', NULL),
	(517, NULL, 1, 1767445200000, 1767445200000, 1, 1, 0, '46701740605', '46737000000', NULL),
	(513, 1, 1, 1767445200000, 1767445200000, 1, 1, 2, '46701740605', '46737494123', NULL),
	(514, 1, 1, 1767445200000, 1767445200000, 1, 1, 3, '46701740605', '46737494123', NULL),
	(518, 1, 2, 1767445200000, 1767445200000, 1, 1, 1, '46701740605', '46737494123', '{"message_class":"Personal","priority":"Normal","version":"6.8.0","transaction":"t1"}');
INSERT INTO public.incoming_part VALUES
	(1, 1767445200000, NULL, 7, 2, 1, '46701740605', '46737494123', '\x0065006e0020');
INSERT INTO public.incoming_seen VALUES
	(1767445200000, '\x441cad08865e31400369dc995f45d4ac356e8c36e55a155701a37ca78e83e725');
INSERT INTO public.job VALUES
	(6, 1, 1767445200050, 1, 0, 0, 1767445201000, 3561119295393338308, 1767618000000, 1, 2, 2, '798'),
	(7, 1, 1767445200060, 1, 0, 1, 1767445201000, 3590934896471850206, 1767618000000, 1, 2, 2, '802'),
	(8, 1, 1767445200070, 6, 6, 0, 1767445320000, 1678149653676654127, 1767618000000, 1, 2, 1, '806'),
	(9, 1, 1767445200000, 0, 0, 1, 1767445200000, 3652512637591220834, 1767618000000, 1, 2, 3, '815'),
	(10, 1, 1767445200000, 1, 0, 0, 0, 0, 1767618000000, 0, 1, 0, '822'),
	(11, 1, 1767445200100, 1, 0, 0, 0, 0, 1767618000000, 0, 1, 0, '824'),
	(12, 1, 1767445200010, 1, 0, 0, 0, 0, 1767618000000, 0, 2, 0, '825'),
	(13, 1, 1767445200110, 1, 0, 0, 0, 0, 1767618000000, 0, 2, 0, '826'),
	(14, 1, 1767445200020, 1, 0, 0, 0, 0, 1767618000000, 0, 3, 0, '827'),
	(15, 1, 1767445200120, 1, 0, 0, 0, 0, 1767618000000, 0, 3, 0, '828'),
	(16, 1, 1767448860000, 1, 0, 0, 1767448860000, 0, 1767621660000, 0, 2, 2, '831'),
	(258, 1, 1767445200000, 1, 0, 0, 0, 0, 1767618000000, 0, 2, 0, '837'),
	(260, 1, 1767445200020, 1, 0, 0, 0, 0, 1767618000000, 0, 2, 0, '837'),
	(262, 1, 1767448860000, 1, 0, 0, 1767448860000, 0, 1767621660000, 0, 2, 2, '838'),
	(264, 1, 1767448860000, 1, 0, 0, 1767448860000, 0, 1767621660000, 0, 2, 2, '838'),
	(266, 1, 1767448860000, 1, 0, 0, 1767448860000, 0, 1767621660000, 0, 2, 2, '839'),
	(268, 1, 1767448860000, 1, 0, 0, 1767448860000, 0, 1767621660000, 0, 2, 2, '839'),
	(19, 2, 1767445200010, 1, 0, 0, 0, 0, 1767618000000, 0, 2, 0, '862');
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
	(12, 2, 1767445200000, 10000, 10000, NULL, 1),
	(13, 2, 1767445200000, -10000, 0, 9, 2),
	(14, 3, 1767445200000, 50000, 50000, NULL, 1),
	(15, 3, 1767445200000, -10000, 40000, 10, 2),
	(16, 1, 1767445200000, -10000, 900000, 11, 2),
	(17, 3, 1767445200000, -10000, 30000, 12, 2),
	(18, 1, 1767445200000, -10000, 890000, 13, 2),
	(19, 3, 1767445200000, -10000, 20000, 14, 2),
	(20, 1, 1767445200000, -10000, 880000, 15, 2),
	(21, 4, 1767445200000, 500000, 500000, NULL, 1),
	(22, 4, 1767445200000, -10000, 490000, 16, 2),
	(23, 4, 1767445200000, -10000, 480000, 17, 2),
	(24, 4, 1767445200000, 10000, 490000, 17, 3),
	(25, 4, 1767445200000, -20000, 470000, 257, 2),
	(26, 4, 1767445200000, -20000, 450000, 261, 2),
	(27, 4, 1767445200000, -20000, 430000, 265, 2),
	(28, 4, 1767445200000, -20000, 410000, 269, 2),
	(29, 4, 1767445200000, -20000, 390000, 273, 2),
	(30, 4, 1767445200000, -20000, 370000, 277, 2),
	(31, 5, 1767445200000, 50000, 50000, NULL, 1),
	(32, 5, 1767445200000, -10000, 40000, 18, 2),
	(33, 5, 1767445200000, -10000, 30000, 19, 2);
INSERT INTO public.link VALUES
	(1, 1, 1, 1767445215000, 2, NULL),
	(1, 1, 1, 1767445215000, 1, '{"state":"bound as transceiver","since":"2026-01-03T13:00:00Z","window":100,"in_flight":0,"submits":1,"reconnects":0,"error":"","error_at":null,"node":"gateway:1","rate":null,"slowed":false,"why":null,"bound":null}');
INSERT INTO public.message_0 VALUES
	(1, 1, 1, 10000, 1767268800000, 1767441600000, 1767445200000, 43, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(2, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 22, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(3, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 52, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(4, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 21, 2, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(5, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 51, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(6, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(7, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(8, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 3, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(9, 2, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 21, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(10, 3, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 1, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(11, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 1, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(12, 3, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(13, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 2, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(14, 3, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 3, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(15, 1, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 3, 0, false, '46701740605', 'ip1', NULL, NULL, 0),
	(16, 4, 1, 10000, 1767445200000, 1767621660000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1', 1767448860000, NULL, 0),
	(17, 4, 1, 10000, 1767445200000, 1767621660000, 1767445200000, 12, 1, 2, 0, false, '46701740605', 'ip1', 1767448860000, NULL, 0),
	(258, 4, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 2, 0, false, '46701740605', 'ip1', NULL, 257, 0),
	(259, 4, 0, 0, 1767445200000, 1767618000000, 1767445200000, 3, 1, 2, 0, false, 'hej', 'ip1', NULL, 257, 0),
	(260, 4, 1, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 2, 0, false, '46701740605', 'ip1', NULL, 257, 0),
	(262, 4, 1, 10000, 1767445200000, 1767621660000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1', 1767448860000, 261, 0),
	(263, 4, 0, 0, 1767445200000, 1767621660000, 1767445200000, 3, 1, 2, 0, false, 'hej', 'ip1', 1767448860000, 261, 0),
	(264, 4, 1, 10000, 1767445200000, 1767621660000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1', 1767448860000, 261, 0),
	(266, 4, 1, 10000, 1767445200000, 1767621660000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1', 1767448860000, 265, 0),
	(267, 4, 0, 0, 1767445200000, 1767621660000, 1767445200000, 3, 1, 2, 0, false, 'hej', 'ip1', 1767448860000, 265, 0),
	(268, 4, 1, 10000, 1767445200000, 1767621660000, 1767445200000, 11, 1, 2, 0, false, '46701740605', 'ip1', 1767448860000, 265, 0),
	(18, 5, 2, 10000, 1767445200000, 1767618000000, 1767445200000, 22, 1, 2, 8, false, '46701740605', '46702617396', NULL, NULL, 1),
	(19, 5, 2, 10000, 1767445200000, 1767618000000, 1767445200000, 10, 1, 2, 8, false, '46701740605', '46702617396', NULL, NULL, 1);
INSERT INTO public.number VALUES
	(1, 1767445200000, '46737494123', 'example.com', '{"callback":"https://example.com/in?from=kavle"}');
INSERT INTO public.operator VALUES
	(1767445200000, false, 'anna', 'no hash', 'admin');
INSERT INTO public.receipt_0 VALUES
	(1, 2, 1767445200000, 1, 1, 22, 'id:delivered', false),
	(2, 3, 1767445200000, 1, 1, 52, 'id:failed', false),
	(3, 4, 1767445200000, 1, 1, 22, 'id:open.1', false),
	(4, 18, 1767445200000, 1, 1, 22, 'id:mm7', false);
INSERT INTO public.recipient_runs VALUES
	(1, 0, 0);
INSERT INTO public.schedule VALUES
	(1, 0);
INSERT INTO public.schema_step VALUES
	(1, '0001_main_road', '2026-11-23 03:06:27.530064+00'),
	(2, '0002_accounts', '2026-11-23 03:06:27.713448+00'),
	(3, '0003_links', '2026-11-23 03:06:27.722566+00'),
	(4, '0004_fresh_jobs', '2026-11-23 03:06:27.740858+00'),
	(5, '0005_bundles', '2026-11-23 03:06:27.752883+00'),
	(6, '0006_network', '2026-11-23 03:06:27.786956+00'),
	(7, '0007_link_reports', '2026-11-23 03:06:27.797442+00'),
	(8, '0008_history', '2026-11-23 03:06:27.806405+00'),
	(9, '0009_incoming', '2026-11-23 03:06:27.819115+00'),
	(10, '0010_portal', '2026-11-23 03:06:27.914596+00'),
	(11, '0011_traffic', '2026-11-23 03:06:27.923714+00'),
	(12, '0012_recipients', '2026-11-23 03:06:27.939124+00'),
	(13, '0013_operators', '2026-11-23 03:06:27.953849+00'),
	(14, '0014_mms', '2026-11-23 03:06:27.972888+00'),
	(15, '0015_restoring', '2026-11-23 03:06:28.037089+00'),
	(16, '0016_closings', '2026-11-23 03:06:28.049831+00'),
	(17, '0017_persons', '2026-11-23 03:06:28.065184+00'),
	(18, '0018_seen', '2026-11-23 03:06:28.083794+00'),
	(19, '0019_room_in_a_page', '2026-11-23 03:06:28.094397+00');
INSERT INTO public.seen VALUES
	(1767445200000, NULL, 1);
INSERT INTO public.segment_0 VALUES
	(2, 1767445200000, 1, 1, 1, 21, 'delivered', NULL),
	(3, 1767445200000, 1, 1, 1, 21, 'failed', NULL),
	(4, 1767445200000, 1, 1, 1, 21, 'open.1', NULL),
	(4, 1767445200000, 1, 2, 1, 21, 'open.2', NULL),
	(5, 1767445200000, 1, 1, 2, 51, NULL, 'ESME_RSUBMITFAIL'),
	(6, 1767445200000, 1, 1, 3, 11, NULL, 'ESME_RTHROTTLED'),
	(7, 1767445200000, 1, 1, 4, 11, NULL, 'the link died'),
	(8, 1767445200000, 1, 1, 1, 21, 'leased.1', NULL),
	(9, 1767445200000, 1, 1, 4, 21, NULL, 'the link died'),
	(18, 1767445200000, 1, 1, 1, 21, 'mm7', NULL);
INSERT INTO public.stop VALUES
	(1, 1767445200000, '46701740605');
INSERT INTO public.tally VALUES
	('776', 1767268800000, 1, 1, 1, 0, 0, 0),
	('777', 1767445200000, 1, 1, 0, 0, 0, 1),
	('779', 1767445200000, 1, 1, 1, 0, 0, 0),
	('782', 1767445200000, 1, 1, 0, 1, 0, 0),
	('783', 1767445200000, 1, 1, 0, 0, 1, 0),
	('784', 1767445200000, 1, 1, 1, 0, 0, 0),
	('787', 1767445200000, 1, 1, 0, 1, 0, 0),
	('788', 1767445200000, 1, 1, 0, 0, 0, 1),
	('789', 1767445200000, 1, 1, 1, 0, 0, 0),
	('792', 1767445200000, 1, 1, 0, 1, 0, 0),
	('794', 1767445200000, 1, 1, 1, 0, 0, 0),
	('797', 1767445200000, 1, 1, 0, 0, 0, 1),
	('798', 1767445200000, 1, 1, 1, 0, 0, 0),
	('802', 1767445200000, 1, 1, 1, 0, 0, 0),
	('806', 1767445200000, 1, 1, 1, 0, 0, 0),
	('815', 1767445200000, 2, 1, 1, 0, 0, 0),
	('818', 1767445200000, 2, 1, 0, 1, 0, 0),
	('822', 1767445200000, 3, 1, 1, 0, 0, 0),
	('824', 1767445200000, 1, 1, 1, 0, 0, 0),
	('825', 1767445200000, 3, 1, 1, 0, 0, 0),
	('826', 1767445200000, 1, 1, 1, 0, 0, 0),
	('827', 1767445200000, 3, 1, 1, 0, 0, 0),
	('828', 1767445200000, 1, 1, 1, 0, 0, 0),
	('831', 1767445200000, 4, 1, 1, 0, 0, 0),
	('832', 1767445200000, 4, 1, 1, 0, 0, 0),
	('837', 1767445200000, 4, 0, 1, 0, 0, 1),
	('837', 1767445200000, 4, 1, 2, 0, 0, 0),
	('838', 1767445200000, 4, 0, 1, 0, 0, 1),
	('838', 1767445200000, 4, 1, 2, 0, 0, 0),
	('839', 1767445200000, 4, 0, 1, 0, 0, 1),
	('839', 1767445200000, 4, 1, 2, 0, 0, 0),
	('857', 1767445200000, 5, 2, 1, 0, 0, 0),
	('860', 1767445200000, 5, 2, 0, 1, 0, 0),
	('861', 1767445200000, 5, 2, 0, 0, 1, 0),
	('862', 1767445200000, 5, 2, 1, 0, 0, 0);
INSERT INTO public.waiting OVERRIDING SYSTEM VALUE VALUES
	(1, 1, 1767445200000, 22, 'early', '46701740605', 'id:early', false);
SELECT pg_catalog.setval('public.account_id_seq', 5, true);
SELECT pg_catalog.setval('public.audit_id_seq', 1, true);
SELECT pg_catalog.setval('public.carrier_id_seq', 2, true);
SELECT pg_catalog.setval('public.ledger_id_seq', 33, true);
SELECT pg_catalog.setval('public.message_block', 513, true);
SELECT pg_catalog.setval('public.receipt_id', 4, true);
SELECT pg_catalog.setval('public.waiting_id_seq', 1, true);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_name_key UNIQUE (name);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
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
ALTER TABLE ONLY public.bundle_part
    ADD CONSTRAINT bundle_part_pkey PRIMARY KEY (first_id);
ALTER TABLE ONLY public.bundle
    ADD CONSTRAINT bundle_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.callback
    ADD CONSTRAINT callback_pkey PRIMARY KEY (incoming_id);
ALTER TABLE ONLY public.callback_try
    ADD CONSTRAINT callback_try_pkey PRIMARY KEY (incoming_id, number);
ALTER TABLE ONLY public.callback_try_0
    ADD CONSTRAINT callback_try_0_pkey PRIMARY KEY (incoming_id, number);
ALTER TABLE ONLY public.callback_try_10000000
    ADD CONSTRAINT callback_try_10000000_pkey PRIMARY KEY (incoming_id, number);
ALTER TABLE ONLY public.carrier
    ADD CONSTRAINT carrier_name_key UNIQUE (name);
ALTER TABLE ONLY public.carrier
    ADD CONSTRAINT carrier_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.closing
    ADD CONSTRAINT closing_pkey PRIMARY KEY (account_id, month);
ALTER TABLE ONLY public.contender
    ADD CONSTRAINT contender_pkey PRIMARY KEY (carrier_id, node_id);
ALTER TABLE ONLY public.erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.file
    ADD CONSTRAINT file_pkey PRIMARY KEY (message_id, number);
ALTER TABLE ONLY public.file_0
    ADD CONSTRAINT file_0_pkey PRIMARY KEY (message_id, number);
ALTER TABLE ONLY public.file_10000000
    ADD CONSTRAINT file_10000000_pkey PRIMARY KEY (message_id, number);
ALTER TABLE ONLY public.gateway
    ADD CONSTRAINT gateway_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.incoming
    ADD CONSTRAINT incoming_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.incoming_0
    ADD CONSTRAINT incoming_0_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.incoming_10000000
    ADD CONSTRAINT incoming_10000000_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.incoming_part
    ADD CONSTRAINT incoming_part_pkey PRIMARY KEY (sender, recipient, carrier_id, reference, total, number);
ALTER TABLE ONLY public.incoming_seen
    ADD CONSTRAINT incoming_seen_pkey PRIMARY KEY (digest);
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
ALTER TABLE ONLY public.number
    ADD CONSTRAINT number_pkey PRIMARY KEY (msisdn);
ALTER TABLE ONLY public.operator
    ADD CONSTRAINT operator_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (message_id, id);
ALTER TABLE ONLY public.receipt_0
    ADD CONSTRAINT receipt_0_pkey PRIMARY KEY (message_id, id);
ALTER TABLE ONLY public.receipt_10000000
    ADD CONSTRAINT receipt_10000000_pkey PRIMARY KEY (message_id, id);
ALTER TABLE ONLY public.recipient_run
    ADD CONSTRAINT recipient_run_pkey PRIMARY KEY (run, recipient, account_id, message_id);
ALTER TABLE ONLY public.recipient_runs
    ADD CONSTRAINT recipient_runs_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.restoring
    ADD CONSTRAINT restoring_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.schema_step
    ADD CONSTRAINT schema_step_pkey PRIMARY KEY (step);
ALTER TABLE ONLY public.seen
    ADD CONSTRAINT seen_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.segment
    ADD CONSTRAINT segment_pkey PRIMARY KEY (message_id, number, attempt);
ALTER TABLE ONLY public.segment_0
    ADD CONSTRAINT segment_0_pkey PRIMARY KEY (message_id, number, attempt);
ALTER TABLE ONLY public.segment_10000000
    ADD CONSTRAINT segment_10000000_pkey PRIMARY KEY (message_id, number, attempt);
ALTER TABLE ONLY public.stop
    ADD CONSTRAINT stop_pkey PRIMARY KEY (account_id, msisdn);
ALTER TABLE ONLY public.traffic
    ADD CONSTRAINT traffic_pkey PRIMARY KEY (minutes, account_id, at, carrier_id);
ALTER TABLE ONLY public.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (id);
CREATE INDEX bundle_account ON public.bundle USING btree (account_id, id);
CREATE INDEX bundle_part_bundle ON public.bundle_part USING btree (bundle_id, first_id);
CREATE INDEX bundle_part_work ON public.bundle_part USING btree (work DESC, priority DESC, tag, first_id) WHERE (work <> 0);
CREATE INDEX callback_due ON public.callback USING btree (state, due) WHERE (state <> 0);
CREATE INDEX callback_leased ON public.callback USING btree (number) WHERE (state = 1);
CREATE INDEX callback_ready ON public.callback USING btree (number, incoming_id) WHERE (state = 0);
CREATE INDEX incoming_account ON ONLY public.incoming USING btree (account_id, id);
CREATE INDEX incoming_0_account_id_id_idx ON public.incoming_0 USING btree (account_id, id);
CREATE INDEX incoming_failed ON ONLY public.incoming USING btree (id) WHERE (state = 3);
CREATE INDEX incoming_0_id_idx ON public.incoming_0 USING btree (id) WHERE (state = 3);
CREATE INDEX incoming_recipient ON ONLY public.incoming USING btree (recipient, id);
CREATE INDEX incoming_0_recipient_id_idx ON public.incoming_0 USING btree (recipient, id);
CREATE INDEX incoming_sender ON ONLY public.incoming USING btree (sender, id);
CREATE INDEX incoming_0_sender_id_idx ON public.incoming_0 USING btree (sender, id);
CREATE INDEX incoming_10000000_account_id_id_idx ON public.incoming_10000000 USING btree (account_id, id);
CREATE INDEX incoming_10000000_id_idx ON public.incoming_10000000 USING btree (id) WHERE (state = 3);
CREATE INDEX incoming_10000000_recipient_id_idx ON public.incoming_10000000 USING btree (recipient, id);
CREATE INDEX incoming_10000000_sender_id_idx ON public.incoming_10000000 USING btree (sender, id);
CREATE INDEX incoming_part_done ON public.incoming_part USING btree (received_at) WHERE (incoming_id IS NOT NULL);
CREATE INDEX incoming_part_open ON public.incoming_part USING btree (received_at) WHERE (incoming_id IS NULL);
CREATE INDEX incoming_seen_at ON public.incoming_seen USING btree (at);
CREATE INDEX job_due ON public.job USING btree (state, due) WHERE (state <> 0);
CREATE INDEX job_fresh ON public.job USING btree (carrier_id, since) WHERE ((state < 1) AND (since > '0'::xid8));
CREATE INDEX job_ready ON public.job USING btree (carrier_id, priority DESC, tag, message_id) WHERE (state = 0);
CREATE INDEX ledger_account ON public.ledger USING btree (account_id, id);
CREATE INDEX message_due ON ONLY public.message USING btree (account_id, due_at, id) WHERE ((due_at IS NOT NULL) AND (bundle_id IS NULL));
CREATE INDEX message_0_account_id_due_at_id_idx ON public.message_0 USING btree (account_id, due_at, id) WHERE ((due_at IS NOT NULL) AND (bundle_id IS NULL));
CREATE INDEX message_account ON ONLY public.message USING btree (account_id, id);
CREATE INDEX message_0_account_id_id_idx ON public.message_0 USING btree (account_id, id);
CREATE INDEX message_10000000_account_id_due_at_id_idx ON public.message_10000000 USING btree (account_id, due_at, id) WHERE ((due_at IS NOT NULL) AND (bundle_id IS NULL));
CREATE INDEX message_10000000_account_id_id_idx ON public.message_10000000 USING btree (account_id, id);
CREATE INDEX number_account ON public.number USING btree (account_id, msisdn);
CREATE INDEX tally_since ON public.tally USING btree (since);
CREATE INDEX waiting_id ON public.waiting USING btree (domain, network_id);
ALTER INDEX public.body_pkey ATTACH PARTITION public.body_0_pkey;
ALTER INDEX public.body_pkey ATTACH PARTITION public.body_10000000_pkey;
ALTER INDEX public.callback_try_pkey ATTACH PARTITION public.callback_try_0_pkey;
ALTER INDEX public.callback_try_pkey ATTACH PARTITION public.callback_try_10000000_pkey;
ALTER INDEX public.file_pkey ATTACH PARTITION public.file_0_pkey;
ALTER INDEX public.file_pkey ATTACH PARTITION public.file_10000000_pkey;
ALTER INDEX public.incoming_account ATTACH PARTITION public.incoming_0_account_id_id_idx;
ALTER INDEX public.incoming_failed ATTACH PARTITION public.incoming_0_id_idx;
ALTER INDEX public.incoming_pkey ATTACH PARTITION public.incoming_0_pkey;
ALTER INDEX public.incoming_recipient ATTACH PARTITION public.incoming_0_recipient_id_idx;
ALTER INDEX public.incoming_sender ATTACH PARTITION public.incoming_0_sender_id_idx;
ALTER INDEX public.incoming_account ATTACH PARTITION public.incoming_10000000_account_id_id_idx;
ALTER INDEX public.incoming_failed ATTACH PARTITION public.incoming_10000000_id_idx;
ALTER INDEX public.incoming_pkey ATTACH PARTITION public.incoming_10000000_pkey;
ALTER INDEX public.incoming_recipient ATTACH PARTITION public.incoming_10000000_recipient_id_idx;
ALTER INDEX public.incoming_sender ATTACH PARTITION public.incoming_10000000_sender_id_idx;
ALTER INDEX public.message_due ATTACH PARTITION public.message_0_account_id_due_at_id_idx;
ALTER INDEX public.message_account ATTACH PARTITION public.message_0_account_id_id_idx;
ALTER INDEX public.message_pkey ATTACH PARTITION public.message_0_pkey;
ALTER INDEX public.message_due ATTACH PARTITION public.message_10000000_account_id_due_at_id_idx;
ALTER INDEX public.message_account ATTACH PARTITION public.message_10000000_account_id_id_idx;
ALTER INDEX public.message_pkey ATTACH PARTITION public.message_10000000_pkey;
ALTER INDEX public.receipt_pkey ATTACH PARTITION public.receipt_0_pkey;
ALTER INDEX public.receipt_pkey ATTACH PARTITION public.receipt_10000000_pkey;
ALTER INDEX public.segment_pkey ATTACH PARTITION public.segment_0_pkey;
ALTER INDEX public.segment_pkey ATTACH PARTITION public.segment_10000000_pkey;
ALTER TABLE ONLY public.balance
    ADD CONSTRAINT balance_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

PRAGMA auto_vacuum = incremental;
PRAGMA page_size=4096;
BEGIN TRANSACTION;
DROP TABLE IF EXISTS account;
CREATE TABLE account (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT    NOT NULL UNIQUE,
  password_hash TEXT    NOT NULL,
  created_at    INTEGER NOT NULL
, settings TEXT NOT NULL DEFAULT '{}', portal_hash TEXT);
INSERT INTO account VALUES(1,'test','not a hash',1767268800000,'{}',NULL);
INSERT INTO account VALUES(2,'held','no hash',1767445200000,'{}',NULL);
INSERT INTO account VALUES(3,'other','no hash',1767445200000,'{"sender":"ip1","charset":"latin-1"}',NULL);
INSERT INTO account VALUES(4,'timed','no hash',1767445200000,'{}',NULL);
INSERT INTO account VALUES(5,'mms','no hash',1767445200000,'{}',NULL);
DROP TABLE IF EXISTS audit;
CREATE TABLE audit (                    -- written before the change that it tells of is made
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  at            INTEGER NOT NULL,
  operator      TEXT    NOT NULL,       -- a name, also of one who is gone; 'system:' before a system user's
  what          TEXT    NOT NULL,
  subject       TEXT    NOT NULL,
  came          INTEGER NOT NULL,       -- kavle.model.audit.Came
  before        TEXT    NOT NULL,       -- JSON: what the change made different, and only that
  after         TEXT    NOT NULL
);
INSERT INTO audit VALUES(1,1767445200000,'anna','Account disabled','timed',1,'{"log-in":"enabled"}','{"log-in":"disabled"}');
DROP TABLE IF EXISTS awaiting;
CREATE TABLE awaiting (                 -- segments whose receipt is open; not unique by network id: networks reuse ids
  domain       INTEGER NOT NULL,        -- whose ids these are: a carrier
  network_id   TEXT    NOT NULL,
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  recipient    TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (domain, network_id, message_id, number, attempt)
) WITHOUT ROWID;
INSERT INTO awaiting VALUES(1,'leased.1',8,1,1,'46701740605',1767445200000);
INSERT INTO awaiting VALUES(1,'open.2',4,2,1,'46701740605',1767445200000);
DROP TABLE IF EXISTS balance;
CREATE TABLE balance (                  -- apart from account, which is read often and hardly changes
  account_id   INTEGER PRIMARY KEY REFERENCES account,
  amount       INTEGER NOT NULL CHECK (amount >= 0),
  weight       INTEGER NOT NULL DEFAULT 1 CHECK (weight > 0),
  tag          INTEGER NOT NULL DEFAULT 0        -- the account's last place in the fair queue
);
INSERT INTO balance VALUES(1,880000,1,1767445200130);
INSERT INTO balance VALUES(2,0,1,1767445200010);
INSERT INTO balance VALUES(3,20000,1,1767445200030);
INSERT INTO balance VALUES(4,370000,1,1767445200060);
INSERT INTO balance VALUES(5,30000,1,1767445200020);
DROP TABLE IF EXISTS body;
CREATE TABLE body (                     -- the text, erasable without rewriting messages
  message_id   INTEGER PRIMARY KEY,
  text         TEXT    NOT NULL
);
INSERT INTO body VALUES(1,'expired');
INSERT INTO body VALUES(2,'delivered');
INSERT INTO body VALUES(3,'failed');
INSERT INTO body VALUES(4,'open xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO body VALUES(5,'refused');
INSERT INTO body VALUES(6,'deferred');
INSERT INTO body VALUES(7,'unsure');
INSERT INTO body VALUES(8,'leased xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO body VALUES(9,'held');
INSERT INTO body VALUES(10,'queued å');
INSERT INTO body VALUES(11,'queued ä');
INSERT INTO body VALUES(12,'queued å');
INSERT INTO body VALUES(13,'queued ä');
INSERT INTO body VALUES(14,'queued å');
INSERT INTO body VALUES(15,'queued ä');
INSERT INTO body VALUES(16,'scheduled');
INSERT INTO body VALUES(17,'cancelled');
INSERT INTO body VALUES(18,'made');
INSERT INTO body VALUES(22,'made-timed');
INSERT INTO body VALUES(26,'made-ending');
INSERT INTO body VALUES(30,'unmade');
INSERT INTO body VALUES(34,'unmade-timed');
INSERT INTO body VALUES(38,'unmade-ending');
INSERT INTO body VALUES(42,'called');
INSERT INTO body VALUES(43,'given up');
INSERT INTO body VALUES(44,'called again');
INSERT INTO body VALUES(45,'waiting');
INSERT INTO body VALUES(46,'unowned');
INSERT INTO body VALUES(47,'pictured');
INSERT INTO body VALUES(48,'picture-queued');
INSERT INTO body VALUES(49,'Semester');
DROP TABLE IF EXISTS bundle;
CREATE TABLE bundle (                   -- as accepted; insert-only but for cancelled_at
  id            INTEGER PRIMARY KEY,    -- from the same counter as the messages' ids
  account_id    INTEGER NOT NULL,
  sender        TEXT    NOT NULL,
  encoding      INTEGER NOT NULL,
  segments      INTEGER NOT NULL,       -- of each message
  priority      INTEGER NOT NULL,
  accepted_at   INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  due_at        INTEGER,
  tag_step      INTEGER NOT NULL,       -- from one message's place in the fair queue to the next one's
  count         INTEGER NOT NULL,       -- recipients
  cancelled_at  INTEGER
);
INSERT INTO bundle VALUES(18,4,'ip1',0,1,2,1767445200000,1767618000000,NULL,10,3,NULL);
INSERT INTO bundle VALUES(22,4,'ip1',0,1,2,1767445200000,1767621660000,1767448860000,0,3,NULL);
INSERT INTO bundle VALUES(26,4,'ip1',0,1,2,1767445200000,1767621660000,1767448860000,0,3,1767445200000);
INSERT INTO bundle VALUES(30,4,'ip1',0,1,2,1767445200000,1767618000000,NULL,10,3,NULL);
INSERT INTO bundle VALUES(34,4,'ip1',0,1,2,1767445200000,1767621660000,1767448860000,0,3,NULL);
INSERT INTO bundle VALUES(38,4,'ip1',0,1,2,1767445200000,1767621660000,1767448860000,0,3,1767445200000);
CREATE INDEX bundle_account ON bundle (account_id);
DROP TABLE IF EXISTS bundle_part;
CREATE TABLE bundle_part (
  first_id      INTEGER PRIMARY KEY,
  last_id       INTEGER NOT NULL,
  bundle_id     INTEGER NOT NULL,
  priority      INTEGER NOT NULL,
  tag           INTEGER NOT NULL,       -- of its first message, in the fair queue
  work          INTEGER NOT NULL,       -- kavle.store.rows.PartWork: what is still to be done
  recipients    TEXT                    -- JSON [[recipient, carrier, segment price], ...]; null once they are messages
);
INSERT INTO bundle_part VALUES(19,21,18,2,1767445200000,0,NULL);
INSERT INTO bundle_part VALUES(23,25,22,2,1767448860000,0,NULL);
INSERT INTO bundle_part VALUES(27,29,26,2,1767448860000,2,NULL);
INSERT INTO bundle_part VALUES(31,33,30,2,1767445200030,1,'[["46701740605",1,10000],["hej",0,0],["46701740605",1,10000]]');
INSERT INTO bundle_part VALUES(35,37,34,2,1767448860000,1,'[["46701740605",1,10000],["hej",0,0],["46701740605",1,10000]]');
INSERT INTO bundle_part VALUES(39,41,38,2,1767448860000,1,'[["46701740605",1,10000],["hej",0,0],["46701740605",1,10000]]');
CREATE INDEX bundle_part_bundle ON bundle_part (bundle_id, first_id);
CREATE INDEX bundle_part_work ON bundle_part (work DESC, priority DESC, tag, first_id) WHERE work <> 0;
DROP TABLE IF EXISTS callback;
CREATE TABLE callback (                 -- one narrow row a message that its customer does not have, deleted when he does
  incoming_id  INTEGER PRIMARY KEY,
  number       TEXT    NOT NULL,        -- whose calls are made in order, apart from the others'
  state        INTEGER NOT NULL,        -- kavle.store.rows.JobState
  tries        INTEGER NOT NULL,        -- begun, ever
  round        INTEGER NOT NULL,        -- of these since it came or was last replayed
  due          INTEGER NOT NULL,        -- leased: when the lease ends; waiting: when it is ready
  token        INTEGER NOT NULL         -- fences the present lease
);
INSERT INTO callback VALUES(44,'46737494123',2,1,1,1767447000000,1);
INSERT INTO callback VALUES(45,'46737494123',0,0,0,0,0);
INSERT INTO callback VALUES(49,'46737494123',0,0,0,0,0);
CREATE INDEX callback_due ON callback (state, due) WHERE state <> 0;
CREATE INDEX callback_leased ON callback (number) WHERE state = 1;
CREATE INDEX callback_ready ON callback (number, incoming_id) WHERE state = 0;
DROP TABLE IF EXISTS callback_try;
CREATE TABLE callback_try (             -- insert-only: one row a call
  incoming_id  INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- from 1
  at           INTEGER NOT NULL,
  milliseconds INTEGER NOT NULL,
  status       INTEGER,                 -- HTTP's; null: none came
  head         TEXT    NOT NULL,        -- what its answer began with
  error        TEXT,
  PRIMARY KEY (incoming_id, number)
) WITHOUT ROWID;
INSERT INTO callback_try VALUES(42,1,1767445200000,12,200,'OK',NULL);
INSERT INTO callback_try VALUES(43,1,1767445200000,12,500,'','the answer is no OK');
INSERT INTO callback_try VALUES(44,1,1767445200000,12,NULL,'','refused');
DROP TABLE IF EXISTS carrier;
CREATE TABLE carrier (
  id           INTEGER PRIMARY KEY,
  name         TEXT    NOT NULL UNIQUE
, hold INTEGER NOT NULL DEFAULT 0, whole INTEGER NOT NULL DEFAULT 0, down_since INTEGER, service INTEGER NOT NULL DEFAULT 0);
INSERT INTO carrier VALUES(1,'telia',0,0,NULL,0);
INSERT INTO carrier VALUES(2,'mmsc',0,0,NULL,1);
DROP TABLE IF EXISTS closing;
CREATE TABLE closing (
  account_id   INTEGER NOT NULL REFERENCES account,
  month        INTEGER NOT NULL,        -- 202611, in UTC
  entries      INTEGER NOT NULL,        -- of this month
  last_id      INTEGER NOT NULL,        -- of the ledger's: closed as far as that
  balance      INTEGER NOT NULL,        -- after that entry, which all up to it add up to
  PRIMARY KEY (account_id, month)
) WITHOUT ROWID;
INSERT INTO closing VALUES(1,202601,14,20,880000);
INSERT INTO closing VALUES(2,202601,2,13,0);
INSERT INTO closing VALUES(3,202601,4,19,20000);
INSERT INTO closing VALUES(4,202601,10,30,370000);
INSERT INTO closing VALUES(5,202601,3,33,30000);
DROP TABLE IF EXISTS contender;
CREATE TABLE contender (                -- nodes that would have some of a carrier's links
  carrier_id   INTEGER NOT NULL,
  node_id      INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  PRIMARY KEY (carrier_id, node_id)
) WITHOUT ROWID;
INSERT INTO contender VALUES(1,1,9008966699940992);
DROP TABLE IF EXISTS erasure;
CREATE TABLE erasure (
  digest       BLOB    PRIMARY KEY,     -- keyed, of the number: kavle.store.persons.fingerprint
  at           INTEGER NOT NULL         -- when it was erased last
) WITHOUT ROWID;
DROP TABLE IF EXISTS file;
CREATE TABLE file (                     -- of messages that go out or came in; erasable as a body is
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- from 1, in their order
  name         TEXT    NOT NULL,
  content_type TEXT    NOT NULL,
  content_id   TEXT    NOT NULL,        -- of what came in: as its network named it
  size         INTEGER NOT NULL,        -- octets of data, which stands last: who reads the others does not read it
  data         BLOB    NOT NULL,
  PRIMARY KEY (message_id, number)
);
INSERT INTO file VALUES(47,1,'bild.jpg','image/jpeg','',29,X'FFD8FFE000104A46494600010D0A2D2D626F756E646172790D0A00FFD9');
INSERT INTO file VALUES(47,2,'kort.vcf','text/x-vcard','',37,X'424547494E3A56434152440D0A56455253494F4E3A322E310D0A454E443A56434152440D0A');
INSERT INTO file VALUES(48,1,'bild.jpg','image/jpeg','',29,X'FFD8FFE000104A46494600010D0A2D2D626F756E646172790D0A00FFD9');
INSERT INTO file VALUES(48,2,'kort.vcf','text/x-vcard','',37,X'424547494E3A56434152440D0A56455253494F4E3A322E310D0A454E443A56434152440D0A');
INSERT INTO file VALUES(49,1,'bild.jpg','image/jpeg','bild.jpg@phone',29,X'FFD8FFE000104A46494600010D0A2D2D626F756E646172790D0A00FFD9');
INSERT INTO file VALUES(49,2,'text.txt','text/plain','text.txt@phone',6,X'48656A20C3A5');
DROP TABLE IF EXISTS gateway;
CREATE TABLE gateway (                  -- one row: what this gateway is
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  id_key       BLOB    NOT NULL,        -- of the public ids; changing it would rename every message
  last_id      INTEGER NOT NULL         -- the newest internal id; never reused
);
INSERT INTO gateway VALUES(1,X'6E831C805A92562BB13E8D0980FBE47F7C9271CE96D8F9DCADADD23AA65EAC5B',49);
DROP TABLE IF EXISTS incoming;
CREATE TABLE incoming (                 -- insert-mostly: only state and state_at ever change; its text is a body
  id           INTEGER PRIMARY KEY,     -- from the same counter as the messages' ids
  account_id   INTEGER,                 -- whose number it was then; null: nobody's
  carrier_id   INTEGER NOT NULL,
  sender       TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  received_at  INTEGER NOT NULL,        -- its first part
  parts        INTEGER NOT NULL,        -- of which it was sent
  got          INTEGER NOT NULL,        -- of which it has come: fewer, if some did not come in time
  state        INTEGER NOT NULL,        -- kavle.model.incoming.IncomingState
  state_at     INTEGER NOT NULL
, mms TEXT);
INSERT INTO incoming VALUES(42,1,1,'46701740605','46737494123',1767445200000,1,1,2,1767445200000,NULL);
INSERT INTO incoming VALUES(43,1,1,'46701740605','46737494123',1767445200000,1,1,3,1767445200000,NULL);
INSERT INTO incoming VALUES(44,1,1,'46701740605','46737494123',1767445200000,1,1,1,1767445200000,NULL);
INSERT INTO incoming VALUES(45,1,1,'46701740605','46737494123',1767445200000,1,1,1,1767445200000,NULL);
INSERT INTO incoming VALUES(46,NULL,1,'46701740605','46737000000',1767445200000,1,1,0,1767445200000,NULL);
INSERT INTO incoming VALUES(49,1,2,'46701740605','46737494123',1767445200000,1,1,1,1767445200000,'{"message_class":"Personal","priority":"Normal","version":"6.8.0","transaction":"t1"}');
CREATE INDEX incoming_account ON incoming (account_id, id);
CREATE INDEX incoming_failed ON incoming (id) WHERE state = 3;
CREATE INDEX incoming_recipient ON incoming (recipient, id);
CREATE INDEX incoming_sender ON incoming (sender, id);
DROP TABLE IF EXISTS incoming_part;
CREATE TABLE incoming_part (            -- parts of long messages: they wait for the others, and then a while for doubles
  carrier_id   INTEGER NOT NULL,
  reference    INTEGER NOT NULL,        -- with the kind of reference it is: kavle.model.incoming.Piece
  total        INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- 1 … total
  received_at  INTEGER NOT NULL,
  incoming_id  INTEGER,                 -- the message that it is in; null: it waits
  sender       TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  text         BLOB    NOT NULL,        -- UTF-16, big-endian: a part may end in the middle of a character
  PRIMARY KEY (sender, recipient, carrier_id, reference, total, number)
) WITHOUT ROWID;
INSERT INTO incoming_part VALUES(1,7,2,1,1767445200000,NULL,'46701740605','46737494123',X'0065006E0020');
CREATE INDEX incoming_part_done ON incoming_part (received_at) WHERE incoming_id IS NOT NULL;
CREATE INDEX incoming_part_open ON incoming_part (received_at) WHERE incoming_id IS NULL;
DROP TABLE IF EXISTS incoming_seen;
CREATE TABLE incoming_seen (            -- MMS that came: the same again is the network's second try
  digest       BLOB    PRIMARY KEY,
  at           INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO incoming_seen VALUES(X'441CAD08865E31400369DC995F45D4AC356E8C36E55A155701A37CA78E83E725',1767445200000);
CREATE INDEX incoming_seen_at ON incoming_seen (at);
DROP TABLE IF EXISTS job;
CREATE TABLE job (                      -- the queue: one narrow row a message that waits, deleted when handed over
  message_id   INTEGER PRIMARY KEY,
  carrier_id   INTEGER NOT NULL,
  priority     INTEGER NOT NULL,
  tag          INTEGER NOT NULL,        -- fair order within a priority
  state        INTEGER NOT NULL,        -- kavle.store.rows.JobState
  unsent       INTEGER NOT NULL,        -- bit n-1: segment n is not yet with the network
  handed       INTEGER NOT NULL,        -- bit n-1: segment n's outcome is awaited under the present lease
  unsure       INTEGER NOT NULL,        -- bit n-1: segment n's last outcome was unsure, so it is not refunded
  attempt      INTEGER NOT NULL,
  due          INTEGER NOT NULL,        -- leased: when the lease ends; waiting: when it is ready
  token        INTEGER NOT NULL,        -- fences the present lease
  expires_at   INTEGER NOT NULL
);
INSERT INTO job VALUES(6,1,2,1767445200050,2,1,0,0,1,1767445201000,277200225236686807,1767618000000);
INSERT INTO job VALUES(7,1,2,1767445200060,2,1,0,1,1,1767445201000,1367187262023445052,1767618000000);
INSERT INTO job VALUES(8,1,2,1767445200070,1,6,6,0,1,1767445320000,1800536972527340200,1767618000000);
INSERT INTO job VALUES(9,1,2,1767445200000,3,0,0,1,1,1767445200000,2508507582908968078,1767618000000);
INSERT INTO job VALUES(10,1,1,1767445200000,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(11,1,1,1767445200100,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(12,1,2,1767445200010,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(13,1,2,1767445200110,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(14,1,3,1767445200020,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(15,1,3,1767445200120,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(16,1,2,1767448860000,2,1,0,0,0,1767448860000,0,1767621660000);
INSERT INTO job VALUES(19,1,2,1767445200000,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(21,1,2,1767445200020,0,1,0,0,0,0,0,1767618000000);
INSERT INTO job VALUES(23,1,2,1767448860000,2,1,0,0,0,1767448860000,0,1767621660000);
INSERT INTO job VALUES(25,1,2,1767448860000,2,1,0,0,0,1767448860000,0,1767621660000);
INSERT INTO job VALUES(27,1,2,1767448860000,2,1,0,0,0,1767448860000,0,1767621660000);
INSERT INTO job VALUES(29,1,2,1767448860000,2,1,0,0,0,1767448860000,0,1767621660000);
INSERT INTO job VALUES(48,2,2,1767445200010,0,1,0,0,0,0,0,1767618000000);
CREATE INDEX job_due ON job (state, due) WHERE state <> 0;
CREATE INDEX job_ready ON job (carrier_id, priority DESC, tag, message_id) WHERE state = 0;
DROP TABLE IF EXISTS ledger;
CREATE TABLE ledger (                   -- sum(amount) per account = balance.amount, always
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id   INTEGER NOT NULL REFERENCES account,
  at           INTEGER NOT NULL,
  kind         INTEGER NOT NULL,        -- kavle.store.rows.Entry
  amount       INTEGER NOT NULL,        -- signed
  balance      INTEGER NOT NULL,        -- after this entry
  message_id   INTEGER                  -- of the accept that it pays for
);
INSERT INTO ledger VALUES(1,1,1767268800000,1,1000000,1000000,NULL);
INSERT INTO ledger VALUES(2,1,1767268800000,2,-10000,990000,1);
INSERT INTO ledger VALUES(3,1,1767445200000,3,10000,1000000,1);
INSERT INTO ledger VALUES(4,1,1767445200000,2,-10000,990000,2);
INSERT INTO ledger VALUES(5,1,1767445200000,2,-10000,980000,3);
INSERT INTO ledger VALUES(6,1,1767445200000,2,-20000,960000,4);
INSERT INTO ledger VALUES(7,1,1767445200000,2,-10000,950000,5);
INSERT INTO ledger VALUES(8,1,1767445200000,3,10000,960000,5);
INSERT INTO ledger VALUES(9,1,1767445200000,2,-10000,950000,6);
INSERT INTO ledger VALUES(10,1,1767445200000,2,-10000,940000,7);
INSERT INTO ledger VALUES(11,1,1767445200000,2,-30000,910000,8);
INSERT INTO ledger VALUES(12,2,1767445200000,1,10000,10000,NULL);
INSERT INTO ledger VALUES(13,2,1767445200000,2,-10000,0,9);
INSERT INTO ledger VALUES(14,3,1767445200000,1,50000,50000,NULL);
INSERT INTO ledger VALUES(15,3,1767445200000,2,-10000,40000,10);
INSERT INTO ledger VALUES(16,1,1767445200000,2,-10000,900000,11);
INSERT INTO ledger VALUES(17,3,1767445200000,2,-10000,30000,12);
INSERT INTO ledger VALUES(18,1,1767445200000,2,-10000,890000,13);
INSERT INTO ledger VALUES(19,3,1767445200000,2,-10000,20000,14);
INSERT INTO ledger VALUES(20,1,1767445200000,2,-10000,880000,15);
INSERT INTO ledger VALUES(21,4,1767445200000,1,500000,500000,NULL);
INSERT INTO ledger VALUES(22,4,1767445200000,2,-10000,490000,16);
INSERT INTO ledger VALUES(23,4,1767445200000,2,-10000,480000,17);
INSERT INTO ledger VALUES(24,4,1767445200000,3,10000,490000,17);
INSERT INTO ledger VALUES(25,4,1767445200000,2,-20000,470000,18);
INSERT INTO ledger VALUES(26,4,1767445200000,2,-20000,450000,22);
INSERT INTO ledger VALUES(27,4,1767445200000,2,-20000,430000,26);
INSERT INTO ledger VALUES(28,4,1767445200000,2,-20000,410000,30);
INSERT INTO ledger VALUES(29,4,1767445200000,2,-20000,390000,34);
INSERT INTO ledger VALUES(30,4,1767445200000,2,-20000,370000,38);
INSERT INTO ledger VALUES(31,5,1767445200000,1,50000,50000,NULL);
INSERT INTO ledger VALUES(32,5,1767445200000,2,-10000,40000,47);
INSERT INTO ledger VALUES(33,5,1767445200000,2,-10000,30000,48);
CREATE INDEX ledger_account ON ledger (account_id);
DROP TABLE IF EXISTS link;
CREATE TABLE link (                     -- one row a link that a carrier may have, over all nodes
  carrier_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- 1 … the carrier's `binds`
  node_id      INTEGER,                 -- whose it is, until then; null: it was given back
  token        INTEGER NOT NULL,        -- rises with each change of hands
  expires_at   INTEGER NOT NULL, report TEXT,
  PRIMARY KEY (carrier_id, number)
) WITHOUT ROWID;
INSERT INTO link VALUES(1,1,1,1,9008966699940992,'{"state":"bound as transceiver","since":"2026-01-03T13:00:00Z","window":100,"in_flight":0,"submits":1,"reconnects":0,"error":"","error_at":null,"node":"gateway:1","rate":null,"slowed":false,"why":null,"bound":null}');
INSERT INTO link VALUES(1,2,1,1,9008966699940992,NULL);
DROP TABLE IF EXISTS message;
CREATE TABLE message (                  -- insert-mostly: only status and status_at ever change
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL,
  carrier_id    INTEGER NOT NULL,
  recipient     TEXT    NOT NULL,
  sender        TEXT    NOT NULL,
  encoding      INTEGER NOT NULL,       -- 3GPP TS 23.038: 0 GSM 7 bit, 8 UCS-2
  flash         INTEGER NOT NULL,
  priority      INTEGER NOT NULL,
  segments      INTEGER NOT NULL,
  segment_price INTEGER NOT NULL,
  accepted_at   INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  status        INTEGER NOT NULL,       -- the manual's code
  status_at     INTEGER NOT NULL
, due_at INTEGER, bundle_id INTEGER, service INTEGER NOT NULL DEFAULT 0);
INSERT INTO message VALUES(1,1,1,'46701740605','ip1',0,0,2,1,10000,1767268800000,1767441600000,43,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(2,1,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,22,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(3,1,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,52,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(4,1,1,'46701740605','ip1',0,0,2,2,10000,1767445200000,1767618000000,21,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(5,1,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,51,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(6,1,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,11,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(7,1,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,11,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(8,1,1,'46701740605','ip1',0,0,2,3,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(9,2,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,21,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(10,3,1,'46701740605','ip1',0,0,1,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(11,1,1,'46701740605','ip1',0,0,1,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(12,3,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(13,1,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(14,3,1,'46701740605','ip1',0,0,3,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(15,1,1,'46701740605','ip1',0,0,3,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,0);
INSERT INTO message VALUES(16,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767621660000,11,1767445200000,1767448860000,NULL,0);
INSERT INTO message VALUES(17,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767621660000,12,1767445200000,1767448860000,NULL,0);
INSERT INTO message VALUES(19,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,18,0);
INSERT INTO message VALUES(20,4,0,'hej','ip1',0,0,2,1,0,1767445200000,1767618000000,3,1767445200000,NULL,18,0);
INSERT INTO message VALUES(21,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,18,0);
INSERT INTO message VALUES(23,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767621660000,11,1767445200000,1767448860000,22,0);
INSERT INTO message VALUES(24,4,0,'hej','ip1',0,0,2,1,0,1767445200000,1767621660000,3,1767445200000,1767448860000,22,0);
INSERT INTO message VALUES(25,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767621660000,11,1767445200000,1767448860000,22,0);
INSERT INTO message VALUES(27,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767621660000,11,1767445200000,1767448860000,26,0);
INSERT INTO message VALUES(28,4,0,'hej','ip1',0,0,2,1,0,1767445200000,1767621660000,3,1767445200000,1767448860000,26,0);
INSERT INTO message VALUES(29,4,1,'46701740605','ip1',0,0,2,1,10000,1767445200000,1767621660000,11,1767445200000,1767448860000,26,0);
INSERT INTO message VALUES(47,5,2,'46701740605','46702617396',8,0,2,1,10000,1767445200000,1767618000000,22,1767445200000,NULL,NULL,1);
INSERT INTO message VALUES(48,5,2,'46701740605','46702617396',8,0,2,1,10000,1767445200000,1767618000000,10,1767445200000,NULL,NULL,1);
CREATE INDEX message_account ON message (account_id);
CREATE INDEX message_due ON message (account_id, due_at) WHERE due_at IS NOT NULL AND bundle_id IS NULL;
DROP TABLE IF EXISTS number;
CREATE TABLE number (                   -- to which phones may write
  msisdn       TEXT    PRIMARY KEY,     -- 11 or 15 digits
  account_id   INTEGER NOT NULL,
  host         TEXT    NOT NULL,        -- of its callback address
  created_at   INTEGER NOT NULL,
  settings     TEXT    NOT NULL         -- JSON: kavle.model.number.NumberSettings
) WITHOUT ROWID;
INSERT INTO number VALUES('46737494123',1,'example.com',1767445200000,'{"callback":"https://example.com/in?from=kavle"}');
CREATE INDEX number_account ON number (account_id, msisdn);
DROP TABLE IF EXISTS operator;
CREATE TABLE operator (
  name          TEXT    PRIMARY KEY,
  password_hash TEXT    NOT NULL,
  role          TEXT    NOT NULL,       -- kavle.model.account.Role
  disabled      INTEGER NOT NULL,
  created_at    INTEGER NOT NULL
);
INSERT INTO operator VALUES('anna','no hash','admin',0,1767445200000);
DROP TABLE IF EXISTS receipt;
CREATE TABLE receipt (                  -- as they came, matched
  id           INTEGER PRIMARY KEY,
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  status       INTEGER,                 -- null: it told nothing that is known
  at           INTEGER NOT NULL,
  raw          TEXT    NOT NULL
, whole INTEGER NOT NULL DEFAULT 0);
INSERT INTO receipt VALUES(1,2,1,1,22,1767445200000,'id:delivered',0);
INSERT INTO receipt VALUES(2,3,1,1,52,1767445200000,'id:failed',0);
INSERT INTO receipt VALUES(3,4,1,1,22,1767445200000,'id:open.1',0);
INSERT INTO receipt VALUES(4,47,1,1,22,1767445200000,'id:mm7',0);
CREATE INDEX receipt_message ON receipt (message_id);
DROP TABLE IF EXISTS recipient_run;
CREATE TABLE recipient_run (
  run          INTEGER NOT NULL,        -- message id / 8,192
  recipient    TEXT    NOT NULL,
  account_id   INTEGER NOT NULL,
  message_id   INTEGER NOT NULL,
  PRIMARY KEY (run, recipient, account_id, message_id)
) WITHOUT ROWID;
DROP TABLE IF EXISTS recipient_runs;
CREATE TABLE recipient_runs (           -- one row: how far they go
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  first        INTEGER NOT NULL,        -- the first run that is not dropped
  next         INTEGER NOT NULL         -- the first run that is not made
);
INSERT INTO recipient_runs VALUES(1,0,0);
DROP TABLE IF EXISTS restoring;
CREATE TABLE restoring (                -- one row, once it has been served from; none before
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  home         TEXT    NOT NULL,        -- stands in the .mark beside the file, too; drawn anew when it is a copy
  tick         INTEGER NOT NULL,        -- rises while anything is written; beside it, too
  restored     TEXT                     -- JSON: kavle.store.restoring.Restored; null: nothing to confirm
);
DROP TABLE IF EXISTS seen;
CREATE TABLE seen (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  at       INTEGER NOT NULL,
  doubted  INTEGER              -- since when the clock is; NULL: it is believed
);
INSERT INTO seen VALUES(1,1767445200000,NULL);
DROP TABLE IF EXISTS segment;
CREATE TABLE segment (                  -- insert-only: one row an attempt to hand a segment to the network
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- from 1
  attempt      INTEGER NOT NULL,
  outcome      INTEGER NOT NULL,        -- kavle.store.rows.SegmentOutcome
  status       INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  network_id   TEXT,
  error        TEXT,
  PRIMARY KEY (message_id, number, attempt)
) WITHOUT ROWID;
INSERT INTO segment VALUES(2,1,1,1,21,1767445200000,'delivered',NULL);
INSERT INTO segment VALUES(3,1,1,1,21,1767445200000,'failed',NULL);
INSERT INTO segment VALUES(4,1,1,1,21,1767445200000,'open.1',NULL);
INSERT INTO segment VALUES(4,2,1,1,21,1767445200000,'open.2',NULL);
INSERT INTO segment VALUES(5,1,1,2,51,1767445200000,NULL,'ESME_RSUBMITFAIL');
INSERT INTO segment VALUES(6,1,1,3,11,1767445200000,NULL,'ESME_RTHROTTLED');
INSERT INTO segment VALUES(7,1,1,4,11,1767445200000,NULL,'the link died');
INSERT INTO segment VALUES(8,1,1,1,21,1767445200000,'leased.1',NULL);
INSERT INTO segment VALUES(9,1,1,4,21,1767445200000,NULL,'the link died');
INSERT INTO segment VALUES(47,1,1,1,21,1767445200000,'mm7',NULL);
DROP TABLE IF EXISTS stop;
CREATE TABLE stop (                     -- phones that an account sends nothing more
  account_id   INTEGER NOT NULL,
  msisdn       TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (account_id, msisdn)
) WITHOUT ROWID;
INSERT INTO stop VALUES(1,'46701740605',1767445200000);
DROP TABLE IF EXISTS tally;
CREATE TABLE tally (
  at           INTEGER NOT NULL,        -- the minute's beginning
  account_id   INTEGER NOT NULL,
  carrier_id   INTEGER NOT NULL,        -- 0: what leads nowhere
  accepted     INTEGER NOT NULL,
  sent         INTEGER NOT NULL,        -- became 21
  delivered    INTEGER NOT NULL,        -- became 22
  failed       INTEGER NOT NULL         -- became 3 or 41 to 52
);
INSERT INTO tally VALUES(1767268800000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,0,0,0,1);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,0,1,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,0,0,1,0);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,0,1,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,0,0,0,1);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,0,1,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,0,0,0,1);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,2,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,2,1,0,1,0,0);
INSERT INTO tally VALUES(1767445200000,3,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,3,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,3,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,1,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,4,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,4,1,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,4,0,1,0,0,1);
INSERT INTO tally VALUES(1767445200000,4,1,2,0,0,0);
INSERT INTO tally VALUES(1767445200000,4,0,1,0,0,1);
INSERT INTO tally VALUES(1767445200000,4,1,2,0,0,0);
INSERT INTO tally VALUES(1767445200000,4,0,1,0,0,1);
INSERT INTO tally VALUES(1767445200000,4,1,2,0,0,0);
INSERT INTO tally VALUES(1767445200000,5,2,1,0,0,0);
INSERT INTO tally VALUES(1767445200000,5,2,0,1,0,0);
INSERT INTO tally VALUES(1767445200000,5,2,0,0,1,0);
INSERT INTO tally VALUES(1767445200000,5,2,1,0,0,0);
DROP TABLE IF EXISTS traffic;
CREATE TABLE traffic (
  minutes      INTEGER NOT NULL,        -- that it spans: 1 or 60
  account_id   INTEGER NOT NULL,        -- 0: all accounts together
  at           INTEGER NOT NULL,        -- when these begin
  carrier_id   INTEGER NOT NULL,
  accepted     INTEGER NOT NULL,
  sent         INTEGER NOT NULL,
  delivered    INTEGER NOT NULL,
  failed       INTEGER NOT NULL,
  PRIMARY KEY (minutes, account_id, at, carrier_id)
) WITHOUT ROWID;
DROP TABLE IF EXISTS waiting;
CREATE TABLE waiting (                  -- receipts that match no segment yet: kept, bounded, expiring
  id           INTEGER PRIMARY KEY,
  domain       INTEGER NOT NULL,
  network_id   TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  status       INTEGER,
  at           INTEGER NOT NULL,
  raw          TEXT    NOT NULL
, whole INTEGER NOT NULL DEFAULT 0);
INSERT INTO waiting VALUES(1,1,'early','46701740605',22,1767445200000,'id:early',0);
CREATE INDEX waiting_id ON waiting (domain, network_id);
DELETE FROM main.sqlite_sequence WHERE name='account';
INSERT INTO main.sqlite_sequence VALUES ('account', 5);
DELETE FROM main.sqlite_sequence WHERE name='audit';
INSERT INTO main.sqlite_sequence VALUES ('audit', 1);
DELETE FROM main.sqlite_sequence WHERE name='ledger';
INSERT INTO main.sqlite_sequence VALUES ('ledger', 33);
pragma user_version=17;
COMMIT TRANSACTION;

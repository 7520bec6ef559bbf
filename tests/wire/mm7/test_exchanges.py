"""Messages as networks send them: after what public documentation and public code show of them. Whence each
is known stands above it; names and numbers are examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kavle.wire.mm7 import (
    Address,
    Code,
    DeliverReq,
    DeliveryReportReq,
    Form,
    ReadReplyReq,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    Unreadable,
    Version,
    read,
)

SCHEMA = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


# 3GPP TS 23.140's own example of a submission: only the outermost element is in the namespace, the envelope's
# namespace is a wrong one, True has a capital, and the white space is an editor's.
SUBMIT = f"""--NextPart_000_0028
Content-Type: text/xml; charset="utf-8"
Content-ID: </tnn-200102/mm7-submit>

<?xml version='1.0' ?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/soap-envelope">
  <env:Header>
    <mm7:TransactionID xmlns:mm7="{SCHEMA}REL-5-MM7-1-0" env:mustUnderstand="1">
      vas00001-sub
    </mm7:TransactionID>
  </env:Header>
  <env:Body>
    <mm7:SubmitReq xmlns:mm7="{SCHEMA}REL-5-MM7-1-0">
      <MM7Version>5.3.0</MM7Version>
      <SenderIdentification>
        <VASPID>TNN</VASPID>
        <VASID>News</VASID>
      </SenderIdentification>
      <Recipients>
        <To>
          <Number>7255441234</Number>
          <RFC2822Address displayOnly="True">7255442222@OMMS.com</RFC2822Address>
        </To>
        <Cc><Number>7255443333</Number></Cc>
        <Bcc><RFC2822Address>7255444444@OMMS.com</RFC2822Address></Bcc>
      </Recipients>
      <ServiceCode>gold-sp33-im42</ServiceCode>
      <LinkedID>mms00016666</LinkedID>
      <MessageClass>Informational</MessageClass>
      <TimeStamp>2002-01-02T09:30:47-05:00</TimeStamp>
      <EarliestDeliveryTime>2002-01-02T09:30:47-05:00</EarliestDeliveryTime>
      <ExpiryDate>P90D</ExpiryDate>
      <DeliveryReport>True</DeliveryReport>
      <Priority>Normal</Priority>
      <ChargedParty>Sender</ChargedParty>
      <DistributionIndicator>True</DistributionIndicator>
      <Subject>News for today</Subject>
      <Content href="cid:SaturnPics-01020930@news.tnn.com" allowAdaptations="True"/>
    </mm7:SubmitReq>
  </env:Body>
</env:Envelope>
--NextPart_000_0028
Content-Type: multipart/mixed; boundary="StoryParts 74526 8432 2002-77645"
Content-ID: <SaturnPics-01020930@news.tnn.com>

--StoryParts 74526 8432 2002-77645
Content-Type: text/plain; charset="us-ascii"

Science news, new Saturn pictures...
--StoryParts 74526 8432 2002-77645
Content-Type: image/gif;
Content-ID: <saturn.gif>
Content-Transfer-Encoding: base64

R0lGODlhAQABAAAAACw=
--StoryParts 74526 8432 2002-77645--
--NextPart_000_0028--
"""


def test_the_standard_s_own_submission() -> None:
    kind = 'multipart/related; boundary="NextPart_000_0028"; type=text/xml; start="</tnn-200102/mm7-submit>"'
    message = read(kind, crlf(SUBMIT))
    assert isinstance(message, SubmitReq)
    content, at = message.content, datetime(2002, 1, 2, 14, 30, 47, tzinfo=UTC)
    assert message == SubmitReq(
        transaction="vas00001-sub",
        version=Version(f"{SCHEMA}REL-5-MM7-1-0", "5.3.0"),
        vasp_id="TNN",
        vas_id="News",
        to=(Address(Form.NUMBER, "7255441234"), Address(Form.RFC2822, "7255442222@OMMS.com", True)),
        cc=(Address(Form.NUMBER, "7255443333"),),
        bcc=(Address(Form.RFC2822, "7255444444@OMMS.com"),),
        service_code="gold-sp33-im42",
        linked_id="mms00016666",
        message_class="Informational",
        time_stamp=at,
        earliest_delivery=at,
        expiry=timedelta(days=90),
        delivery_report=True,
        priority="Normal",
        subject="News for today",
        charged_party="Sender",
        distribution=True,
        allow_adaptations=True,
        content=content,
    )
    assert content is not None
    text, picture = content.parts
    assert text.body == b"Science news, new Saturn pictures..."
    assert (picture.content_type.type, picture.content_id, picture.body[:6]) == (
        "image/gif",
        "saturn.gif",
        b"GIF89a",
    )


# A Nokia MMSC's, in public code's tests: children qualified, PLMN behind numbers, no Content-ID on the
# picture, and the parameters' names with capitals.
NOKIA = f"""--Nokia-mm-messageHandler-BoUnDaRy-=_-735647067
Content-Type: text/xml; charset="utf-8"
Content-ID: <CQU221G4-EG1S-00389C87>

<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Header>
    <mm7p6a0:TransactionID soap:mustUnderstand="1" soap:encodingStyle=""
      xmlns:mm7p6a0="{SCHEMA}REL-6-MM7-1-4">4E073C7AQ479306TW26785I371H3M1HA</mm7p6a0:TransactionID>
  </soap:Header>
  <soap:Body>
    <mm7p6a0:DeliverReq xmlns:mm7p6a0="{SCHEMA}REL-6-MM7-1-4">
      <mm7p6a0:MM7Version>6.8.0</mm7p6a0:MM7Version>
      <mm7p6a0:MMSRelayServerID>Nokia MMS Center MC5.0</mm7p6a0:MMSRelayServerID>
      <mm7p6a0:LinkedID>0402105226100000000000000</mm7p6a0:LinkedID>
      <mm7p6a0:Sender><mm7p6a0:Number>+46701740699/TYPE=PLMN</mm7p6a0:Number></mm7p6a0:Sender>
      <mm7p6a0:Recipients><mm7p6a0:To>
        <mm7p6a0:Number>88888/TYPE=PLMN</mm7p6a0:Number>
      </mm7p6a0:To></mm7p6a0:Recipients>
      <mm7p6a0:TimeStamp>2010-04-02T10:52:26Z</mm7p6a0:TimeStamp>
      <mm7p6a0:Priority>Normal</mm7p6a0:Priority>
      <mm7p6a0:Subject>Bomb</mm7p6a0:Subject>
      <mm7p6a0:Content href="cid:57626X20-1VO9-A93941F7">
      </mm7p6a0:Content>
    </mm7p6a0:DeliverReq>
  </soap:Body>
</soap:Envelope>
--Nokia-mm-messageHandler-BoUnDaRy-=_-735647067
Content-Id: <57626X20-1VO9-A93941F7>
Content-Type: multipart/related; Type="application/smil"; Start="<AAAA>"; boundary="Nokia-mm-=_-1069507222"

--Nokia-mm-=_-1069507222
Content-Type: application/smil; Name=main.smil; Charset=UTF-8
Content-ID: <AAAA>
Content-Transfer-Encoding: BASE64

PHNtaWwvPg==
--Nokia-mm-=_-1069507222
Content-Type: image/gif; Name=Bomb.gif
Content-Location: Bomb.gif
Content-Transfer-Encoding: BASE64

R0lGODlhAQABAAAAACw=
--Nokia-mm-=_-1069507222--
--Nokia-mm-messageHandler-BoUnDaRy-=_-735647067--
"""


def test_a_delivery_with_qualified_children_and_plmn_addresses() -> None:
    kind = (
        'multipart/related; boundary="Nokia-mm-messageHandler-BoUnDaRy-=_-735647067"; type="text/xml";'
        ' start="<CQU221G4-EG1S-00389C87>"'
    )
    message = read(kind, crlf(NOKIA))
    assert isinstance(message, DeliverReq)
    assert message.transaction == "4E073C7AQ479306TW26785I371H3M1HA"
    assert message.relay_server_id == "Nokia MMS Center MC5.0"
    assert message.sender == Address(Form.NUMBER, "+46701740699")
    assert message.to == (Address(Form.NUMBER, "88888"),)
    assert (message.subject, message.priority) == ("Bomb", "Normal")
    assert message.content is not None
    assert [(part.content_type.type, part.name) for part in message.content.parts] == [
        ("application/smil", "main.smil"),
        ("image/gif", "Bomb.gif"),
    ]
    assert message.content.root is message.content.parts[0]


# From the same tests: no start, a Content-ID without brackets, lines that end in LF alone.
BARE = f"""------=_Part_15_16023213
Content-Type: text/xml; charset=utf-8

<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Header>\
<mm7:TransactionID xmlns:mm7="{SCHEMA}REL-6-MM7-1-4">11398c6a</mm7:TransactionID></SOAP-ENV:Header>\
<SOAP-ENV:Body><DeliverReq xmlns="{SCHEMA}REL-6-MM7-1-4"><MM7Version>6.8.0</MM7Version>\
<Sender><Number>46701740699</Number></Sender><Content href="content_15"/></DeliverReq></SOAP-ENV:Body>\
</SOAP-ENV:Envelope>
------=_Part_15_16023213
Content-Type: text/plain
Content-ID: content_15

Hej
------=_Part_15_16023213--
"""


def test_a_delivery_without_start_cid_or_brackets() -> None:
    message = read('multipart/related; boundary="----=_Part_15_16023213"', BARE.encode())
    assert isinstance(message, DeliverReq)
    assert message.content is not None
    assert message.content.body == b"Hej"
    assert message.to == ()


# An aggregator's guide to its MM7 service: a delivery report that is said to be multipart, and is XML alone.
def test_a_delivery_report_that_says_it_is_multipart() -> None:
    body = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/" xmlns=
"{SCHEMA}REL-6-MM7-1-4">
<soap-env:Header>
   <TransactionID soap-env:mustUnderstand="1">10000001</TransactionID>
</soap-env:Header>
<soap-env:Body>
   <DeliveryReportReq>
      <MM7Version>6.8.0</MM7Version>
      <MessageID>369500617770864640</MessageID>
      <Recipient><Number>16175550123</Number></Recipient>
      <Sender><Number>111122</Number></Sender>
      <Date>2015-03-16T14:03:51.749Z</Date>
      <MMStatus>Retrieved</MMStatus>
      <StatusText>Success</StatusText>
      <UACapabilities UAProf="Samsung Galaxy" />
   </DeliveryReportReq>
</soap-env:Body>
</soap-env:Envelope>"""
    assert read('multipart/related; type="text/xml";', body.encode()) == DeliveryReportReq(
        transaction="10000001",
        message_id="369500617770864640",
        mm_status="Retrieved",
        recipient=Address(Form.NUMBER, "16175550123"),
        sender=Address(Form.NUMBER, "111122"),
        date=datetime(2015, 3, 16, 14, 3, 51, 749000, tzinfo=UTC),
        status_text="Success",
    )


# Public code's tests: a namespace that nobody published.
def test_a_response_of_a_version_that_nobody_published() -> None:
    body = f"""<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>
      <mm7:TransactionID xmlns:mm7="{SCHEMA}REL-6-MM7-6-7" env:mustUnderstand="1">
        vas00001-sub
      </mm7:TransactionID></env:Header><env:Body>
      <SubmitRsp xmlns="{SCHEMA}REL-6-MM7-6-7"><MM7Version>6.7.0</MM7Version>
        <Status><StatusCode>1000</StatusCode><StatusText>Success</StatusText></Status>
        <MessageID>041502073667</MessageID><ApplicID>an.application</ApplicID>
      </SubmitRsp></env:Body></env:Envelope>"""
    assert read("text/xml; charset=utf-8", body.encode()) == SubmitRsp(
        transaction="vas00001-sub",
        version=Version(f"{SCHEMA}REL-6-MM7-6-7", "6.7.0"),
        status=Status(1000, "Success"),
        message_id="041502073667",
    )


# Public code's tests: an address that is refused, in a fault whose children are qualified as SOAP 1.1 has
# them not.
def test_an_error_in_a_fault() -> None:
    body = f"""<?xml version="1.0" encoding="utf-8"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>
    <TransactionID xmlns="{SCHEMA}REL-5-MM7-1-3" env:mustUnderstand="1">0_1500103103727</TransactionID>
  </env:Header><env:Body><env:Fault>
      <env:faultcode>env:Client</env:faultcode><env:faultstring>Client error</env:faultstring>
      <env:detail><RSErrorRsp xmlns="{SCHEMA}REL-5-MM7-1-3"><MM7Version>5.3.0</MM7Version>
          <Status><StatusCode>2002</StatusCode><StatusText>Address Error</StatusText></Status>
        </RSErrorRsp></env:detail></env:Fault></env:Body></env:Envelope>"""
    assert read("text/xml", body.encode()) == RSErrorRsp(
        transaction="0_1500103103727",
        version=Version(f"{SCHEMA}REL-5-MM7-1-3", "5.3.0"),
        status=Status(2002, "Address Error"),
    )


# A Korean network's, in public code: the status beside its holder, and no code.
def test_an_error_that_lacks_its_code_can_t_be_read_but_is_paired() -> None:
    body = f"""<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>
      <mm7:TransactionID xmlns:mm7="{SCHEMA}REL-5-MM7-1-2">tid </mm7:TransactionID></env:Header><env:Body>
      <mm7:RSErrorRsp xmlns:mm7="{SCHEMA}REL-5-MM7-1-2"><StatusText>SUBS is ported</StatusText>
      <MM7Version>5.3.0</MM7Version></mm7:RSErrorRsp></env:Body></env:Envelope>"""
    with pytest.raises(Unreadable) as raised:
        read("text/xml", body.encode())
    error = raised.value
    assert (error.code, error.transaction) == (Code.VALIDATION_ERROR, "tid")
    assert error.version.number == "5.3.0"


# Of a read reply the guides tell no more than the standard: Recipient with its address inside To, as one
# client library takes it, too.
def test_a_read_reply() -> None:
    body = f"""<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Header>
      <TransactionID xmlns="{SCHEMA}REL-6-MM7-1-4">t1</TransactionID></S:Header><S:Body>
      <ReadReplyReq xmlns="{SCHEMA}REL-6-MM7-1-4"><MM7Version>6.8.0</MM7Version><MessageID>m1</MessageID>
      <Recipient><To><Number>46701740699</Number></To></Recipient><Sender>12345</Sender>
      <TimeStamp>2026-01-04T12:00:00</TimeStamp><MMStatus>Read</MMStatus></ReadReplyReq></S:Body></S:Envelope>"""
    assert read("application/soap+xml", body.encode()) == ReadReplyReq(
        transaction="t1",
        message_id="m1",
        mm_status="Read",
        recipient=Address(Form.NUMBER, "46701740699"),
        sender=Address(Form.NUMBER, "12345"),
        time_stamp=datetime(2026, 1, 4, 12, tzinfo=UTC),
    )


# --- recorded of programs that were run beside Kavle's ---------------------------------------------------

# Mbuni 1.5, an MMSC: not in the schema's order, an unquoted boundary, a file's parts without their encodings.
MBUNI = f"""
--_boundary_1297482480_1795389587_O_m_bd1809769959
Content-Type: text/xml
Content-ID: <s1795389587.148981300.Mc.msg>

<?xml version='1.0' encoding='UTF-8'?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">
<SOAP-ENV:Header>
<mm7:TransactionID xmlns:mm7="{SCHEMA}REL-5-MM7-1-0" SOAP-ENV:mustUnderstand="1">\
s-zj-qf9587.1.x454.91@mmsc</mm7:TransactionID>
</SOAP-ENV:Header>
<SOAP-ENV:Body>
<mm7:DeliverReq xmlns:mm7="{SCHEMA}REL-5-MM7-1-0">
<mm7:MM7Version>5.3.0</mm7:MM7Version>
<mm7:Recipients>
<mm7:To>
<mm7:ShortCode>111</mm7:ShortCode>
</mm7:To>
</mm7:Recipients>
<mm7:MMSRelayServerID>mmsc</mm7:MMSRelayServerID>
<mm7:LinkedID>s-zj-qf9587.1.x454.91@mmsc</mm7:LinkedID>
<mm7:Sender><mm7:Number>+46702617396</mm7:Number>
</mm7:Sender>
<mm7:TimeStamp>2026-11-22T23:19:47Z</mm7:TimeStamp>
<mm7:Subject>Räksmörgås</mm7:Subject>
<mm7:Content href="cid:c1795389587.346361075.Hf.msg"/>
</mm7:DeliverReq>
</SOAP-ENV:Body>
</SOAP-ENV:Envelope>

--_boundary_1297482480_1795389587_O_m_bd1809769959
Content-Type: multipart/related;  type="application/smil"; start="<presentation>";
 boundary=_boundary_1384929458
Content-ID: <c1795389587.346361075.Hf.msg>


--_boundary_1384929458
Content-ID: <presentation>
Content-Location: presentation.smil
Content-Type: application/smil; charset=utf-8; name=presentation.smil

<smil/>
--_boundary_1384929458
Content-ID: <bild.gif>
Content-Location: bild.gif
Content-Type: image/gif; name=bild.gif

GIF89a
--_boundary_1384929458--
--_boundary_1297482480_1795389587_O_m_bd1809769959--
"""


def test_a_delivery_of_mbuni() -> None:
    kind = (
        'multipart/related; type="text/xml"; start="<s1795389587.148981300.Mc.msg>";'
        " boundary=_boundary_1297482480_1795389587_O_m_bd1809769959"
    )
    message = read(kind, crlf(MBUNI))
    assert isinstance(message, DeliverReq)
    assert message.version == Version(f"{SCHEMA}REL-5-MM7-1-0", "5.3.0")
    assert message.transaction == message.linked_id == "s-zj-qf9587.1.x454.91@mmsc"
    assert message.to == (Address(Form.SHORT_CODE, "111"),)
    assert (message.sender, message.subject) == (Address(Form.NUMBER, "+46702617396"), "Räksmörgås")
    assert message.content is not None
    assert [(part.content_location, part.body) for part in message.content.parts] == [
        ("presentation.smil", b"<smil/>"),
        ("bild.gif", b"GIF89a"),
    ]


# Mbuni 1.5's report to us, who are 111, on an MMS to +46702617396: the two are the other way round.
def test_a_delivery_report_of_mbuni() -> None:
    body = f"""<?xml version='1.0' encoding='UTF-8'?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">
<SOAP-ENV:Header>
<mm7:TransactionID xmlns:mm7="{SCHEMA}REL-5-MM7-1-0" SOAP-ENV:mustUnderstand="1">\
qf9621.2.x515.51@mmsc</mm7:TransactionID>
</SOAP-ENV:Header>
<SOAP-ENV:Body>
<mm7:DeliveryReportReq xmlns:mm7="{SCHEMA}REL-5-MM7-1-0">
<mm7:MM7Version>5.3.0</mm7:MM7Version>
<mm7:Recipient>
<mm7:ShortCode>111</mm7:ShortCode>
</mm7:Recipient>
<mm7:Sender><mm7:Number>+46702617396</mm7:Number>
</mm7:Sender>
<mm7:MessageID>qf9621.2.x515.51@mmsc</mm7:MessageID>
<mm7:Date>2026-11-22T23:20:28Z</mm7:Date>
<mm7:MMStatus>Expired</mm7:MMStatus>
</mm7:DeliveryReportReq>
</SOAP-ENV:Body>
</SOAP-ENV:Envelope>
"""
    assert read("text/xml", body.encode()) == DeliveryReportReq(
        transaction="qf9621.2.x515.51@mmsc",
        version=Version(f"{SCHEMA}REL-5-MM7-1-0", "5.3.0"),
        message_id="qf9621.2.x515.51@mmsc",
        mm_status="Expired",
        recipient=Address(Form.SHORT_CODE, "111"),
        sender=Address(Form.NUMBER, "+46702617396"),
        date=datetime(2026, 11, 22, 23, 20, 28, tzinfo=UTC),
    )


# Mbuni 1.5's answer to what is no MM7, with HTTP's 200.
def test_an_error_of_mbuni() -> None:
    body = f"""<?xml version='1.0' encoding='UTF-8'?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">
<SOAP-ENV:Header>
<mm7:TransactionID xmlns:mm7="{SCHEMA}REL-5-MM7-1-0" SOAP-ENV:mustUnderstand="1">0000</mm7:TransactionID>
</SOAP-ENV:Header>
<SOAP-ENV:Body>
<SOAP-ENV:Fault>
<faultcode>SOAP-ENV:Server</faultcode>
<faultstring>Server error</faultstring>
<detail>
<mm7:RSErrorRsp xmlns:mm7="{SCHEMA}REL-5-MM7-1-0">
<mm7:MM7Version>5.3.0</mm7:MM7Version>
<mm7:Status>
<mm7:StatusCode>4003</mm7:StatusCode>
<mm7:StatusText>Unsupported operation</mm7:StatusText>
</mm7:Status>
</mm7:RSErrorRsp>
</detail>
</SOAP-ENV:Fault>
</SOAP-ENV:Body>
</SOAP-ENV:Envelope>
"""
    assert read("text/xml", body.encode()) == RSErrorRsp(
        transaction="0000",
        version=Version(f"{SCHEMA}REL-5-MM7-1-0", "5.3.0"),
        status=Status(4003, "Unsupported operation"),
    )


# instantcom-mm7 0.9.3, a client library for Java: names in a default namespace, a moment with milliseconds.
JAVA = f"""--==MM7-SOAP==1d0aa0ac-54c6-4081-b101-708da8f2081d
Content-Type: text/xml; charset="utf-8"
Content-Transfer-Encoding: binary
Content-ID: <mm7-soap>

<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{SCHEMA}REL-6-MM7-1-4">
  <env:Header>
    <TransactionID env:mustUnderstand="1">java-1</TransactionID>
  </env:Header>
  <env:Body>
    <SubmitReq>
      <MM7Version>6.8.0</MM7Version>
      <SenderIdentification>
        <VASPID>acme</VASPID>
        <VASID>news</VASID>
      </SenderIdentification>
      <Recipients>
        <To>
          <Number>+46702617396</Number>
        </To>
      </Recipients>
      <ServiceCode>7007</ServiceCode>
      <MessageClass>Informational</MessageClass>
      <ExpiryDate>2026-01-04T09:46:40.000Z</ExpiryDate>
      <DeliveryReport>True</DeliveryReport>
      <Subject>Nice weather</Subject>
      <Content href="cid:mm7-content" />
    </SubmitReq>
  </env:Body>
</env:Envelope>
--==MM7-SOAP==1d0aa0ac-54c6-4081-b101-708da8f2081d
Content-Type: multipart/mixed; boundary="==Multipart==9683a66c-3cc7-46a4-b1c3-b90432cb037f"
Content-ID: <mm7-content>

--==Multipart==9683a66c-3cc7-46a4-b1c3-b90432cb037f
Content-Type: text/plain; charset="utf-8"
Content-ID: <text.txt>

Hej på dig
--==Multipart==9683a66c-3cc7-46a4-b1c3-b90432cb037f
Content-Type: image/jpeg
Content-ID: <bild.jpg>
Content-Transfer-Encoding: BASE64

/9j/4A0KDQotLWthdmxlLQAK

--==Multipart==9683a66c-3cc7-46a4-b1c3-b90432cb037f--
--==MM7-SOAP==1d0aa0ac-54c6-4081-b101-708da8f2081d--"""


def test_a_submission_of_a_java_library() -> None:
    kind = (
        'multipart/related; boundary="==MM7-SOAP==1d0aa0ac-54c6-4081-b101-708da8f2081d"; type="text/xml";'
        ' start="<mm7-soap>"'
    )
    message = read(kind, crlf(JAVA))
    assert isinstance(message, SubmitReq)
    content = message.content
    assert message == SubmitReq(
        transaction="java-1",
        vasp_id="acme",
        vas_id="news",
        to=(Address(Form.NUMBER, "+46702617396"),),
        service_code="7007",
        message_class="Informational",
        expiry=datetime(2026, 1, 4, 9, 46, 40, tzinfo=UTC),
        delivery_report=True,
        subject="Nice weather",
        content=content,
    )
    assert content is not None
    assert [part.body for part in content.parts] == [
        "Hej på dig".encode(),
        b"\xff\xd8\xff\xe0\r\n\r\n--kavle-\0\n",
    ]

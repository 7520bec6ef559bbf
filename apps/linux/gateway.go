package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	namespace = "http://tempuri.org/"
	patience  = 90 * time.Second // the gateway takes 60 at most to answer
	most      = 1 << 20
)

type parameter struct{ name, value string }

var (
	escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	plain   = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&#34;", `"`)
	notXML  = regexp.MustCompile("[\x00-\x08\x0b\x0c\x0e-\x1f]") // XML 1.0 §2.2
	fault   = regexp.MustCompile(`<faultstring>([^<]*)<`)
)

// Followed, a POST would become a GET; and the password would go where nobody said it may.
var client = http.Client{
	Timeout:       patience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// The operation's result, by SOAP 1.1.
func call(address, operation string, parameters []parameter) (string, error) {
	body, err := envelope(operation, parameters)
	if err != nil {
		return "", err
	}
	var reached stage
	traced := httptrace.WithClientTrace(context.Background(), reached.trace())
	request, err := http.NewRequestWithContext(traced, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", troublef("%s is no address: write it as %s", address, example)
	}
	request.Header.Set("Content-Type", "text/xml; charset="+charset(body))
	request.Header.Set("SOAPAction", `"`+namespace+operation+`"`)
	request.Header.Set("User-Agent", "sms")
	answer, err := client.Do(request)
	if err != nil {
		return "", noAnswer(address, reached, err)
	}
	defer answer.Body.Close()
	if target := answer.Header.Get("Location"); target != "" {
		return "", troublef("%s redirects to %s: if that is right, make it the address", address, target)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		return "", noAnswer(address, reached, err)
	}
	return result(address, operation, answer.StatusCode, string(text))
}

func envelope(operation string, parameters []parameter) ([]byte, error) {
	var children strings.Builder
	for _, given := range parameters {
		if found := notXML.FindString(given.value); found != "" {
			return nil, troublef("%s holds the control character %d: take it out", given.name, found[0])
		}
		fmt.Fprintf(&children, "<%s>%s</%s>", given.name, escaped.Replace(given.value), given.name)
	}
	return fmt.Appendf(nil, `<?xml version="1.0"?>`+
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`+
		`<%s xmlns="%s">%s</%s></soap:Body></soap:Envelope>`, operation, namespace, children.String(), operation), nil
}

// Arguments that are no UTF-8 come from an old Latin-1 script, and go on as they are.
func charset(body []byte) string {
	if utf8.Valid(body) {
		return "utf-8"
	}
	return "iso-8859-1"
}

func result(address, operation string, status int, answer string) (string, error) {
	wanted := regexp.MustCompile("<" + operation + "Result>([^<]*)<")
	if found := wanted.FindStringSubmatch(answer); found != nil {
		return strings.TrimSpace(plain.Replace(found[1])), nil
	}
	if found := fault.FindStringSubmatch(answer); found != nil {
		return "", troublef("%s refuses the call: %s", address, strings.TrimSpace(plain.Replace(found[1])))
	}
	return "", notAGateway(address, status)
}

func notAGateway(address string, status int) error {
	return troublef("%s answers HTTP %d, but not as an SMS gateway does. Is the address right, and the gateway"+
		" up? Look at the history of sent messages before you send this one again", address, status)
}

// How far a call came.
type stage int

const (
	connecting stage = iota
	securing
	sent
)

func (s *stage) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		TLSHandshakeStart: func() { *s = securing },
		WroteHeaders:      func() { *s = sent },
	}
}

func noAnswer(address string, reached stage, err error) error {
	var untrusted *tls.CertificateVerificationError
	cause := err
	for inner := cause; inner != nil; inner = errors.Unwrap(inner) {
		cause = inner
	}
	switch {
	case errors.As(err, &untrusted):
		return troublef("%s shows a certificate that is not trusted here (%v). If it is from an"+
			" authority of your own, name that authority's file in SSL_CERT_FILE", address, untrusted.Err)
	case reached == securing:
		return troublef("no secure connection to %s (%v). If the gateway has no TLS,"+
			" begin its address with http://", address, cause)
	case reached == connecting:
		return troublef("cannot reach %s (%v). Is the address right, and the gateway up? Nothing was sent", address, cause)
	}
	return troublef("%s took the call and did not answer (%v). The message may have been sent:"+
		" look at the history of sent messages before you send it again", address, cause)
}

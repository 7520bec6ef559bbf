package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	service = "/sendSms/sendSms.asmx"
	example = "https://sms.example.com"
)

// The web service's URL: from SMS_URL, else from sms.ini beside the program.
func findAddress() (string, error) {
	if written := strings.TrimSpace(os.Getenv("SMS_URL")); written != "" {
		return serviceURL(written, "SMS_URL")
	}
	program, _ := os.Executable()
	if real, err := filepath.EvalSymlinks(program); err == nil {
		program = real
	}
	ini := filepath.Join(filepath.Dir(program), "sms.ini")
	content, err := os.ReadFile(ini)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", troublef("cannot read %s: %v. Mend that, or set SMS_URL", ini, errors.Unwrap(err))
	}
	written := fromINI(string(content))
	if written == "" {
		return "", troublef("where is the gateway? Set SMS_URL to its address, such as %s,"+
			" or write url=%s under [sms] in %s", example, example, ini)
	}
	return serviceURL(written, ini)
}

// The value of url, empty where there is none.
func fromINI(content string) string {
	for _, line := range strings.Split(strings.TrimPrefix(content, "\ufeff"), "\n") {
		key, value, found := strings.Cut(line, "=")
		if found && strings.EqualFold(strings.TrimSpace(key), "url") {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Of the web service at an address as people write it. Without a scheme it is https: a password goes over it.
func serviceURL(written, source string) (string, error) {
	whole := written
	if !strings.Contains(written, "://") {
		whole = "https://" + written
	}
	parsed, err := url.Parse(whole)
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.User != nil ||
		!isAuthority(parsed.Host) || !isPort(parsed.Port()) {
		return "", troublef("%s says '%s', which is no address: write it as %s", source, written, example)
	}
	parsed.RawQuery, parsed.Fragment, parsed.ForceQuery = "", "", false
	if parsed.Path == "" || parsed.Path == "/" {
		parsed.Path = service
	}
	return parsed.String(), nil
}

func isAuthority(host string) bool {
	for _, c := range []byte(host) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return host != "" && host[0] != ':'
}

func isPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || (err == nil && number > 0)
}

package proto

import (
	"fmt"
	"strings"

	"pcapidx/index"
)

// secretName tells names of parameters whose values are secrets.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"passw", "passwd", "pwd", "secret", "token", "apikey", "api_key", "access_key", "auth"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "pass" || name == "key" || name == "sig" || name == "signature"
}

// HideSecrets replaces the secrets of a target: values of a query, and a password
// before the host.
func HideSecrets(uri string) string {
	if scheme, rest, ok := strings.Cut(uri, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		if i := strings.LastIndexByte(host, '@'); i >= 0 {
			uri = scheme + "://***" + rest[i:]
		}
	}
	path, query, ok := strings.Cut(uri, "?")
	if !ok || len(query) > 8<<10 {
		return summary(uri)
	}
	params := strings.Split(query, "&")
	for i, p := range params {
		if name, value, ok := strings.Cut(p, "="); ok && value != "" && secretName(name) {
			params[i] = name + "=***"
		}
	}
	return path + "?" + strings.Join(params, "&")
}

// warnCredentials warns of credentials in clear text.
func (m *httpMessage) warnCredentials(x *Message) {
	for _, name := range []string{"authorization", "proxy-authorization"} {
		scheme, token, _ := strings.Cut(m.value(name), " ")
		switch {
		case token == "":
		case strings.EqualFold(scheme, "basic"):
			x.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("name and password of Basic authentication in clear text, %d bytes encoded", len(token)))
		case strings.EqualFold(scheme, "bearer"):
			x.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("a bearer token of %d bytes in clear text", len(token)))
		}
	}
	if m.media != "application/x-www-form-urlencoded" {
		return
	}
	form := string(x.Message.Text[:min(len(x.Message.Text), 64<<10)])
	for p := range strings.SplitSeq(form, "&") {
		name, value, _ := strings.Cut(p, "=")
		lower := strings.ToLower(name)
		if value != "" && (strings.Contains(lower, "passw") || strings.Contains(lower, "pwd") || lower == "pass") {
			x.Warn("cleartext.credentials", index.SeverityWarn, fmt.Sprintf("a form sends a password of %d bytes in clear text", len(value)))
			return
		}
	}
}

// objectName is the last part of a target's path.
func objectName(uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	if _, rest, ok := strings.Cut(path, "://"); ok {
		_, path, _ = strings.Cut(rest, "/")
	}
	path = strings.TrimRight(path, "/")
	return clip(path[strings.LastIndexByte(path, '/')+1:], 255)
}

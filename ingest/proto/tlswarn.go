package proto

import (
	"fmt"
	"net/netip"
	"time"

	"pcapidx/index"
)

func (t *tlsSession) warnClient(m *Message, h *tlsHello) {
	if h.bad {
		m.Outcome = index.Malformed
		m.Warn("tls.hello_malformed", index.SeverityWarn, "lengths within the client's hello do not fit; what comes before is shown")
		return
	}
	if len(h.names) == 0 {
		m.Warn("tls.no_sni", index.SeverityNote, "the client names no server (no server_name extension)")
	}
	if h.ech {
		m.Warn("tls.ech", index.SeverityInfo, "the hello carries the encrypted_client_hello extension: the server name shown may be the outer one")
	}
}

func (t *tlsSession) warnServer(m *Message, h *tlsHello) {
	if h.bad {
		m.Outcome = index.Malformed
		m.Warn("tls.hello_malformed", index.SeverityWarn, "lengths within the server's hello do not fit; what comes before is shown")
		return
	}
	if v := t.version; v < tls12 || v == 0xfeff {
		m.Warn("tls.old_version", index.SeverityWarn, "the server chose "+tlsVersionName(v)+", which is obsolete (RFC 8996)")
	}
	if weak := tlsWeak(t.suite); weak != "" {
		m.Warn("tls.weak_cipher", index.SeverityWarn, fmt.Sprintf("the server chose cipher suite 0x%04x, which has %s", t.suite, weak))
	}
}

func (t *tlsSession) warnAlert(s *Stream, m *Message, description byte) {
	from := "server"
	if t.knowsSide && s.Side() == t.clientSide || !t.knowsSide && s.FromClient() {
		from = "client"
	}
	m.Warn("tls.alert_fatal", index.SeverityError, fmt.Sprintf("the %s gave up with the fatal alert %s (%d)", from, tlsAlertName(description), description))
}

// maxValidity is the longest validity that browsers accept of certificates since
// 1 September 2020.
const maxValidity = 398 * 24 * time.Hour

// judge warns of a certificate, place i of its chain, at the time when it was captured.
func (t *tlsSession) judge(s *Stream, m *Message, c *certificate, i int, server bool) {
	now := time.Unix(0, int64(s.Now()))
	const dates = "2006-01-02"
	switch {
	case c.from.IsZero() || c.to.IsZero():
	case now.Before(c.from):
		m.Warn("tls.cert_not_yet", index.SeverityWarn, fmt.Sprintf("certificate %d of the chain is valid from %s, after the capture", i+1, c.from.Format(dates)))
	case now.After(c.to):
		m.Warn("tls.cert_expired", index.SeverityWarn, fmt.Sprintf("certificate %d of the chain expired on %s, before the capture", i+1, c.to.Format(dates)))
	}
	if i > 0 || !server {
		return
	}
	if c.selfSigned {
		m.Warn("tls.cert_self_signed", index.SeverityNote, "subject and issuer of the server's certificate are the same")
	}
	if _, err := netip.ParseAddr(t.name); t.name != "" && err != nil && !t.secret {
		fits := c.matches(t.name)
		m.Bool(tlsCertMatches, fits)
		if !fits {
			m.Warn("tls.cert_name_mismatch", index.SeverityWarn, fmt.Sprintf("none of the %d names of the server's certificate is the one that the client asked for", max(1, len(c.names))))
		}
	}
	since := time.Date(2020, 9, 1, 0, 0, 0, 0, time.UTC)
	if span := c.to.Sub(c.from); span > maxValidity+24*time.Hour && c.from.After(since) && !c.selfSigned {
		m.Warn("tls.cert_long_validity", index.SeverityInfo, fmt.Sprintf("the server's certificate is valid for %d days; browsers accept 398", int(span/(24*time.Hour))))
	}
	if c.key == "RSA" && c.bits > 0 && c.bits < 2048 {
		m.Warn("tls.cert_weak_key", index.SeverityWarn, fmt.Sprintf("the key of the server's certificate has %d bits only", c.bits))
	}
}

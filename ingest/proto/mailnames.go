package proto

import (
	"strings"
	"sync"
)

// imfName is a field of a mail's header and Wireshark's name of it.
type imfName struct{ name, field string }

// imfNames lists the known fields of headers.
func imfNames() []imfName {
	return []imfName{
		{"From", "imf.from"},
		{"Sender", "imf.sender"},
		{"Reply-To", "imf.reply_to"},
		{"To", "imf.to"},
		{"Cc", "imf.cc"},
		{"Bcc", "imf.bcc"},
		{"Date", "imf.date"},
		{"Subject", "imf.subject"},
		{"Message-ID", "imf.message_id"},
		{"In-Reply-To", "imf.in_reply_to"},
		{"References", "imf.references"},
		{"Comments", "imf.comments"},
		{"Keywords", "imf.keywords"},
		{"User-Agent", "imf.user_agent"},
		{"Return-Path", "imf.return_path"},
		{"Received", "imf.received"},
		{"Delivered-To", "imf.delivered_to"},
		{"Delivery-Date", "imf.delivery_date"},
		{"MIME-Version", "imf.mime_version"},
		{"Content-Type", "imf.content.type"},
		{"Content-Transfer-Encoding", "imf.content.transfer_encoding"},
		{"Content-Description", "imf.content.description"},
		{"Content-ID", "imf.content.id"},
		{"Content-Language", "imf.content_language"},
		{"Resent-Date", "imf.resent.date"},
		{"Resent-From", "imf.resent.from"},
		{"Resent-Sender", "imf.resent.sender"},
		{"Resent-To", "imf.resent.to"},
		{"Resent-Cc", "imf.resent.cc"},
		{"Resent-Bcc", "imf.resent.bcc"},
		{"Resent-Message-ID", "imf.resent.message_id"},
		{"Auto-Submitted", "imf.autosubmitted"},
		{"Autoforwarded", "imf.autoforwarded"},
		{"Expires", "imf.expires"},
		{"Importance", "imf.importance"},
		{"Priority", "imf.priority"},
		{"Precedence", "imf.precedence"},
		{"Sensitivity", "imf.sensitivity"},
		{"Reply-By", "imf.reply_by"},
		{"Supersedes", "imf.supersedes"},
		{"Lines", "imf.lines"},
		{"X-Mailer", "imf.ext.mailer"},
		{"X-MimeOLE", "imf.ext.mimeole"},
		{"X-UIDL", "imf.ext.uidl"},
		{"X-Authentication-Warning", "imf.ext.authentication_warning"},
		{"X-Virus-Scanned", "imf.ext.virus_scanned"},
		{"X-Original-To", "imf.ext.original-to"},
		{"X-MS-TNEF-Correlator", "imf.ext.tnef-correlator"},
		{"Thread-Index", "imf.thread-index"},
	}
}

// imfPlaces gives the place of a field in imfNames, by its name in small letters.
var imfPlaces = sync.OnceValue(func() map[string]int {
	places := map[string]int{}
	for i, n := range imfNames() {
		places[strings.ToLower(n.name)] = i
	}
	return places
})

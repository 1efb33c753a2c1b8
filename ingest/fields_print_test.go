package ingest

import (
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"pcapidx/index"
	"pcapidx/ingest/dissect"
	"pcapidx/ingest/proto"
)

// printed writes a value as tshark -T fields does.
func printed(f *index.MessageField) string {
	var field proto.Field
	for _, x := range proto.Fields() {
		if x.Name == f.Name {
			field = x
		}
	}
	switch field.Kind {
	case dissect.KindUint:
		if field.Hex {
			return fmt.Sprintf("0x%0*x", field.Bits/4, f.Num)
		}
		return strconv.FormatUint(f.Num, 10)
	case dissect.KindInt:
		return strconv.FormatInt(int64(f.Num), 10)
	case dissect.KindBool:
		return strconv.FormatUint(f.Num, 10)
	case dissect.KindString:
		return escaped(f.Text)
	case dissect.KindBytes:
		return hex.EncodeToString([]byte(f.Text))
	case dissect.KindEther:
		parts := make([]string, 0, 6)
		for _, b := range []byte(f.Text) {
			parts = append(parts, fmt.Sprintf("%02x", b))
		}
		return strings.Join(parts, ":")
	case dissect.KindIPv4, dissect.KindIPv6:
		a, _ := netip.AddrFromSlice([]byte(f.Text))
		return a.String()
	case dissect.KindAbsTime:
		if f.Num == 0 {
			return "NULL"
		}
		return time.Unix(0, int64(f.Num)).UTC().Format("Jan _2, 2006 15:04:05.000000000 UTC")
	case dissect.KindRelTime:
		return fmt.Sprintf("%d.%09d", f.Num/1e9, f.Num%1e9)
	case dissect.KindFloat:
		return strconv.FormatFloat(math.Float64frombits(f.Num), 'g', -1, 64)
	}
	return "1"
}

// escaped writes control characters as tshark does in fields.
func escaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n':
			b.WriteString("\\n")
		case c == '\r':
			b.WriteString("\\r")
		case c == '\t':
			b.WriteString("\\t")
		case c >= '\a' && c <= '\f': // what is left of \a \b \t \n \v \f
			b.WriteString(`\` + "abtnvf"[c-'\a':c-'\a'+1])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

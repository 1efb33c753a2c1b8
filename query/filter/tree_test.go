package filter

import (
	"fmt"
	"strings"
	"testing"
)

// TestOpenTree reads a checked tree as a query planner does.
func TestOpenTree(t *testing.T) {
	f, err := parseAndCheck("ip.addr == 10.1.0.0/8 and tcp.port in {80, 8000..8010} and not (tcp or tcp.flags.syn == 1) and ip.src == ip.dst",
		smallTable())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	Walk(f.Root, func(n Node) bool {
		test, ok := n.(*Test)
		if !ok {
			return true
		}
		ref, simple := test.Simple()
		if !simple {
			got = append(got, "scan "+Print(test))
			return true
		}
		s := fmt.Sprintf("%d %s %q", ref.ID, f.Fields()[ref.ID].Name, test.Op)
		for o := range test.Operands() {
			if c, ok := o.(*Const); ok {
				s += " " + c.Value.String()
			}
		}
		got = append(got, s)
		return true
	})
	want := []string{
		`0 ip.addr "==" 10.1.0.0/8`, `1 tcp.port "in" 80 8000 8010`, `2 tcp ""`, `3 tcp.flags.syn "==" true`, "scan ip.src == ip.dst",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestLeavesTree: one parsed tree is checked against several captures' fields.
func TestLeavesTree(t *testing.T) {
	tree, err := Parse("tcp.port == 80")
	if err != nil {
		t.Fatal(err)
	}
	before := dump(tree.Root)
	for range 2 {
		if _, err := Check(tree, smallTable()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Check(tree, table{"tcp.port": {Kind: String}}); err != nil {
		t.Error(err)
	}
	if after := dump(tree.Root); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// TestValues: what goes in comes out, and is compared without allocation.
func TestValues(t *testing.T) {
	for _, v := range []Value{
		BoolValue(true), UintValue(1 << 63), IntValue(-1), FloatValue(0.1), StringValue("a\"b"), BytesValue([]byte{1, 0xab}),
		ip("10.1.2.3"), ip("2001:db8::1"), AbsTimeValue(1577836800_000000001), RelTimeValue(-1500000000),
	} {
		if v != v.again() {
			t.Errorf("%s (%s) became %s", v, v.Kind(), v.again())
		}
	}
}

// again makes the value from what its accessors tell.
func (v Value) again() Value {
	switch v.Kind() {
	case Bool:
		return BoolValue(v.Bool())
	case Uint:
		return UintValue(v.Uint())
	case Int:
		return IntValue(v.Int())
	case Float:
		return FloatValue(v.Float())
	case String:
		return StringValue(v.Text())
	case IPv4, IPv6:
		return PrefixValue(v.Prefix())
	case AbsTime:
		return AbsTimeValue(v.Int())
	case RelTime:
		return Value{kind: RelTime, lo: v.lo}
	}
	return BytesValue([]byte(v.Text()))
}

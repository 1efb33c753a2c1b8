package main

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"pcapidx/mcp"
	"pcapidx/query"
)

// mcpcapFlags are the flags that who comes from mcpcap knows; they mean the toolset
// mcpcap.
func mcpcapFlags(f *pflag.FlagSet, c *mcp.Config) {
	f.StringSliceVar(&c.Modules, "modules", nil, "offer the tools of mcpcap for "+strings.Join(mcp.Modules(), ", ")+" (some of them)")
	f.Var((*packetCount)(&c.MaxPackets), "max-packets", "most packets of a protocol that the tools of mcpcap analyze, the first ones (default all)")
}

// packetCount is a flag for a number of packets, from 1.
type packetCount int

func (n *packetCount) String() string {
	if *n == 0 {
		return ""
	}
	return strconv.Itoa(int(*n))
}

func (n *packetCount) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil || v <= 0 {
		return &query.Error{Kind: query.BadRequest, Msg: "max_packets must be a positive integer"}
	}
	*n = packetCount(v)
	return nil
}

// Type names the value in the help text.
func (n *packetCount) Type() string { return "int" }

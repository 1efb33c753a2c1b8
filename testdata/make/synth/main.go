// Synth writes the captures that real programs do not make: unusual forms of
// the file formats, damaged files, rare encapsulations, hostile names.
//
//	go run ./testdata/make/synth OUTDIR
//
// It writes the same bytes each time.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: synth OUTDIR")
		os.Exit(2)
	}
	put := func(name string, data []byte) {
		path := filepath.Join(os.Args[1], name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "synth:", err)
			os.Exit(1)
		}
	}
	pcapVariants(put)
	put("sections.pcapng", sections())
	put("blocks.pcapng", blocks())
	put("hostile-names.pcapng", hostileNames())
	damaged(put)
	encapsulations(put)
	protocols(put)
	put("tcp-odd.pcap", newPcap(linkEthernet).write(oddTCP()))
	put("mcp/sockets.pcap", mcpSockets())
	put("mcp/refusals.pcap", mcpRefusals())
	put("ip-odd.pcap", newPcap(linkEthernet).write(oddIP()))
}

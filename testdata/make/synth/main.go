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
		if err := os.WriteFile(filepath.Join(os.Args[1], name), data, 0o644); err != nil {
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
	put("ip-odd.pcap", newPcap(linkEthernet).write(oddIP()))
}
